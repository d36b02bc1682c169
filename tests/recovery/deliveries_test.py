#!/usr/bin/env python3
"""Each delivery is what it says while processes are killed: the same rows go to three sinks of one job, exactly once, at least
once and at most once; a second source has ended long before. On a cluster, and with `run --state`."""
import collections
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import OVER, eventually  # noqa: E402
from cluster_test_case import PENSTOCK, ClusterTestCase, main  # noqa: E402
from published import Published, differences  # noqa: E402

COUNT, SHORT = 80_000, 500
JOB = """penstock: 1
name: deliveries
parallelism: 2
checkpoint: {every: 200ms}
sources:
  s: {generate: {count: %d, rate: 20000/s}, fields: {i: i}}
  t: {generate: {count: %d}, fields: {i: "i + 1000000"}}
operators:
  all: {from: [s, t], filter: "i >= 0"}
sinks:
  once: {from: all, file: {path: "${OUT}/once/"}, format: csv}
  least: {from: all, delivery: at_least_once, file: {path: "${OUT}/least/"}, format: csv}
  most: {from: all, delivery: at_most_once, file: {path: "${OUT}/most/"}, format: csv}
""" % (COUNT, SHORT)
WANTED = collections.Counter(b"%d" % i for i in [*range(COUNT), *range(1_000_000, 1_000_000 + SHORT)])


def whole_lines(directory):
    """What an at-least-once sink has written; the last line of a part whose writer was killed may be torn."""
    rows = collections.Counter()
    for part in pathlib.Path(directory).iterdir():
        rows.update(part.read_bytes().split(b"\n")[:-1])
    return rows


class Deliveries(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "rows"
        self.once, self.most = Published(self.out / "once"), Published(self.out / "most")

    def look(self):
        self.assertEqual(self.once.look() + self.most.look(), [])
        return self.rows(self.once).total()

    @staticmethod
    def rows(watched):
        rows = watched.rows()
        rows.pop(b"i", None)  # Each part's header.
        return rows

    def check(self):
        self.look()
        self.assertEqual(differences(self.rows(self.once), WANTED), [])
        least = whole_lines(self.out / "least")
        self.assertEqual(WANTED - least, collections.Counter(), "lost at least once")
        most = self.rows(self.most)
        self.assertEqual(most - WANTED, collections.Counter(), "twice at most once, or rows that never were")
        self.assertGreater(most.total(), COUNT // 2, "what came between the faults")

    def test_on_a_cluster(self):
        self.cluster.start(3, coordinator=("--state", self.folder / "state"))
        job = self.cluster.submit(self.topology(JOB), "--set", f"OUT={self.out}")
        self.cluster.await_state(job, "running")
        for victim in ("w1", "w2", "w3"):
            before = self.look()
            eventually("rows are published", lambda least=before + 8_000: self.look() >= least)
            self.cluster.workers[victim].kill()
            self.cluster.start_worker(victim)
        eventually("the job is over", lambda: self.look() >= 0 and self.cluster.state(job) in OVER)
        self.assertEqual(self.cluster.state(job), "finished", self.cluster.ask("logs", job).out)
        self.check()

    def test_with_run_state(self):
        path = self.topology(JOB)
        for part in ("once", "least", "most"):
            (self.out / part).mkdir(parents=True)
        command = [PENSTOCK, "run", str(path), "--set", f"OUT={self.out}", "--state", str(self.folder / "run")]
        for kills_left in (3, 2, 1, 0):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            before = self.look()
            while kills_left and process.poll() is None and self.look() < before + 8_000:
                time.sleep(0.02)
            if kills_left:
                process.send_signal(signal.SIGKILL)
            _, told = process.communicate(timeout=60)
            if process.returncode == 0:  # It has caught up with its rate, and so with us.
                break
            self.assertEqual(process.returncode, -signal.SIGKILL, told)
        self.assertIn("finished", told)
        self.check()


if __name__ == "__main__":
    main()
