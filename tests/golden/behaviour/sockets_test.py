"""Rows over TCP on loopback: as client, as server, to a consumer, and what can go wrong with ports."""
import json
import os
import pathlib
import resource
import signal
import socket
import threading
import time

from behaviour import PENSTOCK, SECONDS, Behaviour, main

LINES = b"to be or not to be\nthat is the question\nto sleep"
COUNTS = {"to": 3, "be": 2, "or": 1, "not": 1, "that": 1, "is": 1, "the": 1, "question": 1, "sleep": 1}
WORDS = "operators:\n  words: {from: lines, flat_map: {word: \"split(lower(line), ' ')\"}}\n" \
        "  counts: {from: words, key_by: [word], aggregate: {n: count(*)}}\n"


def listening():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(SECONDS)
    return server, server.getsockname()[1]


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    server, port = listening()
    server.close()
    return port


def newest(rows):
    """The newest row of a word wins."""
    return {row["word"]: row["n"] for row in map(json.loads, rows.splitlines())}


class Sockets(Behaviour):
    def serve(self, server, data):
        def answer():
            connection, _ = server.accept()
            with connection:
                connection.sendall(data)
        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.close)

    def test_counts_words_from_a_socket_until_the_peer_closes(self):
        for parallelism in (1, 2, 3):
            with self.subTest(parallelism=parallelism):
                server, port = listening()
                self.serve(server, LINES)
                run = self.run_penstock("run", "topology/examples/word-count-tcp.yaml", "--set", f"PORT={port}",
                                        "--parallelism", parallelism)
                self.assertEqual(run.status, 0, run.told())
                self.assertEqual(newest(run.stdout), COUNTS)
                self.assertEqual(len(run.stdout.splitlines()), sum(COUNTS.values()))

    def test_listens_for_clients_and_ends_when_stopped(self):
        port = free_port()
        file = self.topology(f"sources:\n  lines: {{tcp: {{listen: \"127.0.0.1:{port}\"}}, format: text}}\n" + WORDS
                             + "sinks:\n  out: {from: counts, stdout: {}, format: json}\n")
        process = self.start("run", file)
        for text in (b"one two\n", b"two three\n"):
            with self.connected(port, process) as client:
                client.sendall(text)
        rows = b"".join(process.stdout.readline() for _ in range(4)).decode()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0, errors.decode())
        self.assertEqual(newest(rows + rest.decode()), {"one": 1, "two": 2, "three": 1})

    def connected(self, port, process):
        """The server is there some time after the process is."""
        while process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
            except ConnectionRefusedError:
                continue
        self.fail("penstock ended: " + process.stderr.read().decode())

    def test_a_port_in_use_is_told_with_what_to_do(self):
        server, port = listening()
        self.addCleanup(server.close)
        file = self.topology(f"sources:\n  lines: {{tcp: {{listen: \"127.0.0.1:{port}\"}}, format: text}}\n"
                             "sinks:\n  out: {from: lines, stdout: {}, format: text}\n")
        run = self.run_penstock("run", file)
        self.assertEqual(run.status, 1, run.told())
        self.assertEqual(run.report["status"], "failed")
        self.assert_told(run, str(port), "port_in_use", "next: ")

    def test_nobody_listening_is_told(self):
        port = free_port()
        run = self.run_penstock("run", "topology/examples/word-count-tcp.yaml", "--set", f"PORT={port}")
        self.assertEqual(run.status, 1, run.told())
        self.assert_told(run, str(port), "next: ")

    def test_writes_to_a_consumer_that_listens(self):
        server, port = listening()
        self.addCleanup(server.close)
        file = self.topology("sources:\n  n: {generate: {count: 10000}, fields: {i: i}}\n"
                             f"sinks:\n  out: {{from: n, tcp: {{connect: \"127.0.0.1:{port}\"}}, format: json}}\n")
        process = self.start("run", file)
        connection, _ = server.accept()
        with connection, connection.makefile() as stream:
            rows = [json.loads(line)["i"] for line in stream]
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0, errors.decode())
        self.assertEqual(rows, list(range(10000)))

    def test_a_consumer_that_closes_early_is_told(self):
        server, port = listening()
        self.addCleanup(server.close)
        file = self.topology("sources:\n  n: {generate: {}, fields: {i: i}}\n"
                             f"sinks:\n  out: {{from: n, tcp: {{connect: \"127.0.0.1:{port}\"}}, format: json}}\n")
        process = self.start("run", file)
        connection, _ = server.accept()
        connection.recv(100)
        connection.close()
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1, errors.decode())
        self.assertIn(str(port), errors.decode())

    def check_waits_for_descriptors(self, process, port):
        """accept() failed for want of a descriptor, and the task was woken again and again: a core was burnt."""
        clients = [self.connected(port, process) for _ in range(40)]
        time.sleep(0.3)
        before = cpu_seconds(process)
        time.sleep(1)
        self.assertLess(cpu_seconds(process) - before, 0.3)
        for client in clients[:-1]:
            client.close()
        return clients[-1]

    def few_descriptors(self, file):
        if b"__asan_init" in pathlib.Path(PENSTOCK).read_bytes() or b"__tsan_init" in pathlib.Path(PENSTOCK).read_bytes():
            self.skipTest("a sanitizer needs descriptors of its own")
        return self.start("run", file, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)))

    def test_a_source_without_descriptors_waits_for_some(self):
        port = free_port()
        file = self.topology(f"sources:\n  lines: {{tcp: {{listen: \"127.0.0.1:{port}\"}}, format: text}}\n"
                             "sinks:\n  out: {from: lines, stdout: {}, format: text}\n")
        process = self.few_descriptors(file)
        with self.check_waits_for_descriptors(process, port) as last:
            last.sendall(b"at last\n")
            self.assertEqual(process.stdout.readline(), b"at last\n")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(errors.count(b"connections have to wait"), 1, errors)

    def test_a_sink_without_descriptors_waits_for_some(self):
        port = free_port()
        file = self.topology("sources:\n  n: {generate: {rate: 50/s}, fields: {i: i}}\n"
                             f"sinks:\n  out: {{from: n, tcp: {{listen: \"127.0.0.1:{port}\"}}, format: json}}\n")
        process = self.few_descriptors(file)
        with self.check_waits_for_descriptors(process, port) as last:
            last.settimeout(SECONDS)
            self.assertIn(b'{"i":', last.recv(1000))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(errors.count(b"connections have to wait"), 1, errors)


if __name__ == "__main__":
    main()
