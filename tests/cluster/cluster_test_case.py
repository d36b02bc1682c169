"""A test with a cluster of its own, which must leave nothing behind."""
import pathlib
import sys
import tempfile
import unittest

from cluster import Cluster

PENSTOCK = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/release/penstock"

ENDLESS = """penstock: 1
name: endless
parallelism: 2
sources:
  clicks: {generate: {count: 100000000000, rate: 20000/s}, fields: {i: i, ad: "hash(i) % 100"}}
operators:
  counts: {from: clicks, key_by: [ad], aggregate: {n: count(*)}}
sinks:
  out: {from: counts, discard: {}}
"""


class ClusterTestCase(unittest.TestCase):
    hosts, keys, seat = None, False, None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="penstock-cluster-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.cluster = Cluster(PENSTOCK, self.folder, self.hosts, self.keys, self.seat)
        self.addCleanup(self.cluster.kill_all)

    def tearDown(self):
        """Whatever the test did: those who still run end in good order, and nothing is left."""
        faults = self.cluster.stop()
        result = self._outcome.result  # _outcome.success is of tearDown alone by now.
        if all(test is not self for test, _ in result.failures + result.errors):
            self.assertEqual(faults, [])
        else:
            for process in self.cluster.services():
                print(f"--- log of {process.name}\n{process.log()[-3000:]}", file=sys.stderr)

    def topology(self, text=ENDLESS, name="job.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_endless(self, *options):
        """A job that runs until it is ended; its number, once rows move."""
        job = self.cluster.submit(self.topology(), *options)
        self.cluster.await_state(job, "running")
        return job

    def assert_told(self, text, *parts):
        for part in parts:
            self.assertIn(part, text)

    def cause(self, job):
        return self.cluster.status(job)["job"]["cause"]


def main():
    unittest.main()
