"""Three managers: whichever leads, and while none does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netns import wait_until
from promise import PLANNED, UNTOUCHED, watched
from swarm_group import Group
from swarm_lab import Node, SwarmLab

ELECTED = 90.0  # seconds; the Swarm takes ten to elect a leader, and as long to move an operator


@pytest.fixture(scope="module")
def swarm(image_archive: Path) -> Iterator[SwarmLab]:
    with SwarmLab(managers=3, workers=0) as lab:
        lab.load_image(image_archive)
        yield lab


def test_i2_the_operator_need_not_be_with_the_leader_and_a_leader_may_go(lab: SwarmLab, trio: Group) -> None:
    """There it worked on the first manager by name, if that happened to lead when it started, and else idled for ever."""
    leader = lab.leader
    lab.docker("service", "update", "--detach", "--constraint-add", f"node.id!={leader.id}", trio.operator_service)
    wait_until(lambda: (place := trio.operator_container()) and place[0] is not leader, 60, "the operator is elsewhere")
    lab.label(lab.nodes[0], KEEPALIVED_PRIORITY="101")
    _wait_for_wishes(lab, trio, node1=101)

    with watched(trio, PLANNED, "the leader is lost in the middle of an update"):
        lab.label(lab.nodes[0], KEEPALIVED_PRIORITY="102")
        wait_until(lambda: any(len(agents) > 1 for agents in trio.agents().values()), 30, "new agents start beside the old")
        leader.engine.kill_engine()
        wait_until(lambda: _leads_another(lab, leader), ELECTED, "another manager leads", interval=0.5)
        lab.label(lab.nodes[1], KEEPALIVED_PRIORITY="103")
        _wait_for_wishes(lab, trio, node1=102, node2=103)
    with watched(trio, PLANNED, "its dockerd is back"):
        leader.recover()
        trio.wait_settled(lab.nodes, owner=lab.nodes[2])
        _wait_for_wishes(lab, trio, node1=102, node2=103)


def test_what_was_wanted_without_a_quorum_is_done_when_there_is_one(lab: SwarmLab, trio: Group) -> None:
    first, second, third = lab.nodes
    lab.docker("service", "update", "--detach", "--constraint-add", f"node.id=={third.id}", trio.operator_service)
    _, operator = wait_until(lambda: (place := trio.operator_container()) and place[0] is third and place, 60,
                             "the operator is with the third")

    with watched(trio, UNTOUCHED, "the quorum is lost"):
        for node in (first, second):
            node.engine.kill_engine()
        wait_until(lambda: "event=failure" in str(third.engine.try_docker("logs", operator)), 60,
                   "the operator says that it cannot work", interval=0.5)
    with watched(trio, PLANNED, "the quorum is regained"):
        for node in (first, second):
            node.recover()
        wait_until(lambda: _is_led(lab), ELECTED, "a manager leads", interval=0.5)
        lab.label(first, KEEPALIVED_PRIORITY="130")
        trio.wait_settled(lab.nodes, owner=first)


def _wait_for_wishes(lab: SwarmLab, group: Group, **priorities: int) -> None:
    """Every running agent knows these priorities."""
    def known() -> bool:
        plans = group.plans()
        return set(plans) == {node.name for node in lab.living} and all(
            priorities.items() <= {m["hostname"]: m["priority"] for m in plan["members"]}.items() for plan in plans.values())

    wait_until(known, ELECTED, lambda: f"the plan has priorities {priorities}: {group.plans()}", interval=0.2)


def _is_led(lab: SwarmLab) -> bool:
    return lab.manager.engine.try_docker("node", "ls").returncode == 0


def _leads_another(lab: SwarmLab, former: Node) -> bool:
    return _is_led(lab) and lab.leader is not former
