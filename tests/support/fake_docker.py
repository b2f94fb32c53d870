"""A Docker engine's API in front of a FakeSwarm, on a unix socket, with faults that a test chooses.

    operator --- unix socket --- FakeDocker (one manager) ---+
    operator --- unix socket --- FakeDocker (another) -------+--- FakeSwarm

Only what swarm-vip asks for is answered. A kind names a request without its version, ids and query:
"GET /nodes", "POST /services/{id}/update".
"""

from __future__ import annotations

import base64
import collections
import contextlib
import fnmatch
import json
import random
import re
import select
import socket
import socketserver
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Any

from fake_swarm import FakeSwarm, Json, Refused, all_of

NO_LEADER = ("rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are "
             "online. Make sure more than half of the managers are online.")
DEADLINE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
OUT_OF_SEQUENCE = "rpc error: code = Unknown desc = update out of sequence"
NOT_A_MANAGER = ("This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
                 "Please run this command on a manager node or promote the current node to a manager.")


class How(Enum):
    """What becomes of a request that meets a fault."""

    LATE = auto()           # done and answered, but only after a while
    REFUSED = auto()        # not done; an error answer, after a while if one is given
    DROPPED = auto()        # not done; the connection ends without a word
    UNANSWERED = auto()     # done; the connection ends without a word
    CUT = auto()            # done; the connection ends in the middle of the answer
    GARBAGE = auto()        # answered 200 with what is no JSON
    WRONG = auto()          # answered 200 with JSON of another shape
    SHORT = auto()          # answered 200 with JSON that ends early, of the length announced
    HUGE = auto()           # answered 200 with a list that does not end
    STALE = auto()          # answered as the last time, whatever has changed


@dataclass(frozen=True)
class Fault:
    how: How
    seconds: float = 0.0
    status: int = 500
    message: str = ""

    @classmethod
    def late(cls, seconds: float) -> "Fault":
        return cls(How.LATE, seconds)

    @classmethod
    def refused(cls, status: int, message: str, seconds: float = 0.0) -> "Fault":
        return cls(How.REFUSED, seconds, status, message)


FAULTS: Mapping[str, Fault] = {
    "slow": Fault.late(0.3),
    "dropped": Fault(How.DROPPED),
    "unanswered": Fault(How.UNANSWERED),
    "cut": Fault(How.CUT),
    "conflict": Fault.refused(409, "rpc error: code = AlreadyExists desc = name conflicts with an existing object"),
    "out of sequence": Fault.refused(500, OUT_OF_SEQUENCE),
    "no leader": Fault.refused(500, NO_LEADER),
    "blocked without a leader": Fault.refused(500, DEADLINE, seconds=0.4),
    "demoted": Fault.refused(503, NOT_A_MANAGER),
    "internal": Fault.refused(500, ""),
    "garbage": Fault(How.GARBAGE),
    "wrong": Fault(How.WRONG),
    "short": Fault(How.SHORT),
    "huge": Fault(How.HUGE),
    "stale": Fault(How.STALE),
}
HUGE_SIZE = 100 * 1024 * 1024


@dataclass
class Rule:
    fault: Fault
    kinds: str              # a pattern as of file names
    times: int | None       # None: as long as it stands
    probability: float


class Faults:
    """Which requests meet which fault. Draws are from a generator of its own, so that a seed repeats them."""

    def __init__(self, seed: int = 0):
        self._random = random.Random(seed)
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self.met: collections.Counter[str] = collections.Counter()

    def next(self, kinds: str, fault: Fault | str, times: int | None = 1, probability: float = 1.0) -> None:
        """The next `times` requests of these kinds (each with the probability) meet the fault; None: all of them."""
        with self._lock:
            self._rules.append(Rule(FAULTS[fault] if isinstance(fault, str) else fault, kinds, times, probability))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def meet(self, kind: str) -> Fault | None:
        with self._lock:
            for rule in self._rules:
                if not fnmatch.fnmatchcase(kind, rule.kinds) or self._random.random() >= rule.probability:
                    continue
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times <= 0:
                        self._rules.remove(rule)
                self.met[rule.fault.how.name] += 1
                return rule.fault
        return None


class Stream(Enum):
    """How the event stream behaves."""

    LIVE = auto()
    SILENT = auto()   # stays open and says nothing, as after a demotion
    CLOSED = auto()   # ends as soon as it is open
    REFUSED = auto()  # 503


@dataclass
class Request:
    method: str
    path: str  # without version and query
    query: Mapping[str, str]
    body: Any
    kind: str = ""
    ids: tuple[str, ...] = field(default_factory=tuple)
    registry_auth: Json | None = None  # of X-Registry-Auth


class _Gone(Exception):
    """The connection is to end here."""


class FakeDocker:
    """One engine that is a manager of the swarm. Serves from its birth to close()."""

    def __init__(self, swarm: FakeSwarm, socket_path: Path, node_id: str = "", seed: int = 0,
                 api: tuple[str, str] = ("1.12", "1.41"), over_tcp: bool = False, tls: ssl.SSLContext | None = None):
        self.swarm = swarm
        self.forbidden: dict[str, int] = {}  # kinds, as patterns, that a proxy before this engine does not let through: status
        self.versions: collections.Counter[str] = collections.Counter()  # in the paths of requests; "" without one
        self.tls = tls
        self.socket_path = socket_path
        self.node_id = node_id
        self.api_min, self.api_max = api
        self.is_manager = True
        self.faults = Faults(seed)
        self.stream = Stream.LIVE
        self.containers: dict[str, Json] = {}
        self.images: dict[str, Json] = {}
        self.calls: collections.Counter[str] = collections.Counter()
        self.witness: Callable[[Request], None] = lambda _: None  # sees each request before it is answered, and may act
        self.changes: list[tuple[str, Any]] = []  # kind and body of what was asked to change, and was done
        self.registry_auths: list[tuple[str, Json | None]] = []  # kind and login of each service created or updated
        self._epoch = 0  # a stream of an earlier one ends
        self._replayed = 0  # how often everything was told again
        self._remembered: dict[tuple[str, str], bytes] = {}
        self._server = _Server(("127.0.0.1", 0), self, socket.AF_INET) if over_tcp else _Server(str(socket_path), self)
        self._is_over_tcp = over_tcp
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        """As DOCKER_HOST."""
        if self._is_over_tcp:
            return f"tcp://127.0.0.1:{self._server.server_address[1]}"
        return f"unix://{self.socket_path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.drop_streams()
        self._server.drop_connections()
        self._thread.join()
        with contextlib.suppress(FileNotFoundError):
            self.socket_path.unlink()

    def __enter__(self) -> "FakeDocker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # Doing things to it.

    def heal(self) -> None:
        """No fault is left; streams that were told to be odd end, so that ordinary ones are opened."""
        self.faults.clear()
        if self.stream is not Stream.LIVE:
            self.stream = Stream.LIVE
            self.drop_streams()

    def set_stream(self, stream: Stream) -> None:
        """Streams that are open keep their old manner, but for SILENT, which is theirs, too."""
        self.stream = stream
        if stream in (Stream.CLOSED, Stream.REFUSED):
            self.drop_streams()

    def drop_streams(self) -> None:
        with self.swarm.lock:
            self._epoch += 1
            self.swarm.changed.notify_all()

    def replay_events(self) -> None:
        """As at a promotion: the whole past once more, with its old times."""
        with self.swarm.lock:
            self._replayed += 1
            self.swarm.changed.notify_all()

    # What is seen.

    def total(self) -> int:
        return sum(self.calls.values())

    def written(self) -> int:
        """How many requests were made to change something, whatever became of them."""
        return sum(count for kind, count in self.calls.items() if not kind.startswith("GET "))

    # Answers.

    def answer(self, request: Request) -> Any:
        """The document of a 200 or 201. Raises Refused."""
        handler = _HANDLERS.get(request.kind)
        if handler is None:
            raise Refused(404, "page not found")
        if not self.is_manager and request.kind not in _WITHOUT_SWARM:
            raise Refused(503, NOT_A_MANAGER)
        return handler(self, request)

    def remember(self, request: Request, body: bytes) -> None:
        self._remembered[(request.kind, json.dumps(request.query, sort_keys=True))] = body

    def recall(self, request: Request) -> bytes | None:
        return self._remembered.get((request.kind, json.dumps(request.query, sort_keys=True)))

    def check_version(self, version: str) -> None:
        number = _version(version)
        if number < _version(self.api_min):
            raise Refused(400, f"client version {version} is too old. Minimum supported API version is {self.api_min}, "
                               "please upgrade your client to a newer version")
        if number > _version(self.api_max):
            raise Refused(400, f"client version {version} is too new. Maximum supported API version is {self.api_max}")

    def events(self, filters: Mapping[str, Any]) -> Iterator[bytes]:
        """Lines to send; empty ones are for looking whether anybody listens."""
        kinds = _values(filters, "type")
        with self.swarm.lock:
            at, epoch, replayed = len(self.swarm.events), self._epoch, self._replayed
        while True:
            with self.swarm.lock:
                if at == len(self.swarm.events) and replayed == self._replayed and epoch == self._epoch:
                    self.swarm.changed.wait(0.5)
                if epoch != self._epoch:
                    return
                if replayed != self._replayed:
                    replayed, at = self._replayed, 0
                fresh = self.swarm.events[at:]
                at = len(self.swarm.events)
            if self.stream is Stream.SILENT:
                fresh = []
            lines = [json.dumps(event.document()) + "\n" for event in fresh if not kinds or event.kind in kinds]
            yield "".join(lines).encode()

    def _version(self, _: Request) -> Json:
        return {"Platform": {"Name": ""}, "Version": "20.10.24", "ApiVersion": self.api_max, "MinAPIVersion": self.api_min,
                "GitCommit": "5d6db84", "GoVersion": "go1.19.8", "Os": "linux", "Arch": "amd64", "KernelVersion": "6.1.0",
                "BuildTime": "2023-06-18T12:00:00.000000000+00:00", "Components": []}

    def _info(self, _: Request) -> Json:
        nodes = self.swarm.nodes
        managers = [{"NodeID": n["ID"], "Addr": n["ManagerStatus"]["Addr"]} for n in nodes.values() if "ManagerStatus" in n]
        swarm: Json = {"NodeID": self.node_id, "NodeAddr": "192.0.2.11", "LocalNodeState": "active",
                       "ControlAvailable": self.is_manager, "Error": "", "RemoteManagers": managers}
        if self.is_manager:
            swarm |= {"Nodes": len(nodes), "Managers": len(managers), "Cluster": {"ID": "", "Spec": {}}}
        return {"ID": "FAKE", "Name": "fake", "ServerVersion": "20.10.24", "Swarm": swarm}

    def _nodes(self, _: Request) -> list[Json]:
        return list(all_of(self.swarm.nodes))

    def _services(self, request: Request) -> list[Json]:
        return _filtered(self.swarm.services, request)

    def _configs(self, request: Request) -> list[Json]:
        return _filtered(self.swarm.configs, request)

    def _secrets(self, request: Request) -> list[Json]:
        return _filtered(self.swarm.secrets, request)

    def _tasks(self, request: Request) -> list[Json]:
        filters = json.loads(request.query.get("filters") or "{}")
        services = _values(filters, "service")
        states = _values(filters, "desired-state")
        ids = {self.swarm.find_service(word)["ID"] for word in services}
        return [task for task in all_of(self.swarm.tasks)
                if (not services or task["ServiceID"] in ids) and (not states or task["DesiredState"] in states)]

    def _create_config(self, request: Request) -> Json:
        return {"ID": self.swarm.create_config(request.body)}

    def _create_secret(self, request: Request) -> Json:
        return {"ID": self.swarm.create_secret(request.body)}

    def _create_service(self, request: Request) -> Json:
        return {"ID": self.swarm.create_service(request.body)}

    def _update_service(self, request: Request) -> Json:
        self.swarm.update_service(request.ids[0], _index(request, "service"), request.body)
        return {"Warnings": None}

    def _update_node(self, request: Request) -> bytes:
        self.swarm.update_node(request.ids[0], _index(request, "node"), request.body)
        return b""

    def _container(self, request: Request) -> Json:
        found = self.containers.get(request.ids[0])
        if found is None:
            raise Refused(404, f"No such container: {request.ids[0]}")
        return found

    def _image(self, request: Request) -> Json:
        found = self.images.get(request.ids[0])
        if found is None:
            raise Refused(404, f"no such image: {request.ids[0]}: No such image: {_tagged(request.ids[0])}")
        return found


def _tagged(image: str) -> str:
    return image if ":" in image else f"{image}:latest"


_HANDLERS: Mapping[str, Callable[[FakeDocker, Request], Any]] = {
    "GET /_ping": lambda docker, request: "OK",
    "GET /version": FakeDocker._version,
    "GET /info": FakeDocker._info,
    "GET /nodes": FakeDocker._nodes,
    "GET /nodes/{id}": lambda docker, request: docker.swarm.find_node(request.ids[0]),
    "POST /nodes/{id}/update": FakeDocker._update_node,
    "GET /services": FakeDocker._services,
    "GET /services/{id}": lambda docker, request: docker.swarm.find_service(request.ids[0]),
    "POST /services/create": FakeDocker._create_service,
    "POST /services/{id}/update": FakeDocker._update_service,
    "DELETE /services/{id}": lambda docker, request: docker.swarm.remove_service(request.ids[0]),
    "GET /configs": FakeDocker._configs,
    "GET /configs/{id}": lambda docker, request: docker.swarm.find_config(request.ids[0]),
    "POST /configs/create": FakeDocker._create_config,
    "DELETE /configs/{id}": lambda docker, request: docker.swarm.remove_config(request.ids[0]),
    "GET /secrets": FakeDocker._secrets,
    "GET /secrets/{id}": lambda docker, request: docker.swarm.find_secret(request.ids[0]),
    "POST /secrets/create": FakeDocker._create_secret,
    "DELETE /secrets/{id}": lambda docker, request: docker.swarm.remove_secret(request.ids[0]),
    "GET /tasks": FakeDocker._tasks,
    "GET /containers/{id}/json": FakeDocker._container,
    "GET /images/{id}/json": FakeDocker._image,
}
_FIRST_WITH_JSON_ERRORS = (1, 24)
_WITHOUT_SWARM = frozenset({"GET /_ping", "GET /version", "GET /info", "GET /containers/{id}/json", "GET /images/{id}/json"})
_WORDS = frozenset({"_ping", "version", "info", "nodes", "services", "configs", "secrets", "tasks", "events", "containers",
                    "images", "create", "update", "json"})


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: Any, docker: FakeDocker, family: socket.AddressFamily = socket.AF_UNIX):
        self.docker = docker
        self.address_family = family
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        raise  # noqa: PLE0704 - a fault of this program must be seen; clients that go are caught in _Connection

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.StreamRequestHandler):
    """One client's connection: HTTP/1.1, kept alive."""

    server: _Server

    def setup(self) -> None:
        self._is_refused = False
        if (tls := self.server.docker.tls) is not None:
            try:
                self.request = tls.wrap_socket(self.request, server_side=True)
            except OSError:  # who shows no certificate, or does not like ours
                self._is_refused = True
        super().setup()

    def handle(self) -> None:
        if self._is_refused:
            return
        with contextlib.suppress(_Gone, ConnectionError):
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        line = self.rfile.readline(65536)
        if not line:
            return False
        method, target, _ = line.decode("ascii").split(" ", 2)
        headers = self._headers()
        if headers.get("expect") == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(headers.get("content-length", "0")))
        docker = self.server.docker
        path, _, query = target.partition("?")
        match = re.match(r"/v(\d+\.\d+)(/.*)", path)
        request = _request(method, match[2] if match else path, dict(urllib.parse.parse_qsl(query)), body)
        request.registry_auth = _registry_auth(headers)
        with docker.swarm.lock:
            docker.calls[request.kind] += 1
            docker.versions[match[1] if match else ""] += 1
        for kinds, status in docker.forbidden.items():
            if fnmatch.fnmatchcase(request.kind, kinds):
                self._send(status, _FORBIDDEN, kind="text/html")
                return True
        try:
            if match:
                docker.check_version(match[1])
            if request.kind == "GET /events":
                self._stream(request)
                return False
            self._reply(request, docker.faults.meet(request.kind))
        except Refused as refused:
            if match and _version(match[1]) < _FIRST_WITH_JSON_ERRORS:
                self._send(refused.status, refused.message.encode() + b"\n", kind="text/plain; charset=utf-8")
            else:
                self._send(refused.status, _error(refused.message))
        return True

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(65536).strip()):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers

    def _reply(self, request: Request, fault: Fault | None) -> None:
        docker = self.server.docker
        how = fault.how if fault else None
        if fault and fault.seconds:
            time.sleep(fault.seconds)
        if how is How.DROPPED:
            raise _Gone
        if fault and how is How.REFUSED:
            raise Refused(fault.status, fault.message)
        if how is How.STALE and (old := docker.recall(request)) is not None:
            self._send(200, old)
            return
        if how is How.HUGE:
            self._send_huge()
            return
        with docker.swarm.lock:
            docker.witness(request)
            document = docker.answer(request)
            body = self._body(document)
            if request.method == "GET":
                docker.remember(request, body)
            else:
                docker.changes.append((request.kind, request.body))
            if request.kind in ("POST /services/create", "POST /services/{id}/update"):
                docker.registry_auths.append((request.kind, request.registry_auth))
        if how is How.UNANSWERED:
            raise _Gone
        if how is How.GARBAGE:
            body = b"\x00\xff<html>\xe2\x82 not what you asked for" + body[:20]
        elif how is How.WRONG:
            body = b'[{"ID": 5, "Spec": [], "Version": {"Index": "many"}}]'
        elif how is How.SHORT:
            body = body[: len(body) // 2]
        has_body = document is not None or request.kind == "DELETE /services/{id}"  # an empty one there
        status = 201 if request.kind.endswith("/create") else 200 if has_body else 204
        if how is How.CUT:
            self._send(status, body[: len(body) // 2], announced=len(body) + 1)
            raise _Gone
        self._send(status, body)

    def _body(self, document: Any) -> bytes:
        if document is None or isinstance(document, bytes):
            return document or b""
        if isinstance(document, list):  # of objects: long in a large Swarm, and mostly the same as the last time
            text = self.server.docker.swarm.text
            return f"[{','.join(text(thing) for thing in document)}]".encode()
        return json.dumps(document).encode()

    def _send(self, status: int, body: bytes, announced: int | None = None, kind: str = "application/json") -> None:
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", f"Api-Version: {self.server.docker.api_max}",
                 "Docker-Experimental: false", "Ostype: linux", "Server: Docker/20.10.24 (linux)"]
        if status != 204:
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body) if announced is None else announced}"]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + (b"" if status == 204 else body))

    def _send_huge(self) -> None:
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {HUGE_SIZE}\r\n\r\n[".encode())
        piece = b'{"ID": "0123456789", "Spec": {"Name": "something", "Labels": {}}},' * 1000
        for _ in range(HUGE_SIZE // len(piece)):
            self.wfile.write(piece)
        raise _Gone

    def _stream(self, request: Request) -> None:
        docker = self.server.docker
        if docker.stream is Stream.REFUSED or not docker.is_manager:
            raise Refused(503, NOT_A_MANAGER)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        if docker.stream is Stream.CLOSED:
            self.wfile.write(b"0\r\n\r\n")
            return
        for lines in docker.events(json.loads(request.query.get("filters") or "{}")):
            if lines:
                self.wfile.write(f"{len(lines):x}\r\n".encode() + lines + b"\r\n")
            elif self._is_deserted():
                return

    def _is_deserted(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        if self.server.docker.tls is not None:  # no peeking there, and a client has nothing more to say
            return bool(readable)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)


_FORBIDDEN = b"<html><body><h1>Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"
_REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
            500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable"}


def _request(method: str, path: str, query: Mapping[str, str], body: bytes) -> Request:
    pieces = [urllib.parse.unquote(piece) for piece in path.strip("/").split("/")]
    ids = tuple(piece for number, piece in enumerate(pieces) if number == 1 and piece not in _WORDS)
    shape = "/".join("{id}" if number == 1 and piece not in _WORDS else piece for number, piece in enumerate(pieces))
    return Request(method, path, query, json.loads(body) if body else None, f"{method} /{shape}", ids)


def _registry_auth(headers: Mapping[str, str]) -> Json | None:
    """Base64 in the alphabet of URLs, padded, as the engine decodes it; a wrong one is as good as none there, not here."""
    text = headers.get("x-registry-auth")
    if text is None:
        return None
    login: Json = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    return login


def _error(message: str) -> bytes:
    return json.dumps({"message": message}).encode() + b"\n"


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _index(request: Request, kind: str) -> int:
    text = request.query.get("version", "")
    try:
        return int(text)
    except ValueError:
        raise Refused(400, f"invalid {kind} version '{text}': strconv.ParseUint: parsing \"{text}\": invalid syntax") from None


def _values(filters: Mapping[str, Any], name: str) -> list[str]:
    """Of both forms a filter may have: {"x": {"a": true}} and {"x": ["a"]}."""
    return list(filters.get(name) or [])


def _filtered(objects: Mapping[str, Json], request: Request) -> list[Json]:
    filters = json.loads(request.query.get("filters") or "{}")

    def fits(thing: Json) -> bool:
        labels = thing["Spec"].get("Labels") or {}
        for wanted in _values(filters, "label"):
            key, equals, value = wanted.partition("=")
            if key not in labels or (equals and labels[key] != value):
                return False
        names = _values(filters, "name")
        return not names or any(thing["Spec"]["Name"].startswith(name) for name in names)

    return [thing for thing in all_of(objects) if fits(thing)]
