"""The same question, asked of the files with nothing but Python."""
import collections
import csv
import json
import pathlib
import sys

data = pathlib.Path(sys.argv[1])
with open(data / "airports.csv", newline="", encoding="utf-8") as file:
    state = {row["iata"]: row["state"] or None for row in csv.DictReader(file)}
days = collections.defaultdict(list)
with open(data / "flights-20k.csv", newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        days[row["date"][:10].replace("/", "-"), row["origin"]].append(row)
for (day, origin), flights in days.items():
    delays = [int(row["delay"]) for row in flights if row["delay"]]
    print(json.dumps({
        "origin": origin, "state": state.get(origin), "day": day, "flights": len(flights),
        "delay": sum(delays) if delays else None, "worst": max(delays, default=None),
        "places": len({row["destination"] for row in flights}),
        "far": sum(int(row["distance"]) > 1000 for row in flights)}))
