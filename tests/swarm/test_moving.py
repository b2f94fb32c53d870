"""Moving house, as packaging/doc/moving.md says, step by step, with a ping all the way: from other people's keepalived
containers to ours and back, from version 2 to 3, to another image and back, and out.

Their images are not to be had here: the real keepalived runs with the file that each makes of its environment, started the
way the original starts it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import keepalived_image
from by_hand import ByHand
from conftest import IMAGE
from images import osixia
from netns import wait_until
from owners import Owners
from pinger import Pinger
from promise import MEASURED, PLANNED, Promise, watched
from swarm_group import Group, load_next_image, swarm_vip
from swarm_lab import Node, SwarmLab

KEEPALIVED = "swarm-vip.keepalived"
PASSWORD = "an0therS"
# keepalived announces an address some time after it has it; so long ours keeps it, and a second at most.
TO_KEEPALIVED = Promise(0.0, 1.0)
BESIDE = {"SWARM_VIP_VERSION": "2", "KEEPALIVED_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def keepalived(swarm: SwarmLab) -> str:
    """Their image, on every node."""
    if shutil.which("keepalived") is None:
        pytest.skip("keepalived is not installed")
    archive = keepalived_image.archive(swarm.directory / "keepalived.tar")
    for node in swarm.nodes:
        keepalived_image.load(node, archive)
    archive.unlink()
    return keepalived_image.NAME


@pytest.fixture
def by_hand(lab: SwarmLab) -> Iterator[ByHand]:
    with ByHand(lab) as by_hand:
        yield by_hand


def osixia_env(group: Group, node: Node, priority: int) -> dict[str, str]:
    """What the operators of isqiao and lhns give to osixia's image."""
    peers = [f"'{other.address}'" for other in group.lab.nodes if other is not node]
    vips = [f"'{vip}'" for vip in group.vips]
    return {"KEEPALIVED_INTERFACE": "eth0", "KEEPALIVED_PASSWORD": PASSWORD, "KEEPALIVED_PRIORITY": str(priority),
            "KEEPALIVED_ROUTER_ID": "51", "KEEPALIVED_STATE": "BACKUP",
            "KEEPALIVED_UNICAST_PEERS": f"#PYTHON2BASH:[{','.join(peers)}]",
            "KEEPALIVED_VIRTUAL_IPS": f"#PYTHON2BASH:[{','.join(vips)}]"}


def states(group: Group) -> dict[str, str]:
    """What the agents that there are say they are, by node."""
    with contextlib.suppress(ValueError):  # while the operator's container comes
        document = json.loads(group.try_status("--json") or "")
        return {router["hostname"]: router["state"] for router in document["routers"]}
    return {}


def wait_for_states(group: Group, **wanted: str) -> None:
    try:
        wait_until(lambda: states(group) == wanted, 90, "", interval=0.3)
    except TimeoutError:
        raise TimeoutError(f"agents should be {wanted}, but are {states(group)}\n{group.owners}\n"
                           f"{group.operator_log()[-3000:]}") from None


def label_all(group: Group, priorities: tuple[int, ...]) -> None:
    for node, priority in zip(group.lab.nodes, priorities):
        group.lab.label(node, keepalived_group=group.name, KEEPALIVED_PRIORITY=str(priority), **{KEEPALIVED: group.name})


def take_over(group: Group, node: Node) -> None:
    """The label goes: an agent comes."""
    group.lab.label(node, **{KEEPALIVED: None})


def said_lost(what: str, ping: Pinger, lost_max: int = 0) -> None:
    report = ping.report()
    MEASURED.append(f"{what}: {report}")
    assert report.lost <= lost_max, f"{what}: {report}"


def move_holder(group: Group, node: Node) -> None:
    """By the command line, from a keepalived to one of ours."""
    said = swarm_vip(group, "failover", group.name, node.name)
    assert group.owners.now() == {node.name}, f"{said}\n{group.owners}"


def test_from_the_keepalived_operator_and_to_version_3(lab: SwarmLab, group: Group, keepalived: str) -> None:
    """isqiao: a service for each node. The third node's has the addresses."""
    first, second, third = lab.nodes
    services = {}
    for node, priority in reversed(list(zip(lab.nodes, (100, 101, 102)))):
        env = osixia_env(group, node, priority)
        services[node.name] = name = f"keepalived-node-{node.name}-{lab.nodes.index(node) + 1}"
        lab.docker("service", "create", "--detach", "--no-resolve-image", "--name", name,
                   "--constraint", f"node.hostname=={node.name}", "--network", "host",
                   "--cap-add", "NET_ADMIN", "--cap-add", "NET_BROADCAST", "--cap-add", "NET_RAW",
                   *(word for key, value in env.items() for word in ("--env", f"{key}={value}")),
                   "--env", f"CONF={osixia(env, node.host)}", keepalived)
        group.owners.wait_for_owner(third.host, 60)
    wait_until(lambda: all(node.containers_of(services[node.name]) for node in lab.nodes), 60, "keepalived on each node")

    with watched(group, PLANNED, "from isqiao's operator"), Pinger(lab.client, group.vips[0], 1000) as ping:
        label_all(group, (100, 101, 102))
        group.deploy(**BESIDE)
        group.wait_for_status(lambda s: len(s["nodes"]) == 3, "all stand by, and nothing is in the way")
        for node, there in ((first, {"node1": "backup"}), (second, {"node1": "backup", "node2": "backup"})):
            lab.docker("service", "scale", "--detach", f"{services[node.name]}=0")
            take_over(group, node)
            wait_for_states(group, **there)
        move_holder(group, first)
        lab.docker("service", "scale", "--detach", f"{services[third.name]}=0")
        take_over(group, third)
        wait_for_states(group, node1="active", node2="backup", node3="backup")
        swarm_vip(group, "failover", "--undo", group.name)
        lab.docker("service", "rm", *services.values())
        group.wait_settled(lab.nodes, owner=third)
        said_lost("from isqiao's operator", ping)

    with watched(group, PLANNED, "from version 2 to 3"), Pinger(lab.client, group.vips[0], 1000) as ping:
        group.deploy()
        wait_until(lambda: [(plan["version"], "also" in plan) for plan in group.plans().values()] == [(3, False)] * 3, 120,
                   lambda: f"all speak version 3\n{group.operator_log()[-3000:]}", interval=0.5)
        group.wait_settled(lab.nodes, owner=third)
        said_lost("from version 2 to 3", ping)


# lhns': a global service whose container starts another one beside the Swarm, through the engine's socket.
WRAPPER = """eval "conf=\\$CONF_$NODE"
exec docker run -i --sig-proxy --rm --name "keepalived-$(hostname)" --net=host --cap-add=NET_ADMIN \
--cap-add=NET_BROADCAST --cap-add=NET_RAW -e "CONF=$conf" """


def deploy_lhns(group: Group, keepalived: str, priorities: tuple[int, ...]) -> str:
    lab = group.lab
    confs = []
    for node, priority in zip(lab.nodes, priorities):
        confs += ["--env", f"CONF_{node.name}={osixia(osixia_env(group, node, priority), node.host)}"]
    docker = Path(lab.manager.engine.docker_argv()[0]).resolve()
    lab.docker("service", "create", "--detach", "--no-resolve-image", "--mode", "global", "--name", "lhns",
               "--mount", "type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock",
               "--mount", f"type=bind,source={docker},target=/usr/bin/docker,readonly",
               "--env", "NODE={{.Node.Hostname}}", *confs, "--entrypoint", "/bin/sh", keepalived, "-c", WRAPPER + keepalived)
    return "lhns"


def test_from_containers_that_the_swarm_does_not_see_and_back(lab: SwarmLab, group: Group, keepalived: str) -> None:
    """lhns. Whoever started first has the addresses."""
    service = deploy_lhns(group, keepalived, (100, 101, 102))
    theirs: Callable[[Node], list[str]] = lambda node: node.containers(ancestor=keepalived, name="keepalived-")  # noqa: E731
    wait_until(lambda: all(theirs(node) for node in lab.nodes) and len(group.owners.now()) == 1, 60, "keepalived on each node")

    label_all(group, (100, 101, 102))
    with Pinger(lab.client, group.vips[0], 1000) as ping:  # theirs start anew, one after the other
        lab.docker("service", "update", "--detach", "--update-delay", "5s",
                   "--constraint-add", f"node.labels.{KEEPALIVED}=={group.name}", service)
        wait_until(lambda: lab.docker("service", "inspect", "--format", "{{.UpdateStatus.State}}", service) == "completed", 90,
                   "all of theirs have the constraint", interval=0.5)
        said_lost("lhns' own update", ping, lost_max=3000)
        assert ping.report().longest_silence_ms < 1000, "each time their skew at most"
    holder = next(node for node in lab.nodes if node.name in group.owners.now())
    first, second = [node for node in lab.nodes if node is not holder]

    def heard() -> str:
        said = first.engine.try_docker("run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW",
                                       IMAGE, "doctor", "--json", "--address", f"{group.vips[0]}/32", "--vrid", "51")
        return " ".join(f["meaning"] for f in json.loads(said.stdout)["findings"] if f["check"] == "vrrp")

    wait_until(lambda: holder.address in heard(), 60, lambda: f"the router id is heard on the wire: {heard()}\n{group.owners}")

    with watched(group, PLANNED, "from lhns"), Pinger(lab.client, group.vips[0], 1000) as ping:
        group.deploy(**BESIDE, SWARM_VIP_PREEMPT="false")  # nor do theirs preempt
        group.wait_for_status(lambda s: len(s["nodes"]) == 3, "all stand by")
        for moved in ([first], [first, second]):
            take_over(group, moved[-1])
            wait_for_states(group, **{node.name: "backup" for node in moved})
            assert not theirs(moved[-1])
        move_holder(group, first)
        take_over(group, holder)
        wait_for_states(group, **{first.name: "active", second.name: "backup", holder.name: "backup"})
        assert not theirs(holder)
        said_lost("from lhns", ping)

    with watched(group, TO_KEEPALIVED, "back to lhns"), Pinger(lab.client, group.vips[0], 1000) as ping:
        for node in (holder, second):
            lab.label(node, **{KEEPALIVED: group.name})
            wait_until(lambda: theirs(node), 60, f"keepalived on {node.name} again")
        wait_for_states(group, **{first.name: "active"})
        group.leave(first)
        wait_until(lambda: first.name not in (holders := group.owners.now()) and len(holders) == 1, 30,
                   lambda: f"a keepalived has the address\n{group.owners}")
        lab.label(first, **{KEEPALIVED: group.name})
        wait_until(lambda: theirs(first), 60, "keepalived on the last one")
        said_lost("back to lhns", ping)
    lab.docker("service", "rm", service)


OSIXIA = """docker run -d --name keepalived --restart=always \\
  --cap-add=NET_ADMIN --net=host \\
  -e KEEPALIVED_UNICAST_PEERS="#PYTHON2BASH:['{first}', '{second}']" \\
  -e KEEPALIVED_VIRTUAL_IPS={vip} \\
  -e KEEPALIVED_PRIORITY={priority} \\
  osixia/keepalived:2.0.20"""


def test_from_osixia_by_hand_and_back(lab: SwarmLab, by_hand: ByHand, keepalived: str) -> None:
    """Two nodes; the first one has the address."""
    first, second = lab.nodes[:2]
    vip = lab.ip(203)
    places: dict[str, Any] = {"first": first.address, "second": second.address, "vip": vip}

    def old(node: Node, priority: int) -> str:
        env = {"KEEPALIVED_UNICAST_PEERS": f"#PYTHON2BASH:['{first.address}', '{second.address}']",
               "KEEPALIVED_VIRTUAL_IPS": vip, "KEEPALIVED_PRIORITY": str(priority)}
        command = OSIXIA.format(priority=priority, **places).replace("--net=host", f"--net=host -e 'CONF={osixia(env, node.host)}'")
        return by_hand.docker_run(node, command, keepalived, "osixia/keepalived:2.0.20")

    def new(node: Node, priority: int) -> str:
        return by_hand.docker_run(node, OSIXIA.format(priority=priority, **places), IMAGE, "osixia/keepalived:2.0.20")

    def end(node: Node, container: str) -> None:
        node.docker("stop", container)
        node.docker("rm", container)

    def is_backup(node: Node, container: str) -> bool:
        text = node.engine.try_docker("exec", container, "status", "--json").stdout
        return bool(text) and [r["state"] for r in json.loads(text)["routers"]] == ["backup"]

    with Owners([node.host for node in lab.nodes], [vip]) as owners:
        on_first, on_second = old(first, 200), ""
        owners.wait_for_owner(first.host, 20)
        on_second = old(second, 100)
        owners.stays({first.name}, 2)
        with Pinger(lab.client, vip, 1000) as ping:
            end(second, on_second)
            on_second = new(second, 254)  # so that nobody has the address for as short as can be
            wait_until(lambda: is_backup(second, on_second), 15, "ours follows theirs", interval=0.2)
            end(first, on_first)
            owners.wait_for_owner(second.host)
            on_first = new(first, 200)
            wait_until(lambda: is_backup(first, on_first), 15, "ours follows ours", interval=0.2)
            said_lost("from osixia by hand", ping, lost_max=100)
        with Pinger(lab.client, vip, 1000) as ping:
            end(second, on_second)
            owners.wait_for_owner(first.host)
            on_second = new(second, 100)
            wait_until(lambda: is_backup(second, on_second), 15, "with its own priority", interval=0.2)
            said_lost("the priority that it had", ping)
        with Pinger(lab.client, vip, 1000) as ping:
            end(second, on_second)
            on_second = old(second, 100)
            wait_until(lambda: "Entering BACKUP STATE" in second.engine.try_docker("logs", on_second).stderr, 15,
                       "theirs is back", interval=0.2)
            end(first, on_first)
            owners.wait_for_owner(second.host)
            said_lost("back to osixia", ping)


def test_to_another_image_and_back_and_out(lab: SwarmLab, trio: Group) -> None:
    third = lab.nodes[2]

    def all_run(image: str) -> bool:
        id_ = lab.docker("image", "inspect", "--format", "{{.Id}}", image)
        return all(len(found) == 1 and lab.node(name).docker("inspect", "--format", "{{.Image}}", found[0]) == id_
                   for name, found in trio.agents().items())

    for what, image in (("upgrade", load_next_image(trio)), ("rollback", IMAGE)):
        with watched(trio, PLANNED, what), Pinger(lab.client, trio.vips[0], 1000) as ping:
            trio.deploy(image=image)
            wait_until(lambda: all_run(image), 90, f"all agents run {image}", interval=0.5)
            trio.wait_settled(lab.nodes, owner=third)
            said_lost(what, ping)
    lab.docker("stack", "rm", trio.stack)
    wait_until(lambda: not any(node.containers() for node in lab.nodes), 60, "every container is gone")
    assert not any(trio.owners.now(vip) for vip in trio.vips), "and no address is left"
    assert "swarm-vip" not in lab.docker("service", "ls") + lab.docker("config", "ls") + lab.docker("secret", "ls")
