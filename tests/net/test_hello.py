"""Our own hello: members with a key ask each other who is there (UDP, on the status port). All of it helps, and
nothing depends on it."""

from __future__ import annotations

import contextlib
import functools
import re
import secrets
import signal
import socket
import time
from pathlib import Path

import pytest

from agent import STATUS_PORT, Agent
from capture import Capture
from cluster import Cluster
from dual import DualCluster, link_local, sum_counters
from netns import Host, wait_until

LATE = 0.5
MILLISECOND = 0.001  # what the log's seconds are cut to
ROUND = 10.0  # seconds between the questions of those who know each other


def use_key(cluster: Cluster, members: dict[Host, int], start_wait_ms: int | None = None, **changes: object) -> None:
    """A plan with a key and, unless said otherwise, with the long first listening."""
    path: Path = cluster.lan.log_dir / "key"
    if not path.exists():
        path.write_text(secrets.token_hex(32) + "\n")
    settings = {name: changes.pop(name) for name in ("preempt", "interval_ms", "lease") if name in changes}
    auth = {"auth": {"mode": "hmac", "file": str(path)}}
    if isinstance(cluster, DualCluster):
        routers = cluster.plan.document()["routers"]
        cluster.use_routers(members, routers, auth | changes, start_wait_ms=start_wait_ms, **settings)
    else:
        cluster.use_plan(members, start_wait_ms=start_wait_ms, changes=auth | changes, **settings)


def listened(agent: Agent) -> float:
    """For how long it was a backup before it became active, in seconds by its own clock."""
    return float(agent.program.wait_for_log(r"from=backup to=active.*after_s=([\d.]+)")[1])


def drop_hellos(cluster: Cluster) -> None:
    cluster.lan.switch.nft(f"""
        table bridge filter {{
          chain forward {{
            type filter hook forward priority 0;
            meta l4proto udp udp dport {STATUS_PORT} drop
          }}
        }}""")


def wait_for_contacts(wanted: dict[Host, int]) -> None:
    """Until the hosts' questions say with how many peers they had contact in the last whole round."""
    def matches(frame: bytes, contacts: int) -> bool:
        is_hello = frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == STATUS_PORT.to_bytes(2, "big")
        return is_hello and frame[42] == 0xF1 and frame[45] == 1 and frame[47] == contacts

    with contextlib.ExitStack() as stack:
        captures = {host: stack.enter_context(Capture(host)) for host in wanted}
        for host, contacts in wanted.items():
            captures[host].wait_for(functools.partial(matches, contacts=contacts), timeout=2 * ROUND + 2)


def test_a_cold_start_does_not_wait_for_strangers(cluster: Cluster) -> None:
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100})
    begin = time.monotonic()
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    print(f"active {cluster.owners.changes(begin)[0].time - begin:.2f} s after the start, "
          f"listened for {listened(agents['n1']):.2f} s, long: {cluster.plan.long_listening(cluster.n1):.2f} s")
    assert listened(agents["n1"]) <= cluster.plan.down(cluster.n1) + 1 < cluster.plan.long_listening(cluster.n1)
    assert not [change for change in cluster.owners.changes(begin) if change.host != "n1"], cluster.owners
    for agent in agents.values():
        counters = agent.router()["counters"]
        assert counters["hellos_sent"] >= 2 and counters["hellos_received"] >= 2, counters


@pytest.mark.parametrize("scope", ["global", "link-local"])
def test_a_cold_start_over_ipv6(cluster6: DualCluster, scope: str) -> None:
    if scope == "link-local":
        cluster6.address6 |= {host.name: link_local(host) for host in (cluster6.n1, cluster6.n2)}
    use_key(cluster6, {cluster6.n1: 200, cluster6.n2: 100})
    agents = cluster6.start_all()
    assert listened(agents["n1"]) <= cluster6.plan.down(cluster6.n1) + 1


def test_a_silent_peer_is_waited_for(cluster: Cluster) -> None:
    """It may be active and unable to hear us."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 150, cluster.n3: 100})
    cluster.start(cluster.n1)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n1)
    assert listened(cluster.agents["n1"]) >= cluster.plan.long_listening(cluster.n1) - MILLISECOND


def test_a_router_that_joins_an_active_one_learns_of_it_at_once(cluster: Cluster) -> None:
    """The active router speaks once in 4 s; who asks need not listen for so long to know of it."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100}, start_wait_ms=20000, interval_ms=4000)
    use_slow = cluster.plan
    cluster.use_plan(use_slow.members, start_wait_ms=0, interval_ms=4000, changes=use_slow.changes)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1, timeout=20)
    newcomer = Agent.from_plan(cluster.n2, use_slow)
    began = time.monotonic()
    wait_until(lambda: _active_router(newcomer) == cluster.n1.address, 2, newcomer.log)
    print(f"knew after {time.monotonic() - began:.2f} s")


def _active_router(agent: Agent) -> str | None:
    try:
        active: str = agent.router()["active"]
    except (RuntimeError, AssertionError):  # not listening yet
        return None
    return active


@pytest.mark.parametrize("priority", [150, 250], ids=["worse", "better"])
def test_a_joiner_that_the_others_do_not_know_yet(cluster: Cluster, priority: int) -> None:
    """The newer plan reached n3 first. Its question makes it known, so nobody doubles."""
    members = {cluster.n1: 200, cluster.n2: 100}
    use_key(cluster, members)
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    use_key(cluster, members | {cluster.n3: priority}, generation=2)
    begin = time.monotonic()
    joiner = Agent.from_plan(cluster.n3, cluster.plan)
    owner = cluster.n3 if priority == 250 else cluster.n1
    if owner is cluster.n3:
        cluster.owners.wait_for_owner(owner)
        print(f"took over after {listened(joiner):.2f} s")
    else:
        wait_until(lambda: _active_router(joiner) == cluster.n1.address, 5, joiner.log)
    cluster.wire.wait_for_advert(lambda a: a.host == owner.name and a.destination ==
                                 (cluster.n1 if owner is cluster.n3 else cluster.n3).address, since=begin)
    cluster.owners.stays([owner.name], cluster.plan.long_listening(cluster.n3))
    doubled = cluster.owners.longest_with_several(begin)
    print(f"two owners for {doubled * 1000:.0f} ms")
    assert doubled <= 0.1


@pytest.mark.parametrize("sleep", [1.2, 2.5])
def test_when_all_slept_the_owner_goes_on(cluster: Cluster, sleep: float) -> None:
    """A host of virtual machines that stops for a while: nobody could have taken over, so nobody does."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 150, cluster.n3: 100})
    agents = cluster.start_all()
    for name in ("n2", "n3"):
        agents[name].wait_for_state("backup")
    cluster.owners.stays(["n1"], 1)  # also the last words of an election are over
    before = {name: agents[name].router()["counters"]["transitions"] for name in agents}
    assert 3 * cluster.plan.interval < sleep < 3 / 4 * cluster.plan.lease_max  # the rest of a lease is that at least
    begin = time.monotonic()
    for name in ("n3", "n2", "n1"):
        agents[name].program.signal(signal.SIGSTOP)
    time.sleep(sleep)
    woken = time.monotonic()
    for name in ("n1", "n2", "n3"):
        agents[name].program.signal(signal.SIGCONT)
    first = cluster.wire.wait_for_advert(lambda a: a.host == "n1", since=woken)
    print(f"speaks {first.time - woken:.2f} s after it woke")
    cluster.owners.stays(["n1"], 3)
    assert not cluster.owners.changes(begin), cluster.owners
    assert not [a for a in cluster.wire.adverts(since=begin) if a.host != "n1"]
    agents["n1"].wait_for_state("active")
    assert "event=stalled" in agents["n1"].log() and "cause=stalled" not in agents["n1"].log()
    assert {name: agents[name].router()["counters"]["transitions"] for name in agents} == before


def test_when_the_owner_alone_slept_it_yields(cluster: Cluster) -> None:
    use_key(cluster, {cluster.n1: 200, cluster.n2: 150}, start_wait_ms=0, preempt=False, interval_ms=500)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    n2 = cluster.start(cluster.n2)
    n2.wait_for_state("backup")
    wait_until(lambda: n2.router()["counters"]["hellos_received"] >= 2, 5, "they know each other")
    cluster.agents["n1"].program.signal(signal.SIGSTOP)
    n2.wait_for_state("active")
    assert cluster.owners.now() == {"n1", "n2"}, "its lease has not ended"
    woken = time.monotonic()
    cluster.agents["n1"].program.signal(signal.SIGCONT)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.interval + LATE)
    cluster.owners.stays(["n2"], 2)
    assert "cause=stalled" in cluster.agents["n1"].log()
    announced = cluster.wire.announcements("n1", since=woken)
    assert {a.mac for a in announced} <= {cluster.n2.mac()}, "whose the address is now, and not its own"
    assert len(announced) <= 2
    assert not cluster.wire.adverts("n1", since=woken)


def test_after_a_split_who_had_company_keeps_the_address(cluster: Cluster) -> None:
    """Without preemption the RFC would give it back to n1, the better one, and those on n3's side would notice."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 150, cluster.n3: 100}, start_wait_ms=0, preempt=False)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    for host in (cluster.n2, cluster.n3):
        cluster.start(host).wait_for_state("backup")
    wait_for_contacts({cluster.n1: 2, cluster.n2: 1})  # an active one does not count
    cluster.n1.cut_silently()
    cluster.owners.wait_for(["n1", "n2"])
    wait_for_contacts({cluster.n1: 0, cluster.n2: 1})
    begin = time.monotonic()
    cluster.n1.heal_silently()
    cluster.owners.wait_for_owner(cluster.n2, timeout=5 * cluster.plan.interval + LATE)
    cluster.owners.stays(["n2"], 3)
    assert not [change for change in cluster.owners.changes(begin) if change.host != "n1"], cluster.owners
    assert "cause=no_preemption" in cluster.agents["n1"].log()


def test_a_firewall_in_the_way_costs_only_time(cluster: Cluster) -> None:
    drop_hellos(cluster)
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    assert listened(agents["n1"]) >= cluster.plan.long_listening(cluster.n1) - MILLISECOND
    assert agents["n1"].router()["counters"]["hellos_received"] == 0
    with cluster.ping() as ping:
        agents["n1"].stop()
        cluster.owners.wait_for_owner(cluster.n2)
        cluster.start(cluster.n1)
        cluster.owners.wait_for_owner(cluster.n1)
        cluster.n1.cut_link()
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.down(cluster.n2) + LATE)
        cluster.n1.heal_link()
        cluster.owners.wait_for_owner(cluster.n1)
        report = ping.report()
    print(report)
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + LATE
    for agent in cluster.agents.values():
        assert "hello" not in agent.log(), "nothing that an operator could mend from here"


def drop_between_nodes(cluster: Cluster, *what: str) -> None:
    pair = '{ "n1", "n2" }'
    rules = "\n".join(f"iifname {pair} oifname {pair} {match} drop" for match in what)
    cluster.lan.switch.nft(f"""
        table bridge obstacle {{
          chain forward {{
            type filter hook forward priority 0;
            {rules}
          }}
        }}""")


@pytest.mark.parametrize("priorities", [(200, 100), (100, 200)], ids=["best", "second"])
def test_who_answers_but_is_not_heard_keeps_the_address(cluster: Cluster, priorities: tuple[int, int]) -> None:
    """P22: a firewall drops VRRP and nothing else; whoever serves goes on, also where another would preempt it."""
    use_key(cluster, dict(zip((cluster.n1, cluster.n2), priorities, strict=True)))
    n1 = cluster.start(cluster.n1)
    n1.wait_for_state("active")
    if priorities[1] > priorities[0]:
        drop_between_nodes(cluster, "ip protocol 112")
    n2 = cluster.start(cluster.n2)
    n2.wait_for_state("backup")
    with cluster.ping() as ping:
        if priorities[0] > priorities[1]:
            n2.wait_until_it_follows()
            drop_between_nodes(cluster, "ip protocol 112")
        n2.program.wait_for_log("event=unheard", timeout=10)
        cluster.owners.stays(["n1"], 5 * cluster.plan.down(cluster.n2))
        report = ping.report()
        assert report.lost == 0, report
    assert n2.log().count("event=unheard") == 1, "once, not each time that it asks"
    assert n2.router()["counters"]["unheard"] == 1
    assert n2.router()["active"] == cluster.n1.address

    with cluster.ping() as ping:  # and who answers no more is dead
        n1.kill()
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + 1 + LATE)
        report = ping.report()
    print(report)
    # A kill leaves the address until its lease ends; the claim counts from the last answer, not from an advertisement.
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + LATE


def test_who_is_not_reached_at_all_is_found_by_its_address(cluster: Cluster) -> None:
    """P22: a firewall drops VRRP and hellos. The claim is taken back when the one before us must have let go."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100})
    agents = cluster.start_all()
    agents["n2"].wait_until_it_follows()
    cluster.owners.stays(["n1"], 10)  # its own claim has stood the test
    with cluster.ping() as ping:
        drop_between_nodes(cluster, "ip protocol 112", f"udp dport {STATUS_PORT}")
        cluster.owners.wait_for(["n1", "n2"], cluster.plan.down(cluster.n2) + LATE)
        cluster.owners.wait_for_owner(cluster.n1, timeout=11)
        cluster.owners.stays(["n1"], 3)
        report = ping.report()
    print(report)
    assert report.lost == 0, report
    assert "cause=address_taken" in agents["n2"].log()
    cluster.lan.switch.nft("delete table bridge obstacle")
    wait_until(lambda: agents["n2"].router()["state"] == "backup" and agents["n2"].router()["active"], 70, "n2 follows")
    cluster.owners.stays(["n1"], 2)


def test_a_port_that_somebody_else_has_is_waited_for(cluster: Cluster) -> None:
    def take() -> socket.socket:
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        taken.bind(("0.0.0.0", STATUS_PORT))
        return taken

    use_key(cluster, {cluster.n1: 200, cluster.n2: 100})
    with cluster.n1.inside(take):
        agents = cluster.start_all()
        agents["n1"].program.wait_for_log(f"hello_not_listening.*UDP port {STATUS_PORT} over IPv4: Address already in")
        assert listened(agents["n1"]) >= cluster.plan.long_listening(cluster.n1) - MILLISECOND
        counters = agents["n1"].router()["counters"]
        assert counters["hellos_sent"] == counters["hellos_received"] == 0
        assert agents["n1"].http_get("/healthz")[0] == 200, "TCP has ports of its own"
        cluster.owners.stays(["n1"], 3)
        assert agents["n1"].log().count("hello_not_listening") == 1, "tried every 2 s, said every 10 s"
    wait_until(lambda: agents["n1"].router()["counters"]["hellos_received"] > 0, ROUND + 3, agents["n1"].log)
    cluster.owners.stays(["n1"], 1)


def test_without_a_key_nobody_says_hello(cluster: Cluster) -> None:
    cluster.start_all()
    assert cluster.n1.run(["ss", "-Hlun"]).stdout == ""
    assert sum_counters(cluster.agents["n1"])["hellos_sent"] == 0


def test_an_owner_whose_plan_stays_old_hands_over(cluster: Cluster) -> None:
    """P26: a minute of patience for the roll of the plan, then who has it goes first."""
    members = {cluster.n1: 200, cluster.n2: 100}
    use_key(cluster, members, start_wait_ms=0)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    use_key(cluster, members, start_wait_ms=0, generation=2)
    began = time.monotonic()
    cluster.start(cluster.n2).wait_for_state("backup")
    with cluster.ping() as ping:
        cluster.owners.stays(["n1"], 50)
        cluster.owners.wait_for_owner(cluster.n2, timeout=25)
        took = time.monotonic() - began
        cluster.owners.stays(["n2"], 3)  # n1 would preempt, had it not the older plan
        report = ping.report()
    print(f"after {took:.1f} s; {report}")
    assert took >= 60
    assert report.longest_silence_ms / 1000 <= cluster.plan.skew(cluster.n2) + LATE
    assert re.search(r"to=backup cause=newer_plan", cluster.agents["n1"].log())
