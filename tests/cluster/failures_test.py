#!/usr/bin/env python3
"""What a user sees when processes of a cluster that keeps no checkpoints are killed, frozen or end, on one host. (What is
recovered with checkpoints: tests/recovery.)"""
import signal
import time

from cluster import LEASE, eventually
from cluster_test_case import ENDLESS, ClusterTestCase, main

AT_ONCE = 2.0  # Seconds. A broken connection needs no lease to run out.


class Killed(ClusterTestCase):
    def test_a_killed_worker_fails_its_jobs_at_once_and_by_name(self):
        self.cluster.start(3)
        waiting = self.cluster.begin("submit", self.topology(), "--wait")
        eventually("the job runs", lambda: self.cluster.ask("status", "endless").out.find("running") > 0)
        pid, begun = self.cluster.workers["w2"].pid, time.monotonic()
        self.cluster.workers["w2"].kill()
        _, err = waiting.communicate(timeout=20)
        self.assertLess(time.monotonic() - begun, AT_ONCE)
        self.assertEqual(waiting.returncode, 1)
        self.assert_told(err, "job 'endless' failed: worker 'w2'", f"process {pid}", "is gone", "[worker_lost]",
                         "penstock logs 1")
        self.assertEqual(self.cluster.state(1), "failed")
        self.cluster.await_workers("w2", state="lost")

    def test_those_who_are_left_take_new_jobs(self):
        self.cluster.start(2)
        job = self.run_endless()
        self.cluster.workers["w1"].kill()
        self.cluster.await_state(job, "failed")
        again = self.run_endless()
        self.assertEqual({worker["worker"] for worker in self.cluster.status(again)["workers"]}, {"w2"})
        self.assertEqual(self.cluster.ask("stop", again, "--wait").status, 0)

    def test_a_worker_of_the_same_name_takes_the_place_of_a_killed_one(self):
        self.cluster.start(1)
        job = self.run_endless()
        self.cluster.workers["w1"].kill()
        self.cluster.start_worker("w1")
        self.cluster.await_state(job, "failed")
        self.assertEqual(self.cause(job)["code"], "worker_lost")
        self.cluster.await_workers("w1")
        self.assertEqual(self.cluster.ask("cancel", self.run_endless(), "--wait").status, 0)

    def test_a_killed_coordinator_is_told_to_who_waits_and_stops_no_rows(self):
        self.cluster.start(2)
        waiting = self.cluster.begin("submit", self.topology(), "--wait")
        eventually("the job runs", lambda: self.cluster.ask("status", "endless").out.find("running") > 0)
        self.cluster.coordinator.kill()
        _, err = waiting.communicate(timeout=20)
        self.assertEqual(waiting.returncode, 1)
        self.assert_told(err, f"the coordinator at {self.cluster.address} was there and is gone [coordinator_lost]",
                         "job 1 may still be running; ask again with penstock status 1")
        asked = self.cluster.ask("list")
        self.assertEqual(asked.status, 1)
        self.assert_told(asked.err, "no coordinator answers", "[no_coordinator]")
        for worker in self.cluster.workers.values():
            self.assertTrue(worker.runs())

    def test_workers_find_a_coordinator_that_was_started_again(self):
        self.cluster.start(2)
        self.run_endless()
        self.cluster.coordinator.kill()
        self.cluster.start_coordinator()
        self.cluster.await_workers("w1", "w2")
        # Without --state it knows nothing of the jobs there were, and ends them.
        eventually("the workers are idle", lambda: all(
            worker["tasks"] == 0 for worker in self.cluster.ask("workers", "--json").json["workers"]))
        self.assertEqual(self.cluster.ask("cancel", self.run_endless(), "--wait").status, 0)


class Frozen(ClusterTestCase):
    def test_a_frozen_worker_is_lost_after_its_lease_and_may_come_back(self):
        self.cluster.start(2)
        job = self.run_endless()
        begun = time.monotonic()
        self.cluster.workers["w2"].freeze()
        self.cluster.await_state(job, "failed")
        self.assertLess(time.monotonic() - begun, LEASE + AT_ONCE)
        cause = self.cause(job)
        self.assertEqual(cause["code"], "worker_lost")
        self.assert_told(cause["message"], "worker 'w2'", "is gone")
        self.cluster.await_workers("w2", state="lost")
        self.cluster.workers["w2"].thaw()
        self.cluster.await_workers("w1", "w2")
        again = self.run_endless()
        self.assertEqual(len(self.cluster.status(again)["workers"]), 2)
        self.assertEqual(self.cluster.ask("stop", again, "--wait").status, 0)

    def test_a_short_pause_harms_nobody(self):
        self.cluster.start(2)
        job = self.run_endless()
        for _ in range(3):
            self.cluster.workers["w1"].freeze()
            time.sleep(LEASE / 3)
            self.cluster.workers["w1"].thaw()
            time.sleep(LEASE / 3)
        self.assertEqual(self.cluster.state(job), "running")
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)

    def test_a_frozen_coordinator_is_told_and_stops_no_rows(self):
        self.cluster.start(2)
        job = self.run_endless()
        before = self.cluster.status(job)["nodes"][0]["totals"]["rows_in"]
        self.cluster.coordinator.freeze()
        asked = self.cluster.begin("status", job)
        time.sleep(2)
        self.cluster.coordinator.thaw()
        out, err = asked.communicate(timeout=20)
        self.assertEqual(asked.returncode, 0, err)
        self.assertIn("job 1 'endless'", out)
        status = self.cluster.status(job)
        self.assertEqual(status["job"]["state"], "running")
        self.assertGreater(status["nodes"][0]["totals"]["rows_in"], before + 20_000)


class Ending(ClusterTestCase):
    def test_sigterm_lets_a_workers_jobs_end_and_leaves(self):
        self.cluster.start(2)
        finite = self.topology(ENDLESS.replace("count: 100000000000", "count: 40000"))
        job = self.cluster.submit(finite)
        self.cluster.await_state(job, "running")
        self.cluster.workers["w1"].send(signal.SIGTERM)
        self.cluster.await_workers("w1", state="draining")
        self.assertEqual(self.cluster.workers["w1"].wait(20), 0)
        self.assertEqual(self.cluster.await_state(job, "finished")["nodes"][0]["totals"]["rows_in"], 40_000)

    def test_a_worker_that_must_leave_says_so_as_the_cause(self):
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1", "--drain-timeout", "0.3")
        self.cluster.await_workers("w1")
        job = self.run_endless()
        self.assertIn(self.cluster.workers["w1"].end(20), (0, 1))
        self.cluster.await_state(job, "failed")
        self.assertIn("w1", self.cause(job)["message"])

    def test_drain_places_nothing_new(self):
        self.cluster.start(2)
        drained = self.cluster.ask("drain", "w1")
        self.assertEqual((drained.status, drained.out), (0, "worker 'w1' gets no new tasks; none are left on it\n"))
        self.assertEqual(self.cluster.ask("workers", "w1").status, 1)
        job = self.run_endless()
        self.assertEqual([worker["worker"] for worker in self.cluster.status(job)["workers"]], ["w2"])
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)

    def test_nobody_to_place_on(self):
        self.cluster.start(0)
        refused = self.cluster.ask("submit", self.topology())
        self.assertEqual((refused.status, refused.out), (1, ""))
        self.assert_told(refused.err, "there is no worker", "[cannot_place]", "next: penstock workers")


if __name__ == "__main__":
    main()
