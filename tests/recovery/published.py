"""What a directory of part files shows to others, watched while it grows."""
import collections
import pathlib
import re


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


class Growing:
    """A directory whose parts grow where readers see them (`at_least_once`), with rows that are a number `i`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def _parts(self):
        if self.directory.is_dir():
            yield from (path for path in self.directory.iterdir() if not path.name.startswith("."))

    def size(self):
        return sum(path.stat().st_size for path in self._parts())

    def faults(self):
        """Rows that are not whole; only the last one of a part may be torn, by the end of its writer."""
        return [f"{path.name} holds a torn row: {line!r}" for path in self._parts()
                for line in path.read_bytes().split(b"\n")[:-1] if not re.fullmatch(rb'\{"i":\d+\}', line)]

    def missing(self, count, most=5):
        there = set()
        for path in self._parts():
            there.update(map(int, re.findall(rb'^\{"i":(\d+)\}$', path.read_bytes(), re.MULTILINE)))
        lost = sorted(set(range(count)) - there)
        return [f"lost: i = {number}" for number in lost[:most]] + ([f"{len(lost)} rows lost"] if lost else [])


def differences(got, wanted, most=5):
    """What is lost and what came too often."""
    lost, extra = wanted - got, got - wanted
    found = [f"lost: {row.decode()} x{count}" for row, count in list(lost.items())[:most]]
    found += [f"too often: {row.decode()} x{count}" for row, count in list(extra.items())[:most]]
    if lost or extra:
        found.append(f"{sum(lost.values())} rows lost, {sum(extra.values())} too many, of {sum(wanted.values())}")
    return found
