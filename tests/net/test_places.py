"""Interfaces that are renamed, lose their carrier, or share an address: where a router is must be where it works."""

import json
import re
import time

from agent import VIP
from dual import DualCluster, wait_for_states
from netns import Host, wait_until


def holds(host: Host) -> bool:
    return VIP in re.findall(r"inet ([0-9.]+)", host.ip("address show"))


def test_a_renamed_interface_takes_no_address_along(dual: DualCluster) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [{"vrid": 51, "addresses": [f"{VIP}/32"]}], interface="eth0")
    agents = {host.name: dual.start(host) for host in (dual.n1, dual.n2)}
    wait_for_states(agents["n1"], "active")
    wait_for_states(agents["n2"], "backup")
    dual.n1.ip("link set eth0 name lan0")
    wait_for_states(agents["n1"], "fault")
    wait_until(lambda: not holds(dual.n1), 2, "the address went at once, not with its lease")
    wait_for_states(agents["n2"], "active")


def test_who_cannot_hear_its_peers_does_not_claim_elsewhere(dual: DualCluster) -> None:
    """The adverts go over eth0, the address lives on another interface: both must be up."""
    for host in (dual.n1, dual.n2):
        host.ip("link add web0 type bridge", "address add 198.51.100.2/24 dev web0", "link set web0 up")
        host.ip("link add port0 type veth peer name port1", "link set port0 master web0 up", "link set port1 up")
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [{"vrid": 51, "addresses": ["198.51.100.9/32"]}], interface="web0")
    agents = {host.name: dual.start(host) for host in (dual.n1, dual.n2)}
    wait_for_states(agents["n1"], "active")
    wait_for_states(agents["n2"], "backup")
    dual.n2.cut_link()
    fault = wait_for_states(agents["n2"], "fault")[0]
    assert "eth0 is down" in fault["reason"] and fault["trouble"] == "link_down", fault


def test_a_bridge_with_its_ports_link_local_address(dual: DualCluster) -> None:
    """Both links have the same address: the router is on the one that it was given."""
    for host in (dual.n1, dual.n2):
        mac = host.mac()
        host.ip("link add br5 type bridge", f"link set br5 address {mac}", "link set eth0 master br5", "link set br5 up")
    for host in (dual.n1, dual.n2):
        wait_until(lambda h=host: "fe80" in h.ip("address show dev br5"), 5, "a link-local address on br5")
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [{"vrid": 51, "addresses": ["fe80::100/128"]}],
                     {"transport": "multicast"}, interface="br5")
    agents = {host.name: dual.start(host) for host in (dual.n1, dual.n2)}
    wait_for_states(agents["n1"], "active")
    time.sleep(3 * dual.plan.down(dual.n2))
    wait_for_states(agents["n2"], "backup", timeout=1)
    counters = json.loads(agents["n2"].http_get("/status")[1])["routers"][0]["counters"]
    assert counters["other_interface"] == 0 and counters["advertisements_received"] > 0
