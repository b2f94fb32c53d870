"""The environments of other people's images: our agent beside keepalived with the file that the image makes of it.

What each says on the wire is compared field by field; then one of each stand side by side, as in a move node by node.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from agent import VIP, Agent, start_keepalived
from cluster import Cluster
from images import GENERATORS
from netns import Host, Program
from wire import Advert

pytestmark = pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")

LATE = 0.5
N1, N2, NET = "192.0.2.11", "192.0.2.12", "/24"
PYTHON = f"#PYTHON2BASH:['{N1}', '{N2}']"
OSIXIA = {"KEEPALIVED_UNICAST_PEERS": PYTHON, "KEEPALIVED_VIRTUAL_IPS": VIP}
OSIXIA2 = {"KEEPALIVED_UNICAST_PEERS": f"{N1} {N2}", "KEEPALIVED_VIRTUAL_IPS": VIP}
ARCTS = {"KEEPALIVED_AUTOCONF": "true", "KEEPALIVED_VIRTUAL_ROUTER_ID": "2",
         "KEEPALIVED_VIRTUAL_IPADDRESS_1": f'"{VIP}/24 dev eth0"'}
NEOASSIST = {"VIRTUAL_IP": VIP, "VIRTUAL_MASK": "24", "VRID": "99", "INTERFACE": "eth0"}
SHAWLY = {"KEEPALIVED_VIRTUAL_IP": VIP, "KEEPALIVED_VIRTUAL_MASK": "24", "KEEPALIVED_VRID": "99"}
# The other one is the peer of each.
PEER = {"KEEPALIVED_UNICAST_PEER_0": "OTHER"}


def case(dialect: str, base: Mapping[str, str], **changes: str) -> Any:
    name = " ".join([dialect, *(f"{key.removeprefix('KEEPALIVED_')}={value}" for key, value in changes.items())])
    return pytest.param(dialect, {**base, **changes}, id=name)


WIRE = [
    case("osixia", OSIXIA),
    case("osixia", OSIXIA, KEEPALIVED_PRIORITY="200", KEEPALIVED_ROUTER_ID="7", KEEPALIVED_STATE="MASTER"),
    case("osixia", OSIXIA, KEEPALIVED_PRIORITY="255"),
    case("osixia", OSIXIA, KEEPALIVED_VIRTUAL_IPS=f"#PYTHON2BASH:['{VIP}/24 dev eth0', '192.0.2.101']"),
    case("osixia", OSIXIA, KEEPALIVED_VIRTUAL_IPS=f'#JSON2BASH:["{VIP}/24 brd 192.0.2.255", "fd00::5/64"]'),
    case("osixia", OSIXIA, KEEPALIVED_UNICAST_PEERS="#PYTHON2BASH:[]"),
    case("osixia", OSIXIA, KEEPALIVED_UNICAST_PEERS="#PYTHON2BASH:[]", KEEPALIVED_VIRTUAL_IPS="fe80::5:1/64"),
    *(case("osixia", OSIXIA, KEEPALIVED_PASSWORD=password)
      for password in ("s3cr3t", "two words", "zq#zq", "zq!zq", '"two words"', "'single'", "longer-than-eight")),
    case("osixia 2.3", OSIXIA2),
    case("osixia 2.3", OSIXIA2, KEEPALIVED_VIRTUAL_IPS=f"{VIP} 192.0.2.101", KEEPALIVED_PASSWORD="s3cr3t"),
    case("arcts", ARCTS | PEER),
    case("arcts", ARCTS | PEER, KEEPALIVED_STATE="BACKUP", KEEPALIVED_AUTH_PASS='"s3cr3t"'),
    case("arcts", ARCTS | PEER, KEEPALIVED_ADVERT_INT="1.5", KEEPALIVED_PRIORITY="50"),
    case("arcts", ARCTS | PEER, KEEPALIVED_ADVERT_INT="0.3"),
    case("arcts", ARCTS | PEER, KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_1="192.0.2.101/32",
         KEEPALIVED_VIRTUAL_IPADDRESS_2="192.0.2.102/24"),
    case("arcts", ARCTS),
    case("neoassist", NEOASSIST),
    case("neoassist", NEOASSIST, STATE="MASTER", PRIORITY="150", ADVERT_INT="2", AUTH_PASS="s3cr3t"),
    case("neoassist", NEOASSIST, UNICAST_PEERS=f"{N1} {N2}"),
    case("shawly", SHAWLY),
    case("shawly", SHAWLY, KEEPALIVED_AUTH_TYPE="PASS", KEEPALIVED_AUTH_PASS="s3cr3t", KEEPALIVED_PRIORITY="7"),
]


@pytest.fixture
def cluster(needs_root: None) -> Generator[Cluster, None, None]:
    with Cluster() as cluster:
        yield cluster


def env_for(env: Mapping[str, str], host: Host, cluster: Cluster) -> dict[str, str]:
    other = cluster.n2 if host is cluster.n1 else cluster.n1
    return {name: value.replace("OTHER", other.address) for name, value in env.items()}


def start_original(dialect: str, env: Mapping[str, str], host: Host) -> Program:
    return start_keepalived(host, GENERATORS[dialect](env, host))


def form(advert: Advert) -> dict[str, object]:
    """All of what a receiver looks at; where it goes, as seen from its sender."""
    peers = {N1: "the other", N2: "the other"}
    return {"version": advert.version, "vrid": advert.vrid, "priority": advert.priority, "interval": advert.interval,
            "addresses": sorted(advert.addresses), "auth": (advert.auth_type, advert.auth_data), "ttl": advert.ttl,
            "destination": peers.get(advert.destination, advert.destination),
            "source": "link-local" if advert.source.startswith("fe80") else "own"}


@pytest.mark.parametrize("dialect, env", WIRE)
def test_the_form_on_the_wire_is_the_originals(cluster: Cluster, dialect: str, env: dict[str, str]) -> None:
    """Neither hears the other, so both become active and speak."""
    for host, other in ((cluster.n1, cluster.n2), (cluster.n2, cluster.n1)):
        host.ip(f"neighbour add {other.address} lladdr {other.mac()} dev eth0")  # nor would it be told
        host.cut_silently(from_host=False)
    agent = Agent(cluster.n1, env=env_for(env, cluster.n1, cluster))
    keepalived = start_original(dialect, env_for(env, cluster.n2, cluster), cluster.n2)
    theirs = cluster.wire.wait_for_advert(lambda a: a.host == "n2" and a.destination != N2, timeout=12)
    ours = cluster.wire.wait_for_advert(lambda a: a.host == "n1", timeout=12)
    assert form(ours) == form(theirs), f"{agent.log()}\n{keepalived.log()}"
    assert ours.source != theirs.source and {a.destination for a in cluster.wire.adverts("n1")} == {ours.destination}
    # How often: the second advert comes an interval later, with both.
    begin = time.monotonic()
    cluster.wire.wait_for_advert(lambda a: a.host == "n1", timeout=ours.interval + 2, since=begin)
    times = [a.time for a in cluster.wire.adverts("n1")][:2]
    seconds = ours.interval if ours.version == 2 else ours.interval / 100
    assert abs(times[1] - times[0] - seconds) < 0.2 * seconds


MOVES = [
    pytest.param("osixia", OSIXIA, "KEEPALIVED_PRIORITY", id="osixia"),
    pytest.param("osixia", OSIXIA | {"KEEPALIVED_UNICAST_PEERS": "#PYTHON2BASH:[]"}, "KEEPALIVED_PRIORITY",
                 id="osixia-multicast"),
    pytest.param("osixia 2.3", OSIXIA2, "KEEPALIVED_PRIORITY", id="osixia-2.3"),
    pytest.param("arcts", ARCTS | PEER | {"KEEPALIVED_STATE": "BACKUP"}, "KEEPALIVED_PRIORITY", id="arcts"),
    pytest.param("neoassist", NEOASSIST, "PRIORITY", id="neoassist"),
    pytest.param("shawly", SHAWLY | {"KEEPALIVED_AUTH_TYPE": "PASS", "KEEPALIVED_AUTH_PASS": "s3cr3t"},
                 "KEEPALIVED_PRIORITY", id="shawly"),
]


def skew(priority: int) -> float:
    return (256 - priority) / 256


@pytest.mark.parametrize("dialect, env, priority", MOVES)
def test_side_by_side_one_has_the_address(cluster: Cluster, dialect: str, env: dict[str, str], priority: str) -> None:
    """keepalived with 150 on n1, our agent with 100 on n2: there and back, politely, and by a crash."""
    def original() -> Program:
        return start_original(dialect, env_for(env | {priority: "150"}, cluster.n1, cluster), cluster.n1)

    keepalived = original()
    cluster.owners.wait_for_owner(cluster.n1)
    agent = Agent(cluster.n2, env=env_for(env | {priority: "100"}, cluster.n2, cluster))
    agent.wait_for_state("backup")
    cluster.owners.stays(["n1"], 4)
    assert not cluster.wire.adverts("n2"), "ours understands theirs"
    keepalived.stop()
    cluster.owners.wait_for_owner(cluster.n2, timeout=skew(100) + LATE)
    keepalived = original()
    keepalived.wait_for_log("Entering BACKUP STATE")
    if dialect == "arcts":  # the better one takes it back
        cluster.owners.wait_for_owner(cluster.n1, timeout=3 + skew(150) + LATE)
    else:
        cluster.owners.stays(["n2"], 4)
        assert agent.stop() == 0
        cluster.owners.wait_for_owner(cluster.n1, timeout=skew(150) + LATE)
        agent = Agent(cluster.n2, env=env_for(env | {priority: "100"}, cluster.n2, cluster))
        agent.wait_for_state("backup")
    since = time.monotonic()
    cluster.owners.stays(["n1"], 4)
    assert not cluster.wire.adverts("n2", since), "and theirs ours"
    cluster.n1.cut_link()
    cluster.owners.wait_for_owner(cluster.n2, timeout=3 + skew(100) + LATE)


@pytest.mark.parametrize("dialect, env, priority", MOVES)
def test_ours_is_there_first(cluster: Cluster, dialect: str, env: dict[str, str], priority: str) -> None:
    """Our agent with 150 on n1, keepalived with 100 on n2, which stays quiet until ours goes."""
    agent = Agent(cluster.n1, env=env_for(env | {priority: "150"}, cluster.n1, cluster))
    cluster.owners.wait_for_owner(cluster.n1)
    keepalived = start_original(dialect, env_for(env | {priority: "100"}, cluster.n2, cluster), cluster.n2)
    keepalived.wait_for_log("Entering BACKUP STATE")
    cluster.owners.stays(["n1"], 4)
    assert not cluster.wire.adverts("n2"), "theirs understands ours"
    assert agent.stop() == 0
    cluster.owners.wait_for_owner(cluster.n2, timeout=skew(100) + LATE)
    agent = Agent(cluster.n1, env=env_for(env | {priority: "150"}, cluster.n1, cluster))
    agent.wait_for_state("backup", "active")
    if dialect == "arcts":
        cluster.owners.wait_for_owner(cluster.n1, timeout=3 + skew(150) + LATE)
    else:
        cluster.owners.stays(["n2"], 4)
        keepalived.stop()
        cluster.owners.wait_for_owner(cluster.n1, timeout=skew(150) + LATE)
