#!/usr/bin/env python3
"""What a user sees when the way from a worker to the coordinator is slow, silent or cut: a proxy stands between them."""
import time

from cluster import LEASE, eventually
from cluster_test_case import ENDLESS, ClusterTestCase, main
from proxy import Proxy


class ControlWire(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.wire = self.make_wire()

    def make_wire(self):
        host, port = self.cluster.address.removeprefix("tcp://").split(":")
        wire = Proxy(host, int(port))
        self.addCleanup(wire.close)
        return wire

    def start(self):
        """w1 is beside the coordinator, w2 behind the wire."""
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1")
        self.cluster.start_worker("w2", coordinator=self.wire.address)
        self.cluster.await_workers("w1", "w2")

    def test_a_slow_wire_only_makes_deploying_slower(self):
        self.wire.delay = 0.1
        self.start()
        job = self.run_endless()
        time.sleep(1)
        status = self.cluster.status(job)
        self.assertEqual(status["job"]["state"], "running")
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)

    def test_a_silent_wire_is_a_lost_worker_until_it_speaks_again(self):
        self.start()
        job = self.run_endless()
        begun = time.monotonic()
        self.wire.stalled = True
        self.cluster.await_state(job, "failed")
        self.assertLess(time.monotonic() - begun, LEASE + 2)
        self.assertEqual(self.cause(job)["code"], "worker_lost")
        self.assert_told(self.cause(job)["message"], "worker 'w2'", "is gone")
        self.assertEqual(self.cluster.ask("workers", "w2").status, 1)
        self.wire.stalled = False
        self.cluster.await_workers("w2")
        eventually("w2 has let go of the job", lambda: "job 1 failed here" in self.cluster.workers["w2"].log())
        self.assertEqual(self.cluster.ask("cancel", self.run_endless(), "--wait").status, 0)

    def test_a_short_silence_harms_nobody(self):
        self.start()
        job = self.run_endless()
        self.wire.stalled = True
        time.sleep(LEASE / 3)
        self.wire.stalled = False
        time.sleep(0.7)
        self.assertEqual(self.cluster.state(job), "running")
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)

    def test_a_cut_wire_fails_the_job_at_once_and_is_made_anew(self):
        self.start()
        job = self.run_endless()
        begun = time.monotonic()
        self.wire.cut()
        self.cluster.await_state(job, "failed")
        self.assertLess(time.monotonic() - begun, 2)
        self.assert_told(self.cause(job)["message"], "worker 'w2'", "its connection has broken")
        self.cluster.await_workers("w1", "w2")
        self.assertEqual(self.cluster.ask("cancel", self.run_endless(), "--wait").status, 0)

    def test_a_client_behind_a_cut_wire_asks_again(self):
        self.start()
        job, wire = self.cluster.submit(self.topology(ENDLESS.replace("count: 100000000000", "count: 40000"))), self.make_wire()
        waiting = self.cluster.begin("submit", self.topology(), "--wait", coordinator=wire.address)
        eventually("its job runs", lambda: self.cluster.ask("status", job + 1).out.find("running") > 0)
        for _ in range(5):
            wire.cut()
            time.sleep(0.2)
        self.assertEqual(self.cluster.ask("stop", job + 1).status, 0)
        out, err = waiting.communicate(timeout=20)
        self.assertEqual(waiting.returncode, 0, out + err)


if __name__ == "__main__":
    main()
