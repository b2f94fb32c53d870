"""SIGTERM: leave politely. The others hear priority 0, the successor needs no more than its skew."""

import time

import pytest

from agent import VIP
from cluster import Cluster

LATE = 0.25


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
    assert report.longest_silence_ms / 1000 <= cluster.plan.skew(cluster.n2) + LATE
    assert VIP not in cluster.n1.addresses()


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
