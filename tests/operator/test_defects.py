"""The defects of the keepalived operator that ours is to replace, one by one, as a user would meet them.

I2 to I6, I9 and I15 need real engines or real agents: tests/swarm.
"""

from __future__ import annotations

import json
import time

import pytest

from bed import Bed
from fake_docker import Fault
from netns import wait_until
from operator_process import UNSET
from oracle import GROUP_LABEL, Group

LOOKS_PER_HOUR = 3600 / 30
REQUESTS_PER_LOOK = 5
QUICK = 300.0  # an hour takes 12 s


def test_i1_group_and_addresses_are_all_one_must_say(bed: Bed) -> None:
    """There the interface and the password were handed on empty, and keepalived ended with a syntax error."""
    bed.start(SWARM_VIP_LOG_FORMAT=UNSET, KEEPALIVED_ROUTER_ID=UNSET, KEEPALIVED_PRIORITY=UNSET)

    bed.wait_converged()
    plan = bed.plan()
    assert plan["interface"] == "auto"
    assert plan["auth"]["mode"] == "hmac"
    environment = bed.service()["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert not any(entry.endswith("=") for entry in environment), "a setting was handed on empty"


def test_i1_empty_settings_are_settings_not_made(bed: Bed) -> None:
    bed.start(KEEPALIVED_INTERFACE="", KEEPALIVED_PASSWORD="", KEEPALIVED_UNICAST_PEERS="", KEEPALIVED_IP="")

    bed.wait_converged()
    assert bed.plan()["interface"] == "auto"


@pytest.mark.parametrize("hostname", ["n1.example.com", "UPPER_case", "x" * 63, "rechner-für-alles", "n1"])
def test_i7_any_host_name_will_do(bed: Bed, hostname: str) -> None:
    """There it became part of a service's name, which allows no dot: the operator ended without a word."""
    bed.swarm.add_node(hostname, "192.168.1.77", labels={GROUP_LABEL: "web"})
    operator = bed.start()

    bed.wait_converged()
    assert hostname in bed.priorities()
    assert operator.is_running()


@pytest.mark.parametrize("group", ["a.b.c", "Web", "x" * 60, "with blank", "-edge-", "a/b", "a:b", "[x]", "a$b"])
def test_i7_any_group_that_swarm_allows_as_a_label_will_do(empty_bed: Bed, group: str) -> None:
    for number in range(2):
        empty_bed.swarm.add_node(f"n{number}", f"192.168.1.{20 + number}", labels={GROUP_LABEL: group})
    operator = empty_bed.start(KEEPALIVED_GROUP=group)

    wait_until(lambda: empty_bed.swarm.services, 20, lambda: f"a service is made\n{operator.log()}")
    service = next(iter(empty_bed.swarm.services.values()))
    assert len(empty_bed.swarm.living_tasks(service["ID"])) == 2, "the constraint meets the label"


def test_i7_a_refusal_is_said_with_the_engines_words(bed: Bed) -> None:
    words = "rpc error: code = InvalidArgument desc = no luck today"
    bed.engine.faults.next("POST /services/create", Fault.refused(400, words), times=3)
    operator = bed.start()

    line = operator.wait_for("failure", "no luck today")
    assert "create service swarm-vip-agent-web" in line["what"]
    bed.wait_converged()


@pytest.mark.parametrize("trouble", ["down", "drain", "pause", "missing image", "stuck"])
def test_i8_one_bad_node_does_not_keep_the_others_waiting(bed: Bed, trouble: str) -> None:
    """There `docker service create` waited for every task, and with it the whole loop."""
    _, second, third = bed.node_ids
    if trouble == "down":
        bed.swarm.set_state(third, "down")
    elif trouble in ("drain", "pause"):
        bed.swarm.set_availability(third, trouble)
    elif trouble == "missing image":
        bed.swarm.trouble.missing_images.add(Group().image)
    else:
        bed.swarm.trouble.is_stuck = True
    bed.start()
    wait_until(lambda: bed.swarm.service_named("swarm-vip-agent-web"), 10, "it is deployed")

    bed.swarm.label(second, KEEPALIVED_PRIORITY="200")
    wait_until(lambda: bed.priorities()["n2"] == 200, 20, "a change is deployed meanwhile")
    assert sorted(bed.priorities()) == ["n1", "n2", "n3"], "a member stays one, whatever its state"


def test_i8_agents_that_do_not_run_are_named_with_the_reason(bed: Bed) -> None:
    bed.swarm.trouble.missing_images.add(Group().image)
    operator = bed.start()
    wait_until(lambda: bed.swarm.service_named("swarm-vip-agent-web"), 10, "it is deployed")
    bed.look()

    line = operator.wait_for("problem", "No such image")
    assert line["level"] == "error" and "node n" in line["what"]


@pytest.mark.parametrize("manager,expected", [("fd00:88::13", None), ("192.168.9.9", "192.168.9.9")])
def test_i10_addresses_are_read_whole(bed: Bed, manager: str, expected: str | None) -> None:
    """There everything after the first colon was cut off: fd00::1 became "fd00"."""
    bed.swarm.add_node("m9", manager, is_manager=True, labels={GROUP_LABEL: "web"})
    operator = bed.start()

    bed.wait_converged()
    members = {m["hostname"]: m["address"] for m in bed.plan()["members"]}
    assert members.get("m9") == expected
    if expected is None:
        line = operator.wait_for("problem", "m9")
        assert manager in line["what"] and "KEEPALIVED_IP" in line["what"], "the address, and the remedy"


def test_i10_a_leader_without_an_address_has_that_of_the_manager(bed: Bed) -> None:
    """Swarm says 0.0.0.0 of a leader that was not told its own address; and says it of another one tomorrow."""
    bed.swarm.set_status_address(bed.node_ids[0], "0.0.0.0")
    bed.start()
    bed.wait_converged()
    assert {m["hostname"]: m["address"] for m in bed.plan()["members"]}["n1"] == "192.168.1.11"

    bed.swarm.set_status_address(bed.node_ids[0], "192.168.1.11")
    bed.stays_converged()
    assert bed.plan()["generation"] == 1, "who leads is no reason for a new plan"


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", ""])
def test_i10_a_worker_without_an_address_is_left_out_with_the_remedy(bed: Bed, address: str) -> None:
    bed.swarm.set_status_address(bed.node_ids[2], address)
    operator = bed.start()

    bed.wait_converged()
    assert sorted(bed.priorities()) == ["n1", "n2"]
    line = operator.wait_for("problem", "node n3")
    assert f"docker node update --label-add KEEPALIVED_IP=ADDRESS {bed.node_ids[2]}" in line["what"]

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_IP="192.168.1.13")
    bed.wait_converged()
    assert sorted(bed.priorities()) == ["n1", "n2", "n3"]
    operator.wait_for("problem_over", "node n3")


def test_i11_each_agent_is_told_its_own_address(bed: Bed) -> None:
    """There nothing pinned the source of its packets; here the plan has the address that each member speaks from."""
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_IP="10.1.2.3")
    bed.start()

    bed.wait_converged()
    addresses = {m["id"]: m["address"] for m in bed.plan()["members"]}
    assert addresses == {bed.node_ids[0]: "192.168.1.11", bed.node_ids[1]: "10.1.2.3", bed.node_ids[2]: "192.168.1.13"}


def test_i12_each_node_may_have_an_interface_of_its_own(bed: Bed) -> None:
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_INTERFACE="bond0.100")
    bed.start(KEEPALIVED_INTERFACE="eth0")

    bed.wait_converged()
    interfaces = {m["hostname"]: m.get("interface", "") for m in bed.plan()["members"]}
    assert bed.plan()["interface"] == "eth0"
    assert interfaces == {"n1": "", "n2": "bond0.100", "n3": ""}


@pytest.mark.parametrize("wrong", ["0", "1", "255", "300", "abc", "-5", "1e2", "100.5", "99999999999999999999"])
def test_i13_a_wrong_priority_is_said_and_replaced(bed: Bed, wrong: str) -> None:
    bed.swarm.label(bed.node_ids[0], KEEPALIVED_PRIORITY=wrong)
    operator = bed.start()

    bed.wait_converged()
    line = operator.wait_for("problem", f"'{wrong}'")
    assert line["level"] == "warning"
    assert all(word in line["what"] for word in ("node n1", "KEEPALIVED_PRIORITY", "2 to 254"))
    assert len(set(bed.priorities().values())) == 3


def test_i13_equal_priorities_never_reach_the_wire(bed: Bed) -> None:
    """Equal backups would both claim the address; who is older is preferred, so that who joins takes nothing."""
    bed.start()

    bed.wait_converged()
    priorities = bed.priorities()
    assert priorities["n1"] > priorities["n2"] > priorities["n3"]
    bed.swarm.add_node("late", "192.168.1.99", labels={GROUP_LABEL: "web"})
    bed.wait_converged()
    assert min(bed.priorities(), key=bed.priorities().__getitem__) == "late"


def test_i14_an_idle_hour_is_silent_and_cheap(bed: Bed) -> None:
    """There every label of every node was printed each 10 s, and a client started for each of them."""
    operator = bed.start(speed=QUICK)
    bed.wait_converged()
    bed.stays_converged()
    lines, calls, processor = len(operator.log().splitlines()), bed.engine.total(), operator.processor_seconds()

    time.sleep(3600 / QUICK)

    assert len(operator.log().splitlines()) == lines, operator.log()
    calls = bed.engine.total() - calls
    print(f"in an idle hour: {calls} requests, {operator.processor_seconds() - processor:.2f} s of processor time")
    assert calls <= REQUESTS_PER_LOOK * (LOOKS_PER_HOUR + 2)
    assert bed.engine.written() == 3, "the key, the plan and the service, once"


def test_i14_a_problem_that_lasts_is_said_once(bed: Bed) -> None:
    bed.swarm.label(bed.node_ids[0], KEEPALIVED_PRIORITY="abc")
    bed.swarm.set_state(bed.node_ids[1], "down")
    operator = bed.start()
    bed.wait_converged()
    bed.wait_for_looks(20)

    problems = [line["what"] for line in operator.lines("problem")]
    assert len(problems) == len(set(problems)) == 2, problems


def test_i16_whatever_is_changed_by_hand_is_put_right(bed: Bed) -> None:
    """There only a missing service was ever made again, whatever its README claimed."""
    bed.start()
    bed.wait_converged()
    good = bed.service()["Spec"]

    for damage in ("image", "plan", "secret", "labels"):
        service = bed.service()
        spec = json.loads(json.dumps(service["Spec"]))
        container = spec["TaskTemplate"]["ContainerSpec"]
        if damage == "image":
            container["Image"] = "osixia/keepalived:latest"
        elif damage == "plan":
            container["Configs"] = []
        elif damage == "secret":
            container["Secrets"] = []
        else:
            spec["Labels"].pop("swarm-vip.spec")
        bed.swarm.update_service(service["ID"], service["Version"]["Index"], spec)
        wait_until(lambda: bed.service()["Spec"] == good, 20, lambda: f"what was done to the {damage} is undone\n{bed.logs()}")


def test_i16_peers_are_told_of_each_other_at_once(bed: Bed) -> None:
    """There a node that joined was known to nobody, and took the address."""
    bed.start()
    bed.wait_converged()

    for number in range(4, 8):
        bed.swarm.add_node(f"n{number}", f"192.168.1.{10 + number}", labels={GROUP_LABEL: "web"})
        bed.wait_converged()
        assert len(bed.plan()["members"]) == number
    bed.swarm.remove_node(bed.node_ids[1])
    bed.wait_converged()
    assert "n2" not in bed.priorities()


@pytest.mark.parametrize("image", ["osixia/keepalived:latest", "osixia/keepalived:2.0.20", "arcts/keepalived"])
def test_i17_a_keepalived_image_is_not_run(bed: Bed, image: str) -> None:
    """There a newer osixia image read every value as a comment, and no address was served."""
    operator = bed.start(KEEPALIVED_IMAGE=image, SWARM_VIP_IMAGE=UNSET, SWARM_VIP_LOG_FORMAT="json")

    # It runs outside a container here, so it has no image of its own to run instead.
    assert operator.wait_for_exit() == 2
    assert image in operator.log() and "ignoring" in operator.log() and "SWARM_VIP_IMAGE" in operator.log()
    assert not bed.swarm.services


def test_i17_our_image_is_run_and_no_value_is_a_comment(bed: Bed) -> None:
    bed.start(KEEPALIVED_IMAGE="osixia/keepalived:latest")

    bed.wait_converged()
    container = bed.service()["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert container["Image"] == Group().image
    assert not any("PYTHON2BASH" in entry for entry in container["Env"])
