"""Nodes that go and come: lost in the middle of an update, away for a minute, out of the Swarm and in again."""

from __future__ import annotations

import time

from netns import wait_until
from promise import CRASH, PLANNED, watched
from swarm_group import Group
from swarm_lab import SwarmLab

AWAY = 60.0  # seconds; long enough for the Swarm to notice, and to give the others what they wait for


def test_a_node_lost_in_the_middle_of_an_update_and_back_after_a_minute(lab: SwarmLab, trio: Group) -> None:
    first, second, third = lab.nodes

    def wishes(*nodes: str) -> bool:
        plans = trio.plans()
        known = [{m["hostname"]: m["priority"] for m in plans[name]["members"]} for name in nodes if name in plans]
        return known == [{"node1": 105, "node2": 110, "node3": 120}] * len(nodes)

    with watched(trio, CRASH, "the holder's node dies in the middle of an update") as watch:
        lab.label(first, KEEPALIVED_PRIORITY="105")
        wait_until(lambda: len(trio.agents()[third.name]) == 2, 30, "a new agent starts beside the old one")
        watch.lost(third.host)
        third.power_off()
        off = time.monotonic()
        wait_until(lambda: second.name in trio.owners.now(), 15, "the next best has the address")
        wait_until(lambda: trio.running() == [first.name, second.name] and wishes(first.name, second.name), 60,
                   "the others have the new plan")
        trio.wait_for_status(lambda s: any("node3 is down" in str(p) for p in s["problems"]), "the status tells of the node")
        time.sleep(max(0.0, off + AWAY - time.monotonic()))
    with watched(trio, PLANNED, "the node is back after a minute"):
        third.power_on()
        trio.wait_settled(lab.nodes, owner=third)
        # What broke off on that node is a failure to the Swarm, which takes everybody's update back; it is tried again.
        wait_until(lambda: wishes(first.name, second.name, third.name), 120, "all have the new plan")


def test_i9_a_node_that_left_and_joined_again_is_one_member(lab: SwarmLab, trio: Group) -> None:
    """There the old entry of its name, down and with the old labels, made the new one unknown."""
    first, second, third = lab.nodes
    ghost = third.id
    try:
        with watched(trio, CRASH, "the holder's node leaves the Swarm"):  # its engine removes the agent as docker rm -f does
            third.docker("swarm", "leave")
            trio.owners.wait_for_owner(second.host)
        wait_until(lambda: lab.docker("node", "inspect", "--format", "{{.Status.State}}", ghost) == "down", 60, "it is noticed")
        with watched(trio, PLANNED, "it joins again, beside its ghost"):
            lab.join(third)
            trio.join(third, KEEPALIVED_PRIORITY="120")
            trio.wait_settled(lab.nodes, owner=third)
        assert {member["id"] for member in trio.plans()[first.name]["members"]} == {node.id for node in lab.nodes}
        remedy = f"docker node rm {ghost}"
        trio.wait_for_status(lambda s: any(remedy in str(p) for p in s["problems"]), "the status names the remedy")
        with watched(trio, PLANNED, "the ghost is removed"):
            lab.docker("node", "rm", ghost)
            trio.wait_for_status(lambda s: not s["problems"], "the problem is over")
            trio.wait_settled(lab.nodes, owner=third)
    finally:
        if third.docker("info", "--format", "{{.Swarm.LocalNodeState}}") == "inactive":
            lab.join(third)
        lab.manager.engine.try_docker("node", "rm", "--force", ghost)
