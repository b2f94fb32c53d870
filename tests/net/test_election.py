"""Who becomes active: start order, priorities, ties, preemption. Real agents, real kernels."""

import time

import pytest

from agent import VIP, Agent, osixia_env
from cluster import Cluster

SLACK = 1.5  # for starting a process and a busy machine, where the test is about order and not about speed


def test_the_higher_priority_started_last_takes_over(cluster: Cluster) -> None:
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], 2 * cluster.plan.down(cluster.n2))
    assert cluster.owners.longest_with_several() < 1, cluster.owners
    assert cluster.agents["n1"].router()["state"] == "active"
    assert cluster.agents["n2"].router()["state"] == "backup"


def test_the_higher_priority_started_first_keeps_it(cluster: Cluster) -> None:
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.start(cluster.n2).wait_for_state("backup")
    cluster.owners.stays(["n1"], 2 * cluster.plan.down(cluster.n2))
    assert not [change for change in cluster.owners.changes() if change.host == "n2"]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)], ids=lambda order: "n" + "-n".join(map(str, order)))
def test_three_started_together_elect_the_best(cluster: Cluster, order: tuple[int, int, int]) -> None:
    hosts = [(cluster.n1, cluster.n2, cluster.n3)[i - 1] for i in order]
    cluster.use_plan({cluster.n1: 120, cluster.n2: 220, cluster.n3: 20})
    for host in hosts:
        cluster.start(host)
    cluster.owners.wait_for_owner(cluster.n2)
    for host in hosts:
        cluster.agents[host.name].wait_for_state("active" if host is cluster.n2 else "backup")
    cluster.owners.stays(["n2"], 2 * cluster.plan.down(cluster.n1))


def test_three_go_down_the_list_and_up_again(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 150, cluster.n3: 100})
    cluster.start_all()
    cluster.agents["n1"].kill()
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.agents["n2"].kill()
    cluster.owners.wait_for_owner(cluster.n3)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)


def test_equal_priorities_are_decided_by_the_higher_address(cluster: Cluster) -> None:
    """A plan has distinct priorities; people's own environments have not."""
    agents = {host.name: Agent(host, env=osixia_env([cluster.n1, cluster.n2])) for host in (cluster.n1, cluster.n2)}
    agents["n1"].wait_for_state("active", "backup")
    agents["n2"].wait_for_state("active", "backup")
    cluster.n2.cut_silently()
    cluster.owners.wait_for(["n1", "n2"])
    cluster.n2.heal_silently()
    healed = time.monotonic()
    cluster.owners.wait_for_owner(cluster.n2, timeout=2 + SLACK)  # an advert of version 2 comes once a second
    agents["n1"].wait_for_state("backup")
    agents["n2"].wait_for_state("active")
    cluster.owners.stays(["n2"], 5)
    assert cluster.owners.longest_with_none(healed) == 0


def test_a_newcomer_of_equal_priority_and_higher_address_does_not_disturb(cluster: Cluster) -> None:
    env = osixia_env([cluster.n1, cluster.n2])
    Agent(cluster.n1, env=env)
    cluster.owners.wait_for_owner(cluster.n1)
    Agent(cluster.n2, env=env).wait_for_state("backup")
    cluster.owners.stays(["n1"], 5)


def test_preempt_with_a_delay_waits_that_long(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt_delay_ms=3000)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    begin = time.monotonic()
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    waited = time.monotonic() - begin
    assert 3 <= waited <= 3 + cluster.plan.interval + SLACK
    assert cluster.owners.longest_with_none(begin) == 0


def test_the_delay_does_not_hold_up_a_failover(cluster: Cluster) -> None:
    """A waiting preemptor is also the next in line: when the active one dies meanwhile, it goes at once."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt_delay_ms=60000)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.start(cluster.n1).wait_for_state("backup")
    cluster.owners.stays(["n2"], 1)
    cluster.n2.cut_link()
    cluster.owners.wait_for_owner(cluster.n1, timeout=cluster.plan.down(cluster.n1) + SLACK)


def test_without_preempt_the_first_keeps_it_until_it_leaves(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt=False)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.start(cluster.n1).wait_for_state("backup")
    cluster.owners.stays(["n2"], 4 * cluster.plan.down(cluster.n2))
    assert cluster.agents["n2"].stop() == 0
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.start(cluster.n2).wait_for_state("backup")
    cluster.owners.stays(["n1"], 2 * cluster.plan.down(cluster.n2))


def test_a_member_alone_holds_the_address_and_sends_no_advert(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 100})
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], 5 * cluster.plan.interval)
    assert not cluster.wire.adverts()
    assert {a.address for a in cluster.wire.announcements("n1")} == {VIP}
    assert agent.is_healthy()
    assert agent.stop() == 0
    cluster.owners.wait_for([], timeout=5)


def test_a_node_that_is_not_in_the_plan_stands_by_in_silence(cluster: Cluster) -> None:
    cluster.start_all()
    stranger = Agent.from_plan(cluster.n3, cluster.plan, node="n3")
    stranger.program.wait_for_log("n3", timeout=10)  # it says why
    cluster.owners.stays(["n1"], 3 * cluster.plan.down(cluster.n2))
    assert not cluster.wire.adverts("n3") and not cluster.wire.announcements("n3")
    assert VIP not in cluster.n3.addresses()
    assert stranger.program.is_running() and stranger.is_healthy()
    assert all(router["state"] != "active" for router in stranger.status()["routers"])
    assert stranger.stop() == 0


def test_adverts_are_what_the_rfc_and_the_plan_say(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 150, cluster.n3: 100}, vrid=77)
    cluster.start_all()
    begin = time.monotonic()
    for to in ("192.0.2.12", "192.0.2.13"):
        advert = cluster.wire.wait_for_advert(lambda a: a.destination == to, since=begin)
        assert (advert.host, advert.source, advert.ttl, advert.version) == ("n1", "192.0.2.11", 255, 3)
        assert (advert.vrid, advert.priority, advert.interval, advert.addresses) == (77, 200, 25, (VIP,))
    assert not cluster.wire.adverts("n2", begin) and not cluster.wire.adverts("n3", begin)
    assert not [a for a in cluster.wire.adverts() if a.destination not in ("192.0.2.11", "192.0.2.12", "192.0.2.13")]


def test_adverts_keep_their_interval(cluster: Cluster) -> None:
    cluster.start_all()
    begin = time.monotonic()
    cluster.owners.stays(["n1"], 4)
    times = [a.time for a in cluster.wire.adverts("n1", begin)]
    assert 14 <= len(times) <= 17, times
    gaps = [b - a for a, b in zip(times, times[1:])]
    print(f"gaps {min(gaps) * 1000:.1f} to {max(gaps) * 1000:.1f} ms")
    assert max(gaps) < 2 * cluster.plan.interval, gaps


def test_several_virtual_routers_of_one_plan_move_together() -> None:
    routers = [{"vrid": 51, "addresses": [f"{VIP}/32"]},
               {"vrid": 52, "addresses": ["192.0.2.101/32", "192.0.2.102/24"]}]
    with Cluster(vips=[VIP, "192.0.2.101", "192.0.2.102"]) as wide:
        wide.use_plan({wide.n1: 200, wide.n2: 100}, changes={"routers": routers})
        wide.start_all()
        for address in wide.owners.addresses:
            wide.owners.wait_for_owner(wide.n1, address=address)
        assert len(wide.agents["n1"].status()["routers"]) == 2
        wide.n1.cut_link()
        for address in wide.owners.addresses:
            wide.owners.wait_for_owner(wide.n2, address=address)


def test_the_takeover_is_announced_four_times(cluster: Cluster) -> None:
    # With a lease it would go on until a silent predecessor's has certainly ended.
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, lease="off")
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    time.sleep(1.5)  # the burst lasts a second; more would be a fault
    times = [a.time for a in cluster.wire.announcements("n1") if a.address == VIP]
    offsets = [round(t - times[0], 2) for t in times]
    assert offsets == pytest.approx([0, 0.1, 0.5, 1.0], abs=0.08), offsets
    assert {a.mac for a in cluster.wire.announcements("n1")} == {cluster.n1.mac()}
