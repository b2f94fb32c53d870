"""The commands of other people's pages, word by word, with nothing changed but the image: here its program in a
namespace, with the environment and the words that Docker would give it."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Mapping, Sequence

import pytest

from agent import Agent, binary
from netns import Host, Lan, wait_until
from owners import Owners
from seeds import COMPOSE, COPY, LISTENER, NEOASSIST, UNBOUND
from wire import Wire

ARCTS_COMPOSE = [line.strip(" -") for line in COMPOSE.splitlines() if "- KEEPALIVED_" in line]


def environment(command: str) -> dict[str, str]:
    """What `docker run` would set."""
    words = shlex.split(command.replace("\\\n", " "))
    return dict(value.split("=", 1) for option, value in zip(words, words[1:]) if option == "-e")


class Image(Agent):
    """A container of our image: its program without a word, or with those behind the image's name."""

    def __init__(self, host: Host, env: Mapping[str, str], words: Sequence[str] = ()):
        self.host = host
        self.program = host.start([str(binary().with_name("swarm-vip")), *words], "swarm-vip", env)


def refused(image: Image) -> str:
    assert image.program.wait(10) == 2, image.log()
    return image.log()


@pytest.mark.parametrize("words", [(), ("--copy-service",), ("--loglevel", "debug")], ids=" ".join)
def test_two_nodes_of_osixia(lan: Lan, words: Sequence[str]) -> None:
    nodes = [lan.add_host(f"n{i}", f"192.168.9.2{i}/24") for i in (6, 7)]
    with Owners(nodes, ["192.168.9.144"]) as owners, Wire(lan) as wire:
        agents = [Image(node, environment(COPY.format(priority=priority)), words)
                  for node, priority in zip(nodes, (200, 100))]
        owners.wait_for_owner(nodes[0])
        agents[1].wait_for_state("backup")
        advert = wire.wait_for_advert(lambda a: a.host == "n6")
        assert (advert.version, advert.vrid, advert.priority, advert.interval) == (2, 51, 200, 1)
        assert (advert.destination, advert.auth_data) == ("192.168.9.27", b"d0cker\0\0"), "to the other one alone"
        if words:
            assert f"'{' '.join(words)}': words for another image's start program" in agents[0].log()
        assert agents[0].stop() == 0
        owners.wait_for_owner(nodes[1])


def test_two_nodes_of_arcts(lan: Lan) -> None:
    nodes = [lan.add_host(f"n{i}", f"10.2.1.1{i}/24") for i in (0, 1)]
    with Owners(nodes, ["10.2.1.12"]) as owners, Wire(lan) as wire:
        backup = Image(nodes[1], environment(UNBOUND))
        owners.wait_for_owner(nodes[1])
        master = Image(nodes[0], dict(item.split("=", 1) for item in ARCTS_COMPOSE))
        owners.wait_for_owner(nodes[0])  # it preempts
        backup.wait_for_state("backup")
        advert = wire.wait_for_advert(lambda a: a.host == "n0")
        assert (advert.version, advert.vrid, advert.priority, advert.interval) == (2, 2, 200, 1)
        assert (advert.destination, advert.auth_data) == ("10.2.1.11", b"pwd2\0\0\0\0")
        assert "10.2.1.12/24" in nodes[0].ip("address show dev eth0"), "the quotes are not the address'"
        assert master.stop() == 0
        owners.wait_for_owner(nodes[1])


def test_addresses_that_move_along_unadvertised(lan: Lan) -> None:
    """Also of the other family, which is what they are for."""
    nodes = [lan.add_host(f"n{i}", f"10.2.1.1{i}/24", f"2001:db8::{i + 1}/64") for i in (0, 1)]
    more = {"KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_1": "10.2.1.13/32",
            "KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_2": "2001:db8::13/64"}
    with Owners(nodes, ["10.2.1.12", "10.2.1.13", "2001:db8::13"]) as owners, Wire(lan) as wire:
        master = Image(nodes[0], dict(item.split("=", 1) for item in ARCTS_COMPOSE) | more)
        Image(nodes[1], environment(UNBOUND) | more).wait_for_state("backup")
        for address in owners.addresses:
            owners.wait_for_owner(nodes[0], address=address)
        assert {advert.addresses for advert in wire.adverts("n0")} == {("10.2.1.12",)}
        wait_until(lambda: {a.address for a in wire.announcements("n0")} == set(owners.addresses), 5, "all are announced")
        assert master.stop() == 0
        for address in owners.addresses:
            owners.wait_for_owner(nodes[1], address=address)


def eht0(host: Host) -> None:
    """The host has the interface of the page's typing error."""
    host.ip("link set eth0 down", "link set eth0 name eht0", "link set eht0 up")


def test_neoassist_where_the_interface_is_called_like_that(lan: Lan) -> None:
    nodes = [lan.add_host(f"n{i}", f"10.11.12.1{i}/24") for i in (0, 1)]
    agents = []
    with Wire(lan) as wire:
        for node in nodes:
            eht0(node)
            node.start([sys.executable, "-c", LISTENER], "listener")
            agents.append(Image(node, environment(NEOASSIST)))
        active = wire.wait_for_advert(lambda a: a.vrid == 99)
        assert (active.version, active.priority, active.interval) == (2, 100, 1)
        assert (active.destination, active.auth_data) == ("224.0.0.18", b"blahblah")
        wait_until(lambda: sorted(agent.router()["state"] for agent in agents) == ["active", "backup"], 15,
                   lambda: lan.logs())
        holder = nodes[0] if agents[0].router()["state"] == "active" else nodes[1]
        assert "10.11.12.99/24" in holder.ip("address show dev eht0")
        assert "112" in holder.run(["ss", "-lwn"]).stdout, "as that page tells its readers to look"


def test_neoassist_elsewhere_says_which_interfaces_there_are(lan: Lan) -> None:
    node = lan.add_host("n1", "10.11.12.11/24")
    log = refused(Image(node, environment(NEOASSIST)))
    assert "INTERFACE: 'eht0' is not an interface of this host; there are: eth0" in log


# The program is opened before, because it may be in the /tmp that is hidden.
OWN_TMP = 'exec 3<"$1" && shift && mount -t tmpfs none /tmp && exec /proc/self/fd/3 "$@"'


def test_the_status_file_of_neoassist(lan: Lan) -> None:
    """/tmp is the machine's here, so the agent gets one of its own."""
    node = lan.add_host("n1", "10.11.12.11/24")
    env = environment(NEOASSIST) | {"INTERFACE": "eth0"}
    env.pop("CHECK_PORT")
    agent = Agent(node, env=env, wrapper=["unshare", "--mount", "sh", "-c", OWN_TMP, "-"])
    agent.wait_for_state("active")
    agent.program.signal(signal.SIGUSR1)
    inside = f"/proc/{agent.worker}/root/tmp/keepalived.data"

    def table() -> str:
        try:
            with open(inside, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    wait_until(lambda: "10.11.12.99" in table() and "active" in table(), 5, lambda: agent.log())


@pytest.mark.parametrize("env, said", [
    ({}, "swarm-vip WORD --help"),
    ({"SWARM_VIP_DIALECT": "keepalived"},
     "SWARM_VIP_DIALECT: 'keepalived' is not allowed; auto, osixia, arcts, neoassist, shawly or none"),
    ({"SWARM_VIP_DIALECT": "none", "KEEPALIVED_VIRTUAL_IPS": "192.0.2.1"}, "no settings"),
    ({"SWARM_VIP_DIALECT": "arcts", "KEEPALIVED_VIRTUAL_IPS": "192.0.2.1"},
     "KEEPALIVED_VIRTUAL_IPADDRESS_1: not set"),
    ({"KEEPALIVED_AUTOCONF": "false"}, "KEEPALIVED_AUTOCONF: 'false' is not allowed"),
    ({"KEEPALIVED_VIRTUAL_IP": "192.0.2.1", "KEEPALIVED_AUTH_TYPE": "AH"}, "KEEPALIVED_VRID: not set"),
    ({"KEEPALIVED_VIRTUAL_IPADDRESS_1": "192.0.2.100", "KEEPALIVED_UNICAST_SRC_IP": "192.0.2.99"},
     "KEEPALIVED_UNICAST_SRC_IP: our own address 192.0.2.99 is not on this host"),
    ({"VIRTUAL_IP": "192.0.2.100"}, "VRID: not set"),
], ids=["nothing", "wrong", "none", "forced", "own-file", "all-at-once", "source", "half"])
def test_what_is_refused(lan: Lan, env: dict[str, str], said: str) -> None:
    log = refused(Image(lan.add_host("n1", "192.0.2.11/24"), env))
    assert said in log, log
