"""The environment of osixia/keepalived: version 2, unicast, text password, no preemption (dialect B)."""

import time

import pytest

from agent import VIP, WITHOUT_UNIX, Agent, binary, osixia_env
from cluster import Cluster
from netns import wait_until

DOWN = 3 * 1 + (256 - 100) / 256
LATE = 0.5


def start_pair(cluster: Cluster, **changes: str) -> dict[str, Agent]:
    """n1 with priority 150 and n2 with 100; n1 holds the VIP."""
    nodes = [cluster.n1, cluster.n2]
    agents = {"n1": Agent(cluster.n1, env=osixia_env(nodes, KEEPALIVED_PRIORITY="150", **changes)),
              "n2": Agent(cluster.n2, env=osixia_env(nodes, **changes))}
    cluster.owners.wait_for_owner(cluster.n1)
    return agents


def test_the_wire_is_what_keepalived_speaks(cluster: Cluster) -> None:
    start_pair(cluster)
    advert = cluster.wire.wait_for_advert(lambda a: a.host == "n1")
    assert (advert.version, advert.vrid, advert.priority, advert.interval, advert.ttl) == (2, 51, 150, 1, 255)
    assert (advert.addresses, advert.auth_type, advert.auth_data) == ((VIP,), 1, b"s3cr3t\0\0")
    cluster.owners.stays(["n1"], 2)
    assert {a.destination for a in cluster.wire.adverts()} == {"192.0.2.12"}, "never to ourselves, though we are listed"


def test_crash_and_polite_stop(cluster: Cluster) -> None:
    agents = start_pair(cluster)
    agents["n1"].kill()
    cluster.owners.wait_for(["n1", "n2"], timeout=DOWN + LATE)
    cluster.owners.wait_for_owner(cluster.n2)  # the lease ended
    agents["n1"] = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], KEEPALIVED_PRIORITY="150"))
    agents["n1"].wait_for_state("backup")
    cluster.owners.stays(["n2"], DOWN + 1)  # nopreempt
    begin = time.monotonic()
    assert agents["n2"].stop() == 0
    cluster.owners.wait_for_owner(cluster.n1)
    assert cluster.wire.wait_for_advert(lambda a: a.host == "n2" and a.priority == 0, timeout=1, since=begin)
    claim = next(c.time for c in cluster.owners.changes(begin) if c.host == "n1")
    assert claim - begin <= (256 - 150) / 256 + LATE


def test_a_wrong_password_makes_two_owners_and_is_told(cluster: Cluster) -> None:
    nodes = [cluster.n1, cluster.n2]
    agents = [Agent(cluster.n1, env=osixia_env(nodes)),
              Agent(cluster.n2, env=osixia_env(nodes, KEEPALIVED_PASSWORD="0ther"))]
    cluster.owners.wait_for(["n1", "n2"])
    cluster.owners.stays(["n1", "n2"], 3)
    for agent in agents:
        assert agent.router()["counters"]["authentication"] >= 2, agent.router()
        assert "authentication" in agent.log() or "password" in agent.log(), agent.log()
        assert "s3cr3t" not in agent.log() and "0ther" not in agent.log()


def test_no_password_is_no_authentication(cluster: Cluster) -> None:
    start_pair(cluster, KEEPALIVED_PASSWORD="")
    advert = cluster.wire.wait_for_advert(lambda a: a.host == "n1")
    assert (advert.auth_type, advert.auth_data) == (0, b"\0" * 8)


def test_a_long_password_is_cut_with_a_warning(cluster: Cluster) -> None:
    agents = start_pair(cluster, KEEPALIVED_PASSWORD="correct-horse-battery")
    assert cluster.wire.wait_for_advert(lambda a: a.host == "n1").auth_data == b"correct-"
    log = agents["n1"].log()
    assert "KEEPALIVED_PASSWORD" in log and "8" in log and "horse" not in log, log


@pytest.mark.parametrize("changes", [
    {"KEEPALIVED_INTERFACE": "auto"},
    {"KEEPALIVED_INTERFACE": ""},
    {"KEEPALIVED_STATE": "", "KEEPALIVED_NOTIFY": "", "KEEPALIVED_COMMAND_LINE_ARGUMENTS": "",
     "KEEPALIVED_ROUTER_ID": ""},
    {"KEEPALIVED_VIRTUAL_IPS": VIP, "KEEPALIVED_UNICAST_PEERS": "192.0.2.11,192.0.2.12"},
    {"KEEPALIVED_VIRTUAL_IPS": f"{VIP}/24 dev eth0", "KEEPALIVED_UNICAST_PEERS": "192.0.2.11 192.0.2.12"},
    {"KEEPALIVED_VIRTUAL_IPS": f'#JSON2BASH:["{VIP}/24"]',
     "KEEPALIVED_UNICAST_PEERS": '#JSON2BASH:["192.0.2.11","192.0.2.12"]'},
    {"KEEPALIVED_VIRTUAL_IPS": f"#PYTHON2BASH: ['{VIP}/24 brd 192.0.2.255 dev eth0',]"},
    {"KEEPALIVED_NOTIFY": "/container/service/keepalived/assets/notify.sh"},
], ids=["auto", "no-interface", "empty", "commas", "options-blanks", "json", "python-options", "default-notify"])
def test_spellings_people_use(cluster: Cluster, changes: dict[str, str]) -> None:
    agents = start_pair(cluster, **changes)
    assert agents["n1"].wait_for_state("active")["interface"] == "eth0"
    agents["n2"].wait_for_state("backup")


def test_the_prefix_length_is_the_users(cluster: Cluster) -> None:
    start_pair(cluster, KEEPALIVED_VIRTUAL_IPS=f"{VIP}/24")
    assert f"{VIP}/24" in cluster.n1.ip("address show dev eth0")


def test_state_master_shortens_the_first_wait(cluster: Cluster) -> None:
    begin = time.monotonic()
    Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], KEEPALIVED_STATE="MASTER"))
    cluster.owners.wait_for_owner(cluster.n1)
    assert 0.9 <= time.monotonic() - begin <= 1 + 1.5, cluster.owners


def test_the_password_from_a_plan(cluster: Cluster) -> None:
    """Version 2 in a managed group: the password comes as a file, with or without a newline at its end."""
    good, bad = cluster.lan.log_dir / "good", cluster.lan.log_dir / "bad"
    good.write_text("s3cr3t\n")
    bad.write_text("0ther")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, version=2, interval_ms=1000, password_file=good)
    cluster.start_all()
    assert cluster.wire.wait_for_advert(lambda a: a.host == "n1").auth_data == b"s3cr3t\0\0"
    cluster.agents["n2"].stop()
    cluster.plan.password_file = bad
    cluster.plan.changes = {"duplicate_check": False}  # else it finds the address in use
    stranger = cluster.start(cluster.n2)
    cluster.owners.wait_for(["n1", "n2"])
    assert stranger.router()["counters"]["authentication"] >= 1
    assert "s3cr3t" not in stranger.log() and "0ther" not in stranger.log()


def test_an_address_on_an_interface_of_its_own_that_is_made_anew(cluster: Cluster) -> None:
    make_inner = ("link add eth1 type veth peer name inner", "link set inner up", "link set eth1 up")
    cluster.n1.ip(*make_inner)
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1], KEEPALIVED_VIRTUAL_IPS=f"{VIP}/32 dev eth1"))
    agent.wait_for_state("active")
    assert VIP in cluster.n1.ip("address show dev eth1") and VIP not in cluster.n1.addresses()
    cluster.n1.ip("link del eth1")
    agent.wait_for_state("fault")
    assert VIP in agent.router()["reason"], "a fault says why"
    cluster.n1.ip(*make_inner)
    agent.wait_for_state("active")
    assert VIP in cluster.n1.ip("address show dev eth1")


def test_another_network_with_the_same_router_id(cluster: Cluster) -> None:
    """n3 speaks with our VRID and password to an address that n1 has on another interface: not our network."""
    cluster.n1.ip("link add eth1 type veth peer name inner", "link set inner up", "link set eth1 up",
                  "address add 198.51.100.1/24 dev eth1")
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], KEEPALIVED_INTERFACE="eth1",
                                             KEEPALIVED_VIRTUAL_IPS="198.51.100.100"))
    agent.wait_for_state("active")
    Agent(cluster.n3, env=osixia_env([cluster.n1, cluster.n3], KEEPALIVED_PRIORITY="250"))
    wait_until(lambda: agent.router()["counters"]["other_interface"] > 3, 15, "n1 should hear n3 on eth0")
    assert agent.router()["state"] == "active"


def test_where_unix_sockets_are_denied(cluster: Cluster) -> None:
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]), wrapper=WITHOUT_UNIX)
    cluster.owners.wait_for_owner(cluster.n1)
    assert agent.is_healthy() and agent.router()["state"] == "active"
    assert cluster.n1.run([*WITHOUT_UNIX, str(binary()), "healthcheck"], check=False).returncode == 0
    assert agent.stop() == 0
    assert not agent.is_healthy()
