"""Node labels are the whole user interface: what each change of one does on a living Swarm."""

from __future__ import annotations

from promise import PLANNED, watched
from swarm_group import Group
from swarm_lab import SwarmLab
from wire import Wire


def test_i3_i4_each_newcomer_is_known_to_all_and_nobody_speaks_to_strangers(lab: SwarmLab, group: Group) -> None:
    """There the first node had no peers and spoke by multicast, and who ran already never heard of who came: both held
    the address for ever."""
    first, second, third = lab.nodes
    group.join(first, KEEPALIVED_PRIORITY="100")
    group.deploy()
    group.wait_settled([first], owner=first)

    with Wire(lab.lan) as wire:
        with watched(group, PLANNED, "a second, better node joins the first"):
            group.join(second, KEEPALIVED_PRIORITY="110")
            group.wait_settled([first, second], owner=second)
        with watched(group, PLANNED, "a third, better node joins"):
            group.join(third, KEEPALIVED_PRIORITY="120")
            group.wait_settled(lab.nodes, owner=third)
            group.owners.stays({third.name}, 2)
        told = {advert.destination for advert in wire.adverts()}

    assert told == {node.address for node in lab.nodes}, "by unicast, to members"


def test_a_lesser_node_that_joins_takes_nothing(lab: SwarmLab, group: Group) -> None:
    first, second, third = lab.nodes
    group.join(first, KEEPALIVED_PRIORITY="110")
    group.join(second, KEEPALIVED_PRIORITY="120")
    group.deploy()
    group.wait_settled([first, second], owner=second)

    with watched(group, PLANNED, "a lesser node joins"):
        group.join(third, KEEPALIVED_PRIORITY="90")
        group.wait_settled(lab.nodes, owner=second)


def test_a_label_removed_takes_the_agent_away_and_the_address_moves(lab: SwarmLab, trio: Group) -> None:
    first, second, third = lab.nodes

    with watched(trio, PLANNED, "the holder leaves"):
        trio.leave(third)
        trio.wait_settled([first, second], owner=second)

    assert trio.agents()[third.name] == []
    assert not set(trio.vips) & third.host.addresses()


def test_i6_a_priority_label_changed_is_applied(lab: SwarmLab, trio: Group) -> None:
    """There a label was read once, when the node's service was made."""
    first = lab.nodes[0]

    with watched(trio, PLANNED, "a priority is raised"):
        lab.label(first, KEEPALIVED_PRIORITY="200")
        trio.wait_settled(lab.nodes, owner=first)

    priorities = {m["hostname"]: m["priority"] for m in trio.plans()[first.name]["members"]}
    assert max(priorities, key=priorities.__getitem__) == first.name
    assert len(set(priorities.values())) == 3, "equal priorities on the wire invite two actives"


def test_a_storm_of_labels_ends_right_with_few_updates(lab: SwarmLab, trio: Group) -> None:
    first, second, third = lab.nodes
    priorities = [str(number) for number in range(140, 148)]

    with watched(trio, PLANNED, "a storm of labels"):
        for number, priority in enumerate(priorities):
            for node in (third, first, second)[number % 3:]:
                lab.label(node, KEEPALIVED_PRIORITY=priority)
            if number % 3 == 1:
                trio.leave(second)
                trio.join(second)
        for node, priority in zip(lab.nodes, ("120", "110", "100")):
            lab.label(node, KEEPALIVED_PRIORITY=priority)
        trio.wait_settled(lab.nodes, owner=first)
        trio.owners.stays({first.name}, 2)

    assert {m["hostname"]: m["priority"] for m in trio.plans()[third.name]["members"]} == \
        {"node1": 120, "node2": 110, "node3": 100}
    updates = [line for line in trio.operator_log().splitlines() if "update service" in line]
    assert len(updates) <= 6, "\n".join(updates)


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
