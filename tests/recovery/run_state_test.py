#!/usr/bin/env python3
"""`run --state DIR`: killed at any moment, stopped with Ctrl-C, gone on with at another parallelism; what is published is
that of an undisturbed run."""
import subprocess
import unittest

from disturbed_run import AT_THE_END, ROWS, RUNNING, SLIDING, TUMBLING, DisturbedRun


class RunState(DisturbedRun):
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
