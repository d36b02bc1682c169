#!/usr/bin/env python3
"""tools/demo-failure says that nothing is lost, and leaves nothing behind when it is done or stopped."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PENSTOCK = pathlib.Path(sys.argv.pop()).resolve()
DEMONSTRATION = pathlib.Path(__file__).resolve().parents[2] / "tools/demo-failure"


class DemoFailure(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.process = subprocess.Popen([DEMONSTRATION, PENSTOCK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": folder.name})
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)

    def left(self):
        """Processes that were started in our directory, and files in it."""
        found = [str(path) for path in self.folder.rglob("*")]
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(self.folder) in command:
                found.append(f"{process.name}: {command}")
        return found

    def test_nothing_is_lost_and_nothing_is_left(self):
        out, err = self.process.communicate(timeout=120)
        self.assertEqual(self.process.returncode, 0, out + err)
        self.assertIn("200,000 rows of 200,000: 0 lost, 0 too many", out)
        self.assertIn("kill -9 worker-2", out)
        self.assertIn("kill -9 coordinator", out)
        self.assertEqual(self.left(), [])

    def test_stopped_under_load_it_leaves_nothing(self):
        for line in self.process.stdout:
            if "kill -9 worker-2" in line:
                break
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        self.assertEqual(self.process.returncode, 128 + signal.SIGINT)
        self.assertEqual(self.left(), [])

    def test_killed_it_leaves_no_process(self):
        for line in self.process.stdout:
            if "rows published" in line:
                break
        self.process.kill()
        self.process.wait()
        end = time.monotonic() + 10
        while processes := [found for found in self.left() if ": b" in found]:
            self.assertLess(time.monotonic(), end, processes)


if __name__ == "__main__":
    unittest.main()
