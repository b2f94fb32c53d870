"""The commands of other people's pages, word by word, as real containers: only the image's name is ours. The LAN gets the
addresses that they name."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from by_hand import ByHand, compose_words, may_be_privileged
from conftest import IMAGE
from netns import wait_until
from owners import Owners
from pinger import Pinger
from promise import MEASURED
from seeds import COMPOSE, COOKBOOK, COPY, LISTENER, NEOASSIST, UNBOUND
from swarm_group import Group
from swarm_lab import Node, SwarmLab
from test_compatibility import STACK_FILE

if not may_be_privileged():  # where this machine is a container itself: the one capability that is needed has to do
    NEOASSIST = NEOASSIST.replace("--privileged", "--cap-add NET_ADMIN")

DOWN = 3 * 1 + 1.0  # three intervals and the skew
LATE = 3.0  # a busy machine


@pytest.fixture
def by_hand(lab: SwarmLab) -> Iterator[ByHand]:
    with ByHand(lab) as by_hand:
        yield by_hand


def status(node: Node, container: str, *words: str) -> str:
    """`status` as a bare word in the container."""
    return node.docker("exec", container, "status", *words)


def speaks_vrrp(node: Node) -> bool:
    """As those pages tell their readers to look: somebody listens on protocol 112."""
    return re.search(r":112\s", node.host.run(["ss", "-lwn"]).stdout) is not None


def works(lab: SwarmLab, vip: str, best: Node, container: str, other: Node, other_container: str) -> None:
    """The better one holds the address and answers; when its container is killed the other one does."""
    with Owners([node.host for node in (best, other)], [vip]) as owners:
        owners.wait_for_owner(best.host, DOWN + LATE)
        lab.client.run(["ping", "-c", "3", "-i", "0.2", vip])
        assert speaks_vrrp(best) and speaks_vrrp(other)
        assert vip in status(best, container) and "active" in status(best, container)
        router, = json.loads(status(other, other_container, "--json"))["routers"]
        assert router["state"] == "backup"
        with Pinger(lab.client, vip, 10_000) as ping:
            best.docker("kill", container)
            wait_until(lambda: other.name in owners.now(), DOWN + LATE, lambda: f"{other.name} takes over\n{owners}")
            owners.wait_for_owner(other.host, 5 + LATE)  # the lease of the dead one ends
            lab.client.run(["ping", "-c", "3", "-i", "0.2", vip])
            MEASURED.append(f"{vip}, its container killed: {ping.report()}")


@pytest.mark.parametrize("command, image, network", [
    (COOKBOOK, "osixia/keepalived:1.3.5", "192.168.4.{}/24"), (COPY, "osixia/keepalived:2.0.15", "192.168.9.{}/24")],
    ids=["osixia-1.3.5", "osixia-2.0.15"])
def test_two_nodes_of_osixia(lab: SwarmLab, by_hand: ByHand, command: str, image: str, network: str) -> None:
    first, second = lab.nodes[:2]
    hosts, vip = ((1, 2), "192.168.4.3") if "4.{}" in network else ((26, 27), "192.168.9.144")
    by_hand.address(None, network.format(250))
    containers = []
    for node, host, priority in zip((first, second), hosts, (200, 100)):
        by_hand.address(node, network.format(host))
        containers.append(by_hand.docker_run(node, command.format(priority=priority), IMAGE, image))
    works(lab, vip, first, containers[0], second, containers[1])


def test_a_compose_file_and_a_command_of_arcts(lab: SwarmLab, by_hand: ByHand) -> None:
    first, second = lab.nodes[:2]
    by_hand.address(None, "10.2.1.250/24")
    by_hand.address(first, "10.2.1.10/24")
    by_hand.address(second, "10.2.1.11/24")
    backup = by_hand.docker_run(second, UNBOUND, IMAGE, "arcts/keepalived")
    image, words = compose_words(COMPOSE)
    assert image == "arcts/keepalived:latest"
    master = by_hand.run(first, "--detach", *words, IMAGE)
    works(lab, "10.2.1.12", first, master, second, backup)
    first.docker("start", master)  # it preempts
    with Owners([first.host, second.host], ["10.2.1.12"]) as owners:
        owners.wait_for_owner(first.host, DOWN + LATE)
        assert "10.2.1.12/24" in first.host.ip("address show dev eth0"), "the quotes are not the address'"


def test_neoassist(lab: SwarmLab, by_hand: ByHand) -> None:
    """Two nodes have the interface of the page's typing error, and who listens on the port; the third has not."""
    *nodes, elsewhere = lab.nodes
    by_hand.address(None, "10.11.12.250/24")
    listeners, containers = [], []
    for number, node in enumerate(nodes, start=11):
        by_hand.second_interface(node, "eht0", f"10.11.12.{number}/24")
        listeners.append(node.host.start([sys.executable, "-c", LISTENER], "listener"))
        containers.append(by_hand.docker_run(node, NEOASSIST, IMAGE, "docker-keepalived"))
    try:
        with Owners([node.host for node in nodes], ["10.11.12.99"]) as owners:
            wait_until(lambda: len(owners.now()) == 1, DOWN + LATE, lambda: f"one has the address\n{owners}")
            lab.client.run(["ping", "-c", "3", "-i", "0.2", "10.11.12.99"])
            holder = next(i for i, node in enumerate(nodes) if node.name in owners.now())
            node, container = nodes[holder], containers[holder]
            assert "10.11.12.99/24" in node.host.ip("address show dev eht0") and speaks_vrrp(node)

            shown = status(node, container)
            assert "active" in shown and shown == node.docker("exec", container, "sh", "-c", "status")
            node.docker("kill", "--signal", "USR1", container)
            wait_until(lambda: "10.11.12.99" in node.engine.try_docker("exec", container, "cat", "/tmp/keepalived.data").stdout,
                       10, "SIGUSR1 writes the status file", interval=0.2)
            assert "active" in node.docker("exec", container, "cat", "/tmp/keepalived.data")

            listeners[holder].kill()  # what the address is for
            owners.wait_for_owner(nodes[1 - holder].host, DOWN + LATE)
            nodes[1 - holder].docker("kill", containers[1 - holder])
            wait_until(lambda: not owners.now(), 5 + LATE, lambda: f"who serves nothing takes nothing\n{owners}")
    finally:
        for listener in listeners:
            listener.close()

    refused = by_hand.docker_run(elsewhere, NEOASSIST, IMAGE, "docker-keepalived")
    assert elsewhere.docker("wait", refused) == "2"
    said = elsewhere.engine.try_docker("logs", refused)
    assert re.search("INTERFACE: 'eht0' is not an interface of this host; there are: .*eth0", said.stderr), said


NOTIFY = "#!/bin/sh\necho \"told: $*\"\n"


def test_the_operators_other_variables(lab: SwarmLab, group: Group, tmp_path: Path) -> None:
    """The labels and the stack file of its page, with the variables that the table has besides; the script by a config."""
    (tmp_path / "notify.sh").write_text(NOTIFY)
    for words in ("node1 --label-add keepalived_group=production", "node2 --label-add keepalived_group=production",
                  "node3 --label-add keepalived_group=production", "node1 --label-add KEEPALIVED_PRIORITY=100",
                  "node2 --label-add KEEPALIVED_PRIORITY=101", "node3 --label-add KEEPALIVED_PRIORITY=102"):
        name, *options = words.split()
        lab.docker("node", "update", name, *options)
    text = STACK_FILE.replace('      KEEPALIVED_ROUTER_ID: "51"', '''\
      KEEPALIVED_STATE: "MASTER"
      KEEPALIVED_COMMAND_LINE_ARGUMENTS: "--log-detail"
      KEEPALIVED_NOTIFY: "/notify.sh"
      KEEPALIVED_ROUTER_ID: "51"''').replace("    networks:\n      - host\n", '''\
    networks:
      - host
    configs:
      - source: notify
        target: /notify.sh
''') + f"\nconfigs:\n  notify:\n    file: {tmp_path / 'notify.sh'}\n"
    group.operator_service = f"{group.stack}_keepalived_operator"
    lab.deploy_stack(text, group.stack)
    group.wait_settled(lab.nodes, owner=lab.nodes[2])

    for name in ("KEEPALIVED_STATE", "KEEPALIVED_COMMAND_LINE_ARGUMENTS"):
        group.wait_for_operator_log(name)
    assert group.operator_service in lab.docker("service", "ls", "--filter", f"name={group.stack}", "--format", "{{.Name}}").split()
    wait_until(lambda: "told: INSTANCE production MASTER 102" in lab.service_logs(group.agent_service), 30,
               lambda: f"the script is told\n{lab.service_logs(group.agent_service)}", interval=0.5)
    assert lab.service_logs(group.agent_service).count("told: INSTANCE production BACKUP") >= 2
