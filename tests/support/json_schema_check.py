#!/usr/bin/env python3
"""`penstock schema` against topologies: whatever `penstock validate` takes must fit the schema, and files with faults that
a schema can see must not. YAML is read by the core rules of version 1.2.

usage: json_schema_check.py PENSTOCK SOURCE_DIR
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

# Faults (files of tests/golden/diagnostics) that a schema can see.
MUST_FAIL = """key_unknown key_unknown_at_top key_unknown_in_connector key_unknown_in_empty_connector key_missing_penstock
version_of_the_future name_missing sinks_missing sources_as_list verb_missing verb_two from_missing from_empty
from_repeated connector_missing connector_two value_quoted_number value_number_as_text value_bad_duration value_bad_rate
value_unknown_word value_out_of_range value_sample_above_one value_map_for_text value_text_for_map
value_list_as_expression type_unknown type_unit type_nested_list format_unknown tcp_without_address tcp_both_ends
window_without_kind window_of_two_kinds yaml_yes_no name_of_node not_yet_join not_yet_kafka not_yet_session""".split()


class CoreLoader(yaml.SafeLoader):
    """Plain scalars as YAML 1.2 resolves them: yes, no and 2012-01-01 are texts."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+0123456789.")),
):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


def core_int(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0x", "0o")) else int(text)


CoreLoader.add_constructor("tag:yaml.org,2002:int", core_int)


def first_fault(validator, path):
    document = yaml.load(path.read_bytes(), Loader=CoreLoader)
    return jsonschema.exceptions.best_match(validator.iter_errors(document))


def main():
    penstock, root = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([penstock, "schema"], check=True, stdout=subprocess.PIPE).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    environment = os.environ | {name: "x" for name in ("CASE", "OUT", "SHARED")}  # Of the golden cases.
    wrong, fitting = [], 0
    folders = (root / "topology/examples", root / "tests/golden/cases", root / "bench")
    for path in sorted(p for folder in folders for p in folder.rglob("*.yaml")):
        if subprocess.run([penstock, "validate", path], cwd=root, capture_output=True, env=environment).returncode != 0:
            continue  # A case about a bad file.
        fault = first_fault(validator, path)
        fitting += 1
        if fault is not None:
            wrong.append(f"{path}: refused at {list(fault.absolute_path)}: {fault.message[:300]}")
    for name in MUST_FAIL:
        path = root / "tests/golden/diagnostics" / (name + ".yaml")
        if first_fault(validator, path) is None:
            wrong.append(f"{path}: the schema takes it")
    print("\n".join(wrong) or f"{fitting} good files fit the schema, {len(MUST_FAIL)} bad ones do not")
    return 1 if wrong or fitting < 8 else 0


if __name__ == "__main__":
    sys.exit(main())
