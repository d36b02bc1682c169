"""What the tests of behaviour share: the binary under test, topologies written on the spot, processes that are watched."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from penstock_run import ROOT, Run, check_accounts  # noqa: E402

PENSTOCK = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/release/penstock"
PENSTOCK = str(pathlib.Path(PENSTOCK).resolve())
SECONDS = 60  # Longer than anything here takes; a test that reaches it has hung.
NOBODY = 65534


class Behaviour(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="penstock-behaviour-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def topology(self, body, name="topology.yaml"):
        path = self.folder / name
        path.write_text(f"penstock: 1\nname: behaviour\n{body}")
        return path

    def run_penstock(self, *arguments, **options):
        return Run(PENSTOCK, arguments, **options)

    def start(self, *arguments, **options):
        """A running penstock with pipes, killed at the test's end if it still runs."""
        process = subprocess.Popen(
            [PENSTOCK, *map(str, arguments)], cwd=ROOT, stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=options.pop("stdout", subprocess.PIPE), stderr=options.pop("stderr", subprocess.PIPE), **options)
        self.addCleanup(self.reap, process)
        return process

    @staticmethod
    def reap(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr, process.stdin):
            if stream:
                stream.close()

    def as_nobody(self):
        """Arguments for start() that give up root, for which no file is unreadable; skips where that cannot be."""
        if os.geteuid() != 0:
            return {}
        probe = subprocess.run([PENSTOCK, "version"], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True,
                               check=False) if os.access(PENSTOCK, os.X_OK) else None
        if probe is None or probe.returncode != 0:
            self.skipTest("another user cannot run the binary from here")
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def assert_told(self, process_or_run, *parts):
        for part in parts:
            self.assertIn(part, process_or_run.stderr)


main = unittest.main
__all__ = ["Behaviour", "PENSTOCK", "ROOT", "SECONDS", "check_accounts", "main"]
