"""A unix socket before a Docker engine's: passes every byte on, and writes down what was asked, when, and how large it was.

    operator --- listening socket --- RecordingProxy --- the engine's socket

HTTP/1.1 without pipelining, which is what Docker's clients speak: what comes from the client after the engine has begun
to answer is the next request. Times are time.monotonic().
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

_ID = re.compile(r"/(?!create\b)[^/]+(?=/|$)")
_LISTS = ("containers", "images", "nodes", "services", "configs", "secrets", "tasks")


@dataclass
class Exchange:
    """One request and its answer, which may go on for hours."""

    began: float
    request: bytes = b""  # its first line and headers, as far as they have come
    sent: int = 0
    received: int = 0
    answers: list[float] = field(default_factory=list)  # when a part of the answer came

    @property
    def kind(self) -> str:
        """Without version, ids and query: "POST /services/{id}/update"."""
        words = self.request.split(b"\r\n", 1)[0].decode(errors="replace").split()
        if len(words) < 2:
            return "?"
        path = re.sub(r"^/v[0-9.]+", "", urllib.parse.urlsplit(words[1]).path)
        first, _, rest = path.lstrip("/").partition("/")
        if first in _LISTS and rest:
            path = f"/{first}{_ID.sub('/{id}', '/' + rest, count=1)}"
        return f"{words[0]} {path}"

    @property
    def ended(self) -> float | None:
        return self.answers[-1] if self.answers else None


class RecordingProxy:
    """A context manager. What it has seen so far may be read at any time."""

    def __init__(self, listening: Path, engine: Path):
        self._engine = engine
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        with contextlib.suppress(FileNotFoundError):
            listening.unlink()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._server.bind(str(listening))
        listening.chmod(0o666)
        self._server.listen(64)
        self._start(self._accept)

    def exchanges(self, since: float = 0.0, until: float = float("inf")) -> list[Exchange]:
        """Those that began in this time, in order."""
        with self._lock:
            return [exchange for exchange in self._exchanges if since <= exchange.began < until]

    def first(self, kind: str, since: float) -> Exchange | None:
        return next((exchange for exchange in self.exchanges(since) if exchange.kind == kind), None)

    def first_event(self, since: float) -> float | None:
        """When the engine first said something on a stream of events."""
        with self._lock:
            times = [time_ for exchange in self._exchanges if exchange.kind == "GET /events"
                     for time_ in exchange.answers if time_ >= since]
        return min(times, default=None)

    def bytes_of_events(self) -> int:
        """How long the answers of streams of events are by now."""
        with self._lock:
            return sum(exchange.received for exchange in self._exchanges if exchange.kind == "GET /events")

    def close(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._server.close()

    def __enter__(self) -> "RecordingProxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            if select.select([self._server], [], [], 0.2)[0]:
                self._start(self._pass_on, self._server.accept()[0])

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as engine:
            with contextlib.suppress(OSError):  # one of them has gone, so the other shall know
                engine.connect(str(self._engine))
                current: Exchange | None = None
                while not self._over.is_set():
                    for ready in select.select([client, engine], [], [], 0.2)[0]:
                        data = ready.recv(1 << 16)
                        if not data:
                            return
                        # Written down first: whoever acts on these bytes finds them here.
                        if ready is client:
                            current = self._asked(current, data)
                            engine.sendall(data)
                        else:
                            self._answered(current, data)
                            client.sendall(data)

    def _asked(self, current: Exchange | None, data: bytes) -> Exchange:
        with self._lock:
            if current is None or current.answers:
                current = Exchange(time.monotonic())
                self._exchanges.append(current)
            if b"\r\n\r\n" not in current.request:
                current.request += data
            current.sent += len(data)
            return current

    def _answered(self, current: Exchange | None, data: bytes) -> None:
        assert current is not None, "an answer to nothing"
        with self._lock:
            current.answers.append(time.monotonic())
            current.received += len(data)
