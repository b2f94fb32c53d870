"""The holder dies on a real Swarm: a receiver on the LAN hears of it, the label moves, and a service follows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netns import wait_until
from receiver import Receiver
from swarm_group import Group
from swarm_lab import Node, SwarmLab

KEY = "swarm-vip.holder.production"


@pytest.fixture
def receiver(lab: SwarmLab) -> Iterator[Receiver]:
    with Receiver(lab.client, lab.client.address) as receiver:
        yield receiver


def labelled(lab: SwarmLab) -> list[str]:
    return [node.name for node in lab.nodes
            if lab.docker("node", "inspect", "--format", f'{{{{index .Spec.Labels "{KEY}"}}}}', node.id).strip() == "true"]


def runs_on(lab: SwarmLab, service: str) -> list[str]:
    """Of the nodes that live."""
    return [node.name for node in lab.living if node.containers_of(service)]


def moves_to(lab: SwarmLab, node: Node, timeout: float = 60) -> None:
    wait_until(lambda: (labelled(lab), runs_on(lab, "follower")) == ([node.name], [node.name]), timeout,
               lambda: f"label and service are on {node.name}: {labelled(lab)}, {runs_on(lab, 'follower')}", interval=0.5)


def test_the_holder_dies_and_the_world_hears_of_it(lab: SwarmLab, trio: Group, receiver: Receiver) -> None:
    first, second, third = lab.nodes
    agents = trio.agents()
    trio.deploy(SWARM_VIP_WEBHOOK=receiver.url, SWARM_VIP_HOLDER_LABEL="true")
    receiver.wait_for(lambda event: event["event"] == "holder" and event["node"] == third.name, "the first holder", 60)
    lab.docker("service", "create", "--detach", "--no-resolve-image", "--name", "follower", "--constraint",
               f"node.labels.{KEY}==true", "--entrypoint", "/bin/sleep 100000", "--stop-grace-period", "1s", trio.image)
    moves_to(lab, third)

    third.power_off()

    moved = receiver.wait_for(lambda event: event.get("previous_node") == third.name, "the next one", 60)
    assert (moved["event"], moved["node"], moved["addresses"]) == ("holder", second.name, trio.vips)
    moves_to(lab, second)
    assert {name: ids for name, ids in trio.agents().items() if name != third.name} == {
        name: ids for name, ids in agents.items() if name != third.name}, "no agent was started anew"
    assert not trio.is_rolling()

    trio.deploy(SWARM_VIP_WEBHOOK=receiver.url, SWARM_VIP_HOLDER_LABEL="false")
    wait_until(lambda: not labelled(lab), 60, lambda: f"the label goes with its setting\n{trio.operator_log()}", interval=0.5)
