"""`swarm-vip plan` and `status`: what each node's agent says now, what is wrong with it and what to do, and why one is
silent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bed import Bed
from fake_agent import AgentPages, document, router
from oracle import GROUP_LABEL, Group

ADDRESSES = ("192.168.1.11", "192.168.1.12", "192.168.1.13")
TIME_LIMIT = 2.0  # of all questions together, and of each
STARTING = 15.0   # what a program may take besides on a busy machine; one after the other they would take 40 s


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def deployed(bed: Bed) -> Bed:
    operator = bed.start()
    bed.wait_converged()
    assert operator.stop() == 0
    return bed


def plan(bed: Bed, pages: AgentPages) -> str:
    result = pages.run("plan", host=bed.engine.host)
    assert result.returncode == 0, result
    return result.stdout


def lines_of(text: str, hostname: str) -> list[str]:
    """What `plan` says of a node's agent."""
    found, of_node = [], False
    for line in text.splitlines():
        if line.startswith("      now: "):
            found += [line.removeprefix("      now: ")] if of_node else []
        else:
            of_node = line.split()[:1] == [hostname] and line.startswith("  ")
    return found


def test_plan_says_what_each_agent_reports(deployed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(router("active")))
    pages.serve(ADDRESSES[1], document(router("fault", trouble="no_interface",
                                              reason="'eth9' is not an interface of this host; there are: eth0")))
    pages.serve(ADDRESSES[2], document(router("backup")))

    text = plan(deployed, pages)

    assert f"n1  192.168.1.11  priority {deployed.priorities()['n1']}  (default 100" in text
    since = "on eth0 since 2026-11-21T05:47:55.123Z"
    assert lines_of(text, "n1") == [f"router 51 (ipv4) active {since}"]
    assert lines_of(text, "n3") == [f"router 51 (ipv4) backup {since}"]
    assert lines_of(text, "n2") == [
        f"router 51 (ipv4) fault {since}: 'eth9' is not an interface of this host; there are: eth0; "
        f"docker node update --label-add KEEPALIVED_INTERFACE=NAME {deployed.node_ids[1]}"]
    assert text.endswith("nothing to do\n")


@pytest.mark.parametrize("command", ["plan", "status"])
def test_hosts_that_do_not_answer_cost_one_time_limit_together(empty_bed: Bed, pages: AgentPages, command: str) -> None:
    for number in range(1, 21):
        empty_bed.swarm.add_node(f"n{number}", f"192.168.7.{number}", labels={GROUP_LABEL: "web"})
        pages.keep_silent(f"192.168.7.{number}")
    operator = empty_bed.start()
    empty_bed.wait_converged()
    assert operator.stop() == 0

    begin = time.monotonic()
    result = pages.run(command, host=empty_bed.engine.host)

    assert time.monotonic() - begin < TIME_LIMIT + STARTING
    assert result.stdout.count("does not answer") == 20, result
    assert "TCP port 9112 of 192.168.7.20 must be open to the managers" in result.stdout
    assert result.returncode == (0 if command == "plan" else 1), "a plan needs no agent; a status without any is none"


def test_plan_knows_why_nobody_answers(deployed: Bed, pages: AgentPages) -> None:
    deployed.swarm.set_state(deployed.node_ids[0], "down")
    deployed.swarm.set_availability(deployed.node_ids[1], "drain")
    deployed.swarm.trouble.missing_images.add(Group().image)
    deployed.swarm.set_availability(deployed.node_ids[2], "drain")
    deployed.swarm.settle()
    deployed.swarm.set_availability(deployed.node_ids[2], "active")
    deployed.swarm.settle()

    text = plan(deployed, pages)

    assert lines_of(text, "n1") == ["unknown: the node is down"]
    assert lines_of(text, "n2") == ["unknown: the node is drained; docker node update --availability active "
                                    f"{deployed.node_ids[1]}"]
    assert "the agent does not run: No such image" in lines_of(text, "n3")[0]


def test_plan_before_the_first_deployment(bed: Bed, pages: AgentPages) -> None:
    text = plan(bed, pages)

    for hostname in ("n1", "n2", "n3"):
        assert lines_of(text, hostname) == ["unknown: no agent has run there yet: the group is not deployed"]
    assert "create service swarm-vip-agent-web" in text


def test_a_node_that_the_agents_plan_does_not_list_stands_by(deployed: Bed, pages: AgentPages) -> None:
    """No operator runs: the label alone makes the Swarm start an agent there."""
    late = deployed.swarm.add_node("late", "192.168.1.99", labels={GROUP_LABEL: "web"})
    lost = deployed.swarm.add_node("lost", "0.0.0.0", labels={GROUP_LABEL: "web"})
    deployed.swarm.settle()
    assert {late, lost} <= {task["NodeID"] for task in deployed.swarm.tasks.values()}

    text = plan(deployed, pages)

    assert "late  192.168.1.99  priority" in text
    assert lines_of(text, "late") == ["stands by: its plan does not list this node"]
    assert lines_of(text, "lost") == ["stands by: its plan does not list this node"]
    assert "warning: node lost: left out" in text


def test_an_agent_of_a_node_that_lost_its_label_is_shown_as_long_as_it_answers(deployed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[1], document(router("active")))
    deployed.swarm.label(deployed.node_ids[1], **{GROUP_LABEL: None})

    text = plan(deployed, pages)

    assert "no members\n  n2\n" in text
    assert lines_of(text, "n2")[0].startswith("router 51 (ipv4) active")


def test_garbage_is_no_report(deployed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], "<html>")
    pages.serve(ADDRESSES[1], document(router(group="other")))
    pages.serve(ADDRESSES[2], document(router("act\x1b[31mive")))

    text = plan(deployed, pages)

    assert lines_of(text, "n1") == ["unknown: the answer is not a status document"]
    assert lines_of(text, "n2") == ["unknown: an agent of another group answers"]
    assert "\x1b" not in text


def test_status_has_a_line_for_each_trouble(deployed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(router("active")))
    pages.serve(ADDRESSES[1], document(router("active")))
    pages.serve(ADDRESSES[2], document(router("fault", trouble="link_down", reason="interface eth0 is down")))

    table = pages.run("status", host=deployed.engine.host)
    report = json.loads(pages.run("status", "--json", host=deployed.engine.host).stdout)

    assert table.returncode == 0
    rivals = "take the address from that host; if it is a member, let IP protocol 112 and UDP port 9112 through between the members"
    assert f"error: web: node n1: router 51 (ipv4): node n2 has 192.0.2.100/32, too; {rivals}\n" in table.stdout
    assert f"error: web: node n2: router 51 (ipv4): node n1 has 192.0.2.100/32, too; {rivals}\n" in table.stdout
    assert "error: web: node n3: router 51 (ipv4): interface eth0 is down; " in table.stdout
    texts = [problem["text"] for problem in report["problems"]]
    assert len(texts) == 3 and any("interface eth0 is down" in text for text in texts)
    assert {r["hostname"]: r["trouble"] for r in report["routers"]}["n3"] == "link_down"


def test_status_names_who_stands_by_and_who_is_down(deployed: Bed, pages: AgentPages) -> None:
    pages.serve(ADDRESSES[0], document(router("active")))
    pages.serve(ADDRESSES[1], document(waits="another agent of this host is in charge"))
    deployed.swarm.set_state(deployed.node_ids[2], "down")

    report = json.loads(pages.run("status", "--json", host=deployed.engine.host).stdout)

    nodes = {node["hostname"]: (node["state"], node["reason"]) for node in report["nodes"]}
    assert nodes == {"n2": ("standing by", "another agent of this host is in charge"), "n3": ("unknown", "the node is down")}


def fullest(number: int) -> dict[str, Any]:
    """A router that has much to say: IPv6, many peers, and every change of state a fault in words."""
    words = "another host answers for 2001:db8:1234:5678:9abc:def0:1234:5678 at 02:00:00:00:00:01; " * 2
    change = {"at": "2026-11-21T05:47:55.123Z", "at_ms": 1795239875123, "from": "initialize", "to": "fault", "reason": words,
              "cause": "address_refused", "peer": "2001:db8:1234:5678:9abc:def0:1234:5678", "after_ms": 1_000_000_000}
    return router("fault", vrid=number, reason=words, addresses=[f"2001:db8:1234:5678:9abc:def0:1234:{number:x}/128"] * 20,
                  peers=[f"2001:db8:1234:5678:9abc:def0:1234:{peer:x}" for peer in range(50)],
                  transitions=[change | {"at_ms": change["at_ms"] + i} for i in range(16)],
                  counters={f"a_counter_of_which_there_are_many_{i}": 1 << 40 for i in range(40)})


def test_the_largest_answer_is_read_and_a_larger_one_is_none(deployed: Bed, pages: AgentPages) -> None:
    largest = document(*(fullest(number) for number in range(1, 256)))
    assert 2 << 20 < len(largest) < 4 << 20, "as large as an agent of 255 routers makes it"
    pages.serve(ADDRESSES[0], largest)
    pages.serve(ADDRESSES[1], document(router("active"), waits="x" * (4 << 20)))

    result = pages.run("status", "--json", host=deployed.engine.host)

    assert result.returncode == 0, result.stderr
    status = json.loads(result.stdout)
    assert [one["vrid"] for one in status["routers"]] == list(range(1, 256)), "of n1 all, of n2 none"
    silent = {node["hostname"]: node["reason"] for node in status["nodes"]}
    assert silent["n2"] == "its answer is larger than 4 MiB"
    assert silent["n3"].startswith("does not answer: ")
