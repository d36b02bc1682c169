#!/usr/bin/env python3
"""How long output stops when something is killed: a keyed exactly-once count at 20,000 rows a second over three workers with a
checkpoint a second, as a real cluster on loopback. From the kill to the row with which rows that the sink operator had never had
before begin to flow again (an at-least-once file shows them at once), and to the first such row that is published exactly
once. For a coordinator: the longest pause between rows, and from its return to the first row that is published."""
import argparse
import json
import multiprocessing
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "cluster")]
import cluster as harness  # noqa: E402

KEYS, RATE, EVERY = 1000, 20_000, 1.0  # Seconds between checkpoints.
TOPOLOGY = """penstock: 1
name: recovery
parallelism: 3
checkpoint: {every: 1s}
sources:
  s: {generate: {count: 100000000000, rate: %d/s}, fields: {k: "i %% %d"}}
operators:
  c: {from: s, key_by: [k], aggregate: {n: count(*)}}
sinks:
  seen: {from: c, delivery: at_least_once, file: {path: "%s/"}, format: csv}
  out: {from: c, file: {path: "%s/"}, format: csv}
"""
DOWN = 2.0  # Seconds for which a killed coordinator is away.
POLL = 0.001
CLOCK_STEP = 50_000_000  # Nanoseconds; what changes within the same step of a file system's clock shows no new time.


class Tail:
    """Rows `k,n` as they appear in the parts of a directory, and the highest n of each key. Of each task only its newest part
    grows; those that were published (`whole`) never do. What no longer grows is read to its end and closed."""

    def __init__(self, directory, whole):
        self.directory, self.whole = str(directory), whole
        self.known, self.growing = set(), {}  # Names; of each task: its newest part and the beginning of a line.
        self.highest, self.rows, self.listed = [0] * KEYS, 0, -1

    def read(self):
        """New rows (k, n), in the order in which they are found."""
        found = []
        for path in self.new_parts():
            task = path.rsplit("-", 2)[1]
            if task in self.growing:
                self.read_on(task, found)
                self.growing.pop(task)[0].close()
            self.growing[task] = [open(path, "rb"), b""]
        for task in list(self.growing):
            self.read_on(task, found)
            if self.whole:
                self.growing.pop(task)[0].close()
        self.rows += len(found)
        return found

    def new_parts(self):
        stamp = os.stat(self.directory).st_mtime_ns if os.path.isdir(self.directory) else -1
        if stamp == self.listed or stamp < 0:
            return []
        self.listed = stamp if time.time_ns() - stamp > CLOCK_STEP else -1
        names = {name for name in os.listdir(self.directory) if not name.startswith(".")} - self.known
        self.known |= names
        return [os.path.join(self.directory, name) for name in sorted(names)]

    def read_on(self, task, found):
        file, rest = self.growing[task]
        data = file.read()
        if not data:
            return
        *lines, self.growing[task][1] = (rest + data).split(b"\n")
        for line in lines:
            if line[:1].isdigit():
                k, n = line.split(b",")
                found.append((int(k), int(n)))

    def take(self):
        """Whether there were rows that are new, not only read again."""
        new = False
        for k, n in self.read():
            if n > self.highest[k]:
                self.highest[k], new = n, True
        return new


class Watcher:
    """The rows that reach the sink operator, watched by a process of its own: whoever reads the published ones too is blind
    to these for the tens of milliseconds that 40,000 rows at once take."""

    def __init__(self, directory):
        self.pipe, end = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.watch, args=(directory, end), daemon=True)
        self.process.start()

    @staticmethod
    def watch(directory, pipe):
        tail, last, pause, resumed = Tail(directory, whole=False), time.monotonic(), 0.0, 0.0
        while True:
            now = time.monotonic()
            if tail.take():
                if now - last > pause:
                    pause, resumed = now - last, now
                last = now
            if pipe.poll(POLL):
                if pipe.recv() == "begin":
                    last, pause = now, 0.0
                pipe.send((tail.highest, pause, resumed))

    def ask(self, word):
        """("begin": from now on.) The highest n of each key, the longest pause in seconds, and when it was over."""
        self.pipe.send(word)
        return self.pipe.recv()


def percentile(values, share):
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


class Bench:
    def __init__(self, cluster, folder, role, lease, seed):
        self.cluster, self.role, self.lease, self.random = cluster, role, lease, random.Random(seed)
        self.seen, self.out = Watcher(folder / "seen"), Tail(folder / "out", whole=True)
        self.published = []  # Every published row, for the end.
        self.state = folder / "state"
        self.detect, self.first, self.shown, self.gaps = [], [], [], []
        path = folder / "job.yaml"
        path.write_text(TOPOLOGY % (RATE, KEYS, folder / "seen", folder / "out"))
        cluster.start(3, coordinator=("--state", self.state))
        self.job = cluster.submit(path)
        cluster.await_state(self.job, "running")
        self.settle(3)

    def settle(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.01)

    def look(self):
        self.published += self.out.read()

    def interruptions(self):
        return self.cluster.coordinator.log().count("interrupted: ")

    def one(self, number):
        victim = f"w{number % 3 + 1}"
        self.settle(self.random.uniform(0, EVERY))  # Checkpoints go on from the recovery before: hit them at any point.
        self.look()
        before, told = self.seen.ask("begin")[0], self.interruptions()
        begun = time.monotonic()
        if self.role == "coordinator":
            self.cluster.coordinator.kill()
        elif self.role == "worker":
            os.kill(self.cluster.workers[victim].pid, signal.SIGKILL)
        else:
            self.cluster.workers[victim].freeze()
        self.wait(begun, before, told)
        if self.role == "worker":
            self.cluster.workers[victim].wait()
            self.cluster.start_worker(victim)
        elif self.role == "frozen":
            self.cluster.workers[victim].thaw()
        self.cluster.await_workers("w1", "w2", "w3")
        self.settle(2.5)  # A checkpoint at least, and nothing to make up for.

    def wait(self, begun, before, told):
        """Watches for a second at least, until rows that had never been seen are published again. Survivors go on for a few
        milliseconds after the kill, so what counts is the end of the longest pause between two new rows."""
        noticed = shown = returned = None
        least = DOWN + 1 if self.role == "coordinator" else self.lease + 1 if self.role == "frozen" else 1
        while shown is None or time.monotonic() - begun < least:
            now = time.monotonic()
            if now - begun > 60:
                raise SystemExit("nothing came for a minute: " + self.cluster.ask("logs", self.job).out)
            rows = self.out.read()
            self.published += rows
            if shown is None and (self.role != "coordinator" or returned) and any(n > before[k] for k, n in rows):
                shown = now
            if noticed is None and self.role != "coordinator" and self.interruptions() > told:
                noticed = now
            if self.role == "coordinator" and returned is None and now - begun >= DOWN:
                before = self.seen.ask("report")[0]
                self.cluster.start_coordinator("--state", self.state)
                returned = time.monotonic()
            time.sleep(POLL)
        _, pause, resumed = self.seen.ask("report")
        self.first.append(1000 * (resumed - begun))
        self.gaps.append(1000 * pause)
        self.shown.append(1000 * (shown - (returned or begun)))
        if noticed:
            self.detect.append(1000 * (noticed - begun))

    def losses(self):
        """Ends the job in order; rows that were not published, and rows that were twice."""
        stopped = self.cluster.ask("stop", self.job, "--drain", "--wait")
        assert stopped.status == 0, stopped.told()
        self.published += self.out.read()
        made = self.cluster.status(self.job)["nodes"][0]["totals"]["rows_out"]
        once = set(self.published)
        highest = [0] * KEYS
        for k, n in once:
            highest[k] = max(highest[k], n)
        return max(made, sum(highest)) - len(once), len(self.published) - len(once)


def yardstick(cluster):
    """What restarting a bare process costs: an idle worker killed and started again until the coordinator lists it."""
    took = []
    for _ in range(5):
        begun = time.monotonic()
        cluster.workers["w3"].kill()
        cluster.start_worker("w3")
        cluster.await_workers("w3")
        took.append(1000 * (time.monotonic() - begun))
        time.sleep(0.5)
    return percentile(took, 0.5)


def main(chosen):
    harness.LEASE = chosen.lease
    with tempfile.TemporaryDirectory(prefix="penstock-recovery-") as name:
        folder = pathlib.Path(name)
        cluster = harness.Cluster(chosen.penstock, folder)
        try:
            bench = Bench(cluster, folder, chosen.role, chosen.lease, chosen.seed)
            for number in range(chosen.kills):
                bench.one(number)
                rows = (f"longest pause {bench.gaps[-1]:.0f} ms" if chosen.role == "coordinator" else
                        f"first new row after {bench.first[-1]:.0f} ms")
                print(f"{number + 1} of {chosen.kills}: {rows}, published after {bench.shown[-1]:.0f} ms", file=sys.stderr)
            lost, duplicated = bench.losses()
            result = {"bench": "recovery", "role": chosen.role, "kills": chosen.kills, "seed": chosen.seed,
                      "rate": RATE, "checkpoint_ms": int(1000 * EVERY), "lease_ms": 1000 * chosen.lease,
                      "detect_ms_p50": percentile(bench.detect, 0.5), "first_output_ms_p50": percentile(bench.first, 0.5),
                      "first_output_ms_p99": percentile(bench.first, 0.99),
                      "published_ms_p50": percentile(bench.shown, 0.5), "published_ms_p99": percentile(bench.shown, 0.99),
                      "longest_gap_ms": percentile(bench.gaps, 1), "lost": lost, "duplicated": duplicated,
                      "rows_published": len(bench.published), "yardstick_restart_ms": yardstick(cluster)}
        finally:
            cluster.kill_all()
    print(json.dumps(result))
    return 1 if lost or duplicated else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench/run recovery", description=__doc__)
    parser.add_argument("penstock")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--role", choices=["worker", "coordinator", "frozen"], default="worker")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills within the checkpoint interval")
    parser.add_argument("--lease", type=float, default=0.6, help="seconds; the coordinator's default")
    sys.exit(main(parser.parse_args()))
