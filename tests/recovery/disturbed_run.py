"""A job run by one `penstock run --state DIR` after the other, each disturbed; what they publish together, and what an
undisturbed run publishes."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import eventually  # noqa: E402,F401
from published import Published, differences  # noqa: E402

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


class DisturbedRun(unittest.TestCase):
    disturbances, pause = 8, (0.02, 0.5)  # How often, and how many seconds after the start.

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

    def disturbed(self, stop, turns, out="disturbed"):
        """Runs the job to its end, disturbed by `stop(process)` a few times; its published rows. `turns`: the options of
        one run after the other."""
        watched = Published(self.folder / out)
        for turn in range(200):
            process = self.begin(out, "--state", self.folder / "state", *turns[turn % len(turns)])
            if turn < self.disturbances:
                end = time.monotonic() + self.random.uniform(*self.pause)
                while time.monotonic() < end and process.poll() is None:
                    self.assertEqual(watched.look(), [], f"SEED={SEED}")
                    time.sleep(0.01)
                stop(process)
            status, said = self.finish(process)
            self.assertEqual(watched.look(), [], f"SEED={SEED}")
            if status == 0 and "finished" in said:
                return watched.rows()
            # SIGINT ends a process that has not come as far as its handler, on a busy machine.
            self.assertIn(status, (0, -signal.SIGKILL, -signal.SIGINT), f"SEED={SEED}\n{said}")
        self.fail("it never finishes")

    def begin(self, out, *options):
        return subprocess.Popen(self.command(out, *options), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        """Its exit status and what it has said."""
        _, said = process.communicate(timeout=120)
        return process.returncode, said

    def check(self, rest, stop, *turns):
        self.topology(rest)
        wanted = self.undisturbed()
        self.assertEqual(differences(self.disturbed(stop, turns), wanted), [], f"SEED={SEED}")

    @staticmethod
    def kill(process):
        process.send_signal(signal.SIGKILL)

    @staticmethod
    def interrupt(process):
        process.send_signal(signal.SIGINT)
