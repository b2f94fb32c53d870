"""When the LAN is told where the addresses are: the plan's `announce`, on the wire."""

import time

import pytest

from agent import VIP
from cluster import Cluster
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, wait_for_states
from netns import wait_until

LATE = 0.25  # a busy machine; the times asked for are further apart


def times_of(dual: DualCluster, vip: str) -> list[float]:
    return [a.time for a in dual.wire.announcements("n1") if a.address == vip]


def test_the_times_of_the_plan(dual: DualCluster) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6],
                     {"announce": {"at_ms": [0, 300, 900], "refresh_ms": 1000}}, lease="off")
    dual.start(dual.n1)
    dual.owners.wait_for_owner(dual.n1)
    claimed = dual.owners.changes()[0].time
    expected = [0.0, 0.3, 0.9, 1.9, 2.9]
    for vip in (VIP, VIP6):
        wait_until(lambda vip=vip: len(times_of(dual, vip)) >= 5, 6, f"five announcements of {vip}")
        heard = [when - claimed for when in times_of(dual, vip)[:5]]
        print(vip, " ".join(f"{when:.3f}" for when in heard))
        assert all(-0.02 < when - wanted < LATE for when, wanted in zip(heard, expected, strict=True)), heard


def test_without_refresh_the_burst_is_all(dual: DualCluster) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6],
                     {"announce": {"at_ms": [0, 100], "refresh_ms": 0}}, lease="off")
    dual.start(dual.n1)
    dual.owners.wait_for_owner(dual.n1)
    time.sleep(2)
    for vip in (VIP, VIP6):
        assert len(times_of(dual, vip)) == 2


def test_a_start_listens_as_long_as_the_plan_says(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"start_wait_ms": 2000})
    begin = time.monotonic()
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    assert 2.0 <= cluster.owners.changes()[0].time - begin <= 2.7


@pytest.mark.parametrize("transport", ["unicast", "multicast"])
def test_as_many_addresses_as_an_advert_can_carry(dual: DualCluster, transport: str) -> None:
    """255 IPv6 addresses make 4088 bytes: three fragments, which must arrive as one."""
    vips = [f"2001:db8:77::{n:x}" for n in range(1, 256)]
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [{"vrid": 7, "addresses": [f"{vip}/128" for vip in vips]}],
                     {"transport": transport}, interface="eth0")
    n1 = dual.start(dual.n1)
    wait_for_states(n1, "active")
    n2 = dual.start(dual.n2)
    wait_for_states(n2, "backup")
    wait_until(lambda: n2.router()["counters"]["advertisements_received"] > 6, 5, lambda: str(n2.router()["counters"]))
    counters = n2.router()["counters"]
    assert counters["other_addresses"] == 0 and n2.router()["state"] == "backup"
    wait_until(lambda: set(vips) <= dual.n1.addresses(), 5, "n1 has all")
    assert not set(vips) & dual.n2.addresses()
    n1.stop()
    wait_until(lambda: set(vips) <= dual.n2.addresses(), 5, "n2 has all")
    assert not set(vips) & dual.n1.addresses()
