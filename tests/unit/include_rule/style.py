#!/usr/bin/env python3
"""The budgets and names of the house style that a script can hold. Prints every breach."""
import pathlib
import re
import sys
import tempfile

TOPS = ("runtime", "topology", "operators", "tools", "proto", "bench", "tests")
MOST_LINES = 500
MOST_FUNCTION_LINES = 70
LONG_FILE = re.compile(r"(Utils?|Helpers?|Common|Manager|Impl)(?![a-z])")
LONG_NAME = re.compile(r"(^|_)(utils?|helpers?|common|manager|impl)($|[_.])")
TYPE = re.compile(r"^\s*(?:class|struct|enum class|enum)\s+(?:\[\[\w+\]\]\s+)?([A-Za-z_]\w*)")
FUNCTION_END = re.compile(r"^}\s*(//.*)?$")
NOT_A_FUNCTION = re.compile(r"^(namespace|class|struct|enum|union|extern|template\s*<.*>\s*(class|struct)|using|typedef|constexpr std::array|const std::|static const)\b")


def names_in(path, text):
    if LONG_NAME.search(path.stem):
        yield f"{path}: a file's name says what it holds, not Utils, Helper, Common, Manager or Impl"
    for number, line in enumerate(text.splitlines(), 1):
        match = TYPE.match(line)
        if match and LONG_FILE.search(match.group(1)):
            yield f"{path}:{number}: name of {match.group(1)}"


def functions_in(path, text):
    """Functions at the outer level, as clang-format leaves them: from a line that begins one to a `}` in column 0. The
    rows of a table that a function returns are data and do not count."""
    begin, table, rows = None, False, 0
    for number, line in enumerate(text.splitlines(), 1):
        if begin is None and line and not line[0].isspace() and line.rstrip().endswith(("{", "(", ",")) \
                and not NOT_A_FUNCTION.match(line) and "(" in line and not line.startswith(("#", "//", "}")):
            begin, table, rows = number, False, 0
        elif begin is not None and (table or line == "  return {" or (line.startswith("  ") and line.endswith("[] = {"))):
            table = line != "  };"
            rows += 1
        elif begin is not None and (FUNCTION_END.match(line) or line.startswith("};") or line.startswith("})")):
            if number - begin + 1 - rows > MOST_FUNCTION_LINES and FUNCTION_END.match(line):
                yield f"{path}:{begin}: a function of {number - begin + 1 - rows} lines, at most {MOST_FUNCTION_LINES}"
            begin = None


def faults_in(root):
    found = []
    paths = [p for top in TOPS if (root / top).is_dir() for p in sorted((root / top).rglob("*"))]
    for path in (p for p in paths if p.suffix in (".h", ".cc", ".py")):
        text = path.read_text()
        shown = path.relative_to(root)
        if (lines := text.count("\n")) > MOST_LINES:
            found.append(f"{shown}: {lines} lines, at most {MOST_LINES}")
        if path.suffix != ".py":
            found += names_in(shown, text)
            found += functions_in(shown, text)
        if path.suffix == ".h" and "#pragma once" not in text:
            found.append(f"{shown}: no #pragma once")
    return found


def self_test():
    wrong = {"runtime/long.cc": "// a\n" * 501, "runtime/string_utils.h": "#pragma once\n",
             "runtime/job.h": "#pragma once\nclass JobManager {\n", "runtime/open.h": "struct A {};\n",
             "runtime/function.cc": "void f(int a) {\n" + "  a;\n" * 70 + "}\n"}
    right = {"runtime/good.cc": "void f(int a) {\n" + "  a;\n" * 60 + "}\n", "runtime/simple.h": "#pragma once\nclass Implied {};\n"}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**wrong, **right}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = faults_in(pathlib.Path(folder))
    missed = [f"not seen: {name}" for name in wrong if not any(line.startswith(name) for line in found)]
    return missed + [f"wrongly: {line}" for line in found if line.startswith(tuple(right))]


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else faults_in(pathlib.Path(sys.argv[1]))
    print("\n".join(faults) or "within the budgets")
    sys.exit(1 if faults else 0)
