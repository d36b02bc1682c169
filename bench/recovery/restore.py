#!/usr/bin/env python3
"""How soon rows come after a cold start from a checkpoint: a keyed count with a given amount of state under `run --state`, killed
with SIGKILL once a checkpoint holds all of it, its files dropped from the page cache, and the same command started again;
from that to the first new row in the sink's file. Every row must count on from what the checkpoint held."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BYTES_A_KEY = 64  # In memory: a saved record of 48 bytes and two slots.
TOPOLOGY = """penstock: 1
name: restore
parallelism: ${TASKS}
checkpoint: {every: 500ms}
sources:
  all: {generate: {count: "${KEYS}"}, fields: {key: i, due: "micros(0)"}}
  ticks: {generate: {rate: 1000/s}, fields: {key: "hash(i) % (${KEYS} - 1)", due: due}}
operators:
  counts: {from: [all, ticks], key_by: [key], aggregate: {n: count(*), due: max(due)}}
  again: {from: counts, filter: "due > micros(0)"}
  last: {from: counts, filter: "key = ${KEYS} - 1"}
sinks:
  seen: {from: again, delivery: at_least_once, file: {path: "${OUT}/seen/"}, format: csv}
  loaded: {from: last, delivery: at_least_once, file: {path: "${OUT}/loaded/"}, format: csv}
"""
SECONDS = 1800  # No step takes that long.


def size_of(directory):
    return sum(path.stat().st_size for path in directory.glob("*") if not path.name.startswith("."))


def rows_behind(directory, sizes):
    """Keys and counts of the rows that came after the files had these sizes, whole lines only."""
    rows = []
    for path in sorted(directory.glob("*")):
        text = path.read_bytes()[sizes.get(path.name, 0):]
        for line in text[: text.rfind(b"\n") + 1].split(b"\n"):
            if line[:1].isdigit():
                rows.append(tuple(int(part) for part in line.split(b",")[:2]))
    return rows


class Job:
    """The process, and what it has written."""

    def __init__(self, penstock, folder, keys, tasks):
        self.folder, self.process = folder, None
        self.seen = folder / "seen"
        (folder / "job.yaml").write_text(TOPOLOGY)
        self.command = [penstock, "run", str(folder / "job.yaml"), "--state", str(folder / "state"),
                        "--set", f"OUT={folder}", "--set", f"KEYS={keys}", "--set", f"TASKS={tasks}"]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=(self.folder / "log").open("ab"))

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def wait(self, condition, every):
        begun = time.monotonic()
        while not condition():
            if self.process.poll() is not None or time.monotonic() - begun > SECONDS:
                raise SystemExit("the job did not go on: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(every)

    def complete(self):
        """Directories of complete checkpoints by number."""
        found = self.folder.glob("state/checkpoints/*/*/manifest")
        return {int(path.parent.name.split("-")[0]): path.parent for path in found}

    def await_two_more(self):
        behind = max(self.complete(), default=0)
        self.wait(lambda: max(self.complete(), default=0) >= behind + 2, 0.02)

    def newest(self):
        complete = self.complete()
        return complete[max(complete)]


def forget(directory):
    """Drops the files from the page cache, as far as they are on disk."""
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_row(job):
    """Starts it; ms until a row is there that was not."""
    before = size_of(job.seen)
    begun = time.monotonic()
    job.start()
    job.wait(lambda: size_of(job.seen) > before, 0.001)
    return 1000 * (time.monotonic() - begun)


def percentile(values, share):
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def bytes_of(text):
    for suffix, shift in (("MiB", 20), ("GiB", 30)):
        if text.endswith(suffix):
            return int(text[: -len(suffix)]) << shift
    return int(text)


def nothing_to_restore(penstock, parent, tasks):
    """The yardstick: the same from an empty directory."""
    folder = parent / "empty"
    (folder / "seen").mkdir(parents=True)
    job = Job(penstock, folder, 2, tasks)
    try:
        return first_row(job)
    finally:
        job.kill()
        shutil.rmtree(folder)


def main(chosen):
    keys = max(chosen.state // BYTES_A_KEY, 1000)
    place = ROOT / "build" / "bench-data"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=place) as name:
        folder = pathlib.Path(name)
        (folder / "seen").mkdir()
        job = Job(chosen.penstock, folder, keys, chosen.parallelism)
        took, empty, wrong = [], [], 0
        try:
            job.start()
            job.wait(lambda: size_of(folder / "loaded") > 0 if (folder / "loaded").is_dir() else False, 0.05)
            for number in range(chosen.repeat):
                job.await_two_more()
                job.kill()
                on_disk = sum(path.stat().st_size for path in job.newest().rglob("*") if path.is_file())
                forget(folder / "state")
                empty.append(nothing_to_restore(chosen.penstock, folder, chosen.parallelism))
                sizes = {path.name: path.stat().st_size for path in job.seen.glob("*")}
                took.append(first_row(job))
                time.sleep(0.2)
                rows = rows_behind(job.seen, sizes)
                wrong += sum(1 for key, count in rows if count < 2)
                print(f"{number + 1} of {chosen.repeat}: first row after {took[-1]:.0f} ms, from an empty directory "
                      f"{empty[-1]:.0f} ms; {len(rows)} rows looked at", file=sys.stderr)
        finally:
            job.kill()
    if wrong:
        print(f"bench: WRONG RESULT: {wrong} rows did not count on from the checkpoint", file=sys.stderr)
    verdict = "met" if percentile(took, 0.5) <= 1000 else "NOT MET"
    print(f"  ms to the first row, median {percentile(took, 0.5)}   must be at most 1000: {verdict}   aim 300: "
          f"{'met' if percentile(took, 0.5) <= 300 else 'NOT MET'}", file=sys.stderr)
    print(json.dumps({"bench": "restore", "state_bytes": chosen.state, "keys": keys, "tasks": chosen.parallelism, "restarts": chosen.repeat,
                      "checkpoint_bytes": on_disk, "first_row_ms_p50": percentile(took, 0.5),
                      "first_row_ms_max": percentile(took, 1), "yardstick_empty_ms_p50": percentile(empty, 0.5),
                      "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench/run restore", description=__doc__)
    parser.add_argument("penstock")
    parser.add_argument("--state", type=bytes_of, default=1 << 30, help="bytes in memory, as 64MiB or 1GiB")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--parallelism", type=int, default=2, help="tasks of each node")
    sys.exit(main(parser.parse_args()))
