"""255 virtual routers on one interface, all that the VRID can tell apart, in one agent on each of two hosts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from agent import Agent, binary
from cluster import Cluster
from dual import DualCluster, sum_counters, wait_for_states
from netns import Host, wait_until

COUNT = 255
VIPS4 = [f"10.77.0.{n}" for n in range(1, COUNT + 1)]
VIPS6 = [f"2001:db8:77::{n:x}" for n in range(1, COUNT + 1)]
MACHINE = 0.5  # two cores, shared with the other tests and with the watcher of 510 addresses


@pytest.fixture
def many(needs_root: None, tmp_path: Path) -> Generator[Cluster, None, None]:
    """With a key: every packet is signed, and 255 routers ask their peers."""
    binary()
    key = tmp_path / "key"
    key.write_text("5a" * 32)
    with Cluster(VIPS4) as cluster:
        routers = [{"vrid": n + 1, "addresses": [f"{vip}/32"]} for n, vip in enumerate(VIPS4)]
        cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=1000, interface="eth0",
                         changes={"routers": routers, "auth": {"mode": "hmac", "file": str(key)}})
        yield cluster


@pytest.fixture
def many6(needs_root: None) -> Generator[DualCluster, None, None]:
    binary()
    with DualCluster(VIPS6) as cluster:
        cluster.use_routers({cluster.n1: 200, cluster.n2: 100},
                            [{"vrid": n + 1, "addresses": [f"{vip}/128"]} for n, vip in enumerate(VIPS6)],
                            interval_ms=1000, interface="eth0")
        yield cluster


def wait_for_all(cluster: Cluster, host: Host, timeout: float = 15) -> None:
    """This host, and no other, holds all the addresses."""
    def owners() -> set[tuple[str, str]]:
        held: set[tuple[str, str]] = set()
        for change in cluster.owners.changes():
            (held.add if change.added else held.discard)((change.host, change.address))
        return held

    wanted = {(host.name, vip) for vip in cluster.owners.addresses}
    wait_until(lambda: owners() == wanted, timeout,
               lambda: f"{host.name} alone has all: lacking {len(wanted - owners())}, besides {len(owners() - wanted)}",
               interval=0.05)


def moments(cluster: Cluster, host: Host, since: float, added: bool) -> dict[str, float]:
    """When each of the addresses came to the host (or left it); every one exactly once."""
    found = [c for c in cluster.owners.changes(since) if c.host == host.name and c.added == added]
    assert sorted(c.address for c in found) == sorted(cluster.owners.addresses), "each address once"
    return {c.address: c.time for c in found}


def silences(cluster: Cluster, leaver: Host, successor: Host, since: float) -> list[float]:
    """For each address the time from the last advert of its router until the successor had it."""
    last = {a.addresses[0]: a.time for a in cluster.wire.adverts(leaver.name) if a.time <= since + 0.05}
    return [when - last[vip] for vip, when in moments(cluster, successor, since, added=True).items()]


def figures(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f} s (median), {max(seconds):.3f} s (worst)"


def expect_states(agent: Agent, state: str, active: str) -> None:
    rows = wait_for_states(agent, state)
    assert sorted(row["vrid"] for row in rows) == list(range(1, COUNT + 1))
    assert {row["active"] for row in rows} == {active}
    assert all(len(row["addresses"]) == 1 for row in rows)


def test_255_routers_over_ipv4(many: Cluster) -> None:
    n1, n2, plan = many.n1, many.n2, many.plan
    agents = {"n1": many.start(n1)}
    wait_for_all(many, n1)
    agents["n2"] = many.start(n2)
    time.sleep(plan.down(n2) + MACHINE)  # so long it would need to claim what it does not hear
    assert not [c for c in many.owners.changes() if c.host == "n2"]
    expect_states(agents["n1"], "active", n1.address)
    expect_states(agents["n2"], "backup", n1.address)

    begin = time.monotonic()
    n1.cut_link()
    wait_for_all(many, n2, timeout=plan.down(n2) * 1.05 + MACHINE)
    silent = silences(many, n1, n2, begin)
    gone = max(moments(many, n1, begin, added=False).values()) - begin
    print(f"link cut, 255 routers at 1 s: from the last advert to the new owner {figures(silent)}, the protocol's "
          f"{plan.down(n2):.3f} s; the old owner had let go of all after {gone * 1000:.0f} ms")
    assert plan.down(n2) - 0.05 <= min(silent) and max(silent) <= plan.down(n2) * 1.05 + MACHINE
    assert gone < 1
    expect_states(agents["n1"], "fault", "")
    expect_states(agents["n2"], "active", n2.address)

    begin = time.monotonic()
    n1.heal_link()
    wait_for_all(many, n1)
    back = [when - begin for when in moments(many, n1, begin, added=True).values()]
    overlaps = [moments(many, n2, begin, added=False)[vip] - when
                for vip, when in moments(many, n1, begin, added=True).items()]
    print(f"link healed: back after {figures(back)}; both had it for {figures(overlaps)}")
    assert max(back) <= plan.down(n1) * 1.05 + 2 * MACHINE and max(overlaps) < MACHINE
    expect_states(agents["n1"], "active", n1.address)
    expect_states(agents["n2"], "backup", n1.address)

    begin = time.monotonic()
    assert agents["n1"].stop() == 0
    wait_for_all(many, n2)
    left, taken = moments(many, n1, begin, added=False), moments(many, n2, begin, added=True)
    gaps = [max(0.0, when - left[vip]) for vip, when in taken.items()]
    print(f"polite stop: all moved {max(taken.values()) - begin:.3f} s after the signal; nobody had it for "
          f"{figures(gaps)}")
    assert max(gaps) <= plan.skew(n2) * 1.05 + MACHINE
    expect_states(agents["n2"], "active", n2.address)
    counters = sum_counters(agents["n2"])
    assert not any(counters[name] for name in ("malformed", "checksum", "vrid", "unknown_source", "put_back")), counters


def test_255_routers_over_ipv6(many6: DualCluster) -> None:
    """P30: their leases are renewed all the while, and nobody is late with a word for it."""
    n1, n2, plan = many6.n1, many6.n2, many6.plan
    agents = {"n1": many6.start(n1)}
    wait_for_all(many6, n1)
    agents["n2"] = many6.start(n2)
    wait_for_states(agents["n2"], "backup")
    wait_until(lambda: all(row["active"] for row in agents["n2"].status()["routers"]), 10, "n2 hears all", interval=0.2)
    expect_states(agents["n2"], "backup", many6.address6["n1"])
    begin = time.monotonic()
    n1.cut_link()
    wait_for_all(many6, n2, timeout=plan.down(n2) * 1.05 + MACHINE)
    silent = silences(many6, n1, n2, begin)
    print(f"link cut, 255 routers over IPv6 at 1 s: from the last advert to the new owner {figures(silent)}, the "
          f"protocol's {plan.down(n2):.3f} s")
    assert max(silent) <= plan.down(n2) * 1.05 + MACHINE
    assert agents["n2"].stop() == 0
    wait_until(lambda: not any(vip in n2.addresses() for vip in VIPS6), 5, "n2 has let go of all")
