"""Advertisements to VRRP's own groups, 224.0.0.18 and ff02::12, instead of to each member."""

import time

import pytest

from agent import VIP
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, link_local, sum_counters, wait_for_states
from forge import Advert, Forger
from netns import Host, wait_until

LATE = 0.5
GROUPS = {4: "224.0.0.18", 6: "ff02::12"}
MULTICAST = {"transport": "multicast"}


def use_multicast(dual: DualCluster, members: dict[Host, int], **settings: object) -> None:
    dual.use_routers(members, [ROUTER4, ROUTER6], MULTICAST, **settings)


def test_three_elect_fail_over_and_leave(dual: DualCluster) -> None:
    use_multicast(dual, {dual.n1: 200, dual.n2: 150, dual.n3: 100})
    agents = dual.start_all()
    for name in ("n2", "n3"):
        wait_for_states(agents[name], "backup")
    for version, source in ((4, dual.n1.address), (6, link_local(dual.n1))):
        adverts = [a for a in dual.wire.adverts("n1") if (":" in a.source) == (version == 6)]
        assert {(a.source, a.destination, a.ttl) for a in adverts} == {(source, GROUPS[version], 255)}, adverts
    assert not dual.wire.adverts("n3"), "a backup is silent"
    with dual.ping() as ping, dual.ping(target=VIP6) as ping6:
        dual.n1.cut_link()
        dual.wait_for_owner_of_all(dual.n2, timeout=dual.plan.down(dual.n2) + LATE)
        assert agents["n2"].stop() == 0
        dual.wait_for_owner_of_all(dual.n3, timeout=dual.plan.skew(dual.n3) + LATE)
        dual.owners.stays(["n3"], 0.5)
        reports = ping.report(), ping6.report()
    print(*reports, sep="\n")
    assert all(report.longest_silence_ms / 1000 <= dual.plan.down(dual.n2) + LATE and not report.holes[-1].open
               for report in reports)
    dual.n1.heal_link()
    dual.wait_for_owner_of_all(dual.n1)
    wait_for_states(agents["n3"], "backup")


def test_a_crash_ends_with_the_lease(dual: DualCluster) -> None:
    use_multicast(dual, {dual.n1: 200, dual.n2: 100}, lease="2s")
    agents = dual.start_all()
    wait_for_states(agents["n2"], "backup")
    agents["n1"].kill()
    for address in (VIP, VIP6):
        dual.owners.wait_for(["n1", "n2"], dual.plan.down(dual.n2) + LATE, address)
    dual.wait_for_owner_of_all(dual.n2, timeout=2 + LATE)


def test_an_interface_made_anew_is_joined_again(dual: DualCluster) -> None:
    """Without preemption only hearing keeps n1 from claiming what n2 has."""
    use_multicast(dual, {dual.n1: 200, dual.n2: 100}, preempt=False, interface="eth0")
    agents = {"n1": dual.start(dual.n1)}
    dual.wait_for_owner_of_all(dual.n1)
    agents["n2"] = dual.start(dual.n2)
    wait_for_states(agents["n2"], "backup")
    dual.n1.ip("link del eth0")
    dual.wait_for_owner_of_all(dual.n2)
    wait_for_states(agents["n1"], "fault")
    dual.lan.switch.ip(f"link add n1 type veth peer name eth0 netns {dual.n1.path}", "link set n1 master br0 up")
    dual.n1.ip(f"address add {dual.n1.address}/24 dev eth0", "link set eth0 up")
    wait_for_states(agents["n1"], "backup")
    heard = sum_counters(agents["n1"])["advertisements_received"]
    begin = time.monotonic()
    for address in (VIP, VIP6):
        dual.owners.stays(["n2"], 0.75 * dual.plan.down(dual.n1), address)
    assert not dual.owners.changes(begin), dual.owners
    wait_until(lambda: sum_counters(agents["n1"])["advertisements_received"] >= heard + 8, 5,
               "n1 hears both routers of n2")
    agents["n2"].stop()
    dual.wait_for_owner_of_all(dual.n1)


@pytest.mark.parametrize("version", [4, 6])
def test_a_packet_from_another_network_is_refused(dual: DualCluster, version: int) -> None:
    """Any source counts on the link, so TTL 255 is what keeps out whoever is not on it (RFC 9568, 7.1)."""
    use_multicast(dual, {dual.n1: 200, dual.n2: 100})
    agents = dual.start_all()
    wait_for_states(agents["n2"], "backup")
    begin = time.monotonic()
    vip, source = (VIP, "192.0.2.77") if version == 4 else (VIP6, "fe80::77")
    with Forger(dual.client) as forger:
        for target in (dual.n1, dual.n2):
            for priority in (255, 0):
                forger.advert(target, source, GROUPS[version], Advert(addresses=[vip], priority=priority), ttl=254)
            forger.advert(target, source, GROUPS[version], Advert(addresses=[vip], checksum=7))
            wait_until(lambda: sum_counters(agents[target.name])["ttl"] == 2
                       and sum_counters(agents[target.name])["checksum"] == 1, 2,
                       lambda: str(sum_counters(agents[target.name])))
    dual.owners.stays(["n1"], 0.5)
    assert not dual.owners.changes(begin), dual.owners


def test_no_router_speaks_from_an_address_that_moves(dual: DualCluster) -> None:
    """Beside the host's own link-local address there are virtual ones: of this agent and of another group's."""
    routers = [{"vrid": 1, "addresses": ["fe80::100/128", f"{VIP6}/128"]}, {"vrid": 2, "addresses": ["fe80::200/128"]},
               {"vrid": 3, "addresses": [f"{VIP}/32"]}, {"vrid": 4, "addresses": ["192.0.2.101/32"]}]
    dual.use_routers({dual.n1: 200, dual.n2: 100}, routers, MULTICAST, interface="eth0")
    own = {"ipv4": dual.n1.address, "ipv6": link_local(dual.n1)}
    agent = dual.start(dual.n1)
    wait_for_states(agent, "active")
    other = {"group": "other", "status_port": 9113, "routers": [{"vrid": 9, "addresses": ["fe80::900/128"]}]}
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [], MULTICAST | other, interface="eth0")
    dual.start(dual.n1)
    wait_until(lambda: "fe80::900" in dual.n1.addresses(), 10, "the other group is active, too")
    begin = time.monotonic()
    dual.n1.ip("address add 203.0.113.1/24 dev eth0", "address del 203.0.113.1/24 dev eth0")  # makes them look again
    wait_until(lambda: {a.vrid for a in dual.wire.adverts("n1", since=begin + 0.3)} >= {1, 2, 3, 4, 9}, 5, "all speak")
    assert {a.source for a in dual.wire.adverts("n1", since=begin)} == set(own.values())
    dual.n1.ip(f"address del {dual.n1.address}/24 dev eth0")
    wait_until(lambda: {r["vrid"] for r in agent.status()["routers"] if r["state"] == "fault"} >= {3, 4}, 5,
               lambda: f"without an address of its own there is no IPv4 router: {agent.status()['routers']}")
