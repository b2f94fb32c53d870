"""Beside real keepalived, with the very file osixia generates: a rolling change must not lose the address."""

import shutil

import pytest

from agent import VIP, Agent, keepalived_conf, osixia_env, start_keepalived
from cluster import Cluster

pytestmark = pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")

LATE = 0.5


def env(cluster: Cluster, priority: int, **changes: str) -> dict[str, str]:
    return osixia_env([cluster.n1, cluster.n2], KEEPALIVED_PRIORITY=str(priority), **changes)


def test_agent_takes_over_from_keepalived_and_gives_back(cluster: Cluster) -> None:
    keepalived = start_keepalived(cluster.n1, keepalived_conf(150, [cluster.n1, cluster.n2]))
    cluster.owners.wait_for_owner(cluster.n1)
    agent = Agent(cluster.n2, env=env(cluster, 100))
    agent.wait_for_state("backup")
    cluster.owners.stays(["n1"], 4)
    assert not cluster.wire.adverts("n2"), "they understand one another"
    with cluster.ping() as ping:
        keepalived.stop()
        cluster.owners.wait_for_owner(cluster.n2, timeout=(256 - 100) / 256 + LATE)
        report = ping.report()
    print("keepalived -> agent, polite:", report)
    keepalived = start_keepalived(cluster.n1, keepalived_conf(150, [cluster.n1, cluster.n2]))
    keepalived.wait_for_log("Entering BACKUP STATE")
    cluster.owners.stays(["n2"], 4)  # it accepts our adverts, or it would become master
    with cluster.ping() as ping:
        assert agent.stop() == 0
        cluster.owners.wait_for_owner(cluster.n1, timeout=(256 - 150) / 256 + LATE)
        report = ping.report()
    print("agent -> keepalived, polite:", report)
    assert report.longest_silence_ms / 1000 <= (256 - 150) / 256 + LATE


def test_crash_of_either(cluster: Cluster) -> None:
    start_keepalived(cluster.n1, keepalived_conf(150, [cluster.n1, cluster.n2]))
    cluster.owners.wait_for_owner(cluster.n1)
    agent = Agent(cluster.n2, env=env(cluster, 100))
    agent.wait_for_state("backup")
    cluster.n1.cut_link()
    cluster.owners.wait_for_owner(cluster.n2, timeout=3 + (256 - 100) / 256 + LATE)
    cluster.n1.heal_link()
    cluster.owners.stays(["n2"], 5)  # nopreempt on both sides
    cluster.n2.cut_link()
    cluster.owners.wait_for_owner(cluster.n1, timeout=3 + (256 - 150) / 256 + LATE)


def test_a_split_heals_the_same_for_both(cluster: Cluster) -> None:
    start_keepalived(cluster.n1, keepalived_conf(100, [cluster.n1, cluster.n2]))
    cluster.owners.wait_for_owner(cluster.n1)
    Agent(cluster.n2, env=env(cluster, 150)).wait_for_state("backup")
    cluster.n2.cut_silently()
    cluster.owners.wait_for(["n1", "n2"])
    cluster.n2.heal_silently()
    cluster.owners.wait_for_owner(cluster.n2, timeout=2 + LATE)
    cluster.owners.stays(["n2"], 2)


def test_a_wrong_password_is_refused_both_ways(cluster: Cluster) -> None:
    start_keepalived(cluster.n1, keepalived_conf(150, [cluster.n1, cluster.n2], password="0ther"))
    agent = Agent(cluster.n2, env=env(cluster, 100))
    cluster.owners.wait_for(["n1", "n2"])
    cluster.owners.stays(["n1", "n2"], 3)
    assert agent.router()["counters"]["authentication"] >= 1


def test_version_3_in_both_directions(cluster: Cluster) -> None:
    """A plan's agent beside keepalived of version 3: the checksum with the pseudo-header is what both speak."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    conf = f"""global_defs {{
  vrrp_version 3
}}
vrrp_instance web {{
  interface eth0
  state BACKUP
  virtual_router_id 51
  priority 100
  advert_int 0.25
  unicast_src_ip {cluster.n2.address}
  unicast_peer {{
    {cluster.n1.address}
  }}
  virtual_ipaddress {{
    {VIP}
  }}
}}
"""
    start_keepalived(cluster.n2, conf)
    cluster.owners.wait_for_owner(cluster.n2)
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)  # keepalived yields: it reads our adverts
    cluster.owners.stays(["n1"], 2)
    assert agent.stop() == 0
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.skew(cluster.n2) + LATE)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.n1.cut_link()
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.down(cluster.n2) + LATE)
