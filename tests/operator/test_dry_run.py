"""A dry run: everything is said, nothing is done."""

from __future__ import annotations

from bed import Bed


def test_a_dry_run_says_what_it_would_do_and_does_nothing(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_DRY_RUN="true")
    operator.wait_for("would_change", "create service swarm-vip-agent-web")
    bed.wait_for_looks(3)

    assert bed.written() == 0, bed.engine.changes
    assert len(operator.lines("would_change")) == 3, "a key, a plan and a service; each look after that has nothing new"

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="x")
    operator.look()
    operator.wait_for("problem", "label KEEPALIVED_PRIORITY: 'x' is not allowed")
    assert bed.written() == 0
