#!/usr/bin/env python3
"""`run --state DIR`: killed at any moment, stopped with Ctrl-C, gone on with at another parallelism; what is published is
that of an undisturbed run."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from published import Published, differences

PENSTOCK = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/release/penstock"
SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 30)))

HEAD = """penstock: 1
name: counts
checkpoint: {every: 50ms}
sources:
"""
GENERATED = """  s: {generate: {count: 600000, rate: 300000/s}, fields: {i: i, k: "hash(i) % 500", time: "micros(i * 100)"}, event_time: {field: time}}
"""
# Every row of the input, so that a lost or repeated one shows.
ROWS = """sinks:
  out: {from: s, file: {path: "${OUT}/"}, format: json}
"""
# State by key that grows as long as the job runs.
RUNNING = """operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*), total: sum(i), last: max(i), names: "count(distinct i % 7)"}}
sinks:
  out: {from: c, file: {path: "${OUT}/"}, format: json}
"""
TUMBLING = """operators:
  c: {from: s, key_by: [k], window: {tumbling: 1s}, aggregate: {at: window_start, n: count(*), total: sum(i), some: min("${TEXT}")}}
sinks:
  out: {from: c, file: {path: "${OUT}/"}, format: json}
""".replace('min("${TEXT}")', '"min(cast(i as string))"')
SLIDING = """operators:
  c: {from: s, key_by: [k], window: {sliding: 2s, every: 500ms}, aggregate: {at: window_start, n: count(*), total: sum(i)}}
sinks:
  out: {from: c, file: {path: "${OUT}/"}, format: json}
"""
AT_THE_END = """operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*), total: sum(i), p: "percentile(i, 0.5)"}, emit: end}
sinks:
  out: {from: c, file: {path: "${OUT}/rows.json"}, format: json}
"""


class RunState(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="penstock-state-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.random = random.Random(SEED)

    def topology(self, rest, source=GENERATED):
        path = self.folder / "job.yaml"
        path.write_text(HEAD + source + rest)
        return path

    def command(self, out, *options):
        out = self.folder / out
        out.mkdir(exist_ok=True)
        return [PENSTOCK, "run", str(self.folder / "job.yaml"), "--set", f"OUT={out}", *map(str, options)]

    def undisturbed(self, out="undisturbed"):
        done = subprocess.run(self.command(out), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.published(out).rows()

    def published(self, out):
        watched = Published(self.folder / out)
        self.assertEqual(watched.look(), [])
        return watched

    def disturbed(self, stop, parallelisms=(1,), out="disturbed"):
        """Runs the job to its end, disturbed by `stop(process)` a few times; its published rows."""
        watched = Published(self.folder / out)
        for turn in range(200):
            process = subprocess.Popen(self.command(out, "--state", self.folder / "state", "-p",
                                                    parallelisms[turn % len(parallelisms)]),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if turn < 8:
                end = time.monotonic() + self.random.uniform(0.02, 0.5)
                while time.monotonic() < end and process.poll() is None:
                    self.assertEqual(watched.look(), [], f"SEED={SEED}")
                    time.sleep(0.01)
                stop(process)
            _, err = process.communicate(timeout=120)
            self.assertEqual(watched.look(), [], f"SEED={SEED}")
            if process.returncode == 0 and "finished" in err:
                return watched.rows()
            # SIGINT ends a process that has not come as far as its handler, on a busy machine.
            self.assertIn(process.returncode, (0, -signal.SIGKILL, -signal.SIGINT), f"SEED={SEED}\n{err}")
        self.fail("it never finishes")

    def check(self, rest, stop, parallelisms=(1,)):
        self.topology(rest)
        wanted = self.undisturbed()
        self.assertEqual(differences(self.disturbed(stop, parallelisms), wanted), [], f"SEED={SEED}")

    @staticmethod
    def kill(process):
        process.send_signal(signal.SIGKILL)

    @staticmethod
    def interrupt(process):
        process.send_signal(signal.SIGINT)

    def test_a_run_that_has_finished_is_over_whatever_became_of_its_output(self):
        """Its sinks remember nothing any more, and took parts that a reader had taken away for lost ones."""
        self.topology(ROWS.replace("}/", "}/parts/"), GENERATED.replace("600000", "3000"))
        state = ("--state", self.folder / "state")
        first = subprocess.run(self.command("out", *state), capture_output=True, text=True, check=False)
        self.assertEqual(first.returncode, 0, first.stderr)
        parts = self.folder / "out" / "parts"
        self.assertTrue(list(parts.iterdir()))
        for part in parts.iterdir():
            part.unlink()
        again = subprocess.run(self.command("out", *state), capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("has finished", again.stderr)
        self.assertEqual(list(parts.iterdir()), [])

    def test_killed_rows(self):
        self.check(ROWS, self.kill, (2,))

    def test_killed_tumbling(self):
        self.check(TUMBLING, self.kill, (2,))

    def test_killed_sliding(self):
        self.check(SLIDING, self.kill, (2,))

    def test_killed_with_one_result_at_the_end(self):
        self.check(AT_THE_END, self.kill)

    def test_killed_running_counts(self):
        self.check(RUNNING, self.kill)

    def test_interrupted_and_at_another_parallelism_each_time(self):
        for rest in (ROWS, TUMBLING, SLIDING):
            with self.subTest(rest=rest):
                for folder in ("undisturbed", "disturbed", "state"):
                    subprocess.run(["rm", "-rf", str(self.folder / folder)], check=True)
                self.check(rest, self.interrupt, (1, 3, 2))


if __name__ == "__main__":
    unittest.main()
