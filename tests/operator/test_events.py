"""What the operator tells a receiver (SWARM_VIP_WEBHOOK), whatever the receiver does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bed import Bed
from cast import SILENT, Cast
from fake_agent import AgentPages, router
from netns import wait_until
from operator_process import Operator
from receiver import Receiver

N1, N2, N3 = "192.168.1.11", "192.168.1.12", "192.168.1.13"
SECRET = "s3cret-in-the-url"
EVENTS_MAX = 100


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def agents(pages: AgentPages) -> Cast:
    return Cast(pages, N1, N2, N3)


@pytest.fixture
def receiver(pages: AgentPages) -> Iterator[Receiver]:
    with Receiver(pages.namespace) as receiver:
        yield receiver


def start(bed: Bed, pages: AgentPages, receiver: Receiver, **settings: str) -> Operator:
    operator = bed.start(wrapper=("nsenter", f"--net={pages.namespace.path}"),
                         **({"SWARM_VIP_WEBHOOK": f"{receiver.url}?{SECRET}"} | settings))
    bed.wait_converged()
    return operator


def told(receiver: Receiver) -> list[str]:
    return [f"{event['event']}: {event['text']}" for event in receiver.events]


def of(kind: str, words: str = "") -> Any:
    return lambda event: event["event"] == kind and words in event["text"]


def test_who_has_the_address_and_who_had_it(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    agents.hold(N1)
    operator = start(bed, pages, receiver, SWARM_VIP_WEBHOOK_TOKEN_FILE=str(tmp_path / "token"))

    receiver.wait_for(of("holder", "192.0.2.100 (group web) is on n1"), "the first holder")
    agents.hold(N2)
    moved = receiver.wait_for(of("holder", "before on n1"), "the next one")

    assert moved == {"event": "holder", "group": "web", "time": moved["time"], "addresses": ["192.0.2.100"], "node": "n2",
                     "text": "swarm-vip: 192.0.2.100 (group web) is on n2, before on n1", "node_id": bed.node_ids[1],
                     "nodes": ["n2"], "previous_node": "n1"}
    assert receiver.posts[-1].headers["Content-Type"] == "application/json"
    assert receiver.posts[-1].headers["Authorization"] == "Bearer t0ken"
    assert receiver.posts[-1].path == f"/hook?{SECRET}"
    operator.wait_for("holder", "192.0.2.100 (group web) is on n2, before on n1")
    assert SECRET not in operator.log() and "t0ken" not in operator.log()


def test_a_lost_answer_is_no_event(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    agents.hold(N1)
    start(bed, pages, receiver)
    receiver.wait_for(of("holder"), "the first holder")

    agents.roles[N1] = SILENT
    agents.wait_until_asked(5)
    agents.hold(N1)
    agents.wait_until_asked(5)
    agents.hold(N2)
    receiver.wait_for(of("holder", "is on n2"), "a real change")

    assert told(receiver) == ["holder: swarm-vip: 192.0.2.100 (group web) is on n1",
                              "holder: swarm-vip: 192.0.2.100 (group web) is on n2, before on n1"]


def test_nobody_two_and_one_again(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    receiver.wait_for(of("holder"), "the first holder")

    agents.hold()
    receiver.wait_for(of("no_holder", "on no node, before on n1"), "nobody")
    agents.hold(N2, N3)
    both = receiver.wait_for(of("several_holders", "is on n2 and n3"), "two")
    agents.hold(N1)
    receiver.wait_for(of("holder", "is on n1 again"), "one")

    assert (both["node"], both["nodes"]) == ("", ["n2", "n3"])
    assert len(receiver.events) == 4, told(receiver)
    assert operator.wait_for("no_holder")["level"] == operator.wait_for("several_holders")["level"] == "error"


def test_problems_of_the_swarm_and_of_agents(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    agents.hold(N1)
    start(bed, pages, receiver)
    receiver.wait_for(of("holder"), "the first holder")

    agents.roles[N3] = [router("fault", trouble="link_down", reason="interface eth0 is down")]
    broken = receiver.wait_for(of("problem", "node n3: router 51 (ipv4): interface eth0 is down; "), "an agent's trouble")
    agents.roles[N3] = SILENT
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY="x")
    receiver.wait_for(of("problem", "label KEEPALIVED_PRIORITY: 'x' is not allowed"), "the operator's own")
    agents.hold(N1)
    bed.swarm.label(bed.node_ids[1], KEEPALIVED_PRIORITY=None)
    receiver.wait_for(of("problem_over", "interface eth0 is down; "), "it is over")
    receiver.wait_for(of("problem_over", "'x' is not allowed"), "that, too")

    assert broken["problem"].startswith("node n3: router 51") and "node" not in broken
    assert len(receiver.events) == 5, "a silent agent ends no problem"


def test_an_update_that_is_taken_back_is_a_problem(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    receiver.wait_for(of("holder"), "the first holder")

    bed.swarm.trouble.missing_images.add("example.org/broken:1")
    operator.stop()
    start_again = bed.start(wrapper=("nsenter", f"--net={pages.namespace.path}"), SWARM_VIP_WEBHOOK=receiver.url,
                            SWARM_VIP_IMAGE="example.org/broken:1")

    def seen() -> bool:
        bed.swarm.tick()
        return any(of("problem", "was rolled back")(event) for event in receiver.events)

    wait_until(seen, 60, lambda: f"the receiver hears of it\n{told(receiver)}\n{start_again.log()}")


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_a_trouble_that_passes_costs_nothing(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver, status: int) -> None:
    receiver.status = status
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    wait_until(lambda: len(receiver.posts) >= 3, 20, "it tries again and again")
    agents.hold(N2)
    operator.wait_for("holder", "is on n2")

    receiver.status = 200
    receiver.wait_for(of("holder", "is on n2"), "the last event")

    assert [event["node"] for event in receiver.events] == ["n1", "n2"], "in order, nothing lost"
    line = operator.wait_for("webhook_failed", f"HTTP {status}")
    assert line["host"] == "127.0.0.1"
    operator.wait_for("webhook_recovered")
    assert len(operator.lines("webhook_failed")) == 1, "said once"


@pytest.mark.parametrize("status", [404, 307])
def test_what_is_refused_is_final(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers = {"Location": "/elsewhere"}
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    operator.wait_for("webhook_failed", f"HTTP {status}")
    receiver.status = 200
    agents.hold(N2)

    event = receiver.wait_for(of("holder", "is on n2"), "the next event")

    assert event["lost"] == 1 and len(receiver.posts) == 2, "once, and nowhere else"


def test_a_receiver_that_is_not_there_yet(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    receiver.stop()
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    operator.wait_for("webhook_failed", "connect to server")
    receiver.start()
    receiver.wait_for(of("holder", "is on n1"), "it was kept")
    receiver.stop()
    agents.hold(N2)
    operator.wait_for("webhook_failed", count=2)
    receiver.start()
    receiver.wait_for(of("holder", "is on n2"), "and again")
    assert len(receiver.events) == 2


def test_a_receiver_that_hangs_delays_nobody(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    receiver.hang()
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    operator.wait_for("webhook_failed", "Timeout", timeout=30)

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    bed.wait_converged()
    agents.hold(N2)
    operator.wait_for("holder", "is on n2")
    agents.wait_until_asked(3)

    assert operator.stop() == 0, "a second at most for what is left"
    assert "the operator ends before the receiver took them" in str(operator.lines("webhook_failed")[-1])


def test_of_too_many_events_the_oldest_are_lost_and_counted(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    receiver.status = 503
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    operator.wait_for("webhook_failed", "HTTP 503")

    agents.roles[N3] = [router("fault", vrid=vrid, reason=f"trouble {vrid}", trouble="link_down") for vrid in range(1, 151)]
    agents.wait_until_asked(4)
    receiver.status = 200
    wait_until(lambda: len(receiver.events) >= EVENTS_MAX, 60, lambda: f"all that was kept comes\n{len(receiver.events)}")
    agents.wait_until_asked(2)

    lost = sum(event.get("lost", 0) for event in receiver.events)
    assert len(receiver.events) + lost == 151 and lost >= 50, "each is there or counted"
    assert sum(int(line["lost"]) for line in operator.lines() if line["event"].startswith("webhook_")) == lost


def test_what_is_left_is_told_before_the_end(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver) -> None:
    receiver.hang()
    agents.hold(N1)
    operator = start(bed, pages, receiver)
    operator.wait_for("holder", "is on n1")
    agents.hold(N2)
    operator.wait_for("holder", "is on n2")
    receiver.go_on()

    assert operator.stop() == 0
    assert {event["node"] for event in receiver.events} == {"n1", "n2"}


def test_another_receiver_counts_from_the_next_look_on(bed: Bed, pages: AgentPages, agents: Cast, receiver: Receiver,
                                                       tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("http://127.0.0.1:9/nobody\n")
    agents.hold(N1)
    operator = start(bed, pages, receiver, SWARM_VIP_WEBHOOK="", SWARM_VIP_WEBHOOK_FILE=str(target))
    operator.wait_for("webhook_failed", "connect to server")

    target.write_text(receiver.url)
    operator.look()

    receiver.wait_for(of("holder", "is on n1"), "what waits goes to the new one")


def test_nobody_is_asked_without_a_reason(bed: Bed, pages: AgentPages, agents: Cast) -> None:
    bed.start(wrapper=("nsenter", f"--net={pages.namespace.path}"))
    bed.wait_converged()
    bed.wait_for_looks(3)
    assert agents.asked == 0


def test_a_wrong_url_ends_the_operator_and_is_not_shown(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_WEBHOOK=f"htp://example.org/{SECRET}")
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_WEBHOOK: its value, which is not shown, is not allowed; http://HOST/..." in operator.log()
    assert SECRET not in operator.log()
