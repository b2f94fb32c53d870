"""Agents' status pages without agents, at the addresses that nodes have, in a network namespace of their own.

`swarm-vip plan` and `status` run in there, too: they find each node's page where the plan says it is.
"""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from netns import Namespace
from operator_process import IMAGE, binary


def router(state: str = "backup", group: str = "web", vrid: int = 51, **more: Any) -> dict[str, Any]:
    """One entry of an agent's document."""
    return {"group": group, "vrid": vrid, "family": "ipv4", "interface": "eth0", "state": state, "reason": "", "trouble": "",
            "priority": 100, "addresses": ["192.0.2.100/32"], "since": "2026-11-21T05:47:55.123Z"} | more


def document(*routers: Mapping[str, Any], **agent: Any) -> str:
    return json.dumps({"agent": {"waits": ""} | agent, "routers": list(routers)})


class AgentPages:
    """A context manager. Pages are served from serve() to the end, the rest of the addresses is nobody's."""

    def __init__(self) -> None:
        self.namespace = Namespace("agents")
        self._servers: list[_Server] = []
        self._silent: list[socket.socket] = []

    def serve(self, address: str, body: str | Callable[[], str], port: int = 9112) -> None:
        """A body that is a function is asked for each time."""
        server = _Server(self._listen(address, port), body)
        self._servers.append(server)

    def keep_silent(self, address: str, port: int = 9112) -> None:
        """A program that takes connections and never says a word."""
        self._silent.append(self._listen(address, port))

    def run(self, *words: str, host: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """`swarm-vip WORDS...` where the pages are."""
        environment = {"DOCKER_HOST": host, "KEEPALIVED_GROUP": "web", "KEEPALIVED_VIRTUAL_IPS": "192.0.2.100",
                       "SWARM_VIP_IMAGE": IMAGE, "SWARM_VIP_LOG_FORMAT": "json"} | settings
        return self.namespace.run([str(binary()), *words], env=environment, check=False)

    def __enter__(self) -> "AgentPages":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for server in self._servers:
            server.close()
        for listener in self._silent:
            listener.close()
        self.namespace.close()

    def _listen(self, address: str, port: int) -> socket.socket:
        self.namespace.ip(f"address replace {address}/32 dev lo")

        def listen() -> socket.socket:
            listener = socket.create_server((address, port))
            listener.listen(64)
            return listener

        return self.namespace.inside(listen)


class _Server:
    def __init__(self, listener: socket.socket, body: str | Callable[[], str]):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - the library's name
                data = (body if isinstance(body, str) else body()).encode()
                self.send_response(200 if self.path == "/status" else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = socketserver.ThreadingTCPServer(("", 0), Page, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.socket.close()
        self._server.socket = listener
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
