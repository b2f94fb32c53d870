"""A group of swarm-vip on the Swarm of packaging/lab: deploying it, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from netns import wait_until
from owners import Owners
from swarm_images import PROJECT
from swarm_lab import Node, SwarmLab

SETTLE_TIMEOUT = 90.0
STACK_FILE = PROJECT / "packaging" / "stack.yml"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"


class Group:
    """One operator with one group. `vips` are watched on every node from the birth of the Group to its end."""

    def __init__(self, lab: SwarmLab, image: str, name: str, vips: Iterable[str], stack: str = "vip"):
        self.lab = lab
        self.image = image
        self.name = name
        self.stack = stack
        self.vips = list(vips)
        self.operator_service = f"{stack}_operator"
        self.agent_service = f"{stack}_agent-{name}"
        self.owners = Owners([node.host for node in lab.nodes], self.vips)

    # Doing.

    def deploy(self, vips: Iterable[str] | None = None, image: str | None = None, prune: bool = False,
               **environment: str) -> None:
        """The project's own stack file, as a person would deploy it."""
        self.lab.deploy_stack(STACK_FILE, self.stack, prune, SWARM_VIP_IMAGE=image or self.image, KEEPALIVED_GROUP=self.name,
                              KEEPALIVED_VIRTUAL_IPS=",".join(vips or self.vips), **environment)

    def join(self, *nodes: Node, **labels: str) -> None:
        for node in nodes:
            self.lab.label(node, keepalived_group=self.name, **labels)

    def leave(self, node: Node) -> None:
        self.lab.label(node, keepalived_group=None)

    # Waiting.

    def wait_settled(self, members: Iterable[Node], owner: Node | None = None, timeout: float = SETTLE_TIMEOUT) -> str:
        """Waits until agents run on exactly these nodes, each with the newest plan and healthy, and one node (the one
        given) has held every address for a second. Returns its name."""
        names = sorted(node.name for node in members)
        since: dict[str, Any] = {"state": None, "time": 0.0}

        def settled() -> str | None:
            holders = {frozenset(self.owners.now(vip)) for vip in self.vips}
            state = (holders, self.running(), self.is_rolling())
            if state != since["state"]:
                since["state"], since["time"] = state, time.monotonic()
            if len(holders) != 1 or state[1] != names or state[2] or time.monotonic() - since["time"] < 1.0:
                return None
            holder = next(iter(holders))
            if len(holder) != 1 or (owner is not None and holder != {owner.name}):
                return None
            return next(iter(holder)) if self.members_known() == {name: names for name in names} else None

        what = f"agents of {self.name} on {', '.join(names)}, and {owner.name if owner else 'one of them'} holds {self.vips}"
        try:
            return wait_until(settled, timeout, what, interval=0.1)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\nbut running on {self.running()}, rolling: {self.is_rolling()}, "
                               f"known members {self.members_known()}\n{self.owners}") from None

    def wait_for_operator_log(self, words: str, timeout: float = 60) -> str:
        """The first line of the operator's log that holds the words."""
        return self.wait_for_line(lambda line: words in line, f"the operator says '{words}'", timeout)

    def wait_for_line(self, is_it: Callable[[str], bool], what: str, timeout: float = 60) -> str:
        try:
            return wait_until(lambda: next(filter(is_it, self.operator_log().splitlines()), None), timeout, what, interval=0.3)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.operator_log()}") from None

    def wait_for_status(self, is_it: Callable[[dict[str, Any]], bool], what: str, timeout: float = 60) -> dict[str, Any]:
        """`swarm-vip status --json` on the manager, as soon as it satisfies the condition."""
        seen: list[str] = [""]

        def look() -> dict[str, Any] | None:
            result = self.try_status("--json")
            if result is None:
                return None
            seen[0] = result
            with contextlib.suppress(ValueError):
                document: dict[str, Any] = json.loads(result)
                if is_it(document):
                    return document
            return None

        try:
            return wait_until(look, timeout, what, interval=0.3)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\nlast status: {seen[0]}") from None

    # Seeing.

    def agents(self) -> dict[str, list[str]]:
        """The ids of the running agents' containers by node name."""
        return {node.name: node.containers_of(self.agent_service) for node in self.lab.living}

    def running(self) -> list[str]:
        """The names of the nodes with exactly one running and healthy agent; others with agents are marked."""
        found = []
        for node in self.lab.living:
            containers = node.containers_of(self.agent_service)
            healthy = node.containers_of(self.agent_service, health="healthy")
            if containers:
                found.append(node.name if len(containers) == 1 == len(healthy) else f"{node.name} (not yet)")
        return found

    def is_rolling(self) -> bool:
        """While no manager leads, nobody can tell that it is not."""
        try:
            services = self.lab.manager.engine.get("/services", filters={"name": [self.agent_service]})
        except (RuntimeError, OSError):
            return True
        return any((service.get("UpdateStatus") or {}).get("State") == "updating" for service in services)

    def plans(self) -> dict[str, dict[str, Any]]:
        """The plan each running agent was given, read in its own container."""
        plans = {}
        for node in self.lab.living:
            for container in node.containers_of(self.agent_service):
                text = node.engine.try_docker("exec", container, "cat", "/etc/swarm-vip/plan.json")
                if text.returncode == 0:
                    plans[node.name] = json.loads(text.stdout)
        return plans

    def members_known(self) -> dict[str, list[str]]:
        """For each running agent the names of all the members it knows of."""
        return {node: sorted(member["hostname"] for member in plan["members"]) for node, plan in self.plans().items()}

    def agent_environment(self) -> dict[str, str]:
        text = self.lab.docker("service", "inspect", "--format",
                               "{{json .Spec.TaskTemplate.ContainerSpec.Env}}", self.agent_service)
        return dict(entry.split("=", 1) for entry in json.loads(text) or [])

    def agent_labels(self) -> dict[str, str]:
        labels: dict[str, str] = json.loads(
            self.lab.docker("service", "inspect", "--format", "{{json .Spec.Labels}}", self.agent_service))
        return labels

    def operator_container(self) -> tuple[Node, str] | None:
        for node in self.lab.living:
            for container in node.containers_of(self.operator_service):
                return node, container
        return None

    def operator_log(self) -> str:
        return self.lab.service_logs(self.operator_service)

    def try_status(self, *arguments: str) -> str | None:
        """What `swarm-vip status` prints where the operator runs, or nothing while it does not run."""
        place = self.operator_container()
        if place is None:
            return None
        node, container = place
        return node.engine.try_docker("exec", container, "swarm-vip", "status", *arguments).stdout

    def close(self) -> None:
        self.owners.close()


def swarm_vip(group: Group, *words: str, status: int = 0) -> str:
    """The command line on the manager, in a container of its own as README.md has it; what it says."""
    result = group.lab.manager.engine.try_docker("run", "--rm", "--network", "host", "-v", SOCKET, group.image, *words)
    assert result.returncode == status, f"{words}: {result}\n{group.operator_log()[-3000:]}\n{group.owners}"
    return result.stdout + result.stderr


def load_next_image(group: Group) -> str:
    """The group's image with one label more, on every node; its name."""
    lab, name = group.lab, "swarm-vip:next"
    lab.nodes[0].docker("build", "--tag", name, "-", stdin=f"FROM {group.image}\nLABEL next=yes\n")
    archive = lab.directory / "next.tar"
    lab.nodes[0].docker("save", "--output", str(archive), name)
    lab.load_image(archive)
    archive.unlink()
    return name


def _kill_orphans(node: Node) -> bool:
    """An agent among them would hold the addresses for ever, with the key of a group that is no more."""
    orphans = node.orphans()
    for process in orphans:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return bool(orphans)


def clear_swarm(lab: SwarmLab) -> None:
    """Back to an empty Swarm, whatever a test left off: no service, config, secret, label or address of it is left."""
    for node in lab.nodes:
        node.recover()
    manager = lab.manager
    wait_until(lambda: manager.engine.try_docker("node", "ls").returncode == 0, 60, "a manager leads", interval=0.2)
    services = manager.docker("service", "ls", "--quiet").split()
    if services:
        manager.docker("service", "rm", *services)
    for node in lab.nodes:
        for container in node.containers():
            # The Swarm would wait seconds before it stops them; nobody looks at these any more.
            node.engine.try_docker("kill", container)
    wait_until(lambda: not any(node.containers() for node in lab.nodes), 60, "no container runs", interval=0.1)
    wait_until(lambda: not any(list(map(_kill_orphans, lab.nodes))), 10, "no container runs unknown to its engine", interval=0.1)
    for kind in ("config", "secret"):
        objects = manager.docker(kind, "ls", "--quiet").split()
        if objects:
            manager.docker(kind, "rm", *objects)
    for node in lab.nodes:
        labels = json.loads(manager.docker("node", "inspect", "--format", "{{json .Spec.Labels}}", node.id)) or {}
        if labels:
            lab.label(node, **dict.fromkeys(labels))
        for prefix in node.host.addresses() - {node.address}:
            if ":" not in prefix:
                node.host.ip(f"address delete {prefix}/32 dev eth0")
