"""A plan in which a person drained or preferred a member, rolled through a group as the Swarm does it: on each host a new
agent beside the old one. Nothing is lost, whether the group preempts or not."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent import Agent
from cluster import Cluster
from netns import Host, wait_until

ROLLED = 10.0  # seconds from the start of a new agent until it is in charge, on a busy machine
AT_ONCE = 1.0  # from then on until the addresses have moved: an interval and the skew, and a busy machine
PATIENCE = 5.0  # the preempt delay, which nobody is to wait for but at the start
TWO_OWNERS = 0.5  # make before break


class Roll:
    """Three members with a key, of which n1 is the best and has the address."""

    def __init__(self, cluster: Cluster, preempt: bool):
        self.cluster = cluster
        self.preempt = preempt
        self.generation = 0
        key: Path = cluster.lan.log_dir / "key"
        key.write_text(f"1:{secrets.token_hex(32)}\n")
        self.auth: dict[str, Any] = {"mode": "hmac", "file": str(key)}
        self.agents: dict[str, Agent] = {}
        self.plan((108, 100, 92))
        self.start(cluster.n1)
        cluster.owners.wait_for_owner(cluster.n1)  # without preemption the first one has the address
        for host in self.hosts[1:]:
            self.start(host)
        for agent in self.agents.values():
            agent.wait_until_it_follows()
        cluster.owners.stays(["n1"], PATIENCE)

    @property
    def hosts(self) -> list[Host]:
        return [self.cluster.n1, self.cluster.n2, self.cluster.n3]

    def plan(self, priorities: Sequence[int], drained: str = "", preferred: str = "") -> None:
        self.generation += 1
        members = [{"id": host.name, "hostname": host.name, "address": host.address, "priority": priority}
                   | ({"drained": True} if host.name == drained else {})
                   | ({"preferred": True} if host.name == preferred else {})
                   for host, priority in zip(self.hosts, priorities)]
        self.cluster.use_plan(dict(zip(self.hosts, priorities)), preempt=self.preempt, preempt_delay_ms=int(1000 * PATIENCE),
                              changes={"members": members, "auth": self.auth, "generation": self.generation,
                                       "start_grace_ms": 0})  # the best one is alone at first

    def start(self, host: Host) -> Agent:
        self.agents[host.name] = Agent.from_plan(host, self.cluster.plan)
        return self.agents[host.name]

    def roll(self, order: Sequence[int]) -> None:
        """One host after the other, which is as far apart as a roll ever is."""
        for index in order:
            host = self.hosts[index]
            old = self.agents[host.name]
            new = self.start(host)
            wait_until(lambda: "event=took_over" in new.log(), ROLLED, lambda: f"it takes over:\n{new.log()}")
            assert old.stop() == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)], ids=["holder first", "holder last"])
@pytest.mark.parametrize("preempt", [True, False], ids=["preempt", "no preempt"])
def test_drain_undrain_and_prefer_lose_nothing(cluster: Cluster, preempt: bool, order: Sequence[int]) -> None:
    roll = Roll(cluster, preempt)
    begin = time.monotonic()
    with cluster.ping() as ping:
        roll.plan((2, 100, 92), drained="n1")
        roll.roll(order)
        cluster.owners.wait_for_owner(cluster.n2, timeout=AT_ONCE)
        cluster.owners.stays(["n2"], 2)
        roll.plan((108, 100, 92))
        roll.roll(order)
        if preempt:
            cluster.owners.wait_for_owner(cluster.n1, timeout=PATIENCE + AT_ONCE)
        else:
            cluster.owners.stays(["n2"], 2)
        roll.plan((108, 100, 254), preferred="n3")
        roll.roll(order)
        cluster.owners.wait_for_owner(cluster.n3, timeout=AT_ONCE)
        cluster.owners.stays(["n3"], 2)
        report = ping.report()
    two = cluster.owners.longest_with_several(begin)
    print(f"{report}; two owners for {1000 * two:.0f} ms")
    assert report.lost == 0, report
    assert cluster.owners.longest_with_none(begin) == 0
    assert two <= TWO_OWNERS


def test_a_drained_member_is_the_last_resort(cluster: Cluster) -> None:
    roll = Roll(cluster, preempt=False)
    roll.plan((2, 100, 92), drained="n1")
    roll.roll((0, 1, 2))
    cluster.owners.wait_for_owner(cluster.n2, timeout=AT_ONCE)
    cluster.n2.cut_link()
    cluster.owners.wait_for_owner(cluster.n3, timeout=cluster.plan.down(cluster.n3) + AT_ONCE)
    cluster.n3.cut_link()
    cluster.owners.wait_for_owner(cluster.n1, timeout=cluster.plan.down(cluster.n1) + AT_ONCE)
    cluster.n2.heal_link()
    # It lost its link and listens as at a start: no sooner than a better one in a group that preempts.
    cluster.owners.stays(["n1"], 3)
