#!/usr/bin/env python3
"""Lets Spin look through every state of checkpoint.pml and says how many there are.

  run_model.py [--define NAME[=VALUE]]...            ends with 0 when the search was complete and found nothing, and every
                                                     statement was reached (with --part not all need to be)
  run_model.py --broken VARIANT [--define ...]       ends with 0 when the search found what VARIANT breaks

Ends with 77 where there is no spin or no C compiler.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoint.pml")
DEPTH = "2000"
# Steps have no order that could be reduced: nearly all of them touch what others see.
COMPILE = ["-w", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DNOREDUCE", "-DMEMLIM=2900"]
SKIPPED = 77


def look_through(defines, directory):
    """What pan says."""
    subprocess.run(["spin", "-a", *(f"-D{one}" for one in defines), MODEL], cwd=directory, check=True)
    subprocess.run(["cc", *COMPILE, "-o", "pan", "pan.c"], cwd=directory, check=True)
    # What it says goes to the file as it comes, so that a search that is cut short by a time limit is seen there.
    found = subprocess.run(["./pan", f"-m{DEPTH}"], cwd=directory, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
    return found.stdout


def never_reached(output):
    """Statements of the model that no run comes to; ends of processes that go on for ever do not count."""
    return [line.strip() for line in output.splitlines()
            if re.search(r"\.pml:\d+, state \d+", line) and '"-end-"' not in line]


def faults_of(output):
    faults = re.findall(r"^pan:1: .*", output, re.MULTILINE)
    errors = re.search(r"errors: (\d+)", output)
    if not errors:
        faults.append("the search came to no end")
    elif errors.group(1) != "0" and not faults:
        faults.append(f"{errors.group(1)} errors")
    for cut in ("search depth too small", "Search not completed", "out of memory", "reached -DMEMLIM"):
        if cut in output:
            faults.append(cut)
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", help="one of the BROKEN_... variants, without BROKEN_")
    parser.add_argument("--part", action="store_true", help="a size that does not come to every statement")
    parser.add_argument("--define", action="append", default=[])
    arguments = parser.parse_args()
    for program in ("spin", "cc"):
        if not shutil.which(program):
            print(f"skipped: there is no {program}; apt-get install spin gcc")
            return SKIPPED
    defines = arguments.define + ([f"BROKEN_{arguments.broken}"] if arguments.broken else [])
    with tempfile.TemporaryDirectory() as directory:
        output = look_through(defines, directory)
    states = re.search(r"([\d.e+]+) states, stored", output)
    faults = faults_of(output)
    print(f"{', '.join(defines) or 'as it is'}: {states.group(1) if states else 'no'} states")
    if arguments.broken:
        found = [fault for fault in faults if "assertion violated" in fault]
        print("\n".join(found) if found else output + "the broken variant was not found out")
        return 0 if found else 1
    unreached = [] if arguments.part else never_reached(output)
    if not faults and not unreached:
        return 0
    print(output)
    print("\n".join(faults + [f"never reached: {line}" for line in unreached]))
    return 1


if __name__ == "__main__":
    sys.exit(main())
