"""A wire between two processes that a test can make slow, silent or cut: a TCP proxy with a thread of its own."""
import collections
import selectors
import socket
import threading
import time

BUFFER = 1 << 16
MOST_HELD = 1 << 20  # Of one direction: what a slow wire holds is bounded, as on a real one.


class _Way:
    """One direction of one connection: what has been read and when it may leave."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.held = collections.deque()
        self.bytes = 0
        self.ended = False


class Proxy:
    def __init__(self, host, port, listen="127.0.0.1"):
        self.upstream = (host, port)
        self.delay = 0.0
        self.stalled = False
        self._listener = socket.create_server((listen, 0))
        self.address = f"tcp://{listen}:{self._listener.getsockname()[1]}"
        self._ways = []
        self._cut = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self):
        """Resets all connections that stand; new ones are taken."""
        self._cut = True

    def close(self):
        self._closing = True
        self._thread.join()

    def _run(self):
        while not self._closing:
            self._turn()
        self._drop_all()
        self._listener.close()

    def _turn(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            for way in self._ways:
                if not way.ended and not self.stalled and way.bytes < MOST_HELD:
                    selector.register(way.source, selectors.EVENT_READ, way)
            ready = selector.select(0.002)
        if self._cut:
            self._cut = False
            self._drop_all()
            return
        for key, _ in ready:
            if key.data is None:
                self._accept()
            else:
                self._read(key.data)
        if not self.stalled:
            for way in list(self._ways):
                self._write(way)

    def _accept(self):
        here, _ = self._listener.accept()
        try:
            there = socket.create_connection(self.upstream, timeout=2)
        except OSError:
            here.close()
            return
        for side in (here, there):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            side.setblocking(False)
        self._ways += [_Way(here, there), _Way(there, here)]

    def _read(self, way):
        try:
            data = way.source.recv(BUFFER)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            way.ended = True
        way.held.append((time.monotonic() + self.delay, data))
        way.bytes += len(data)

    def _write(self, way):
        while way.held and way.held[0][0] <= time.monotonic():
            due, data = way.held[0]
            if not data:
                self._drop(way)
                return
            try:
                sent = way.target.send(data)
            except BlockingIOError:
                return
            except OSError:
                self._drop(way)
                return
            way.bytes -= sent
            way.held.popleft()
            if sent < len(data):
                way.held.appendleft((due, data[sent:]))
                return

    def _drop(self, way):
        ends = {way.source, way.target}
        self._ways = [other for other in self._ways if other.source not in ends]
        for end in ends:
            end.close()

    def _drop_all(self):
        for way in list(self._ways):
            if way in self._ways:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # Reset, as a host that has lost its memory would.
                for end in (way.source, way.target):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._drop(way)
