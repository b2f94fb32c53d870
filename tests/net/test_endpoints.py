"""What an agent serves over HTTP: metrics that agree with the status and with the kernel, and visitors of every kind,
who never keep it from its work."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import socket
import statistics
import threading
import time
from typing import Any

import pytest

from agent import STATUS_PORT, VIP, Agent, osixia_env
from cluster import Cluster
from netns import Host, wait_until

SLOW = 1000  # connections to one endpoint
ROUNDS = 3  # failovers, with slow visitors and without
PATIENCE = 10.0  # seconds in which an endpoint answers again
LATE_MEDIAN = 0.05  # seconds; two medians of few failovers on a busy machine differ by so much

_SAMPLE = re.compile(r'([a-z_]+)(?:\{(.*)\})? (\S+)')
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')

Key = tuple[str, frozenset[tuple[str, str]]]


def read_metrics(text: str) -> dict[Key, float]:
    """Samples by name and labels."""
    samples: dict[Key, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        key = (name, frozenset(_LABEL.findall(labels or "")))
        assert key not in samples, f"twice: {line}"
        samples[key] = float(value)
    return samples


class Metrics:
    """One scrape of an agent, from another host."""

    def __init__(self, agent: Agent, from_host: Host, port: int = STATUS_PORT):
        status, self.text = agent.http_get("/metrics", from_host, port)
        assert status == 200, self.text
        self.samples = read_metrics(self.text)

    def all(self, name: str, **labels: str) -> list[float]:
        return [value for (known, having), value in self.samples.items()
                if known == name and having >= set(labels.items())]

    def one(self, name: str, **labels: str) -> float:
        values = self.all(name, **labels)
        assert len(values) == 1, f"{name} {labels}: {values}\n{self.text}"
        return values[0]

    def state(self) -> str:
        states = [dict(labels)["state"] for (name, labels), value in self.samples.items()
                  if name == "swarmvip_router_state" and value == 1]
        assert len(states) == 1, states
        return states[0]


def page(agent: Agent, from_host: Host) -> dict[str, Any]:
    status, body = agent.http_get("/status", from_host)
    assert status == 200, body
    return json.loads(body)


COUNTERS = {
    "swarmvip_transitions_total": "transitions", "swarmvip_became_active_total": "became_active",
    "swarmvip_left_active_total": "left_active", "swarmvip_announcements_sent_total": "announcements",
    "swarmvip_addresses_put_back_total": "put_back", "swarmvip_priority_zero_sent_total": "priority_zero_sent",
    "swarmvip_priority_zero_received_total": "priority_zero_received", "swarmvip_unheard_total": "unheard",
}


def all_agree(cluster: Cluster, agent: Agent) -> bool:
    """Metrics, status and kernel of a moment in which nothing happens."""
    metrics, router = Metrics(agent, cluster.client), page(agent, cluster.client)["routers"][0]
    held = metrics.one("swarmvip_address_held", vip=VIP) == 1
    return (metrics.state() == router["state"] and held == (VIP in agent.host.addresses())
            and held == (router["state"] == "active")
            and all(metrics.one(name) == router["counters"][key] for name, key in COUNTERS.items()))


def test_metrics_status_and_kernel_agree_through_a_failover(cluster: Cluster) -> None:
    agents = cluster.start_all()
    for agent in agents.values():
        wait_until(lambda a=agent: all_agree(cluster, a), 15, f"{agent.host.name}: all agree")
    first = Metrics(agents["n1"], cluster.client)
    assert first.one("swarmvip_agent_in_charge", group="web", node="n1") == 1
    assert first.one("swarmvip_router_priority", vrid="51", family="ipv4", interface="eth0") == 200
    assert first.one("swarmvip_advert_interval_seconds") == 0.25
    assert first.one("swarmvip_plan_generation") == 1 and first.one("swarmvip_lease_seconds") >= 4
    assert first.one("process_resident_memory_bytes") > 1 << 20 and first.one("process_open_fds") > 5
    assert abs(first.one("process_start_time_seconds") - time.time()) < 600
    assert first.one("swarmvip_takeover_seconds_count") == 0, "nobody was before it"
    begin = time.time()
    agents["n1"].kill()
    cluster.owners.wait_for(["n2"], timeout=15)
    wait_until(lambda: all_agree(cluster, agents["n2"]), 15, "all agree on n2")
    after, router = Metrics(agents["n2"], cluster.client), page(agents["n2"], cluster.client)["routers"][0]
    last = router["transitions"][-1]
    assert (last["from"], last["to"], last["cause"]) == ("backup", "active", "silence"), last
    assert last["peer"] == "192.0.2.11", last
    down_ms = cluster.plan.down(cluster.n2) * 1000
    assert down_ms - 5 <= last["silence_ms"] <= down_ms + 1500, last
    assert last["at"] == router["since"] and last["cause"] == router["cause"]
    assert begin - 1 < last["at_ms"] / 1000 < time.time() + 1
    assert abs(after.one("swarmvip_router_state_since_timestamp_seconds") - last["at_ms"] / 1000) < 0.002
    assert after.one("swarmvip_takeover_seconds_count") == 1
    assert abs(after.one("swarmvip_takeover_seconds_sum") * 1000 - last["silence_ms"]) < 2
    assert after.one("swarmvip_became_active_total") == 1
    agents["n1"] = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1, timeout=30)
    for agent in agents.values():
        wait_until(lambda a=agent: all_agree(cluster, a), 15, f"{agent.host.name}: all agree again")
    assert page(agents["n2"], cluster.client)["routers"][0]["transitions"][-1]["cause"] == "higher_priority"
    assert Metrics(agents["n2"], cluster.client).one("swarmvip_left_active_total") == 1


def test_the_successor_of_a_leaver_was_told(cluster: Cluster) -> None:
    agents = cluster.start_all()
    assert agents["n1"].stop() == 0
    cluster.owners.wait_for_owner(cluster.n2)
    wait_until(lambda: all_agree(cluster, agents["n2"]), 15, "all agree on n2")
    last = page(agents["n2"], cluster.client)["routers"][0]["transitions"][-1]
    assert last["cause"] == "active_left" and "silence_ms" not in last, last
    metrics = Metrics(agents["n2"], cluster.client)
    assert metrics.one("swarmvip_priority_zero_received_total") >= 1
    assert metrics.one("swarmvip_takeover_seconds_count") == 0, "a planned change is no takeover from the silent"


def test_transitions_survive_a_crash(cluster: Cluster) -> None:
    agents = cluster.start_all()
    before = agents["n1"].router()
    assert [t["to"] for t in before["transitions"]] == ["backup", "active"]
    agents["n1"].crash()
    after = agents["n1"].wait_for_state("active")
    assert after["transitions"] == before["transitions"]
    assert (after["since"], after["cause"]) == (before["since"], before["cause"])


def test_transitions_are_handed_over(cluster: Cluster) -> None:
    agents = cluster.start_all()
    before = agents["n1"].router()
    older, newer = agents["n1"], cluster.start(cluster.n1)
    newer.program.wait_for_log("event=took_over")

    def told() -> dict[str, Any] | None:
        documents = newer.status()
        return documents["routers"][0] if len(documents["routers"]) == 1 else None

    after = wait_until(told, 15, "one of the two agents speaks for the router")
    assert after["state"] == "active" and after["transitions"] == before["transitions"]
    assert (after["since"], after["cause"]) == (before["since"], before["cause"])
    assert older.program.is_running()
    wait_until(lambda: all_agree(cluster, newer), 15, "the newer one serves the page, and all agree")


def test_an_agent_without_a_plan_serves_where_it_is_told(cluster: Cluster) -> None:
    """The port is somebody else's at first: a warning, and the router does not care."""
    taken = cluster.n1.inside(lambda: _listen(cluster.n1.address, 9999))
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], SWARM_VIP_LISTEN=f"{cluster.n1.address}:9999"))
    cluster.owners.wait_for_owner(cluster.n1)
    agent.program.wait_for_log(r"event=status_not_listening.*9999")
    time.sleep(5)  # it tries again meanwhile
    assert agent.log().count("event=status_not_listening") == 1, agent.log()
    assert agent.is_healthy() and agent.router()["state"] == "active"
    taken.close()
    wait_until(lambda: _answers(agent, cluster.client, 9999), 15, "it serves there in the end")
    assert Metrics(agent, cluster.client, 9999).one("swarmvip_address_held", vip=VIP, group="VI_1") == 1
    assert json.loads(agent.http_get("/status", cluster.client, 9999)[1])["routers"][0]["state"] == "active"
    assert agent.http_get("/healthz", cluster.client, 9999) == (200, "ok\n")


def test_without_a_word_nothing_is_open(cluster: Cluster) -> None:
    Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]))
    cluster.owners.wait_for_owner(cluster.n1)
    assert cluster.n1.run(["ss", "-Htln"]).stdout == ""


@pytest.mark.parametrize("only_ipv6", [0, 1])
def test_all_addresses_of_both_families(dual: Any, only_ipv6: int) -> None:
    """Whatever the host's default is for a socket of IPv6."""
    dual.n1.sysctl(ipv6__bindv6only=only_ipv6)
    env = osixia_env([dual.n1, dual.n2], SWARM_VIP_LISTEN="[::]:9112")
    agent = Agent(dual.n1, env=env)
    wait_until(lambda: _answers(agent, dual.client, STATUS_PORT), 15, "it serves IPv4")
    assert agent.http_get("/healthz", dual.client, address=dual.address6["n1"]) == (200, "ok\n")


@pytest.mark.parametrize("value", ["9112", ":9112", "n1:9112", "192.0.2.11", "192.0.2.11:0", "192.0.2.11:70000",
                                   "2001:db8::1:9112", "[192.0.2.11]:9112"])
def test_a_wrong_place_to_listen(cluster: Cluster, value: str) -> None:
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], SWARM_VIP_LISTEN=value))
    assert agent.program.wait(10) == 2
    assert "SWARM_VIP_LISTEN" in agent.log() and f"'{value}'" in agent.log() and "ADDRESS:PORT" in agent.log()


ODD_REQUESTS: dict[bytes, bytes] = {
    b"POST /status HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc": b"405",
    b"PUT /metrics HTTP/1.1\r\n\r\n": b"405",
    b"GET /status\r\n": b"400",  # HTTP/0.9
    b"GET /status HTTP/2.0\r\n\r\n": b"505",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": b"505",
    b"GET /nowhere HTTP/1.1\r\n\r\n": b"404",
    b"GET /status/../metrics HTTP/1.1\r\n\r\n": b"404",
    b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100_000: b"431",
    b"GET /" + b"a" * 100_000: b"431",
    b"GET /metrics HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n": b"413",
    b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n": b"413",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": b"400",  # TLS
    b"\0" * 5000: b"400",
    b"\r\n\r\n": b"400",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": b"400",
    b"HEAD /metrics HTTP/1.1\r\n\r\n": b"200",
    b"GET http://n1/healthz HTTP/1.0\r\n\r\n": b"200",
}


def test_odd_requests_have_a_clear_end(cluster: Cluster) -> None:
    agents = cluster.start_all()

    def ask(request: bytes) -> bytes:
        with socket.create_connection((agents["n1"].host.address, STATUS_PORT), timeout=10) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            return _read_all(connection)

    for request, status in ODD_REQUESTS.items():
        answer = cluster.client.inside(lambda r=request: ask(r))
        assert answer.startswith(b"HTTP/1.1 " + status), (request[:60], answer[:200])
        assert b"\r\nConnection: close\r\n" in answer
    assert agents["n1"].is_healthy() and agents["n1"].router()["counters"]["transitions"] == 2
    cluster.owners.stays(["n1"], 0.5)


class SlowVisitors:
    """A context manager: many connections at a time to the endpoint of each of some agents. A third of them sends
    nothing, a third one byte a second, a third asks for the metrics and reads nothing. Whoever is sent away comes
    again."""

    def __init__(self, client: Host, agents: list[Agent], count: int):
        self._client = client
        self._places = [(agent.host.address, STATUS_PORT) for agent in agents]
        self._count = count
        self._open: list[tuple[socket.socket, int]] = []
        self._ended = threading.Event()
        self._full = threading.Event()
        self._thread = threading.Thread(target=lambda: client.inside(self._besiege), daemon=True)
        self.made = 0

    def __enter__(self) -> "SlowVisitors":
        _allow_descriptors(self._count * len(self._places) + 500)
        self._thread.start()
        assert self._full.wait(60), f"only {self.made} connections were begun"
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for connection, _ in self._open:
            connection.close()

    def _besiege(self) -> None:
        next_drop = time.monotonic()
        while not self._ended.is_set():
            missing = self._count * len(self._places) - len(self._open)
            for _ in range(min(missing, 100)):
                self._begin()
            if self.made >= self._count * len(self._places):
                self._full.set()
            if time.monotonic() >= next_drop:
                next_drop = time.monotonic() + 1
                self._open = [entry for entry in self._open if self._goes_on(*entry)]
            time.sleep(0.02)

    def _begin(self) -> None:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect_ex(self._places[self.made % len(self._places)])
        self._open.append((connection, self.made // len(self._places) % 3))
        self.made += 1

    @staticmethod
    def _goes_on(connection: socket.socket, kind: int) -> bool:
        try:
            if kind == 1:
                connection.send(b"G", socket.MSG_NOSIGNAL)
            elif kind == 2:
                connection.send(b"GET /metrics HTTP/1.1\r\n\r\n", socket.MSG_NOSIGNAL)
            elif connection.recv(1, socket.MSG_PEEK) == b"":
                raise ConnectionResetError
        except BlockingIOError:
            return True
        except OSError:
            connection.close()
            return False
        return True


def _allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _failover_silence(cluster: Cluster) -> float:
    """Seconds without an answer for a client when the best one's host dies; it is back afterwards."""
    with cluster.ping() as ping:
        cluster.n1.cut_silently()
        wait_until(lambda: "n2" in cluster.owners.now(), 15, "n2 takes over")
        time.sleep(0.3)  # the client learns of it meanwhile
        report = ping.report()
    cluster.agents["n1"].kill()
    cluster.n1.heal_silently()
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1, timeout=30)
    cluster.agents["n2"].wait_until_it_follows()
    return report.longest_silence_ms / 1000


def _still_answers(agent: Agent) -> bool:
    begin = time.monotonic()
    fine = agent.is_healthy() and agent.command("status").returncode == 0
    return fine and time.monotonic() - begin < 5


def test_a_thousand_slow_visitors_delay_no_failover(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=100)
    cluster.start_all()
    control = [_failover_silence(cluster) for _ in range(ROUNDS)]
    besieged = []
    made = 0
    for _ in range(ROUNDS):
        with SlowVisitors(cluster.client, list(cluster.agents.values()), SLOW) as visitors:
            assert all(_still_answers(agent) for agent in cluster.agents.values())
            besieged.append(_failover_silence(cluster))
            assert all(_still_answers(agent) for agent in cluster.agents.values())
            made += visitors.made
    print(f"silence of a failover: {_milliseconds(control)} ms alone, {_milliseconds(besieged)} ms with "
          f"{SLOW} slow visitors at each endpoint ({made} in all)")
    assert min(control) > 0.2, "the client noticed: three intervals"
    assert statistics.median(besieged) <= statistics.median(control) + LATE_MEDIAN
    for agent in cluster.agents.values():
        wait_until(lambda a=agent: _answers(a, cluster.client, STATUS_PORT), PATIENCE,
                   f"{agent.host.name} answers again")
        assert agent.memory_kb()["worker"] < 16 * 1024, agent.memory_kb()


def test_whoever_asks_at_once_is_answered_among_slow_visitors(cluster: Cluster) -> None:
    agents = cluster.start_all()
    took = []
    with SlowVisitors(cluster.client, [agents["n1"]], SLOW):
        for _ in range(5):
            begin = time.monotonic()
            wait_until(lambda: _answers(agents["n1"], cluster.client, STATUS_PORT), 60, "an answer in between")
            took.append(time.monotonic() - begin)
    print(f"an answer among {SLOW} slow visitors took {_milliseconds(took)} ms")
    assert page(agents["n1"], cluster.client)["routers"][0]["counters"]["transitions"] == 2


def _milliseconds(spans: list[float]) -> str:
    return ", ".join(f"{1000 * span:.0f}" for span in spans)


def _answers(agent: Agent, client: Host, port: int) -> bool:
    with contextlib.suppress(OSError):
        return agent.http_get("/healthz", client, port)[0] == 200
    return False


def _listen(address: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind((address, port))
    listening.listen()
    return listening


def _read_all(connection: socket.socket) -> bytes:
    pieces: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)
