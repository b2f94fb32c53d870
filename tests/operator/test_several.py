"""Several operators: of one group they agree, of two groups they leave each other alone."""

from __future__ import annotations

import pytest

from bed import Bed
from fake_docker import Stream
from netns import wait_until
from oracle import GROUP_LABEL, Group

WEB = Group("web", ("192.0.2.100",), 51)
EDGE = Group("edge", ("192.0.2.200",), 52)


@pytest.mark.parametrize("count", [2, 5])
def test_operators_of_one_group_deploy_it_once(bed: Bed, count: int) -> None:
    for _ in range(count):
        bed.start(WEB, bed.add_engine())

    bed.wait_converged(WEB)
    bed.stays_converged(3, WEB)

    assert bed.swarm.updates_of.get(WEB.service, 0) == 0, "one made it, the others found it"
    assert bed.plan(WEB)["generation"] == 1


def test_operators_of_one_group_make_each_change_once(bed: Bed) -> None:
    for _ in range(3):
        bed.start(WEB, bed.add_engine())
    bed.wait_converged(WEB)

    for number, priority in enumerate(("110", "120", "130", "140", "150"), start=1):
        bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY=priority)
        bed.wait_converged(WEB)
        bed.stays_converged(1, WEB)
        assert bed.swarm.updates_of[WEB.service] == number, "an update was repeated"
        assert bed.plan(WEB)["generation"] == number + 1
    assert all(operator.is_running() for operator in bed.operators)


def test_operators_of_one_group_with_different_settings_do_not_fight_for_ever(bed: Bed) -> None:
    """In the middle of a change of settings an old and a new one run for a while; when the old one ends there is peace."""
    old = bed.start(WEB)
    bed.wait_converged(WEB)

    changed = WEB.with_addresses("192.0.2.100", "192.0.2.101")
    bed.start(changed)
    wait_until(lambda: bed.swarm.updates_of.get(WEB.service, 0) >= 1, 20, "the new one changes the service")
    assert old.stop() == 0

    bed.wait_converged(changed)
    bed.stays_converged(3, changed)


def test_two_groups_leave_each_other_alone(bed: Bed) -> None:
    bed.swarm.label(bed.node_ids[2], **{GROUP_LABEL: EDGE.name})
    bed.start(WEB)
    bed.start(EDGE)
    bed.wait_converged(WEB, EDGE)
    bed.stays_converged(2, WEB, EDGE)
    edge = bed.service(EDGE)

    bed.swarm.label(bed.node_ids[0], KEEPALIVED_PRIORITY="200")
    bed.swarm.remove_service(WEB.service)
    bed.wait_converged(WEB, EDGE)
    bed.stays_converged(2, WEB, EDGE)

    assert bed.service(EDGE) == edge, "the other group's service was touched"


def test_a_node_that_changes_its_group_leaves_one_and_joins_the_other(bed: Bed) -> None:
    bed.swarm.label(bed.node_ids[2], **{GROUP_LABEL: EDGE.name})
    bed.start(WEB)
    bed.start(EDGE)
    bed.wait_converged(WEB, EDGE)

    bed.swarm.label(bed.node_ids[1], **{GROUP_LABEL: EDGE.name})

    bed.wait_converged(WEB, EDGE)
    assert sorted(bed.priorities(WEB)) == ["n1"]
    assert sorted(bed.priorities(EDGE)) == ["n2", "n3"]


def test_two_groups_that_start_at_once_get_different_status_ports(bed: Bed) -> None:
    bed.swarm.label(bed.node_ids[2], **{GROUP_LABEL: EDGE.name})
    for engine in (bed.engine, second := bed.add_engine()):
        engine.faults.next("GET /services", "slow")  # both look before either has deployed
    bed.start(WEB)
    bed.start(EDGE, second)

    bed.wait_converged(WEB, EDGE)
    bed.stays_converged(2, WEB, EDGE)


def test_groups_that_share_nodes_need_different_router_ids(bed: Bed) -> None:
    """One node is in one group; the agents of the other are still there while the label moves."""
    bed.start(WEB)
    bed.wait_converged(WEB)

    operator = bed.start(Group("edge", WEB.addresses, 52))
    bed.swarm.label(bed.node_ids[2], **{GROUP_LABEL: "edge"})

    line = operator.wait_for("problem", "192.0.2.100")
    assert "group web has the address" in line["what"]
    assert bed.swarm.service_named("swarm-vip-agent-edge") is None


def test_an_operator_that_comes_back_changes_nothing(bed: Bed) -> None:
    first = bed.start(WEB)
    bed.wait_converged(WEB)
    bed.stays_converged(1, WEB)
    service = bed.service(WEB)
    first.kill()

    bed.start(WEB)
    bed.stays_converged(3, WEB)

    assert bed.service(WEB) == service


def test_what_changed_while_no_operator_ran_is_made_up_for(bed: Bed) -> None:
    first = bed.start(WEB)
    bed.wait_converged(WEB)
    assert first.stop() == 0
    bed.swarm.label(bed.node_ids[0], **{GROUP_LABEL: None})
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="200")

    bed.engine.set_stream(Stream.SILENT)
    bed.start(WEB)

    bed.wait_converged(WEB)
    assert sorted(bed.priorities(WEB)) == ["n2", "n3"]
