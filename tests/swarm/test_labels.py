"""Node labels are the whole user interface: what each change of one does on a living Swarm."""

from __future__ import annotations

import time
from collections.abc import Callable

from swarm_group import Group
from swarm_lab import SwarmLab

ReportOverlap = Callable[..., float]

# While a changed member list rolls from node to node, a member and one that has not heard of it yet may both hold the
# addresses. Generous: three nodes, each stopped for a few seconds.
OVERLAP_MAX = 45.0


def test_a_label_added_makes_a_member_that_every_peer_knows(lab: SwarmLab, group: Group,
                                                            report_overlap: ReportOverlap) -> None:
    first, second, third = lab.nodes
    group.join(first, KEEPALIVED_PRIORITY="100")
    group.join(second, KEEPALIVED_PRIORITY="110")
    group.deploy()
    group.wait_settled([first, second], owner=second)
    start = time.monotonic()

    group.join(third, KEEPALIVED_PRIORITY="120")
    group.wait_settled(lab.nodes, owner=third)

    assert report_overlap(group, start, "a better node joins") < OVERLAP_MAX


def test_a_lesser_node_that_joins_takes_nothing(lab: SwarmLab, group: Group,
                                                report_overlap: ReportOverlap) -> None:
    first, second, third = lab.nodes
    group.join(first, KEEPALIVED_PRIORITY="110")
    group.join(second, KEEPALIVED_PRIORITY="120")
    group.deploy()
    group.wait_settled([first, second], owner=second)
    start = time.monotonic()

    group.join(third, KEEPALIVED_PRIORITY="90")
    group.wait_settled(lab.nodes, owner=second)

    assert report_overlap(group, start, "a lesser node joins") < OVERLAP_MAX


def test_a_label_removed_takes_the_agent_away_and_the_address_moves(lab: SwarmLab, trio: Group,
                                                                    report_overlap: ReportOverlap) -> None:
    first, second, third = lab.nodes
    start = time.monotonic()

    trio.leave(third)
    trio.wait_settled([first, second], owner=second)

    assert trio.agents()[third.name] == []
    assert not set(trio.vips) & third.host.addresses()
    report_overlap(trio, start, "the holder leaves")


def test_a_priority_changed_is_applied(lab: SwarmLab, trio: Group,
                                       report_overlap: ReportOverlap) -> None:
    first = lab.nodes[0]
    start = time.monotonic()

    lab.label(first, KEEPALIVED_PRIORITY="200")
    trio.wait_settled(lab.nodes, owner=first)

    priorities = {m["hostname"]: m["priority"] for m in trio.plans()[first.name]["members"]}
    assert max(priorities, key=priorities.__getitem__) == first.name
    assert len(set(priorities.values())) == 3, "equal priorities on the wire invite two actives"
    report_overlap(trio, start, "a priority is raised")


def test_a_wrong_priority_is_a_warning_and_the_default(lab: SwarmLab, group: Group) -> None:
    first, second, third = lab.nodes
    group.join(first, KEEPALIVED_PRIORITY="abc")
    group.join(second, KEEPALIVED_PRIORITY="90")
    group.join(third, KEEPALIVED_PRIORITY="50")
    group.deploy()

    group.wait_settled(lab.nodes, owner=first)  # 100, the default, is the best of them

    line = group.wait_for_operator_log("'abc'")
    assert "KEEPALIVED_PRIORITY" in line and first.name in line and "2 to 254" in line
    group.wait_for_status(lambda s: any("'abc'" in str(p) for p in s["problems"]), "the status tells of the wrong label")


def test_a_group_without_nodes_says_which_label_is_missing(lab: SwarmLab, group: Group) -> None:
    group.deploy()

    line = group.wait_for_operator_log("keepalived_group=production")
    assert "docker node update --label-add" in line

    group.join(lab.nodes[1])
    group.wait_settled([lab.nodes[1]], owner=lab.nodes[1])
