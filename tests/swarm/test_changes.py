"""New settings and a new image reach the agents by deploying the stack again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netns import wait_until
from promise import PLANNED, UNTOUCHED, Promise, watched
from swarm_group import Group, load_next_image
from swarm_lab import SwarmLab


def test_i6_other_addresses_reach_the_agents(lab: SwarmLab, trio: Group) -> None:
    """There a setting was applied to services that did not exist yet, only."""
    kept, dropped = trio.vips
    changed = Group(lab, trio.image, trio.name, [kept, lab.ip(203)], trio.stack)
    try:
        with watched(changed, PLANNED, "the address that stays while others change", [kept]):
            changed.deploy()
            changed.wait_settled(lab.nodes, owner=lab.nodes[2])
    finally:
        changed.close()

    assert not trio.owners.now(dropped), f"{dropped} is in no plan any more"


def test_i6_another_router_id_and_interval_reach_the_agents(lab: SwarmLab, trio: Group) -> None:
    plan_before = trio.agent_labels()["swarm-vip.plan"]

    with watched(trio, UNTOUCHED, "another router id and interval"):
        trio.deploy(KEEPALIVED_ROUTER_ID="77", SWARM_VIP_ADVERT_INTERVAL="500ms")
        trio.wait_for_status(lambda s: [r["vrid"] for r in s["routers"]] == [77] * 3, "all routers speak as 77")
        trio.wait_settled(lab.nodes, owner=lab.nodes[2])

    assert trio.agent_labels()["swarm-vip.plan"] != plan_before
    assert {plan["advert_interval_ms"] for plan in trio.plans().values()} == {500}


def test_another_key_and_version_and_a_newcomer_come_in_steps(lab: SwarmLab, trio: Group) -> None:
    """P6: members with the plan before and with the plan after always understand each other."""
    first, second, third = lab.nodes

    def all_have(is_it: Callable[[dict[str, Any]], bool], what: str) -> None:
        def look() -> bool:
            plans = trio.plans()
            return len(plans) == len(trio.running()) == 3 and all(is_it(plan) for plan in plans.values())

        wait_until(look, 120, lambda: f"{what}: {trio.plans()}\n{trio.operator_log()[-3000:]}", interval=0.5)
        trio.wait_settled(lab.nodes, owner=third)

    with watched(trio, UNTOUCHED, "another key, in three steps"):
        trio.deploy(SWARM_VIP_KEY_ROTATION="1")
        all_have(lambda plan: plan["auth"] == {"mode": "hmac", "file": "/run/secrets/production-key-2"}, "the new key alone")
    with watched(trio, UNTOUCHED, "version 2 instead of 3, in two steps"):
        trio.deploy(SWARM_VIP_VERSION="2", KEEPALIVED_PASSWORD="s3cr3t")
        all_have(lambda plan: plan["version"] == 2 and "also" not in plan, "version 2 alone")
    # The successor's first word may come while the other's agents change places; the next is a second later.
    with watched(trio, Promise(PLANNED.none, PLANNED.two + 1.0), "the best node leaves a group without a key"):
        trio.leave(third)
        trio.wait_settled([first, second], owner=second)
    with watched(trio, PLANNED, "and joins again, in two steps"):
        trio.join(third, KEEPALIVED_PRIORITY="120")
        all_have(lambda plan: not any(member.get("standby") for member in plan["members"]), "all take part")


def test_i6_a_new_image_reaches_the_agents(lab: SwarmLab, trio: Group) -> None:
    new = load_next_image(trio)
    before = {container for containers in trio.agents().values() for container in containers}

    def labels(node_name: str, container: str) -> str:
        return lab.node(node_name).docker("inspect", "--format", '{{index .Config.Labels "next"}}', container)

    def all_new() -> bool:
        agents = trio.agents()
        return all(len(c) == 1 and not set(c) & before and labels(n, c[0]) == "yes" for n, c in agents.items())

    with watched(trio, PLANNED, "a new image"):
        trio.deploy(image=new)
        trio.wait_for_status(lambda _: all_new(), "every agent runs the new image", 90)
        trio.wait_settled(lab.nodes, owner=lab.nodes[2])


def test_wrong_settings_and_images_take_the_address_from_nobody(lab: SwarmLab, trio: Group,
                                                                    make_group: Callable[..., Group]) -> None:
    second, third = lab.nodes[1:]
    other = make_group("staging", (211,), "two")

    with watched(trio, UNTOUCHED, "an image that nobody has"):
        lab.docker("service", "update", "--detach", "--env-add", "SWARM_VIP_IMAGE=nobody-has:1", trio.operator_service)
        trio.wait_for_status(lambda s: any("nobody-has:1" in str(p) for p in s["problems"]), "the status names it")
    with watched(trio, UNTOUCHED, "the address of a node as the group's"):
        trio.deploy(vips=[*trio.vips, second.address])
        trio.wait_for_operator_log(f"{second.address} is a member's own address")
    with watched(trio, UNTOUCHED, "a router id that another group of the node has"):
        other.deploy(KEEPALIVED_ROUTER_ID="51")
        lab.label(third, other="staging")
        lab.docker("service", "update", "--detach", "--env-add", "SWARM_VIP_GROUP_LABEL=other", other.operator_service)
        other.wait_for_operator_log("choose another KEEPALIVED_ROUTER_ID")
        assert other.running() == []
    with watched(trio, UNTOUCHED, "an interface that no node has"):
        trio.deploy(KEEPALIVED_INTERFACE="nope0")
        said = "'nope0' is not an interface of this host"
        wait_until(lambda: lab.service_logs(trio.agent_service).count(said) >= 3, 90, "the new agents say what is wrong",
                   interval=0.5)
        trio.wait_for_status(lambda s: any("rolled back" in str(p) for p in s["problems"]), "the Swarm takes it back", 180)
    with watched(trio, PLANNED, "and right again"):
        trio.deploy()
        trio.wait_settled(lab.nodes, owner=third)
