"""A sync group of an IPv4 and an IPv6 router: both addresses on the same host, whatever happens to one of them."""

import signal
import time

import pytest

from agent import VIP, Agent
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, wait_for_states
from netns import Host

LATE = 0.5
SYNCED = [ROUTER4 | {"sync": "web"}, ROUTER6 | {"sync": "web"}]
PASSING = 0.15  # two kernel calls and a busy machine: longer apart they never are


def start_synced(dual: DualCluster, **settings: object) -> dict[str, Agent]:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, SYNCED, **settings)
    agents = {"n1": dual.start(dual.n1)}
    dual.wait_for_owner_of_all(dual.n1)
    agents["n2"] = dual.start(dual.n2)
    agents["n2"].wait_until_it_follows()
    return agents


def cut_family(dual: DualCluster, host: Host, family: str, direction: str = "iifname") -> None:
    """The switch drops one family's adverts that come from the host (iifname) or go to it (oifname)."""
    match = {"ipv4": "ip protocol 112", "ipv6": "ip6 nexthdr 112"}[family]
    dual.lan.switch.nft(f"""
        table bridge {family}cut {{
          chain forward {{
            type filter hook forward priority -1;
            {direction} "{host.name}" {match} drop
          }}
        }}""")


def heal_family(dual: DualCluster, family: str) -> None:
    dual.lan.switch.nft(f"delete table bridge {family}cut")


def longest_apart(dual: DualCluster, since: float) -> float:
    """Longest time, in seconds, in which the two addresses had owners, but not the same ones."""
    cuts = sorted({since, time.monotonic(), *(c.time for c in dual.owners.changes(since))})
    longest = current = 0.0
    for begin, end in zip(cuts, cuts[1:], strict=False):
        middle = (begin + end) / 2
        owners = [next(s.owners for s in dual.owners.spans(since, address=vip) if s.start <= middle < s.end)
                  for vip in (VIP, VIP6)]
        current = current + end - begin if owners[0] != owners[1] else 0.0
        longest = max(longest, current)
    return longest


def test_stop_and_return(dual: DualCluster) -> None:
    agents = start_synced(dual)
    begin = time.monotonic()
    assert agents["n1"].stop() == 0
    dual.wait_for_owner_of_all(dual.n2, timeout=dual.plan.skew(dual.n2) + LATE)
    dual.start(dual.n1)
    dual.wait_for_owner_of_all(dual.n1)
    wait_for_states(agents["n2"], "backup")
    apart = longest_apart(dual, begin)
    print(f"apart for {apart * 1000:.0f} ms")
    assert apart < PASSING


def test_crash(dual: DualCluster) -> None:
    agents = start_synced(dual, lease="2s")
    begin = time.monotonic()
    agents["n1"].kill()
    dual.wait_for_owner_of_all(dual.n2)
    wait_for_states(agents["n2"], "active")
    # The kernel's own clockwork ends the two leases of the dead, each within its second.
    ours = [c.time for c in dual.owners.changes(begin) if c.host == "n2"]
    assert len(ours) == 2 and max(ours) - min(ours) < PASSING, dual.owners


def test_cut_and_heal(dual: DualCluster) -> None:
    agents = start_synced(dual)
    begin = time.monotonic()
    dual.n1.cut_link()
    dual.wait_for_owner_of_all(dual.n2, timeout=dual.plan.down(dual.n2) + LATE)
    wait_for_states(agents["n1"], "fault")
    dual.n1.heal_link()
    dual.wait_for_owner_of_all(dual.n1)
    wait_for_states(agents["n2"], "backup")
    assert longest_apart(dual, begin) < PASSING


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_one_family_cut_moves_neither(dual: DualCluster, family: str) -> None:
    """n2 misses one router of n1 but hears the other: the group has an active host."""
    agents = start_synced(dual)
    cut_family(dual, dual.n1, family)
    for vip in (VIP, VIP6):
        dual.owners.stays(["n1"], dual.plan.down(dual.n2), vip)
    wait_for_states(agents["n2"], "backup")
    begin = time.monotonic()
    assert agents["n1"].stop() == 0  # only one of the two farewells is heard
    dual.wait_for_owner_of_all(dual.n2, timeout=dual.plan.down(dual.n2) + LATE)
    heal_family(dual, family)
    dual.start(dual.n1)
    dual.wait_for_owner_of_all(dual.n1)
    assert longest_apart(dual, begin) < PASSING


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_an_interface_without_one_family_gives_up_both(dual: DualCluster, family: str) -> None:
    agents = start_synced(dual)
    own = f"{dual.n1.address}/24" if family == "ipv4" else f"{dual.address6['n1']}/64"
    begin = time.monotonic()
    dual.n1.ip(f"address del {own} dev eth0")
    routers = wait_for_states(agents["n1"], "fault")
    assert {router["reason"] for router in routers} >= {"another router of its sync group cannot work"}, routers
    assert {router["trouble"] for router in routers} == {"no_network", "companion"}
    dual.wait_for_owner_of_all(dual.n2)
    dual.n1.ip(f"address add {own} dev eth0{' nodad' if family == 'ipv6' else ''}")
    dual.wait_for_owner_of_all(dual.n1)
    assert longest_apart(dual, begin) < PASSING


def test_a_silent_split_heals_together(dual: DualCluster) -> None:
    agents = start_synced(dual)
    begin = time.monotonic()
    dual.n1.cut_silently()
    for vip in (VIP, VIP6):
        dual.owners.wait_for(["n1", "n2"], dual.plan.down(dual.n2) + LATE, vip)
    dual.n1.heal_silently()
    dual.wait_for_owner_of_all(dual.n1, timeout=2 * dual.plan.interval + LATE)
    wait_for_states(agents["n2"], "backup")
    assert not [c for c in dual.owners.changes(begin) if c.host == "n1"], dual.owners
    assert longest_apart(dual, begin) < PASSING


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_split_that_heals_for_one_family(dual: DualCluster, family: str) -> None:
    """One router of n2 hears that n1 is better, the other one still hears nothing: both yield."""
    agents = start_synced(dual)
    dual.n1.cut_silently()
    for vip in (VIP, VIP6):
        dual.owners.wait_for(["n1", "n2"], dual.plan.down(dual.n2) + LATE, vip)
    cut_family(dual, dual.n1, family)
    begin = time.monotonic()
    dual.n1.heal_silently()
    dual.wait_for_owner_of_all(dual.n1, timeout=2 * dual.plan.interval + LATE)
    assert {c.host for c in dual.owners.changes(begin)} == {"n2"}, dual.owners
    assert longest_apart(dual, begin) < PASSING
    for vip in (VIP, VIP6):
        dual.owners.stays(["n1"], dual.plan.down(dual.n2), vip)
    wait_for_states(agents["n2"], "backup")


def test_a_frozen_agent_gets_both_back_or_none(dual: DualCluster) -> None:
    agents = start_synced(dual, preempt=False)
    agents["n1"].program.signal(signal.SIGSTOP)
    for vip in (VIP, VIP6):
        dual.owners.wait_for(["n1", "n2"], dual.plan.down(dual.n2) + LATE, vip)
    agents["n1"].program.signal(signal.SIGCONT)
    dual.wait_for_owner_of_all(dual.n2, timeout=LATE)
    wait_for_states(agents["n1"], "backup")
    for vip in (VIP, VIP6):
        dual.owners.stays(["n2"], 0.6, vip)


def test_a_preempt_delay_that_begins_at_different_times(dual: DualCluster) -> None:
    """One family was heard later; the group takes over when the later of the two delays has ended."""
    dual.use_routers({dual.n1: 200, dual.n2: 100}, SYNCED, preempt_delay_ms=1000)
    wait_for_states(dual.start(dual.n2), "active")
    cut_family(dual, dual.n2, "ipv6")
    wait_for_states(dual.start(dual.n1), "backup")
    time.sleep(0.6 * dual.plan.down(dual.n1))  # long enough to miss two adverts of one router
    begin = time.monotonic()
    heal_family(dual, "ipv6")
    dual.wait_for_owner_of_all(dual.n1, timeout=1 + 2 * dual.plan.interval + 2 * LATE)
    assert longest_apart(dual, begin) < PASSING
    wait_for_states(dual.agents["n2"], "backup")
