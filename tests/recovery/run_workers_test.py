#!/usr/bin/env python3
"""`run --workers N`: whoever of its processes is killed, what is published is that of an undisturbed run, and nothing is left
behind; with `--state DIR` the same when all of them are, and the next run is one of other workers or of none."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time
import unittest
import uuid

from disturbed_run import ROWS, RUNNING, TUMBLING, DisturbedRun, eventually
from published import Published, differences

SLOW = """  s: {generate: {count: 60000, rate: 10000/s}, fields: {i: i, k: "hash(i) % 500", time: "micros(i * 1000)"}, event_time: {field: time}}
"""
# Of several instances of a source nobody knows which row comes first.
COUNTS = RUNNING.replace(', total: sum(i), last: max(i), names: "count(distinct i % 7)"', "")


class WorkerProcesses(DisturbedRun):
    def setUp(self):
        super().setUp()
        self.temporary, self.mark = self.folder / "tmp", uuid.uuid4().hex
        self.temporary.mkdir()
        self.addCleanup(self.kill_all)

    def begin(self, out, *options):
        """In a process group of its own; what it says is in a file."""
        self.log = self.folder / f"{uuid.uuid4().hex}.log"
        with self.log.open("w") as log:
            return subprocess.Popen(self.command(out, *options), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                    env={**os.environ, "TMPDIR": str(self.temporary), "TEST_MARK": self.mark},
                                    start_new_session=True)

    def said(self):
        return self.log.read_text()

    def finish(self, process):
        return process.wait(timeout=120), self.said()

    def processes(self):
        """Those of ours that live, with their command lines."""
        found = {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
        return found

    def workers(self):
        return {pid: words[3].decode() for pid, words in self.processes().items() if words[1:2] == [b"worker"]}

    @staticmethod
    def kill_processes(pids):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_all(self):
        self.kill_processes(self.processes())

    def assert_nothing_is_left(self):
        eventually("no process is left", lambda: not self.processes())
        self.assertEqual(list(self.temporary.rglob("*")), [])

    def await_rows(self, watched, more):
        before = sum(watched.rows().values())

        def there():
            self.assertEqual(watched.look(), [])
            return sum(watched.rows().values()) >= before + more
        eventually(f"{more} more rows are published", there)


class WorkersDie(WorkerProcesses):
    def start(self):
        self.topology(TUMBLING, SLOW)
        self.wanted = self.undisturbed()
        process = self.begin("out", "--workers", 3, "-p", 3)
        watched = Published(self.folder / "out")
        self.await_rows(watched, 1000)
        return process, watched

    def check_end(self, process, watched):
        status, said = self.finish(process)
        self.assertEqual(status, 0, said)
        self.assertEqual(watched.look(), [])
        self.assertEqual(differences(watched.rows(), self.wanted), [])
        self.assert_nothing_is_left()
        return said

    def test_one_after_the_other(self):
        process, watched = self.start()
        for pid, name in list(self.workers().items()):
            os.kill(pid, signal.SIGKILL)
            line = f"{name} (process {pid}) was killed by signal 9 (Killed); it is started again"
            eventually("that is told", lambda: line in self.said())
            self.await_rows(watched, 1000)
        self.assertEqual(sorted(self.workers().values()), ["worker-1", "worker-2", "worker-3"])
        said = self.check_end(process, watched)
        # Which one is known as long as the next attempt has none of its own.
        self.assertRegex(said, r"'counts' goes on from (checkpoint \d+|its last checkpoint)")

    def test_all_at_once(self):
        process, watched = self.start()
        self.kill_processes(self.workers())
        self.check_end(process, watched)

    def test_one_that_is_frozen(self):
        process, watched = self.start()
        victim = next(iter(self.workers()))
        os.kill(victim, signal.SIGSTOP)
        self.assertIn(f"(process {victim}) was killed by signal 9", self.check_end(process, watched))

    def test_with_the_run_itself(self):
        process, watched = self.start()
        process.kill()
        process.wait()
        self.assert_nothing_is_left()
        self.assertEqual(watched.look(), [])

    def test_again_and_again_without_getting_further(self):
        path = self.topology(RUNNING, SLOW)
        path.write_text(path.read_text().replace("every: 50ms", "every: 1h"))
        process = self.begin("out", "--workers", 2)
        watched, turn = Published(self.folder / "out"), 0
        eventually("its workers run", lambda: len(self.workers()) == 2)
        time.sleep(0.5)
        while process.poll() is None:
            self.kill_processes(self.workers())
            turn += 1
            eventually("it goes on", lambda: process.poll() is not None or self.said().count(" goes on ") >= turn)
        status, said = self.finish(process)
        self.assertEqual(status, 1, said)
        self.assertIn("interrupted 6 times in a row without getting further", said)
        self.assertIn("[restarts_without_progress]", said)
        self.assertNotIn("penstock submit", said)
        self.assertEqual(watched.look(), [])
        self.assert_nothing_is_left()

    def test_one_that_cannot_be_started_again(self):
        self.topology(RUNNING, SLOW)
        process = self.begin("out", "--workers", 2)
        self.await_rows(Published(self.folder / "out"), 1000)
        while process.poll() is None:
            self.kill_processes(self.workers())
        status, said = self.finish(process)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"soon after its start, \d+ times in a row|without getting further")
        self.assert_nothing_is_left()


class GoingOn(WorkerProcesses):
    disturbances, pause = 6, (0.2, 1.5)
    TURNS = [("--workers", 2, "-p", 2), ("--workers", 3, "-p", 1), ("-p", 3), ("--workers", 1, "-p", 2, "--tcp")]

    @staticmethod
    def kill_group(process):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def kill_a_worker(self, process):
        """And it goes on; then itself."""
        self.kill_processes(list(self.workers())[:1])
        time.sleep(self.random.uniform(0, 0.5))
        self.kill(process)

    def test_killed_alone(self):
        for rest in (ROWS, COUNTS):
            with self.subTest(rest=rest):
                self.clear()
                self.check(rest, self.kill, *self.TURNS)

    def test_killed_with_all_of_its_processes(self):
        self.check(TUMBLING, self.kill_group, *self.TURNS)

    def test_killed_soon_after_a_worker(self):
        self.check(COUNTS, self.kill_a_worker, *self.TURNS)

    def test_interrupted(self):
        self.check(TUMBLING, self.interrupt, *self.TURNS)
        self.assert_nothing_is_left()

    def clear(self):
        for folder in ("undisturbed", "disturbed", "state"):
            subprocess.run(["rm", "-rf", str(self.folder / folder)], check=True)


class StateDirectory(WorkerProcesses):
    def run_to_end(self, *options):
        process = self.begin("out", "--state", self.folder / "state", "--workers", 2, *options)
        return self.finish(process)

    def interrupted(self, source=SLOW):
        self.topology(RUNNING, source)
        process = self.begin("out", "--state", self.folder / "state", "--workers", 2)
        self.await_rows(Published(self.folder / "out"), 1000)
        return process

    def test_ctrl_c_takes_a_last_checkpoint_and_the_next_run_says_so(self):
        process = self.interrupted()
        process.send_signal(signal.SIGINT)
        status, said = self.finish(process)
        self.assertEqual(status, 0, said)
        self.assertIn("taking a last checkpoint", said)
        self.assertIn("counts: suspended after", said)
        status, said = self.run_to_end()
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"goes on from checkpoint \d+ of .*, kept in ")
        self.assertIn("counts: finished after", said)
        status, said = self.run_to_end()  # Its input has ended.
        self.assertEqual(status, 0, said)
        self.assertIn("penstock: counts has finished: its input has ended, and all is published", said)
        self.assert_nothing_is_left()

    def test_one_run_at_a_time(self):
        process = self.interrupted()
        log = self.log
        for others in ((), ("--workers", "2")):
            second = subprocess.run(self.command("out", "--state", self.folder / "state", *others), capture_output=True,
                                    text=True, check=False)
            self.assertEqual(second.returncode, 1)
            self.assertIn("is in use by another run", second.stderr)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        self.assertIn("suspended", log.read_text())

    def test_what_does_not_fit_is_refused(self):
        process = self.interrupted()
        process.send_signal(signal.SIGINT)
        self.finish(process)
        self.topology(RUNNING.replace("n: count(*), ", ""), SLOW)
        status, said = self.run_to_end()
        self.assertEqual(status, 1, said)
        self.assertIn("[state_does_not_fit]", said)
        self.assertIn("would be lost: what 'c' remembers", said)
        status, said = self.run_to_end("--allow-state-loss")
        self.assertEqual(status, 0, said)
        self.assert_nothing_is_left()

    def test_with_little_memory(self):
        self.topology(RUNNING)
        wanted = self.undisturbed()
        status, said = self.run_to_end("--state-memory", "2MiB")
        self.assertEqual(status, 0, said)
        self.assertEqual(differences(self.published("out").rows(), wanted), [])


if __name__ == "__main__":
    unittest.main()
