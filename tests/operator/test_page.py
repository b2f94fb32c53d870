"""What the operator shows over HTTP (SWARM_VIP_PAGE_LISTEN): the page, its state, /status, /metrics and /healthz."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bed import Bed
from cast import SILENT, Cast
from fake_agent import AgentPages, router
from fake_page import SCRIPTS
from netns import wait_until
from operator_process import UNSET, Operator

N1, N2, N3 = "192.168.1.11", "192.168.1.12", "192.168.1.13"
VIP = "192.0.2.100"
PORT = 9109  # the default one
RECORDED = Path(__file__).parents[1] / "unit/vrrp/recorded/status.json"  # of an agent
PATIENCE = 30.0
POLL = 0.5  # as the page does
SHOWN_WITHIN = 2.0
BETWEEN_SIGHTINGS = 1.7  # of what counts for events, at least


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)

    def number(self, sample: str) -> float | None:
        """The value of a sample of /metrics, such as 'name{group="web"}'; None when there is none."""
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self.body, re.MULTILINE)
        return float(found.group(1)) if found else None


class Visitor:
    """Asks the operator where the agents' pages are."""

    def __init__(self, pages: AgentPages, host: str = "127.0.0.1", port: int = PORT):
        self.pages = pages
        self.host = host
        self.port = port

    def get(self, path: str, **headers: str) -> Answer:
        def ask() -> Answer:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
            try:
                connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
                response = connection.getresponse()
                return Answer(response.status, dict(response.getheaders()), response.read().decode())
            finally:
                connection.close()

        return self.pages.namespace.inside(ask)

    def state(self) -> Any:
        return self.get("/api/state").json()["state"]

    def is_there(self) -> bool:
        with contextlib.suppress(OSError):
            return self.get("/healthz").status in (200, 503)
        return False

    def holders(self) -> list[str]:
        groups = self.state()["groups"]
        return list(groups[0]["addresses"][0]["holders"]) if groups and groups[0]["addresses"] else []

    def wait_for_holders(self, *names: str) -> None:
        wait_until(lambda: self.holders() == list(names), PATIENCE, lambda: f"{names} hold it\n{self.state()}", POLL / 5)


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def agents(pages: AgentPages) -> Cast:
    return Cast(pages, N1, N2, N3)


@pytest.fixture
def visitor(pages: AgentPages) -> Visitor:
    return Visitor(pages)


def start(bed: Bed, visitor: Visitor, speed: float | None = None, **settings: str) -> Operator:
    """With the page where it is by default."""
    operator = bed.start(speed=speed, wrapper=("nsenter", f"--net={visitor.pages.namespace.path}"),
                         **({"SWARM_VIP_PAGE_LISTEN": UNSET} | settings))
    bed.wait_converged()
    if settings.get("SWARM_VIP_PAGE_LISTEN") != "off":
        wait_until(visitor.is_there, PATIENCE, lambda: f"the page is there\n{operator.log()}")
    return operator


def transition(at_ms: int, cause: str = "silence", to: str = "active", **more: Any) -> dict[str, Any]:
    return {"at_ms": at_ms, "from": "backup", "to": to, "cause": cause, "peer": N2, "reason": "", "after_ms": 60_000} | more


def test_page_status_and_metrics_agree_whoever_holds_it(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    operator = start(bed, visitor)
    assert operator.wait_for("page")["address"] == f"127.0.0.1:{PORT}"

    for names, others in (((N1,), (N2, N3)), ((N2,), (N1, N3)), ((N2, N3), (N1,)), ((), (N1, N2, N3))):
        agents.hold(*names)
        holders = [f"n{address[-1]}" for address in names]
        visitor.wait_for_holders(*holders)

        def agree(holders: list[str] = holders, names: tuple[str, ...] = names, others: tuple[str, ...] = others) -> bool:
            status, metrics = visitor.get("/status").json(), visitor.get("/metrics")
            held = {entry["hostname"] for entry in status["routers"] if entry["state"] == "active"} == set(holders)
            counted = metrics.number(f'swarmvip_address_holders{{group="web",vip="{VIP}"}}') == len(names)
            named = all(metrics.number(f'swarmvip_address_holder{{group="web",vip="{VIP}",node="n{a[-1]}"}}') == 1 for a in names)
            unnamed = all(metrics.number(f'swarmvip_address_holder{{group="web",vip="{VIP}",node="n{a[-1]}"}}') is None
                          for a in others)
            return held and counted and named and unnamed

        assert agree() or wait_until(agree, PATIENCE, lambda: visitor.get("/metrics").body)

    group = visitor.state()["groups"][0]
    assert (group["name"], group["generation"], group["auth"]) == ("web", bed.plan()["generation"], "hmac")
    assert group["addresses"][0]["state"] == "none"
    assert {node["name"]: node["word"] for node in group["nodes"]} == dict.fromkeys(("n1", "n2", "n3"), "reports")


def test_the_page_asks_for_nothing_from_elsewhere(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    start(bed, visitor)
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), *((f"/{name}", "text/javascript") for name in SCRIPTS),
                       ("/api/state", "application/json"), ("/status", "application/json"), ("/metrics", "text/plain"),
                       ("/healthz", "text/plain")):
        answer = visitor.get(path)
        assert answer.status == 200 and answer.headers["Content-Type"].startswith(kind), (path, answer)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert visitor.get("/elsewhere").status == 404


def test_what_is_known_is_not_sent_again(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    start(bed, visitor)
    visitor.wait_for_holders("n1")
    agents.wait_until_asked(2)
    known = visitor.get("/api/state").json()

    agents.wait_until_asked(3)
    same = visitor.get(f"/api/state?known={known['serial']}").json()
    assert same["serial"] == known["serial"] and "state" not in same, same
    assert same["operator"] == {"version": known["operator"]["version"], "service": "", "failure": "",
                                "node": socket.gethostname()}

    agents.hold(N2)
    wait_until(lambda: "state" in visitor.get(f"/api/state?known={known['serial']}").json(), PATIENCE, "something is new")


def test_a_failover_shows_within_two_seconds_while_the_dead_node_hangs(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    start(bed, visitor, speed=1.0)
    visitor.wait_for_holders("n1")
    time.sleep(3 * POLL)  # the page has been open for a while

    visitor.pages.namespace.nft(f"table inet dead {{ chain input {{ type filter hook input priority 0; "
                                f"ip daddr {N1} tcp dport 9112 drop; }}; }}")
    agents.hold(N2)
    began = time.monotonic()
    visitor.wait_for_holders("n2")
    took = time.monotonic() - began

    print(f"shown after {took:.2f} s")
    assert took < SHOWN_WITHIN
    dead = next(node for node in visitor.state()["groups"][0]["nodes"] if node["name"] == "n1")
    assert dead["word"] == "unknown" and "Timeout" in dead["reason"] and dead["heard_ms"] > 0
    ages = []
    for _ in range(20):
        ages.append(visitor.get("/api/state").json()["age_ms"])
        time.sleep(POLL / 5)
    assert max(ages) < 1500, f"facts stay fresh while it hangs: {ages}"


def test_who_looks_on_makes_no_event_of_a_hand_over(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    """Nobody for a moment is an event only when it lasts, however often one looks."""
    agents.hold(N1)
    operator = start(bed, visitor, speed=1.0)
    visitor.wait_for_holders("n1")
    operator.wait_for("holder", "is on n1")

    began = time.monotonic()
    agents.hold()
    visitor.wait_for_holders()
    agents.wait_until_asked(1)
    agents.hold(N2)
    took = time.monotonic() - began
    operator.wait_for("holder", "is on n2, before on n1")

    assert took > BETWEEN_SIGHTINGS or not operator.lines("no_holder"), took


def test_what_happened_while_the_operator_was_away_is_in_the_history(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    hour_ago = int(time.time() * 1000) - 3_600_000
    told = [transition(hour_ago, "started", to="backup"), transition(hour_ago + 5_000, silence_ms=930)]
    agents.roles[N1] = [router("active", transitions=told)]
    start(bed, visitor)
    visitor.wait_for_holders("n1")

    history = visitor.state()["history"]
    assert [(entry["node"], entry["to"], entry["at_ms"]) for entry in history] == [
        ("n1", "backup", hour_ago), ("n1", "active", hour_ago + 5_000)]
    assert history[1]["text"] == f"n1 took {VIP} over: its holder n2 was silent for 0.93 s"
    assert visitor.get("/metrics").number('swarmvip_cluster_takeover_seconds_count{group="web"}') == 0, "before its time"

    told.append(transition(int(time.time() * 1000) + 60_000, silence_ms=40))
    counted = 'swarmvip_cluster_takeover_seconds_bucket{group="web",le="0.05"}'
    wait_until(lambda: visitor.get("/metrics").number(counted) == 1, PATIENCE, lambda: visitor.get("/metrics").body)
    agents.wait_until_asked(4)
    assert visitor.get("/metrics").number('swarmvip_cluster_takeover_seconds_count{group="web"}') == 1, "each once"
    assert len(visitor.state()["history"]) == 3


def test_two_owners_and_none_are_counted_in_seconds(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    start(bed, visitor)
    visitor.wait_for_holders("n1")

    def seconds(kind: str) -> float:
        return visitor.get("/metrics").number(f'swarmvip_{kind}_seconds_total{{group="web"}}') or 0

    assert seconds("split_brain") == seconds("ownerless") == 0
    agents.hold(N1, N2)
    wait_until(lambda: seconds("split_brain") >= 4, PATIENCE, "two owners are counted")
    assert seconds("ownerless") == 0
    agents.hold()
    wait_until(lambda: seconds("ownerless") >= 4, PATIENCE, "no owner is counted")
    agents.roles[N3] = SILENT
    agents.wait_until_asked(2)
    before = seconds("ownerless")
    agents.wait_until_asked(3)
    assert seconds("ownerless") == before, "who is silent may have it"


def test_problems_of_the_swarm_and_of_agents(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    start(bed, visitor)
    agents.roles[N3] = [router("fault", trouble="link_down", reason="interface eth0 is down")]
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="x")

    def problems() -> list[Any]:
        return [problem for group in visitor.state()["groups"] for problem in group["problems"]]

    wait_until(lambda: len(problems()) == 2, PATIENCE, lambda: f"both are shown\n{visitor.state()}")
    error, warning = problems()
    assert error["severity"] == "error" and "node n3: router 51 (ipv4): interface eth0 is down; see to" in error["text"]
    assert warning["severity"] == "warning" and "'x' is not allowed" in warning["text"]
    assert visitor.get("/status").json()["problems"] == [
        {"group": "web", "severity": problem["severity"], "text": problem["text"]} for problem in (warning, error)]
    metrics = visitor.get("/metrics")
    assert [metrics.number(f'swarmvip_group_problems{{group="web",severity="{severity}"}}')
            for severity in ("note", "warning", "error")] == [0, 1, 1]


def test_a_token_is_asked_for_and_may_change(bed: Bed, agents: Cast, visitor: Visitor, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken+/=\n")
    operator = start(bed, visitor, SWARM_VIP_PAGE_TOKEN_FILE=str(token))

    for path in ("/", "/page.css", *(f"/{name}" for name in SCRIPTS), "/healthz"):
        assert visitor.get(path).status == 200, f"{path} holds nothing secret"
    for path in ("/api/state", "/status", "/metrics"):
        none, wrong = visitor.get(path), visitor.get(path, Authorization="Bearer t0ken")
        assert none.status == wrong.status == 401, path
        assert (none.json(), wrong.json()) == ({"error": "a token is asked for"}, {"error": "the token is wrong"})
        assert visitor.get(path, Authorization="Bearer t0ken+/=").status == 200
        assert visitor.get(path, Cookie="other=x; swarm-vip-token=t0ken+/=").status == 200
        assert visitor.get(path, Cookie="swarm-vip-token=t0ken%2B%2F%3D", Host="manager.example").status == 200

    token.write_text("another\n")
    operator.look()
    wait_until(lambda: visitor.get("/status", Authorization="Bearer another").status == 200, PATIENCE, "the new one counts")
    assert visitor.get("/status", Authorization="Bearer t0ken+/=").status == 401
    assert "t0ken" not in operator.log() and len(operator.lines("page")) == 1


def test_a_name_from_elsewhere_does_not_lead_here(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    """What a page in a browser on this host could do with a name that it lets point to 127.0.0.1."""
    start(bed, visitor)
    for path in ("/api/state", "/status", "/metrics"):
        assert visitor.get(path, Host=f"evil.example:{PORT}").status == 403
        assert visitor.get(path, Host=f"localhost:{PORT}").status == 200


@pytest.mark.parametrize("only_ipv6", [0, 1])
def test_all_addresses_of_both_families(bed: Bed, agents: Cast, visitor: Visitor, only_ipv6: int) -> None:
    visitor.pages.namespace.sysctl(ipv6__bindv6only=only_ipv6)
    start(bed, visitor, SWARM_VIP_PAGE_LISTEN=f":{PORT}")
    for host in ("127.0.0.1", "::1", N1):
        elsewhere = Visitor(visitor.pages, host)
        assert elsewhere.get("/healthz").status == 200, host
        assert elsewhere.get("/status", Host="manager.example").status == 200, "who opens it has names for it"


def test_a_taken_port_keeps_nobody_from_work(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    squatter = visitor.pages.namespace.inside(lambda: socket.create_server(("127.0.0.1", PORT)))
    try:
        operator = bed.start(wrapper=("nsenter", f"--net={visitor.pages.namespace.path}"), SWARM_VIP_PAGE_LISTEN=UNSET)
        bed.wait_converged()
        warning = operator.wait_for("page_failed")
        assert warning["level"] == "warning" and warning["address"] == f"127.0.0.1:{PORT}"
        assert "in use" in warning["what"] and "tried again" in warning["what"]
        bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
        bed.wait_converged()
        operator.wait_for("holder", "is on n1")
    finally:
        squatter.close()
    operator.wait_for("page", str(PORT))
    assert visitor.get("/healthz").status == 200
    assert len(operator.lines("page_failed")) == 1, "said once"


def test_two_operators_on_one_host_have_one_page(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    first = start(bed, visitor)
    second = bed.start(wrapper=("nsenter", f"--net={visitor.pages.namespace.path}"), SWARM_VIP_PAGE_LISTEN=UNSET)
    second.wait_for("page_failed", "in use")
    bed.wait_for_looks(2)
    assert first.stop() == 0
    second.wait_for("page", str(PORT))
    wait_until(visitor.is_there, PATIENCE, "the other one has it")


def test_off_and_dry_run_listen_nowhere_and_ask_nobody(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    namespace = f"--net={visitor.pages.namespace.path}"
    bed.start(wrapper=("nsenter", namespace), SWARM_VIP_PAGE_LISTEN="off")
    bed.wait_converged()
    only_says = bed.start(wrapper=("nsenter", namespace), SWARM_VIP_PAGE_LISTEN=UNSET, SWARM_VIP_DRY_RUN="true")
    bed.wait_for_looks(3)
    plan = visitor.pages.run("plan", host=bed.engine.host)
    assert plan.returncode == 0, plan
    assert not visitor.is_there() and not only_says.lines("page_failed")


def test_the_settings_file_may_move_the_page(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    file = bed.directory / "groups.json"

    def write(listen: str | int) -> None:
        group = {"group": "web", "addresses": [VIP], "router_id": 51}
        file.write_text(json.dumps({"page_listen": listen, "groups": [group]}))

    write(9200)
    visitor.port = 9200
    operator = start(bed, visitor, SWARM_VIP_CONFIG=str(file))
    write("127.0.0.1:9201")
    operator.look()
    moved = Visitor(visitor.pages, port=9201)
    wait_until(moved.is_there, PATIENCE, "it is at the new place")
    assert not visitor.is_there()
    write("off")
    operator.look()
    wait_until(lambda: not moved.is_there(), PATIENCE, "it is gone")
    write("nowhere")
    operator.look()
    operator.wait_for("setting", "page_listen: 'nowhere' is not allowed")


def test_a_swarm_that_does_not_answer_is_said(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    operator = start(bed, visitor, SWARM_VIP_RESYNC="1s")
    visitor.wait_for_holders("n1")

    bed.engine.faults.next("*", "no leader", times=None)
    operator.look()
    wait_until(lambda: "leader" in visitor.get("/api/state").json()["operator"]["failure"], PATIENCE, "the page knows")
    wait_until(lambda: visitor.get("/healthz").status == 503, PATIENCE, "it is not well any more")
    assert "no look at the Swarm has succeeded for" in visitor.get("/healthz").body
    assert (visitor.get("/metrics").number("swarmvip_operator_look_failures_total") or 0) > 0
    agents.hold(N2)
    visitor.wait_for_holders("n2")

    bed.engine.faults.clear()
    wait_until(lambda: visitor.get("/healthz").status == 200, PATIENCE, "and is well again")
    wait_until(lambda: not visitor.get("/api/state").json()["operator"]["failure"], PATIENCE, "and says so")


def test_visitors_who_do_nothing_delay_no_work(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    agents.hold(N1)
    operator = start(bed, visitor)

    def hang() -> list[socket.socket]:
        return [socket.create_connection(("127.0.0.1", PORT), 5) for _ in range(30)]

    stuck = visitor.pages.namespace.inside(hang)
    try:
        for connection in stuck:
            connection.sendall(b"GET /api/state HTTP/1.1\r\nX: ")
        bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
        bed.wait_converged()
        agents.hold(N2)
        operator.wait_for("holder", "is on n2")
        wait_until(visitor.is_there, PATIENCE, "their time is over")
    finally:
        for connection in stuck:
            connection.close()
    assert operator.stop() == 0


def test_a_place_that_is_none_ends_the_operator(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_PAGE_LISTEN="192.0.2.7")
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_PAGE_LISTEN: '192.0.2.7' is not allowed; ADDRESS:PORT" in operator.log()


def test_an_agent_of_tomorrow_or_of_yesterday_is_shown_all_the_same(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    """Strings may be anything: they travel as JSON, and nothing of them is markup here."""
    hostile = "<img src=x onerror=alert(1)>"
    agents.roles[N1] = [router("active", cause=hostile, trouble=hostile, interface=hostile, transitions=[{"at_ms": "x"}, 7])]
    start(bed, visitor)
    visitor.wait_for_holders("n1")
    shown = next(node for node in visitor.state()["groups"][0]["nodes"] if node["name"] == "n1")["routers"][0]
    assert (shown["cause"], shown["trouble"], shown["interface"]) == (hostile, hostile, hostile)


def test_agents_of_the_version_before_are_shown_and_followed(bed: Bed, agents: Cast, visitor: Visitor) -> None:
    """They tell of no transitions: what moves is seen by looking, and their /metrics nobody misses here."""
    told = json.loads(RECORDED.read_text())["routers"][0]
    assert told["state"] == "active" and told["addresses"] == [f"{VIP}/32"] and "transitions" not in told
    follows = told | {"state": "backup", "priority": 100}
    agents.roles = {N1: [told], N2: [follows], N3: [follows]}
    operator = start(bed, visitor)
    visitor.wait_for_holders("n1")
    shown = next(node for node in visitor.state()["groups"][0]["nodes"] if node["name"] == "n1")["routers"][0]
    since = datetime.fromisoformat(told["since"]).timestamp()
    assert (shown["state"], shown["cause"], shown["since_ms"]) == ("active", told["cause"], round(since * 1000))
    operator.wait_for("holder", "is on n1")

    agents.roles = {N1: [follows], N2: [told], N3: [follows]}
    visitor.wait_for_holders("n2")
    operator.wait_for("holder", "is on n2, before on n1")
    wait_until(lambda: [entry["node"] for entry in visitor.state()["history"]][-1:] == ["n2"], PATIENCE, "it is history")
    metrics = visitor.get("/metrics")
    assert metrics.number('swarmvip_holder_changes_total{group="web"}') == 1, metrics.body
    assert metrics.number('swarmvip_cluster_takeover_seconds_count{group="web"}') == 0, "of which nobody told"
