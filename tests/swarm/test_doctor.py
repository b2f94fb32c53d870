"""`doctor` in a container of the image on a node of a living Swarm: both halves, and faults that are planted in each."""

from __future__ import annotations

import json
from typing import Any

from netns import wait_until
from swarm_group import SOCKET, Group
from swarm_lab import Node, SwarmLab


class Doctor:
    """What one run of it found."""

    def __init__(self, group: Group, node: Node):
        result = node.engine.try_docker("run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW",
                                        "-v", SOCKET, group.image, "doctor", "--json")
        self.status, self.text = result.returncode, result.stdout + result.stderr
        assert result.returncode in (0, 1), self.text
        self.findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]

    def has(self, part: str, check: str, verdict: str, words: str) -> bool:
        return any(f["part"] == part and f["check"] == check and f["verdict"] == verdict
                   and words in f"{f['what']}: {f['meaning']} {f['remedy']}" for f in self.findings)

    def errors(self) -> list[str]:
        return [f"{f['what']}: {f['meaning']}" for f in self.findings if f["verdict"] == "error"]


def test_a_healthy_swarm_and_faults_in_it(lab: SwarmLab, trio: Group) -> None:
    manager, worker = lab.nodes[:2]
    for node in (manager, worker):
        healthy = Doctor(trio, node)
        assert (healthy.status, healthy.errors()) == (0, []), healthy.text
        assert healthy.has("host", "firewall", "ok", ""), healthy.text
    assert Doctor(trio, manager).has("cluster", "holder", "ok", "node3"), "and who has the addresses"

    worker.host.nft("table inet planted { chain input { type filter hook input priority 0; ip protocol 112 drop; }; }")
    try:
        found = Doctor(trio, worker)
        assert found.status == 1 and found.has("host", "firewall", "error", "IP protocol 112"), found.text
    finally:
        worker.host.nft("delete table inet planted")
    lab.docker("service", "scale", "--detach", f"{trio.operator_service}=0")
    wait_until(lambda: trio.operator_container() is None, 60, "the operator is gone", interval=0.3)
    found = Doctor(trio, manager)
    assert any(trio.operator_service in error for error in found.errors()) and found.status == 1, found.text
