"""Real clusters for tests: a coordinator and workers as processes, on loopback or on hosts of their own (network.py), with
keys or without; clients that are asked as people ask them; and a look at what is left behind."""
import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time
import uuid

from network import LOOPBACK

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEASE = 3  # Seconds. The default (0.6) is for hosts that are not also building and testing.
SECONDS = 60  # Longer than anything here takes; a test that reaches it has hung.

OVER = ("finished", "stopped", "cancelled", "failed")


# Ports for tests are below those that the system gives to connections, of which one may take it before it is listened on:
# even one that tries to reach just this port, and so reaches itself.
FIRST_PORT, LAST_PORT, PORTS_OF_A_PROCESS = 20_000, 32_000, 100


def _ports():
    """The ports of a block that is this process's as long as it lives, again and again: each comes back long after the test
    that had it. What listens at one may be killed and come back: tests beside this one leave it alone all the while."""
    blocks = list(range(FIRST_PORT, LAST_PORT, PORTS_OF_A_PROCESS))
    random.shuffle(blocks)
    with socket.socket(socket.AF_UNIX) as claim:
        for block in blocks:
            with contextlib.suppress(OSError):
                claim.bind(f"\0penstock-test-ports-{block}")
                break
        else:
            raise AssertionError("all blocks of ports are taken by other tests")
        while True:
            yield from range(block, block + PORTS_OF_A_PROCESS)


_own_ports, _one_at_a_time = _ports(), threading.Lock()


def free_port():
    """A port at which nothing listens and no other test will."""
    for _ in range(PORTS_OF_A_PROCESS):
        with _one_at_a_time:
            port = next(_own_ports)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("none of this test's ports is free")


def eventually(what, condition, seconds=SECONDS):
    """The condition's first true value; the test fails when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.02)


class Process:
    """One penstock, with its output in files."""

    def __init__(self, cluster, name, words, host, environment=None):
        self.name, self.out, self.err = name, cluster.folder / f"{name}.out", cluster.folder / f"{name}.err"
        with self.out.open("ab") as out, self.err.open("ab") as err:
            self._process = subprocess.Popen(host.command([cluster.penstock, *map(str, words)]), cwd=cluster.away,
                                             stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                             env={**cluster.environment, **(environment or {})})
        self.pid = self._process.pid  # `ip netns exec` becomes what it runs.

    def send(self, number):
        os.kill(self.pid, number)

    def freeze(self):
        self.send(signal.SIGSTOP)

    def is_stopped(self):
        return self.runs() and pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def thaw(self):
        self.send(signal.SIGCONT)

    def kill(self):
        self.send(signal.SIGKILL)
        return self.wait()

    def end(self, seconds=SECONDS):
        """In good order: SIGTERM, then its exit status."""
        if self._process.poll() is None:
            self.send(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=SECONDS):
        return self._process.wait(timeout=seconds)

    def runs(self):
        return self._process.poll() is None

    def log(self):
        return self.err.read_text(errors="replace")


class Answered:
    """What a client said: status, text on both streams, and the JSON document where there is one."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def told(self):
        return f"$ penstock {' '.join(map(str, self.words))}\nstatus {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Cluster:
    def __init__(self, penstock, folder, hosts=None, keys=False, seat=None):
        """On `seat` is the coordinator, and who asks it; unless said, on the first of the workers' hosts."""
        self.penstock, self.folder = str(pathlib.Path(penstock).resolve()), pathlib.Path(folder)
        self.hosts = hosts or [LOOPBACK]
        self.seat = seat or self.hosts[0]
        self.away, self.temporary = self.folder / "away", self.folder / "tmp"  # Where services stand, and keep files.
        self.away.mkdir()
        self.temporary.mkdir()
        self.mark = uuid.uuid4().hex
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}
        self.environment |= {"TMPDIR": str(self.temporary), "TEST_CLUSTER": self.mark}
        self.address = f"tcp://{self.seat.address}:{free_port()}"
        self.keys = self.folder / "keys" if keys else None
        self.coordinator, self.workers, self.others = None, {}, []
        if keys:
            self._make_keys()

    # --- keys
    def _make_keys(self):
        self.keys.mkdir(mode=0o700)
        listed = ""
        for name, role in [("coordinator", "read"), ("me", "submit"), ("reader", "read"),
                           *((f"w{i}", "worker") for i in range(1, 4))]:
            made = subprocess.run([self.penstock, "keygen", "--out", self.keys / name, "--role", role], check=True,
                                  capture_output=True, text=True).stdout
            listed += made if name != "coordinator" else ""
        (self.keys / "access").write_text(listed)
        os.chmod(self.keys / "access", 0o600)

    def key_options(self, name):
        return ["--key", self.keys / f"{name}.key", "--coordinator-key", self.keys / "coordinator.pub"] if self.keys else []

    # --- services
    def start_coordinator(self, *options, environment=None):
        """Without a word on where checkpoints go it keeps none: a job that loses a worker fails."""
        if not {"--state", "--checkpoints"} & set(options):
            options = ["--checkpoints", "none", *options]
        keys = ["--key", self.keys / "coordinator.key", "--access", self.keys / "access"] if self.keys else []
        self.coordinator = Process(self, "coordinator", ["coordinator", "--listen", self.address, "--lease", LEASE, *keys,
                                                         *options], self.seat, environment)
        return self.coordinator

    def start_worker(self, name, *options, coordinator=None, environment=None):
        host = self.hosts[(int(name[1:]) - 1) % len(self.hosts)]
        patience = [] if "--drain-timeout" in options else ["--drain-timeout", "2"]
        self.workers[name] = Process(self, name, ["worker", "--name", name, "--coordinator", coordinator or self.address,
                                                  *self.key_options(name), *patience, *options], host, environment)
        return self.workers[name]

    def start(self, workers=3, *options, coordinator=()):
        self.start_coordinator(*coordinator)
        for number in range(1, workers + 1):
            self.start_worker(f"w{number}", *options)
        self.await_workers(*self.workers)
        return self

    # --- clients
    def command(self, *words, key="me", host=None, coordinator=None):
        verb, *rest = map(str, words)
        options = [] if verb == "plan" else ["--coordinator", coordinator or self.address, *map(str, self.key_options(key))]
        return (host or self.seat).command([self.penstock, verb, *options, *rest])

    def ask(self, *words, key="me", cwd=ROOT, seconds=SECONDS, environment=None):
        done = subprocess.run(self.command(*words, key=key), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=seconds, check=False,
                              env={**self.environment, **(environment or {})})
        return Answered(words, done.returncode, done.stdout, done.stderr)

    def begin(self, *words, coordinator=None):
        """A client that goes on, with pipes."""
        return self._popen(self.command(*words, coordinator=coordinator))

    def begin_alone(self, *words):
        """A penstock that is told of no coordinator."""
        return self._popen([self.penstock, *map(str, words)])

    def _popen(self, command):
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.others.append(process)
        return process

    def submit(self, topology, *options):
        """The job's number."""
        answered = self.ask("submit", topology, "--json", *options)
        assert answered.status == 0, answered.told()
        return answered.json["job"]

    def status(self, job):
        answered = self.ask("status", job, "--json")
        assert answered.status == 0, answered.told()
        return answered.json

    def state(self, job):
        return self.status(job)["job"]["state"]

    def await_state(self, job, *states, seconds=SECONDS):
        """The job's status in one of these states. Another state from which no way leads there ends the test."""
        def there():
            status = self.status(job)
            state = status["job"]["state"]
            assert state in states or state not in OVER, f"job {job} is {state}: {status['job']}"
            return status if state in states else None
        return eventually(f"job {job} is {' or '.join(states)}", there, seconds)

    def await_workers(self, *names, state="active"):
        def there():
            assert self.coordinator.runs(), f"the coordinator has ended: {self.coordinator.log()[-2000:]}"
            answered = self.ask("workers", "--json")
            return answered.status == 0 and set(names) <= {worker["worker"] for worker in answered.json["workers"]
                                                            if worker["state"] == state}
        eventually(f"workers {names} are {state}", there)

    # --- the end
    def services(self):
        return [process for process in [*self.workers.values(), self.coordinator] if process]

    def stop(self):
        """Ends everything in good order and says what was not: statuses that were not 0, things that were left."""
        for process in self.others:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.communicate()
        running = [process for process in self.services() if process.runs()]
        for process in running:
            process.thaw()
            if process is not self.coordinator:
                process.send(signal.SIGTERM)
        faults = [f"{process.name} ended with {status}: {process.log()[-2000:]}" for process in running
                  if (status := process.end()) != 0]
        return faults + self.left_behind()

    def left_behind(self):
        left = [f"process {pid} is left: {command}" for pid, command in self.marked_processes()]
        left += [f"left in the temporary directory: {path}" for path in self.temporary.rglob("*")]
        left += [f"left where the services stood: {path}" for path in self.away.rglob("*")]
        return left

    def marked_processes(self):
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z":
                        yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue

    def kill_all(self):
        """For a test that has failed already."""
        for pid, _ in self.marked_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
