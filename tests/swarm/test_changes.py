"""New settings and a new image reach the agents by deploying the stack again."""

from __future__ import annotations

import time
from collections.abc import Callable

from swarm_group import Group
from swarm_lab import SwarmLab

ReportOverlap = Callable[..., float]


def test_other_addresses_reach_the_agents(lab: SwarmLab, trio: Group, report_overlap: ReportOverlap) -> None:
    kept, dropped = trio.vips
    changed = Group(lab, trio.image, trio.name, [kept, lab.ip(203)], trio.stack)
    start = time.monotonic()
    try:
        changed.deploy()
        changed.wait_settled(lab.nodes, owner=lab.nodes[2])
        report_overlap(changed, start, "the address that stays while others change", [kept])
    finally:
        changed.close()

    assert not trio.owners.now(dropped), f"{dropped} is in no plan any more"


def test_another_router_id_and_interval_reach_the_agents(lab: SwarmLab, trio: Group) -> None:
    plan_before = trio.agent_labels()["swarm-vip.plan"]

    trio.deploy(KEEPALIVED_ROUTER_ID="77", SWARM_VIP_ADVERT_INTERVAL="500ms")
    trio.wait_for_status(lambda s: [r["vrid"] for r in s["routers"]] == [77] * 3, "all routers speak as 77")
    trio.wait_settled(lab.nodes, owner=lab.nodes[2])

    assert trio.agent_labels()["swarm-vip.plan"] != plan_before
    assert {plan["advert_interval_ms"] for plan in trio.plans().values()} == {500}


def test_a_new_image_reaches_the_agents(lab: SwarmLab, trio: Group, report_overlap: ReportOverlap) -> None:
    new = "swarm-vip:next"
    first = lab.nodes[0]
    first.docker("build", "--tag", new, "-", stdin=f"FROM {trio.image}\nLABEL next=yes\n")
    archive = lab.directory / "next.tar"
    first.docker("save", "--output", str(archive), new)
    lab.load_image(archive)
    archive.unlink()
    start = time.monotonic()
    before = {container for containers in trio.agents().values() for container in containers}

    trio.deploy(image=new)

    def labels(node_name: str, container: str) -> str:
        return lab.node(node_name).docker("inspect", "--format", '{{index .Config.Labels "next"}}', container)

    def all_new() -> bool:
        agents = trio.agents()
        return all(len(c) == 1 and not set(c) & before and labels(n, c[0]) == "yes" for n, c in agents.items())

    trio.wait_for_status(lambda _: all_new(), "every agent runs the new image", 90)
    trio.wait_settled(lab.nodes, owner=lab.nodes[2])
    report_overlap(trio, start, "a new image")
