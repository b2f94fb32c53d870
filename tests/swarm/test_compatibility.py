"""Who comes from the keepalived operator keeps his stack file and his commands; only the image's name changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import IMAGE
from swarm_group import Group
from swarm_lab import SwarmLab

# That operator's published stack file, word for word but for the first image.
STACK_FILE = f"""\
version: '3.8'

services:
  keepalived_operator:
    image: {IMAGE}
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    networks:
      - host
    deploy:
      mode: replicated
      replicas: 1
      placement:
        constraints: [node.role == manager]
    environment:
      # Required parameters
      KEEPALIVED_GROUP: "production"                     # Node group name
      KEEPALIVED_VIRTUAL_IPS: "192.168.1.201,192.168.1.202"  # Virtual IP list

      # Optional parameters
      KEEPALIVED_INTERFACE: "eth0"                       # Network interface
      KEEPALIVED_PASSWORD: "your_secure_password"        # VRRP password
      KEEPALIVED_ROUTER_ID: "51"                         # Router ID
      KEEPALIVED_IMAGE: "osixia/keepalived:2.0.20"      # Keepalived image

networks:
  host:
    external: true
    name: host
"""


def test_the_published_stack_file_works(lab: SwarmLab, make_group: Callable[..., Group]) -> None:
    group = make_group(stack="keepalived-stack")
    group.operator_service = "keepalived-stack_keepalived_operator"
    for node, priority in zip(lab.nodes, ("100", "101", "102")):  # the labels of its README
        group.join(node, KEEPALIVED_PRIORITY=priority)

    lab.deploy_stack(STACK_FILE, group.stack)
    group.wait_settled(lab.nodes, owner=lab.nodes[2])

    for vip in group.vips:
        lab.client.run(["ping", "-c", "3", "-i", "0.2", vip])
    assert "osixia/keepalived:2.0.20" in group.wait_for_operator_log("KEEPALIVED_IMAGE")
    everything = lab.docker("service", "inspect", group.agent_service)
    assert "your_secure_password" not in everything and "your_sec" not in everything, "a secret in clear text"


def test_the_published_service_command_works(lab: SwarmLab, make_group: Callable[..., Group]) -> None:
    """"Option 2": docker service create, without a stack."""
    group = make_group()
    group.operator_service, group.agent_service = "keepalived-operator", "swarm-vip-agent-production"
    group.join(*lab.nodes)

    lab.docker("service", "create", "--detach", "--name", "keepalived-operator",
               "--constraint", "node.role==manager",
               "--mount", "type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock",
               "--network", "host",
               "--env", "KEEPALIVED_GROUP=production",
               "--env", "KEEPALIVED_VIRTUAL_IPS=192.168.1.201,192.168.1.202",
               "--env", "KEEPALIVED_INTERFACE=eth0",
               "--env", "KEEPALIVED_PASSWORD=your_secure_password",
               IMAGE)
    group.wait_settled(lab.nodes)

    lab.client.run(["ping", "-c", "3", "-i", "0.2", group.vips[0]])


def test_status_tells_who_holds_what(lab: SwarmLab, trio: Group) -> None:
    def one_active(status: dict[str, Any]) -> bool:
        return sorted(router["state"] for router in status["routers"]) == ["active", "backup", "backup"]

    status = trio.wait_for_status(one_active, "one router is active and two stand by")

    assert status["problems"] == []
    by_node = {router["hostname"]: router for router in status["routers"]}
    assert {name: router["node"] for name, router in by_node.items()} == {node.name: node.id for node in lab.nodes}
    for router in by_node.values():
        assert router["group"] == "production" and router["vrid"] == 51 and router["family"] == "ipv4"
        assert router["interface"] == "eth0" and router["since"]
        assert sorted(address.split("/")[0] for address in router["addresses"]) == sorted(trio.vips)
        assert router["active"] in (lab.nodes[2].address, "node3")
    assert by_node["node3"]["state"] == "active"
    assert by_node["node3"]["priority"] > by_node["node2"]["priority"] > by_node["node1"]["priority"]
    table = trio.try_status() or ""
    assert all(word in table for word in ("node1", "node2", "node3", "active", "backup", trio.vips[0])), table
