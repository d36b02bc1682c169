"""What a directory of part files shows to others, watched while it grows."""
import collections
import pathlib


class Published:
    """Reads a directory of parts again and again; what it has seen once must stay as it was."""

    def __init__(self, directory):
        self.directory, self._seen = pathlib.Path(directory), {}

    def look(self):
        """Faults found by this look."""
        faults, there = [], {}
        if self.directory.is_dir():
            for path in self.directory.iterdir():
                if not path.name.startswith("."):
                    there[path.name] = path.read_bytes()
        for name, content in self._seen.items():
            if there.get(name) != content:
                faults.append(f"{name} was published and has {'changed' if name in there else 'gone'}")
        faults += [f"{name} ends in half a row" for name, content in there.items() if content and not content.endswith(b"\n")]
        self._seen = there
        return faults

    def rows(self):
        """How often each row is there."""
        return collections.Counter(line for content in self._seen.values() for line in content.splitlines())


def differences(got, wanted, most=5):
    """What is lost and what came too often."""
    lost, extra = wanted - got, got - wanted
    found = [f"lost: {row.decode()} x{count}" for row, count in list(lost.items())[:most]]
    found += [f"too often: {row.decode()} x{count}" for row, count in list(extra.items())[:most]]
    if lost or extra:
        found.append(f"{sum(lost.values())} rows lost, {sum(extra.values())} too many, of {sum(wanted.values())}")
    return found
