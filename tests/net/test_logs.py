"""Logs as people read them: every move is explained in one line, nothing is said when nothing happens, no packet is a line,
and the table of README.md knows every event."""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path

from agent import Agent, Plan
from cluster import Cluster
from forge import Advert, Forger
from log_story import LEVELS, Line, Story
from operator_process import fast_clock

ROOT = Path(__file__).resolve().parents[2]
HOUR_IN_A_MINUTE = 60
QUIET = 60.0
SLOW_MS = 40_000  # of the group whose time runs faster: two seconds of ours from the last advertisement to a takeover
CAUSES = {"started", "stopped", "owner", "silence", "active_left", "preemption", "higher_priority", "higher_address",
          "link_down", "link_up", "address_refused", "address_taken", "retry", "stalled", "group", "one_way", "no_preemption",
          "newer_plan", "check_failed", "check_passed"}


def test_a_bad_day(cluster: Cluster) -> None:
    story = Story(cluster, pause=1.0)
    story.tell()
    each_move_is_explained(story)
    strangers_are_counted_not_listed(story)
    who_takes_over_is_no_stranger(story)
    every_line_is_a_line(story)
    it_is_short(story)


def moves(lines: list[Line], host: str) -> list[tuple[str, str, str]]:
    return [(line.fields["from"], line.fields["to"], line.fields["cause"])
            for line in lines if line.event == "state" and line.host == host]


def each_move_is_explained(story: Story) -> None:
    """Who moved, and why, chapter by chapter."""
    killed = story.chapter("is killed")
    assert moves(killed, "n2")[0] == ("backup", "active", "silence")
    assert ("active", "backup", "higher_priority") in moves(killed, "n2")
    assert moves(killed, "n1") == [("initialize", "backup", "started"), ("backup", "active", "preemption")]

    stopped = story.chapter("is stopped")
    assert ("active", "initialize", "stopped") in moves(stopped, "n1")
    assert moves(stopped, "n2")[0] == ("backup", "active", "active_left")
    assert [line.fields["why"] for line in stopped if line.event == "handed_over"] == ["announced", "announced"]

    crashed = story.chapter("crashes")
    assert [line.event for line in crashed] == ["start", "resumed", "charge"]
    assert crashed[1].has(level="warning", cause="SIGSEGV", was_active="1", is_active="1")

    drained = story.chapter("drains")
    assert moves(drained, "n2") and moves(drained, "n2")[-1][:2] == ("backup", "active")
    assert moves(drained, "n1") == [("active", "backup", "higher_priority")]
    assert len([line for line in drained if line.event == "took_over"]) == 3

    flap = story.chapter("cable")
    assert moves(flap, "n1") == [("active", "fault", "link_down"), ("fault", "backup", "link_up"),
                                 ("backup", "active", "preemption")]
    fault = next(line for line in flap if line.has(event="state", to="fault"))
    assert fault.fields["reason"] == "interface eth0 is down"

    [put_back] = story.chapter("deletes")
    assert put_back.event == "address_put_back" and "netlink port" in put_back.fields["removed_by"]


def strangers_are_counted_not_listed(story: Story) -> None:
    """The first at once, the others together ten seconds later; that the version is another one too is not looked at."""
    lines = story.chapter("another key") + story.chapter("version 2")
    for line in lines:
        assert line.has(event="advert_discarded", level="warning", reason="authentication"), line
        assert line.fields["from"] == "192.0.2.13" and "key" in line.fields["why"]
    first, rest = lines
    assert first.fields["count"] == "1" and 10 <= int(rest.fields["count"]) <= 20, lines
    assert 9 < rest.time - first.time < 13


def who_takes_over_is_no_stranger(story: Story) -> None:
    """A successor announces the address before it speaks; nothing is wrong with that."""
    assert not [line for line in story.lines() if line.event == "foreign_owner"]


def every_line_is_a_line(story: Story) -> None:
    """key=value, a known level, nothing of packets; and the states of each agent are one chain."""
    lines = story.lines()
    assert lines
    for line in lines:
        assert LEVELS.index(line.fields["level"]) >= LEVELS.index("info"), line
        assert "" not in line.fields.values(), f"an empty value says nothing: {line}"
        assert not [key for key in line.fields if re.search(r"after|took|seconds|time", key) and not key.endswith(("_s", "_ms"))]
    assert story.secret not in "".join(program.log() for program in story.cluster.lan.programs())
    for program in {line.program for line in lines}:
        states = [line for line in lines if line.program == program and line.event == "state"]
        for line in states:
            assert line.fields["cause"] in CAUSES and float(line.fields["after_s"]) >= 0, line
            assert line.fields["from"] != line.fields["to"], line
            took_over = line.has(to="active", cause="silence") and line.fields["peer"] != "-"
            assert (line.fields["silence_s"] != "-") == took_over, line
            assert not took_over or 0.5 < float(line.fields["silence_s"]) < 3, line
            if line.fields["to"] == "fault":
                assert line.fields["reason"] != "-", line
        assert all(a.fields["to"] == b.fields["from"] for a, b in zip(states, states[1:])), states


def it_is_short(story: Story) -> None:
    """All that happened to three nodes fits on two screens, and between the chapters there is nothing."""
    lines = story.lines()
    said = [line for chapter in story.chapters for line in lines if chapter.end + 0.3 < line.time < chapter.end + story.pause - 0.1]
    assert not said, said
    assert len(lines) <= 100, len(lines)
    assert len(story.chapter("the group starts")) <= 3 * 6


def test_the_log_has_each_transition_once(cluster: Cluster) -> None:
    agents = cluster.start_all()
    cluster.n1.cut_link()
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.n1.heal_link()
    cluster.owners.wait_for_owner(cluster.n1)
    agents["n2"].wait_for_state("backup")
    for agent in agents.values():
        assert agent.log().count("event=state ") == agent.router()["counters"]["transitions"]


def test_another_version_is_called_so(cluster: Cluster) -> None:
    """Without a key it is the version that is wrong."""
    cluster.start_all()
    with Forger(cluster.n2) as forger:
        for _ in range(5):
            forger.advert(cluster.n1, cluster.n2.address, cluster.n1.address, Advert(version=2, interval=1))
    line = cluster.agents["n1"].program.wait_for_log("event=advert_discarded.*").group()
    assert 'reason=version from=192.0.2.12 why="it speaks another version of VRRP" count=1' in line


def test_a_quiet_hour_is_silent(cluster: Cluster) -> None:
    """An hour of one group, whose programs' time runs faster, beside a minute of another one: not a line."""
    key = cluster.lan.log_dir / "key"
    key.write_text(f"1:{secrets.token_hex(32)}\n")
    hosts = (cluster.n1, cluster.n2, cluster.n3)
    auth = {"mode": "hmac", "file": str(key)}
    faster = ("env", f"LD_PRELOAD={fast_clock()}", f"FAST_CLOCK={HOUR_IN_A_MINUTE}", "FAST_CLOCK_REQUESTS=1")
    plans = [
        (Plan({host: 200 - i for i, host in enumerate(hosts)}, interval_ms=SLOW_MS, addresses=["192.0.2.101/32"], vrid=52,
              changes={"auth": auth, "group": "slow", "status_port": 9113}), faster),
        (Plan({host: 200 - i for i, host in enumerate(hosts)}, changes={"auth": auth}), ()),
    ]
    agents = [Agent.from_plan(host, plan, wrapper=wrapper) for plan, wrapper in plans for host in hosts]
    for agent in agents:
        agent.program.wait_for_log("to=backup", timeout=30)
    for leader in (agents[0], agents[3]):
        leader.program.wait_for_log("to=active", timeout=60)
    time.sleep(2.0)  # what belongs to the start is said
    before = [agent.log() for agent in agents]
    sent = adverts_sent(agents[0], 9113)

    cluster.owners.stays(["n1"], QUIET)

    assert [agent.log() for agent in agents] == before
    spoke = (adverts_sent(agents[0], 9113) - sent) / 2 * SLOW_MS / 1000
    print(f"{spoke / 60:.0f} minutes of the faster group")
    assert spoke > 0.9 * QUIET * HOUR_IN_A_MINUTE, "to each of its two peers, every interval"
    assert all(agent.program.is_running() for agent in agents)


def adverts_sent(agent: Agent, port: int) -> int:
    count: int = json.loads(agent.http_get("/status", port=port)[1])["routers"][0]["counters"]["advertisements_sent"]
    return count


def test_the_table_of_events_is_what_the_programs_say() -> None:
    sources = [path.read_text() for folder in ("common", "vrrp", "operator") for path in (ROOT / folder).rglob("*.cc")]
    code = "\n".join(sources)
    said = set(re.findall(r'log::(?:info|warning|error)\(\s*"(\w+)"', code))
    said |= set(re.findall(r'(?:failed|discarded)\([\w().]+, "(\w+)"', code))
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "README.md").read_text().partition("| event | meaning |")[2]
                      .partition("\n\n")[0], re.MULTILINE)
    known = {name for row in rows for name in re.findall(r"`(\w+)`", row)} | {"status_listening"}  # told with its opposite
    assert said - known == set(), "said, and not in README.md"
    assert {name for name in known if f'"{name}"' not in code} == set(), "in README.md, and nobody says it"
