"""P17: before its first claim a router asks the LAN who has the addresses. Another host's address is a fault, not a
second owner; a failover asks nobody."""

import signal
import time

import pytest

from agent import VIP
from cluster import Cluster
from dual import ROUTER6, VIP6, DualCluster

LEASE_LATE = 0.5


@pytest.mark.parametrize("virtual_mac", [False, True])
def test_another_host_has_the_address(cluster: Cluster, virtual_mac: bool) -> None:
    cluster.n3.ip(f"address add {VIP}/24 dev eth0")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"virtual_mac": virtual_mac})
    agent = cluster.start(cluster.n1)
    fault = agent.wait_for_state("fault")
    assert cluster.n3.mac() in fault["reason"] and VIP in fault["reason"], fault
    assert fault["trouble"] == "address_in_use"
    assert agent.is_healthy(), "a restart would not help"
    assert not [c for c in cluster.owners.changes() if c.host == "n1"]
    assert not cluster.wire.adverts("n1") and not cluster.wire.announcements("n1")
    # Never final: it asks again, and finds the address free.
    cluster.n3.ip(f"address delete {VIP}/24 dev eth0")
    cluster.owners.wait_for_owner(cluster.n1)
    active = agent.wait_for_state("active")
    assert (active["reason"], active["trouble"]) == ("", "")


def test_it_can_be_switched_off(cluster: Cluster) -> None:
    cluster.n3.ip(f"address add {VIP}/24 dev eth0")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"duplicate_check": False})
    cluster.start(cluster.n1).wait_for_state("active")
    assert not cluster.wire.probes("n1", address=VIP)


def test_cold_starters_do_not_disturb_each_other(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 150, cluster.n3: 100})
    agents = cluster.start_all()
    for name in ("n2", "n3"):
        agents[name].wait_for_state("backup")
    assert not [line for agent in agents.values() for line in agent.log().splitlines() if "address_taken" in line]
    assert cluster.wire.probes("n1", address=VIP)


def test_over_ipv6(cluster6: DualCluster) -> None:
    cluster6.n3.ip(f"address add {VIP6}/64 dev eth0 nodad")
    cluster6.use_routers({cluster6.n1: 200, cluster6.n2: 100}, [ROUTER6])
    agent = cluster6.start(cluster6.n1)
    fault = agent.wait_for_state("fault")
    assert cluster6.n3.mac() in fault["reason"] and VIP6 in fault["reason"], fault
    assert cluster6.wire.probes("n1", address=VIP6)
    cluster6.n3.ip(f"address delete {VIP6}/64 dev eth0")
    cluster6.owners.wait_for_owner(cluster6.n1, 15, VIP6)


def test_a_failover_asks_nobody(cluster: Cluster) -> None:
    cluster.start_all()["n2"].wait_for_state("backup")
    begin = time.monotonic()
    cluster.n1.cut_link()
    cluster.owners.wait_for_owner(cluster.n2)
    assert not cluster.wire.probes("n2", since=begin, address=VIP)


def test_a_frozen_holder_is_waited_for(cluster: Cluster) -> None:
    """Its kernel answers until the lease ends; then the other one goes on by itself."""
    holder = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    holder.program.signal(signal.SIGSTOP)
    other = cluster.start(cluster.n2)
    try:
        other.wait_for_state("fault")
        other.wait_for_state("active", timeout=cluster.plan.lease_max + LEASE_LATE + 15)
        assert cluster.owners.longest_with_several() == 0, cluster.owners
    finally:
        holder.program.signal(signal.SIGCONT)
    cluster.owners.wait_for_owner(cluster.n1)
