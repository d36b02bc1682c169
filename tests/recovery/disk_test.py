#!/usr/bin/env python3
"""Disks that fill up under a running job (small ones of their own, in memory): what can wait for room waits and says so, what
cannot ends and says so, and with room again the output is that of an undisturbed run. Needs root."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from recovery_test_case import RecoveryTestCase, main
from cluster import OVER, eventually

SKIPPED = 77  # ctest shows the test as skipped
SIZE = 64 << 20
APART = "TEST_DISKS_ARE_PRIVATE"


class Disk:
    """A file system of its own."""

    def __init__(self, path):
        self.path, self._ballast = pathlib.Path(path), []
        self.path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.path)], check=True)

    def __str__(self):
        return str(self.path)

    def fill(self):
        """To the last byte, until nothing more can be written."""
        path = self.path / f"ballast{len(self._ballast)}"
        self._ballast.append(path)
        with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def free(self):
        for path in self._ballast:
            path.unlink(missing_ok=True)
        self._ballast = []

    def unmount(self):
        subprocess.run(["umount", "--lazy", str(self.path)], check=False)


class FullDisks(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder / "disk")
        self.addCleanup(self.disk.unmount)

    def interruptions(self, job):
        return [line for line in self.logs(job).splitlines() if "interrupted: " in line]

    def await_given_up(self, job):
        """A checkpoint fails, which is said; meanwhile the job goes on."""
        def said():
            self.disk.fill()  # What the failed one has removed again.
            return "is given up, the job goes on" in self.logs(job)
        eventually("a checkpoint is given up", said)
        self.assert_told(self.logs(job), "No space left on device", "[disk_full]")
        self.await_flow()
        shown = self.cluster.status(job)["job"]
        self.assertEqual(shown["state"], "running")
        self.assert_told(shown["waits_for"], "a checkpoint that is complete", "No space left on device")

    def go_on(self, job):
        """With room on the disk checkpoints are complete again, and nothing was interrupted."""
        self.disk.free()
        self.await_rows(5_000)
        self.finish(job)
        self.assertEqual(self.restarts(job), 0)

    def test_where_checkpoints_go(self):
        self.cluster.start(3, coordinator=("--state", self.folder / "state", "--checkpoints", self.disk))
        job = self.begin()
        self.await_given_up(job)
        self.go_on(job)

    def test_where_workers_keep_their_state(self):
        self.cluster.start(3, "--state", self.disk, coordinator=("--state", self.folder / "state"))
        job = self.begin()
        self.await_given_up(job)
        self.go_on(job)

    def test_where_the_coordinator_keeps_its_journal(self):
        options = ("--state", self.disk, "--checkpoints", self.folder / "checkpoints")
        self.cluster.start(3, coordinator=options)
        job = self.begin()
        eventually("the coordinator ends", lambda: self.disk.fill() or not self.cluster.coordinator.runs())
        self.assertEqual(self.cluster.coordinator.wait(), 1)
        self.assert_told(self.cluster.coordinator.log(), "cannot write the journal", "disk is full", "[journal_failed]")
        self.await_flow()
        self.disk.free()
        self.cluster.start_coordinator(*options)
        self.await_rows(5_000)
        self.finish(job)
        self.assertEqual(self.restarts(job), 0)

    def test_where_the_output_goes(self):
        """Rows have no other place to go, so the job ends; with room it goes on from its last checkpoint."""
        self.start()
        (self.disk.path / "out").mkdir()
        os.symlink(self.disk.path / "out", self.folder / "out")
        job = self.begin()
        eventually("the job is over", lambda: self.disk.fill() or (self.look() >= 0 and self.cluster.state(job) in OVER))
        self.assertEqual(self.cluster.state(job), "failed")
        cause = self.cause(job)
        self.assert_told(cause["message"], "No space left on device", "make room there")
        self.assertEqual(cause["code"], "disk_full")
        self.disk.free()
        again = self.cluster.submit(self.job_file(), "--from", job)
        self.finish(again)

    def test_where_checkpoints_go_while_the_job_is_to_recover(self):
        self.cluster.start(3, coordinator=("--state", self.folder / "state", "--checkpoints", self.disk))
        job = self.begin()
        self.await_given_up(job)
        self.cluster.workers["w2"].kill()
        eventually("it begins again, or cannot", lambda: self.disk.fill() or self.interruptions(job)[1:] or
                   (self.restarts(job) > 0 and self.cluster.state(job) == "running"))
        for line in self.interruptions(job)[1:]:
            self.assert_told(line, "No space left on device", "[disk_full]")
        self.disk.free()
        self.settle(job)

    def test_where_a_run_keeps_its_state(self):
        options = ("--state", self.disk.path / "state")
        run = self.run_alone(*options)
        self.await_rows(5_000)
        eventually("a checkpoint is given up", lambda: self.disk.fill() or "the job goes on" in run.log())
        self.assert_told(run.log(), "No space left on device")
        self.await_flow()
        run.kill()
        self.look()
        again = self.run_alone(*options)  # What the killed one leaves behind is removed: it may find room to begin.
        eventually("it is refused, or gives checkpoints up", lambda: self.disk.fill() or not again.runs() or
                   "the job goes on" in again.log())
        self.assert_told(again.log(), "No space left on device")
        self.disk.free()
        if not again.runs():
            self.assertEqual(again.wait(), 1)
            self.assert_told(again.log(), "[disk_full]", "next: ")
            again = self.run_alone(*options)
        self.assertEqual(again.wait(), 0)
        self.check_output()

    def test_where_a_run_puts_its_output(self):
        (self.disk.path / "out").mkdir()
        os.symlink(self.disk.path / "out", self.folder / "out")
        run = self.run_alone("--state", self.folder / "state")
        self.await_rows(5_000)
        eventually("the run ends", lambda: self.disk.fill() or not run.runs())
        self.assertEqual(run.wait(), 1)
        self.assert_told(run.log(), "No space left on device; make room there", "[disk_full]", "next: ")
        self.disk.free()
        self.assertEqual(self.run_alone("--state", self.folder / "state").wait(), 0)
        self.check_output()


if __name__ == "__main__":
    MAY_MOUNT = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    if os.geteuid() != 0 or not shutil.which("unshare") or subprocess.run(MAY_MOUNT, capture_output=True, check=False).returncode:
        print("skipped: disks of their own need root, unshare and the right to mount")
        sys.exit(SKIPPED)
    if APART not in os.environ:  # Mounts that nobody else sees, and that end with us.
        os.environ[APART] = "yes"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.orig_argv[1:]])
    main()
