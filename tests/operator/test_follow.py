"""A group that follows a service: the real operator, before a Swarm in which tasks of that service come and go.

What counts is how often the group is rolled, so each test counts the updates of the agents' service.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bed import Bed
from fake_agent import AgentPages
from fake_docker import Request
from netns import wait_until
from operator_process import Operator
from oracle import Group

SPEED = 10.0  # the eight seconds that a task may be missing take 0.8 s
TIMEOUT = 60.0
ALL_EQUAL = {"n1": 108, "n2": 100, "n3": 92}
WITHOUT_N1 = {"n1": 2, "n2": 100, "n3": 92}
NOTE = ("node n1 has no healthy task of service shop, so it has the addresses only when nobody else can; "
        "why: docker service ps shop")


class Shop:
    """A bed with a global service `shop`, and operators of a group that follows it."""

    def __init__(self, bed: Bed, service: str = "shop"):
        self.bed = bed
        bed.swarm.create_service({"Name": service, "Labels": {}, "Mode": {"Global": {}},
                                  "TaskTemplate": {"ContainerSpec": {"Image": "shop:1"},
                                                   "Placement": {"Constraints": ["node.labels.shop!=closed"]}}})

    def start(self, **settings: str) -> Operator:
        """Everything is found by the operator's own looks at tasks, not by a regular look."""
        is_first = self.bed.swarm.service_named(Group().service) is None
        operator = self.bed.start(SWARM_VIP_FOLLOW="shop", **{"SWARM_VIP_RESYNC": "60m"} | settings)
        if is_first:
            self.bed.wait_converged()
        return operator

    def close(self, *numbers: int) -> None:
        self._set(False, *numbers)

    def open(self, *numbers: int) -> None:
        self._set(True, *numbers)

    def _set(self, is_healthy: bool, *numbers: int) -> None:
        with self.bed.swarm.lock:  # at one moment
            for number in numbers:
                self.bed.swarm.set_health("shop", self.bed.node_ids[number - 1], is_healthy)

    def wait(self, priorities: dict[str, int]) -> None:
        def seen() -> dict[str, int]:
            self.bed.swarm.tick()
            return self.bed.priorities()

        wait_until(lambda: seen() == priorities, TIMEOUT,
                   lambda: f"priorities {priorities}, not {seen()}\n{self.bed.logs()}")

    def wait_for_polls(self, count: int) -> None:
        """Each of them at least two of the operator's seconds after the one before."""
        target = self.polls() + count
        wait_until(lambda: self.polls() >= target, TIMEOUT, lambda: f"{count} looks at tasks\n{self.bed.logs()}", 0.002)

    def polls(self) -> int:
        return self.bed.engine.calls["GET /tasks"]

    def rolls(self) -> int:
        return self.bed.swarm.updates_of.get(Group().service, 0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Bed(tmp_path, speed=SPEED) as bed:
        yield Shop(bed)


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


def test_a_node_without_a_healthy_task_comes_last_until_it_has_one_again(shop: Shop) -> None:
    operator = shop.start()

    shop.close(1)
    shop.wait(WITHOUT_N1)
    assert [m.get("unserved", False) for m in sorted(shop.bed.plan()["members"], key=lambda m: str(m["hostname"]))] == [
        True, False, False]
    assert operator.wait_for("change", "level of n1 usual -> no healthy task of shop")
    assert operator.wait_for("problem", NOTE)["level"] == "info"
    assert shop.rolls() == 1

    shop.open(1)
    shop.wait(ALL_EQUAL)
    assert operator.wait_for("change", "level of n1 no healthy task of shop -> usual")
    assert operator.wait_for("problem_over", NOTE)
    assert shop.rolls() == 2


def test_a_service_that_flaps_rolls_nothing(shop: Shop) -> None:
    """Each time the operator sees it sick once, and then well for more than eight seconds."""
    seen = {"count": 0, "sick": 0}

    def flap(request: Request) -> None:
        if request.kind != "GET /tasks":
            return
        seen["count"] += 1
        is_sick = seen["count"] % 8 == 0
        seen["sick"] += is_sick
        (shop.close if is_sick else shop.open)(1)

    shop.start()
    shop.bed.engine.witness = flap
    wait_until(lambda: seen["sick"] >= 6, TIMEOUT, lambda: f"it flaps: {seen}\n{shop.bed.logs()}")

    assert shop.rolls() == 0
    assert shop.bed.priorities() == ALL_EQUAL


def test_whoever_is_put_back_stays_so_while_it_flaps(shop: Shop) -> None:
    shop.start()
    shop.close(1)
    shop.wait(WITHOUT_N1)
    count = iter(range(1_000_000))

    def flap(request: Request) -> None:
        if request.kind == "GET /tasks":
            (shop.open if next(count) % 5 else shop.close)(1)

    shop.bed.engine.witness = flap
    shop.wait_for_polls(40)

    assert shop.rolls() == 1
    assert shop.bed.priorities() == WITHOUT_N1


def test_without_any_task_the_addresses_stay_where_they_are(shop: Shop) -> None:
    operator = shop.start()
    shop.close(1)
    shop.wait(WITHOUT_N1)

    for node in shop.bed.node_ids:  # the service is scaled to none
        shop.bed.swarm.label(node, shop="closed")
    operator.wait_for("problem", "the group follows service shop, of which no member has a healthy task, so it goes on")
    shop.wait_for_polls(10)
    shop.bed.swarm.remove_service("shop")
    line = operator.wait_for("problem", "the group follows service shop, which does not exist, so it goes on as it is")
    assert line["level"] == "warning"
    shop.bed.wait_for_looks(3)

    assert shop.rolls() == 1
    assert shop.bed.priorities() == WITHOUT_N1


def test_a_service_that_comes_later_is_followed_from_then_on(tmp_path: Path) -> None:
    with Bed(tmp_path, speed=SPEED) as bed:
        operator = bed.start(SWARM_VIP_FOLLOW="shop", SWARM_VIP_RESYNC="60m")
        bed.wait_converged()
        operator.wait_for("problem", "the group follows service shop, which does not exist")
        polls = bed.engine.calls["GET /tasks"]
        bed.wait_for_looks(3)
        assert bed.engine.calls["GET /tasks"] - polls <= 4, "nothing to look at between"

        shop = Shop(bed)
        operator.wait_for("problem_over", "which does not exist")
        shop.close(1)
        shop.wait(WITHOUT_N1)
        assert shop.rolls() == 1


def test_the_full_name_is_suggested(tmp_path: Path) -> None:
    with Bed(tmp_path, speed=SPEED) as bed:
        Shop(bed, "stack_shop")
        operator = bed.start(SWARM_VIP_FOLLOW="shop")
        assert "is it stack_shop?" in operator.wait_for("problem", "which does not exist")["what"]


def test_an_operator_that_starts_anew_forgets_nothing(shop: Shop) -> None:
    first = shop.start()
    shop.close(1)
    shop.wait(WITHOUT_N1)
    shop.open(1)
    shop.wait_for_polls(2)
    assert first.stop() == 0

    for _ in range(3):
        shop.start()
        shop.wait_for_polls(3)
        assert shop.bed.operators[-1].stop() == 0
    assert shop.rolls() == 1
    assert shop.bed.priorities() == WITHOUT_N1

    shop.start()
    shop.wait(ALL_EQUAL)
    assert shop.rolls() == 2


@pytest.mark.parametrize("how", ["down", "drain"])
def test_a_node_that_is_away_changes_nothing(shop: Shop, how: str) -> None:
    shop.start()
    if how == "down":
        shop.bed.swarm.set_state(shop.bed.node_ids[0], "down")
    else:
        shop.bed.swarm.set_availability(shop.bed.node_ids[0], "drain")
    shop.wait_for_polls(15)
    assert shop.rolls() == 0
    assert shop.bed.priorities() == ALL_EQUAL


def test_an_operator_that_cannot_look_changes_nothing(shop: Shop) -> None:
    shop.start()
    shop.bed.engine.faults.next("GET /tasks", "internal", None)
    shop.close(1)
    shop.wait_for_polls(5)
    shop.bed.look()
    shop.bed.operators[0].wait_for("failure", "/tasks")
    assert shop.rolls() == 0

    shop.bed.engine.heal()
    shop.wait(WITHOUT_N1)
    assert shop.rolls() == 1


def test_what_a_person_says_goes_first(shop: Shop) -> None:
    shop.start()
    shop.close(1)
    shop.wait(WITHOUT_N1)

    shop.bed.swarm.label(shop.bed.node_ids[1], **{"swarm-vip__drain": "true"})
    shop.wait({"n1": 3, "n2": 2, "n3": 92})
    shop.bed.swarm.label(shop.bed.node_ids[0], **{"swarm-vip__prefer": "web"})
    shop.wait({"n1": 254, "n2": 2, "n3": 92})
    shop.bed.swarm.label(shop.bed.node_ids[0], **{"swarm-vip__prefer": None})
    shop.wait({"n1": 3, "n2": 2, "n3": 92})
    shop.bed.swarm.label(shop.bed.node_ids[1], **{"swarm-vip__drain": None})
    shop.wait(WITHOUT_N1)


def test_only_who_follows_asks_for_tasks_between_looks(shop: Shop) -> None:
    bed = shop.bed
    bed.start(SWARM_VIP_RESYNC="60m")
    bed.wait_converged()
    bed.stays_converged()
    assert bed.engine.calls["GET /tasks"] <= bed.looks() + 1
    bed.operators[0].stop()

    shop.start()
    bed.stays_converged()
    before = dict(bed.engine.calls)
    shop.wait_for_polls(5)
    others = {kind: count - before[kind] for kind, count in bed.engine.calls.items() if count != before.get(kind, 0)}
    assert others.keys() == {"GET /tasks"}, others


def test_commands_say_why(shop: Shop, pages: AgentPages) -> None:
    shop.start()
    shop.close(1)
    shop.wait(WITHOUT_N1)
    host = shop.bed.engine.host

    plan = pages.run("plan", host=host, SWARM_VIP_FOLLOW="shop").stdout
    assert "follows service shop\n" in plan
    assert "n1  192.168.1.11  priority 2  (default 100; no healthy task of service shop: only when nobody else can)" in plan
    assert f"note: {NOTE}\n" in plan
    assert "nothing to do\n" in plan, "it takes for granted what the operator has decided"
    assert f"note: web: {NOTE}\n" in pages.run("status", host=host, SWARM_VIP_FOLLOW="shop").stdout
    without_settings = {"KEEPALIVED_GROUP": "", "KEEPALIVED_VIRTUAL_IPS": ""}
    status = pages.run("status", host=host, **without_settings).stdout
    assert f"note: web: {NOTE}\n" in status and "of which no member" not in status
    assert "n1: service shop has no healthy task there, so it has the addresses only when nobody else can." in pages.run(
        "explain", "web", "n1", host=host, **without_settings).stdout
    doctor = pages.run("doctor", host=host, **without_settings).stdout
    assert "no healthy task of service shop" in doctor and "docker service ps shop" in doctor


def test_a_name_that_cannot_be_one_ends_it(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_FOLLOW="shop:latest")
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_FOLLOW: 'shop:latest' is not allowed; the name or the id of a service" in operator.log()
