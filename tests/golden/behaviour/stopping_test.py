"""Ctrl-C, a second Ctrl-C, SIGTERM, and a reader who has had enough."""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time

from behaviour import SECONDS, Behaviour, check_accounts, main

STOPS_WITHIN = 3  # A second on an idle machine; sanitizers and other tests take their part.
ENDLESS = "sources:\n  n: {generate: {}, fields: {i: i}}\n"
COUNTED = ENDLESS + "operators:\n  all: {from: n, aggregate: {n: count(*), most: max(i)}, emit: end}\n" \
                    "sinks:\n  out: {from: all, stdout: {}, format: json}\n  seen: {from: n, file: {path: \"SEEN\"}, format: json}\n"


class Stopping(Behaviour):
    def started(self, body, *arguments):
        """A job that is certainly running: its at-once file has rows."""
        seen = self.folder / "seen.jsonl"
        body = body.replace("{path: \"SEEN\"}, format: json", f"{{path: \"{seen}\"}}, format: json, delivery: at_least_once")
        process = self.start("run", self.topology(body), "--report", self.folder / "report.json", *arguments)
        while not (seen.exists() and seen.stat().st_size > 0):
            self.assertIsNone(process.poll(), "ended before it was stopped")
        return process

    def ended(self, process):
        begun = time.monotonic()
        output, errors = process.communicate(timeout=SECONDS)
        return (output or b"").decode(), errors.decode(), time.monotonic() - begun

    def check_stop(self, number):
        process = self.started(COUNTED)
        process.send_signal(number)
        output, errors, seconds = self.ended(process)
        self.assertEqual(process.returncode, 0, errors)
        self.assertLess(seconds, STOPS_WITHIN)
        self.assertIn("stopping; Ctrl-C again to stop at once", errors)
        row = json.loads(output)
        self.assertEqual(row["n"], row["most"] + 1, "what was read has been counted, without a gap")
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(report["status"], "stopped")
        self.assertEqual(report["nodes"]["all"]["rows_in"], row["n"])
        check_accounts(report)

    def test_ctrl_c_flushes_what_was_read(self):
        self.check_stop(signal.SIGINT)

    def test_sigterm_does_the_same(self):
        self.check_stop(signal.SIGTERM)

    def test_a_second_ctrl_c_ends_at_once(self):
        reader, writer = os.pipe()  # Nobody reads on: what is to be flushed never can be.
        self.addCleanup(os.close, reader)
        process = self.start("run", self.topology(ENDLESS + "sinks:\n  out: {from: n, stdout: {}, format: json}\n"),
                             stdout=writer)
        os.close(writer)
        self.await_full(reader)
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        time.sleep(0.35)
        process.send_signal(signal.SIGINT)
        _, errors, seconds = self.ended(process)
        self.assertLess(seconds, STOPS_WITHIN)
        self.assertEqual(process.returncode, 1, errors)

    def await_full(self, pipe):
        """Until the writer is stuck: what lies in the pipe has not grown for a while. Before that it can still drain."""
        held, since, until = -1, time.monotonic(), time.monotonic() + SECONDS
        while time.monotonic() - since < 0.3:
            self.assertLess(time.monotonic(), until)
            now = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]
            if now != held or now < 16384:
                held, since = now, time.monotonic()
            time.sleep(0.01)

    def test_two_signals_at_once_are_one_request(self):
        """`timeout` sends SIGTERM to the group and to the process: the job was cancelled."""
        process = self.started(COUNTED)
        process.send_signal(signal.SIGTERM)
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        output, errors, _ = self.ended(process)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn('"n"', output)

    def test_ctrl_c_twice_on_a_terminal_ends_at_once(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)

        def own_the_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        body = ENDLESS + "sinks:\n  out: {from: n, stdout: {}, format: json}\n"
        process = self.start("run", self.topology(body), stdin=slave, stdout=writer, preexec_fn=own_the_terminal)
        os.close(writer)
        self.await_full(reader)
        os.write(master, b"\x03")
        process.stderr.readline()
        os.write(master, b"\x03")
        _, errors, _ = self.ended(process)
        os.close(slave)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("stopped at once; what had not been published", errors)

    def test_one_ctrl_c_ends_even_a_job_whose_reader_does_not_read(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        report = self.folder / "report.json"
        process = self.start("run", self.topology(ENDLESS + "sinks:\n  out: {from: n, stdout: {}, format: json}\n"),
                             "--report", report, stdout=writer)
        os.close(writer)
        first = os.read(reader, 1)
        process.send_signal(signal.SIGINT)
        _, errors, seconds = self.ended(process)
        self.assertLess(seconds, STOPS_WITHIN)
        self.assertIn("stopping", errors)
        with os.fdopen(os.dup(reader), "rb") as pipe:
            written = (first + pipe.read()).count(b"\n")
        read = json.loads(report.read_text())["nodes"]["n"]["rows_in"]
        # A small job may have fitted into the pipe before it was told to stop; then nothing is missing.
        self.assertEqual(process.returncode, 0 if written == read else 1, errors)

    def test_a_pipe_into_head_ends_quietly(self):
        process = self.start("run", self.topology(ENDLESS + "sinks:\n  out: {from: n, stdout: {}, format: json}\n"))
        head = subprocess.run(["head", "-n", "3"], stdin=process.stdout, capture_output=True, check=True)
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(head.stdout, b'{"i":0}\n{"i":1}\n{"i":2}\n')
        self.assertEqual(errors, b"")
        self.assertEqual(process.returncode, 0)

    def test_a_listing_into_head_ends_quietly(self):
        process = self.start("functions")
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual((process.returncode, errors), (0, b""))


if __name__ == "__main__":
    main()
