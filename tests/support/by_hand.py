"""What a person types on the nodes of a lab, word by word as it stands on somebody's page; all of it is taken away again."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from swarm_lab import Node, SwarmLab


class ByHand:
    """A context manager: leaving it removes containers, addresses and interfaces."""

    def __init__(self, lab: SwarmLab):
        self.lab = lab
        self._containers: list[tuple[Node, str]] = []
        self._addresses: list[tuple[Node | None, str, str]] = []
        self._ports: list[str] = []  # of the switch

    def docker_run(self, node: Node, command: str, image: str, their_image: str) -> str:
        """A `docker run` command with another image. Returns the container's id."""
        words = shlex.split(command.replace("\\\n", " "))
        assert words[:2] == ["docker", "run"], words
        words[words.index(their_image)] = image
        return self.run(node, *words[2:])

    def run(self, node: Node, *words: str) -> str:
        id_ = node.docker("run", *words)
        self._containers.append((node, id_))
        return id_

    def remove(self, node: Node, container: str) -> None:
        node.docker("rm", "--force", container)

    def address(self, node: Node | None, prefix: str, interface: str = "eth0") -> None:
        """One more address of a node, or of the client."""
        (node.host if node else self.lab.client).ip(f"address add {prefix} dev {interface}")
        self._addresses.append((node, prefix, interface))

    def second_interface(self, node: Node, name: str, prefix: str) -> None:
        """One more interface of the node on the LAN, with an address."""
        port = f"{node.name}-{name}"
        self.lab.lan.switch.ip(f"link add {port} type veth peer name {name} netns {node.host.path}",
                               f"link set {port} master br0 up")
        self._ports.append(port)
        node.host.ip(f"address add {prefix} dev {name}", f"link set {name} up")

    def __enter__(self) -> "ByHand":
        return self

    def __exit__(self, *_: object) -> None:
        for node, container in self._containers:
            node.engine.try_docker("rm", "--force", container)
        for port in self._ports:
            self.lab.lan.switch.run(["ip", "link", "delete", port], check=False)
        for node, prefix, interface in self._addresses:
            (node.host if node else self.lab.client).run(["ip", "address", "delete", prefix, "dev", interface], check=False)


def may_be_privileged() -> bool:
    """Whether a container may get every capability that the kernel knows: whether this machine has them itself."""
    bounding = re.search(r"CapBnd:\s*([0-9a-f]+)", Path("/proc/self/status").read_text())
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return bounding is not None and int(bounding[1], 16) == (1 << (last + 1)) - 1


def compose_words(text: str) -> tuple[str, list[str]]:
    """Of a compose file with one service its image, and the words with which `docker run` starts the same."""
    def one(key: str) -> str:
        found = re.search(rf'^\s+{key}: "?([^"\n]+)"?$', text, re.MULTILINE)
        assert found, key
        return found.group(1)

    entries = re.findall(r"^\s+- (.+)$", text, re.MULTILINE)
    words = ["--name", one("container_name"), "--net", one("network_mode")]
    for entry in entries:
        words += ["--env" if "=" in entry else "--cap-add", entry]
    return one("image"), words
