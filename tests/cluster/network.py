"""Hosts for tests: network namespaces on a bridge of their own, which no address outside can reach. Needs root."""
import contextlib
import itertools
import os
import pathlib
import subprocess
import sys

WIRES = pathlib.Path(__file__).with_name("wires.py")

_numbers = itertools.count()


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def why_not():
    """Why there can be no namespaces here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"penstock-{os.getpid()}-try"
    try:
        ip("netns", "add", name)
        ip("-n", name, "link", "add", "bridge", "type", "bridge")
    except (subprocess.CalledProcessError, FileNotFoundError) as failure:
        return f"network namespaces cannot be made here: {getattr(failure, 'stderr', failure)}".strip()
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return None


class Network:
    """A namespace that holds the bridge, and one for each host, 10.99.0.1 on. With `wires` a process stands for the
    bridge, and what it passes can be delayed, held or lost (wires.py)."""

    def __init__(self, hosts, wires=False):
        self.prefix = f"penstock-{os.getpid()}-{next(_numbers)}"
        self.hub = f"{self.prefix}-hub"
        self.hosts = []
        ip("netns", "add", self.hub)
        if not wires:
            ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
            ip("-n", self.hub, "link", "set", "bridge", "up")
        for number in range(1, hosts + 1):
            self.hosts.append(self._add_host(number, wires))
        cables = [f"cable{number}" for number in range(1, hosts + 1)]
        self._wires = subprocess.Popen(["ip", "netns", "exec", self.hub, sys.executable, "-B", WIRES, *cables], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE) if wires else None

    def order(self, *words):
        """See wires.py."""
        self._wires.stdin.write(" ".join(map(str, words)) + "\n")
        self._wires.stdin.flush()
        self._wires.stdout.readline()

    def _add_host(self, number, wires):
        name, cable = f"{self.prefix}-{number}", f"cable{number}"
        ip("netns", "add", name)
        ip("link", "add", cable, "netns", self.hub, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", self.hub, "link", "set", cable, *([] if wires else ["master", "bridge"]), "up")
        ip("-n", name, "address", "add", f"10.99.0.{number}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        return Host(name, f"10.99.0.{number}")

    def close(self):
        if self._wires:
            with contextlib.suppress(BrokenPipeError):  # The switch has died: what it said is on standard error.
                self._wires.stdin.close()
            self._wires.wait(timeout=10)
            self._wires.stdout.close()
        for name in [self.hub, *(host.name for host in self.hosts)]:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


class Host:
    """Where processes run, and under which address others reach them."""

    def __init__(self, name=None, address="127.0.0.1"):
        self.name, self.address = name, address

    def command(self, words):
        return ["ip", "netns", "exec", self.name, *words] if self.name else list(words)


LOOPBACK = Host()
