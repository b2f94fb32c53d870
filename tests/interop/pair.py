"""Two routers of one virtual router on a LAN: our agent, and somebody else's program, in one of the forms they share.

    client (asks who has the address, every 20 ms)      ours (the agent)      theirs (keepalived or FRR)
      |                                                  |                     |
   ---+--------------------------------------------------+---------------------+---

Who owns the address is judged four ways, and they have to agree: what both programs say they are, what both kernels
hold, who advertises, and who answers the client.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent import Agent, Plan
from asker import Asker
from frr import Frr, FrrRouter
from keepalived import Keepalived
from netns import Host, Lan, wait_until
from wire import Wire

OURS, THEIRS = "ours", "theirs"
HIGH, LOW = 200, 100
PASSWORD = "s3cr3t"

STARTING = 1.5  # s, for programs to start on a busy machine
LATE = 0.5      # s, for everything else that is not the protocol's
RESTING = 1.0   # s, of ours after somebody else had the address


def other(side: str) -> str:
    return THEIRS if side == OURS else OURS


@dataclass(frozen=True)
class Cell:
    """One form of VRRP that our agent and a program of other people have in common."""

    program: str  # "keepalived" or "FRR"
    version: int
    family: int = 4
    transport: str = "multicast"
    password: bool = False

    @property
    def name(self) -> str:
        family = f" IPv{self.family}" if self.version == 3 else " password" if self.password else ""
        return f"{self.program} v{self.version}{family} {self.transport}"

    @property
    def interval_ms(self) -> int:
        return 1000 if self.version == 2 else 250

    @property
    def addresses(self) -> list[str]:
        # RFC 9568 wants a link-local address first in IPv6.
        return ["192.0.2.100/32"] if self.family == 4 else ["fe80::5:100/64", "2001:db8::100/64"]

    def skew(self, priority: int) -> float:
        """Seconds. RFC 3768 counts skew in seconds whatever the interval, RFC 9568 in parts of the interval."""
        return (256 - priority) / 256 * (1 if self.version == 2 else self.interval)

    def down(self, priority: int) -> float:
        return 3 * self.interval + self.skew(priority)

    @property
    def interval(self) -> float:
        return self.interval_ms / 1000


CELLS = [
    *(Cell("keepalived", version, family, transport, password)
      for version, family, password in ((2, 4, False), (2, 4, True), (3, 4, False), (3, 6, False))
      for transport in ("unicast", "multicast")),
    Cell("FRR", 2), Cell("FRR", 3, 4), Cell("FRR", 3, 6),
]


def add_host(lan: Lan, name: str, number: int) -> Host:
    """A host with an address of each kind, of our choice: the source of the adverts decides a tie."""
    host = lan.add_host(name, f"192.0.2.{number}/24", f"2001:db8::{number}/64")
    host.sysctl(ipv6__conf__all__accept_ra=0, ipv6__conf__eth0__accept_ra=0, ipv6__conf__default__accept_ra=0)
    host.ip("link set eth0 addrgenmode none")
    host.run(["ip", "-6", "address", "flush", "dev", "eth0", "scope", "link"])
    host.ip(f"address add fe80::{number}/64 dev eth0 nodad")
    return host


def cell_of(name: str) -> Cell:
    return next(cell for cell in CELLS if cell.name == name)


class Peer(Protocol):
    addresses: list[str]

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def state(self) -> str: ...
    def held(self) -> set[str]: ...


class Pair:
    """A context manager: the LAN of a cell. The side named `higher` has the higher address of the two.

    A side may be given other virtual addresses than the cell's, theirs another password; `changes` go into our plan.
    """

    def __init__(self, cell: Cell, higher: str, addresses: Mapping[str, Sequence[str]] | None = None,
                 changes: Mapping[str, Any] | None = None, their_password: str = PASSWORD):
        self.cell = cell
        self._addresses = {OURS: cell.addresses, THEIRS: cell.addresses} | dict(addresses or {})
        self._changes = dict(changes or {})
        self._their_password = their_password
        self._stack = contextlib.ExitStack()
        try:
            self.lan = self._stack.enter_context(Lan())
            self.client = add_host(self.lan, "client", 1)
            self.hosts = {OURS: add_host(self.lan, OURS, 13 if higher == OURS else 11),
                          THEIRS: add_host(self.lan, THEIRS, 12)}
            self.vip = cell.addresses[-1].split("/")[0]
            self.wire = self._stack.enter_context(Wire(self.lan))
            self._stack.enter_context(Asker(self.client, self.vip))
        except BaseException:
            self._stack.close()
            raise
        self.agent: Agent | None = None
        self.peer: Peer | None = None

    # Doing.

    def start(self, side: str, priority: int) -> None:
        if side == OURS:
            self.agent = Agent.from_plan(self.hosts[OURS], self._plan(priority))
        else:
            if self.peer is None:
                self.peer = self._make_peer(priority)
            self.peer.start()

    def stop(self, side: str) -> None:
        """The polite end, as an operator brings it about."""
        if side == OURS:
            assert self.agent is not None
            assert self.agent.stop() == 0
        else:
            assert self.peer is not None
            self.peer.stop()

    def _source(self, side: str) -> str:
        """Where the adverts of a host come from; over unicast."""
        return self.hosts[side].prefixes[0 if self.cell.family == 4 else 1].split("/")[0]

    def _plan(self, priority: int) -> Plan:
        cell = self.cell
        # A plan wants distinct priorities, so in a tie it has another idea of theirs; it goes by what it hears.
        priorities = {OURS: priority, THEIRS: LOW if priority != LOW else HIGH}
        if cell.transport == "multicast":
            del priorities[THEIRS]
        members = [{"id": side, "hostname": side, "address": self.hosts[side].address, "priority": value}
                   | ({"address6": self._source(side)} if cell.family == 6 else {})
                   for side, value in priorities.items()]
        changes: dict[str, Any] = {"members": members} | self._changes
        if cell.transport == "multicast":
            changes["transport"] = "multicast"
        password_file = None
        if cell.password:
            password_file = self.lan.log_dir / "password"
            password_file.write_text(PASSWORD)
        return Plan({}, addresses=self._addresses[OURS], version=cell.version, interval_ms=cell.interval_ms,
                    password_file=password_file, interface="eth0", changes=changes)

    def _make_peer(self, priority: int) -> Peer:
        cell, host, addresses = self.cell, self.hosts[THEIRS], self._addresses[THEIRS]
        if cell.program == "FRR":
            return Frr(host, [FrrRouter(51, addresses)], cell.version, cell.interval_ms, priority)
        is_unicast = cell.transport == "unicast"
        return Keepalived(host, addresses, cell.version, cell.interval_ms, priority,
                          source=self._source(THEIRS) if is_unicast else None,
                          peer=self._source(OURS) if is_unicast else None,
                          password=self._their_password if cell.password else None)

    # Looking.

    def state(self, side: str) -> str:
        if side == THEIRS:
            return self.peer.state() if self.peer else "not started"
        with contextlib.suppress(RuntimeError):
            return str(self.agent.router()["state"]) if self.agent else "not started"
        return "no answer"

    def vips(self, side: str) -> set[str]:
        return {address.split("/")[0] for address in self._addresses[side]}

    def held(self, side: str) -> set[str]:
        """Those of its virtual addresses that it would answer for."""
        if side == OURS:
            return self.hosts[OURS].addresses() & self.vips(OURS)
        return self.peer.held() if self.peer else set()

    def wait_for_answer(self, side: str, since: float, timeout: float) -> float:
        """When the client, asking who has the address, first heard this side after `since`."""
        return wait_until(lambda: self.wire.answers(side, since, self.vip), timeout,
                          lambda: f"{side} answers for {self.vip}; {self._look()}")[0].time

    def wait_for_states(self, ours: str, theirs: str, timeout: float) -> None:
        """Both say that they are that, and both kernels hold what belongs to it: all of the addresses, or none."""
        wanted = {OURS: ours, THEIRS: theirs}

        def is_so() -> bool:
            return all(self.state(side) == state
                       and self.held(side) == (self.vips(side) if state == "active" else set())
                       for side, state in wanted.items())

        wait_until(is_so, timeout, lambda: f"ours {ours}, theirs {theirs}; {self._look()}", interval=0.05)

    def wait_for_one_active(self, timeout: float) -> None:
        wait_until(lambda: sorted(map(self.state, self.hosts)) == ["active", "backup"], timeout,
                   lambda: f"one active, one backup; {self._look()}", interval=0.05)

    def settles(self, active: str, timeout: float) -> None:
        """Within the timeout this side is active and the other one its backup, and it stays like that."""
        states = ("active", "backup") if active == OURS else ("backup", "active")
        self.wait_for_states(*states, timeout)
        self.is_alone(active, timeout)
        # FRR's first advertisement over IPv6 may get lost within it. Ours then wants the address, finds the other router's
        # announcement, and rests for a second before it says backup again; is_alone has seen that it spoke to nobody.
        may_rest = active == THEIRS and self.cell == Cell("FRR", 3, 6)
        self.wait_for_states(*states, timeout=RESTING + LATE if may_rest else 0)

    def is_alone(self, active: str, timeout: float) -> None:
        """Within the timeout the other side falls silent, for longer than a backup does that does not believe what it
        hears; meanwhile this one advertises as often as it should and answers the client."""
        passive, begin = other(active), time.monotonic()
        duration = self.cell.down(LOW) + self.cell.interval

        def last_word() -> float:
            return max([begin, *(said.time for said in (*self.wire.adverts(passive, begin),
                                                        *self.wire.answers(passive, begin, self.vip)))])

        wait_until(lambda: time.monotonic() >= last_word() + duration, duration + timeout,
                   lambda: f"{passive} falls silent; {self._look()}", interval=0.05)
        since = time.monotonic() - duration
        adverts = self.wire.adverts(active, since)
        spoke = len([advert for advert in adverts if advert.destination == adverts[0].destination])
        assert spoke >= int(duration / self.cell.interval) - 1, f"{active} advertised {spoke} times in {duration} s"
        assert self.wire.answers(active, since, self.vip), f"{active} does not answer"

    def silent_since(self, side: str, since: float) -> float:
        """Seconds after `since` until the last answer of this side; 0 without any."""
        answers = self.wire.answers(side, since, self.vip)
        return max(0.0, answers[-1].time - since) if answers else 0.0

    def _look(self) -> str:
        return "; ".join(f"{side} is {self.state(side)} and holds {sorted(self.held(side)) or 'nothing'}"
                         for side in self.hosts)

    def logs(self) -> str:
        return "\n".join([f"{self.cell.name}, now {time.monotonic():.3f}", *map(str, self.wire.adverts()[-20:]),
                          *map(str, self.wire.announcements()[-10:]), self.lan.logs()])

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
