"""The verbs that talk to a coordinator, where there is none: what they say, and what they find out by themselves."""
import json
import socket
import subprocess
import time

from behaviour import PENSTOCK, ROOT, Behaviour, main

VERBS = (["list"], ["workers"], ["status", "3"], ["top"], ["stop", "3"], ["cancel", "3"], ["logs", "3"], ["drain", "w1"])
TINY = "sources:\n  n: {generate: {count: 1}, fields: {i: i}}\nsinks:\n  out: {from: n, discard: {}}\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Clients(Behaviour):
    def setUp(self):
        super().setUp()
        self.nobody = f"127.0.0.1:{free_port()}"

    def ask(self, *arguments, **environment):
        return self.run_penstock(*arguments, environment={"PENSTOCK_COORDINATOR": self.nobody, **environment})

    def test_without_a_coordinator_each_says_where_it_looked_and_what_to_do(self):
        started = [self.start(*verb, "--coordinator", self.nobody) for verb in (*VERBS, ["submit", self.topology(TINY)])]
        for verb, process in zip((*VERBS, ["submit"]), started):
            with self.subTest(verb=verb):
                out, err = process.communicate(timeout=30)
                self.assertEqual((process.returncode, out), (1, b""))
                self.assertEqual(err.decode(),
                                 f"penstock {verb[0]}: no coordinator answers at tcp://{self.nobody} [no_coordinator]\n"
                                 "  next: `penstock coordinator` starts one; --coordinator ADDR or PENSTOCK_COORDINATOR "
                                 "names another\n")

    def test_the_failure_as_json(self):
        run = self.ask("list", "--json")
        self.assertEqual((run.status, run.stdout), (1, ""))
        self.assertEqual(json.loads(run.stderr)["error"]["code"], "no_coordinator")

    def test_something_else_that_listens_is_not_taken_for_one(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            begun = time.monotonic()
            run = self.ask("list", PENSTOCK_COORDINATOR=f"127.0.0.1:{listener.getsockname()[1]}")
            self.assertEqual(run.status, 1, run.told())
            self.assertLess(time.monotonic() - begun, 10)

    def test_an_address_that_is_none(self):
        run = self.ask("list", "--coordinator", "udp://somewhere")
        self.assertEqual(run.status, 2)
        self.assertIn("[bad_address]", run.stderr)

    def test_half_of_the_keys(self):
        run = self.ask("list", "--key", self.folder / "me.key")
        self.assertEqual(run.status, 2)
        self.assertIn("[keys_incomplete]", run.stderr)

    def test_faults_of_a_topology_need_no_coordinator(self):
        run = self.ask("submit", self.topology(TINY.replace("generate", "generat")))
        self.assertEqual(run.status, 78, run.told())
        self.assert_told(run, "'generat'", "^~~~~~~")

    def test_a_table_that_cannot_be_shipped_is_refused_by_name(self):
        (self.folder / "places.csv").mkdir()
        table = self.folder / "places.csv"
        run = self.ask("submit", self.topology(
            f"sources:\n  n: {{generate: {{count: 1}}, fields: {{i: i}}}}\ntables:\n"
            f"  places: {{file: {{path: \"{table}\"}}, format: csv, schema: {{id: int64!, name: string}}, key: [id]}}\n"
            "operators:\n  m: {from: n, lookup: {table: places, match: \"i = id\"}, add: {name: places.name}}\n"
            "sinks:\n  out: {from: m, discard: {}}\n"))
        self.assertEqual(run.status, 1, run.told())
        self.assert_told(run, "table 'places'", str(table), "[table_unreadable]")

    def test_usage(self):
        for arguments in (["submit"], ["status"], ["stop"], ["drain"], ["submit", "f.yaml", "--wait", "--attach"],
                          ["list", "extra"], ["list", "--log-format", "xml"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.ask(*arguments).status, 2)

    def test_help_names_every_verb_under_a_heading_of_its_own(self):
        text = subprocess.run([PENSTOCK, "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        cluster = text[text.index("A cluster"):]
        for verb in ("submit", *(verb[0] for verb in VERBS)):
            self.assertIn(f"\n  {verb} ", cluster)


if __name__ == "__main__":
    main()
