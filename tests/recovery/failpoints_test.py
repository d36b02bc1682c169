#!/usr/bin/env python3
"""Processes that end at a failpoint (runtime/base/failpoint.h): each point x each role that passes it x its first passing,
a later one, one in a recovery, and once more in the process that is started in its stead; and workers that are frozen
there, and wake up when the job is over. What is published is that of an undisturbed run, and a reader who watches sees
nothing change and nothing twice.

failpoints_test.py PENSTOCK_FAILPOINTS PENSTOCK [--all] [--only TEXT] [--lanes N]
Without --all one case of each point and role, other ones each time: SEED=N repeats them."""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from cluster import OVER, ROOT, SECONDS, Cluster, eventually  # noqa: E402
from published import Published, differences  # noqa: E402

COUNT = 20_000  # With the throttle a second; what is due already does not come faster after a restart.
JOB = f"""penstock: 1
name: counts
parallelism: 2
checkpoint: {{every: 50ms, keep: 2}}
sources:
  s:
    generate: {{count: {COUNT}, rate: 20000/s}}
    parallelism: 1
    fields: {{i: i, k: "i % 50", time: "micros(i * 50)"}}
    event_time: {{field: time}}
operators:
  t: {{from: s, throttle: 20000/s}}
  c: {{from: t, key_by: [k], aggregate: {{n: count(*)}}}}
  w: {{from: t, key_by: [k], window: {{tumbling: 100ms}}, aggregate: {{at: window_start, n: count(*), total: sum(i)}}}}
sinks:
  out: {{from: c, file: {{path: "${{OUT}}/counts/"}}, format: json}}
  windows: {{from: w, file: {{path: "${{OUT}}/windows/"}}, format: json}}
"""
POINT = re.compile(r'"((?:[a-z]+)\.(?:[a-z_]+)\.(?:[a-z_]+))"')
BY_CHANCE = {"checkpoint.tier.removed"}  # A worker and the coordinator both clear up behind a job: whoever comes first.
CUT = "checkpoint.manifest.begun=kill@2"  # With one complete checkpoint, and one that is not: what follows is a recovery.


def points_in_the_source():
    names = set()
    for top in ("runtime", "operators", "tools"):
        for path in (ROOT / top).rglob("*.cc"):
            text = path.read_text()
            for line in text.splitlines():
                if "failpoint(" in line or line.lstrip().startswith("return \"coordinator."):
                    names |= set(POINT.findall(line))
    return names


class Fault(Exception):
    """The product has broken its promise."""


class Output:
    """What a job publishes, watched."""
    wanted = None  # Per directory, of an undisturbed run.

    def __init__(self, folder):
        self.watched = [Published(folder / name) for name in ("counts", "windows")]

    def look(self):
        faults = [fault for watched in self.watched for fault in watched.look()]
        if faults:
            raise Fault("; ".join(faults))
        return [watched.rows() for watched in self.watched]

    def is_complete(self):
        return all(rows.total() >= wanted.total() for rows, wanted in zip(self.look(), self.wanted))

    def compare(self):
        faults = [fault for rows, wanted in zip(self.look(), self.wanted) for fault in differences(rows, wanted)]
        if faults:
            raise Fault("; ".join(faults))


def passings(log):
    """How often each point was passed."""
    lines = log.read_text().splitlines() if log.exists() else []
    return collections.Counter(line.split()[0] for line in lines)


def environment(base, spec="", log=None):
    added = {"PENSTOCK_FAILPOINTS": spec} if spec else {}
    return {**base, **added, **({"PENSTOCK_FAILPOINTS_LOG": str(log)} if log else {})}


class LocalRun:
    """`run --state`, started again after each kill, at another parallelism each time."""
    role = "local"

    def __init__(self, penstock, folder):
        self.penstock, self.folder, self.turn = penstock, folder, 0
        self.out = Output(folder)
        (folder / "job.yaml").write_text(JOB)
        self.base = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}

    def run(self, spec="", log=None):
        """Whether the run was killed; else it has finished."""
        command = [self.penstock, "run", self.folder / "job.yaml", "--set", f"OUT={self.folder}", "--state",
                   self.folder / "state", "-p", str(2 - self.turn % 2)]
        self.turn += 1
        with (self.folder / "err").open("w+b") as err:
            process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=err, cwd=self.folder,
                                       env=environment(self.base, spec, log))
            try:
                eventually("the run is over", lambda: self.out.look() and process.poll() is not None)
            finally:
                process.kill()
                process.wait()
            err.seek(0)
            said = err.read().decode(errors="replace")
        self.out.look()
        if process.returncode not in (0, -9):
            raise Fault(f"run ended with {process.returncode}: {said[-3000:]}")
        return process.returncode != 0

    def close(self):
        pass

    def logs(self):
        return ""

    def finish(self):
        if self.run():
            raise Fault("a run without a failpoint was killed")
        self.out.compare()

    @staticmethod
    def discover(penstock, folder):
        """What an undisturbed run passes, and one behind CUT."""
        first, again = folder / "first.log", folder / "again.log"
        (folder / "a").mkdir()
        LocalRun(penstock, folder / "a").run(log=first)
        (folder / "b").mkdir()
        two = LocalRun(penstock, folder / "b")
        two.run(CUT)
        two.run(log=again)
        return passings(first), passings(again)

    @staticmethod
    def chains(point, passed):
        first, again = passed
        later = first[point] // 2 + 1
        if first[point]:
            yield (("first", f"{point}=kill"),)
        opening = ("later", f"{point}=kill@{later}") if first[point] > 2 else ("", CUT)
        if again[point] or first[point] > 2:
            yield (opening, ("recovery", f"{point}=kill"), ("again", f"{point}=kill"))

    def play(self, chain):
        """The phases in which the process was killed."""
        hit = [phase for phase, spec in chain if self.run(spec)]
        self.finish()
        return hit


class ClusterRun:
    """One job on two workers, of which w1, or the coordinator, ends at failpoints and is started again at once."""

    def __init__(self, penstock, folder):
        self.folder = folder
        self.cluster = Cluster(penstock, folder)
        self.base = self.cluster.environment | {"OUT": str(folder)}
        self.cluster.environment = self.base
        self.out = Output(folder)
        (folder / "job.yaml").write_text(JOB)
        self.client = None

    def start(self, name, spec="", log=None):
        self.cluster.environment = environment(self.base, spec, log)
        try:
            if name == "coordinator":
                return self.cluster.start_coordinator("--state", self.folder / "state")
            return self.cluster.start_worker(name)
        finally:
            self.cluster.environment = self.base

    def submit(self):
        self.client = self.cluster.begin("submit", self.folder / "job.yaml", "--set", f"OUT={self.folder}", "--json")

    def submit_again(self):
        """The client's patience with a coordinator that is away is not what is tested, and a machine may be slow."""
        answered = self.cluster.ask("list", "--json")
        if answered.status == 0 and not answered.json["jobs"]:
            self.submit()

    def until_it_dies(self, name, seconds=SECONDS):
        """Whether this process was killed before the job was over."""
        process = self.process(name)
        eventually(f"{name} is killed or the job is over", lambda: not process.runs() or self.is_over(), seconds)
        status = process.end()  # What it passes behind the end of the job, it passes on the way out at the latest.
        if status not in (0, -9):
            raise Fault(f"{name} ended with {status}: {process.log()[-3000:]}")
        return status != 0

    def process(self, name):
        return self.cluster.coordinator if name == "coordinator" else self.cluster.workers[name]

    def is_over(self):
        if self.client.poll():
            self.submit_again()
        if not self.out.is_complete():
            return False
        answered = self.cluster.ask("list", "--json")
        return answered.status == 0 and all(job["state"] in OVER for job in answered.json["jobs"]) and answered.json["jobs"]

    def await_rows(self, part):
        eventually(f"{part} of the rows are published", lambda: self.out.look()[0].total() >= COUNT * part)

    def finish(self):
        eventually("the job is over", self.is_over)
        self.out.compare()
        jobs = self.cluster.ask("list", "--json").json["jobs"]
        if [job["state"] for job in jobs] != ["finished"]:
            raise Fault(f"the job has not finished: {jobs}")
        out, err = self.client.communicate(timeout=30)
        if self.client.returncode != 0 and "no_coordinator" not in err:
            raise Fault(f"the client that submitted ended with {self.client.returncode}: {out} {err}")
        self.cluster.others.remove(self.client)
        if faults := self.cluster.stop():
            raise Fault("; ".join(faults))
        self.out.compare()  # Nobody has anything to add on the way out.

    @classmethod
    def discover(cls, penstock, folder):
        """What an undisturbed process passes, and one that sees a recovery, or is started in the middle of a job."""
        logs = []
        for name, disturb in (("undisturbed", None), ("survivor", cls.disturb_other), ("newcomer", cls.disturb_own)):
            logs.append(folder / f"{name}.log")
            (folder / name).mkdir()
            run = cls(penstock, folder / name)
            try:
                run.begin(log=None if name == "newcomer" else logs[-1])
                if disturb:
                    disturb(run, logs[-1])
                run.finish()
            finally:
                run.close()
        return tuple(passings(log) for log in logs)

    @staticmethod
    def await_passing(log, point, times=1):
        eventually(f"{point} is passed", lambda: passings(log)[point] >= times)

    def close(self):
        self.cluster.kill_all()

    def logs(self):
        return "".join(f"--- {process.name}\n{process.log()[-4000:]}\n" for process in self.cluster.services())


class WorkerRun(ClusterRun):
    role = "worker"

    def begin(self, spec="", log=None):
        self.start("coordinator")
        self.start("w1", spec, log)
        self.start("w2")
        self.cluster.await_workers(*(["w2"] if spec.startswith("worker.register") else ["w1", "w2"]))
        self.submit()

    def kill_other(self):
        self.await_rows(0.1)
        self.cluster.workers["w2"].kill()

    def disturb_other(self, log):
        self.kill_other()
        self.await_passing(log, "worker.start.done", 2)

    def disturb_own(self, log):
        """Alone, so that there is something for it to do."""
        self.kill_other()
        self.process("w1").kill()
        self.start("w1", log=log)
        self.await_passing(log, "worker.start.done")

    @staticmethod
    def chains(point, passed):
        first, survivor, newcomer = passed
        if first[point]:
            yield (("first", f"{point}=kill"),)
            yield (("frozen", f"{point}=freeze@{max(1, first[point] // 2)}"),)
        if first[point] > 2:
            yield (("later", f"{point}=kill@{first[point] // 2 + 1}"),)
        # As one whose part of the interrupted attempt is taken down, and then as one that begins with the next attempt.
        if survivor[point] or newcomer[point]:
            after = "worker.cancel.received>" if first[point] else ""
            yield (("recovery", f"{after}{point}=kill"), ("again", f"{point}=kill"))

    def play_frozen(self, spec):
        """What it was about to do when it froze it does when another attempt has taken over, and is over."""
        self.begin(spec)
        frozen = self.process("w1")
        eventually("w1 freezes or the job is over", lambda: frozen.is_stopped() or self.is_over())
        hit = frozen.is_stopped()
        eventually("the job is over", self.is_over)
        frozen.thaw()
        self.cluster.await_workers("w1")
        self.finish()
        return ["frozen"] if hit else []

    def play(self, chain):
        if chain[0][0] == "frozen":
            return self.play_frozen(chain[0][1])
        hit = []
        self.begin(chain[0][1])
        if chain[0][0] == "recovery":
            self.kill_other()
        for turn, (phase, spec) in enumerate(chain):
            if turn > 0:
                self.start("w1", spec)
            if self.until_it_dies("w1"):
                hit.append(phase)
        for name in ("w1", "w2"):
            if not self.process(name).runs():
                self.start(name)
        self.finish()
        return hit


class CoordinatorRun(ClusterRun):
    role = "coordinator"

    def begin(self, spec="", log=None):
        self.start("coordinator", spec, log)
        self.start("w1")
        self.start("w2")
        if not spec.startswith(("coordinator.registered", "coordinator.answer", "coordinator.recall")):
            self.cluster.await_workers("w1", "w2")
        self.submit()

    def kill_worker(self):
        self.await_rows(0.1)
        self.cluster.workers["w2"].kill()
        self.start("w2")

    def disturb_other(self, log):
        self.kill_worker()
        self.await_passing(log, "coordinator.job.running", 2)

    def disturb_own(self, log):
        self.await_rows(0.1)
        self.process("coordinator").kill()
        self.start("coordinator", log=log)
        self.await_passing(log, "coordinator.job.relearned")

    @staticmethod
    def chains(point, passed):
        first, survivor, newcomer = passed
        if first[point]:
            yield (("first", f"{point}=kill"), ("again", f"{point}=kill"))
        if first[point] > 2:
            yield (("later", f"{point}=kill@{first[point] // 2 + 1}"),)
        if survivor[point]:
            yield (("recovery", f"coordinator.job.interrupted>{point}=kill"), ("again", f"{point}=kill"))
        if newcomer[point]:
            yield (("", "coordinator.publish.sent=kill@3"), ("restart", f"{point}=kill"), ("again", f"{point}=kill"))

    def play(self, chain):
        hit = []
        self.begin(chain[0][1])
        if chain[0][0] == "recovery":
            self.kill_worker()
        for turn, (phase, spec) in enumerate(chain):
            if turn > 0:
                self.start("coordinator", spec)
            if self.until_it_dies("coordinator"):
                hit.append(phase)
        if not self.process("coordinator").runs():
            self.lose_the_job()
            self.start("coordinator")
        self.finish()
        return hit

    def lose_the_job(self):
        """No worker remembers it: what the journal and the checkpoints say is all there is."""
        for name in ("w1", "w2"):
            self.cluster.workers[name].kill()
            self.start(name)


ROLES = (LocalRun, WorkerRun, CoordinatorRun)


def play(kind, penstock, point, chain, tell=False):
    """Phases in which the process was killed or frozen, and what was found wrong."""
    with tempfile.TemporaryDirectory(prefix="penstock-failpoints-") as folder:
        run = kind(penstock, pathlib.Path(folder))
        hit, fault = [], ""
        try:
            hit = [phase for phase in run.play(chain) if phase]
        except (Fault, AssertionError, subprocess.TimeoutExpired) as error:
            fault = f"{kind.role} {point} {chain}: {error}\n{run.logs()}"
        finally:
            run.close()
    if tell:
        phases = " ".join(phase or "cut" for phase, _ in chain)
        print(f"{kind.role:12} {point:40} {phases:24} ended: {' '.join(hit) or '-'}\n{fault}", end="", flush=True)
    return hit, fault


def undisturbed(penstock):
    """Also what penstock, as users run it, makes of the variable: nothing."""
    with tempfile.TemporaryDirectory(prefix="penstock-failpoints-") as folder:
        folder = pathlib.Path(folder)
        run = LocalRun(penstock, folder)
        if run.run("worker.cycle.begun=kill,not.what.it=takes", folder / "log") or (folder / "log").exists():
            raise Fault("penstock itself has failpoints")
        return [watched.rows() for watched in run.out.watched]


def discover(kind, penstock):
    with tempfile.TemporaryDirectory(prefix="penstock-failpoints-") as folder:
        return kind.discover(penstock, pathlib.Path(folder))


def one_of_each(cases, dice):
    by_place = collections.defaultdict(list)
    for case in cases:
        by_place[case[0].role, case[1]].append(case)
    return [dice.choice(group) for group in by_place.values()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("armed")
    parser.add_argument("penstock")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="of ROLE/POINT")
    parser.add_argument("--verbose", action="store_true", help="say each case as it ends")
    parser.add_argument("--lanes", type=int, default=4)
    told = parser.parse_args()
    told.all = told.all or os.environ.get("FAILPOINTS") == "all"
    armed, penstock = (str(pathlib.Path(path).resolve()) for path in (told.armed, told.penstock))
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 30)))
    Output.wanted = undisturbed(penstock)

    with concurrent.futures.ThreadPoolExecutor(told.lanes) as lanes:
        passed = dict(zip(ROLES, lanes.map(lambda kind: discover(kind, armed), ROLES)))
        cases = [(kind, point, chain) for kind, logs in passed.items() for point in sorted(set().union(*logs))
                 for chain in kind.chains(point, logs) if told.only in f"{kind.role}/{point}"]
        if not told.all and not told.only:
            cases = one_of_each(cases, random.Random(seed))
        began = time.monotonic()
        results = list(lanes.map(lambda case: play(case[0], armed, case[1], case[2], told.verbose), cases))

    hits, faults = collections.Counter(), [fault for _, fault in results if fault]
    by_point = collections.defaultdict(set)
    for (kind, point, chain), (hit, fault) in zip(cases, results):
        hits.update((kind.role, phase) for phase in hit)
        if not fault and point not in BY_CHANCE and (told.all or chain[0][0] == "first"):  # Of a sample the others may have had nothing to do.
            by_point[point] |= set(hit)
    unpassed = points_in_the_source() - {point for counts in passed.values() for count in counts for point in count}
    faults += [f"no run passes {point}" for point in sorted(unpassed)]
    faults += [f"{point} was armed and nothing ended there" for point, phases in sorted(by_point.items()) if not phases]
    print(f"SEED={seed}: {len(cases)} cases in {time.monotonic() - began:.0f} s, ended at: " +
          ", ".join(f"{role} {phase} {count}" for (role, phase), count in sorted(hits.items())))
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
