"""A LAN of VRRP routers under watch: a client at 192.0.2.1, hosts n1, n2, n3 at 192.0.2.11 to .13, the VIP .100."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from agent import VIP, Agent, Plan
from netns import Host, Lan
from owners import Owners
from pinger import Pinger
from wire import Wire


class Cluster:
    """A context manager. Make a plan, start agents, break something, ask owners and wire what happened."""

    def __init__(self, vips: Sequence[str] = (VIP,)):
        self._stack = contextlib.ExitStack()
        try:
            self.lan = self._stack.enter_context(Lan())
            self.client = self.lan.add_host("client", "192.0.2.1/24")
            self.n1, self.n2, self.n3 = (self.lan.add_host(f"n{i}", f"192.0.2.1{i}/24") for i in (1, 2, 3))
            self.owners = self._stack.enter_context(Owners([self.n1, self.n2, self.n3], vips))
            self.wire = self._stack.enter_context(Wire(self.lan))
        except BaseException:
            self._stack.close()
            raise
        self.plan = Plan({self.n1: 200, self.n2: 100})
        self.agents: dict[str, Agent] = {}

    def use_plan(self, members: dict[Host, int], **settings: Any) -> Plan:
        self.plan = Plan(members, **settings)
        return self.plan

    def start(self, host: Host) -> Agent:
        """Starts the agent of a member with the plan."""
        agent = Agent.from_plan(host, self.plan)
        self.agents[host.name] = agent
        return agent

    def start_all(self) -> dict[str, Agent]:
        """Starts every member's agent and waits until the best one holds the VIP and the others have heard it."""
        for host in self.plan.members:
            self.start(host)
        self.wait_for_best()
        for agent in self.agents.values():
            agent.wait_until_it_follows()
        return self.agents

    def wait_for_best(self) -> Host:
        """The member that VRRP elects (highest priority, then highest address) holds the VIP, the others do not."""
        best = max(self.plan.members, key=lambda h: (self.plan.members[h], [int(b) for b in h.address.split(".")]))
        self.owners.wait_for_owner(best)
        return best

    def ping(self, spacing_us: int = 1000) -> Pinger:
        """A client of the VIP; returns once it has had an answer."""
        return Pinger(self.client, VIP, spacing_us)

    def logs(self) -> str:
        return f"now {time.monotonic():.3f}\n{self.owners}\n{self.lan.logs()}"

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
