"""A line over 1 MiB between two good ones, and one at the end that nothing ends."""
import pathlib
import sys

long = b'{"id": 2, "text": "' + b"x" * (1 << 20) + b'"}'
pathlib.Path(sys.argv[1], "long.jsonl").write_bytes(b'{"id": 1}\n' + long + b'\n{"id": 3}\n' + long)
