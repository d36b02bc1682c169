#!/usr/bin/env python3
"""Every header compiles alone, with the flags of the build. Of a header that its own source file includes first, the
build has shown it. What has compiled before and has not changed is not repeated."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOPS = ("runtime", "proto", "topology", "operators", "tools")


def flags_of(build):
    """Include paths and definitions of the whole build, so that a header needs no translation unit of its own."""
    words = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        parts = shlex.split(entry["command"])
        for at, word in enumerate(parts):
            if word.startswith(("-I", "-D")):
                words[word] = None
            elif word == "-isystem":
                words[f"-isystem{parts[at + 1]}"] = None
    return list(words)


def comes_first(root, header):
    """The source file beside it begins with it."""
    source = header.with_suffix(".cc")
    first = re.search(r'^#include (.*)$', source.read_text(), re.MULTILINE) if source.exists() else None
    return first is not None and first[1] == f'"{header.relative_to(root)}"'


def compile_alone(compiler, flags, root, header):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *flags, "-x", "c++", "-"]
    include = f'#include "{header.relative_to(root)}"\n'
    done = subprocess.run(command, input=include, capture_output=True, text=True, cwd=root, check=False)
    return header, done.returncode, done.stderr


def fingerprint(root, headers, flags):
    """One for all: a header depends on others, so a change of any makes all of them be tried again."""
    digest = hashlib.sha256(repr(flags).encode())
    for header in headers:
        digest.update(str(header).encode() + header.read_bytes())
    return digest.hexdigest()


def main(root, build, compiler):
    headers = sorted(path for top in TOPS for path in (root / top).rglob("*.h"))
    flags = flags_of(build)
    stamp = build / "headers_alone.stamp"
    mark = fingerprint(root, headers, flags)
    if stamp.exists() and stamp.read_text() == mark:
        print(f"{len(headers)} headers, unchanged since they compiled alone")
        return 0
    alone = [header for header in headers if not comes_first(root, header)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda header: compile_alone(compiler, flags, root, header), alone))
    failed = [(header, errors) for header, status, errors in results if status != 0]
    for header, errors in failed:
        print(f"{header.relative_to(root)} does not compile alone:\n{errors}")
    if not failed:
        stamp.write_text(mark)
        print(f"{len(headers)} headers compile alone, {len(headers) - len(alone)} of them seen by the build")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]))
