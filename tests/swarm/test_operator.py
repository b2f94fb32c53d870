"""The operator comes and goes, is wrong or is not alone: the addresses must not care."""

from __future__ import annotations

import time
from collections.abc import Callable

from netns import wait_until
from promise import UNTOUCHED, Promise, watched
from swarm_group import Group
from swarm_lab import SwarmLab

# All agents stop at once, so that nobody waits for a successor; the operator waits 5 s before it puts their service back,
# in case its own is to go as well.
PUT_BACK = Promise(10.0, 0.5)
STARTS = Promise(60.0, 0.5)  # nobody had it before


def test_an_operator_killed_and_restarted_moves_nothing(lab: SwarmLab, trio: Group) -> None:
    agents, before = trio.agents(), trio.owners.changes()
    node, operator = _operator(trio)

    node.docker("kill", "--signal", "KILL", operator)
    wait_until(lambda: (trio.operator_container() or (None, operator))[1] != operator, 60, "another operator runs")
    # It has looked at everything once it can tell the status again; and a whole look more changes nothing either.
    trio.wait_for_status(lambda s: len(s["routers"]) == 3, "the new operator knows three routers")
    trio.owners.stays({lab.nodes[2].name}, 5)

    assert trio.agents() == agents, "agents were restarted"
    assert trio.owners.changes() == before, "addresses moved"


def test_a_stack_deployed_with_prune_has_its_agents_back(lab: SwarmLab, trio: Group) -> None:
    """--prune removes what is not in the stack file: the agents' service, as docker service rm would."""
    before = {container for containers in trio.agents().values() for container in containers}

    with watched(trio, PUT_BACK, "docker stack deploy --prune"):
        trio.deploy(prune=True)
        wait_until(lambda: not before & {c for containers in trio.agents().values() for c in containers}, 60, "the agents go")
        trio.wait_settled(lab.nodes, owner=lab.nodes[2])


def test_i15_stack_rm_leaves_nothing(lab: SwarmLab, trio: Group) -> None:
    lab.docker("stack", "rm", trio.stack)

    wait_until(lambda: not any(node.containers() for node in lab.nodes), 60, "every container is gone")
    wait_until(lambda: not any(trio.owners.now(vip) for vip in trio.vips), 15, "nobody holds the addresses")
    _stays(lambda: lab.docker("service", "ls", "--quiet") == "", 3, "no service comes back")
    for kind in ("config", "secret"):
        assert lab.docker(kind, "ls", "--quiet") == "", f"a {kind} was left"


def test_i5_two_operators_leave_each_other_alone(lab: SwarmLab, make_group: Callable[..., Group]) -> None:
    first, second, third = lab.nodes
    ours, theirs = make_group("production", (201,), "one"), make_group("staging", (211,), "two")
    theirs.join(third)
    theirs.deploy(KEEPALIVED_ROUTER_ID="52")
    theirs.wait_settled([third], owner=third)
    agents, labels, changes = theirs.agents(), theirs.agent_labels(), theirs.owners.changes()

    ours.join(first, KEEPALIVED_PRIORITY="110")
    ours.join(second)
    ours.deploy()
    ours.wait_settled([first, second], owner=first)
    ours.leave(first)
    ours.wait_settled([second], owner=second)
    lab.docker("stack", "rm", ours.stack)
    wait_until(lambda: not any(ours.owners.now(vip) for vip in ours.vips), 30, "the first group is gone")

    assert theirs.agents() == agents
    assert theirs.agent_labels() == labels
    assert theirs.owners.changes() == changes
    assert theirs.running() == [third.name]


def test_a_second_stack_with_the_same_group_refuses_and_takes_over_when_the_first_is_gone(
        lab: SwarmLab, make_group: Callable[..., Group]) -> None:
    first, second, third = lab.nodes
    ours, theirs = make_group("production", (201,), "one"), make_group("production", (201,), "two")
    ours.join(*lab.nodes)
    lab.label(third, KEEPALIVED_PRIORITY="120")
    ours.deploy()
    ours.wait_settled(lab.nodes, owner=third)

    with watched(ours, UNTOUCHED, "a second stack with the same group"):
        theirs.deploy()
        line = theirs.wait_for_operator_log("of another operator acts for the same group")
        assert f"docker service rm {ours.agent_service}" in line
        theirs.wait_for_status(lambda s: any("acts for the same group" in str(p) for p in s["problems"]), "it says so")
    assert theirs.running() == []

    with watched(ours, STARTS, "the first stack goes, the second takes over"):
        lab.docker("stack", "rm", ours.stack)
        theirs.wait_settled(lab.nodes, owner=third)


def test_two_stacks_with_the_same_group_at_once_have_one_owner(lab: SwarmLab, make_group: Callable[..., Group]) -> None:
    both = make_group("production", (201,), "one"), make_group("production", (201,), "two")
    both[0].join(*lab.nodes)

    with watched(both[0], STARTS, "two stacks with the same group at once"):
        for group in both:
            group.deploy()
        wait_until(lambda: any("acts for the same group" in g.operator_log() for g in both), 60, "one of them says so")
        # Had both looked before either made its service, the later one takes its own away again.
        acting = wait_until(lambda: len(running := [group for group in both if group.running()]) == 1 and running, 60,
                            "one of them acts")
        acting[0].wait_settled(lab.nodes)
        _stays(lambda: [group for group in both if group.running()] == acting, 3, "the other one does not")


def test_an_image_that_nodes_do_not_have_is_named(lab: SwarmLab, group: Group) -> None:
    """The operator runs from an image that only its own node has: the usual slip with a locally built one."""
    manager, worker = lab.nodes[0], lab.nodes[1]
    manager.docker("build", "--tag", "only-here:1", "-", stdin=f"FROM {group.image}\nLABEL only=here\n")
    group.join(manager, worker)
    try:
        group.deploy(image="only-here:1")
        line = group.wait_for_line(lambda l: "No such image" in l, "the operator names the missing image", 90)
        assert worker.name in line
        group.wait_for_status(lambda s: any("No such image" in str(p) and worker.name in str(p) for p in s["problems"]),
                              "the status names the missing image")
        wait_until(lambda: group.owners.now() == {manager.name}, 60, "the node that has the image holds the address")
    finally:
        lab.docker("stack", "rm", group.stack)
        wait_until(lambda: not manager.containers(), 60, "the stack is gone")
        manager.engine.try_docker("image", "rm", "--force", "only-here:1")


def test_services_of_an_older_operator_are_refused_with_the_remedy(lab: SwarmLab, group: Group) -> None:
    """The services as an isqiao operator makes them; what runs in them only has to hold the address."""
    first, second, _ = lab.nodes
    names = []
    for number, node in enumerate((first, second), start=1):
        names.append(f"keepalived-node-{node.name}-{number}")
        lab.docker("service", "create", "--detach", "--no-resolve-image", "--name", names[-1],
                   "--constraint", f"node.hostname=={node.name}", "--network", "host",
                   "--cap-add", "NET_ADMIN", "--cap-add", "NET_BROADCAST", "--cap-add", "NET_RAW",
                   "--env", f"KEEPALIVED_VIRTUAL_IPS=#PYTHON2BASH:['{group.vips[0]}','{group.vips[1]}']",
                   "--env", "KEEPALIVED_ROUTER_ID=51", "--entrypoint", "/bin/sh", group.image, "-c",
                   f"ip address add {group.vips[0]}/32 dev eth0; trap exit TERM; sleep 100000 & wait"
                   if number == 1 else "trap exit TERM; sleep 100000 & wait")
    group.owners.wait_for_owner(first.host, 30)

    group.join(first, second)
    group.deploy()

    line = group.wait_for_operator_log("docker service rm ")
    assert f"docker service rm {' '.join(names)}" in line
    assert group.agent_service not in lab.docker("service", "ls", "--format", "{{.Name}}").split()
    assert group.running() == []

    lab.docker("service", "rm", *names)
    wait_until(lambda: not first.containers_of(names[0]), 30, "the old ones stop")
    first.host.run(["ip", "address", "delete", f"{group.vips[0]}/32", "dev", "eth0"], check=False)
    group.wait_settled([first, second])


def _operator(group: Group) -> tuple:  # type: ignore[type-arg]
    place = group.operator_container()
    assert place is not None
    return place


def _stays(condition: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"did not stay so: {what}"
        time.sleep(0.1)
