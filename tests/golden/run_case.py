#!/usr/bin/env python3
"""One golden case at one parallelism: cases/NAME/case.toml says what to run and what must come out (see README.md)."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from penstock_run import SHARED, SKIPPED, Failure, Run, check, check_accounts, check_rows  # noqa: E402

KEYS = {"topology", "set", "args", "stdin", "status", "parallelism", "expected", "expected_by", "ordered", "key_order",
        "needs", "stderr", "error", "files", "absent", "rows", "prepare"}


def expected_text(folder, case):
    if "expected_by" in case:
        return subprocess.run([sys.executable, folder / case["expected_by"], SHARED], check=True, text=True,
                              capture_output=True).stdout
    return (folder / case["expected"]).read_text()


def published(path):
    """A file's text, or that of all visible files of a directory of parts."""
    if path.is_dir():
        return "".join(part.read_text() for part in sorted(path.iterdir()) if not part.name.startswith("."))
    check(path.exists(), f"{path.name} has not been published")
    return path.read_text()


def judge(run, case, folder, out):
    check(run.status == case.get("status", 0), f"exit status {run.status}, expected {case.get('status', 0)}")
    for pattern in case.get("stderr", []):
        check(re.search(pattern, run.stderr), f"standard error lacks /{pattern}/")
    key_order = case.get("key_order", True)
    if "expected" in case or "expected_by" in case:
        check_rows(run.stdout, expected_text(folder, case), case.get("ordered", False), key_order, "standard output")
    for name, expected in case.get("files", {}).items():
        check_rows(published(out / name), (folder / expected).read_text(), case.get("ordered", False), key_order, name)
    for name in case.get("absent", []):
        check(not (out / name).exists(), f"{name} is there and should not be")
    if run.status in (0, 1):
        judge_report(run.report, case)


def judge_report(report, case):
    check(report is not None, "no report was written")
    check_accounts(report)
    status = "failed" if case.get("status", 0) == 1 else "finished"
    check(report["status"] == status, f"report says {report['status']}, expected {status}")
    if "error" in case:
        check(report["error"]["code"] == case["error"], f"error {report['error']}, expected code {case['error']}")
    for node, counts in case.get("rows", {}).items():
        for key, value in counts.items():
            got = report["nodes"][node].get(key)
            check(got == value, f"node {node}: {key} is {got}, expected {value}")


def one_at_a_time(state):
    """Arguments for a run behind others that have died with the same node at work, so that it goes one row at a time."""
    (state / "deaths").write_text("0 1\n" + "\t".join(["2", "0", "0", "0", "0", "2", "-1", "-1", "1", "", ""]) + "\n")
    return ["--state", state]


def run_case(penstock, folder, parallelism, workers, careful):
    case = tomllib.loads((folder / "case.toml").read_text())
    check(not set(case) - KEYS, f"case.toml: unknown {sorted(set(case) - KEYS)}")
    for name in case.get("needs", []):
        if not (SHARED / name).exists():
            print(f"skipped: ../shared/data/{name} is absent")
            return SKIPPED
    with (tempfile.TemporaryDirectory(prefix="penstock-golden-") as temporary,
          tempfile.TemporaryDirectory(prefix="penstock-golden-state-") as state):
        out = pathlib.Path(temporary)
        topology = ROOT / case["topology"] if "topology" in case else folder / "topology.yaml"
        places = {"CASE": str(folder), "OUT": str(out), "SHARED": str(SHARED)}  # --set would refuse what is not used.
        settings = [word for name, value in case.get("set", {}).items() for word in ("--set", f"{name}={value}")]
        if "prepare" in case:
            subprocess.run([sys.executable, folder / case["prepare"], out], check=True)
        stdin = (folder / case["stdin"]).open("rb") if "stdin" in case else None
        processes = ["--workers", workers, *(["--tcp"] if workers == 2 else [])] if workers else []
        run = Run(penstock, ["run", topology, "--parallelism", parallelism, *processes, *settings, *case.get("args", []),
                             *(one_at_a_time(pathlib.Path(state)) if careful else [])], stdin, environment=places)
        try:
            check(not careful or run.status > 1 or "goes one row at a time" in run.stderr, "it does not go one row at a time")
            judge(run, case, folder, out)
        except Failure as failure:
            print(f"{failure}\n{run.told()}")
            return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--penstock", required=True)
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--one-at-a-time", action="store_true")
    parser.add_argument("case", type=pathlib.Path)
    chosen = parser.parse_args()
    sys.exit(run_case(chosen.penstock, chosen.case.resolve(), chosen.parallelism, chosen.workers,
                      chosen.one_at_a_time))
