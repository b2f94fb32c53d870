"""The operator inside a container of a stack, as far as it can tell: it finds itself, its image and its stack."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from bed import SPEED, Bed
from netns import wait_until
from operator_process import UNSET, Operator
from oracle import GROUP_LABEL

CONTAINER = "c0ffee" * 10 + "c0de"
IMAGE_ID = "sha256:" + "1" * 64
DIGEST = "registry.example.org/swarm-vip@sha256:" + "2" * 64

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file in a namespace: run as root")


@pytest.fixture
def stack_bed(empty_bed: Bed) -> Bed:
    """Two members, and the operator's own service `vip_operator`."""
    for number in (1, 2):
        empty_bed.swarm.add_node(f"n{number}", f"192.168.1.{20 + number}", labels={GROUP_LABEL: "web"})
    service = empty_bed.swarm.create_service(
        {"Name": "vip_operator", "Labels": {"com.docker.stack.namespace": "vip"}, "Mode": {"Replicated": {"Replicas": 1}},
         "TaskTemplate": {"ContainerSpec": {"Image": "swarm-vip:latest"}}})
    empty_bed.engine.containers[CONTAINER] = {
        "Id": CONTAINER, "Image": IMAGE_ID,
        "Config": {"Image": "swarm-vip:latest",
                   "Labels": {"com.docker.swarm.service.id": service, "com.docker.swarm.service.name": "vip_operator",
                              "com.docker.stack.namespace": "vip"}}}
    empty_bed.engine.images[IMAGE_ID] = {"Id": IMAGE_ID, "RepoDigests": []}
    return empty_bed


def start(bed: Bed, **settings: str) -> Operator:
    """As Docker would: with a file of the engine's folder for this container mounted over /etc/hostname."""
    folder = bed.directory / "containers" / CONTAINER
    folder.mkdir(parents=True, exist_ok=True)
    file: Path = folder / "hostname"
    file.touch()
    script = f'mount --bind "{file}" /etc/hostname && exec "$@"'
    return bed.start(wrapper=["unshare", "--mount", "sh", "-c", script, "container"], **{"SWARM_VIP_IMAGE": UNSET} | settings)


def test_it_runs_its_own_image_on_every_node(stack_bed: Bed) -> None:
    start(stack_bed)

    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    service = stack_bed.swarm.service_named("vip_agent-web")
    assert service is not None
    assert service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == IMAGE_ID, "no registry is asked for a tag"
    assert service["Spec"]["Labels"]["com.docker.stack.namespace"] == "vip"


def test_an_image_with_a_digest_is_run_by_it(stack_bed: Bed) -> None:
    stack_bed.engine.images[IMAGE_ID]["RepoDigests"] = [DIGEST]
    start(stack_bed)

    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    service = stack_bed.swarm.service_named("vip_agent-web")
    assert service is not None and service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == DIGEST


def test_i17_a_keepalived_image_in_the_settings_is_said_and_ours_is_run(stack_bed: Bed) -> None:
    operator = start(stack_bed, KEEPALIVED_IMAGE="osixia/keepalived:latest")

    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    service = stack_bed.swarm.service_named("vip_agent-web")
    assert service is not None and service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == IMAGE_ID
    assert "osixia/keepalived:latest" in str(operator.wait_for("setting", "KEEPALIVED_IMAGE"))


def test_when_its_stack_goes_nothing_is_put_back(stack_bed: Bed) -> None:
    operator = start(stack_bed)
    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    stack_bed.wait_for_looks(2)

    # The agents' service goes first, by name; the operator runs on for a while.
    stack_bed.swarm.remove_service("vip_agent-web")
    stack_bed.wait_for_looks(1)
    stack_bed.swarm.remove_stack("vip")
    end = time.monotonic() + 20 / SPEED  # four times as long as it would wait before it puts a service back
    while time.monotonic() < end:
        stack_bed.wait_for_looks(1)

    assert not stack_bed.swarm.services and not stack_bed.swarm.configs and not stack_bed.swarm.secrets, operator.log()
    assert operator.is_running()


@pytest.mark.parametrize("fault", ["dropped", "garbage", "internal", "short", "no leader"])
def test_finding_itself_is_tried_until_it_works(stack_bed: Bed, fault: str) -> None:
    stack_bed.engine.faults.next("GET /containers/*", fault, times=2)
    stack_bed.engine.faults.next("GET /images/*", fault, times=2)
    start(stack_bed)

    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")


def test_a_group_that_left_the_settings_is_removed_with_all_that_was_made_for_it(stack_bed: Bed) -> None:
    for number in (3, 4):
        stack_bed.swarm.add_node(f"n{number}", f"192.168.1.{20 + number}", labels={GROUP_LABEL: "edge"})
    file = stack_bed.directory / "groups.json"
    groups = [{"group": "web", "addresses": "192.0.2.100"}, {"group": "edge", "addresses": "192.0.2.200"}]
    file.write_text(json.dumps({"groups": groups}))
    operator = start(stack_bed, SWARM_VIP_CONFIG=str(file), KEEPALIVED_GROUP=UNSET, KEEPALIVED_VIRTUAL_IPS=UNSET,
                     KEEPALIVED_ROUTER_ID=UNSET, KEEPALIVED_PRIORITY=UNSET)
    for group in ("web", "edge"):
        wait_until(lambda: stack_bed.swarm.service_named(f"vip_agent-{group}"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    stack_bed.swarm.settle()
    web = stack_bed.swarm.service_named("vip_agent-web")

    file.write_text(json.dumps({"groups": groups[:1]}))
    operator.look()
    wait_until(lambda: not stack_bed.swarm.service_named("vip_agent-edge"), 20, lambda: f"it is removed\n{stack_bed.logs()}")
    names = lambda: [o["Spec"]["Name"] for o in [*stack_bed.swarm.configs.values(), *stack_bed.swarm.secrets.values()]]  # noqa: E731
    wait_until(lambda: not any(name.startswith("edge-") for name in names()), 20, lambda: f"so is {names()}")

    assert any(name.startswith("web-key-") for name in names())
    assert stack_bed.swarm.service_named("vip_agent-web") == web, "the other group is not touched"
