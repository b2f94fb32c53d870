"""A receiver of webhooks: a real HTTP server in a network namespace that answers as a test wants, also badly or never."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from netns import Namespace, wait_until


@dataclass(frozen=True)
class Post:
    path: str
    headers: Mapping[str, str]
    event: Mapping[str, Any]
    status: int  # how it was answered


class Receiver:
    """A context manager, listening from its start on. Changes of `status` count from the next request on."""

    def __init__(self, namespace: Namespace, address: str = "127.0.0.1", port: int = 8080):
        self._namespace = namespace
        self._address = address
        self._port = port
        self._server: socketserver.ThreadingTCPServer | None = None
        self._go_on = threading.Event()
        self._go_on.set()
        self.status = 204
        self.headers: dict[str, str] = {}  # of each answer
        self.posts: list[Post] = []

    @property
    def url(self) -> str:
        return f"http://{self._address}:{self._port}/hook"

    def start(self) -> None:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._go_on.wait()
                status = receiver.status
                receiver.posts.append(Post(self.path, dict(self.headers), json.loads(body), status))
                self.send_response(status)
                for name, value in ({"Content-Length": "0"} | receiver.headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        listener = self._namespace.inside(lambda: socket.create_server((self._address, self._port)))
        self._server = socketserver.ThreadingTCPServer(("", 0), Handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[assignment,method-assign]  # whoever hung up
        self._server.socket.close()
        self._server.socket = listener
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hang(self) -> None:
        """Takes requests and does not answer."""
        self._go_on.clear()

    def go_on(self) -> None:
        self._go_on.set()

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """What it took."""
        return [post.event for post in self.posts if 200 <= post.status < 300]

    def wait_for(self, is_it: Callable[[Mapping[str, Any]], bool], what: str, timeout: float = 20) -> Mapping[str, Any]:
        """The first event it took that is so."""
        return wait_until(lambda: next(filter(is_it, self.events), None), timeout, lambda: f"{what}\n{self.posts}")

    def __enter__(self) -> "Receiver":
        self._namespace.ip("link set lo up")
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._go_on.set()
        self.stop()
