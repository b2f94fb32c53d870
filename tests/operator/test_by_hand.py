"""`swarm-vip drain`, `undrain`, `failover`, `uninstall`, and the labels that they set: by a real operator, before agents
that obey the deployed plan at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from subprocess import CompletedProcess

import pytest

from bed import Bed
from fake_agent import AgentPages, document, router
from fake_docker import FakeDocker
from fake_swarm import Json
from netns import wait_until
from operator_process import IMAGE
from oracle import GROUP_LABEL, Group

ADDRESSES = ("192.168.1.11", "192.168.1.12", "192.168.1.13")
NEVER = "1s"  # to wait for what does not come true


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


class Obedient:
    """Agents of a bed's group: whoever has the highest priority in a router, and answers, is active there."""

    def __init__(self, bed: Bed, pages: AgentPages, silent: tuple[int, ...] = ()):
        self._bed = bed
        self._silent = {bed.node_ids[index] for index in silent}
        for index, address in enumerate(ADDRESSES):
            if index not in silent:
                pages.serve(address, lambda index=index: self._page(bed.node_ids[index]))

    def _page(self, node: str) -> str:
        plan = self._bed.plan()
        priorities = {member["id"]: member["priority"] for member in plan["members"]}
        return document(*(self._router(node, one, priorities | one.get("priorities", {})) for one in plan["routers"]))

    def _router(self, node: str, one: Json, priorities: Mapping[str, int]) -> dict[str, object]:
        best = max((id_ for id_ in priorities if id_ not in self._silent), key=lambda id_: priorities[id_])
        return router("active" if node == best else "backup", vrid=one["vrid"], priority=priorities[node],
                      addresses=one["addresses"])


@pytest.fixture
def obeyed(bed: Bed, pages: AgentPages) -> Bed:
    """An operator runs; n1 is the best of three and has the address."""
    bed.start()
    bed.wait_converged()
    Obedient(bed, pages)
    return bed


def run(bed: Bed, pages: AgentPages, *words: str, engine: FakeDocker | None = None) -> CompletedProcess[str]:
    return pages.run(*words, host=(engine or bed.engine).host)


def ok(bed: Bed, pages: AgentPages, *words: str) -> str:
    result = run(bed, pages, *words)
    assert result.returncode == 0, f"{result}\n{bed.logs()}"
    return result.stdout


def refused(bed: Bed, pages: AgentPages, status: int, *words: str) -> str:
    result = run(bed, pages, *words)
    assert result.returncode == status, f"{result}\n{bed.logs()}"
    assert not result.stdout
    return result.stderr.removeprefix("swarm-vip: ").strip()


def labels(bed: Bed, index: int) -> dict[str, str]:
    found: dict[str, str] = bed.swarm.nodes[bed.node_ids[index]]["Spec"]["Labels"]
    return {key: value for key, value in found.items() if key.startswith("swarm-vip.")}


def test_drain_waits_until_others_have_the_addresses(obeyed: Bed, pages: AgentPages) -> None:
    said = ok(obeyed, pages, "drain", "n1")

    assert said.startswith("n1 is drained; it holds nothing now: 192.0.2.100 is on n2 (group web); after "), said
    assert labels(obeyed, 0) == {"swarm-vip.drain": "true"}
    assert obeyed.priorities() == {"n1": 2, "n2": 100, "n3": 92}
    assert ok(obeyed, pages, "drain", obeyed.node_ids[0]).startswith("n1 is drained; it holds nothing now"), "by id, and again"


def test_undrain_makes_it_a_member_like_the_others(obeyed: Bed, pages: AgentPages) -> None:
    ok(obeyed, pages, "drain", "n1")

    assert ok(obeyed, pages, "undrain", "n1").startswith("n1 is not drained any more; it takes part again; after ")
    assert labels(obeyed, 0) == {}
    assert obeyed.priorities() == {"n1": 108, "n2": 100, "n3": 92}
    assert ok(obeyed, pages, "undrain", "n1").startswith("n1 is not drained any more")


def test_other_labels_and_settings_of_the_node_stay(obeyed: Bed, pages: AgentPages) -> None:
    obeyed.swarm.label(obeyed.node_ids[0], rack="7")
    before = json.loads(json.dumps(obeyed.swarm.nodes[obeyed.node_ids[0]]["Spec"]))

    ok(obeyed, pages, "drain", "n1")
    ok(obeyed, pages, "undrain", "n1")

    assert obeyed.swarm.nodes[obeyed.node_ids[0]]["Spec"] == before


def test_a_label_set_by_hand_does_the_same(obeyed: Bed, pages: AgentPages) -> None:
    obeyed.swarm.label(obeyed.node_ids[0], **{"swarm-vip__drain": "yes"})
    wait_until(lambda: obeyed.priorities()["n1"] == 2, 20, lambda: f"the plan has it\n{obeyed.logs()}")

    note = "node n1 is drained by hand: it has the addresses only when nobody else can; ends with: swarm-vip undrain n1"
    assert f"note: {note}\n" in ok(obeyed, pages, "plan")
    assert f"note: web: {note}\n" in ok(obeyed, pages, "status")
    assert {"group": "web", "severity": "note", "text": note} in json.loads(ok(obeyed, pages, "status", "--json"))["problems"]
    assert obeyed.operators[0].wait_for("problem", note)["level"] == "info"

    obeyed.swarm.label(obeyed.node_ids[0], **{"swarm-vip__drain": "perhaps"})
    wait_until(lambda: obeyed.priorities()["n1"] == 108, 20, lambda: f"a wrong value is none\n{obeyed.logs()}")
    line = obeyed.operators[0].wait_for("problem", "node n1: label swarm-vip.drain: 'perhaps' is not allowed; true or false")
    assert line["level"] == "warning"


def test_failover_without_a_node_goes_to_the_next_in_line(obeyed: Bed, pages: AgentPages) -> None:
    said = ok(obeyed, pages, "failover", "web")

    assert said.startswith("n2 is preferred in group web; it holds all addresses now: 192.0.2.100 is on n2 (group web)"), said
    assert obeyed.priorities() == {"n1": 108, "n2": 254, "n3": 92}
    assert "note: node n2 is preferred by hand" in ok(obeyed, pages, "plan")


def test_failover_prefers_one_node_and_undo_nobody(obeyed: Bed, pages: AgentPages) -> None:
    ok(obeyed, pages, "failover", "web", "n2")
    ok(obeyed, pages, "failover", "WEB", "n3")

    assert labels(obeyed, 1) == {}
    assert labels(obeyed, 2) == {"swarm-vip.prefer": "web"}
    assert obeyed.priorities() == {"n1": 108, "n2": 100, "n3": 254}

    said = ok(obeyed, pages, "failover", "--undo", "web")
    assert said.startswith("nobody is preferred in group web any more; it goes by its own rules again; after ")
    assert labels(obeyed, 2) == {}
    assert obeyed.priorities() == {"n1": 108, "n2": 100, "n3": 92}


def test_preferences_of_other_groups_stay(obeyed: Bed, pages: AgentPages) -> None:
    obeyed.swarm.label(obeyed.node_ids[2], **{"swarm-vip__prefer": "mail,db"})

    ok(obeyed, pages, "failover", "web", "n3")
    assert labels(obeyed, 2) == {"swarm-vip.prefer": "mail,db,web"}
    ok(obeyed, pages, "failover", "web", "n2")
    assert labels(obeyed, 2) == {"swarm-vip.prefer": "mail,db"}


def test_words_that_name_nothing_say_what_there_is(obeyed: Bed, pages: AgentPages) -> None:
    assert refused(obeyed, pages, 2, "drain", "n9") == "NODE: 'n9' is no node of the Swarm; there are: n1, n2, n3"
    assert refused(obeyed, pages, 2, "failover", "wbe") == "GROUP: 'wbe' is no deployed group; there are: web"
    assert "'n9' is no node" in refused(obeyed, pages, 2, "failover", "web", "n9")
    assert "--timeout: 'soon' is not allowed; such as 30s or 2m" in refused(obeyed, pages, 2, "drain", "n1", "--timeout", "soon")
    twin = obeyed.swarm.add_node("n1", "192.168.1.99")
    said = refused(obeyed, pages, 2, "drain", "n1")
    assert "NODE: 'n1' is the name of several nodes; say which by its id: " in said
    assert f"n1 ({twin})" in said and f"n1 ({obeyed.node_ids[0]})" in said
    obeyed.swarm.add_node("n4", "192.168.1.14")
    assert "n4 is no member of group web; members are: n1, n2, n3" in refused(obeyed, pages, 2, "failover", "web", "n4")
    assert labels(obeyed, 0) == labels(obeyed, 1) == labels(obeyed, 2) == {}


def test_a_node_that_cannot_take_over_is_not_preferred(bed: Bed, pages: AgentPages) -> None:
    bed.start()
    bed.wait_converged()
    Obedient(bed, pages, silent=(1,))

    assert "n2 is not known to be well: does not answer" in refused(bed, pages, 1, "failover", "web", "n2")
    ok(bed, pages, "drain", "n1")
    assert "n1 is drained; first: swarm-vip undrain n1; nothing was changed" in refused(bed, pages, 1, "failover", "web", "n1")
    said = refused(bed, pages, 1, "failover", "web")
    assert "no other member of group web can take over: " in said
    assert "n1 is drained" in said and "n2 is not known to be well" in said and "n3 has the addresses" in said
    assert labels(bed, 0) == {"swarm-vip.drain": "true"} and labels(bed, 1) == labels(bed, 2) == {}


def test_all_drained_is_as_if_none_was(obeyed: Bed, pages: AgentPages) -> None:
    ok(obeyed, pages, "drain", "n1")
    ok(obeyed, pages, "drain", "n2")

    said = refused(obeyed, pages, 1, "drain", "n3")

    assert "all members of group web are drained, so it is as if none was; swarm-vip undrain n3 takes it back" in said
    wait_until(lambda: obeyed.priorities() == {"n1": 108, "n2": 100, "n3": 92}, 20, lambda: f"as if none was\n{obeyed.logs()}")
    assert "note: all members are drained by hand, so it is as if none was" in ok(obeyed, pages, "plan")


def test_nobody_obeys_where_no_operator_runs(obeyed: Bed, pages: AgentPages) -> None:
    """One that is no service of the Swarm cannot be known; the plan that does not come tells."""
    assert obeyed.operators[0].stop() == 0

    said = refused(obeyed, pages, 1, "drain", "n1", "--timeout", NEVER)

    assert "n1 is drained, but after 1s the plan of group web does not have it yet; does an operator of it run?" in said
    status = pages.run("status", host=obeyed.engine.host, KEEPALIVED_GROUP="").stdout
    assert "label swarm-vip.drain of n1 is not in the plan yet; an operator of the group has to run" in status
    assert ok(obeyed, pages, "undrain", "n1").startswith("n1 is not drained any more")
    assert ok(obeyed, pages, "drain", "n2", "--no-wait") == "n2 is drained, as soon as an operator sees it\n"


def test_an_operators_service_that_does_not_run_is_named(obeyed: Bed, pages: AgentPages) -> None:
    assert obeyed.operators[0].stop() == 0
    service = obeyed.service()
    spec = service["Spec"] | {"Labels": service["Spec"]["Labels"] | {"swarm-vip.operator": "vip_operator"}}
    obeyed.swarm.update_service(service["ID"], service["Version"]["Index"], spec)

    nobody = "nobody obeys in group web: its operator, service vip_operator, "
    assert nobody + "is not there; nothing was changed" in refused(obeyed, pages, 1, "drain", "n1")
    obeyed.swarm.create_service({"Name": "vip_operator", "Labels": {}, "Mode": {"Replicated": {"Replicas": 0}},
                                 "TaskTemplate": {"ContainerSpec": {"Image": IMAGE}}})
    assert nobody + "has no running task; nothing was changed" in refused(obeyed, pages, 1, "failover", "web")
    assert labels(obeyed, 0) == labels(obeyed, 1) == {}


def test_a_node_of_no_group_has_nothing_to_move(bed: Bed, pages: AgentPages) -> None:
    assert ok(bed, pages, "drain", "n1") == ("n1 is drained; it is a member of no deployed group, so there is nothing to move\n")
    assert "there are: none: no operator has deployed one" in refused(bed, pages, 2, "failover", "web")


def test_without_a_manager_it_says_where_to_run(obeyed: Bed, pages: AgentPages) -> None:
    worker = obeyed.add_engine()
    worker.is_manager = False
    assert "this node is not a Swarm manager" in run(obeyed, pages, "drain", "n1", engine=worker).stderr
    missing = pages.run("drain", "n1", host="unix:///nowhere.sock")
    assert missing.returncode == 2 and "DOCKER_HOST: no socket at '/nowhere.sock'; mount the engine's" in missing.stderr


def test_somebody_else_changes_the_node_at_the_same_time(obeyed: Bed, pages: AgentPages) -> None:
    node = obeyed.node_ids[0]
    honest, times = obeyed.swarm.update_node, iter(range(3))

    def contested(text: str, version: int, spec: Json) -> None:
        if next(times, None) is not None:
            obeyed.swarm.label(node, rack=str(version))  # the version is out of date by now
        honest(text, version, spec)

    obeyed.swarm.update_node = contested  # type: ignore[method-assign]
    ok(obeyed, pages, "drain", "n1")

    found = obeyed.swarm.nodes[node]["Spec"]["Labels"]
    assert found["swarm-vip.drain"] == "true" and "rack" in found


def test_a_group_that_spreads_its_addresses(bed: Bed, pages: AgentPages) -> None:
    three = Group().with_addresses("192.0.2.100", "192.0.2.101", "192.0.2.102")
    bed.start(three, SWARM_VIP_SPREAD="true")
    wait_until(lambda: bed.swarm.service_named(three.service) and len(bed.plan()["routers"]) == 3, 20, lambda: bed.logs())
    bed.swarm.settle()
    Obedient(bed, pages)

    said = ok(bed, pages, "drain", "n1")
    assert "on n1" not in said and "on n2" in said and "on n3" in said, said
    ok(bed, pages, "undrain", "n1")
    assert "spreads its addresses over its members; name the one" in refused(bed, pages, 2, "failover", "web")
    assert "192.0.2.100, 192.0.2.101, 192.0.2.102 are on n3" in ok(bed, pages, "failover", "web", "n3")


# Uninstall.

def everything(bed: Bed) -> str:
    swarm = bed.swarm
    return json.dumps([swarm.nodes, swarm.services, swarm.configs, swarm.secrets], sort_keys=True)


@pytest.fixture
def installed(obeyed: Bed) -> Bed:
    """Its operator is the service vip_operator by its label, beside things of other people."""
    swarm = obeyed.swarm
    service = obeyed.service()
    spec = service["Spec"] | {"Labels": service["Spec"]["Labels"] | {"swarm-vip.operator": "vip_operator"}}
    swarm.create_service({"Name": "vip_operator", "Labels": {}, "Mode": {"Replicated": {"Replicas": 1}},
                          "TaskTemplate": {"ContainerSpec": {"Image": IMAGE, "Env": ["KEEPALIVED_GROUP=web"]}}})
    obeyed.operators[0].stop()
    swarm.update_service(service["ID"], service["Version"]["Index"], spec)
    swarm.label(obeyed.node_ids[0], **{"swarm-vip__drain": "true"})
    swarm.label(obeyed.node_ids[1], **{"swarm-vip__prefer": "web", "rack": "7"})
    swarm.create_service({"Name": "shop", "Labels": {}, "Mode": {"Replicated": {"Replicas": 1}},
                          "TaskTemplate": {"ContainerSpec": {"Image": "shop:1", "Env": ["KEEPALIVED_GROUP=web"]}}})
    swarm.create_config({"Name": "shop-config", "Labels": {}, "Data": "eA=="})
    swarm.create_secret({"Name": "web-key-77", "Labels": {}, "Data": "eA=="})
    return obeyed


def test_uninstall_without_yes_only_says(installed: Bed, pages: AgentPages) -> None:
    before = everything(installed)

    said = ok(installed, pages, "uninstall")

    assert everything(installed) == before
    assert said.startswith("this would be done; nothing was changed, swarm-vip uninstall --yes does it:\n"
                           "  remove service vip_operator: the operator\n"
                           "  remove service swarm-vip-agent-web: the agents of group web\n  remove config web-plan-"), said
    assert "  remove secret web-key-1\n" in said
    assert "  remove label swarm-vip.drain of node n1\n  remove label swarm-vip.prefer of node n2\n" in said
    assert f"label {GROUP_LABEL} stays on n1, n2, n3; docker node update --label-rm {GROUP_LABEL} NODE takes it away\n" in said
    assert "shop" not in said and "web-key-77" not in said


def test_uninstall_removes_what_is_ours_and_nothing_else(installed: Bed, pages: AgentPages) -> None:
    said = ok(installed, pages, "uninstall", "--yes")

    assert "all is gone\n" in said
    swarm = installed.swarm
    assert [service["Spec"]["Name"] for service in swarm.services.values()] == ["shop"]
    assert [config["Spec"]["Name"] for config in swarm.configs.values()] == ["shop-config"]
    assert [secret["Spec"]["Name"] for secret in swarm.secrets.values()] == ["web-key-77"]
    assert [node["Spec"]["Labels"] for node in swarm.nodes.values()] == [
        {GROUP_LABEL: "web"}, {GROUP_LABEL: "web", "rack": "7"}, {GROUP_LABEL: "web"}]
    assert ok(installed, pages, "uninstall", "--yes") == "nothing of swarm-vip is there\n"


def test_uninstall_spares_who_only_has_an_operators_name(installed: Bed, pages: AgentPages) -> None:
    service = installed.swarm.service_named("vip_operator")
    assert service is not None
    service["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] = []
    installed.swarm.update_service(service["ID"], service["Version"]["Index"], service["Spec"])

    said = ok(installed, pages, "uninstall", "--yes")

    assert "service vip_operator has the name of an operator and does not look like one" in said
    assert installed.swarm.service_named("vip_operator") is not None


def test_uninstall_says_when_an_operator_outside_the_swarm_goes_on(obeyed: Bed, pages: AgentPages) -> None:
    honest = obeyed.swarm.remove_service

    def put_back(text: str) -> None:
        spec = obeyed.swarm.find_service(text)["Spec"]
        honest(text)
        obeyed.swarm.create_service(spec)

    obeyed.operators[0].stop()
    obeyed.swarm.remove_service = put_back  # type: ignore[method-assign]

    assert "which somebody made again: an operator outside the Swarm's services runs; stop it first" in run(
        obeyed, pages, "uninstall", "--yes").stderr
    assert obeyed.swarm.configs and obeyed.swarm.secrets, "what its agents need is still there"


def test_no_agent_runs_where_a_keepalived_speaks(bed: Bed) -> None:
    """The others take it for the member, so that they hear it and speak to it."""
    def agents() -> list[str]:
        return sorted(task["NodeID"] for task in bed.swarm.living_tasks(bed.service()["ID"]))

    def standing_by() -> list[str]:
        return [member["id"] for member in bed.plan()["members"] if member.get("standby")]

    moved = bed.node_ids[1]
    bed.swarm.label(moved, **{"swarm-vip.keepalived": "web"})
    operator = bed.start()
    wait_until(lambda: bed.swarm.services and len(agents()) == 2, 20, bed.logs)
    assert moved not in agents() and standing_by() == [moved]
    assert operator.wait_for("problem", "a keepalived that speaks for it")["level"] == "info"

    bed.swarm.label(moved, **{"swarm-vip.keepalived": None})
    wait_until(lambda: moved in agents() and standing_by() == [], 20, bed.logs)
    bed.wait_converged()
    bed.swarm.label(moved, **{"swarm-vip.keepalived": "web"})
    wait_until(lambda: moved not in agents() and standing_by() == [moved], 20, bed.logs)
    operator.wait_for("change", "stands by")
