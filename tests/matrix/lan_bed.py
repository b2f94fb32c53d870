"""Two routers and a client on a LAN of namespaces (netns.py), with either program as the routers:

    client            n1: priority 200, the holder        n2: priority 100, the successor
      |                 |                                   |
    --+-----------------+-----------------------------------+--   the switch, which can drop frames of chosen pairs

Version 3 at 250 ms, as a managed group has it: ours with a key, which Debian's keepalived cannot have. Every sample has
a bed of its own, so nothing of one event is left in the next."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import os
import secrets
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import clock
from agent import Agent, Plan, binary, start_keepalived
from bed import PATIENCE, Bed, nothing
from cluster import Cluster
from keepalived import v3_conf
from memory import MemoryLimit
from netns import Host, Program, wait_until
from processes import family, routing_process
from row import Row, Timing
from measure import Measurement
from samples import OURS

TIMING = Timing.of(interval=0.25, successor=100)


class Order(enum.Enum):
    """How the Swarm replaces agents."""

    STOP_FIRST = enum.auto()
    START_FIRST = enum.auto()


SWARM_ORDER = Order.START_FIRST  # what the operator asks the Swarm for


class LanBed(Bed):
    def __init__(self, router: str, phase: float = 0.0):
        super().__init__(phase)
        self._is_ours = router == OURS
        self._stack = contextlib.ExitStack()
        self._secrets = {key_id: secrets.token_hex(32) for key_id in (1, 2)}
        self._files = 0
        self.running: dict[Host, Agent | Program] = {}

    def __enter__(self) -> "LanBed":
        try:
            self._cluster = self._stack.enter_context(Cluster())
            self.holder, self.successor, self.client = self._cluster.n1, self._cluster.n2, self._cluster.client
            self.owners, self.wire = self._cluster.owners, self._cluster.wire
            self.vip = self.owners.addresses[0]
            self.plan = Plan({self.holder: 200, self.successor: 100}, changes=self.keys(1) if self._is_ours else {})
            self.timing = TIMING
            for host in self.plan.members:
                self.start(host)
            self.settled()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, (TimeoutError, AssertionError)):
            error.args = (f"{error}\n{self._cluster.logs()}",)
        self._stack.close()

    # The routers.

    def start(self, host: Host, env: Mapping[str, str] | None = None) -> None:
        if not self._is_ours:
            self.running[host] = start_keepalived(host, v3_conf(self.plan, host), env)
            return
        self._files += 1
        path = self.plan.write(self._cluster.lan.log_dir / f"plan-{self._files}.json")
        self.running[host] = Agent(host, ["--plan", str(path), "--node", host.name], env)

    def program(self, host: Host) -> Program:
        running = self.running[host]
        return running.program if isinstance(running, Agent) else running

    def stop(self, host: Host) -> None:
        """Politely, and waits for its end."""
        assert self.program(host).stop(20) == 0, self.program(host).log()

    def kill_router(self, host: Host) -> None:
        """SIGKILL to the one process that routes; whoever looks after it lives."""
        os.kill(routing_process(self.program(host).pid), signal.SIGKILL)

    def kill_all(self, host: Host) -> None:
        self.program(host).kill()

    def kill_by_memory(self, host: Host) -> None:
        """The kernel's out-of-memory killer ends the process that routes."""
        with MemoryLimit(routing_process(self.program(host).pid)) as limit:
            limit.exhaust(host)

    def freeze(self, host: Host) -> None:
        for pid in family(self.program(host).pid):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self, host: Host) -> None:
        for pid in family(self.program(host).pid):
            os.kill(pid, signal.SIGCONT)

    def start_on_own_clock(self, host: Host, seconds: float = 0) -> clock.Clock:
        """Its wall clock, off by so much, can be set without touching anybody else's."""
        own = clock.Clock(self._cluster.lan.log_dir / f"clock-{host.name}")
        own.jump(seconds)
        self.start(host, own.env())
        return own

    def roll(self, changes: Mapping[str, Any] | None = None, **settings: Any) -> None:
        """New settings reach every host: with ours as the Swarm brings them, keepalived is told to read its file again."""
        self.plan = replace(self.plan, **settings, changes={**self.plan.changes, **(changes or {})})
        if not self._is_ours:
            for host in self.plan.members:
                program = self.program(host)
                Path(program.argv[program.argv.index("-f") + 1]).write_text(v3_conf(self.plan, host))
                program.signal(signal.SIGHUP)
        elif SWARM_ORDER == Order.STOP_FIRST:
            self._roll_stop_first()
        else:
            self._roll_start_first()

    def _roll_stop_first(self) -> None:
        """One host after the other, the holder first, and never while another one is about to claim the address: a
        Swarm takes seconds for each."""
        for host in self.plan.members:
            self.stop(host)
            self.start(host)
            self.takes_part(host)
            wait_until(lambda: len(self.owners.now(self.vip)) == 1, PATIENCE, "one host has the address")
            owners = self.owners.now(self.vip)
            self.wire.wait_for_advert(lambda advert: advert.host in owners, since=time.monotonic())

    def _roll_start_first(self) -> None:
        """All hosts at once; each old agent is stopped when the new one beside it is healthy."""
        old = {host: self.program(host) for host in self.plan.members}
        for host in old:
            self.start(host)
        for host, program in old.items():
            wait_until(cast(Agent, self.running[host]).is_healthy, PATIENCE, f"the new agent of {host.name} is healthy")
            assert program.stop(20) == 0, program.log()

    def keys(self, *ids: int) -> dict[str, Any]:
        """Plan changes for these keys; the first one signs."""
        self._files += 1
        path = self._cluster.lan.log_dir / f"keys-{self._files}"
        path.write_text("".join(f"{key_id}:{self._secrets[key_id]}\n" for key_id in ids))
        return {"auth": {"mode": "hmac", "file": str(path)}}

    def settled(self) -> None:
        """The best one has the address alone, and all others know it."""
        best = max(self.plan.members, key=lambda host: self.plan.members[host])
        self.owned_by(best)
        for host in self.plan.members:
            self.takes_part(host)

    def takes_part(self, host: Host) -> None:
        """It is active or backup, and not about to become anything else by itself."""
        running = self.running[host]
        if isinstance(running, Agent):
            running.wait_for_state("active", "backup", timeout=PATIENCE)
        else:
            running.wait_for_log(r"Entering (MASTER|BACKUP) STATE", PATIENCE)

    # The hosts and the switch.

    def swallow(self, source: Host, target: Host) -> None:
        """The switch drops what goes from one host to the other; the rest of the LAN hears both."""
        self._cluster.lan.switch.nft(f"""
            table bridge pairs {{
              chain forward {{
                type filter hook forward priority 0;
                iifname "{source.name}" oifname "{target.name}" drop
              }}
            }}""")

    def drop_between_nodes(self, what: str) -> None:
        """The switch drops what nft's expression says between the two nodes; all else passes."""
        pair = f'{{ "{self.holder.name}", "{self.successor.name}" }}'
        self._cluster.lan.switch.nft(f"""
            table bridge pairs {{
              chain forward {{
                type filter hook forward priority 0;
                iifname {pair} oifname {pair} {what} drop
              }}
            }}""")

    def burn(self, host: Host) -> None:
        """Two busy loops per processor, until the bed ends."""
        for number in range(2 * (os.cpu_count() or 1)):
            host.start(["sh", "-c", "while :; do :; done"], f"burn-{number}")


class LanSite:
    """Takes samples, each on a bed of its own."""

    def build(self) -> str:
        return hashlib.sha256(binary().read_bytes()).hexdigest()[:12]

    def sample(self, row: Row, router: str, phase: float) -> Measurement:
        with LanBed(router, phase) as bed:
            row.story(bed)
            assert bed.measured is not None, f"{row.name} watches nothing"
            return bed.measured

    def control(self, seconds: float) -> Measurement:
        with LanBed(OURS) as bed:
            nothing(bed, seconds)
            assert bed.measured is not None
            return bed.measured

    def close(self) -> None:
        """Nothing is kept."""
