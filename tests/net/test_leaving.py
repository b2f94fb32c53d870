"""SIGTERM, and preemption: make before break. The successor has the address before its predecessor lets go of it.

Nothing is lost, by a client that pings every millisecond. The hosts forward nothing, which would hide a loss.
"""

import re
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent import VIP, Agent, keepalived_conf, osixia_env, start_keepalived
from cluster import Cluster
from dual import VIP6, DualCluster
from netns import Host, Program, wait_until
from pinger import Pinger

LATE = 0.25
SETTLE = 0.02  # how long an address is kept after the successor announced it
MANY4 = [f"192.0.2.{100 + i}" for i in range(50)]
MANY6 = [f"2001:db8::{0x100 + i:x}" for i in range(50)]


def why_it_ended(agent: Agent) -> list[str]:
    return re.findall(r"event=handed_over .*?why=(\w+)", agent.log())


@pytest.mark.parametrize("version", [3, 2])
def test_polite_stop(cluster: Cluster, version: int) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, version=version, interval_ms=1000 if version == 2 else 250)
    agents = cluster.start_all()
    with cluster.ping() as ping:
        begin = time.monotonic()
        status = agents["n1"].stop()
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.skew(cluster.n2) + LATE)
        cluster.owners.stays(["n2"], 1)
        report = ping.report()
    assert status == 0, agents["n1"].log()
    farewell = cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 0, timeout=1, since=begin)
    claim = next(a for a in cluster.wire.announcements("n2", begin) if a.address == VIP)
    print(f"{report}; successor announced {(claim.time - farewell.time) * 1000:.0f} ms after priority 0, "
          f"skew {cluster.plan.skew(cluster.n2) * 1000:.0f} ms; "
          f"two owners for {cluster.owners.longest_with_several(begin) * 1000:.0f} ms")
    assert farewell.version == version and farewell.ttl == 255
    assert claim.time - farewell.time <= cluster.plan.skew(cluster.n2) + LATE
    assert report.lost == 0, report
    assert cluster.owners.longest_with_none(begin) == 0
    assert cluster.owners.longest_with_several(begin) <= SETTLE + LATE
    assert why_it_ended(agents["n1"]) == ["announced"]
    assert len(cluster.wire.adverts("n1", since=farewell.time)) == 1, "it says so once, and is silent"
    assert VIP not in cluster.n1.addresses()


def start_many(dual: DualCluster, priority: int, count: int) -> dict[str, Agent]:
    dual.use_routers({dual.n1: 254, dual.n2: priority},
                     [{"vrid": 51, "addresses": [f"{vip}/32" for vip in MANY4[:count]]},
                      {"vrid": 51, "addresses": [f"{vip}/128" for vip in MANY6[:count]]}])
    for host in (dual.n1, dual.n2):
        dual.start(host)
    wait_for_holder(dual, dual.n1, count)
    return dual.agents


def wait_for_holder(dual: DualCluster, host: Host, count: int) -> None:
    wanted = {*MANY4[:count], *MANY6[:count]}
    other = dual.n2 if host is dual.n1 else dual.n1
    wait_until(lambda: wanted <= host.addresses() and not wanted & other.addresses(), 15, f"{host.name} holds all")


@pytest.mark.parametrize(("priority", "count", "rounds"), [(100, 1, 3), (253, 1, 3), (100, 50, 1), (253, 50, 1)])
def test_nothing_is_lost_there_and_back(dual: DualCluster, priority: int, count: int, rounds: int) -> None:
    """Stop and preemption, again and again, over both families; of many addresses the first and the last."""
    agents = start_many(dual, priority, count)
    agents["n2"].program.wait_for_log("to=backup")
    targets = sorted({MANY4[0], MANY4[count - 1], MANY6[0], MANY6[count - 1]})
    with_several = 0.0
    pingers = [dual.ping(target=target) for target in targets]
    since = time.monotonic()
    for _ in range(rounds):
        begin = time.monotonic()
        assert agents["n1"].stop() == 0
        wait_for_holder(dual, dual.n2, count)
        dual.start(dual.n1)
        wait_for_holder(dual, dual.n1, count)
        with_several = max(with_several, *(dual.owners.longest_with_several(begin, address=vip) for vip in (VIP, VIP6)))
    for target, pinger in zip(targets, pingers, strict=True):
        report = pinger.report()
        print(f"{target}: {report}")
        assert report.lost == 0, f"{target}: {report}"
    print(f"two owners for {with_several * 1000:.0f} ms at most")
    for vip in (VIP, VIP6):
        assert dual.owners.longest_with_none(since, address=vip) == 0


def closing_words(cluster: Cluster, leaver: str, successor: Host, since: float) -> list[str]:
    """Announcements of the leaver that name the successor's MAC."""
    return [a.address for a in cluster.wire.announcements(leaver, since) if a.mac == successor.mac()]


def test_who_asked_meanwhile_learns_of_the_successor(dual: DualCluster) -> None:
    """The leaver still answers whoever asks, and tells the LAN at its end who has the address; from its own MAC."""
    agents = dual.start_all()
    agents["n2"].program.wait_for_log("to=backup")
    begin = time.monotonic()
    dual.client.ip("neigh flush all")
    with dual.ping() as ping, dual.ping(target=VIP6) as ping6:
        assert agents["n1"].stop() == 0
        wait_until(lambda: len(closing_words(dual, "n1", dual.n2, begin)) == 2, 2, "n1 says who follows")
        dual.wait_for_owner_of_all(dual.n2)
        assert (ping.report().lost, ping6.report().lost) == (0, 0)
    assert sorted(closing_words(dual, "n1", dual.n2, begin)) == [VIP, VIP6]
    left = next(a.time for a in dual.wire.adverts("n1", begin) if a.priority == 0)
    assert not [a for a in dual.wire.announcements("n1", left) if a.mac == dual.n1.mac()], "it defends nothing"
    own = bytes.fromhex(dual.n1.mac().replace(":", ""))
    assert {a.frame[6:12] for a in dual.wire.announcements("n1", left)} == {own}
    neighbours = dual.client.ip("neigh show")
    assert dual.n1.mac() not in [line.split()[4] for line in neighbours.splitlines()
                                 if line.split()[0] in (VIP, VIP6)], neighbours


def test_preemption_is_followed_by_the_same_end(cluster: Cluster) -> None:
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    with cluster.ping() as ping:
        begin = time.monotonic()
        cluster.start(cluster.n1)
        cluster.owners.wait_for_owner(cluster.n1)
        cluster.owners.stays(["n1"], 1)
        report = ping.report()
    several = cluster.owners.longest_with_several(begin)
    print(f"{report}; two owners for {several * 1000:.0f} ms")
    assert report.lost == 0
    assert cluster.owners.longest_with_none(begin) == 0 and several <= SETTLE + LATE
    assert why_it_ended(cluster.agents["n2"]) == ["announced"]
    assert closing_words(cluster, "n2", cluster.n1, begin) == [VIP]


def test_a_second_signal_ends_it_at_once(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 1}, interval_ms=4000, start_wait_ms=100)
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    begin = time.monotonic()
    agent.program.signal(signal.SIGTERM)
    cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 0, timeout=5, since=begin)
    cluster.owners.stays(["n1"], 0.5)
    agent.program.signal(signal.SIGINT)
    assert agent.program.wait(5) == 0
    print(f"gone after {time.monotonic() - begin:.2f} s")
    assert why_it_ended(agent) == ["cut_short"]
    cluster.owners.wait_for([], timeout=1)


def test_it_never_waits_longer_than_its_grace(cluster: Cluster) -> None:
    """Nobody follows, and the interval is long: 7 s, and its lease is renewed meanwhile."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 1}, interval_ms=10000, start_wait_ms=100, lease="2s")
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    begin = time.monotonic()
    agent.program.signal(signal.SIGTERM)
    cluster.owners.stays(["n1"], 6.5)
    assert agent.program.wait(5) == 0
    took = time.monotonic() - begin
    print(f"gone after {took:.2f} s")
    assert 6.9 <= took <= 7 + LATE + 0.5
    assert why_it_ended(agent) == ["nobody"]
    cluster.owners.wait_for([], timeout=1)


def test_a_link_that_goes_while_it_leaves_ends_it(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 1}, interval_ms=4000, start_wait_ms=100)
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    begin = time.monotonic()
    agent.program.signal(signal.SIGTERM)
    cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 0, timeout=5, since=begin)
    cluster.n1.cut_link()
    assert agent.program.wait(2) == 0
    assert why_it_ended(agent) == ["cut_short"]


def test_with_hellos_one_word_is_enough_where_nobody_answers(cluster: Cluster, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("5a" * 32)
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    begin = time.monotonic()
    assert agent.stop() == 0
    print(f"gone after {time.monotonic() - begin:.2f} s")
    assert len([a for a in cluster.wire.adverts("n1", begin) if a.priority == 0]) == 1
    assert time.monotonic() - begin <= cluster.plan.interval + LATE + 0.5


KEEPALIVED = pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")


def keepalived(cluster: Cluster, priority: int, vips: Sequence[str]) -> Program:
    """On n2, with the settings that osixia makes; it preempts."""
    conf = keepalived_conf(priority, [cluster.n1, cluster.n2], preempt=True)
    program = start_keepalived(cluster.n2, conf.replace(f"    {VIP}\n", "".join(f"    {vip}\n" for vip in vips)))
    program.wait_for_log("Entering (BACKUP|MASTER) STATE")
    return program


def osixia_agent(cluster: Cluster, priority: int, vips: Sequence[str]) -> Agent:
    return Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], KEEPALIVED_PRIORITY=str(priority),
                                            KEEPALIVED_VIRTUAL_IPS=f"#PYTHON2BASH:{list(vips)}"))


@KEEPALIVED
@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("priority", [100, 253])
def test_keepalived_follows_without_a_loss(cluster: Cluster, priority: int, count: int) -> None:
    """It advertises before it has the addresses, so its announcements count."""
    vips = MANY4[:count]
    agent = osixia_agent(cluster, 254, vips)
    cluster.owners.wait_for_owner(cluster.n1)
    keepalived(cluster, priority, vips)
    with Pinger(cluster.client, vips[0]) as first, Pinger(cluster.client, vips[-1]) as last:
        begin = time.monotonic()
        assert agent.stop() == 0
        cluster.owners.wait_for_owner(cluster.n2)
        cluster.owners.stays(["n2"], 0.5)
        reports = [first.report(), last.report()]
    print(*reports, f"two owners for {cluster.owners.longest_with_several(begin) * 1000:.0f} ms")
    assert [report.lost for report in reports] == [0, 0], reports
    assert why_it_ended(agent) == ["announced"]


@KEEPALIVED
def test_keepalived_preempts_without_a_loss(cluster: Cluster) -> None:
    agent = osixia_agent(cluster, 100, [VIP])
    cluster.owners.wait_for_owner(cluster.n1)
    with cluster.ping() as ping:
        keepalived(cluster, 200, [VIP])
        cluster.owners.wait_for_owner(cluster.n2)
        cluster.owners.stays(["n2"], 0.5)
        report = ping.report()
    print(report)
    assert report.lost == 0, report
    assert why_it_ended(agent) == ["announced"]


@KEEPALIVED
def test_keepalived_leaves_as_it_does(cluster: Cluster) -> None:
    """It lets go at once, so our skew is what its clients miss; we take over in time."""
    osixia_agent(cluster, 253, [VIP]).wait_for_state("active")
    theirs = keepalived(cluster, 254, [VIP])
    cluster.owners.wait_for_owner(cluster.n2)
    with cluster.ping() as ping:
        theirs.stop()
        cluster.owners.wait_for_owner(cluster.n1)
        report = ping.report()
    print(report)
    assert report.longest_silence_ms / 1000 <= (256 - 253) / 256 + LATE


def test_a_backup_leaves_without_a_word(cluster: Cluster) -> None:
    agents = cluster.start_all()
    with cluster.ping() as ping:
        begin = time.monotonic()
        assert agents["n2"].stop() == 0
        cluster.owners.stays(["n1"], 1)
        assert ping.report().lost == 0
    assert not cluster.wire.adverts("n2", begin)


def test_of_three_the_better_one_follows(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 50, cluster.n3: 150})
    agents = cluster.start_all()
    begin = time.monotonic()
    assert agents["n1"].stop() == 0
    cluster.owners.wait_for_owner(cluster.n3, timeout=cluster.plan.skew(cluster.n3) + LATE)
    cluster.owners.stays(["n3"], 1)
    assert not [c for c in cluster.owners.changes(begin) if c.host == "n2"], cluster.owners


def test_the_last_one_leaves_no_address_behind(cluster: Cluster) -> None:
    agents = cluster.start_all()
    assert agents["n2"].stop() == 0
    begin = time.monotonic()
    assert agents["n1"].stop() == 0
    print(f"left after {time.monotonic() - begin:.2f} s, though nobody follows")
    assert VIP not in cluster.n1.addresses()
    cluster.owners.wait_for([], timeout=1)


def test_leaving_with_the_link_down_ends_too(cluster: Cluster) -> None:
    agents = cluster.start_all()
    cluster.n1.cut_link()
    agents["n1"].wait_for_state("fault")
    assert agents["n1"].stop() == 0
    cluster.n2.cut_link()
    agents["n2"].wait_for_state("fault")
    assert agents["n2"].stop() == 0


def test_leaving_during_start(cluster: Cluster) -> None:
    agent = cluster.start(cluster.n1)
    agent.wait_for_state("initialize", "backup")
    assert agent.stop() == 0
    assert VIP not in cluster.n1.addresses()
