#!/usr/bin/env python3
"""Clusters whose workers and coordinator are killed and frozen under load; what is published is that of an undisturbed run,
and a reader who watches sees nothing change and nothing twice."""
import signal
import time

from recovery_test_case import RecoveryTestCase, main


class Recovery(RecoveryTestCase):
    def test_a_killed_worker(self):
        self.start()
        job = self.begin()
        self.cluster.workers["w2"].kill()
        self.await_rows(5_000, 5)
        self.assertEqual(self.restarts(job), 1)
        self.finish(job)

    def test_a_second_worker_is_killed_while_the_first_is_being_replaced(self):
        self.start()
        job = self.begin()
        self.cluster.workers["w2"].kill()
        self.cluster.workers["w3"].kill()
        self.finish(job)

    def test_a_spare_takes_over(self):
        self.start(2)
        job = self.begin()
        self.cluster.start_worker("w3")
        self.cluster.await_workers("w3")
        self.cluster.workers["w1"].kill()
        self.finish(job)
        self.assertIn("w3", [worker["worker"] for worker in self.cluster.status(job)["workers"]])

    def test_all_workers_are_killed_and_the_job_waits_for_new_ones(self):
        self.start(2)
        job = self.begin()
        for name in ("w1", "w2"):
            self.cluster.workers[name].kill()
        self.cluster.await_state(job, "recovering")
        self.cluster.start_worker("w3")
        self.finish(job)

    def test_a_frozen_worker_that_wakes_up_publishes_nothing(self):
        self.start()
        job = self.begin()
        self.cluster.workers["w2"].freeze()
        self.await_restart(job)
        self.await_rows(5_000)
        self.cluster.workers["w2"].thaw()
        self.cluster.await_workers("w2")
        self.finish(job)

    def test_a_killed_coordinator_stops_no_rows(self):
        self.start()
        job = self.begin()
        self.cluster.coordinator.kill()
        time.sleep(1)  # Rows go on; what they come to is published once it is back.
        self.look()
        self.cluster.start_coordinator("--state", self.folder / "state")
        self.await_rows(15_000, 10)
        self.assertEqual(self.restarts(job), 0)
        self.finish(job)

    def test_coordinator_and_worker_are_killed_together(self):
        self.start()
        job = self.begin()
        self.cluster.coordinator.kill()
        self.cluster.workers["w1"].kill()
        self.cluster.start_coordinator("--state", self.folder / "state")
        self.finish(job)

    def test_going_on_from_a_checkpoint_at_another_parallelism(self):
        self.start()
        job = self.begin()
        taken = self.cluster.ask("checkpoint", job, "--wait")
        self.assertEqual(taken.status, 0, taken.told())
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)
        again = self.cluster.submit(self.job_file(), "--from", job, "-p", 2)
        self.finish(again)

    def test_a_job_that_was_stopped_goes_on_where_it_stood(self):
        self.start()
        job = self.begin()
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)
        self.assertEqual(self.cluster.state(job), "stopped")
        self.assertLess(self.look(), self.count)
        self.finish(self.cluster.submit(self.job_file(), "--from", job))

    def test_sigterm_of_a_worker_moves_its_tasks(self):
        self.start()
        job = self.begin()
        self.cluster.workers["w3"].send(signal.SIGTERM)  # It drains for two seconds, then it leaves.
        self.finish(job)


if __name__ == "__main__":
    main()
