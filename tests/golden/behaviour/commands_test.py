"""The verbs other than run, exit statuses, and where things are printed."""
import json
import re
import subprocess

from behaviour import PENSTOCK, ROOT, Behaviour, main

EXAMPLES = sorted((ROOT / "topology" / "examples").glob("*.yaml"))
TYPO = "sources:\n  n: {generate: {count: 1}, fields: {i: i}}\noperators:\n  big: {from: n, fitler: \"i > 100\"}\n" \
       "  odd: {from: nn, filter: \"j > 1\"}\nsinks:\n  out: {from: big, stdout: {}, format: json}\n"


class Commands(Behaviour):
    def test_exit_statuses_of_usage(self):
        good = "topology/examples/word-count.yaml"
        for arguments in ([], ["rnu"], ["run"], ["run", good, "--no-such-option"], ["run", good, "--parallelism", "0"],
                          ["run", good, "--set", "novalue"], ["run", self.folder / "none.yaml"], ["run", good, "--progress", "maybe"],
                          ["run", good, "--workers", "0"], ["plan", good, "--dot", "--json"]):
            with self.subTest(arguments=arguments):
                done = subprocess.run([PENSTOCK, *map(str, arguments)], cwd=ROOT, capture_output=True, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, b"")
                self.assertNotEqual(done.stderr, b"")

    def test_a_value_that_the_topology_does_not_use_is_refused(self):
        file = self.topology("sources:\n  n: {generate: {count: \"${COUNT:-3}\"}, fields: {i: i}}\n"
                             "sinks:\n  out: {from: n, stdout: {}, format: json}\n")
        for verb in ("run", "validate", "plan"):
            run = self.run_penstock(verb, file, "--set", "CUONT=7")
            self.assertEqual((run.status, run.stdout), (2, ""), run.told())
            self.assert_told(run, "--set CUONT: the topology has no ${CUONT}; did you mean COUNT?")
        self.assert_told(self.run_penstock("plan", file, "--set", "WHATEVER=7"), "it has COUNT")
        file.write_text(file.read_text().replace("${COUNT:-3}", "${COUNT}"))
        run = self.run_penstock("run", file, "--set", "CUONT=7")
        self.assertEqual(run.status, 78, "what is missing goes before what is too much")
        self.assert_told(run, "the variable COUNT is not set")

    def test_an_unknown_option_is_told_with_what_was_meant(self):
        for wrong, meant in (("--paralelism", "--parallelism"), ("--repotr=x", "--report"), ("--log-levle", "--log-level")):
            run = subprocess.run([PENSTOCK, "run", "topology/examples/word-count.yaml", wrong, "2"], cwd=ROOT, text=True,
                                 capture_output=True, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn(f"there is no option {wrong.split('=')[0]}; did you mean {meant}?", run.stderr)

    def test_notes_are_the_plans_business(self):
        file = "topology/examples/word-count.yaml"
        self.assertNotIn("at_least_once", (run := self.run_penstock("validate", file)).stdout + run.stderr)
        self.assertIn("note", run.stdout)
        self.assertIn("at_least_once", self.run_penstock("plan", file).stdout)

    def test_a_run_with_state_is_over_once(self):
        state = self.folder / "state"
        first = self.run_penstock("run", "topology/examples/word-count.yaml", "--state", state)
        again = self.run_penstock("run", "topology/examples/word-count.yaml", "--state", state)
        self.assertEqual((first.status, again.status), (0, 0), first.told() + again.told())
        self.assertNotEqual(first.stdout, "")
        self.assertEqual(again.stdout, "")  # Its input had ended.
        self.assert_told(again, "has finished: its input has ended, and all is published")
        for checkpoint in (state / "checkpoints").glob("*/*-*/manifest"):
            checkpoint.unlink()
        third = self.run_penstock("run", "topology/examples/word-count.yaml", "--state", state)
        self.assertEqual((third.status, third.stdout), (0, ""), third.told())  # Nor does it begin anew, over its output.

    def test_a_topology_that_does_not_fit_what_is_kept_is_refused(self):
        text = ("sources:\n  n: {generate: {count: 9}, fields: {i: i}}\noperators:\n"
                "  c: {from: n, key_by: [i], aggregate: {n: \"%s\"}}\nsinks:\n  out: {from: c, discard: {}}\n")
        file, state = self.topology(text % "count(*)"), self.folder / "state"
        self.assertEqual(self.run_penstock("run", file, "--state", state).status, 0)
        file = self.topology(text % "max(i)")
        refused = self.run_penstock("run", file, "--state", state)
        self.assertEqual(refused.status, 1)
        self.assert_told(refused, "[state_does_not_fit]", "would be lost: what 'c' remembers", "--allow-state-loss")
        self.assertEqual(self.run_penstock("run", file, "--state", state, "--allow-state-loss").status, 0)

    def test_faults_of_a_topology_are_shown_all_at_once_with_a_caret(self):
        file = self.topology(TYPO)
        for verb in ("run", "validate", "plan"):
            with self.subTest(verb=verb):
                run = self.run_penstock(verb, file)
                self.assertEqual(run.status, 78, run.told())
                self.assertEqual(run.stdout, "")
                self.assert_told(run, "topology.yaml:6:", "unknown key 'fitler'", "did you mean 'filter'?", "^~~~~~", "'nn'")

    def test_validate_as_json(self):
        bad = self.run_penstock("validate", self.topology(TYPO), "--json")
        verdict = json.loads(bad.stdout)
        self.assertEqual((bad.status, verdict["valid"]), (78, False))
        self.assertIn("unknown_key", [item["code"] for item in verdict["diagnostics"]])
        good = self.run_penstock("validate", "topology/examples/word-count.yaml", "--json")
        self.assertEqual((good.status, json.loads(good.stdout)["valid"]), (0, True))

    def test_every_example_is_valid_and_has_a_plan(self):
        self.assertGreaterEqual(len(EXAMPLES), 8)
        for example in EXAMPLES:
            with self.subTest(example=example.name):
                self.assertEqual(self.run_penstock("validate", example).status, 0)
                text = self.run_penstock("plan", example, "--parallelism", 2)
                self.assertEqual(text.status, 0, text.told())
                self.assertIn("stdout", text.stdout)
                self.assertTrue(json.loads(self.run_penstock("plan", example, "--json").stdout))
                self.check_dot(self.run_penstock("plan", example, "--dot", "--parallelism", 2).stdout)

    def check_dot(self, text):
        """The few shapes of line that a graph is made of, each whole; names are said before edges use them."""
        quoted = r'"(?:[^"\\]|\\["\\n])*"'
        pairs = rf"\[\w+=(?:{quoted}|\w+)(?:, \w+=(?:{quoted}|\w+))*\]"
        self.assertRegex(text, rf"\Adigraph {quoted} {{\n")
        known, depth = set(), 0
        for line in text.splitlines():
            line = line.strip()
            if node := re.fullmatch(rf"(n\d+) {pairs};", line):
                known.add(node.group(1))
            elif edge := re.fullmatch(rf"(n\d+) -> (n\d+) {pairs};", line):
                self.assertLessEqual(set(edge.groups()), known)
                self.assertNotIn("\\\\n", line, "a line break that is shown as it is written")
            elif line.endswith("{"):
                depth += 1
            elif line == "}":
                depth -= 1
            else:
                self.assertRegex(line, rf"\A(?:rankdir=\w+|node {pairs}|label={quoted}; style=\w+);\Z")
        self.assertEqual(depth, 0)

    def test_plan_shows_where_tasks_would_go(self):
        example = "topology/examples/rides-per-hour.yaml"
        text = self.run_penstock("plan", example, "--parallelism", 2, "--workers", "a:4,b:4")
        self.assertEqual(text.status, 0, text.told())
        self.assertIn("  a              0  rides[0]\n                 1  hourly[0]\n", text.stdout)
        placed = json.loads(self.run_penstock("plan", example, "-p", 2, "--workers", 2, "--json").stdout)["placement"]
        self.assertEqual([worker["worker"] for worker in placed["workers"]], ["worker-1", "worker-2"])
        file = self.topology("sources:\n  n: {generate: {count: 1}, fields: {i: i}}\nsinks:\n"
                             "  out: {from: n, discard: {}}\nplacement:\n  n: {workers: [edge-1]}\n")
        nowhere = self.run_penstock("plan", file, "--workers", 2)
        self.assertEqual((nowhere.status, nowhere.stdout), (1, ""))
        self.assert_told(nowhere, "node 'n' cannot be placed", "edge-1", "[cannot_place]")
        self.assertEqual(self.run_penstock("plan", file, "--workers", "a:b").status, 2)
        self.assertEqual(self.run_penstock("plan", file, "--workers", "2", "--dot").status, 2)

    def test_functions(self):
        listed = json.loads(self.run_penstock("functions", "--json").stdout)
        names = {item["name"] for item in listed}
        self.assertLessEqual({"lower", "date_trunc", "json", "percentile", "xxhash64", "count", "approx_distinct"}, names)
        for item in listed:
            self.assertTrue(item["doc"] and item["types"] and item["example"], item)
        one = self.run_penstock("functions", "date_trunc")
        self.assertIn("date_trunc", one.stdout)
        self.assertNotIn("approx_distinct", one.stdout)
        none = self.run_penstock("functions", "date_trnc")
        self.assertEqual(none.status, 1)
        self.assert_told(none, "date_trunc")

    def test_version(self):
        self.assertRegex(self.run_penstock("version").stdout, r"^penstock \d+\.\d+\.\d+\n$")
        self.assertEqual(json.loads(self.run_penstock("version", "--json").stdout)["name"], "penstock")

    def test_help_is_a_result(self):
        for arguments in (["--help"], ["run", "--help"]):
            done = self.run_penstock(*arguments)
            self.assertEqual(done.status, 0)
            self.assertIn("FILE" if "run" in arguments else "validate", done.stdout)

    def test_standard_input_may_be_the_topology(self):
        with open(ROOT / "topology" / "examples" / "word-count.yaml", "rb") as file:
            self.assertEqual(self.run_penstock("validate", "-", stdin=file).status, 0)

    def test_the_environment_and_set_give_values(self):
        file = self.topology("sources:\n  n: {generate: {count: \"${COUNT:-3}\"}, fields: {i: i}}\n"
                             "sinks:\n  out: {from: n, stdout: {}, format: json}\n")
        self.assertEqual(len(self.run_penstock("run", file).stdout.splitlines()), 3)
        self.assertEqual(len(self.run_penstock("run", file, environment={"COUNT": "5"}).stdout.splitlines()), 5)
        self.assertEqual(len(self.run_penstock("run", file, "--set", "COUNT=7", environment={"COUNT": "5"}).stdout.splitlines()), 7)

    def test_run_json_closes_with_the_report(self):
        run = self.run_penstock("run", "topology/examples/word-count.yaml", "--json")
        closing = json.loads(run.stderr)
        self.assertEqual(closing, run.report)
        self.assertEqual(list(closing), ["name", "status", "seconds", "cpu_seconds", "nodes"])
        self.assertEqual(list(closing["nodes"]["counts"]), ["kind", "rows_in", "rows_out", "passed", "filtered", "absorbed", "late",
                                                            "errors", "dropped"])

    def test_progress_is_shown_when_asked_for_and_only_then(self):
        quiet = self.run_penstock("run", "topology/examples/word-count.yaml")
        self.assertNotIn("in/s", quiet.stderr)
        asked = self.run_penstock("run", "topology/examples/word-count.yaml", "--progress", "always")
        self.assertIn("in/s", asked.stderr)
        self.assertNotIn("\x1b", asked.stderr, "no terminal, no escape codes")
        self.assertEqual(quiet.stdout, asked.stdout)


class Schema(Behaviour):
    def test_examples_hold_the_published_schema(self):
        try:
            import jsonschema
            import yaml
        except ImportError as missing:
            self.skipTest(str(missing))

        class Core(yaml.SafeLoader):  # YAML 1.2 core rules: `on`, `yes`, 1:30 and 012 are what they look like.
            yaml_implicit_resolvers = {}
        Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), "tTfF")
        Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
        Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$"), "-+0123456789")
        Core.add_implicit_resolver("tag:yaml.org,2002:float",
                                   re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), "-+.0123456789")
        schema = json.loads(self.run_penstock("schema").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        cases = sorted((ROOT / "tests" / "golden" / "cases").glob("*/topology.yaml"))
        for path in EXAMPLES + cases:
            with self.subTest(path=path.relative_to(ROOT)):
                document = yaml.load(path.read_text(), Core)
                self.assertEqual([error.message[:300] for error in validator.iter_errors(document)], [])
        typo = yaml.load("penstock: 1\nname: a\n" + TYPO, Core)
        self.assertTrue(list(validator.iter_errors(typo)), "a typo breaks the schema")


if __name__ == "__main__":
    main()
