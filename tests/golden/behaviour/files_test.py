"""Files and directories that cannot be read or written."""
import os
import subprocess

from behaviour import SECONDS, Behaviour, main

NUMBERS = "sources:\n  n: {generate: {count: 200000}, fields: {i: i, text: \"'0123456789012345678901234567890123456789'\"}}\n"


class Files(Behaviour):
    def sink_to(self, path, more=""):
        return self.topology(NUMBERS + f"sinks:\n  out: {{from: n, file: {{path: \"{path}\"}}, format: json{more}}}\n")

    def leftovers(self, folder):
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))

    def tiny_disk(self):
        folder = self.folder / "disk"
        folder.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder],
                                               capture_output=True, check=False).returncode != 0:
            self.skipTest("a small disk needs root and the right to mount")
        self.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=False)
        return folder

    def test_a_full_disk_is_told_and_leaves_no_final_file(self):
        folder = self.tiny_disk()
        for path in ("out.jsonl", "parts/"):
            with self.subTest(path=path):
                (folder / "parts").mkdir(exist_ok=True)
                run = self.run_penstock("run", self.sink_to(folder / path if path[-1] != "/" else f"{folder}/parts/"))
                self.assertEqual(run.status, 1, run.told())
                self.assertEqual(run.report["error"]["code"], "disk_full")
                self.assert_told(run, str(folder), "next: ")
                self.assertNotIn("out.jsonl", self.leftovers(folder))
                self.assertEqual(self.leftovers(folder / "parts"), [])

    def test_standard_output_on_a_full_device_fails(self):
        with open("/dev/full", "wb") as full:
            process = self.start("run", self.topology(NUMBERS + "sinks:\n  out: {from: n, stdout: {}, format: json}\n"),
                                 stdout=full)
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1, errors.decode())
        self.assertIn("disk_full", errors.decode())
        self.assertIn("next: see where standard output goes", errors.decode())

    def test_a_directory_that_cannot_be_written_is_told(self):
        other = self.as_nobody()
        closed = self.folder / "closed"
        closed.mkdir(mode=0o555)
        self.folder.chmod(0o755)
        process = self.start("run", self.sink_to(closed / "out.jsonl"), **other)
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1, errors.decode())
        self.assertIn(str(closed), errors.decode())
        self.assertEqual(self.leftovers(closed), [])

    def test_a_directory_that_cannot_be_read_is_told(self):
        other = self.as_nobody()
        secret = self.folder / "secret"
        secret.mkdir()
        (secret / "a.txt").write_text("a\n")
        self.folder.chmod(0o755)
        secret.chmod(0)
        self.addCleanup(secret.chmod, 0o755)
        file = self.topology(f"sources:\n  lines: {{file: {{path: \"{secret}/\"}}, format: text}}\n"
                             "sinks:\n  out: {from: lines, stdout: {}, format: text}\n")
        process = self.start("run", file, **other)
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1, errors.decode())
        self.assertIn(str(secret), errors.decode())

    def test_a_missing_directory_for_a_sink_is_made_or_told(self):
        run = self.run_penstock("run", self.sink_to(self.folder / "not" / "there" / "out.jsonl"))
        made = (self.folder / "not" / "there" / "out.jsonl").exists()
        self.assertEqual(run.status, 0 if made else 1, run.told())
        if not made:
            self.assert_told(run, "not/there")

    def test_a_report_that_cannot_be_written_fails_the_run(self):
        process = self.start("run", "topology/examples/word-count.yaml", "--report", self.folder / "no" / "report.json")
        _, errors = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1)
        self.assertIn("report", errors.decode())


if __name__ == "__main__":
    main()
