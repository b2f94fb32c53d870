#!/usr/bin/python3
"""What happens to a group in the worst of times, chapter by chapter, and what its agents' logs say of it.

By itself it tells the story in ten minutes and prints every line (root, and a build): tests/support/log_story.py
"""

from __future__ import annotations

import datetime
import re
import secrets
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import VIP, Agent
from cluster import Cluster
from forge import Advert, Forger, Key
from netns import Host, wait_until

LEVELS = ("trace", "debug", "info", "warning", "error")
_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=\\]+)(?: |$)')
_ROLLED = 15.0
_ROUNDED = 0.01  # a line has the millisecond that it began in


@dataclass(frozen=True)
class Line:
    """One line of a log."""

    host: str
    program: str
    fields: dict[str, str]

    @property
    def time(self) -> float:
        return datetime.datetime.fromisoformat(self.fields["ts"].replace("Z", "+00:00")).timestamp()

    @property
    def event(self) -> str:
        return self.fields["event"]

    def has(self, **fields: str) -> bool:
        return all(self.fields.get(key) == value for key, value in fields.items())


def parse(host: str, program: str, text: str) -> Line:
    """A line that is not all key=value is a ValueError."""
    fields: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None or match[1] in fields:
            raise ValueError(f"{program}: '{text[position:]}' in: {text}")
        fields[match[1]] = re.sub(r"\\(.)", r"\1", match[2][1:-1]) if match[2].startswith('"') else match[2]
        position = match.end()
    if list(fields)[:3] != ["ts", "level", "event"]:
        raise ValueError(f"{program}: begins otherwise: {text}")
    return Line(host, program, fields)


@dataclass(frozen=True)
class Chapter:
    title: str
    begin: float  # on the wall
    end: float


class Story:
    """Three members with a key, n1 before n2 before n3. A new agent of a host is the container that the Swarm starts."""

    def __init__(self, cluster: Cluster, pause: float):
        self.cluster = cluster
        self.pause = pause
        self.secret = secrets.token_hex(32)
        self.chapters: list[Chapter] = []
        self.generation = 0
        self.agents: dict[str, Agent] = {}
        self._key: Path = cluster.lan.log_dir / "key"
        self._key.write_text(f"1:{self.secret}\n")

    def tell(self) -> None:
        self.plan((200, 150, 100))
        chapters: tuple[tuple[str, Callable[[], None]], ...] = (
            ("the group starts", self.start_all),
            ("the container of the holder is killed, and started again", self.kill),
            ("the holder is stopped, and started again", self.stop),
            ("the holder's agent crashes", self.crash),
            ("a person drains the holder", self.drain),
            ("and takes that back", self.undrain),
            ("the holder's cable is pulled, and plugged in again", self.flap),
            ("somebody deletes the address", self.delete),
            ("a member has another key", self.wrong_key),
            ("a member speaks version 2", self.wrong_version),
            ("the group is removed", self.stop_all),
        )
        for title, happens in chapters:
            begin = time.time() - _ROUNDED
            happens()
            self.chapters.append(Chapter(title, begin, time.time()))
            time.sleep(self.pause)  # nothing is to be said

    def lines(self) -> list[Line]:
        """Of all agents, in the order of time."""
        found = [parse(program.name.partition("-")[0], program.name, text)
                 for program in self.cluster.lan.programs() for text in program.log().splitlines()]
        return sorted(found, key=lambda line: line.time)

    def chapter(self, title_part: str) -> list[Line]:
        """What was said from its begin to the begin of the next one."""
        index = next(i for i, chapter in enumerate(self.chapters) if title_part in chapter.title)
        end = self.chapters[index + 1].begin if index + 1 < len(self.chapters) else float("inf")
        return [line for line in self.lines() if self.chapters[index].begin <= line.time < end]

    # The chapters.

    def start_all(self) -> None:
        for host in self._hosts:
            self._start(host)
        self.cluster.owners.wait_for_owner("n1")
        for agent in self.agents.values():
            agent.wait_until_it_follows()

    def kill(self) -> None:
        self.agents["n1"].kill()
        self.cluster.owners.wait_for_owner("n2")
        self._come_back()

    def stop(self) -> None:
        assert self.agents["n1"].stop() == 0
        self.cluster.owners.wait_for_owner("n2")
        self._come_back()

    def crash(self) -> None:
        self.agents["n1"].crash(signal.SIGSEGV)
        self.agents["n1"].wait_for_state("active")

    def drain(self) -> None:
        self.plan((2, 150, 100), drained="n1")
        self._roll()
        self._wait_for_owner("n2")

    def undrain(self) -> None:
        self.plan((200, 150, 100))
        self._roll()
        self._wait_for_owner("n1")

    def flap(self) -> None:
        self.cluster.n1.cut_link()
        self._wait_for_owner("n2")
        self.cluster.n1.heal_link()
        self._wait_for_owner("n1")

    def delete(self) -> None:
        self.cluster.n1.ip(f"address delete {VIP}/32 dev eth0")
        self.agents["n1"].program.wait_for_log("event=address_put_back")

    def wrong_key(self) -> None:
        self._forge(Advert(priority=250, key=Key(secrets.token_bytes(32))))

    def wrong_version(self) -> None:
        self._forge(Advert(version=2, interval=1, priority=250))
        self.agents["n1"].program.wait_for_log("event=advert_discarded.*count=[0-9]{2}", timeout=15)  # those not said so far

    def stop_all(self) -> None:
        for name in ("n3", "n2", "n1"):
            assert self.agents[name].stop() == 0

    # And what they are made of.

    @property
    def _hosts(self) -> list[Host]:
        return [self.cluster.n1, self.cluster.n2, self.cluster.n3]

    def plan(self, priorities: tuple[int, ...], drained: str = "") -> None:
        self.generation += 1
        members: list[dict[str, Any]] = [
            {"id": host.name, "hostname": host.name, "address": host.address, "priority": priority}
            | ({"drained": True} if host.name == drained else {}) for host, priority in zip(self._hosts, priorities)]
        self.cluster.use_plan(dict(zip(self._hosts, priorities)), preempt_delay_ms=1000, changes={
            "members": members, "generation": self.generation, "auth": {"mode": "hmac", "file": str(self._key)}})

    def _start(self, host: Host) -> Agent:
        self.agents[host.name] = Agent.from_plan(host, self.cluster.plan)
        return self.agents[host.name]

    def _come_back(self) -> None:
        self._start(self.cluster.n1)
        self._wait_for_owner("n1")

    def _wait_for_owner(self, name: str) -> None:
        """And until all others say that they follow."""
        self.cluster.owners.wait_for_owner(name)
        for other, agent in self.agents.items():
            if other != name:
                agent.wait_for_state("backup", "fault")

    def _roll(self) -> None:
        """As the Swarm updates a service: start-first, and here one node after the other."""
        for host in self._hosts:
            old = self.agents[host.name]
            new = self._start(host)
            wait_until(lambda: "event=took_over" in new.log(), _ROLLED, lambda: f"it takes over\n{new.log()}")
            assert old.stop() == 0

    def _forge(self, advert: Advert) -> None:
        """As n3 would send it, if it were set up so: four times a second for a while."""
        with Forger(self.cluster.n3) as forger:
            end = time.monotonic() + max(2.0, self.pause)
            while time.monotonic() < end:
                forger.advert(self.cluster.n1, self.cluster.n3.address, self.cluster.n1.address, advert)
                time.sleep(self.cluster.plan.interval)


def main() -> None:
    with Cluster() as cluster:
        story = Story(cluster, float(sys.argv[1]) if len(sys.argv) > 1 else 30.0)
        story.tell()
        for chapter in story.chapters:
            print(f"\n# {chapter.title}")
            for line in story.chapter(chapter.title):
                text = " ".join(f'{key}="{value}"' if re.search(r"[\s=]", value) else f"{key}={value}"
                                for key, value in line.fields.items())
                print(f"{line.host}  {text}")


if __name__ == "__main__":
    main()
