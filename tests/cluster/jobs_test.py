#!/usr/bin/env python3
"""A job's life on a cluster of one host, as a user follows it: submit, status, top, logs, stop, cancel; what travels with it."""
import json
import os
import re
import signal
import time

from cluster import ROOT, eventually
from cluster_test_case import ENDLESS, ClusterTestCase, main

DOCUMENTED = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "cluster.md").read_text(), re.S).group(1)
LOOKUP = """penstock: 1
name: lookup
sources:
  n: {{generate: {{count: 3}}, fields: {{i: i}}}}
tables:
  places: {{file: {{path: "{table}"}}, format: csv, schema: {{id: int64!, name: string}}, key: [id]}}
operators:
  named: {{from: n, lookup: {{table: places, match: "i = id", kind: inner}}, add: {{name: places.name}}}}
sinks:
  out: {{from: named, file: {{path: "{out}"}}, format: json}}
"""


class Following(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.cluster.start(2)

    def test_the_session_of_the_documentation(self):
        text = DOCUMENTED.replace("/tmp/clicks/", f"{self.folder}/clicks/").replace("tumbling: 10s", "tumbling: 1s")
        job = self.cluster.submit(self.topology(text))
        self.cluster.await_state(job, "running")
        time.sleep(2.5)
        text = self.cluster.ask("status", "clicks").out
        self.assert_told(text, "job 1 'clicks'  running", "4 tasks on 2 workers", "credit waits", "round trip", "w1", "w2")
        status = self.cluster.status("clicks")
        source = status["nodes"][0]
        self.assertAlmostEqual(source["rows_out_rate"], 20_000, delta=4_000)
        self.assertLess(source["watermark_lag_us"], 1_000_000)
        self.assertTrue(any(channel["bytes_a_second"] > 0 and channel["round_trip_us"] > 0 for channel in status["channels"]))
        for worker in status["workers"]:
            self.assertGreater(worker["cpu_percent"], 0)
            self.assertGreater(worker["resident_bytes"], 1 << 20)
        top = self.cluster.ask("top", "--once")
        self.assert_told(top.out, "2 workers, 1 of 1 job running", "job 1 'clicks'  running")
        stopped = self.cluster.ask("stop", "clicks", "--wait")
        self.assertEqual(stopped.status, 0, stopped.told())
        rows = [json.loads(line) for part in (self.folder / "clicks").glob("part-*") for line in part.read_text().splitlines()]
        self.assertEqual(sum(row["clicks"] for row in rows), self.cluster.status(job)["nodes"][0]["totals"]["rows_in"])

    def test_a_jobs_life_is_a_dozen_lines(self):
        job = self.run_endless()
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)
        lines = self.cluster.ask("logs", job).out.splitlines()
        self.assertLessEqual(len(lines), 12)
        self.assert_told("\n".join(lines), "submitted from", "placed: w1: 2 tasks", "runs, ", "stops: ", "stopped, drained")
        self.assertEqual(len(self.cluster.ask("logs", job, "--json").json["lines"]), len(lines))
        own = [line for line in self.cluster.coordinator.log().splitlines() if "job 1" in line]
        self.assertEqual(len(own), len(lines))

    def test_logs_are_followed_until_the_end(self):
        job = self.run_endless()
        following = self.cluster.begin("logs", job, "--follow")
        self.cluster.ask("cancel", job)
        out, err = following.communicate(timeout=20)
        self.assertEqual(following.returncode, 0, err)
        self.assertIn("cancelled", out.splitlines()[-1])

    def test_attached_and_let_go(self):
        attached = self.cluster.begin("submit", self.topology(), "--attach")
        eventually("the job runs", lambda: "running" in self.cluster.ask("status", "endless").out.partition("\n")[0])
        attached.send_signal(signal.SIGINT)
        _, err = attached.communicate(timeout=20)
        self.assertEqual(attached.returncode, 0, err)
        self.assert_told(err, "job 1 goes on", "penstock stop 1")
        self.assertEqual(self.cluster.state(1), "running")
        self.assertEqual(self.cluster.ask("cancel", 1, "--wait").status, 0)
        self.assertEqual(self.cluster.state(1), "cancelled")

    def test_who_waits_sees_how_others_end_a_job(self):
        for verb, status in (("stop", 0), ("cancel", 1)):
            waiting = self.cluster.begin("submit", self.topology(), "--wait", "--json")
            job = eventually("the job runs", lambda: next(
                (item["job"] for item in self.cluster.ask("list", "--json").json["jobs"] if item["state"] == "running"), None))
            self.assertEqual(self.cluster.ask(verb, job).status, 0)
            out, err = waiting.communicate(timeout=20)
            self.assertEqual(waiting.returncode, status, err)
            self.assertEqual(json.loads(out)["job"]["job"], job)

    def test_jobs_side_by_side(self):
        finite = ENDLESS.replace("count: 100000000000, rate: 20000/s", "count: 200000")
        waiting = [self.cluster.begin("submit", self.topology(finite.replace("name: endless", f"name: job-{i}"), f"{i}.yaml"),
                                      "--wait", "--json", "-p", str(i % 3 + 1)) for i in range(6)]
        for process in waiting:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            self.assertEqual(json.loads(out)["nodes"][-1]["totals"]["rows_in"], 200_000)
        self.assertEqual([job["state"] for job in self.cluster.ask("list", "--json").json["jobs"]], ["finished"] * 6)

    def test_a_worker_that_joins_late_takes_part_in_what_comes(self):
        first = self.run_endless("-p", 3)
        self.cluster.start_worker("w3")
        self.cluster.await_workers("w3")
        second = self.run_endless("-p", 3)
        self.assertEqual(len(self.cluster.status(first)["workers"]), 2)
        self.assertEqual(len(self.cluster.status(second)["workers"]), 3)
        for job in (first, second):
            self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)

    def test_plan_says_where_tasks_go(self):
        file = self.topology()
        planned = self.cluster.ask("plan", file, "--workers", "w1:2,w2:2", "--json")
        wanted = {worker["worker"]: len(worker["tasks"]) for worker in planned.json["placement"]["workers"]}
        job = self.run_endless()
        placed = {worker["worker"]: worker["tasks"] for worker in self.cluster.status(job)["workers"]}
        self.assertEqual(placed, wanted)
        self.assertEqual(self.cluster.ask("cancel", job, "--wait").status, 0)


class Travelling(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.cluster.start(2)
        self.here = self.folder / "here"
        self.here.mkdir()

    def submit_lookup(self, table):
        file = self.topology(LOOKUP.format(table=table, out=self.folder / "out.jsonl"))
        return self.cluster.ask("submit", file, "--wait", cwd=self.here)

    def test_a_table_that_only_the_submitter_has_goes_with_the_job(self):
        (self.here / "places.csv").write_text("id,name\n0,zero\n2,two\n")
        answered = self.submit_lookup("places.csv")
        self.assertEqual(answered.status, 0, answered.told())
        rows = [json.loads(line) for line in (self.folder / "out.jsonl").read_text().splitlines()]
        self.assertEqual(rows, [{"i": 0, "name": "zero"}, {"i": 2, "name": "two"}])

    def test_a_table_that_nobody_has_fails_before_the_job_runs(self):
        answered = self.submit_lookup("nowhere.csv")
        self.assertEqual(answered.status, 1)
        self.assert_told(answered.err, "note: table 'places': nowhere.csv is not here", "nowhere.csv", "No such file")
        self.assertNotIn("runs, ", self.cluster.ask("logs", 1).out)
        self.assertFalse((self.folder / "out.jsonl").exists())

    def test_paths_start_where_the_submitter_stands(self):
        file = self.topology("penstock: 1\nname: relative\nsources:\n  lines: {file: {path: in.txt}, format: text, "
                             "schema: {line: string}}\nsinks:\n  out: {from: lines, file: {path: out.txt}, format: text}\n")
        for here in (self.here, self.here / os.fsdecode(b"\xe9")):  # Which is no UTF-8.
            here.mkdir(exist_ok=True)
            (here / "in.txt").write_text("a\nb\n")
            answered = self.cluster.ask("submit", file, "--wait", cwd=here)
            self.assertEqual(answered.status, 0, answered.told())
            self.assertEqual((here / "out.txt").read_text(), "a\nb\n")

    def test_values_are_the_submitters(self):
        file = self.topology(ENDLESS.replace("count: 100000000000, rate: 20000/s", "count: \"${COUNT:-7}\""))
        for options, environment, rows in ((["--set", "COUNT=5"], {}, 5), ([], {"COUNT": "6"}, 6), ([], {}, 7)):
            job = self.cluster.ask("submit", file, "--wait", "--json", *options, environment=environment).json
            self.assertEqual(job["nodes"][0]["totals"]["rows_in"], rows)

    def test_a_bad_topology_is_shown_with_its_caret_and_makes_no_job(self):
        answered = self.cluster.ask("submit", self.topology(ENDLESS.replace("key_by", "keyby")))
        self.assertEqual((answered.status, answered.out), (78, ""))
        self.assert_told(answered.err, "unknown key 'keyby'", "^~~~~", "did you mean 'key_by'?")
        self.assertEqual(self.cluster.ask("list").out, "no jobs\n")

    def test_a_port_in_use_on_a_worker_is_the_cause(self):
        file = self.topology("penstock: 1\nname: port\nsources:\n  n: {generate: {count: 100000000000, rate: 10/s}, "
                             "fields: {i: i}}\nsinks:\n  out: {from: n, tcp: {connect: \"127.0.0.1:9\"}, format: json}\n")
        answered = self.cluster.ask("submit", file, "--wait")
        self.assertEqual(answered.status, 1, answered.told())
        self.assert_told(answered.err, "127.0.0.1:9", "[connection_refused]", "next: ")


class Remembering(ClusterTestCase):
    def test_jobs_that_are_over_outlive_the_coordinator(self):
        state = self.folder / "state"
        self.cluster.start_coordinator("--state", state)
        self.cluster.start_worker("w1")
        self.cluster.await_workers("w1")
        job = self.run_endless()
        self.assertEqual(self.cluster.ask("stop", job, "--wait").status, 0)
        self.cluster.coordinator.end()
        self.cluster.start_coordinator("--state", state)
        self.cluster.await_workers("w1")
        self.assertEqual(self.cluster.state(job), "stopped")
        self.assertIn("stopped after", self.cluster.ask("logs", job).out)
        self.assertGreater(self.run_endless(), job)
        self.assertEqual(self.cluster.ask("cancel", "endless", "--wait").status, 0)


class LocalWorkers(ClusterTestCase):
    """`run --workers N`: whatever ends it, its processes and its private directory end with it."""

    def run_local(self, *options):
        process = self.cluster.begin_alone("run", self.topology(), "--workers", "3", "--log-level", "info", *options)
        eventually("its workers run", lambda: len(list(self.cluster.marked_processes())) == 4)
        return process

    def workers_of(self, process):
        return [pid for pid, _ in self.cluster.marked_processes() if pid != process.pid]

    def assert_nothing_is_left(self):
        eventually("nothing is left", lambda: not self.cluster.left_behind(), 5)

    def test_ctrl_c(self):
        process = self.run_local()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        self.assert_told(err, "endless: stopped after")
        self.assert_nothing_is_left()

    def test_killed(self):
        for options in ([], ["--tcp"]):
            process = self.run_local(*options)
            process.kill()
            process.communicate()
            self.assert_nothing_is_left()

    def test_a_worker_is_killed(self):
        process = self.run_local()
        time.sleep(0.5)
        victim = self.workers_of(process)[0]
        os.kill(victim, signal.SIGKILL)
        eventually("it is started again", lambda: len(set(self.workers_of(process)) - {victim}) == 3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        self.assert_told(err, f"(process {victim}) was killed by signal 9", "endless: stopped after")
        self.assert_nothing_is_left()


if __name__ == "__main__":
    main()
