#!/usr/bin/env python3
"""A record that ends every process which works on it is found and named: by `run --state`, that is started again and again,
and by a coordinator whose workers are."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import OVER, eventually  # noqa: E402
from cluster_test_case import PENSTOCK, ClusterTestCase, main  # noqa: E402

POISON = 4711
# A text of 10^12 bytes, for which no machine has the memory: the process that asks for it is aborted.
GROWS = "a" * 1000
DEADLY = "replace(grown, 'a', grown)"
GROWN = f"replace(replace(concat('<', cast(i as string), '>'), '<{POISON}>', '{GROWS}'), 'a', '{GROWS}')"
JOB = """penstock: 1
name: poisoned
checkpoint: {every: 200ms}
sources:
  s: {generate: {count: 20000, rate: 10000/s}, fields: {i: i}}
operators:
  grow: {from: s, map: {i: i, grown: "%s"}}
  ends: {from: grow, map: {i: i, size: "length(%s)"}}
sinks:
  out: {from: ends, file: {path: "${OUT}/"}, format: json}
""" % (GROWN, DEADLY)
# The same behind an edge by key: in another task than the source's.
APART = JOB.replace("  grow: {from: s, map", "  seen: {from: s, key_by: [i], aggregate: {n: count(*)}}\n  grow: {from: seen, map")


class RunState(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="penstock-poison-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        (self.folder / "job.yaml").write_text(JOB)

    def run_once(self):
        return subprocess.run([PENSTOCK, "run", self.folder / "job.yaml", "--set", f"OUT={self.folder / 'out'}", "--state",
                               self.folder / "state"], capture_output=True, text=True, check=False, timeout=120)

    def test_the_record_is_named_when_the_run_is_started_again_and_again(self):
        (self.folder / "out").mkdir()
        told = [self.run_once() for _ in range(5)]
        self.assertTrue(all(run.returncode < 0 for run in told), told)
        self.assertNotIn("died", told[1].stderr)
        self.assertIn("when 2 runs in a row died, at work was 'ends' with s, ", told[2].stderr)
        self.assertIn("goes one row at a time", told[2].stderr)
        self.assertIn(f" at {POISON}; the row is {{\"i\":{POISON}", told[4].stderr)
        self.assertIn("it is this record that ends them", told[4].stderr)


class OnWorkersOfOneRun(RunState):
    def test_the_record_is_named_when_the_run_is_started_again_and_again(self):
        (self.folder / "job.yaml").write_text(APART)
        (self.folder / "out").mkdir()
        run = subprocess.run([PENSTOCK, "run", self.folder / "job.yaml", "--set", f"OUT={self.folder / 'out'}", "--workers", "2",
                              "-p", "2"], capture_output=True, text=True, check=False, timeout=240)
        self.assertEqual(run.returncode, 1, run)
        self.assertIn("record_ends_process", run.stderr)
        self.assertRegex(run.stderr, rf"the record on its way was s, [^;]* at {POISON}\b")


class OnACluster(ClusterTestCase):
    def cause(self, text, *options, workers=1):
        """Of the job's failure, while whoever dies is started again."""
        self.cluster.start(workers, coordinator=("--state", self.folder / "state"))
        (self.folder / "out").mkdir()
        job = self.cluster.submit(self.topology(text.replace("${OUT}", str(self.folder / "out"))), *options)

        def over():
            for name, worker in list(self.cluster.workers.items()):
                if not worker.runs():
                    self.cluster.start_worker(name)
            return self.cluster.state(job) in OVER
        eventually("the job is over", over, 120)
        self.assertEqual(self.cluster.state(job), "failed")
        eventually("no work file is left", lambda: not list(self.folder.glob("state/**/work-*")))
        return self.cluster.status(job)["job"]["cause"]

    def test_the_record_is_the_jobs_cause(self):
        cause = self.cause(JOB)
        self.assertEqual(cause["code"], "record_ends_process", cause)
        self.assertIn(f" at {POISON}; the row is {{\"i\":{POISON}", cause["message"])
        self.assertTrue(cause["where"].startswith("s, ") and cause["where"].split(",")[1].endswith(f" at {POISON}"), cause)

    def test_of_a_record_that_came_from_another_task_the_row_and_its_place_are_named(self):
        self.check_apart(self.cause(APART, "--parallelism", 2))

    def test_so_is_one_that_came_from_another_worker(self):
        self.check_apart(self.cause(APART, "--parallelism", 2, workers=2))

    def check_apart(self, cause):
        self.assertEqual(cause["code"], "record_ends_process", cause)
        self.assertIn(f"of other tasks; the row is {{\"i\":{POISON}", cause["message"])
        self.assertIn("; the record on its way was s, ", cause["message"])
        # Of two sources the other one may have been at the same record both times.
        places = cause["where"].split(" or ")
        self.assertLessEqual(len(places), 2, cause)
        self.assertTrue(any(place.startswith("s, ") and place.endswith(f" at {POISON}") for place in places), cause)


if __name__ == "__main__":
    main()
