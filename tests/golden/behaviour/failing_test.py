"""`on_error: fail`: the row is named, nothing behind it reaches a sink, and it is one error."""
import json

from behaviour import Behaviour, check_accounts, main

OUT = "sinks:\n  out: {from: LAST, stdout: {}, format: json}\n"
NUMBERS = "sources:\n  n: {generate: {count: 5000}, fields: {i: i}}\n"


class Failing(Behaviour):
    def check_fails(self, body, expected, code, *told):
        """`expected`: the rows in front of the first that fails; how many of them come out is up to timing."""
        run = self.run_penstock("run", self.topology(body))
        self.assertEqual(run.status, 1, run.told())
        self.assertEqual(run.report["error"]["code"], code)
        self.assert_told(run, *told)
        check_accounts(run.report)
        self.assertEqual(sum(node["errors"] for node in run.report["nodes"].values()), 1, run.report["nodes"])
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(lines, expected[:len(lines)])
        return run

    def check_operator(self, operator, expected, code, *told):
        body = f"{NUMBERS}operators:\n  risky: {{from: n, {operator}}}\n" + OUT.replace("LAST", "risky")
        self.check_fails(body, expected, code, "risky", *told)

    def lines(self, *lines):
        path = self.folder / "input.txt"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def test_in_a_map_with_many_more_failures(self):
        self.check_operator('map: {share: "100 / (i % 10 - 3)"}', [{"share": s} for s in (-33, -50, -100)],
                            "division_by_zero", '{"i":3}')

    def test_in_a_filter(self):
        self.check_operator('filter: "100 / (i - 700) < 0"', [{"i": i} for i in range(600, 700)],
                            "division_by_zero", '{"i":700}')

    def test_in_a_flat_map(self):
        self.check_operator("flat_map: {word: \"split(concat('a b', substr('', 1, 1 / (2 - i))), ' ')\"}",
                            [{"i": i, "word": w} for i in (0, 1) for w in "ab"], "division_by_zero", '{"i":2}')

    def test_in_a_split(self):
        """Row 3 fails in the second condition, row 5 in the first: the first row that fails is the one."""
        body = (f"{NUMBERS}operators:\n  ways:\n    from: n\n    split: {{small: \"1 / (i - 5) < 0\", big: \"1 / (i - 3) >= 0\"}}\n"
                + OUT.replace("LAST", "ways.big"))
        self.check_fails(body, [{"i": 0}, {"i": 1}], "division_by_zero", "ways", '{"i":3}')

    def test_in_a_running_aggregate(self):
        self.check_operator('aggregate: {most: "max(10 / (i - 4))"}, emit: update',
                            [{"most": m} for m in (-2, -2, -2, -2)], "division_by_zero", '{"i":4}')

    def test_behind_another_operator(self):
        body = (f"{NUMBERS}operators:\n  odd: {{from: n, filter: \"i % 2 = 1\"}}\n"
                '  twice: {from: odd, map: {j: "i * 2"}}\n'
                '  risky: {from: twice, map: {k: "1 / (j - 14)"}}\n' + OUT.replace("LAST", "twice"))
        # Whether the sink or the failing sibling comes first is the plan's business; the row itself may come.
        self.check_fails(body, [{"j": j} for j in range(2, 10000, 4)], "division_by_zero", "risky", '{"j":14}')

    def test_in_a_file(self):
        path = self.lines('{"i": 1}', '{"i": 2}', '{"i": }', '{"i": 4}', "nonsense", '{"i": 6}')
        body = f'sources:\n  n: {{file: {{path: "{path}"}}, format: json, schema: {{i: int64}}, on_error: fail}}\n'
        self.check_fails(body + OUT.replace("LAST", "n"), [{"i": 1}, {"i": 2}], "bad_json", '{"i": }')

    def test_of_the_event_time(self):
        dates = [f'"{year}-01-01T00:00:00Z"' for year in (2020, 2021, 2022)]
        path = self.lines(*(f'{{"t": {t}}}' for t in (dates[0], dates[1], "null", dates[2], "null")))
        body = (f'sources:\n  n: {{file: {{path: "{path}"}}, format: json, schema: {{t: timestamp}}, on_error: fail, '
                "event_time: {field: t}}\n"
                "operators:\n  daily: {from: n, window: {tumbling: 1d}, aggregate: {n: count(*)}}\n")
        self.check_fails(body + OUT.replace("LAST", "n") + "  none: {from: daily, discard: {}}\n",
                         [{"t": "2020-01-01T00:00:00Z"}, {"t": "2021-01-01T00:00:00Z"}],
                         "no_event_time")

    def test_of_a_timestamp_that_is_too_fine(self):
        path = self.lines('{"t": "2020-01-01T00:00:00.123456Z"}', '{"t": "2020-01-01T00:00:00.1234567Z"}')
        body = f'sources:\n  n: {{file: {{path: "{path}"}}, format: json, schema: {{t: timestamp}}}}\n'
        self.check_fails(body + OUT.replace("LAST", "n"), [{"t": "2020-01-01T00:00:00.123456Z"}], "bad_timestamp",
                         "at most six digits after the point")

    def test_of_a_row_of_a_table_has_advice_of_its_own(self):
        path = self.lines("id,name", "1,one", "two,two")
        body = (NUMBERS + f'tables:\n  names: {{file: {{path: "{path}"}}, format: csv, schema: {{id: int64!, name: string}}, '
                'key: [id]}\noperators:\n  named: {from: n, lookup: {table: names, match: "i = id"}, add: {name: names.name}}\n')
        run = self.run_penstock("run", self.topology(body + OUT.replace("LAST", "named")))
        self.assertEqual((run.status, run.report["error"]["code"]), (1, "bad_table_row"), run.told())
        self.assert_told(run, "table names", "two,two", "a table is used as a whole")
        self.assertNotIn("on_error: skip", run.stderr)


if __name__ == "__main__":
    main()
