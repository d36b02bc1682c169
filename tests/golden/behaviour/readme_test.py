"""The README's topology, its output and its typo are what the binary says."""
import re

from behaviour import ROOT, Behaviour, main

BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text(), re.S)


class Readme(Behaviour):
    def setUp(self):
        super().setUp()
        self.topology_text = next(text for kind, text in BLOCKS if kind == "yaml")

    def test_the_topology_gives_the_rows_and_the_summary_that_are_shown(self):
        path = self.folder / "rides.yaml"
        path.write_text(self.topology_text)
        run = self.run_penstock("run", path)
        self.assertEqual(run.status, 0, run.told())
        shown = next(text for kind, text in BLOCKS if kind == "json").splitlines()
        self.assertLessEqual(set(shown), set(run.stdout.splitlines()))
        table = next(text for kind, text in BLOCKS if not kind and "rows in" in text).splitlines()[1:]
        self.assertEqual(run.stderr.splitlines()[1:], table)

    def test_the_typo_is_told_as_shown(self):
        path = self.folder / "rides.yaml"
        path.write_text(self.topology_text.replace("key_by: [zone]", "keyby: [zone]"))
        run = self.run_penstock("run", path)
        shown = next(text for kind, text in BLOCKS if not kind and "error: " in text)
        self.assertEqual(run.status, 78)
        self.assertEqual(run.stderr.replace(str(self.folder) + "/", ""), shown)

    def test_links_lead_somewhere(self):
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "topology" / "examples" / "README.md"]:
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
                if "://" not in link:
                    self.assertTrue((page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}")


if __name__ == "__main__":
    main()
