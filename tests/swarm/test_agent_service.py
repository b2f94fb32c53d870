"""How the agents run on the Swarm: with as few powers as they can have, and with what they need."""

from __future__ import annotations

import json

from swarm_group import Group
from swarm_lab import SwarmLab


def test_agents_run_with_two_capabilities_and_nothing_writable(lab: SwarmLab, trio: Group) -> None:
    spec = json.loads(lab.docker("service", "inspect", trio.agent_service))[0]["Spec"]
    container = spec["TaskTemplate"]["ContainerSpec"]

    assert "Global" in spec["Mode"]
    assert container["ReadOnly"] is True
    assert sorted(container["CapabilityAdd"]) == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert [name.upper() for name in container["CapabilityDrop"]] == ["ALL"]
    assert spec["TaskTemplate"]["Placement"]["Constraints"] == [
        "node.labels.keepalived_group==production", "node.labels.swarm-vip.keepalived!=production"]
    assert spec["Labels"]["swarm-vip.role"] == "agent" and spec["Labels"]["swarm-vip.group"] == "production"
    assert spec["Labels"]["com.docker.stack.namespace"] == trio.stack
    assert not any("docker.sock" in str(mount) for mount in container.get("Mounts") or [])
    environment = trio.agent_environment()
    assert environment["SWARM_VIP_PLAN"] == "/etc/swarm-vip/plan.json"
    assert environment["SWARM_VIP_NODE_ID"] == "{{.Node.ID}}"
    for node in lab.nodes:
        agent, = trio.agents()[node.name]
        assert node.docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", agent) == "host"


def test_an_agent_killed_is_replaced_and_the_address_comes_home(lab: SwarmLab, trio: Group) -> None:
    third = lab.nodes[2]
    agent = trio.agents()[third.name][0]

    third.docker("kill", "--signal", "KILL", agent)

    trio.wait_settled(lab.nodes, owner=third)
    assert trio.agents()[third.name] != [agent]


def test_each_node_reports_its_own_status(lab: SwarmLab, trio: Group) -> None:
    third = lab.nodes[2]
    agent = trio.agents()[third.name][0]

    result = third.engine.try_docker("exec", agent, "swarm-vip", "status", "--json")

    assert result.returncode == 0, result.stderr
    router, = json.loads(result.stdout)["routers"]
    assert router["state"] == "active" and router["group"] == "production"
