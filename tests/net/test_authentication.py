"""Only who holds the group's key may move the address: signed adverts (HMAC-SHA-256) on the wire."""

import secrets
import time
from pathlib import Path

import pytest

from agent import Agent
from cluster import Cluster
from netns import Host, wait_until


def key_file(cluster: Cluster, name: str, key: str | None = None) -> dict[str, str]:
    path: Path = cluster.lan.log_dir / name
    path.write_text((key or secrets.token_hex(32)) + "\n")
    return {"mode": "hmac", "file": str(path)}


def use_key(cluster: Cluster, members: dict[Host, int], auth: dict[str, str], **changes: object) -> None:
    cluster.use_plan(members, changes={"auth": auth, **changes})


def test_a_group_with_a_key_elects_and_fails_over(cluster: Cluster) -> None:
    use_key(cluster, {cluster.n1: 200, cluster.n2: 150, cluster.n3: 100}, key_file(cluster, "key"))
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    with cluster.ping() as ping:
        cluster.n1.cut_link()
        cluster.owners.wait_for_owner(cluster.n2)
        cluster.n1.heal_link()
        cluster.owners.wait_for_owner(cluster.n1)
        cluster.owners.stays(["n1"], 1)
        report = ping.report()
    print(report)
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + 0.5
    assert all(agent.router()["counters"]["authentication"] == 0 for agent in agents.values())


@pytest.mark.parametrize("auth", ["other key", "no key"])
def test_who_lacks_the_key_moves_nothing(cluster: Cluster, auth: str) -> None:
    """A rogue with a better priority, from a listed address, gets an address of its own but never ours."""
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100}, key_file(cluster, "key"))
    cluster.start_all()
    rogue = key_file(cluster, "other") if auth == "other key" else {"mode": "none"}
    use_key(cluster, {cluster.n1: 100, cluster.n2: 250}, rogue, duplicate_check=False)
    assert cluster.agents["n2"].stop() == 0
    begin = time.monotonic()
    cluster.start(cluster.n2).wait_for_state("active")
    wait_until(lambda: cluster.agents["n1"].router()["counters"]["authentication"] > 5, 10, "n1 should hear the rogue")
    assert cluster.agents["n1"].router()["state"] == "active"
    assert not [change for change in cluster.owners.changes(begin) if change.host == "n1"], cluster.owners
    assert "reason=authentication" in cluster.agents["n1"].log()


def test_the_key_opens_a_group_that_has_none_yet(cluster: Cluster) -> None:
    """hmac-permissive understands members without a key, so that a group can move there one by one."""
    auth = key_file(cluster, "key")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    cluster.start(cluster.n1).wait_for_state("active")
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100}, auth | {"mode": "hmac-permissive"})
    cluster.start(cluster.n2).wait_for_state("backup")
    cluster.owners.stays(["n1"], 2)


def test_a_newcomer_that_the_others_do_not_know_yet(cluster: Cluster) -> None:
    """The newer plan reached n3 first. It holds the key, so it is answered as soon as it speaks."""
    auth = key_file(cluster, "key")
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100}, auth)
    cluster.start_all()
    use_key(cluster, {cluster.n1: 200, cluster.n2: 100, cluster.n3: 150}, auth, generation=2)
    begin = time.monotonic()
    newcomer = Agent.from_plan(cluster.n3, cluster.plan)
    cluster.owners.stays(["n1"], 0.1)
    newcomer.wait_for_state("active", "backup")
    cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.destination == cluster.n3.address, timeout=10)
    newcomer.wait_for_state("backup")
    cluster.owners.stays(["n1"], 3)
    doubled = cluster.owners.longest_with_several(begin)
    print(f"two owners for {doubled * 1000:.0f} ms")
    assert doubled <= 2 * cluster.plan.interval + 0.25


def test_the_key_is_never_shown(cluster: Cluster) -> None:
    key = secrets.token_hex(32)
    use_key(cluster, {cluster.n1: 200}, key_file(cluster, "key", key))
    agent = cluster.start(cluster.n1)
    agent.wait_for_state("active")
    assert key not in agent.log() + agent.http_get("/status")[1] + agent.command("status", "--json").stdout


@pytest.mark.parametrize("key", ["", "secretsecret", "00" * 31, "00" * 65, "zz" * 32])
def test_a_wrong_key_is_refused(cluster: Cluster, key: str) -> None:
    auth = key_file(cluster, "key", key or "\n")
    use_key(cluster, {cluster.n1: 200}, auth)
    agent = cluster.start(cluster.n1)
    assert agent.program.wait() == 2
    log = agent.log()
    assert auth["file"] in log and ("32 to 64 bytes" in log or "empty" in log)
    assert not key or key not in log
