#!/usr/bin/env python3
"""Clusters whose workers and coordinator are killed and frozen under load; what is published is that of an undisturbed run,
and a reader who watches sees nothing change and nothing twice."""
import pathlib
import signal
import sys
import time
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import LEASE, OVER, eventually  # noqa: E402
from cluster_test_case import ClusterTestCase, main  # noqa: E402
from published import Published, differences  # noqa: E402

COUNT = 80_000
JOB = """penstock: 1
name: counts
parallelism: 3
checkpoint: {every: 200ms}
sources:
  s: {generate: {count: %d, rate: 20000/s}, fields: {i: i, k: "i %% 100", time: "micros(i * 50)"}, event_time: {field: time}}
operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*)}}
  w: {from: s, key_by: [k], window: {tumbling: 500ms}, aggregate: {at: window_start, n: count(*), total: sum(i)}}
sinks:
  out: {from: c, file: {path: "%s/"}, format: json}
  windows: {from: w, file: {path: "%s/"}, format: json}
"""


def dense():
    """What a running count per key must publish: for each key 1, 2, 3 ...."""
    return Counter(b'{"k":%d,"n":%d}' % (i % 100, i // 100 + 1) for i in range(COUNT))


def windows():
    rows = {}
    for i in range(COUNT):
        group = rows.setdefault((i % 100, i * 50 // 500_000), [0, 0])
        group[0] += 1
        group[1] += i
    return Counter(b'{"k":%d,"at":"1970-01-01T00:00:%s","n":%d,"total":%d}' % (k, at(slot), n, total)
                   for (k, slot), (n, total) in rows.items())


def at(slot):
    return b"%02d%sZ" % (slot // 2, b".5" if slot % 2 else b"")


class Recovery(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.watched = [Published(self.folder / "out"), Published(self.folder / "windows")]

    def start(self, workers=3):
        self.cluster.start(workers, coordinator=("--state", self.folder / "state"))

    def begin(self, *options):
        job = self.cluster.submit(self.topology(JOB % (COUNT, self.folder / "out", self.folder / "windows")), *options)
        self.cluster.await_state(job, "running")
        self.await_rows(5_000)
        return job

    def look(self):
        faults = [fault for watched in self.watched for fault in watched.look()]
        self.assertEqual(faults, [])
        return sum(self.watched[0].rows().values())

    def await_rows(self, more, seconds=15):
        """Until so many more rows are published."""
        before = self.look()
        eventually(f"{more} more rows are published", lambda: self.look() >= before + more, seconds)

    def finish(self, job):
        eventually("the job is over", lambda: self.look() >= 0 and self.cluster.state(job) in OVER, 40)
        self.assertEqual(self.cluster.state(job), "finished", self.cluster.ask("logs", job).out)
        self.look()
        self.assertEqual(differences(self.watched[0].rows(), dense()), [])
        self.assertEqual(differences(self.watched[1].rows(), windows()), [])
        totals = self.cluster.status(job)["nodes"][0]["totals"]
        self.assertEqual(totals["rows_in"], COUNT)  # Also accounted for over restarts.

    def restarts(self, job):
        return self.cluster.status(job)["job"]["attempt"] - 1

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
        eventually("the job is restarted", lambda: self.look() >= 0 and self.restarts(job) == 1, LEASE + 5)
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
        again = self.cluster.submit(self.topology(JOB % (COUNT, self.folder / "out", self.folder / "windows")), "--from", job,
                                    "-p", 2)
        self.finish(again)

    def test_sigterm_of_a_worker_moves_its_tasks(self):
        self.start()
        job = self.begin()
        self.cluster.workers["w3"].send(signal.SIGTERM)  # It drains for two seconds, then it leaves.
        self.finish(job)


if __name__ == "__main__":
    main()
