#!/usr/bin/env python3
"""Includes run one way only (DESIGN section 2 and docs/architecture.md). Prints every include that does not."""
import pathlib
import re
import sys
import tempfile

# A folder may include itself and what stands before it, except where `ONLY` says less.
ORDER = [
    "runtime/base", "proto", "runtime/record", "topology/expression",
    "topology", "topology/yaml", "topology/language", "topology/check", "topology/planner",
    "runtime/expression", "runtime/api", "runtime/state", "runtime/channel", "runtime/checkpoint", "runtime/task", "runtime/worker",
    "runtime/coordinator",
    "operators/runs", "operators/sockets", "operators/formats", "operators/aggregates", "operators/sources", "operators/transforms", "operators/windows",
    "operators/sinks", "operators",
    "tools/penstock", "tools/main",
]
CONTRACT = {"runtime/base", "runtime/record", "runtime/api", "runtime/expression", "topology", "topology/expression"}
# Inside topology its own parts may see each other; the planner's types (plan.h) are what the rest of the world sees.
TOPOLOGY = {folder for folder in ORDER if folder.startswith("topology")}
ENGINE = {folder for folder in ORDER if folder.startswith("runtime/")}
# Outside libraries with one home.
HOMES = {"yaml-cpp": ("topology",), "zmq": ("runtime/channel",), "CLI": ("tools",), "simdjson": ("operators/formats", "runtime/expression"),
         "google/protobuf": ("proto",), "rocksdb": ("runtime/state",), "sqlite3": ("runtime/coordinator",)}
PROJECT = ("runtime/", "topology/", "operators/", "tools/", "proto/", "tests/", "bench/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def allowed(folder):
    if folder.startswith("operators"):
        return CONTRACT | {other for other in ORDER if other.startswith("operators")}
    if folder.startswith("topology") and folder != "topology/expression":
        return TOPOLOGY | {"runtime/base", "runtime/record"}
    before = set(ORDER[:ORDER.index(folder) + 1])
    if folder == "proto":
        return {"runtime/base", "proto"}
    if folder == "runtime/checkpoint":  # Files and decisions; it knows no task, no operator and no row.
        return {"runtime/base", "proto", "topology", "runtime/checkpoint"}
    if folder in {"runtime/record", "runtime/expression", "runtime/api", "runtime/state", "runtime/channel", "runtime/task"}:
        before -= {"proto"}
    if folder == "runtime/coordinator":  # It meets workers in proto and in the Plan, never in their code.
        before -= {"runtime/worker", "runtime/task", "runtime/state", "runtime/api", "runtime/expression"}
    if folder in ENGINE:
        before -= {"topology/yaml", "topology/language", "topology/check", "topology/planner"}
    if folder == "runtime/state":
        return before
    if folder == "runtime/channel":
        return before - {"runtime/state"}
    return before


def outside_fault(folder, name):
    for library, homes in HOMES.items():
        if re.match(rf"{re.escape(library)}(\.h|\.hpp|_addon\.hpp)?(/|$)", name) and not folder.startswith(homes):
            return f"{library} lives in {' and '.join(homes)} only"
    return None


def fault(folder, name):
    if not name.startswith(PROJECT):
        return outside_fault(folder, name)
    target = str(pathlib.PurePosixPath(name).parent)
    if target in allowed(folder):
        return None
    return f"{folder} may not see {target}"


def faults_in(root):
    found = []
    for path in sorted(p for top in ("runtime", "proto", "topology", "operators", "tools") for p in (root / top).rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        folder = str(path.parent.relative_to(root))
        if folder not in ORDER:
            found.append(f"{path.relative_to(root)}: folder {folder} is not in the order of this test; add it there")
            continue
        for name in INCLUDE.findall(path.read_text()):
            if what := fault(folder, name):
                found.append(f"{path.relative_to(root)}: includes {name}: {what}")
    return found


def self_test():
    wrong = {"runtime/base/a.h": "runtime/record/rows.h", "operators/sinks/a.h": "runtime/task/chain.h",
             "runtime/coordinator/a.h": "runtime/worker/executor.h", "runtime/channel/a.h": "proto/messages.h",
             "runtime/task/a.cc": "operators/builtin.h", "runtime/worker/a.cc": "zmq.hpp", "tools/penstock/a.h": "yaml-cpp/yaml.h",
             "runtime/api/a.h": "topology/yaml/tree.h", "topology/a.h": "runtime/api/spec.h"}
    with tempfile.TemporaryDirectory() as folder:
        for name, include in wrong.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#include "{include}"\n')
        found = faults_in(pathlib.Path(folder))
    missed = [name for name in wrong if not any(line.startswith(name) for line in found)]
    return [f"not seen: {name} including {wrong[name]}" for name in missed]


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else faults_in(pathlib.Path(sys.argv[1]))
    print("\n".join(faults) or "includes run one way")
    sys.exit(1 if faults else 0)
