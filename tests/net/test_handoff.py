"""A new agent beside the old one on one host, as Swarm starts it: it takes over, and nobody on the LAN can tell.

Every agent runs in the namespace of n1, with n2 as the peer. P1 to P4, P14 and P20 of the protocol's pitfalls.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import struct
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent import VIP, WITHOUT_UNIX, Agent, binary
from cluster import Cluster
from netns import Host, wait_until

TEST = 2.0  # how long a new agent tests itself before it asks
SOON = TEST + 2.0
BUSY = 0.15  # what a busy machine may add to an advertisement


class Handoff:
    """One host where agents are started beside each other, and what they say of themselves."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.host = cluster.n1
        self.key: dict[str, Any] = self.make_key()
        self.generation = 1
        self.wrapper: Sequence[str] = ()  # of agents, and of commands that ask them

    def make_key(self) -> dict[str, Any]:
        path: Path = self.cluster.lan.log_dir / f"key-{secrets.token_hex(4)}"
        path.write_text(f"1:{secrets.token_hex(32)}\n")
        return {"mode": "hmac", "file": str(path)}

    def start(self, host: Host | None = None, generation: int | None = None, auth: dict[str, Any] | None = None,
              **settings: Any) -> Agent:
        changes = {"auth": auth or self.key, "generation": generation or self.generation} | settings.pop("changes", {})
        self.cluster.use_plan({self.cluster.n1: 200, self.cluster.n2: 100}, changes=changes, **settings)
        return Agent.from_plan(host or self.host, self.cluster.plan, wrapper=self.wrapper)

    def start_pair(self, **settings: Any) -> tuple[Agent, Agent]:
        """n1's old agent in charge and active, n2's as its backup."""
        old, peer = self.start(**settings), self.start(self.cluster.n2, **settings)
        self.cluster.owners.wait_for_owner(self.cluster.n1)
        peer.wait_for_state("backup")
        return old, peer

    def agents(self) -> list[dict[str, Any]]:
        """What the agents on the host say of themselves."""
        answer = self.host.run([*self.wrapper, str(binary()), "status", "--json"], check=False)
        return json.loads(answer.stdout)["agents"] if answer.returncode == 0 else []

    def agents_of_loopback(self) -> list[dict[str, Any]]:
        """The same of those that are denied unix sockets, whom whoever is denied them can ask."""
        answer = self.host.run([*WITHOUT_UNIX, str(binary()), "status", "--json"], check=False)
        return json.loads(answer.stdout or '{"agents": []}')["agents"]

    def standings(self) -> dict[str, bool]:
        """What they are, and whether they are healthy."""
        return {agent["charge"]: agent["healthy"] for agent in self.agents()}

    def wait_for(self, *standings: str, timeout: float = SOON) -> dict[str, bool]:
        return wait_until(lambda: (now := self.standings()).keys() == set(standings) and now, timeout,
                          lambda: f"agents that are {standings}: {self.standings()}\n{self.cluster.logs()}")

    @contextlib.contextmanager
    def unnoticed(self, gap: float | None = None) -> Generator[None, None, None]:
        """Whatever happens inside: no ping is lost, no advertisement late, no address touched, no state changes."""
        cluster = self.cluster
        with cluster.ping() as ping:
            begin = time.monotonic()
            time.sleep(2 * cluster.plan.interval)  # there is a last advertisement before
            yield
            time.sleep(4 * cluster.plan.interval)
            report = ping.report()
        adverts = [advert.time for advert in cluster.wire.adverts("n1", begin)]
        longest = max(b - a for a, b in zip(adverts, adverts[1:]))
        print(f"{report}; {len(adverts)} advertisements, at most {longest * 1000:.0f} ms apart")
        assert report.lost == 0, cluster.logs()
        assert longest <= (gap or cluster.plan.interval + BUSY), cluster.logs()
        assert cluster.owners.changes(begin) == [], cluster.owners
        assert not cluster.wire.adverts("n2", begin)
        assert not [advert for advert in cluster.wire.adverts("n1", begin) if advert.priority == 0]



@pytest.fixture
def handoff(cluster: Cluster, request: pytest.FixtureRequest) -> Handoff:
    handoff = Handoff(cluster)
    if getattr(request, "param", "") == "loopback":
        handoff.wrapper = WITHOUT_UNIX
    return handoff


# P4: also where AppArmor denies containers unix sockets.
either_way = pytest.mark.parametrize("handoff", ["unix", "loopback"], indirect=True)


def end(agent: Agent, within: float = 2.0) -> None:
    """SIGTERM, and it goes at once and in peace."""
    begin = time.monotonic()
    assert agent.stop() == 0, agent.log()
    assert time.monotonic() - begin < within


@either_way
@pytest.mark.parametrize("interval_ms", [1000, 250, 100])
def test_the_new_agent_goes_on(handoff: Handoff, interval_ms: int) -> None:
    old, _ = handoff.start_pair(interval_ms=interval_ms)
    with handoff.unnoticed():
        new = handoff.start(interval_ms=interval_ms)
        assert handoff.wait_for("in charge", "candidate") == {"in charge": True, "candidate": False}
        assert handoff.wait_for("in charge", "deposed") == {"in charge": True, "deposed": True}
        assert old.program.is_running(), "Swarm would start another one"
        end(old)
    assert "event=took_over" in new.log() and "event=state" not in new.log()


@either_way
def test_the_health_check_asks_its_own_container(handoff: Handoff) -> None:
    """P14: it is the gate of a rolling update, and must not be answered by the old agent."""
    cluster = handoff.cluster

    def contained() -> Agent:
        path = cluster.plan.write(cluster.lan.log_dir / f"plan-{len(cluster.n1.programs)}.json")
        return Agent(cluster.n1, ["--plan", str(path), "--node", "n1"],
                     wrapper=[*handoff.wrapper, "unshare", "--pid", "--fork", "--kill-child"])

    def is_healthy(container: Agent) -> bool:
        inside = wait_until(lambda: Path(f"/proc/{container.program.pid}/task/{container.program.pid}/children")
                            .read_text().split(), 5, "it runs")[0]
        enter = ["nsenter", f"--pid=/proc/{inside}/ns/pid"]
        return handoff.host.run([*enter, *handoff.wrapper, str(binary()), "healthcheck"], check=False).returncode == 0

    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": handoff.key})
    old = contained()
    wait_until(lambda: is_healthy(old), 5, "the first is in charge")
    new = contained()
    handoff.wait_for("in charge", "candidate")
    assert is_healthy(old) and not is_healthy(new)
    handoff.wait_for("in charge", "deposed")
    assert is_healthy(old) and is_healthy(new)


def test_a_backup_goes_on_as_backup(handoff: Handoff) -> None:
    active, _ = handoff.start_pair()
    cluster = handoff.cluster
    with handoff.unnoticed():
        handoff.start(cluster.n2)
        handoff.host = cluster.n2
        handoff.wait_for("in charge", "deposed")
    active.kill()
    wait_until(lambda: "n2" in cluster.owners.now(), cluster.plan.down(cluster.n2) + 0.5, "the backup follows")


def test_the_plan_s_generation_does_not_decide(handoff: Handoff) -> None:
    """P2: a rollback starts the older plan beside the newer one."""
    old, _ = handoff.start_pair(generation=7)
    with handoff.unnoticed():
        handoff.start(generation=8)
        handoff.wait_for("in charge", "deposed")
        end(old)
        handoff.start(generation=7)
        handoff.wait_for("in charge", "deposed")
    assert any(agent["generation"] == 7 and agent["charge"] == "in charge" for agent in handoff.agents())


def test_other_settings_count_from_there(handoff: Handoff) -> None:
    old, _ = handoff.start_pair()
    cluster = handoff.cluster
    begin = time.monotonic()
    cluster.use_plan({cluster.n1: 180, cluster.n2: 100}, addresses=[f"{VIP}/32", "192.0.2.101/32"],
                     changes={"auth": handoff.key, "generation": 2})
    Agent.from_plan(cluster.n1, cluster.plan)
    handoff.wait_for("in charge", "deposed")
    cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 180 and len(a.addresses) == 2, since=begin)
    wait_until(lambda: "192.0.2.101" in cluster.n1.addresses(), 2, "the added address")
    assert cluster.owners.changes(begin) == []
    end(old)


# --- the charge comes back ---

@either_way
def test_the_new_one_is_killed(handoff: Handoff) -> None:
    """P1: a rollback gives the old agents no signal, the charge is only lent."""
    handoff.start_pair()
    new = handoff.start()
    handoff.wait_for("in charge", "deposed")
    with handoff.unnoticed():
        new.kill()
        assert handoff.wait_for("in charge", timeout=1) == {"in charge": True}


@either_way
def test_the_new_one_is_stopped(handoff: Handoff) -> None:
    handoff.start_pair()
    new = handoff.start()
    handoff.wait_for("in charge", "deposed")
    with handoff.unnoticed():
        end(new)
        handoff.wait_for("in charge", timeout=1)


@either_way
def test_the_new_one_crashes_and_comes_again(handoff: Handoff) -> None:
    """Its parent starts it again, but the old agent is quicker; later it takes over once more."""
    handoff.start_pair()
    new = handoff.start()
    handoff.wait_for("in charge", "deposed")
    with handoff.unnoticed():
        os.kill(new.worker, signal.SIGKILL)
        handoff.wait_for("in charge", "candidate", timeout=1)
        handoff.wait_for("in charge", "deposed")
    assert new.log().count("event=took_over") == 2 and "event=resumed" not in new.log()


@either_way
def test_a_signal_while_the_new_one_still_tests_hands_over_now(handoff: Handoff) -> None:
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        handoff.start()
        handoff.wait_for("in charge", "candidate", timeout=TEST)
        end(old)
        handoff.wait_for("in charge", timeout=TEST)


@either_way
def test_a_crash_right_after_it_took_over(handoff: Handoff) -> None:
    """P5: its packets are numbered ahead of the clock since then, and the next life's are numbered above them."""
    old, peer = handoff.start_pair()
    with handoff.unnoticed():
        new = handoff.start()
        handoff.wait_for("in charge", "candidate", timeout=TEST)
        end(old)
        handoff.wait_for("in charge", timeout=TEST)  # the old one is gone as soon as it has said so
        new.crash()
    assert "event=resumed" in new.log()
    counters = peer.router()["counters"]
    assert counters["replay"] == 0, counters


@either_way
def test_three_at_once(handoff: Handoff) -> None:
    """swarm-facts: a second update before the first is through; the older ones have their SIGTERM together."""
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        second, third = handoff.start(), handoff.start()
        wait_until(lambda: sorted(a["charge"] for a in handoff.agents()) == ["deposed", "deposed", "in charge"], 10,
                   lambda: handoff.cluster.logs())
        old.program.signal(signal.SIGTERM)
        end(second)
        assert old.program.wait() == 0
        assert handoff.standings() == {"in charge": True}
    assert third.program.is_running()


@either_way
def test_of_three_the_one_in_charge_dies(handoff: Handoff) -> None:
    handoff.start_pair()
    handoff.start()
    handoff.wait_for("in charge", "deposed")
    third = handoff.start()
    wait_until(lambda: sorted(a["charge"] for a in handoff.agents()) == ["deposed", "deposed", "in charge"], SOON,
               lambda: handoff.cluster.logs())
    with handoff.unnoticed():
        third.kill()
        wait_until(lambda: sorted(a["charge"] for a in handoff.agents()) == ["deposed", "in charge"], 2, "one goes on")


# --- who may not take over ---

@either_way
def test_a_frozen_predecessor(handoff: Handoff) -> None:
    """P3: connecting to a stopped process succeeds. The new one waits; the woken one hands over before it speaks."""
    old, peer = handoff.start_pair()
    cluster = handoff.cluster
    old.program.signal(signal.SIGSTOP)
    new = handoff.start()
    new.program.wait_for_log("event=start")
    wait_until(lambda: "n2" in cluster.owners.now(), cluster.plan.lease_max + 2, "the peer follows")
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + 2)
    begin = time.monotonic()
    cluster.owners.stays(["n2"], TEST)
    assert not cluster.wire.adverts("n1", begin), "nobody speaks for the host"
    peer.kill()
    old.program.signal(signal.SIGCONT)
    cluster.owners.wait_for_owner(cluster.n1, timeout=cluster.plan.lease_max + SOON)
    assert handoff.wait_for("in charge", "deposed") == {"in charge": True, "deposed": True}
    end(old)


@either_way
def test_a_frozen_successor_returns_no_second_owner(handoff: Handoff) -> None:
    handoff.start_pair()
    cluster = handoff.cluster
    new = handoff.start()
    handoff.wait_for("in charge", "deposed")
    new.program.signal(signal.SIGSTOP)
    begin = time.monotonic()
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + 2)
    assert not cluster.wire.adverts("n1", begin + 2 * cluster.plan.interval)
    new.kill()
    cluster.owners.wait_for_owner(cluster.n1)  # it has the better priority
    handoff.wait_for("in charge")


@either_way
def test_another_key(handoff: Handoff) -> None:
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        new = handoff.start(auth=handoff.make_key())
        assert handoff.wait_for("in charge", "seeking") == {"in charge": True, "seeking": False}
        time.sleep(TEST)
        assert handoff.standings() == {"in charge": True, "seeking": False}
        assert "another key" in str(handoff.agents())
        end(new)
    assert old.program.is_running()


@either_way
def test_a_key_that_both_know_is_enough(handoff: Handoff) -> None:
    handoff.start_pair()
    both = handoff.make_key()
    Path(both["file"]).write_text(Path(handoff.key["file"]).read_text() + f"2:{secrets.token_hex(32)}\n")
    with handoff.unnoticed():
        handoff.start(auth=both)
        handoff.wait_for("in charge", "deposed")


@either_way
def test_one_whose_interface_is_not_here_takes_nothing(handoff: Handoff) -> None:
    """A slip in a setting: who works keeps the address, and the new one never gets healthy."""
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        new = handoff.start(changes={"interface": "nope0"})
        wait_until(lambda: "'nope0' is not an interface of this host" in str(handoff.agents()), SOON, "it says why")
        time.sleep(TEST)
        assert handoff.standings() == {"in charge": True, "candidate": False}
        end(new)
        better = handoff.start()
        handoff.wait_for("in charge", "deposed")
    assert old.program.is_running() and better.program.is_running()


def test_with_an_interface_of_its_own_that_is_not_here_it_goes_without(handoff: Handoff) -> None:
    """A slip in one node's label must not keep the plan from all others."""
    handoff.start_pair()
    members = [member | ({"interface": "nope0"} if member["id"] == "n1" else {})
               for member in handoff.cluster.plan.document()["members"]]
    handoff.start(changes={"members": members})
    handoff.wait_for("in charge", "deposed")
    handoff.cluster.owners.wait_for_owner(handoff.cluster.n2)


def test_one_that_stands_by_is_no_measure(handoff: Handoff) -> None:
    """Who joins with a wrong interface is in a fault, and healthy: it has nothing to lose."""
    handoff.start(changes={"members": [member for member in handoff.cluster.plan.document()["members"]
                                       if member["id"] != "n1"]})
    handoff.wait_for("in charge")
    handoff.start(changes={"interface": "nope0"})
    handoff.wait_for("in charge", "deposed")


def test_where_the_old_one_does_not_work_either_the_new_one_takes_over(handoff: Handoff) -> None:
    handoff.start(changes={"interface": "nope0"})
    handoff.wait_for("in charge")
    handoff.start(changes={"interface": "nope1"})
    handoff.wait_for("in charge", "deposed")
    handoff.start()
    handoff.cluster.owners.wait_for_owner(handoff.host)


# --- strangers, and agents of another version ---

NAME = "\0swarm-vip/charge/web"
PLACE = ("127.120.180.191", 9111)  # the name's, where unix sockets are denied


def frame(**message: Any) -> bytes:
    text = json.dumps(message).encode()
    return struct.pack(">IB", len(text), 0) + text


class Sibling:
    """An agent of another version, as far as its side of the conversation goes; the group has no key."""

    def __init__(self, host: Host, started: int):
        self._rest = b""

        def connect() -> socket.socket:
            unix = socket.socket(socket.AF_UNIX)
            unix.settimeout(5)
            unix.connect(NAME)
            return unix

        self.unix = host.inside(connect)
        self.say(kind="hello", version="99.0", challenge="c", started=started, nonce=1, has_keys=False, colour="blue")
        assert self.hear()["kind"] == "hello"
        self.say(kind="proof", proofs=[], more={"of": "it"})
        assert self.hear()["kind"] == "proof"

    def say(self, **message: Any) -> None:
        self.unix.sendall(frame(**message))

    def hear(self, *kinds: str) -> dict[str, Any]:
        while True:
            while len(self._rest) < 5 or len(self._rest) < 5 + struct.unpack_from(">I", self._rest)[0]:
                more, _, _, _ = socket.recv_fds(self.unix, 1 << 16, 8)
                assert more, "the agent hung up"
                self._rest += more
            size = struct.unpack_from(">I", self._rest)[0]
            message, self._rest = json.loads(self._rest[5:5 + size]), self._rest[5 + size:]
            if not kinds or message["kind"] in kinds:
                return message


def start_without_key(handoff: Handoff) -> None:
    handoff.key = {"mode": "none"}
    handoff.start_pair()


def test_a_newer_version_is_understood(handoff: Handoff) -> None:
    """What it says beyond our words is passed over; when it goes, the charge comes back."""
    start_without_key(handoff)
    with handoff.unnoticed():
        sibling = Sibling(handoff.host, started=1 << 62)
        sibling.say(kind="greeting", of="later versions")
        sibling.say(kind="ask", urgency=3)
        ready = sibling.hear("ready")
        assert json.loads(ready["state"])["routers"]
        sibling.say(kind="abort", handoff=ready["handoff"])
        wait_until(lambda: handoff.standings() == {"in charge": True}, 2, "it goes on")
        sibling.unix.close()


def test_one_that_falls_silent_costs_less_than_an_interval(handoff: Handoff) -> None:
    start_without_key(handoff)
    with handoff.unnoticed(gap=2 * 0.25 + BUSY):
        sibling = Sibling(handoff.host, started=1 << 62)
        sibling.say(kind="ask")
        ready = sibling.hear("ready")
        assert sibling.hear("abort")["handoff"] == ready["handoff"]
        sibling.say(kind="commit", handoff=ready["handoff"])
        assert sibling.hear("abort")["handoff"] == ready["handoff"], "too late"
        sibling.unix.close()


def test_a_stranger_with_the_name(handoff: Handoff) -> None:
    """P4: whoever has the name may be in charge; the agent is silent and unhealthy until it is gone."""

    def take() -> socket.socket:
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(NAME)
        unix.listen()
        return unix

    handoff.key = {"mode": "none"}
    with handoff.host.inside(take):
        agent = handoff.start()
        assert handoff.wait_for("seeking") == {"seeking": False}
        begin = time.monotonic()
        handoff.cluster.owners.stays([], TEST)
        assert not handoff.cluster.wire.adverts("n1", begin)
    handoff.cluster.owners.wait_for_owner(handoff.host)
    assert handoff.wait_for("in charge") == {"in charge": True}
    assert agent.stop() == 0


@either_way
def test_noise_on_the_socket_delays_nothing(handoff: Handoff) -> None:
    handoff.start_pair()
    way, name = ((socket.AF_INET,), PLACE) if handoff.wrapper else ((socket.AF_UNIX,), NAME)
    with handoff.unnoticed():
        def shout() -> None:
            for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 65536, frame(kind="hello"), frame(kind="ask") * 99,
                          struct.pack(">IB", 9, 0) + b"{\"kind\":1", struct.pack(">IB", 4 << 20, 0) + b"a" * 100000):
                for _ in range(20):
                    with socket.socket(*way) as loud:
                        loud.setblocking(False)
                        try:
                            loud.connect(name)
                            loud.send(noise)
                        except OSError:
                            pass  # hung up on, or full

        handoff.host.inside(shout)
        assert handoff.standings() == {"in charge": True}
        handoff.start()
        handoff.wait_for("in charge", "deposed")


# --- without unix sockets ---

def test_what_is_denied_is_said(handoff: Handoff) -> None:
    handoff.wrapper = WITHOUT_UNIX
    old, _ = handoff.start_pair()
    assert "event=no_unix_sockets" in old.log() and "unix socket: Permission denied" in old.log()


def test_the_status_page_is_free_for_a_moment_only(handoff: Handoff) -> None:
    """Over TCP no descriptor travels: the port is closed before it is opened."""
    handoff.wrapper = WITHOUT_UNIX
    old, _ = handoff.start_pair()
    refused: list[float] = []
    answered = set()
    with handoff.unnoticed():
        handoff.start()
        deadline = time.monotonic() + TEST + 1.5
        while time.monotonic() < deadline:
            asked = time.monotonic()
            try:
                status, body = old.http_get("/status", from_host=handoff.cluster.client)
                answered.add(json.loads(body)["agent"]["pid"])
                assert status == 200
            except OSError:
                refused.append(asked)
    assert not refused or refused[-1] - refused[0] < 0.5, "a moment"
    assert len(answered) == 2


def test_one_that_is_denied_leaves_one_that_is_not_alone(handoff: Handoff) -> None:
    """A profile that was tightened under a running agent: the new one cannot ask it, and so is silent."""
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        handoff.wrapper = WITHOUT_UNIX
        new = handoff.start()
        new.program.wait_for_log("event=start")
        time.sleep(TEST + 0.5)
    [waiting] = wait_until(handoff.agents_of_loopback, 2, "it answers")
    assert (waiting["charge"], waiting["healthy"]) == ("seeking", False)
    assert "cannot be asked" in waiting["waits"]
    old.program.signal(signal.SIGTERM)
    wait_until(lambda: [agent["charge"] for agent in handoff.agents_of_loopback()] == ["in charge"], 10, new.log)
    handoff.cluster.owners.wait_for_owner(handoff.host)


def test_one_that_is_not_denied_takes_over_from_one_that_is(handoff: Handoff) -> None:
    handoff.wrapper = WITHOUT_UNIX
    old, _ = handoff.start_pair()
    handoff.wrapper = ()
    with handoff.unnoticed():
        second = handoff.start()
        handoff.wait_for("in charge", "candidate")
        handoff.wait_for("in charge", "deposed")
        end(old)
        handoff.start()
        handoff.wait_for("in charge", "deposed")
        end(second)


def test_without_a_key_nobody_is_believed_over_tcp(handoff: Handoff) -> None:
    """One of them serves all the same, and the next one when it is gone."""
    handoff.wrapper = WITHOUT_UNIX
    handoff.key = {"mode": "none"}
    old, _ = handoff.start_pair()
    with handoff.unnoticed():
        handoff.start()
        assert handoff.wait_for("in charge", "seeking") == {"in charge": True, "seeking": False}
        time.sleep(TEST + 0.5)
        assert handoff.standings() == {"in charge": True, "seeking": False}
        assert "without a key" in str(handoff.agents())
    assert old.stop() == 0
    handoff.wait_for("in charge")
    handoff.cluster.owners.wait_for_owner(handoff.host)


@pytest.mark.parametrize("address", [PLACE[0], "0.0.0.0"])
def test_a_stranger_with_the_port(handoff: Handoff, address: str) -> None:
    def take() -> socket.socket:
        tcp = socket.socket()
        tcp.bind((address, PLACE[1]))
        tcp.listen()
        return tcp

    handoff.wrapper = WITHOUT_UNIX
    with handoff.host.inside(take):
        handoff.start()
        assert handoff.wait_for("seeking") == {"seeking": False}
        assert f"somebody has TCP {PLACE[0]}:{PLACE[1]}" in str(handoff.agents())
        handoff.cluster.owners.stays([], TEST)
    handoff.cluster.owners.wait_for_owner(handoff.host)
    assert handoff.wait_for("in charge") == {"in charge": True}


def test_a_stranger_with_the_port_is_in_nobody_s_way_where_unix_sockets_work(handoff: Handoff) -> None:
    def take() -> list[socket.socket]:
        listening = []
        for port in (9110, 9111):
            listening.append(socket.create_server(("0.0.0.0", port)))
        return listening

    strangers = handoff.host.inside(take)
    handoff.start_pair()
    with handoff.unnoticed():
        handoff.start()
        handoff.wait_for("in charge", "deposed")
    for stranger in strangers:
        stranger.close()


# --- what goes along ---

def test_the_status_page_is_never_refused(handoff: Handoff) -> None:
    """P14: its port moves with the charge."""
    old, _ = handoff.start_pair()
    client = handoff.cluster.client
    answers = []

    def look() -> bool:
        status, body = old.http_get("/status", from_host=client)
        answers.append(json.loads(body))
        return status == 200

    with handoff.unnoticed():
        new = handoff.start()
        deadline = time.monotonic() + TEST + 1.5
        while time.monotonic() < deadline:
            assert look()
        new.kill()

        def look_again() -> bool:
            with contextlib.suppress(OSError):  # what the killed one had accepted, or until the old one listens
                return look()
            return False

        wait_until(look_again, 3, "the old one serves it again")
    pids = [answer["agent"]["pid"] for answer in answers]
    assert len(set(pids)) == 2 and pids[-1] == pids[0]
    # Asked of the old one and answered after the handoff: it says where it stands and nothing of the routers.
    told = [answer for answer in answers if answer["agent"]["charge"] != "deposed"]
    assert len(told) > 0.9 * len(answers) and all(answer["routers"][0]["state"] == "active" for answer in told)


@either_way
def test_with_a_virtual_mac(handoff: Handoff) -> None:
    old, _ = handoff.start_pair(changes={"virtual_mac": True})
    with handoff.unnoticed():
        new = handoff.start(changes={"virtual_mac": True})
        handoff.wait_for("in charge", "deposed")
        end(old)
        handoff.start(changes={"virtual_mac": True})
        handoff.wait_for("in charge", "deposed")
        end(new)


@either_way
def test_a_hundred_addresses(handoff: Handoff) -> None:
    more = [f"{VIP}/32", *(f"198.51.100.{i}/32" for i in range(1, 100))]
    old, _ = handoff.start_pair(addresses=more)
    with handoff.unnoticed():
        handoff.start(addresses=more)
        handoff.wait_for("in charge", "deposed")
        end(old)
