"""Two hosts that both believe they have the address: liars, one-way cables, and those who slept."""

import re
import signal
import time
from pathlib import Path

import pytest

from agent import VIP, Agent
from cluster import Cluster
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, sum_counters, wait_for_states
from forge import Forger
from netns import wait_until

LATE = 0.5
VIPS3 = {51: "192.0.2.100", 52: "192.0.2.101", 53: "192.0.2.102"}


def start_quiet(dual: DualCluster) -> dict[str, Agent]:
    """Without a lease and with one announcement alone, each further one is an answer."""
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6],
                     {"announce": {"at_ms": [0], "refresh_ms": 0}}, lease="off")
    agents = dual.start_all()
    wait_for_states(agents["n2"], "backup")
    return agents


@pytest.mark.parametrize("vip", [VIP, VIP6], ids=["arp", "neighbour-advertisement"])
def test_who_claims_our_address_is_answered_once(dual: DualCluster, vip: str) -> None:
    agents = start_quiet(dual)
    begin = time.monotonic()
    with Forger(dual.client) as forger:
        forger.announce(vip)
        answer = wait_until(lambda: dual.wire.announcements("n1", since=begin), 5, "n1 announces again")[0]
        assert answer.address == vip and answer.mac == dual.n1.mac()
        assert answer.time - begin <= dual.plan.interval + 0.3
        time.sleep(2 * dual.plan.interval)
        assert len(dual.wire.announcements("n1", since=begin)) == 1, "one claim, one answer"
        rows = {row["family"]: row for row in agents["n1"].status()["routers"]}
        families = {family: row["counters"]["foreign_owners"] for family, row in rows.items()}
        assert families == {"ipv4": int(vip == VIP), "ipv6": int(vip == VIP6)}
        said, other = (rows["ipv4"], rows["ipv6"]) if vip == VIP else (rows["ipv6"], rows["ipv4"])
        assert said["trouble"] == "duplicate_owner" and said["reason"].startswith(f"{vip} is announced by "), said
        assert (other["trouble"], other["reason"]) == ("", "")
        assert agents["n1"].log().count("event=foreign_owner") == 1
        assert not dual.wire.announcements("n2", since=begin), "not a backup's business"
        assert sum_counters(agents["n2"])["foreign_owners"] == 0

        storm = time.monotonic()
        for _ in range(200):
            forger.announce(vip)
            time.sleep(0.01)
        took = time.monotonic() - storm
    wait_until(lambda: sum_counters(agents["n1"])["foreign_owners"] == 201, 5, "each is counted")
    answers = dual.wire.announcements("n1", since=storm)
    print(f"{len(answers)} answers to 200 claims in {took:.1f} s")
    assert 2 <= len(answers) <= took / dual.plan.interval + 2
    assert agents["n1"].log().count("event=foreign_owner") <= 1 + took / 10 + 1
    assert not dual.owners.changes(begin), dual.owners


def test_our_own_announcements_are_no_foreign_ones(dual: DualCluster) -> None:
    """A take-over's announcements reach the one that has just let go; nobody has lied."""
    agents = start_quiet(dual)
    agents["n1"].stop()
    dual.wait_for_owner_of_all(dual.n2)
    dual.start(dual.n1)
    dual.wait_for_owner_of_all(dual.n1)
    wait_for_states(agents["n2"], "backup")
    assert sum_counters(dual.agents["n1"])["foreign_owners"] == 0


@pytest.mark.parametrize("transport", ["unicast", "multicast"])
def test_one_way_loss_ends_with_one_owner(cluster: Cluster, transport: str) -> None:
    """n1 is better but nobody hears it; it hears n2 go on, so it knows, and yields (P22)."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"transport": transport})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    cluster.n1.cut_silently(to_host=False, from_host=True)
    cluster.owners.wait_for(["n1", "n2"], cluster.plan.down(cluster.n2) + LATE)
    begin = time.monotonic()
    cluster.owners.wait_for_owner(cluster.n2, timeout=6 * cluster.plan.interval + LATE)
    yielded = time.monotonic() - begin
    print(f"two owners for {yielded * 1000:.0f} ms, {cluster.plan.interval * 1000:.0f} ms interval")
    assert "cause=one_way" in agents["n1"].log()
    with cluster.ping() as ping:
        cluster.owners.stays(["n2"], 2)  # no second attempt yet
        assert ping.report().lost == 0
    cluster.n1.heal_silently()
    cluster.owners.stays(["n2"], 1)  # its hold runs on: a cable that flaps must not flap the address
    agents["n1"].wait_for_state("backup")
    agents["n2"].stop()  # and yet n1 is no cripple
    cluster.owners.wait_for_owner(cluster.n1, timeout=cluster.plan.down(cluster.n1) + LATE)


def test_with_a_key_the_hold_is_over_when_the_way_is_healed(cluster: Cluster, tmp_path: Path) -> None:
    """The one that did not hear us leaves our questions without an answer until the way is good again (P22)."""
    key = tmp_path / "key"
    key.write_text("5a" * 32)
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    cluster.n1.cut_silently(to_host=False, from_host=True)
    cluster.owners.wait_for(["n1", "n2"], cluster.plan.down(cluster.n2) + LATE)
    cluster.owners.wait_for_owner(cluster.n2, timeout=6 * cluster.plan.interval + LATE)
    cluster.owners.stays(["n2"], 2)
    begin = time.monotonic()
    cluster.n1.heal_silently()
    cluster.owners.wait_for_owner(cluster.n1, timeout=30)
    print(f"back {time.monotonic() - begin:.1f} s after the way was healed, instead of 60")


def test_one_way_loss_of_a_sync_group(dual: DualCluster) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4 | {"sync": "s"}, ROUTER6 | {"sync": "s"}])
    agents = dual.start_all()
    wait_for_states(agents["n2"], "backup")
    dual.n1.cut_silently(to_host=False, from_host=True)
    for vip in (VIP, VIP6):
        dual.owners.wait_for(["n1", "n2"], dual.plan.down(dual.n2) + LATE, vip)
    dual.wait_for_owner_of_all(dual.n2, timeout=6 * dual.plan.interval + LATE)
    dual.n1.heal_silently()
    for vip in (VIP, VIP6):
        dual.owners.stays(["n2"], 1, vip)
    wait_for_states(agents["n1"], "backup")


def test_a_sleeper_of_several_routers_takes_nothing_back(cluster: Cluster) -> None:
    """Asleep for longer than the others wait, awake before its lease ends: at most one burst, and never a claim."""
    routers = [{"vrid": vrid, "addresses": [f"{vip}/32"]} for vrid, vip in VIPS3.items()]
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt=False, changes={"routers": routers})
    n1 = cluster.start(cluster.n1)
    wait_for_states(n1, "active")
    n2 = cluster.start(cluster.n2)
    n2.wait_until_it_follows()
    n1.program.signal(signal.SIGSTOP)
    wait_for_states(n2, "active", timeout=cluster.plan.down(cluster.n2) + 1)
    assert set(VIPS3.values()) <= cluster.n1.addresses(), "its lease has not ended"
    woken = time.monotonic()
    n1.program.signal(signal.SIGCONT)
    wait_for_states(n1, "backup")
    wait_until(lambda: not set(VIPS3.values()) & cluster.n1.addresses(), 2, "n1 lets go")
    cluster.owners.stays(["n2"], 2)
    assert not [c for c in cluster.owners.changes(woken) if c.added or c.host == "n2"], cluster.owners
    per_address = [len([a for a in cluster.wire.announcements("n1", since=woken) if a.address == vip])
                   for vip in VIPS3.values()]
    adverts = cluster.wire.adverts("n1", since=woken)
    print(f"announcements after waking: {per_address}, adverts: {len(adverts)}")
    assert max(per_address) <= 4
    assert len(adverts) <= len(VIPS3), adverts
    assert len(re.findall(r"cause=stalled", n1.log())) == len(VIPS3)
    wait_for_states(n2, "active")
    wait_for_states(n1, "backup")


def test_a_sleeping_backup_wakes_as_a_backup(cluster: Cluster) -> None:
    """Its down timer ran out while it slept, with the adverts that should have held it off still unread."""
    routers = [{"vrid": vrid, "addresses": [f"{vip}/32"]} for vrid, vip in VIPS3.items()]
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"routers": routers})
    agents = cluster.start_all()
    wait_for_states(agents["n2"], "backup")
    begin = time.monotonic()
    agents["n2"].program.signal(signal.SIGSTOP)
    time.sleep(3 * cluster.plan.down(cluster.n2))
    agents["n2"].program.signal(signal.SIGCONT)
    cluster.owners.stays(["n1"], 1)
    assert not cluster.owners.changes(begin), cluster.owners
    assert not cluster.wire.adverts("n2", since=begin)
    wait_for_states(agents["n2"], "backup")
