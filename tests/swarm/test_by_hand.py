"""What a person moves by hand from a manager, on a living Swarm: with a container of the image, as README.md says."""

from __future__ import annotations

import json

import pytest

from netns import wait_until
from promise import MEASURED, PLANNED, watched
from pinger import Pinger
from swarm_group import SOCKET, Group, swarm_vip
from swarm_lab import Node, SwarmLab


def move(group: Group, what: str, *words: str, owner: Node, leaver: Node | None = None) -> None:
    """The command ends when it has come true, and on the way no ping is lost. Where only the leaver is named, whoever
    hears of it first may have the addresses until the best of the others does."""
    with watched(group, PLANNED, what), Pinger(group.lab.client, group.vips[0], 1000) as ping:
        said = swarm_vip(group, *words)
        holders = [group.owners.now(vip) for vip in group.vips]
        came_true = all(leaver.name not in names if leaver else names == {owner.name} for names in holders)
        assert came_true and all(holders), f"{said}{group.owners}"
        group.wait_settled(group.lab.nodes, owner=owner)
        report = ping.report()
    MEASURED.append(f"{what}: {report}; it said: {said.strip()}")
    assert report.lost == 0, report


@pytest.mark.parametrize("preempt", ["true", "false"])
def test_drain_undrain_and_failover_lose_nothing(lab: SwarmLab, trio: Group, preempt: str) -> None:
    first, second, third = lab.nodes
    if preempt == "false":
        trio.deploy(SWARM_VIP_PREEMPT=preempt)
        wait_until(lambda: [plan["preempt"] for plan in trio.plans().values()] == [False] * 3, 60, "no preemption", interval=0.5)
        trio.wait_settled(lab.nodes, owner=third)

    move(trio, "drain the holder", "drain", third.name, owner=second, leaver=third)
    assert any("swarm-vip undrain node3" in str(p) for p in json.loads(trio.try_status("--json") or "{}")["problems"])
    with watched(trio, PLANNED, "undrain it"):
        assert "takes part again" in swarm_vip(trio, "undrain", third.id)
        trio.wait_settled(lab.nodes, owner=third if preempt == "true" else second)
    move(trio, "failover to a node", "failover", trio.name, first.name, owner=first)
    move(trio, "failover to the next in line", "failover", trio.name, owner=third)
    with watched(trio, PLANNED, "a label by hand"):
        lab.docker("node", "update", "--label-add", "swarm-vip.drain=true", third.id)
        trio.wait_settled(lab.nodes, owner=second)
    with watched(trio, PLANNED, "and nothing by hand any more"):
        swarm_vip(trio, "undrain", third.name)
        swarm_vip(trio, "failover", "--undo", trio.name)
        trio.wait_settled(lab.nodes)


def test_what_cannot_be_is_said(lab: SwarmLab, trio: Group) -> None:
    assert "there are: node1, node2, node3" in swarm_vip(trio, "drain", "node9", status=2)
    assert "there are: production" in swarm_vip(trio, "failover", "productoin", status=2)
    lab.docker("service", "scale", "--detach", f"{trio.operator_service}=0")
    wait_until(lambda: trio.operator_container() is None, 60, "the operator is gone", interval=0.3)
    said = swarm_vip(trio, "drain", "node3", status=1)
    assert f"nobody obeys in group {trio.name}: its operator, service {trio.operator_service}, has no running task" in said
    worker = lab.nodes[1].engine.try_docker("run", "--rm", "--network", "host", "-v", SOCKET, trio.image, "drain", "node3")
    assert worker.returncode == 2 and "this node is not a Swarm manager" in worker.stderr, worker


def test_uninstall_leaves_nothing_of_ours(lab: SwarmLab, trio: Group) -> None:
    lab.docker("config", "create", "somebodys", "-", stdin="x")
    swarm_vip(trio, "drain", "node1")
    trio.wait_settled(lab.nodes, owner=lab.nodes[2])
    agents = [id_ for containers in trio.agents().values() for id_ in containers]

    said = swarm_vip(trio, "uninstall")
    assert f"remove service {trio.operator_service}" in said and trio.running() == ["node1", "node2", "node3"]
    swarm_vip(trio, "uninstall", "--yes")

    assert lab.docker("service", "ls", "--quiet") == ""
    assert lab.docker("config", "ls", "--format", "{{.Name}}") == "somebodys"
    assert lab.docker("secret", "ls", "--quiet") == ""
    labels = json.loads(lab.docker("node", "inspect", "--format", "{{json .Spec.Labels}}", lab.nodes[0].id))
    assert labels == {"keepalived_group": trio.name, "KEEPALIVED_PRIORITY": "100"}
    assert not any(trio.owners.now(vip) for vip in trio.vips), "the agents left in order"
    assert len(agents) == 3 and not any(node.containers_of(trio.agent_service) for node in lab.nodes)
    assert swarm_vip(trio, "uninstall", "--yes") == "nothing of swarm-vip is there\n"
    lab.docker("config", "rm", "somebodys")
