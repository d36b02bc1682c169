#!/usr/bin/env python3
"""Calls to the system that fail (libfiu puts itself before the C library): a sync is never tried again on the same file, the
attempt goes back instead; whatever else fails costs a checkpoint, an attempt, or the job, which says so and goes on from its
last checkpoint. The output is always that of an undisturbed run."""
import pathlib
import shutil
import subprocess
import sys

from recovery_test_case import RecoveryTestCase, main
from cluster import OVER, eventually

SKIPPED = 77  # ctest shows the test as skipped
EIO = 5
DURABLE = ("posix/io/sync/fsync", "posix/io/sync/fdatasync", "posix/io/dir/rename")
CALLS = (*DURABLE, "posix/io/oc/open", "posix/io/rw/write", "posix/io/rw/pwrite", "posix/io/dir/unlink")
COUNTS_ONLY = """penstock: 1
name: counts
parallelism: 3
checkpoint: {every: 200ms}
sources:
  s: {generate: {count: 100000000000, rate: 20000/s}, fields: {k: "i % 100"}}
operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*)}}
sinks:
  out: {from: c, discard: {}}
"""


class Faults:
    """Processes that are started with `environment` can be told to let calls fail, by name: `posix/io/sync/fsync`."""

    def __init__(self, folder):
        self._control = folder / "fiu"
        said = subprocess.run(["fiu-run", "-x", "-f", self._control, "env"], check=True, capture_output=True, text=True).stdout
        self.environment = dict(line.split("=", 1) for line in said.splitlines() if line.startswith(("LD_PRELOAD=", "FIU_")))

    def listens(self, process):
        return pathlib.Path(f"{self._control}-{process.pid}.in").exists() or not process.runs()

    def order(self, process, order):
        """A process may die of an earlier order at any time: then nobody answers fiu-ctrl, which waits for ever."""
        control = subprocess.Popen(["fiu-ctrl", "-f", self._control, "-c", order, str(process.pid)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("it is told, or dead", lambda: control.poll() is not None or not process.runs())
        if control.poll() is None:
            control.kill()
        if control.wait() != 0:
            eventually(f"whoever does not take the order '{order}' is dead", lambda: not process.runs())

    def once(self, process, name):
        self.order(process, f"enable name={name},failinfo={EIO},onetime")

    def at_random(self, process, name, probability):
        self.order(process, f"enable_random name={name},probability={probability},failinfo={EIO}")

    def always(self, process, name):
        self.order(process, f"enable name={name},failinfo={EIO}")

    def never(self, process, name):
        self.order(process, f"disable name={name}")


class FailingCalls(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.faults = Faults(self.folder)

    def tearDown(self):
        """With libfiu's thread in it SIGTERM kills a process, so none ends in good order."""
        for process in self.cluster.services():
            if process.runs():
                process.kill()
        super().tearDown()

    def start_coordinator(self):
        self.cluster.start_coordinator("--state", self.folder / "state", environment=self.faults.environment)

    def start(self):
        self.start_coordinator()
        for name in ("w1", "w2", "w3"):
            self.cluster.start_worker(name, environment=self.faults.environment)
        self.cluster.await_workers("w1", "w2", "w3")

    def tell(self, processes, how, *what):
        for process in processes:
            if process.runs():
                how(process, *what)

    def replace_the_dead(self):
        """A call that fails may end a process (libzmq gives up when it cannot wake its own threads)."""
        for name, process in list(self.cluster.workers.items()):
            if not process.runs():
                self.cluster.start_worker(name, environment=self.faults.environment)
        if not self.cluster.coordinator.runs():
            self.start_coordinator()

    def test_a_failed_sync_of_state_ends_the_attempt(self):
        self.start()
        job = self.cluster.submit(self.topology(COUNTS_ONLY))
        worker = self.cluster.workers["w2"]
        eventually("a checkpoint is complete", lambda: self.newest(job) > 0)
        self.faults.always(worker, "posix/io/sync/fsync")
        eventually("the job is restarted", lambda: self.restarts(job) > 0)
        self.faults.never(worker, "posix/io/sync/fsync")
        # Others may have told of the broken connection first.
        eventually("the cause is told", lambda: "[state_sync_failed]" in self.logs(job))
        before = self.newest(job)
        eventually("checkpoints are complete again", lambda: self.newest(job) > before + 1)
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)

    def newest(self, job):
        there = self.cluster.ask("checkpoints", job, "--json").json["checkpoints"]
        return there[-1]["epoch"] if there else 0

    def test_calls_of_workers_that_fail_once(self):
        self.start()
        job = self.begin()
        for name in CALLS:
            self.tell(self.cluster.workers.values(), self.faults.once, name)
            self.await_rows_or(lambda: self.is_disturbed(job), 5_000)
            self.replace_the_dead()
        self.settle(job)

    def test_calls_of_the_coordinator_that_fail_once(self):
        self.start()
        job = self.begin()
        for name in CALLS:
            self.faults.once(self.cluster.coordinator, name)
            self.await_rows_or(lambda: self.is_disturbed(job), 2_000)
            self.replace_the_dead()
        self.settle(job)

    def test_calls_of_all_that_fail_at_random(self):
        self.start()
        job = self.begin()
        for name in DURABLE:
            self.tell(self.cluster.services(), self.faults.at_random, name, 0.03)
        for _ in range(4):
            self.await_rows_or(lambda: self.is_disturbed(job), 5_000)
        for name in DURABLE:
            self.tell(self.cluster.services(), self.faults.never, name)
        self.replace_the_dead()
        self.settle(job)

    def is_disturbed(self, job):
        """A process has ended, or the job."""
        answered = self.cluster.ask("status", job, "--json")
        return (answered.status != 0 or answered.json["job"]["state"] in OVER
                or not all(process.runs() for process in self.cluster.services()))

    def test_calls_of_a_run_that_fail_at_random(self):
        for turn in range(100):
            run = self.run_alone("--state", self.folder / "state", environment=self.faults.environment)
            if turn < 5:
                eventually("it runs", lambda run=run: self.faults.listens(run))
                for name in DURABLE:
                    self.tell([run], self.faults.at_random, name, 0.05)
            eventually("it is over", lambda run=run: self.look() >= 0 and not run.runs())
            if run.wait() == 0:
                return self.check_output()
            self.assertEqual(run.wait(), 1, run.log())
            self.assert_told(run.log(), "next: ")
        self.fail("it never finishes")


if __name__ == "__main__":
    if not shutil.which("fiu-run"):
        print("skipped: calls are made to fail by libfiu (package fiu-utils), which is not here")
        sys.exit(SKIPPED)
    main()
