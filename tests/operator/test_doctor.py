"""`swarm-vip doctor`, the half about the Swarm, and `swarm-vip explain`: before a Docker API in which things are wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bed import Bed
from fake_agent import AgentPages, document, router
from netns import wait_until
from oracle import GROUP_LABEL, Group

ADDRESSES = ("192.168.1.11", "192.168.1.12", "192.168.1.13")


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def deployed(bed: Bed) -> Bed:
    """A group on three managers, deployed by an operator that has gone."""
    for node, address in zip(bed.node_ids[1:], ADDRESSES[1:]):
        bed.swarm.nodes[node]["ManagerStatus"] = {"Reachability": "reachable", "Addr": f"{address}:2377"}
        bed.swarm.nodes[node]["Spec"]["Role"] = "manager"
    operator = bed.start()
    bed.wait_converged()
    assert operator.stop() == 0
    return bed


def word(state: str, number: int, **more: Any) -> dict[str, Any]:
    """An agent's word of its router, as a member of a group in which n1 is active."""
    return router(state, source=ADDRESSES[number - 1], active=ADDRESSES[0], network=f"{ADDRESSES[number - 1]}/16",
                  priority=110 - 4 * number, advert_interval_ms=250, preempt=True, preempt_delay_ms=5000, version=3,
                  peers=[a for a in ADDRESSES if a != ADDRESSES[number - 1]]) | more


def serve_all(pages: AgentPages, **first: Any) -> None:
    pages.serve(ADDRESSES[0], document(word("active", 1) | first, clock_ms=int(time.time() * 1000)))
    for number in (2, 3):
        pages.serve(ADDRESSES[number - 1], document(word("backup", number), clock_ms=int(time.time() * 1000)))


class Doctor:
    def __init__(self, bed: Bed, pages: AgentPages, *words: str, **settings: str):
        result = pages.run("doctor", "--json", *words, host=bed.engine.host,
                           **({"KEEPALIVED_VIRTUAL_IPS": "192.168.1.201"} | settings))
        self.status, self.errors = result.returncode, result.stderr
        self.all: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        self.findings = [f for f in self.all if f["part"] == "cluster"]

    def bad(self) -> list[tuple[str, str]]:
        return [(f["check"], f["meaning"]) for f in self.findings if f["verdict"] in ("error", "warning")]

    def expect(self, check: str, verdict: str, meaning: str, remedy: str = "") -> None:
        found = [f for f in self.findings if f["check"] == check and f["verdict"] == verdict
                 and meaning in f["what"] + ": " + f["meaning"] and remedy in f["remedy"]]
        assert found, f"{check} {verdict} '{meaning}' -> '{remedy}' in\n{self}"
        errors = [f for f in self.all if f["verdict"] == "error"]
        assert self.status == (1 if errors else 0), f"{self.status}: {self}"

    def __str__(self) -> str:
        return "\n".join(f"{f['verdict']:8} {f['check']}: {f['what']}: {f['meaning']} -> {f['remedy']}" for f in self.all)


@pytest.fixture
def lan_bed(deployed: Bed) -> Bed:
    """The same with the address in the members' network, as on a healthy Swarm."""
    group = Group().with_addresses("192.168.1.201")
    operator = deployed.start(group)
    deployed.wait_converged(group)
    assert operator.stop() == 0
    return deployed


def test_all_is_well(lan_bed: Bed, pages: AgentPages) -> None:
    serve_all(pages)
    doctor = Doctor(lan_bed, pages)
    assert doctor.bad() == [], doctor
    for check, meaning in (("docker_api", "a manager answers"), ("managers", "3 managers: all reached, 1 manager may die"),
                           ("node", "node n2: ready, Docker 20.10.24"), ("holder", "n1 has the addresses"),
                           ("network", "share 192.168.1.11/16"), ("clock", "within 5 s")):
        doctor.expect(check, "ok", meaning)
    assert {f["part"] for f in doctor.all} == {"cluster", "host"}, "the host's half follows"


def test_for_people(lan_bed: Bed, pages: AgentPages) -> None:
    lan_bed.swarm.set_state(lan_bed.node_ids[2], "down")
    serve_all(pages)
    result = pages.run("doctor", host=lan_bed.engine.host, KEEPALIVED_VIRTUAL_IPS="192.168.1.201")
    assert result.stdout.startswith("the Swarm\n  warning  "), result
    assert "\nthis host\n" in result.stdout and " unknown, " in result.stdout.splitlines()[-1], result


@pytest.mark.parametrize("managers, meaning, remedy", [
    (1, "1 manager: when it dies, no label and no setting can be changed", "docker node promote"),
    (2, "2 managers: that is worse than one", "docker node promote"),
    (4, "4 managers: as many may die as with 3", "docker node demote"),
])
def test_how_many_managers_there_are(lan_bed: Bed, pages: AgentPages, managers: int, meaning: str, remedy: str) -> None:
    nodes = lan_bed.swarm.nodes
    if managers == 4:
        lan_bed.swarm.add_node("m4", "192.168.1.40", is_manager=True)
    for node in lan_bed.node_ids[managers:]:
        nodes[node].pop("ManagerStatus")
        lan_bed.swarm.label(node, touched="1")
    serve_all(pages)
    Doctor(lan_bed, pages).expect("managers", "warning", meaning, remedy)


def test_a_manager_that_is_not_reached(lan_bed: Bed, pages: AgentPages) -> None:
    lan_bed.swarm.nodes[lan_bed.node_ids[2]]["ManagerStatus"]["Reachability"] = "unreachable"
    lan_bed.swarm.label(lan_bed.node_ids[2], touched="1")
    serve_all(pages)
    Doctor(lan_bed, pages).expect("managers", "warning", "n3 cannot be reached: 2 are left, and 2 are needed", "demote")


def test_nodes_that_cannot_follow(lan_bed: Bed, pages: AgentPages) -> None:
    ids = lan_bed.node_ids
    lan_bed.swarm.set_state(ids[1], "down")
    lan_bed.swarm.set_availability(ids[2], "drain")
    lan_bed.swarm.settle()
    pages.serve(ADDRESSES[0], document(word("active", 1)))
    doctor = Doctor(lan_bed, pages)
    doctor.expect("node", "warning", "node n2: it is down", "docker node rm --force")
    doctor.expect("node", "warning", "node n3: it is drained", f"docker node update --availability active {ids[2]}")
    doctor.expect("agent", "unknown", "agent of group web on n2: the node is down")


def test_a_node_without_an_address_and_an_old_engine(lan_bed: Bed, pages: AgentPages) -> None:
    swarm, ids = lan_bed.swarm, lan_bed.node_ids
    swarm.nodes[ids[1]]["Description"]["Engine"]["EngineVersion"] = "18.09.1"
    swarm.label(ids[1], touched="1")
    swarm.set_status_address(ids[2], "0.0.0.0")
    serve_all(pages)
    doctor = Doctor(lan_bed, pages)
    doctor.expect("node", "warning", "node n2: its engine is Docker 18.09.1", "20.10")
    doctor.expect("node", "warning", "node n3: Docker does not know its address", "--label-add KEEPALIVED_IP=ADDRESS")


def test_agents_that_do_not_answer(lan_bed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(word("active", 1)))
    pages.serve(ADDRESSES[1], document(word("backup", 2)))
    Doctor(lan_bed, pages).expect("agent", "warning", "agent of group web on n3: does not answer: ",
                                  "TCP port 9112 of 192.168.1.13 must be open to the managers")


def test_a_fault_of_an_agent(lan_bed: Bed, pages: AgentPages) -> None:
    serve_all(pages, state="fault", trouble="link_down", reason="interface eth0 is down", active="")
    doctor = Doctor(lan_bed, pages)
    doctor.expect("router", "error", "node n1: router 51 (ipv4): interface eth0 is down", "see to its cable")
    doctor.expect("holder", "error", "nobody has the addresses", "swarm-vip explain web")


def test_two_holders(lan_bed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(word("active", 1)))
    pages.serve(ADDRESSES[1], document(word("active", 2)))
    pages.serve(ADDRESSES[2], document(word("backup", 3)))
    Doctor(lan_bed, pages).expect("router", "error", "node n1: router 51 (ipv4): node n2 has ", "let IP protocol 112")


def test_no_holder_as_far_as_they_say(lan_bed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(word("backup", 1)))
    Doctor(lan_bed, pages).expect("holder", "unknown", "not all answer", "see why")


def test_members_in_different_networks(lan_bed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(word("active", 1, network="192.168.1.11/24")))
    pages.serve(ADDRESSES[1], document(word("backup", 2, network="10.0.0.12/24")))
    pages.serve(ADDRESSES[2], document(word("backup", 3, network="192.168.1.13/24")))
    Doctor(lan_bed, pages).expect("network", "error", "n1 is at 192.168.1.11/24 and n2 at 10.0.0.12/24: an address cannot move",
                                  "one LAN")


def test_an_address_of_another_network(deployed: Bed, pages: AgentPages) -> None:
    serve_all(pages)
    Doctor(deployed, pages, KEEPALIVED_VIRTUAL_IPS="192.0.2.100").expect(
        "network", "warning", "192.0.2.100 is in no network of its members", "choose an address of the members' network")


def test_a_clock_that_is_wrong(lan_bed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(word("active", 1), clock_ms=int((time.time() - 3600) * 1000)))
    Doctor(lan_bed, pages).expect("clock", "warning", "n1 by 36", "chrony")


def test_what_a_removed_group_left(lan_bed: Bed, pages: AgentPages) -> None:
    for name in ("old-plan-1",):
        lan_bed.swarm.create_config({"Name": name, "Data": "e30=", "Labels": {"swarm-vip.role": "plan", "swarm-vip.group": "old"}})
    lan_bed.swarm.create_secret({"Name": "old-key-1", "Data": "e30=",
                                 "Labels": {"swarm-vip.role": "key", "swarm-vip.group": "old"}})
    serve_all(pages)
    Doctor(lan_bed, pages).expect("leftover", "warning", "group old: it is gone",
                                  "docker config rm old-plan-1; docker secret rm old-key-1")


@pytest.mark.parametrize("address, check, verdict", [("192.168.1.201", "group", "error"), ("192.0.2.77", "leftover", "warning")])
def test_services_of_the_older_operator(lan_bed: Bed, pages: AgentPages, address: str, check: str, verdict: str) -> None:
    lan_bed.swarm.create_service({"Name": "keepalived-node-n1", "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {
        "ContainerSpec": {"Image": "osixia/keepalived:2.0.20", "Env": [f"KEEPALIVED_VIRTUAL_IPS={address}"]}}})
    serve_all(pages)
    Doctor(lan_bed, pages).expect(check, verdict, "keepalived", "docker service rm keepalived-node-n1")


def test_problems_of_a_group_and_wrong_settings(lan_bed: Bed, pages: AgentPages) -> None:
    serve_all(pages)
    lan_bed.swarm.label(lan_bed.node_ids[1], KEEPALIVED_PRIORITY="high")
    Doctor(lan_bed, pages).expect("group", "warning", "KEEPALIVED_PRIORITY")
    doctor = Doctor(lan_bed, pages, KEEPALIVED_ROUTER_ID="999")
    doctor.expect("settings", "error", "KEEPALIVED_ROUTER_ID: '999' is not allowed", "exit status 2")


def test_a_group_of_one(empty_bed: Bed, pages: AgentPages) -> None:
    empty_bed.swarm.add_node("n1", ADDRESSES[0], labels={GROUP_LABEL: "web"})
    operator = empty_bed.start()
    empty_bed.wait_converged()
    assert operator.stop() == 0
    pages.serve(ADDRESSES[0], document(word("active", 1)))
    Doctor(empty_bed, pages).expect("group", "warning", "it has one member", "label another node")


def test_no_group_at_all(empty_bed: Bed, pages: AgentPages) -> None:
    Doctor(empty_bed, pages, KEEPALIVED_GROUP="", KEEPALIVED_VIRTUAL_IPS="").expect(
        "operator", "warning", "no group is deployed", "docker stack deploy")


def plant_operator(bed: Bed, running: bool) -> None:
    """The agents' service says who looks after it."""
    service = bed.swarm.services[bed.service()["ID"]]
    service["Spec"]["Labels"]["swarm-vip.operator"] = "vip_operator"
    service["Version"]["Index"] += 1
    bed.swarm.create_service({"Name": "vip_operator", "Labels": {}, "Mode": {"Global": {}}, "TaskTemplate": {
        "ContainerSpec": {"Image": "swarm-vip"}, "Placement": {"Constraints": ["node.role==manager"] if running else
                                                               ["node.labels.nowhere==true"]}}})
    bed.swarm.settle()


def test_the_operator_runs(lan_bed: Bed, pages: AgentPages) -> None:
    plant_operator(lan_bed, running=True)
    serve_all(pages)
    Doctor(lan_bed, pages, KEEPALIVED_GROUP="").expect("operator", "ok", "operator vip_operator: runs")


def test_the_operator_does_not_run(lan_bed: Bed, pages: AgentPages) -> None:
    plant_operator(lan_bed, running=False)
    serve_all(pages)
    Doctor(lan_bed, pages, KEEPALIVED_GROUP="").expect(
        "operator", "error", "it does not run, so no label and no setting reaches the agents", "docker service ps")


def test_the_operator_is_gone(lan_bed: Bed, pages: AgentPages) -> None:
    plant_operator(lan_bed, running=True)
    lan_bed.swarm.remove_service("vip_operator")
    serve_all(pages)
    Doctor(lan_bed, pages, KEEPALIVED_GROUP="").expect("operator", "warning", "the service is gone", "deploy the stack again")


def test_an_engine_that_does_not_answer(bed: Bed, pages: AgentPages) -> None:
    bed.engine.close()
    doctor = Doctor(bed, pages)
    doctor.expect("docker_api", "error", "no socket at", "see to the engine")


def test_an_engine_that_is_too_old(bed: Bed, pages: AgentPages) -> None:
    bed.engine.api_max = bed.engine.api_min = "1.24"
    Doctor(bed, pages).expect("docker_api", "error", "1.24")


def test_a_worker_speaks_of_its_host(bed: Bed, pages: AgentPages) -> None:
    bed.engine.is_manager = False
    doctor = Doctor(bed, pages, KEEPALIVED_GROUP="")
    doctor.expect("docker_api", "unknown", "this node is not a Swarm manager", "on a manager")
    assert any(f["part"] == "host" for f in doctor.all), doctor


def test_a_proxy_that_forbids(lan_bed: Bed, pages: AgentPages) -> None:
    lan_bed.engine.forbidden["GET /info"] = 403
    serve_all(pages)
    Doctor(lan_bed, pages).expect("docker_api", "warning", "GET /info")


def test_words_of_the_hosts_half(bed: Bed, pages: AgentPages) -> None:
    doctor = Doctor(bed, pages, "--interface", "eth9", "--address", "192.0.2.7")
    assert any(f["check"] == "interface" and "'eth9'" in f["meaning"] for f in doctor.all), doctor
    assert doctor.status == 1
    result = pages.run("doctor", "--dance", host=bed.engine.host)
    assert result.returncode == 2 and "'--dance' is not a word of doctor" in result.stderr, result


@pytest.mark.parametrize("word", ["doctor", "explain"])
def test_help(bed: Bed, pages: AgentPages, word: str) -> None:
    result = pages.run(word, "--help", host=bed.engine.host)
    assert result.returncode == 0 and f"swarm-vip {word}" in result.stdout, result


# --- explain ----------------------------------------------------------------------------------------------------------

def explain(bed: Bed, pages: AgentPages, *words: str) -> str:
    result = pages.run("explain", *words, host=bed.engine.host, KEEPALIVED_VIRTUAL_IPS="192.168.1.201")
    assert result.returncode == 0, result
    return result.stdout


def test_explain_a_group(lan_bed: Bed, pages: AgentPages) -> None:
    serve_all(pages, cause="active_left")
    text = explain(lan_bed, pages, "web")
    assert text.startswith("group web\n  n1 (priority 106) is active for router 51 (ipv4): it has 192.0.2.100/32 on eth0 since "
                           "2026-11-21T05:47:55.123Z, because the one before it left in order.\n"), text
    assert "  If n1 dies, n2 (priority 102) follows after about 0.9 s, then n3 (priority 98); " in text
    assert "  n2 (priority 102) is backup for router 51 (ipv4) since 2026-11-21T05:47:55.123Z: n1 (priority 106) is active, " \
           "whose priority is higher.\n" in text


def test_explain_a_node_that_is_drained(lan_bed: Bed, pages: AgentPages) -> None:
    lan_bed.swarm.set_availability(lan_bed.node_ids[1], "drain")
    lan_bed.swarm.settle()
    serve_all(pages)
    pages_text = explain(lan_bed, pages, "web", "n2")
    assert "n2: the node is drained, so it has no agent; docker node update --availability active " in pages_text


def test_explain_what_was_asked_by_hand(lan_bed: Bed, pages: AgentPages) -> None:
    """The labels get into the plan by an operator; who was asked says so, once."""
    lan_bed.start(Group().with_addresses("192.168.1.201"))
    lan_bed.swarm.label(lan_bed.node_ids[0], **{"swarm-vip__drain": "true"})
    lan_bed.swarm.label(lan_bed.node_ids[1], **{"swarm-vip__prefer": "web"})
    wait_until(lambda: lan_bed.priorities()["n1"] == 2, 20, lambda: f"the plan has it\n{lan_bed.logs()}")
    serve_all(pages)

    text = explain(lan_bed, pages, "web")

    drained = "drained by hand: it has the addresses only when nobody else can; ends with: swarm-vip undrain n1"
    assert f"  n1: it is {drained}.\n" in text and text.count("drained by hand") == 1, text
    preferred = "preferred by hand: it has the addresses whenever it can; ends with: swarm-vip failover --undo web"
    assert f"  n2: it is {preferred}.\n" in text and text.count("preferred by hand") == 1, text
    assert f"n1: it is {drained}" in explain(lan_bed, pages, "web", "n1")


def test_explain_nobody(lan_bed: Bed, pages: AgentPages) -> None:
    text = explain(lan_bed, pages)
    assert "n1 says nothing of its routers: does not answer: " in text


@pytest.mark.parametrize("words, expected", [
    (["nowhere"], "'nowhere' is not a group; there are: web"), (["web", "n9"], "'n9' is not a node of group web"),
    (["--dance"], "'--dance' is not a word of explain"), (["a", "b", "c"], "'c' is not a word of explain"),
])
def test_explain_what_is_not_there(lan_bed: Bed, pages: AgentPages, words: list[str], expected: str) -> None:
    result = pages.run("explain", *words, host=lan_bed.engine.host)
    assert result.returncode == 2 and expected in result.stderr, result
