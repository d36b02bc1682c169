"""A switch in user space between network namespaces, whose wires a test can make slow, silent or lossy. Runs as a process in
the namespace that holds the ends of the cables: wires.py CABLE... reads orders from standard input, a line each:
`delay SECONDS` for all frames, `stall A B` (frames between two hosts wait), `drop A B` (they are lost), `lose A B` (those from
the one to the other are lost), `mend`."""
import collections
import os
import selectors
import socket
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, OUTGOING = 263, 15, 4  # With its header, frames of any size pass with their checksums undone.
MOST_BYTES = 1 << 17
MOST_HELD = 64 << 20


class Wires:
    def __init__(self, cables):
        self.selector = selectors.DefaultSelector()
        self.ports = {}
        for number, cable in enumerate(cables, 1):
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            port.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            port.bind((cable, 0))
            port.setblocking(False)
            self.ports[number] = port
            self.selector.register(port, selectors.EVENT_READ, number)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        os.set_blocking(sys.stdin.fileno(), False)
        self.delay, self.stalled, self.lossy = 0.0, set(), set()  # Pairs of hosts; lossy: from and to.
        self.waiting, self.held, self.bytes = collections.deque(), collections.deque(), 0

    def obey(self, line):
        word, *rest = line.split()
        if word == "delay":
            self.delay = float(rest[0])
        elif word == "mend":
            self.stalled, self.lossy = set(), set()
            for number, other, frame in self.held:
                self.send(self.ports[other], frame)
            self.held.clear()
        else:
            here, there = map(int, rest)
            if word == "stall":
                self.stalled.add(frozenset((here, there)))
            else:
                self.lossy |= {(here, there), (there, here)} if word == "drop" else {(here, there)}
        print("done", flush=True)

    def take(self, number):
        while True:
            try:
                frame, sender = self.ports[number].recvfrom(MOST_BYTES)
            except (BlockingIOError, OSError):
                return
            if sender[2] != OUTGOING and self.bytes < MOST_HELD:
                self.bytes += len(frame)
                self.waiting.append((time.monotonic() + self.delay, number, frame))

    def pass_on(self, number, frame):
        self.bytes -= len(frame)
        for other, port in self.ports.items():
            if frozenset((number, other)) in self.stalled:
                self.held.append((number, other, frame))
            elif other != number and (number, other) not in self.lossy:
                self.send(port, frame)

    @staticmethod
    def send(port, frame):
        try:
            port.send(frame)
        except OSError:  # Full or unplugged: wires lose frames.
            pass

    def run(self):
        while True:
            for key, _ in self.selector.select(0.0005 if self.waiting else None):
                if key.data is not None:
                    self.take(key.data)
                    continue
                orders = sys.stdin.read()
                if orders == "":
                    return
                for line in (orders or "").splitlines():
                    self.obey(line)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                self.pass_on(*self.waiting.popleft()[1:])


if __name__ == "__main__":
    Wires(sys.argv[1:]).run()
