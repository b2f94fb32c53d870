"""Three Docker engines in namespaces on one LAN (packaging/lab), joined into a Swarm of three managers, with our stack
deployed as its documentation says and every setting at its default:

    client            node1: label 100                node2: label 110            node3: label 120
      |                 |  the operator may be here     |  or here, the successor   |  the holder
    --+-----------------+-------------------------------+---------------------------+--------------

One Swarm serves all samples: each story puts back what it changed, and a bed begins by waiting until all is well. A
Swarm that does not get well again is taken down, and the next sample has a new one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from bed import PATIENCE, Bed, nothing
from measure import Measurement
from netns import wait_until
from row import Row, Timing
from swarm_group import Group
from swarm_images import build_image
from swarm_lab import Node, SwarmLab
from swarm_state import remove_stale_labs
from wire import Wire

IMAGE = "swarm-vip:latest"  # the demo's too, so that one build serves both
TIMING = Timing.of(interval=0.25, successor=100)  # whoever may follow in the middle of a roll
PRIORITIES = ("100", "110", "120")
GROUP, VIP = "production", 201
ROLLED_OUT = 180.0  # three nodes, one after the other, and what the Swarm itself waits for


class SwarmBed(Bed):
    def __init__(self, lab: SwarmLab, group: Group, wire: Wire, phase: float):
        super().__init__(phase)
        self.lab, self.group = lab, group
        self.first, self.second, self.third = lab.nodes
        self.holder, self.successor, self.client = self.third.host, self.second.host, lab.client
        self.owners, self.wire, self.vip, self.timing = group.owners, wire, group.vips[0], TIMING

    def settled(self, owner: Node | None = None, members: list[Node] | None = None) -> None:
        """Every member's agent runs with the newest plan, and this node (default: the third) has the address alone."""
        self.group.wait_settled(members or self.lab.nodes, owner or self.third)

    def agent(self, node: Node) -> str:
        """The container of its agent."""
        found = self.group.agents()[node.name]
        assert len(found) == 1, f"agents on {node.name}: {found}"
        return found[0]

    def operator(self) -> tuple[Node, str]:
        return wait_until(self.group.operator_container, PATIENCE, "an operator runs", interval=0.1)

    def set_operator(self, *arguments: str) -> None:
        """docker service update of the operator."""
        self.lab.docker("service", "update", "--detach", "--quiet", *arguments, self.group.operator_service)

    def load_image(self, tag: str, dockerfile: str) -> None:
        """An image made from ours by a few lines, on every node."""
        archive = self.lab.directory / "changed.tar"
        self.first.docker("build", "--tag", tag, "-", stdin=f"FROM {self.group.image}\n{dockerfile}\n")
        self.first.docker("save", "--output", str(archive), tag)
        self.lab.load_image(archive)
        archive.unlink()

    def deploys(self, **changes: Any) -> None:
        """Deploys the stack (again) with these changes, and waits until every agent is a new one."""
        before = self._containers()
        self.group.deploy(**changes)
        wait_until(lambda: not before & self._containers(), ROLLED_OUT, "every agent was replaced", interval=0.2)
        self.settled()

    def offers_image(self, tag: str) -> None:
        """The operator is told to give the agents this image, and the Swarm gives up on it."""
        before = self._update().get("StartedAt")
        self.set_operator("--env-add", f"SWARM_VIP_IMAGE={tag}")

        def has_given_up() -> bool:
            update = self._update()
            return update.get("StartedAt") != before and update.get("State") in ("paused", "rollback_paused", "rollback_completed")

        wait_until(has_given_up, ROLLED_OUT, lambda: f"the Swarm gives up: {self._update()}", interval=0.2)
        self.look_on(5)  # and the operator does not try again at once

    def image_back(self) -> None:
        self.set_operator("--env-add", f"SWARM_VIP_IMAGE={self.group.image}")
        self.settled()

    def _update(self) -> dict[str, Any]:
        service, = self.lab.manager.engine.get("/services", filters={"name": [self.group.agent_service]})
        return service.get("UpdateStatus") or {}

    def _containers(self) -> set[str]:
        return {container for containers in self.group.agents().values() for container in containers}

    def engine_back(self, node: Node) -> None:
        node.engine.start_engine()
        node.engine.wait_ready()


class SwarmSite:
    """Takes samples on one Swarm for all."""

    def __init__(self) -> None:
        self._archive: Path | None = None
        self._stack: contextlib.ExitStack | None = None

    def build(self) -> str:
        return self._image().stem[:12]

    def sample(self, row: Row, router: str, phase: float) -> Measurement:
        return self._measure(row.story, phase)

    def control(self, seconds: float) -> Measurement:
        return self._measure(lambda bed: nothing(bed, seconds), 0.0)

    def close(self) -> None:
        if self._stack is not None:
            self._stack.close()
            self._stack = None

    def _measure(self, story, phase: float) -> Measurement:  # type: ignore[no-untyped-def]
        if self._stack is None:
            self._open()
        bed = SwarmBed(self._lab, self._group, self._wire, phase)
        try:
            bed.settled()
            story(bed)
        except BaseException as error:
            if isinstance(error, (TimeoutError, AssertionError)):
                error.args = (f"{error}\n{self._lab.logs()}",)
            self.close()
            raise
        assert bed.measured is not None
        return bed.measured

    def _open(self) -> None:
        remove_stale_labs()
        with contextlib.ExitStack() as stack:
            self._lab = stack.enter_context(SwarmLab(managers=3, workers=0))
            self._lab.load_image(self._image())
            self._group = Group(self._lab, IMAGE, GROUP, [self._lab.ip(VIP)])
            stack.callback(self._group.close)
            self._wire = stack.enter_context(Wire(self._lab.lan))
            for node, priority in zip(self._lab.nodes, PRIORITIES):
                self._group.join(node, KEEPALIVED_PRIORITY=priority)
            self._group.deploy()
            self._stack = stack.pop_all()

    def _image(self) -> Path:
        if self._archive is None:
            self._archive = build_image(IMAGE, print)
        return self._archive


