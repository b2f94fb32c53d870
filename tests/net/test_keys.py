"""The group's key changes without a gap and without a second owner: host by host, as a rolling update does."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from agent import Agent
from cluster import Cluster
from dual import sum_counters
from netns import Host, wait_until

PASSING = 0.15  # make before break, and a busy machine
LATE = 0.4


class Keys:
    """Secrets by id; each use of them is a file of its own, as each Swarm secret is."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._secrets: dict[int, str] = {}
        self._files = 0

    def auth(self, *ids: int, mode: str = "hmac") -> dict[str, str]:
        for key_id in ids:
            self._secrets.setdefault(key_id, secrets.token_hex(32))
        self._files += 1
        path: Path = self._cluster.lan.log_dir / f"keys-{self._files}"
        path.write_text("".join(f"{key_id}:{self._secrets[key_id]}\n" for key_id in ids))
        return {"mode": mode, "file": str(path)}


def start(cluster: Cluster, host: Host, auth: dict[str, str]) -> Agent:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": auth})
    return cluster.start(host)


def roll(cluster: Cluster, auth: dict[str, str]) -> None:
    """Restarts both hosts with it, the active one first; each time the other one must take over and give back."""
    assert cluster.agents["n1"].stop() == 0
    cluster.owners.wait_for_owner(cluster.n2)
    start(cluster, cluster.n1, auth)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.agents["n2"].wait_for_state("backup")
    assert cluster.agents["n2"].stop() == 0
    start(cluster, cluster.n2, auth).wait_for_state("backup")
    cluster.owners.stays(["n1"], 1.1 * cluster.plan.down(cluster.n2))


def expect_no_trouble(cluster: Cluster, begin: float) -> None:
    none, several = cluster.owners.longest_with_none(begin), cluster.owners.longest_with_several(begin)
    print(f"nobody for {none * 1000:.0f} ms, two for {several * 1000:.0f} ms at most")
    assert none <= cluster.plan.skew(cluster.n2) + LATE, cluster.owners  # a polite stop's
    assert several <= PASSING, cluster.owners
    for agent in cluster.agents.values():
        assert "reason=authentication" not in agent.log()


def key_ids(cluster: Cluster, host: str, since: float) -> set[int | None]:
    """By which keys the host signs."""
    found: set[int | None] = set()
    for advert in cluster.wire.adverts(host, since=since):
        trailer = advert.packet[20 + 12:]
        found.add(trailer[1] if trailer else None)
    return found


def test_a_rotation_from_key_to_key(cluster: Cluster) -> None:
    """P6: in one roll both keys would have an owner; first all accept both, then they sign with the new one."""
    keys = Keys(cluster)
    for host in (cluster.n1, cluster.n2):
        start(cluster, host, keys.auth(1))
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    for ids, signing in (((1, 2), 1), ((2, 1), 2), ((2,), 2)):
        roll(cluster, keys.auth(*ids))
        rolled = time.monotonic()
        cluster.wire.wait_for_advert(lambda a: a.host == "n1", since=rolled)
        assert key_ids(cluster, "n1", rolled) == {signing}
        expect_no_trouble(cluster, begin)
    # Who still has the old key alone is outside now.
    cluster.agents["n2"].stop()
    stale = start(cluster, cluster.n2, keys.auth(1))
    fault = stale.wait_for_state("fault")
    assert cluster.n1.mac() in fault["reason"] and "another key" in fault["reason"], fault
    assert sum_counters(stale)["authentication"] > 0, "the old key does not understand the new one"
    wait_until(lambda: sum_counters(cluster.agents["n1"])["authentication"] > 3, 10, "and is not understood")
    assert cluster.agents["n1"].router()["state"] == "active"
    assert not [c for c in cluster.owners.changes(rolled) if c.host == "n1"], cluster.owners


def test_a_group_gets_its_first_key(cluster: Cluster) -> None:
    """From none to receive-only to permissive to insisting, and nobody notices."""
    keys = Keys(cluster)
    for host in (cluster.n1, cluster.n2):
        start(cluster, host, {"mode": "none"})
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    for mode, signed_by in (("hmac-receive-only", None), ("hmac-permissive", 5), ("hmac", 5)):
        roll(cluster, keys.auth(5, mode=mode))
        rolled = time.monotonic()
        cluster.wire.wait_for_advert(lambda a: a.host == "n1", since=rolled)
        assert key_ids(cluster, "n1", rolled) == {signed_by}
        expect_no_trouble(cluster, begin)


def test_a_wrong_signature_is_refused_even_where_none_is_needed(cluster: Cluster) -> None:
    """receive-only and permissive take unsigned packets, never wrongly signed ones."""
    right, wrong = Keys(cluster), Keys(cluster)
    start(cluster, cluster.n1, right.auth(1, mode="hmac-receive-only")).wait_for_state("active")
    begin = time.monotonic()
    cluster.use_plan({cluster.n1: 100, cluster.n2: 200}, changes={"auth": wrong.auth(1), "duplicate_check": False})
    cluster.start(cluster.n2).wait_for_state("active")
    wait_until(lambda: sum_counters(cluster.agents["n1"])["authentication"] > 3, 10, "n1 refuses n2's signature")
    assert cluster.agents["n1"].router()["state"] == "active"
    assert not [c for c in cluster.owners.changes(begin) if c.host == "n1"], cluster.owners
    assert sum_counters(cluster.agents["n1"])["advertisements_received"] == 0
