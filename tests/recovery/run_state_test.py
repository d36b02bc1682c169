#!/usr/bin/env python3
"""`run --state DIR`: killed at any moment, stopped with Ctrl-C, gone on with at another parallelism; what is published is
that of an undisturbed run."""
import json
import os
import subprocess
import unittest

from disturbed_run import AT_THE_END, GENERATED, ROWS, RUNNING, SLIDING, TUMBLING, DisturbedRun, differences, eventually
from published import Published

# With two tasks one of them has its file behind it when the other has hardly begun.
FILES = """  s: {file: {path: "FOLDER/input-*.json"}, format: json, schema: {i: int64, k: int64, time: timestamp}, event_time: {field: time}, rate: "${RATE}"}
"""
SHORT, BOTH = 500, 20_000
# Nothing else is in the tasks of `c`: the one file has one task.
SUMS = """operators:
  c: {from: s, key_by: [k], aggregate: {n: "sum(%s)"}}
sinks:
  out: {from: c, file: {path: "${OUT}/rows.json"}, format: json}
"""
ALSO_ROWS = """  rows: {from: s, file: {path: "${OUT}-rows/"}, format: json}
"""


class RunState(DisturbedRun):
    def test_a_run_that_has_finished_is_over_whatever_became_of_its_output(self):
        """Its sinks remember nothing any more, and took parts that a reader had taken away for lost ones."""
        for options in ((), ("--workers", 2)):
            with self.subTest(options=options):
                subprocess.run(["rm", "-rf", str(self.folder / "out"), str(self.folder / "state")], check=True)
                self.finish_twice(*options)

    def finish_twice(self, *options):
        self.topology(ROWS.replace("}/", "}/parts/"), GENERATED.replace("600000", "3000"))
        state = ("--state", self.folder / "state", *options)
        first = subprocess.run(self.command("out", *state), capture_output=True, text=True, check=False)
        self.assertEqual(first.returncode, 0, first.stderr)
        parts = self.folder / "out" / "parts"
        self.assertTrue(list(parts.iterdir()))
        for part in parts.iterdir():
            part.unlink()
        again = subprocess.run(self.command("out", *state), capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("has finished", again.stderr)
        self.assertEqual(list(parts.iterdir()), [])

    def suspended(self, *options):
        """What a run says that is interrupted once it has complete checkpoints of its own to spare."""
        before = set(self.manifests())
        process = self.begin("out", "--state", self.folder / "state", *options)
        eventually("it has two checkpoints", lambda: process.poll() is not None or len(set(self.manifests()) - before) >= 2)
        self.interrupt(process)
        status, said = self.finish(process)
        self.assertEqual(status, 0, said)
        return said

    def begun_with_a_file(self, follow):
        """A run that reads a file is killed when some of it is published."""
        (self.folder / "in.log").write_text("".join(f"row {i}\n" for i in range(100_000)))
        source = f"{{path: {self.folder / 'in.log'}, follow: {follow}}}"
        self.topology(ROWS, f"  s: {{file: {source}, format: text, rate: 20000/s}}\n")
        process = self.begin("out", "--state", self.folder / "state")
        eventually("rows are published", lambda: process.poll() is not None or self.published("out").rows())
        self.kill(process)
        self.finish(process)

    def test_a_file_that_was_written_anew_is_not_read_on(self):
        """It was, at the old place, when it was longer than that: rows were missing, and the status was 0."""
        for follow in ("false", "true"):
            with self.subTest(follow=follow):
                subprocess.run(["rm", "-rf", *(str(self.folder / name) for name in ("out", "state", "new"))], check=True)
                self.begun_with_a_file(follow)
                (self.folder / "in.log").write_text("new\n" * 200_000)
                status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
                self.assertEqual(status, 1, said)
                self.assertIn("[file_rewritten]", said)
                self.assertIn("`run` with another --state directory", said)
                self.assertNotIn(b'{"line":"new"}', self.published("out").rows())

    def test_one_begins_anew_with_another_directory_when_the_file_has_become_shorter(self):
        self.begun_with_a_file("false")
        (self.folder / "in.log").write_text("x\ny\n")
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 1, said)
        self.assertIn("[file_truncated]", said)
        before = self.published("out").rows()
        status, said = self.finish(self.begin("out", "--state", self.folder / "new"))
        self.assertEqual(status, 0, said)
        self.assertEqual(self.published("out").rows() - before, {b'{"line":"x"}': 1, b'{"line":"y"}': 1})

    def test_a_file_goes_on_whose_name_is_no_utf8(self):
        """Its name in the checkpoint was taken for damage."""
        (self.folder / "in").mkdir()
        (self.folder / "in" / os.fsdecode(b"\xe9.log")).write_text("".join(f"row {i}\n" for i in range(20_000)))
        self.topology(ROWS, f"  s: {{file: {{path: {self.folder / 'in'}/}}, format: text, rate: 20000/s}}\n")
        process = self.begin("out", "--state", self.folder / "state")
        eventually("rows are published", lambda: process.poll() is not None or self.published("out").rows())
        self.kill(process)
        self.finish(process)
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 0, said)
        self.assertIn("goes on from checkpoint", said)
        rows = self.published("out").rows()
        self.assertEqual((len(rows), sum(rows.values())), (20_000, 20_000))

    def manifests(self):
        """Oldest first."""
        found = (self.folder / "state").glob("checkpoints/*/*/manifest")
        return sorted(found, key=lambda path: int(path.parent.name.split("-")[0]))

    def test_only_the_newest_checkpoint_has_to_be_sound(self):
        for options in ((), ("--workers", 2)):
            with self.subTest(options=options):
                subprocess.run(["rm", "-rf", str(self.folder / "out"), str(self.folder / "state")], check=True)
                self.topology(ROWS, GENERATED.replace("300000/s", "100000/s"))
                self.suspended(*options)
                damaged = self.manifests()[-2]
                damaged.write_bytes(damaged.read_bytes()[:-1])
                said = self.suspended(*options)
                self.assertRegex(said, r"the older checkpoint \d+ cannot be read; this run does not need it: .*has been cut")
                self.assertIn("goes on from checkpoint", said)
                status, said = self.finish(self.begin("out", "--state", self.folder / "state", *options))
                self.assertEqual(status, 0, said)
                self.assertFalse(damaged.exists(), "it was to be removed in its turn")

    def test_a_newest_checkpoint_that_is_damaged_is_not_passed_over(self):
        self.topology(ROWS, GENERATED.replace("300000/s", "100000/s"))
        self.suspended()
        damaged = self.manifests()[-1]
        damaged.write_bytes(damaged.read_bytes()[:-1])
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 1, said)
        self.assertIn("[checkpoint_damaged]", said)
        self.assertIn("move the directory that holds this file away", said)

    def test_checkpoints_are_not_passed_over_because_nothing_says_whose_they_are(self):
        self.topology(ROWS, GENERATED.replace("300000/s", "100000/s"))
        self.suspended()
        run = self.folder / "state" / "run"
        whole = run.read_bytes()
        for damage in (run.unlink, lambda: run.write_bytes(whole[:-1])):
            damage()
            status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
            self.assertEqual(status, 1, said)
            self.assertIn("it says which checkpoints in", said)
        run.write_bytes(whole)
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 0, said)

    def test_checkpoints_in_another_store_are_not_passed_over(self):
        """A store that was changed, or not mounted: all began anew, over what was published."""
        slowly = GENERATED.replace("300000/s", "100000/s")
        self.topology(ROWS, slowly)
        self.suspended()
        job = self.topology(ROWS, slowly)
        job.write_text(job.read_text().replace("every: 50ms", f"every: 50ms, store: file://{self.folder / 'elsewhere'}"))
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 1, said)
        self.assertIn("[checkpoints_elsewhere]", said)
        self.assertIn(f"the last run had them in file://{self.folder}/state/checkpoints", said)
        subprocess.run(["cp", "-r", str(self.folder / "state" / "checkpoints"), str(self.folder / "elsewhere")], check=True)
        status, said = self.finish(self.begin("out", "--state", self.folder / "state"))
        self.assertEqual(status, 0, said)
        self.assertIn("goes on from checkpoint", said)

    def test_what_was_given_up_does_not_come_back(self):
        """Tasks of which nothing went on were given all they had, and sums of one thing went on as sums of another."""
        slowly = GENERATED.replace("300000/s", "100000/s")
        for tasks in (1, 2):
            with self.subTest(tasks=tasks):
                subprocess.run(["rm", "-rf", str(self.folder / "out"), str(self.folder / "state")], check=True)
                self.topology(SUMS % "1", slowly)
                self.suspended("-p", tasks)
                self.topology(SUMS % "i - i", slowly)
                state = ("--state", self.folder / "state", "-p", tasks)
                status, said = self.finish(self.begin("out", *state))
                self.assertEqual(status, 1, said)
                self.assertIn("would be lost: what 'c' remembers", said)
                status, said = self.finish(self.begin("out", *state, "--allow-state-loss"))
                self.assertEqual(status, 0, said)
                rows = [json.loads(row) for row in (self.folder / "out" / "rows.json").read_text().splitlines()]
                self.assertEqual(len(rows), 600_000)
                before = [(row["k"], row["n"]) for row in rows if row["n"] != 0]
                self.assertTrue(0 < len(before) < len(rows))
                self.assertEqual(len(before), len(set(before)), "each sum of ones comes once")

    def test_killed_rows(self):
        self.check(ROWS, self.kill, ("-p", 2))

    def test_killed_tumbling(self):
        self.check(TUMBLING, self.kill, ("-p", 2))

    def test_killed_sliding(self):
        self.check(SLIDING, self.kill, ("-p", 2))

    def test_killed_with_one_result_at_the_end(self):
        self.check(AT_THE_END, self.kill, ("-p", 1))

    def test_killed_running_counts(self):
        self.check(RUNNING, self.kill, ("-p", 1))

    def test_interrupted_and_at_another_parallelism_each_time(self):
        for rest in (ROWS, TUMBLING, SLIDING):
            with self.subTest(rest=rest):
                for folder in ("undisturbed", "disturbed", "state"):
                    subprocess.run(["rm", "-rf", str(self.folder / folder)], check=True)
                self.check(rest, self.interrupt, ("-p", 1), ("-p", 3), ("-p", 2))

    def with_files(self, rest):
        for name, numbers in (("a", range(SHORT)), ("b", range(SHORT, BOTH))):
            rows = (f'{{"i":{i},"k":{i % 100},"time":"2026-01-01T00:00:{i // 1000:02}.{i % 1000:03}Z"}}\n' for i in numbers)
            (self.folder / f"input-{name}.json").write_text("".join(rows))
        self.topology(rest + ALSO_ROWS, FILES.replace("FOLDER", str(self.folder)))

    def run_to_its_end(self, out, *options):
        """What it publishes."""
        status, said = self.finish(self.begin(out, "--set", "RATE=1000000/s", *options))
        self.assertEqual(status, 0, said)
        self.assertIn("finished", said)
        return [self.published(name).rows() for name in (out, out + "-rows")]

    def stop_when_one_task_has_ended(self, *options):
        process = self.begin("out", "--set", "RATE=4000/s", "-p", 2, *options)
        rows = self.folder / "out-rows"
        eventually("the short file has been read", lambda: process.poll() is not None or self.has_all_of_short(rows))
        known = set(self.manifests())
        eventually("two more checkpoints", lambda: process.poll() is not None or len(set(self.manifests()) - known) >= 2)
        self.interrupt(process)
        status, said = self.finish(process)
        self.assertEqual(status, 0, said)
        self.assertIn("suspended", said)

    def has_all_of_short(self, directory):
        watched = Published(directory)
        self.assertEqual(watched.look(), [])
        return sum(json.loads(row)["i"] < SHORT for row in watched.rows()) == SHORT

    def test_at_another_parallelism_when_one_task_of_a_source_has_ended(self):
        for rest in (TUMBLING, SLIDING, AT_THE_END):
            for options in (("-p", 1), ("-p", 3), ("-p", 4, "--workers", 2)):
                with self.subTest(rest=rest, options=options):
                    for folder in ("undisturbed", "undisturbed-rows", "out", "out-rows", "state"):
                        subprocess.run(["rm", "-rf", str(self.folder / folder)], check=True)
                    self.with_files(rest)
                    state = ("--state", self.folder / "state")
                    self.stop_when_one_task_has_ended(*state)
                    for got, wanted in zip(self.run_to_its_end("out", *state, *options), self.run_to_its_end("undisturbed")):
                        self.assertEqual(differences(got, wanted), [])


if __name__ == "__main__":
    unittest.main()
