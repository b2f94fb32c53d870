"""Each fault of the API alone: the operator survives it, says it once, and makes everything right when it is over."""

from __future__ import annotations

import pytest

from bed import SPEED, Bed
from fake_docker import FAULTS, HUGE_SIZE, Fault, Stream
from netns import wait_until
from operator_process import Operator

# A slow answer is no failure, and a stale one cannot be told from a true one.
UNNOTICED = ("slow", "stale")
EACH = [fault for fault in FAULTS if fault != "huge"]  # that one takes its time, and has a test of its own
READS = ("GET /nodes", "GET /services", "GET /configs", "GET /secrets", "GET /tasks")
WRITES = ("POST /configs/create", "POST /services/{id}/update")


@pytest.fixture
def operator(bed: Bed) -> Operator:
    """One that has deployed its group and has nothing left to do."""
    operator = bed.start()
    bed.wait_converged()
    bed.stays_converged()
    return operator


@pytest.mark.parametrize("fault", EACH)
def test_a_look_that_fails_is_said_once_and_repeated(bed: Bed, operator: Operator, fault: str) -> None:
    for number, kind in enumerate(READS):
        updates = bed.swarm.updates_of.get("swarm-vip-agent-web", 0)
        failures, met = len(operator.lines("failure")), sum(bed.engine.faults.met.values())
        bed.engine.faults.next(kind, fault, times=None)
        bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY=str(200 + number))  # something to do meanwhile
        operator.look()
        if fault not in UNNOTICED:
            operator.wait_for("failure", count=failures + 1)
        wait_until(lambda: sum(bed.engine.faults.met.values()) >= met + 3, 60, "the fault is met again")

        said = operator.lines("failure")[failures:]
        if fault not in UNNOTICED:
            assert len(said) == 1, f"{kind}: said {len(said)} times\n{operator.log()}"
            assert kind.split()[1].strip("/") in said[0]["what"], said
            assert bed.swarm.updates_of.get("swarm-vip-agent-web", 0) == updates, "changed something without seeing everything"

        bed.engine.heal()
        bed.wait_converged()
        if said:
            operator.wait_for("recovered")
    assert operator.is_running()
    bed.stays_converged()


def test_a_service_that_goes_in_the_middle_of_a_look_is_no_failure(bed: Bed, operator: Operator) -> None:
    gone = Fault.refused(404, "service 6i92uxaet2n4at11fhvpo5zem not found")
    bed.engine.faults.next("GET /tasks", gone, times=2)
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="200")
    bed.wait_converged()
    assert not operator.lines("failure"), operator.log()

    bed.engine.faults.next("GET /tasks", gone, times=None)
    operator.look()
    operator.wait_for("failure", "not found")
    bed.engine.heal()
    operator.wait_for("recovered")


@pytest.mark.parametrize("fault", EACH)
def test_a_change_that_fails_is_made_in_the_end_and_only_once(bed: Bed, operator: Operator, fault: str) -> None:
    for number, kind in enumerate(WRITES):
        bed.engine.faults.next(kind, fault, times=2)
        bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY=str(200 + number))
        bed.wait_converged()
        assert bed.plan()["generation"] == 2 + number, "a plan was numbered twice"
    assert operator.is_running()
    bed.engine.heal()
    bed.stays_converged()
    assert bed.swarm.blunders == []


@pytest.mark.parametrize("fault", EACH)
def test_a_first_deployment_through_a_fault(bed: Bed, fault: str) -> None:
    for kind in ("GET /version", "GET /info", "POST /secrets/create", "POST /configs/create", "POST /services/create"):
        bed.engine.faults.next(kind, fault)

    operator = bed.start()

    bed.wait_converged()
    bed.wait_for_looks(2)
    assert operator.is_running()
    assert bed.plan()["generation"] == 1
    keys = [s for s in bed.swarm.secrets.values() if s["Spec"]["Labels"].get("swarm-vip.role") == "key"]
    assert len(keys) <= 2, "secrets pile up"


@pytest.mark.parametrize("fault", EACH)
def test_garbage_that_cannot_be_collected_waits(bed: Bed, operator: Operator, fault: str) -> None:
    bed.engine.faults.next("DELETE *", fault, times=3)

    for priority in ("201", "202", "203"):
        bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY=priority)
        wait_until(lambda: bed.priorities()["n2"] == int(priority), 20, f"priority {priority} is deployed")

    bed.wait_converged()
    assert operator.is_running()


def test_a_huge_answer_costs_no_huge_memory(bed: Bed, operator: Operator) -> None:
    bed.engine.faults.next("GET /nodes", "huge", times=2)

    operator.look()

    line = operator.wait_for("failure", "too large", timeout=30)
    assert "/nodes" in line["what"]
    operator.wait_for("recovered", timeout=30)
    assert len(operator.lines("failure")) == 1
    assert operator.memory_kib() * 1024 < 2 * HUGE_SIZE, "it held more than it may read"


def test_an_answer_that_never_comes_is_given_up(bed: Bed, operator: Operator) -> None:
    """After 30 s."""
    assert operator.stop() == 0
    operator = bed.start(FAST_CLOCK_REQUESTS="yes")
    bed.wait_for_looks(1)
    bed.engine.faults.next("GET /services", Fault.late(60 / SPEED))

    operator.look()

    operator.wait_for("failure", "GET /services")
    operator.wait_for("recovered")


def test_a_stop_does_not_wait_for_an_answer(bed: Bed, operator: Operator) -> None:
    bed.engine.faults.next("GET /services", Fault.late(5))
    operator.look()
    wait_until(lambda: bed.engine.faults.met["LATE"], 5, "an answer is awaited")

    assert operator.stop() == 0


@pytest.mark.parametrize("versions", [("1.12", "1.40"), ("1.12", "1.24")])
def test_an_engine_too_old_is_refused_in_words(bed: Bed, versions: tuple[str, str]) -> None:
    bed.engine.api_min, bed.engine.api_max = versions

    operator = bed.start()

    assert operator.wait_for_exit() == 2
    assert versions[1] in operator.log() and "1.41" in operator.log() and "20.10" in operator.log()


@pytest.mark.parametrize("versions", [("1.12", "1.41"), ("1.24", "1.47"), ("1.44", "1.52"), ("1.40", "1.55"), ("1.60", "1.70")])
def test_engines_of_all_ages_are_spoken_to_in_their_own_version(bed: Bed, versions: tuple[str, str]) -> None:
    """29.0 to 29.2 refuse whoever is older than 1.44."""
    bed.engine.api_min, bed.engine.api_max = versions

    bed.start()

    bed.wait_converged()


@pytest.mark.parametrize("versions", [("1.44", "1.52"), ("1.12", "1.41")])
def test_an_engine_replaced_by_another_version_is_spoken_to_anew(bed: Bed, versions: tuple[str, str]) -> None:
    bed.engine.api_min, bed.engine.api_max = ("1.24", "1.43")
    operator = bed.start()
    bed.wait_converged()

    bed.engine.api_min, bed.engine.api_max = versions
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="200")

    bed.wait_converged()
    failures = operator.lines("failure")
    assert len(failures) <= 1, failures
    assert all("client version" in failure["what"] for failure in failures)


def test_a_demoted_manager_is_said_and_waited_for(bed: Bed, operator: Operator) -> None:
    bed.engine.is_manager = False
    bed.engine.set_stream(Stream.SILENT)
    operator.look()
    line = operator.wait_for("failure", "not a swarm manager")
    assert "503" in line["what"]

    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="200")
    bed.engine.is_manager = True
    bed.engine.heal()

    bed.wait_converged()
    assert len(operator.lines("failure")) <= 2, "the first look that fails may have begun before"


@pytest.mark.parametrize("stream", list(Stream))
def test_events_that_lie_cost_time_only(bed: Bed, operator: Operator, stream: Stream) -> None:
    """The regular look finds what no event told."""
    bed.engine.set_stream(stream)

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")

    bed.wait_converged()
    assert operator.is_running()


def test_events_told_again_change_nothing(bed: Bed, operator: Operator) -> None:
    written, looks = bed.written(), bed.looks()

    for _ in range(3):
        bed.engine.replay_events()
        wait_until(lambda: bed.looks() > looks, 10, "it looks")

    bed.stays_converged()
    assert bed.written() == written


def test_a_stream_that_is_refused_is_not_asked_for_all_the_time(bed: Bed, operator: Operator) -> None:
    bed.engine.set_stream(Stream.REFUSED)
    before = bed.engine.calls["GET /events"]

    bed.wait_for_looks(1)
    wait_until(lambda: bed.engine.calls["GET /events"] >= before + 6, 20, "the stream is opened again and again")

    # 1, 2, 4, 8 and 15 seconds of its own between the tries.
    assert bed.looks() < 40, "each try is followed by a look, not by many"


def test_an_update_that_fails_is_held_back_and_said_once(bed: Bed, operator: Operator) -> None:
    bed.swarm.trouble.is_every_update_bad = True
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    operator.wait_for("update_held", "gave up", timeout=20)
    updates = bed.swarm.updates_of["swarm-vip-agent-web"]

    bed.wait_for_looks(5)
    assert bed.swarm.updates_of["swarm-vip-agent-web"] - updates <= 2, "the same bad update in a hot loop"
    assert bed.priorities()["n3"] != 200, "rolled back"

    bed.swarm.trouble.is_every_update_bad = False
    bed.wait_converged()
    assert bed.priorities()["n3"] == 200


def test_a_better_plan_does_not_wait_for_the_one_that_failed(bed: Bed, operator: Operator) -> None:
    bed.swarm.trouble.is_every_update_bad = True
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    held = operator.wait_for("update_held", "gave up", timeout=20)
    assert held["again_in"] == "30s"
    bed.swarm.trouble.is_every_update_bad = False

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="201")
    wait_until(lambda: bed.priorities()["n3"] == 201, 15 / SPEED + 5, "the new plan is deployed")
    bed.wait_converged()


def test_a_paused_update_is_taken_up_again(bed: Bed, operator: Operator) -> None:
    bed.swarm.pause_update(bed.service()["ID"])

    line = operator.wait_for("problem", "is paused", timeout=20)
    assert line["level"] == "error"
    bed.wait_converged()
    operator.wait_for("problem_over", "is paused", timeout=20)


def test_a_paused_update_of_another_operator_is_taken_up_again(bed: Bed, operator: Operator) -> None:
    """Found by walk.py --seed 7: who had last sent something else waited for ever."""
    operator.freeze()
    other = bed.start(engine=bed.add_engine())
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    bed.wait_converged()
    assert other.stop() == 0
    bed.swarm.pause_update(bed.service()["ID"])

    operator.thaw()

    operator.wait_for("update_held", "gave up", timeout=20)
    bed.wait_converged()


def test_a_service_deleted_is_put_back_after_a_while(bed: Bed, operator: Operator) -> None:
    plan = bed.plan()
    bed.swarm.remove_service("swarm-vip-agent-web")

    operator.wait_for("service_gone")
    bed.wait_converged()
    assert bed.plan() == plan, "the same plan under the same number"
