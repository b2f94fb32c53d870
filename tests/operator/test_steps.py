"""P6: what would part the members goes in steps. Every step is taken when all agents that may be alive have the one
before; who is away keeps the rest waiting, and is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bed import Bed
from netns import wait_until
from operator_process import Operator
from oracle import GROUP_LABEL, Group

VERSION_2 = {"SWARM_VIP_VERSION": "2", "KEEPALIVED_PASSWORD": "s3cr3t"}
PATIENCE = 30.0

Plan = dict[str, Any]


class History:
    """The plans of the group, in the order in which they were deployed."""

    def __init__(self, bed: Bed):
        self.bed = bed
        self.plans: list[Plan] = []

    def note(self) -> None:
        self.bed.swarm.tick()
        plan = self.bed.plan()
        if not self.plans or plan != self.plans[-1]:
            self.plans.append(plan)

    def until(self, is_there: Callable[[Plan], bool], what: str) -> list[Plan]:
        def done() -> bool:
            self.note()
            return is_there(self.plans[-1])

        wait_until(done, PATIENCE, lambda: f"{what}: {self.plans}\n{self.bed.logs()}")
        return self.plans

    def stays(self, looks: int = 3) -> Plan:
        """However often the operators look, this plan stays the last one."""
        for _ in range(looks):
            self.bed.wait_for_looks(1)
            self.note()
        return self.plans[-1]


def restart(bed: Bed, operator: Operator, **settings: str) -> tuple[Operator, History]:
    """The same operator with other settings."""
    operator.stop()
    bed.operators.remove(operator)
    history = History(bed)
    history.note()
    return bed.start(**settings), history


def deployed(bed: Bed, **settings: str) -> Operator:
    operator = bed.start(**settings)
    wait_until(lambda: bed.swarm.tick() or bed.swarm.service_named(Group().service) is not None, PATIENCE, "it is deployed")
    bed.swarm.settle()
    return operator


def keys(plan: Plan) -> tuple[str, list[str]]:
    def name(file: str) -> str:
        return file.rpartition("/")[2]

    return name(plan["auth"]["file"]), [name(file) for file in plan["auth"].get("accepts", [])]


def mounted(bed: Bed) -> list[str]:
    return sorted(ref["SecretName"] for ref in bed.service()["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"])


def test_another_router_id_is_spoken_besides_and_then_alone(bed: Bed) -> None:
    _, history = restart(bed, deployed(bed), KEEPALIVED_ROUTER_ID="77")
    plans = history.until(lambda plan: plan["routers"][0]["vrid"] == 77, "the new id")
    forms = [(plan["routers"][0]["vrid"], plan["routers"][0].get("also_vrid"), "also" in plan) for plan in plans]
    assert forms == [(51, None, False), (51, 77, True), (77, None, False)]
    assert [plan["generation"] for plan in plans] == [1, 2, 3]


def test_another_key_is_understood_then_used_then_alone(bed: Bed) -> None:
    _, history = restart(bed, deployed(bed), SWARM_VIP_KEY_ROTATION="1")
    plans = history.until(lambda plan: keys(plan) == ("web-key-2", []), "the new key alone")
    assert [keys(plan) for plan in plans] == [("web-key-1", []), ("web-key-1", ["web-key-2"]),
                                              ("web-key-2", ["web-key-1"]), ("web-key-2", [])]
    assert mounted(bed) == ["web-key-2"]


def test_a_key_of_ones_own_is_kept_until_its_content_changes(bed: Bed) -> None:
    file = bed.directory / "key"
    file.write_text("1:" + "ab" * 32 + "\n")
    operator, history = restart(bed, deployed(bed), SWARM_VIP_KEY_FILE=str(file))
    history.until(lambda plan: keys(plan) == ("web-key-2", []), "the own key alone")
    assert history.stays()["generation"] == 4
    operator, history = restart(bed, operator, SWARM_VIP_KEY_FILE=str(file))
    bed.look()
    assert keys(history.stays()) == ("web-key-2", []), "another operator knows it again"
    file.write_text("1:" + "cd" * 32 + "\n")
    bed.look()
    history.until(lambda plan: keys(plan) == ("web-key-3", []), "its new content alone")
    assert "abab" not in operator.log() and "cdcd" not in operator.log()


def test_to_version_3_and_back(bed: Bed) -> None:
    operator, history = restart(bed, deployed(bed, **VERSION_2))
    plans = history.until(lambda plan: plan["version"] == 3, "version 3")
    assert [(plan["version"], plan.get("also", {}).get("version")) for plan in plans] == [(2, None), (2, 3), (3, None)]
    assert [plan["advert_interval_ms"] for plan in plans] == [1000, 1000, 250]
    assert mounted(bed) == ["web-key-1"]
    _, history = restart(bed, operator, **VERSION_2)
    plans = history.until(lambda plan: plan["version"] == 2, "version 2")
    assert [(plan["version"], plan.get("also", {}).get("version")) for plan in plans] == [(3, None), (3, 2), (2, None)]
    assert mounted(bed) == ["web-password-1"]


def test_from_no_key_to_a_key_and_back(bed: Bed) -> None:
    operator, history = restart(bed, deployed(bed, SWARM_VIP_AUTH="none"))
    plans = history.until(lambda plan: plan["auth"]["mode"] == "hmac", "signed")
    ladder = ["none", "hmac-receive-only", "hmac-permissive", "hmac"]
    assert [plan["auth"]["mode"] for plan in plans] == ladder
    _, history = restart(bed, operator, SWARM_VIP_AUTH="none")
    plans = history.until(lambda plan: plan["auth"]["mode"] == "none", "unsigned")
    assert [plan["auth"]["mode"] for plan in plans] == ladder[::-1]


def test_who_is_down_keeps_the_next_step_waiting_and_is_named(bed: Bed) -> None:
    operator = deployed(bed)
    away = bed.node_ids[2]
    bed.swarm.set_state(away, "down")
    operator, history = restart(bed, operator, KEEPALIVED_ROUTER_ID="77")
    history.until(lambda plan: "also" in plan, "both ids")
    line = operator.wait_for("problem", "node n3: is down and may have an older plan")
    assert "router id 51 -> 77" in line["what"] and "SWARM_VIP_REVOKE=true" in line["what"]
    assert history.stays()["routers"][0]["vrid"] == 51
    bed.swarm.set_state(away, "ready")
    bed.look()
    history.until(lambda plan: plan["routers"][0]["vrid"] == 77, "it is back and has both")
    operator.wait_for("problem_over", "node n3")


def test_who_is_down_and_no_member_any_more_is_not_waited_for(bed: Bed) -> None:
    operator = deployed(bed)
    bed.swarm.set_state(bed.node_ids[2], "down")
    _, history = restart(bed, operator, KEEPALIVED_ROUTER_ID="77")
    history.until(lambda plan: "also" in plan, "both ids")
    bed.swarm.label(bed.node_ids[2], **{GROUP_LABEL: None})
    history.until(lambda plan: plan["routers"][0]["vrid"] == 77, "nobody waits for it")


def test_revoking_asks_nobody(bed: Bed) -> None:
    operator = deployed(bed)
    bed.swarm.set_state(bed.node_ids[2], "down")
    _, history = restart(bed, operator, SWARM_VIP_KEY_ROTATION="1", SWARM_VIP_REVOKE="true")
    plans = history.until(lambda plan: keys(plan) == ("web-key-2", []), "the new key")
    assert len(plans) == 2


def test_a_step_that_is_rolled_back_is_not_passed_over(bed: Bed) -> None:
    operator = deployed(bed)
    bed.swarm.trouble.is_every_update_bad = True
    operator, history = restart(bed, operator, KEEPALIVED_ROUTER_ID="77")
    operator.wait_for("update_held", "gave up on")
    for _ in range(5):
        history.note()
        assert history.plans[-1]["routers"][0]["vrid"] == 51
        bed.wait_for_looks(1)
    bed.swarm.trouble.is_every_update_bad = False
    bed.swarm.advance(700)
    bed.look()
    history.until(lambda plan: plan["routers"][0]["vrid"] == 77, "the way goes on")


def test_whoever_changes_his_mind_goes_back(bed: Bed) -> None:
    operator = deployed(bed)
    bed.swarm.set_state(bed.node_ids[2], "down")
    operator, history = restart(bed, operator, KEEPALIVED_ROUTER_ID="77")
    history.until(lambda plan: "also" in plan, "both ids")
    _, history = restart(bed, operator)
    plans = history.until(lambda plan: "also" not in plan, "the old id alone")
    assert plans[-1]["routers"][0]["vrid"] == 51


def test_a_newcomer_without_a_key_stands_by_first(bed: Bed) -> None:
    deployed(bed, **VERSION_2)
    history = History(bed)
    history.note()
    newcomer = bed.swarm.add_node("n4", "192.168.1.14", labels={GROUP_LABEL: "web"})

    def standby(plan: Plan) -> dict[str, bool]:
        return {member["hostname"]: member.get("standby", False) for member in plan["members"]}

    plans = history.until(lambda plan: standby(plan).get("n4") is False, "it takes part")
    assert [standby(plan).get("n4") for plan in plans] == [None, True, False]
    assert not any(standby(plan)["n1"] for plan in plans)
    bed.swarm.label(newcomer, **{GROUP_LABEL: None})
    plans = history.until(lambda plan: "n4" not in standby(plan), "it is gone")
    assert plans[-1]["members"] == plans[0]["members"]


def test_a_newcomer_with_a_key_takes_part_at_once(bed: Bed) -> None:
    deployed(bed)
    history = History(bed)
    history.note()
    bed.swarm.add_node("n4", "192.168.1.14", labels={GROUP_LABEL: "web"})
    plans = history.until(lambda plan: len(plan["members"]) == 4, "it is a member")
    assert len(plans) == 2 and not any(member.get("standby") for member in plans[-1]["members"])
