"""The operator inside a container of a stack, as far as it can tell: it finds itself, its image and its stack."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from bed import SPEED, Bed
from fake_docker import FakeDocker, Fault
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
    add_stack(empty_bed, "vip", empty_bed.engine, CONTAINER)
    return empty_bed


def add_stack(bed: Bed, stack: str, engine: FakeDocker, container: str) -> None:
    """A stack with an operator, whose container runs on this engine."""
    service = bed.swarm.create_service(
        {"Name": f"{stack}_operator", "Labels": {"com.docker.stack.namespace": stack}, "Mode": {"Replicated": {"Replicas": 1}},
         "TaskTemplate": {"ContainerSpec": {"Image": "swarm-vip:latest"}}})
    engine.containers[container] = {
        "Id": container, "Image": IMAGE_ID,
        "Config": {"Image": "swarm-vip:latest",
                   "Labels": {"com.docker.swarm.service.id": service, "com.docker.swarm.service.name": f"{stack}_operator",
                              "com.docker.stack.namespace": stack}}}
    engine.images[IMAGE_ID] = {"Id": IMAGE_ID, "RepoDigests": []}


def start(bed: Bed, container: str = CONTAINER, engine: FakeDocker | None = None, **settings: str) -> Operator:
    """As Docker would: with a file of the engine's folder for this container mounted over /etc/hostname."""
    folder = bed.directory / "containers" / container
    folder.mkdir(parents=True, exist_ok=True)
    file: Path = folder / "hostname"
    file.touch()
    script = f'mount --bind "{file}" /etc/hostname && exec "$@"'
    return bed.start(engine=engine, wrapper=["unshare", "--mount", "sh", "-c", script, "container"], **{"SWARM_VIP_IMAGE": UNSET} | settings)


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


def test_of_several_names_the_image_has_the_one_it_can_be_pulled_by(stack_bed: Bed) -> None:
    digest = "sha256:" + "3" * 64
    stack_bed.engine.containers[CONTAINER]["Config"]["Image"] = "registry.example.org:5000/swarm-vip:1"
    stack_bed.engine.images[IMAGE_ID]["RepoDigests"] = [f"mirror.example.org/swarm-vip@{digest}",
                                                        f"registry.example.org:5000/swarm-vip@{digest}"]
    start(stack_bed)

    service = wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    assert service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == f"registry.example.org:5000/swarm-vip@{digest}"


def test_two_replicas_whose_engines_know_the_image_by_different_names_do_not_fight(stack_bed: Bed) -> None:
    """On one manager it was pulled, on the other one loaded from a file."""
    other = stack_bed.add_engine()
    other.containers |= stack_bed.engine.containers
    other.images[IMAGE_ID] = {"Id": IMAGE_ID, "RepoDigests": [DIGEST]}
    for engine in (stack_bed.engine, other):
        start(stack_bed, engine=engine)
    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it is deployed\n{stack_bed.logs()}")
    stack_bed.swarm.settle()
    stack_bed.wait_for_looks(5)
    stack_bed.swarm.settle()
    stack_bed.wait_for_looks(3)

    updates = stack_bed.swarm.updates_of.get("vip_agent-web", 0)
    assert updates <= 1, "they agree in the end on the name that both know"

    member = next(key for key, node in stack_bed.swarm.nodes.items() if node["Description"]["Hostname"] == "n1")
    stack_bed.swarm.label(member, KEEPALIVED_PRIORITY="200")
    wait_until(lambda: stack_bed.swarm.updates_of.get("vip_agent-web", 0) > updates, 20, "a change is deployed")
    stack_bed.swarm.settle()
    stack_bed.wait_for_looks(3)
    assert stack_bed.swarm.updates_of["vip_agent-web"] == updates + 1, "and once"


def test_of_two_stacks_that_deploy_a_group_in_the_same_instant_the_later_one_takes_its_service_away(stack_bed: Bed) -> None:
    other = stack_bed.add_engine()
    add_stack(stack_bed, "two", other, "beef" * 16)
    # Both have looked and found none before either has made one, also where the second starts seconds late.
    stack_bed.engine.faults.next("POST /services/create", Fault.late(5))
    other.faults.next("POST /services/create", Fault.late(8))
    other.faults.next("DELETE /services/{id}", Fault.late(3))  # the first shall see both
    names = ("vip_agent-web", "two_agent-web")
    first, second = start(stack_bed), start(stack_bed, "beef" * 16, other)

    line = second.wait_for("change", "remove service two_agent-web: vip_agent-web of another operator was there first",
                           timeout=60)
    assert line
    stack_bed.swarm.settle()
    stack_bed.wait_for_looks(3)
    assert [bool(stack_bed.swarm.service_named(name)) for name in names] == [True, False]
    assert "service_gone" not in second.log(), "it knows why"
    first.wait_for("problem", "ours was there first and goes on")
    first.wait_for("problem_over", "ours was there first and goes on")

    stack_bed.swarm.remove_stack("vip")
    assert first.stop() == 0
    wait_until(lambda: stack_bed.swarm.service_named("two_agent-web"), 20, lambda: f"the other takes over\n{stack_bed.logs()}")


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


def guard(bed: Bed, image: str, status: int = 403) -> str:
    """Two members, and the operator's own service as a task of the Swarm behind a proxy that shows no containers. Returns
    the id of its container."""
    for number in (1, 2):
        bed.swarm.add_node(f"n{number}", f"192.168.1.{20 + number}", labels={GROUP_LABEL: "web"})
    bed.swarm.create_service(
        {"Name": "vip_operator", "Labels": {"com.docker.stack.namespace": "vip"}, "Mode": {"Global": {}},
         "TaskTemplate": {"ContainerSpec": {"Image": image}, "Placement": {"Constraints": ["node.role==manager"]}}})
    bed.swarm.settle()
    bed.engine.forbidden["GET /containers/*"] = status
    (task,) = bed.swarm.tasks.values()
    container: str = task["Status"]["ContainerStatus"]["ContainerID"]
    return container


@pytest.mark.parametrize("status", [403, 404])
def test_where_a_proxy_forbids_containers_its_task_tells_who_it_is(empty_bed: Bed, status: int) -> None:
    container = guard(empty_bed, f"swarm-vip:latest@{DIGEST.split('@')[1]}", status)
    operator = start(empty_bed, container)

    service = wait_until(lambda: empty_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{empty_bed.logs()}")
    assert service["Spec"]["Labels"]["com.docker.stack.namespace"] == "vip", "the stack's end is the agents' end, too"
    assert service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].endswith(DIGEST.split("@")[1])
    assert "SWARM_VIP_IMAGE" in operator.wait_for("forbidden", f"/json: HTTP {status}")["what"]


def test_where_a_proxy_forbids_containers_and_the_image_has_no_digest_one_must_be_named(empty_bed: Bed) -> None:
    container = guard(empty_bed, "swarm-vip:latest")
    operator = start(empty_bed, container)
    assert operator.wait_for_exit() == 2
    assert "the proxy or plugin before the Docker API must allow it, or else SWARM_VIP_IMAGE name the agents' image" \
        in operator.log()
    assert "SWARM_VIP_IMAGE: '' is not allowed; " in operator.log()

    start(empty_bed, container, SWARM_VIP_IMAGE=DIGEST)
    wait_until(lambda: empty_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{empty_bed.logs()}")


def test_where_a_proxy_forbids_images_one_must_be_named(stack_bed: Bed) -> None:
    stack_bed.engine.forbidden["GET /images/*"] = 403
    operator = start(stack_bed)
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_IMAGE: '' is not allowed; " in operator.log()

    start(stack_bed, SWARM_VIP_IMAGE=DIGEST)
    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")


def test_what_prune_removed_is_put_back(stack_bed: Bed) -> None:
    """`docker stack deploy --prune` removes services of the stack that its file does not name; the operator's stays."""
    operator = start(stack_bed)
    wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it deploys\n{stack_bed.logs()}")
    stack_bed.wait_for_looks(2)
    before = stack_bed.swarm.service_named("vip_agent-web")
    assert before is not None

    stack_bed.swarm.remove_service("vip_agent-web")
    operator.wait_for("service_gone")
    after = wait_until(lambda: stack_bed.swarm.service_named("vip_agent-web"), 20, lambda: f"it is back\n{stack_bed.logs()}")

    assert after["ID"] != before["ID"]
    assert after["Spec"] == before["Spec"], "the same plan and key, so that the agents go on as they were"


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
