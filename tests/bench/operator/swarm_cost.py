#!/usr/bin/env python3
"""What the operator costs a real Swarm of three nodes: the Docker API's requests and bytes in an idle hour and for each
change, and the time from a label to every agent having the plan, cut where it goes.

    swarm_cost.py [--changes N] [--idle SECONDS] [--csv FILE]

The operator asks through a recording proxy before the manager's engine. A change is the label that makes the third node
a member, and, to get back, the same label removed. Each moment is seen by an onlooker of its own:

    labelled     the engine has answered the request that sets the label
    event        the engine told the operator that something has changed (proxy)
    look         the operator began to look at the Swarm (proxy: GET /nodes)
    planned      it has the plan and asks for its config (proxy: POST /configs/create)
    sent         the engine has taken the update of the service (proxy: the end of POST /services/{id}/update)
    started      the last new agent's container runs (each node's engine: event "start")
    everywhere   the last agent says that it obeys the new plan (each agent's /status)

Ours are event to sent, without what the engine took for its answers, and started to everywhere, without the two seconds
that a new agent has to live before it asks the old one for its addresses (`test` in vrrp/core/charge.h): one that dies of
the new plan shall die before it has them.
"""

from __future__ import annotations

import argparse
import base64
import csv
import http.client
import json
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(_ROOT / "packaging" / "lab"), str(_ROOT / "tests" / "support")]

from swarm_group import Group, STACK_FILE  # noqa: E402
from swarm_images import build_image  # noqa: E402
from swarm_lab import Node, SwarmLab  # noqa: E402
from swarm_state import remove_stale_labs  # noqa: E402

from netns import wait_until  # noqa: E402
from proxy import Exchange, RecordingProxy  # noqa: E402

IMAGE = "swarm-vip:latest"
STATUS_PORT = 9112
TRIAL = 2.0  # seconds, of each new agent; see above
STEPS = ("event", "look", "planned", "sent", "started", "everywhere")


@dataclass(frozen=True)
class Change:
    """One label added: moments in seconds after it was there, and what was asked of the engine until all was still."""

    moments: Mapping[str, float]
    ours: float
    requests: int
    sent: int
    received: int
    kinds: Mapping[str, int]


@dataclass(frozen=True)
class Idle:
    resident_kib: int
    proportional_kib: int
    seconds: float
    requests: int
    sent: int
    received: int
    agent_bytes: int
    agent_connections: int
    agent_resident_kib: int  # of the agent that takes most
    agent_proportional_kib: int


class _Connection(http.client.HTTPConnection):
    """To a unix socket, or to an address in a namespace."""

    def __init__(self, make: Callable[[], socket.socket], timeout: float = 30.0):
        super().__init__("localhost", timeout=timeout)
        self._make = make

    def connect(self) -> None:
        self.sock = self._make()


def _unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(30.0)
    connection.connect(path)
    return connection


def set_label(manager: Node, node: Node, key: str, value: str | None) -> float:
    """By one request, without a client's start; returns when the engine has answered."""
    found = manager.engine.get(f"/nodes/{node.id}")
    spec = found["Spec"]
    labels = dict(spec.get("Labels") or {})
    labels.pop(key, None)
    spec["Labels"] = labels | ({key: value} if value is not None else {})
    connection = _Connection(lambda: _unix(manager.engine.socket_path))
    try:
        connection.request("POST", f"/nodes/{node.id}/update?version={found['Version']['Index']}", json.dumps(spec),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"label {key}={value} of {node.name}: {answer.status} {body.decode(errors='replace')}")
    return time.monotonic()


class Starts:
    """A context manager: the containers of a service that start on the nodes, and when."""

    def __init__(self, nodes: Sequence[Node], service: str):
        self._service = service
        self._lock = threading.Lock()
        self._seen: list[tuple[float, str]] = []  # time and node
        self._sockets = {node.name: _unix(node.engine.socket_path) for node in nodes}
        filters = "%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22%5D%7D"
        self._threads = []
        for name, connection in self._sockets.items():
            connection.settimeout(None)
            connection.sendall(f"GET /events?filters={filters} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            thread = threading.Thread(target=self._listen, args=(name, connection), daemon=True)
            self._threads.append(thread)
            thread.start()

    def last(self, node: str, until: float) -> float | None:
        """When the node's last one before a moment started."""
        with self._lock:
            return max((seen for seen, where in self._seen if where == node and seen <= until), default=None)

    def _listen(self, node: str, connection: socket.socket) -> None:
        text = b""
        with suppress(OSError):  # closed below
            while data := connection.recv(1 << 16):
                text += data
                *lines, text = text.split(b"\n")
                for line in lines:
                    if self._service.encode() in line:
                        with self._lock:
                            self._seen.append((time.monotonic(), node))

    def __enter__(self) -> "Starts":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join()


def generation_at(node: Node) -> int | None:
    """Of the plan that the node's agent obeys, by its own word."""
    def connect() -> socket.socket:
        return socket.create_connection((node.address, STATUS_PORT), timeout=1.0)

    try:
        connection = _Connection(lambda: node.host.inside(connect), timeout=1.0)
        connection.request("GET", "/status")
        document = json.loads(connection.getresponse().read())
        connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return int(document["agent"]["generation"])


class AgentTraffic:
    """A context manager: what the manager's node exchanges with the agents' status ports, its own included."""

    def __init__(self, node: Node):
        self._host = node.host
        self._host.nft(f"""table inet bench {{
          chain asked {{
            type filter hook output priority 0;
            tcp dport {STATUS_PORT} counter comment "bytes"
            tcp dport {STATUS_PORT} tcp flags & (syn | ack) == syn counter comment "connections"
          }}
          chain told {{ type filter hook input priority 0; tcp sport {STATUS_PORT} counter comment "bytes"; }}
        }}""")

    def total(self) -> tuple[int, int]:
        """Bytes in both directions (with IP headers), and connections begun."""
        listed = json.loads(self._host.run(["nft", "-j", "list", "table", "inet", "bench"]).stdout)["nftables"]
        size = connections = 0
        for rule in (entry["rule"] for entry in listed if "rule" in entry):
            counter = next(word["counter"] for word in rule["expr"] if "counter" in word)
            if rule["comment"] == "bytes":
                size += counter["bytes"]
            else:
                connections += counter["packets"]
        return size, connections

    def __enter__(self) -> "AgentTraffic":
        return self

    def __exit__(self, *_: object) -> None:
        self._host.run(["nft", "delete", "table", "inet", "bench"], check=False)


@contextmanager
def deployed() -> Iterator[tuple[SwarmLab, Group, RecordingProxy]]:
    """Three nodes, of which two are members; the operator asks through the proxy."""
    archive = build_image(IMAGE, lambda text: print(text, file=sys.stderr))
    remove_stale_labs()
    with ExitStack() as stack:
        lab = stack.enter_context(SwarmLab(managers=1, workers=2))
        lab.load_image(archive)
        run = Path(lab.manager.engine.socket_path).parent
        proxy = stack.enter_context(RecordingProxy(run / "recording.sock", run / "docker.sock"))
        group = Group(lab, IMAGE, "production", [lab.ip(201)])
        stack.callback(group.close)
        text = STACK_FILE.read_text()
        if text.count("source: /var/run/docker.sock") != 1:
            raise RuntimeError(f"{STACK_FILE} does not mount the engine's socket any more as this expects")
        for node in lab.nodes[:2]:
            group.join(node)
        lab.deploy_stack(text.replace("source: /var/run/docker.sock", "source: /run/recording.sock"), "vip",
                         SWARM_VIP_IMAGE=IMAGE, KEEPALIVED_GROUP=group.name, KEEPALIVED_VIRTUAL_IPS=group.vips[0])
        group.wait_settled(lab.nodes[:2])
        if not proxy.exchanges():
            raise RuntimeError("the operator does not ask through the proxy")
        yield lab, group, proxy


def wait_still(proxy: RecordingProxy, seconds: float = 12.0, timeout: float = 120.0) -> None:
    """Until the operator only looks now and then, and writes nothing."""
    def still() -> bool:
        recent = proxy.exchanges(time.monotonic() - seconds)
        return all(e.kind.startswith("GET") for e in recent) and sum(e.kind == "GET /nodes" for e in recent) <= 1

    wait_until(still, timeout, "the operator has nothing to do", interval=0.5)


def plan_generation(lab: SwarmLab, group: Group) -> int:
    """Of the config that the agents' service refers to."""
    service = lab.manager.engine.get("/services", filters={"name": [group.agent_service]})[0]
    name = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Configs"][0]["ConfigName"]
    configs = lab.manager.engine.get("/configs", filters={"name": [name]})
    return int(json.loads(base64.b64decode(configs[0]["Spec"]["Data"]))["generation"])


def totals(exchanges: Sequence[Exchange]) -> tuple[int, int, int]:
    return len(exchanges), sum(e.sent for e in exchanges), sum(e.received for e in exchanges)


def measure_change(lab: SwarmLab, group: Group, proxy: RecordingProxy) -> Change:
    before = plan_generation(lab, group)
    newcomer = lab.nodes[2]
    events = proxy.bytes_of_events()
    with Starts(lab.nodes, group.agent_service) as starts:
        begin = time.monotonic()
        labelled = set_label(lab.manager, newcomer, "keepalived_group", group.name)
        told: dict[str, float] = {}

        def everywhere() -> bool:
            for node in lab.nodes:
                generation = generation_at(node)
                if node.name not in told and generation is not None and generation > before:
                    told[node.name] = time.monotonic()
            return len(told) == len(lab.nodes)

        wait_until(everywhere, 60, lambda: f"every agent has the plan after {before}: {told}\n{group.operator_log()[-2000:]}",
                   interval=0.005)
        created = proxy.first("POST /configs/create", begin)
        update = proxy.first("POST /services/{id}/update", begin)
        event = proxy.first_event(begin)
        if created is None or update is None or update.ended is None or event is None:
            raise RuntimeError(f"no update seen: {[e.kind for e in proxy.exchanges(begin)]}")
        look = [e for e in proxy.exchanges(begin, created.began) if e.kind == "GET /nodes"][-1]
        ran = {name: starts.last(name, moment) for name, moment in told.items()}
        if None in ran.values():
            raise RuntimeError(f"not on every node an agent has started: {ran}")
        moments = {"event": event, "look": look.began, "planned": created.began, "sent": update.ended,
                   "started": max(seen for seen in ran.values() if seen is not None), "everywhere": max(told.values())}
        engine = sum(e.ended - e.began for e in proxy.exchanges(look.began, update.began + 1e-6)
                     if e.ended is not None and e.kind != "GET /events")
        hand_over = moments["everywhere"] - moments["started"] - TRIAL
        if hand_over < -0.1:
            raise RuntimeError(f"the agents took over {-hand_over:.2f} s before their trial was over: is it shorter now?")
        ours = (update.ended - event) - engine + max(0.0, hand_over)
        wait_still(proxy)
        exchanges = [e for e in proxy.exchanges(begin) if e.kind != "GET /events"]
        requests, sent, received = totals(exchanges)
    return Change({name: moment - labelled for name, moment in moments.items()}, ours, requests, sent,
                  received + proxy.bytes_of_events() - events, Counter(e.kind for e in exchanges))


def memory_of_operator(group: Group) -> tuple[int, int]:
    place = group.operator_container()
    if place is None:
        raise RuntimeError("the operator does not run")
    return memory_of(*place)


def memory_of_agents(lab: SwarmLab, group: Group) -> tuple[int, int]:
    """Of the one that takes most."""
    found = [memory_of(node, container) for node in lab.nodes for container in node.containers_of(group.agent_service)]
    if not found:
        raise RuntimeError("no agent runs")
    return max(found)


def memory_of(node: Node, container: str) -> tuple[int, int]:
    """Resident and proportional, in KiB, of all its processes."""
    sums = Counter[str]()
    for process in node.processes_of(container):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]:
            name, value, *_ = line.split()
            sums[name] += int(value)
    return sums["Rss:"], sums["Pss:"]


def measure_idle(lab: SwarmLab, group: Group, proxy: RecordingProxy, seconds: float) -> Idle:
    with AgentTraffic(lab.manager) as traffic:
        begin, events = time.monotonic(), proxy.bytes_of_events()
        while time.monotonic() < begin + seconds:
            time.sleep(min(1.0, max(0.0, begin + seconds - time.monotonic())))
        end = time.monotonic()
        exchanges = [e for e in proxy.exchanges(begin, end) if e.kind != "GET /events"]
        if any(not e.kind.startswith("GET") for e in exchanges):
            raise RuntimeError("not idle: " + ", ".join(e.kind for e in exchanges if not e.kind.startswith("GET")))
        if not exchanges:
            raise RuntimeError("the operator did not look at all")
        size, connections = traffic.total()
        requests, sent, received = totals(exchanges)
    return Idle(*memory_of_operator(group), end - begin, requests, sent, received + proxy.bytes_of_events() - events, size,
                connections, *memory_of_agents(lab, group))


def spread_of(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} | {max(values):.2f}"


def table(changes: Sequence[Change], idle: Idle) -> str:
    lines = [f"Label added to every agent has the plan, three nodes, {len(changes)} times, in seconds:", "",
             "| until | median | worst | since the step before, median |", "|---|---|---|---|"]
    previous: str | None = None
    for step in STEPS:
        taken = [c.moments[step] - (c.moments[previous] if previous else 0.0) for c in changes]
        lines.append(f"| {step} | {spread_of([c.moments[step] for c in changes])} | {statistics.median(taken):.2f} |")
        previous = step
    lines.append(f"| of that ours, beside the new agents' trial of {TRIAL:.0f} s | {spread_of([c.ours for c in changes])} | |")
    scale = 3600 / idle.seconds
    lines += ["", "The Docker API, as the operator's engine sees it:", "", "| | requests | kB asked | kB answered |", "|---|---|---|---|",
              f"| a change (median) | {statistics.median(c.requests for c in changes):.0f} | "
              f"{statistics.median(c.sent for c in changes) / 1000:.1f} | {statistics.median(c.received for c in changes) / 1000:.1f} |",
              f"| an idle hour ({idle.seconds:.0f} s, scaled) | {idle.requests * scale:.0f} | {idle.sent * scale / 1000:.0f} | "
              f"{idle.received * scale / 1000:.0f} |",
              "", f"Beside it, the agents' status pages in an idle hour: {idle.agent_connections * scale:.0f} connections, "
              f"{idle.agent_bytes * scale / 1000:.0f} kB with all headers. The operator's memory after all that: "
              f"{idle.resident_kib / 1024:.1f} MiB resident, {idle.proportional_kib / 1024:.1f} MiB proportional; an agent's, which "
              f"may lock none here: {idle.agent_resident_kib / 1024:.1f} and {idle.agent_proportional_kib / 1024:.1f} MiB.",
              "", "Requests of the last change: " + ", ".join(f"{count} {kind}" for kind, count in sorted(changes[-1].kinds.items()))]
    return "\n".join(lines)


def write_csv(path: Path, changes: Sequence[Change], idle: Idle) -> None:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "run", *STEPS, "ours", "seconds", "requests", "bytes_asked", "bytes_answered",
                         "agent_connections", "agent_bytes", "resident_kib", "proportional_kib", "agent_resident_kib",
                         "agent_proportional_kib"])
        for number, change in enumerate(changes, 1):
            writer.writerow(["label", number, *(f"{change.moments[step]:.4f}" for step in STEPS), f"{change.ours:.4f}", "",
                             change.requests, change.sent, change.received, *[""] * 6])
        writer.writerow(["idle", 1, *("" for _ in STEPS), "", f"{idle.seconds:.1f}", idle.requests, idle.sent, idle.received,
                         idle.agent_connections, idle.agent_bytes, idle.resident_kib, idle.proportional_kib,
                         idle.agent_resident_kib, idle.agent_proportional_kib])


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--idle", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--csv", type=Path)
    asked = parser.parse_args(words)
    with deployed() as (lab, group, proxy):
        changes: list[Change] = []
        for _ in range(asked.changes):
            wait_still(proxy)
            changes.append(measure_change(lab, group, proxy))
            set_label(lab.manager, lab.nodes[2], "keepalived_group", None)
            group.wait_settled(lab.nodes[:2])
        wait_still(proxy)
        idle = measure_idle(lab, group, proxy, asked.idle)
    print(table(changes, idle))
    if asked.csv:
        write_csv(asked.csv, changes, idle)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
