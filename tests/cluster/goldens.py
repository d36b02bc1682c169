#!/usr/bin/env python3
"""Every golden case of tests/golden on one cluster of three workers: `submit --wait` instead of `run`, rows of stdout sinks from
the workers' standard output. On loopback, or with --namespaces on three hosts of a network of their own, keys on."""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "golden"), str(ROOT / "tests" / "support")]
from cluster import Cluster  # noqa: E402
from network import Network, why_not  # noqa: E402
from penstock_run import SHARED, SKIPPED, Failure  # noqa: E402
from run_case import judge  # noqa: E402

PARALLELISMS = (1, 2, 3)
COUNTS = ("rows_in", "rows_out", "passed", "filtered", "absorbed", "late", "errors", "dropped", "errors_by_code")


class ClusterRun:
    """What run_case.judge() wants to know of a run, asked of a cluster."""

    def __init__(self, cluster, arguments, environment):
        before = {name: worker.out.stat().st_size for name, worker in cluster.workers.items()}
        submitted = cluster.ask("submit", *arguments, "--wait", environment=environment)
        self.status, self.stderr = submitted.status, submitted.err
        self._told = submitted.told()
        parts = []
        for name, worker in cluster.workers.items():
            with worker.out.open("rb") as out:
                out.seek(before[name])
                parts.append(out.read().decode("utf-8", "replace"))
        self.stdout = "".join(parts)
        self.report = self._report(cluster, submitted) if self.status in (0, 1) else None

    def _report(self, cluster, submitted):
        if not submitted.out:  # Refused before there was a job.
            return None
        status = cluster.status(submitted.out.split()[1])
        report = {"status": status["job"]["state"],
                  "nodes": {node["name"]: {key: node["totals"][key] for key in COUNTS} for node in status["nodes"]}}
        if cause := status["job"].get("cause"):
            report["error"] = cause
        return report

    def told(self):
        return f"{self._told}\n--- workers' stdout\n{self.stdout[-4000:]}"


def cases():
    for path in sorted((ROOT / "tests" / "golden" / "cases").glob("*/case.toml")):
        case = tomllib.loads(path.read_text())
        if "stdin" in case:  # A worker's standard input is nobody's.
            continue
        if all((SHARED / name).exists() for name in case.get("needs", [])):
            yield path.parent, case


def run_case(cluster, folder, case, parallelism):
    with tempfile.TemporaryDirectory(prefix="penstock-golden-") as temporary:
        out = pathlib.Path(temporary)
        topology = ROOT / case["topology"] if "topology" in case else folder / "topology.yaml"
        places = {"CASE": str(folder), "OUT": str(out), "SHARED": str(SHARED)}
        settings = [word for name, value in case.get("set", {}).items() for word in ("--set", f"{name}={value}")]
        if "prepare" in case:
            subprocess.run([sys.executable, folder / case["prepare"], out], check=True)
        run = ClusterRun(cluster, [topology, "--parallelism", parallelism, *settings, *case.get("args", [])], places)
        try:
            judge(run, case, folder, out)
        except Failure as failure:
            return [f"{folder.name} at parallelism {parallelism}: {failure}\n{run.told()}"]
    return []


def run_all(cluster, wanted):
    faults, count = [], 0
    for folder, case in cases():
        for parallelism in case.get("parallelism", PARALLELISMS):
            if not wanted or folder.name in wanted:
                faults += run_case(cluster, folder, case, parallelism)
                count += 1
    print(f"{count} runs, {len(faults)} faults")
    return faults


def main(chosen):
    if chosen.namespaces and (reason := why_not()):
        print(f"skipped: {reason}")
        return SKIPPED
    network = Network(3) if chosen.namespaces else None
    with tempfile.TemporaryDirectory(prefix="penstock-cluster-") as folder:
        cluster = Cluster(chosen.penstock, folder, network and network.hosts, keys=chosen.namespaces)
        try:
            faults = run_all(cluster.start(3, coordinator=("--state", cluster.folder / "state")), chosen.case)
            faults += cluster.stop()
        finally:
            cluster.kill_all()
            if network:
                network.close()
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--penstock", required=True)
    parser.add_argument("--namespaces", action="store_true")
    parser.add_argument("case", nargs="*")
    sys.exit(main(parser.parse_args()))
