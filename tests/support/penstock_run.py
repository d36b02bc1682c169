"""Runs the real binary for tests and judges what it left behind. Standard library only."""
import json
import math
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
SKIPPED = 77  # ctest shows the test as skipped
SECONDS = 120


class Failure(Exception):
    """What a test found wrong, told to whoever reads the log."""


def check(condition, message):
    if not condition:
        raise Failure(message)


class Run:
    """One run that has ended: status, stdout, stderr (text) and the report, if one was written."""

    def __init__(self, penstock, arguments, stdin=None, cwd=ROOT, environment=None):
        with tempfile.TemporaryDirectory(prefix="penstock-test-") as folder:
            report = pathlib.Path(folder) / "report.json"
            command = [penstock, *map(str, arguments)]
            if arguments and arguments[0] == "run":
                command += ["--report", str(report)]
            done = subprocess.run(
                command, stdin=stdin or subprocess.DEVNULL, capture_output=True, cwd=cwd, timeout=SECONDS,
                env={**os.environ, **(environment or {})}, check=False)
            self.command = " ".join(command)
            self.status = done.returncode
            self.stdout = done.stdout.decode("utf-8", "replace")
            self.stderr = done.stderr.decode("utf-8", "replace")
            self.report = json.loads(report.read_text()) if report.exists() else None

    def told(self):
        return f"$ {self.command}\nstatus {self.status}\n--- stdout\n{self.stdout[-4000:]}\n--- stderr\n{self.stderr[-4000:]}"


ACCOUNTS = ("passed", "filtered", "absorbed", "late", "errors", "dropped")


def check_accounts(report):
    """rows_in = passed + filtered + absorbed + late + errors + dropped, for every node."""
    for name, node in report["nodes"].items():
        total = sum(node[key] for key in ACCOUNTS)
        check(node["rows_in"] == total, f"node {name}: rows_in {node['rows_in']} but accounted for {total}: {node}")
        by_code = sum(node.get("errors_by_code", {}).values())
        check(by_code == node["errors"], f"node {name}: {node['errors']} errors, by code {by_code}: {node}")


def plain(value):
    """Floats to 12 digits: the order in which numbers are added is not part of an answer, nor is 15.0 for 15."""
    if isinstance(value, float) and math.isfinite(value):
        rounded = float(f"{value:.12g}")
        return int(rounded) if rounded == int(rounded) and abs(rounded) < 2**53 else rounded
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def row_of(line, key_order):
    if not line.startswith("{"):
        return line
    pairs = [(key, plain(value)) for key, value in json.loads(line, object_pairs_hook=list)]
    return json.dumps(pairs if key_order else sorted(pairs), ensure_ascii=False)


def check_rows(got, expected, ordered=False, key_order=True, what="rows"):
    """Compares lines of text: JSON as values, anything else as it stands."""
    left = [row_of(line, key_order) for line in got.splitlines()]
    right = [row_of(line, key_order) for line in expected.splitlines()]
    if not ordered:
        left, right = sorted(left), sorted(right)
    if left == right:
        return
    missing, extra = list(right), []
    for row in left:
        if row in missing:
            missing.remove(row)
        else:
            extra.append(row)
    raise Failure(f"{what}: {len(left)} where {len(right)} were expected\n"
                  + "".join(f"  missing {row}\n" for row in missing[:20])
                  + "".join(f"  extra   {row}\n" for row in extra[:20])
                  + ("  the same rows in another order\n" if not missing and not extra else ""))
