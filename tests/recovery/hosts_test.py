#!/usr/bin/env python3
"""Three workers and a coordinator on hosts of their own (network namespaces), whose network fails in every direction; the
directory with checkpoints and output is shared by all. Needs root."""
import subprocess
import sys
import time

from recovery_test_case import RecoveryTestCase, main
from cluster import LEASE, eventually
from network import Network, why_not

SKIPPED = 77  # ctest shows the test as skipped
SEAT = 4  # The coordinator's host; worker wN is on host N.


class Hosts(RecoveryTestCase):
    keys = True

    def setUp(self):
        self.network = Network(4, wires=True)
        self.addCleanup(self.network.close)
        self.hosts, self.seat = self.network.hosts[:3], self.network.hosts[SEAT - 1]
        super().setUp()
        self.start()

    def cut_off(self, host, *others, how="drop"):
        for other in others:
            self.network.order(how, host, other)

    def mend_and_finish(self, job, worker="w2"):
        """The worker is wanted again: it has let go of what it ran, and takes new tasks."""
        self.network.order("mend")
        self.cluster.await_workers(worker)
        self.finish(job)
        self.assert_usable(worker)

    def assert_usable(self, worker):
        eventually(f"{worker} holds nothing any more", lambda: self.tasks_on(worker) == 0)
        job = self.run_endless("-p", 3)
        self.assertIn(worker, [there["worker"] for there in self.cluster.status(job)["workers"]])
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)

    def tasks_on(self, worker):
        return next(there["tasks"] for there in self.cluster.ask("workers", "--json").json["workers"]
                    if there["worker"] == worker)

    def test_a_worker_is_cut_off_from_the_coordinator_only(self):
        job = self.begin()
        self.cut_off(2, SEAT)
        self.await_restart(job)
        self.await_rows(5_000)
        self.mend_and_finish(job)

    def test_a_worker_is_cut_off_from_everyone_beyond_the_lease(self):
        job = self.begin()
        self.cut_off(2, 1, 3, SEAT)
        self.await_restart(job)
        self.await_rows(5_000)
        self.mend_and_finish(job)

    def test_what_a_worker_says_does_not_reach_the_coordinator(self):
        job = self.begin()
        self.cut_off(2, SEAT, how="lose")
        self.await_restart(job)
        self.await_rows(5_000)
        self.mend_and_finish(job)

    def test_what_the_coordinator_says_does_not_reach_a_worker(self):
        job = self.begin()
        self.cut_off(SEAT, 2, how="lose")
        self.await_restart(job)
        self.await_rows(5_000)
        self.mend_and_finish(job)

    def test_rows_between_workers_stop_while_heartbeats_arrive(self):
        job = self.begin()
        self.cut_off(2, 1, 3)
        time.sleep(2)  # A silence is no loss: senders wait for credit, and repeat what was lost.
        self.look()
        self.network.order("mend")
        self.await_rows(5_000)
        self.assertEqual(self.restarts(job), 0)
        self.finish(job)

    def test_rows_are_lost_in_one_direction(self):
        job = self.begin()
        self.cut_off(1, 2, how="lose")
        time.sleep(1)
        self.look()
        self.network.order("mend")
        self.await_rows(5_000)
        self.finish(job)

    def test_connections_between_workers_are_reset_again_and_again(self):
        job = self.begin()
        for turn in range(3):
            self.reset(1 + turn, 1 + (turn + 1) % 3)
            self.await_restart(job, turn + 1)
            self.await_rows(5_000)
        self.finish(job)

    def test_connections_to_the_coordinator_are_reset_again_and_again(self):
        job = self.begin()
        for _ in range(3):
            self.reset(2, SEAT)
            self.await_rows(5_000)
        self.finish(job)

    def reset(self, host, other):
        subprocess.run(self.network.hosts[host - 1].command(["ss", "-K", "dst", self.network.hosts[other - 1].address]),
                       check=True, capture_output=True)

    def test_a_coordinator_that_is_cut_off_from_all_stops_no_rows_and_nothing_is_published(self):
        self.count = 160_000
        job = self.begin()
        self.cut_off(SEAT, 1, 2, 3)
        time.sleep(LEASE + 0.5)
        before = self.look()
        self.await_flow()
        self.assertEqual(self.look(), before)
        self.network.order("mend")
        self.await_rows(5_000)
        self.finish(job)

    def hold_recovering(self, job):
        """Kills w3, and nobody hears of the others, so that the job gets no further than this."""
        self.cut_off(SEAT, 1, 2, how="stall")
        self.cluster.workers["w3"].kill()
        self.cluster.await_state(job, "recovering")

    def test_a_worker_is_killed_while_the_job_recovers(self):
        job = self.begin()
        self.hold_recovering(job)
        self.cluster.workers["w2"].kill()
        self.network.order("mend")
        self.finish(job)

    def test_the_coordinator_is_killed_while_the_job_recovers(self):
        job = self.begin()
        self.hold_recovering(job)
        self.cluster.coordinator.kill()
        self.network.order("mend")
        self.cluster.start_coordinator("--state", self.folder / "state")
        self.finish(job)

    def test_everything_is_killed_at_once(self):
        job = self.begin()
        for process in self.cluster.services():
            process.kill()
        self.cluster.start_coordinator("--state", self.folder / "state")
        for name in list(self.cluster.workers):
            self.cluster.start_worker(name)
        self.await_rows(5_000)
        self.finish(job)


if __name__ == "__main__":
    if reason := why_not():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    main()
