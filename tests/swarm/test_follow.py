"""A group that follows a service of a living Swarm: the addresses go where a healthy task of it runs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from netns import wait_until
from pinger import Pinger
from promise import MEASURED, PLANNED, UNTOUCHED, watched
from swarm_group import Group
from swarm_lab import Node, SwarmLab


class Shop:
    """A global service whose task on a node is well as long as no file of the node's name is there."""

    NAME = "shop"

    def __init__(self, group: Group, folder: Path):
        self._group = group
        self._folder = folder
        group.lab.docker("service", "create", "--detach", "--name", self.NAME, "--mode", "global", "--no-resolve-image",
                         "--hostname", "{{.Node.Hostname}}", "--mount", f"type=bind,source={folder},target=/health,readonly",
                         "--stop-grace-period", "1s", "--health-cmd", "test ! -e /health/$(hostname)",
                         "--health-interval", "500ms", "--health-retries", "1",
                         "--entrypoint", "/bin/sleep", group.image, "infinity")
        for node in group.lab.nodes:
            self.wait_well(node)

    def fall_sick(self, node: Node) -> None:
        (self._folder / node.name).touch()

    def recover(self, node: Node) -> None:
        (self._folder / node.name).unlink()

    def crash(self, node: Node) -> None:
        node.docker("kill", *self._containers(node))

    def wait_well(self, node: Node) -> None:
        wait_until(lambda: self._containers(node), 90, f"a healthy task of {self.NAME} on {node.name}", interval=0.1)

    def wait_gone(self, node: Node) -> None:
        wait_until(lambda: not self._containers(node), 60, f"no healthy task of {self.NAME} on {node.name}", interval=0.1)

    def _containers(self, node: Node) -> list[str]:
        return node.containers_of(self.NAME, health="healthy")


def wait_for_move(group: Group, node: Node, away: bool) -> float:
    """How long it took until the node had all addresses, or others had them."""
    def moved() -> bool:
        holders = [group.owners.now(vip) for vip in group.vips]
        return all(names and (node.name not in names if away else names == {node.name}) for names in holders)

    begin = time.monotonic()
    wait_until(moved, 120, lambda: f"addresses {'leave' if away else 'come to'} {node.name}\n{group.owners}\n"
                                   f"{group.operator_log()[-3000:]}", interval=0.05)
    return time.monotonic() - begin


def generations(group: Group) -> set[int]:
    return {plan["generation"] for plan in group.plans().values()}


@pytest.mark.parametrize("preempt", ["true", "false"])
def test_the_addresses_go_where_a_healthy_task_runs(lab: SwarmLab, trio: Group, preempt: str, tmp_path: Path) -> None:
    third = lab.nodes[2]
    shop = Shop(trio, tmp_path)
    trio.deploy(SWARM_VIP_FOLLOW=shop.NAME, SWARM_VIP_PREEMPT=preempt)
    wait_until(lambda: [plan.get("follow") for plan in trio.plans().values()] == [shop.NAME] * 3, 60, "the plan follows",
               interval=0.5)
    trio.wait_settled(lab.nodes, owner=third)

    if preempt == "true":  # a task that crashes is there again before anybody misses it
        before = generations(trio)
        with watched(trio, UNTOUCHED, "a task of the followed service crashes"):
            begin = time.monotonic()
            shop.crash(third)
            shop.wait_gone(third)
            shop.wait_well(third)
            MEASURED.append(f"the Swarm has a crashed task again after {time.monotonic() - begin:.1f} s")
            while time.monotonic() - begin < 20:  # longer than the operator would need for another plan
                assert generations(trio) == before

    with watched(trio, PLANNED, "the followed service falls sick on the holder"), \
            Pinger(lab.client, trio.vips[0], 1000) as ping:
        shop.fall_sick(third)
        shop.wait_gone(third)
        moved = wait_for_move(trio, third, away=True)
        # Whoever hears of it first may have them until the best of the others does; without preemption it keeps them.
        follower = trio.wait_settled(lab.nodes, owner=lab.nodes[1] if preempt == "true" else None)
        problems = json.loads(trio.try_status("--json") or "{}")["problems"]
        assert [p["text"] for p in problems if p["severity"] == "note"] == [
            "node node3 has no healthy task of service shop, so it has the addresses only when nobody else can; "
            "why: docker service ps shop"], problems
        shop.recover(third)
        shop.wait_well(third)
        if preempt == "true":
            back = f"{wait_for_move(trio, third, away=False):.1f} s"
            trio.wait_settled(lab.nodes, owner=third)
        else:
            back = "never"
            wait_until(lambda: not any("unserved" in member for plan in trio.plans().values() for member in plan["members"]),
                       120, "nobody is put back any more", interval=0.5)
            assert trio.wait_settled(lab.nodes) == follower != third.name
        report = ping.report()
    MEASURED.append(f"the followed service falls sick (preempt {preempt}): moved {moved:.1f} s after its task was gone, back "
                    f"after a task was well again: {back}; {report}")
    assert report.lost == 0, report
