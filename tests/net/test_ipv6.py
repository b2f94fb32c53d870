"""IPv6: the VIP 2001:db8::100 moves as its IPv4 sister does, and looks to the kernel and to the LAN as it should."""

import re
import time

import pytest

from dual import ROUTER6, VIP6, DualCluster, link_local, wait_for_states
from netns import wait_until

LATE = 0.5
LEASE_LATE = 0.5


def test_three_elect_and_fail_over(cluster6: DualCluster) -> None:
    cluster6.use_routers({cluster6.n1: 100, cluster6.n2: 200, cluster6.n3: 150}, [ROUTER6])
    agents = cluster6.start_all()
    for name in ("n1", "n3"):
        agents[name].wait_for_state("backup")
    assert agents["n2"].router()["family"] == "ipv6" and agents["n1"].router()["active"] == "2001:db8::12"
    adverts = cluster6.wire.adverts("n2")
    assert {a.destination for a in adverts} == {"2001:db8::11", "2001:db8::13"}
    assert all((a.source, a.ttl, a.version, a.vrid) == ("2001:db8::12", 255, 3, 51) for a in adverts)
    assert all(a.addresses == (VIP6,) for a in adverts)
    with cluster6.ping() as ping:
        cluster6.n2.cut_link()
        cluster6.owners.wait_for_owner(cluster6.n3, timeout=cluster6.plan.down(cluster6.n3) + LATE)
        cluster6.owners.stays(["n3"], 0.5)
        report = ping.report()
    print(report)
    assert not report.holes[-1].open and report.longest_silence_ms / 1000 <= cluster6.plan.down(cluster6.n3) + LATE
    cluster6.n2.heal_link()
    cluster6.owners.wait_for_owner(cluster6.n2)
    cluster6.owners.stays(["n2"], 1)


def test_polite_stop(cluster6: DualCluster) -> None:
    agents = cluster6.start_all()
    agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    with cluster6.ping() as ping:
        assert agents["n1"].stop() == 0
        cluster6.owners.wait_for_owner(cluster6.n2)
        cluster6.owners.stays(["n2"], 0.5)
        report = ping.report()
    print(report)
    assert report.lost == 0, report
    assert cluster6.owners.longest_with_none(begin) == 0 and cluster6.owners.longest_with_several(begin) < 0.27
    farewell = cluster6.wire.adverts("n1", since=begin)[-1]
    assert farewell.priority == 0


def test_a_crash_cannot_leave_the_address_behind(cluster6: DualCluster) -> None:
    agents = cluster6.start_all()
    agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    agents["n1"].kill()
    cluster6.owners.wait_for(["n1", "n2"], timeout=cluster6.plan.down(cluster6.n2) + LATE)
    cluster6.owners.wait_for_owner(cluster6.n2, timeout=cluster6.plan.lease_max + LEASE_LATE)
    lapsed = next(c.time for c in cluster6.owners.changes(begin) if c.host == "n1" and not c.added) - begin
    print(f"lapsed {lapsed:.2f} s after the kill, lease {cluster6.plan.lease_max:.0f} s")
    assert lapsed <= cluster6.plan.lease_max + LEASE_LATE
    assert VIP6 not in cluster6.n1.run(["ip", "-6", "route", "show", "table", "all"]).stdout
    with cluster6.ping() as ping:  # the client has found the survivor
        time.sleep(0.3)
        assert ping.report().lost == 0


def test_how_the_address_stands_in_the_kernel(cluster6: DualCluster) -> None:
    """Never a source of the host's own connections, without a route of its own, unready for no moment, on a lease."""
    for host in (cluster6.n1, cluster6.n2):  # with duplicate address detection in force it would be tentative at first
        host.sysctl(ipv6__conf__eth0__accept_dad=1, ipv6__conf__eth0__dad_transmits=1)
    cluster6.start_all()
    line = next(l for l in cluster6.n1.ip("address show dev eth0").splitlines() if f"{VIP6}/128" in l)
    lifetime = re.search(r"valid_lft (\d+)sec preferred_lft 0sec", line)
    assert lifetime is not None and 0 < int(lifetime.group(1)) <= cluster6.plan.lease_max, line
    assert all(word in line for word in (" deprecated", " nodad", " noprefixroute")), line
    assert " tentative" not in line and " dadfailed" not in line, line
    routes = cluster6.n1.run(["ip", "-6", "route", "show", "dev", "eth0"]).stdout.splitlines()
    assert not [route for route in routes if VIP6 in route], routes
    chosen = cluster6.n1.run(["ip", "-6", "route", "get", cluster6.address6["client"]]).stdout
    assert f"src {cluster6.address6['n1']}" in chosen, chosen
    with cluster6.ping() as ping:
        cluster6.owners.stays(["n1"], 1.2 * cluster6.plan.lease_max)  # renewed
        assert ping.report().lost == 0


@pytest.mark.parametrize("forwards", [False, True], ids=["host", "router"])
def test_the_lan_hears_where_the_address_is(cluster6: DualCluster, forwards: bool) -> None:
    """An unsolicited neighbour advertisement to all nodes: override, not solicited, and whether we forward."""
    cluster6.n1.sysctl(ipv6__conf__eth0__forwarding=int(forwards))
    cluster6.start(cluster6.n1).wait_for_state("active")
    heard = wait_until(lambda: cluster6.wire.announcements("n1"), 5, "an announcement of n1")
    ours = [a for a in heard if a.address == VIP6]
    assert ours, heard
    frame = ours[0].frame
    assert ours[0].mac == cluster6.n1.mac()
    assert frame[:6].hex(":") == "33:33:00:00:00:01" and frame[38:54].hex() == "ff02" + "0" * 26 + "01"
    assert frame[21] == 255, "hop limit"
    assert frame[58] == (0xA0 if forwards else 0x20), f"flags {frame[58]:#x}"
    assert frame[78:80] == b"\x02\x01" and frame[80:86].hex(":") == cluster6.n1.mac(), "target link-layer address"
    first = cluster6.wire.adverts("n1")
    assert not first or ours[0].time <= first[0].time, "announced before it speaks"


def test_a_link_local_address_first_and_a_global_one(cluster6: DualCluster) -> None:
    """RFC 9568, 5.2.9: the first address of an IPv6 router is its link-local one."""
    cluster6.use_routers({cluster6.n1: 200, cluster6.n2: 100},
                         [{"vrid": 51, "addresses": ["fe80::100/128", f"{VIP6}/128"]}], interface="eth0")
    agents = cluster6.start_all()
    agents["n2"].wait_for_state("backup")
    advert = cluster6.wire.wait_for_advert(lambda a: a.host == "n1")
    assert advert.addresses == ("fe80::100", VIP6)
    assert {"fe80::100", VIP6} <= cluster6.n1.addresses()
    wait_until(lambda: {a.address for a in cluster6.wire.announcements("n1")} >= {"fe80::100", VIP6}, 5,
               "both addresses are announced")
    assert cluster6.client.run(["ping", "-c1", "-W2", "fe80::100%eth0"], check=False).returncode == 0
    agents["n1"].stop()
    cluster6.owners.wait_for_owner(cluster6.n2)
    wait_until(lambda: {"fe80::100", VIP6} <= cluster6.n2.addresses(), 2, "n2 has both")
    assert not {"fe80::100", VIP6} & cluster6.n1.addresses()
    assert cluster6.client.run(["ping", "-c1", "-W2", "fe80::100%eth0"], check=False).returncode == 0
    counters = agents["n2"].router()["counters"]
    assert counters["advertisements_received"] > 0
    assert counters["first_not_link_local"] == counters["other_addresses"] == 0


def test_unicast_between_link_local_addresses(cluster6: DualCluster) -> None:
    cluster6.address6 |= {host.name: link_local(host) for host in (cluster6.n1, cluster6.n2, cluster6.n3)}
    cluster6.use_routers({cluster6.n1: 200, cluster6.n2: 100}, [ROUTER6])
    agents = cluster6.start_all()
    agents["n2"].wait_for_state("backup")
    advert = cluster6.wire.wait_for_advert(lambda a: a.host == "n1")
    assert (advert.source, advert.destination) == (cluster6.address6["n1"], cluster6.address6["n2"])
    cluster6.owners.stays(["n1"], 2 * cluster6.plan.down(cluster6.n2))
    cluster6.n1.cut_link()
    cluster6.owners.wait_for_owner(cluster6.n2)
    cluster6.n1.heal_link()
    cluster6.owners.wait_for_owner(cluster6.n1)
    agents["n1"].stop()
    cluster6.owners.wait_for_owner(cluster6.n2, timeout=cluster6.plan.skew(cluster6.n2) + LATE)


def test_a_member_that_loses_its_ipv6_address_steps_aside(cluster6: DualCluster) -> None:
    agents = cluster6.start_all()
    agents["n2"].wait_for_state("backup")
    cluster6.n1.ip("address del 2001:db8::11/64 dev eth0")
    agents["n1"].wait_for_state("fault")
    cluster6.owners.wait_for_owner(cluster6.n2)
    cluster6.n1.ip("address add 2001:db8::11/64 dev eth0 nodad")
    cluster6.owners.wait_for_owner(cluster6.n1)
    wait_for_states(agents["n2"], "backup")


def test_an_address_still_checked_for_duplicates_is_not_there_yet(cluster6: DualCluster) -> None:
    """The kernel hears nothing on it for a second or two; who listens deaf would think that nobody is active."""
    cluster6.use_routers({cluster6.n1: 200, cluster6.n2: 100}, [ROUTER6], preempt=False, interface="eth0")
    n1 = cluster6.start(cluster6.n1)
    cluster6.owners.wait_for_owner(cluster6.n1)
    cluster6.start(cluster6.n2).wait_for_state("backup")
    cluster6.n1.sysctl(ipv6__conf__all__accept_dad=1, ipv6__conf__eth0__accept_dad=1, ipv6__conf__eth0__dad_transmits=1)
    cluster6.n1.ip("address del 2001:db8::11/64 dev eth0")
    cluster6.owners.wait_for_owner(cluster6.n2)
    cluster6.n1.ip("address add 2001:db8::11/64 dev eth0")
    cluster6.owners.stays(["n2"], 3.5)
    n1.wait_for_state("backup")
