"""Wrong settings: exit status 2, and a message that names the setting, its value and what is allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent import Agent, Plan, binary, osixia_env
from cluster import Cluster

PASSWORD = "s3cr3t"
PYTHON_LIST = "#PYTHON2BASH:"


def refused(agent: Agent) -> str:
    """Waits for the end; the log of an agent that refused its settings."""
    status = agent.program.wait(10)
    log = agent.log()
    assert status == 2, f"exit status {status}\n{log}"
    assert PASSWORD not in log, f"the password is in the log\n{log}"
    return log


@pytest.mark.parametrize("name, value, expected", [
    ("KEEPALIVED_VIRTUAL_IPS", "", []),
    ("KEEPALIVED_VIRTUAL_IPS", f"{PYTHON_LIST}[]", []),
    ("KEEPALIVED_VIRTUAL_IPS", f"{PYTHON_LIST}['192.0.2.300']", ["192.0.2.300"]),
    ("KEEPALIVED_VIRTUAL_IPS", "192.0.2.100/33", ["192.0.2.100/33"]),
    ("KEEPALIVED_VIRTUAL_IPS", "web.example", ["web.example"]),
    ("KEEPALIVED_VIRTUAL_IPS", "224.0.0.18", ["224.0.0.18"]),
    ("KEEPALIVED_VIRTUAL_IPS", f"{PYTHON_LIST}['192.0.2.100', '192.0.2.100/32']", ["192.0.2.100", "once"]),
    ("KEEPALIVED_VIRTUAL_IPS", f"{PYTHON_LIST}['192.0.2.100'", ["['192.0.2.100'"]),
    ("KEEPALIVED_UNICAST_PEERS", f"{PYTHON_LIST}['192.0.2.11', 'n2']", ["n2"]),
    ("KEEPALIVED_ROUTER_ID", "0", ["0", "1", "255"]),
    ("KEEPALIVED_ROUTER_ID", "256", ["256", "1", "255"]),
    ("KEEPALIVED_ROUTER_ID", "abc", ["abc", "1", "255"]),
    ("KEEPALIVED_PRIORITY", "0", ["0", "1", "255"]),
    ("KEEPALIVED_PRIORITY", "256", ["256", "1", "255"]),
    ("KEEPALIVED_PRIORITY", "-1", ["-1", "1", "255"]),
    ("KEEPALIVED_INTERFACE", "eth9", ["eth9"]),
    ("SWARM_VIP_LEASE", "soon", ["soon", "auto", "off"]),
])
def test_the_environment(cluster: Cluster, name: str, value: str, expected: list[str]) -> None:
    env = osixia_env([cluster.n1, cluster.n2]) | {name: value}
    log = refused(Agent(cluster.n1, env=env))
    for word in [name, *expected]:
        assert word in log, f"{word!r} is not in\n{log}"


def test_every_fault_is_told_at_once(cluster: Cluster) -> None:
    env = osixia_env([cluster.n1, cluster.n2], KEEPALIVED_ROUTER_ID="0", KEEPALIVED_PRIORITY="abc",
                     KEEPALIVED_VIRTUAL_IPS="nowhere")
    log = refused(Agent(cluster.n1, env=env))
    assert all(name in log for name in ("KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY", "KEEPALIVED_VIRTUAL_IPS")), log


@pytest.mark.parametrize("content, expected", [
    (None, ["No such file"]), ("", []), ("not json", []), ("[]", []), ('{"schema":1}', []),
    ('{"schema":99}', ["schema"]),
], ids=["missing", "empty", "garbage", "list", "hollow", "newer"])
def test_a_plan_that_cannot_be_read(cluster: Cluster, tmp_path: Path, content: str | None, expected: list[str]) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    log = refused(Agent(cluster.n1, ["--plan", str(path), "--node", "n1"]))
    for word in [str(path), *expected]:
        assert word in log, f"{word!r} is not in\n{log}"


def member(host_id: str, address: str, priority: object) -> dict[str, Any]:
    return {"id": host_id, "hostname": host_id, "address": address, "priority": priority}


@pytest.mark.parametrize("changes, expected", [
    ({"members": []}, ["members"]),
    ({"members": [member("n1", "192.0.2.11", 0)]}, ["priority", "0", "254"]),
    ({"members": [member("n1", "192.0.2.11", 256)]}, ["priority", "256", "254"]),
    ({"members": [member("n1", "192.0.2.11", "abc")]}, ["priority", "abc", "254"]),
    ({"members": [member("n1", "192.0.2.999", 100)]}, ["address", "192.0.2.999"]),
    ({"members": [member("n1", "192.0.2.11", 1), member("n1", "192.0.2.12", 2)]}, ["n1", "id"]),
    ({"routers": []}, ["routers"]),
    ({"routers": [{"vrid": 0, "addresses": ["192.0.2.100/32"]}]}, ["vrid", "0", "255"]),
    ({"routers": [{"vrid": 256, "addresses": ["192.0.2.100/32"]}]}, ["vrid", "256", "255"]),
    ({"routers": [{"vrid": 51, "addresses": []}]}, ["address"]),
    ({"routers": [{"vrid": 51, "addresses": ["192.0.2.100/33"]}]}, ["192.0.2.100/33"]),
    ({"routers": [{"vrid": 51, "addresses": ["192.0.2.100/32", "192.0.2.100/32"]}]}, ["192.0.2.100"]),
    ({"advert_interval_ms": 5}, ["advert_interval_ms", "5", "10"]),
    ({"version": 2}, ["advert_interval_ms", "250", "1000"]),
    ({"version": 4}, ["version", "4"]),
    ({"lease": "1s"}, ["lease", "1s"]),
    ({"auth": {"mode": "magic"}}, ["mode", "magic"]),
    ({"auth": {"mode": "password", "file": "/nowhere/password"}, "version": 2, "advert_interval_ms": 1000},
     ["/nowhere/password"]),
])
def test_a_plan_with_a_wrong_value(cluster: Cluster, changes: dict[str, Any], expected: list[str]) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes=changes)
    log = refused(cluster.start(cluster.n1))
    for word in expected:
        assert word in log, f"{word!r} is not in\n{log}"


def test_a_plan_without_a_node_id(cluster: Cluster, tmp_path: Path) -> None:
    path = cluster.plan.write(tmp_path / "plan.json")
    assert "SWARM_VIP_NODE_ID" in refused(Agent(cluster.n1, ["--plan", str(path)]))


def test_the_plan_and_the_node_id_from_the_environment(cluster: Cluster, tmp_path: Path) -> None:
    path = Plan({cluster.n1: 100}).write(tmp_path / "plan.json")
    Agent(cluster.n1, env={"SWARM_VIP_PLAN": str(path), "SWARM_VIP_NODE_ID": "n1"})
    cluster.owners.wait_for_owner(cluster.n1)


def test_an_unknown_key_of_a_newer_plan_is_ignored(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 100}, changes={"colour": "blue"})
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)


def test_an_interface_missing_in_a_managed_group_is_waited_for(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"members": [
        member("n1", "192.0.2.11", 200) | {"interface": "late0"}, member("n2", "192.0.2.12", 100)]})
    agent = cluster.start(cluster.n1)
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    agent.wait_for_state("fault")
    assert agent.is_healthy()
    cluster.n1.ip("link set eth0 down", "link set eth0 name late0", "link set late0 up")
    cluster.owners.wait_for_owner(cluster.n1, timeout=30)


@pytest.mark.parametrize("capability", ["NET_ADMIN", "NET_RAW"])
def test_without_a_capability(cluster: Cluster, capability: str) -> None:
    wrapper = ["setpriv", "--bounding-set", f"-{capability.lower()}", "--inh-caps", f"-{capability.lower()}"]
    log = refused(Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]), wrapper=wrapper))
    assert capability in log, log
    assert not cluster.wire.adverts("n1")


@pytest.mark.parametrize("arguments", [["--plan"], ["--no-such-option"], ["dance"]])
def test_a_wrong_command_line(cluster: Cluster, arguments: list[str]) -> None:
    result = cluster.n1.run([str(binary()), *arguments], check=False)
    assert result.returncode == 2 and arguments[0] in result.stdout + result.stderr, result


def test_no_settings_at_all_show_the_help(cluster: Cluster) -> None:
    result = cluster.n1.run([str(binary())], check=False)
    assert result.returncode == 2 and "KEEPALIVED_VIRTUAL_IPS" in result.stdout + result.stderr, result


@pytest.mark.parametrize("word, expected", [("--help", "status"), ("--version", ".")])
def test_words_that_only_print(cluster: Cluster, word: str, expected: str) -> None:
    result = cluster.n1.run([str(binary()), word], check=False)
    assert result.returncode == 0 and expected in result.stdout, result


def test_the_plan_document_of_these_tests_is_what_others_rely_on(cluster: Cluster) -> None:
    """A typo in the tests' own plan would make the refusals above pass for the wrong reason."""
    keys = {"schema", "group", "generation", "version", "advert_interval_ms", "preempt", "preempt_delay_ms", "lease",
            "start_wait_ms", "interface", "auth", "status_port", "routers", "members"}
    assert set(json.loads(json.dumps(cluster.plan.document()))) == keys
