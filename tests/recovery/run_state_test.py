#!/usr/bin/env python3
"""`run --state DIR`: killed at any moment, stopped with Ctrl-C, gone on with at another parallelism; what is published is
that of an undisturbed run."""
import subprocess
import unittest

from disturbed_run import AT_THE_END, GENERATED, ROWS, RUNNING, SLIDING, TUMBLING, DisturbedRun


class RunState(DisturbedRun):
    def test_a_run_that_has_finished_is_over_whatever_became_of_its_output(self):
        """Its sinks remember nothing any more, and took parts that a reader had taken away for lost ones."""
        self.topology(ROWS.replace("}/", "}/parts/"), GENERATED.replace("600000", "3000"))
        state = ("--state", self.folder / "state")
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


if __name__ == "__main__":
    unittest.main()
