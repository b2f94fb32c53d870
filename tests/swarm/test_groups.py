"""Several groups of one operator, from the stack file with a settings file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netns import wait_until
from swarm_group import Group
from swarm_images import PROJECT
from swarm_lab import SwarmLab

STACK_FILE = PROJECT / "packaging" / "stack-groups.yml"


def test_groups_come_go_and_spread_over_the_nodes(lab: SwarmLab, make_group: Callable[..., Group], tmp_path: Path) -> None:
    first, second, _ = lab.nodes
    web, dns = make_group("web", (201,)), make_group("dns", (211, 212, 213))
    web.join(first, KEEPALIVED_PRIORITY="110")
    web.join(second)
    for node in lab.nodes:
        lab.label(node, vip="dns")
    groups: list[dict[str, Any]] = [
        {"group": "web", "addresses": web.vips},
        {"group": "dns", "group_label": "vip", "spread": True, "addresses": dns.vips, "preempt_delay": "0s"},
    ]

    _deploy(lab, web.image, tmp_path, groups, "1")
    web.wait_settled([first, second], owner=first)
    names = {node.name for node in lab.nodes}
    wait_until(lambda: {frozenset(dns.owners.now(vip)) for vip in dns.vips} == {frozenset({n}) for n in names}, 60,
               "each node has one of the addresses")
    status = web.wait_for_status(lambda s: len(s["routers"]) == 2 + 9 and not s["problems"], "all routers are known")
    vrids = {router["group"]: set() for router in status["routers"]}
    for router in status["routers"]:
        vrids[router["group"]].add(router["vrid"])
    assert len(vrids["web"]) == 1 and len(vrids["dns"]) == 3 and not vrids["web"] & vrids["dns"]

    agents, changes = web.agents(), web.owners.changes()
    _deploy(lab, web.image, tmp_path, groups[:1], "2")
    wait_until(lambda: not any(dns.running()) and not any(dns.owners.now(vip) for vip in dns.vips), 60,
               "the group that left the settings is gone")
    wait_until(lambda: "dns-" not in lab.docker("secret", "ls", "--format", "{{.Name}}"), 30, "and its secrets")
    assert web.agents() == agents, "agents of the other group were restarted"
    assert web.owners.changes() == changes, "addresses of the other group moved"


def _deploy(lab: SwarmLab, image: str, folder: Path, groups: list[dict[str, Any]], version: str) -> None:
    file = folder / f"groups-{version}.json"
    file.write_text("// of a test\n" + json.dumps({"groups": groups}))
    lab.deploy_stack(STACK_FILE, "vip", SWARM_VIP_IMAGE=image, GROUPS_FILE=str(file), GROUPS_VERSION=version)
