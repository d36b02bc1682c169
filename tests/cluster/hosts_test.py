#!/usr/bin/env python3
"""Three hosts (network namespaces) with keys, and a network between them that is slow, silent or lost. Needs root."""
import sys
import time

from cluster import LEASE, eventually
from cluster_test_case import ENDLESS, ClusterTestCase, main
from network import Network, why_not

SKIPPED = 77  # ctest shows the test as skipped


class Hosts(ClusterTestCase):
    keys = True

    def setUp(self):
        self.network = Network(3, wires=True)
        self.addCleanup(self.network.close)
        self.hosts = self.network.hosts
        super().setUp()
        self.cluster.start(3)

    def rows(self, job):
        return self.cluster.status(job)["nodes"][-1]["totals"]["rows_in"]

    def test_workers_reach_each_other_under_their_own_addresses(self):
        job = self.run_endless("-p", 3)
        status = self.cluster.status(job)
        self.assertEqual(len(status["workers"]), 3)
        crossing = [channel for channel in status["channels"]
                    if channel["from"].split("@")[1] != channel["to"].split("@")[1]]
        self.assertEqual(len(crossing), 6)
        for number, worker in enumerate(self.cluster.workers.values(), 1):
            self.assertIn(f"data at tcp://10.99.0.{number})", worker.log())
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)

    def test_windows_follow_a_long_way(self):
        self.network.order("delay", 0.03)
        job = self.cluster.submit(self.topology(ENDLESS.replace("20000/s", "200000/s")))
        self.cluster.await_state(job, "running")

        def settled():
            """Rate and window are of a moment, so they are looked at together, until they fit."""
            status = self.cluster.status(job)
            self.assertEqual(status["job"]["state"], "running")
            crossing = [channel for channel in status["channels"] if channel["round_trip_us"] > 0]
            for channel in crossing:
                self.assertGreaterEqual(channel["round_trip_us"], 60_000)
            holds_us = [1_000_000 * channel["window_bytes"] / max(channel["bytes_a_second"], 1) for channel in crossing]
            fits = all(60_000 < holds < 1_000_000 for holds in holds_us)
            return crossing and fits and status["nodes"][1]["rows_in_rate"] > 150_000

        eventually("windows are worth the way, and rows flow as fast as they come", settled)
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)

    def test_a_silence_between_two_workers_blocks_rows_and_loses_none(self):
        job = self.run_endless()
        on = [int(worker["worker"][1:]) for worker in self.cluster.status(job)["workers"]][-2:]
        for order in ("stall", "drop"):
            with self.subTest(order=order):
                self.network.order(order, *on)
                time.sleep(1.5)
                self.network.order("mend")
                before = self.rows(job)
                eventually("rows move again", lambda: self.rows(job) > before + 10_000)
        self.assertEqual(self.cluster.state(job), "running")
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)
        nodes = self.cluster.status(job)["nodes"]
        self.assertEqual(nodes[0]["totals"]["rows_out"], nodes[-1]["totals"]["rows_in"])

    def test_a_host_that_is_cut_off_is_a_lost_worker(self):
        job = self.run_endless("-p", 3)
        begun = time.monotonic()
        self.network.order("drop", 1, 3)
        self.network.order("drop", 2, 3)
        self.cluster.await_state(job, "failed")
        self.assertLess(time.monotonic() - begun, LEASE + 2)
        self.assert_told(self.cause(job)["message"], "worker 'w3'", "is gone")
        again = self.run_endless()
        self.assertNotIn("w3", [worker["worker"] for worker in self.cluster.status(again)["workers"]])
        self.network.order("mend")
        self.cluster.await_workers("w3")
        self.assertEqual(self.cluster.ask("cancel", again, "--wait").status, 0)

    def test_who_is_not_listed_is_told_so(self):
        self.assertEqual(self.cluster.ask("list", key="reader").status, 0)
        refused = self.cluster.ask("submit", self.topology(), key="reader")
        self.assertEqual(refused.status, 1)
        self.assert_told(refused.err, "[not_allowed]")
        stranger = self.cluster.ask("list", key="coordinator")
        self.assertEqual(stranger.status, 1)
        self.assert_told(stranger.err, "does not let our key in", "[key_refused]")

    def test_no_secret_is_in_any_log(self):
        job = self.run_endless()
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)
        secrets = [line.split()[1] for path in (self.cluster.keys).glob("*.key")
                   for line in path.read_text().splitlines() if line.startswith("secret ")]
        self.assertEqual(len(secrets), 6)
        for process in self.cluster.services():
            for secret in secrets:
                self.assertNotIn(secret, process.log())


if __name__ == "__main__":
    if reason := why_not():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    main()
