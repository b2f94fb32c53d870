"""The virtual MAC of RFC 9568, 7.3, and its accept mode: what the neighbours see is the router's, not the host's."""

import re

import pytest

from agent import VIP
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, wait_for_states
from netns import Host, wait_until

MAC4, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:33"
VIRTUAL = {"virtual_mac": True}
MULTICAST = {"transport": "multicast"}
WITHOUT_ACCEPT = {"accept": False}


def addresses_anywhere(host: Host) -> set[str]:
    return set(re.findall(r"inet6? ([0-9a-f.:]+)", host.ip("address show")))


def virtual_links(host: Host) -> list[str]:
    return re.findall(r"(vip[46]-\d+-\d+)@", host.ip("link show"))


def holds(host: Host) -> bool:
    return {VIP, VIP6} <= addresses_anywhere(host)


def neighbours(dual: DualCluster) -> dict[str, str]:
    """What the client believes after it has asked anew."""
    dual.client.ip("neigh flush all")
    for address in (VIP, VIP6):
        dual.client.run(["ping", "-c", "1", "-W", "1", address], check=False)
    return dict(re.findall(r"(\S+) dev eth0 lladdr (\S+)", dual.client.ip("neigh show")))


def start(dual: DualCluster, changes: dict[str, object]) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6], changes)
    for host in (dual.n1, dual.n2):
        dual.start(host)
    wait_for_states(dual.agents["n1"], "active")
    wait_for_states(dual.agents["n2"], "backup")


@pytest.mark.parametrize("transport", ["unicast", "multicast"])
def test_the_mac_moves_with_the_addresses(dual: DualCluster, transport: str) -> None:
    start(dual, VIRTUAL | {"transport": transport})
    assert holds(dual.n1) and not holds(dual.n2)
    before = neighbours(dual)
    assert (before[VIP], before[VIP6]) == (MAC4, MAC6)
    announced = {(a.address, a.mac) for a in dual.wire.announcements("n1")}
    assert announced == {(VIP, MAC4), (VIP6, MAC6)}, announced
    with dual.ping() as ping, dual.ping(target=VIP6) as ping6:
        assert dual.agents["n1"].stop() == 0
        wait_until(lambda: holds(dual.n2), 10, "n2 holds both")
        dual.owners.stays(["n2"], 0.7)  # in which the switch could still believe that the MAC is where it was
        reports = [ping.report(), ping6.report()]
    print(*reports, sep="\n")
    assert [report.lost for report in reports] == [0, 0], reports
    assert not virtual_links(dual.n1), "nothing is left behind"
    assert neighbours(dual)[VIP] == MAC4


def test_two_of_one_mac_hear_each_other_after_a_split(dual: DualCluster) -> None:
    start(dual, VIRTUAL | MULTICAST)
    dual.n1.cut_silently()
    wait_for_states(dual.agents["n2"], "active")
    dual.n1.heal_silently()
    wait_for_states(dual.agents["n2"], "backup", timeout=5)
    wait_for_states(dual.agents["n1"], "active", timeout=5)


def test_what_a_killed_agent_left_goes_with_its_successor(dual: DualCluster) -> None:
    start(dual, VIRTUAL)
    dual.agents["n1"].kill()
    wait_until(lambda: holds(dual.n2), 10, "n2 holds both")
    assert virtual_links(dual.n1)
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4 | {"vrid": 52}])
    dual.start(dual.n1)
    wait_until(lambda: not virtual_links(dual.n1), 10, "the old links are gone")


def test_a_kernel_that_does_not_take_the_address_moves_it(dual: DualCluster) -> None:
    """P30: a lease that is not renewed once may be chance; who fails twice steps down, and tries again later."""
    start(dual, VIRTUAL)
    link = next(name for name in virtual_links(dual.n1) if name.startswith("vip6"))
    dual.n1.sysctl(**{f"ipv6__conf__{link}__disable_ipv6": 1})
    dual.owners.wait_for_owner(dual.n2, address=VIP6)
    fault = next(row for row in dual.agents["n1"].status()["routers"] if row["family"] == "ipv6")
    assert fault["state"] == "fault" and f"{VIP6}/128 cannot be held" in fault["reason"], fault
    assert fault["trouble"] == "address_refused"
    dual.owners.stays(["n1"], 0.5, VIP)
    dual.n1.sysctl(**{f"ipv6__conf__{link}__disable_ipv6": 0})
    dual.owners.wait_for_owner(dual.n1, address=VIP6)


def test_without_accept_the_neighbours_are_answered_and_nobody_else(dual: DualCluster) -> None:
    start(dual, WITHOUT_ACCEPT)
    assert not holds(dual.n1)
    believed = neighbours(dual)
    assert believed[VIP] == believed[VIP6] == dual.n1.mac()
    for address in (VIP, VIP6):
        assert dual.client.run(["ping", "-c", "2", "-i", "0.2", "-W", "1", address], check=False).returncode != 0
    dual.agents["n1"].stop()
    wait_for_states(dual.agents["n2"], "active")
    assert neighbours(dual)[VIP] == dual.n2.mac()
