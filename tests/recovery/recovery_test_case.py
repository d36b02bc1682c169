"""A cluster with checkpoints and a job whose whole output is known beforehand, watched while things fail."""
import pathlib
import sys
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import OVER, SECONDS, Process, eventually  # noqa: E402
from cluster_test_case import ClusterTestCase, main  # noqa: E402, F401
from network import LOOPBACK  # noqa: E402
from published import Growing, Published, differences  # noqa: E402

JOB = """penstock: 1
name: counts
parallelism: 3
checkpoint: {every: 200ms}
sources:
  s: {generate: {count: %d, rate: 20000/s}, fields: {i: i, k: "i %% 100", time: "micros(i * 50)"}, event_time: {field: time}}
operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*)}}
  w: {from: s, key_by: [k], window: {tumbling: 500ms}, aggregate: {at: window_start, n: count(*), total: sum(i)}}
  e: {from: s, map: {i: i}}
sinks:
  out: {from: c, file: {path: "%s/"}, format: json}
  windows: {from: w, file: {path: "%s/"}, format: json}
  each: {from: e, file: {path: "%s/"}, format: json, delivery: at_least_once}
"""


def dense(count):
    """What a running count per key must publish: for each key 1, 2, 3 ...."""
    return Counter(b'{"k":%d,"n":%d}' % (i % 100, i // 100 + 1) for i in range(count))


def windows(count):
    rows = {}
    for i in range(count):
        group = rows.setdefault((i % 100, i * 50 // 500_000), [0, 0])
        group[0] += 1
        group[1] += i
    return Counter(b'{"k":%d,"at":"1970-01-01T00:00:%s","n":%d,"total":%d}' % (k, at(slot), n, total)
                   for (k, slot), (n, total) in rows.items())


def at(slot):
    return b"%02d%sZ" % (slot // 2, b".5" if slot % 2 else b"")


class RecoveryTestCase(ClusterTestCase):
    count = 80_000  # Rows of the input; 20,000 come a second.

    def setUp(self):
        super().setUp()
        self.watched = [Published(self.folder / "out"), Published(self.folder / "windows")]
        self.each = Growing(self.folder / "each")

    def start(self, workers=3):
        self.cluster.start(workers, coordinator=("--state", self.folder / "state"))

    def job_file(self):
        return self.topology(JOB % (self.count, *(self.folder / name for name in ("out", "windows", "each"))))

    def begin(self, *options):
        job = self.cluster.submit(self.job_file(), *options)
        self.cluster.await_state(job, "running")
        self.await_rows(5_000)
        return job

    def look(self):
        faults = [fault for watched in self.watched for fault in watched.look()]
        self.assertEqual(faults, [])
        return sum(self.watched[0].rows().values())

    def await_rows(self, more, seconds=SECONDS):
        """Until so many more rows are published, or all are."""
        self.await_rows_or(lambda: False, more, seconds)

    def await_rows_or(self, condition, more, seconds=SECONDS):
        wanted = min(self.look() + more, self.count)
        eventually(f"{more} more rows are published", lambda: self.look() >= wanted or condition(), seconds)

    def await_flow(self, seconds=SECONDS):
        """Until rows have moved, whether or not anything is published, or all have come."""
        wanted = min(self.each.size() + 50_000, sum(len(b'{"i":%d}\n' % i) for i in range(self.count)))
        eventually("rows flow", lambda: self.look() >= 0 and self.each.size() >= wanted, seconds)

    def await_restart(self, job, restarts=1, seconds=SECONDS):
        eventually("the job is restarted", lambda: self.look() >= 0 and
                   (self.restarts(job) >= restarts or self.cluster.state(job) in OVER), seconds)

    def finish(self, job):
        eventually("the job is over", lambda: self.look() >= 0 and self.cluster.state(job) in OVER)
        self.assertEqual(self.cluster.state(job), "finished", self.logs(job))
        self.check_output()
        nodes = self.cluster.status(job)["nodes"]  # None: the coordinator was started anew since the job ended.
        if nodes:
            self.assertEqual(nodes[0]["totals"]["rows_in"], self.count)  # Also accounted for over restarts.

    def settle(self, job):
        """A job may end after too many faults, or meet one that is still armed; then it says why, and another goes on from
        its last checkpoint."""
        for _ in self.cluster.workers:
            eventually("the job is over", lambda: self.look() >= 0 and self.cluster.state(job) in OVER)
            if self.cluster.state(job) != "failed":
                break
            self.assertTrue(self.cause(job)["message"] and self.cause(job)["code"])
            job = self.cluster.submit(self.job_file(), "--from", job)
        self.finish(job)

    def run_alone(self, *options, environment=None):
        """`penstock run` of the same job, with its output in files."""
        return Process(self.cluster, "run", ["run", self.job_file(), *options], LOOPBACK, environment)

    def logs(self, job):
        return self.cluster.ask("logs", job).out

    def check_output(self):
        self.look()
        self.assertEqual(differences(self.watched[0].rows(), dense(self.count)), [])
        self.assertEqual(differences(self.watched[1].rows(), windows(self.count)), [])
        self.assertEqual(self.each.faults(), [])
        self.assertEqual(self.each.missing(self.count), [])

    def restarts(self, job):
        return self.cluster.status(job)["job"]["attempt"] - 1
