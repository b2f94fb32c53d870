"""A Cluster whose hosts have IPv6 too: client 2001:db8::1, n1 to n3 at 2001:db8::11 to ::13, VIPs 192.0.2.100 and
2001:db8::100; and plans with several routers for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent import VIP, Agent, Plan
from cluster import Cluster
from netns import Host, wait_until
from pinger import Pinger

VIP6 = "2001:db8::100"
ROUTER4 = {"vrid": 51, "addresses": [f"{VIP}/32"]}
ROUTER6 = {"vrid": 51, "addresses": [f"{VIP6}/128"]}


class DualCluster(Cluster):
    def __init__(self, vips: Sequence[str] = (VIP, VIP6)):
        super().__init__(vips)
        self.address6 = {"client": "2001:db8::1", "n1": "2001:db8::11", "n2": "2001:db8::12", "n3": "2001:db8::13"}
        for name, address in self.address6.items():
            self.lan.hosts[name].ip(f"address add {address}/64 dev eth0 nodad")
        self.use_routers({self.n1: 200, self.n2: 100}, [ROUTER4, ROUTER6] if VIP in vips else [ROUTER6])

    def use_routers(self, members: Mapping[Host, int], routers: Sequence[Mapping[str, Any]],
                    changes: Mapping[str, Any] | None = None, **settings: Any) -> Plan:
        """A plan with these routers and with the members' IPv6 addresses."""
        entries = [{"id": host.name, "hostname": host.name, "address": host.address, "priority": priority,
                    "address6": self.address6[host.name]} for host, priority in members.items()]
        return self.use_plan(dict(members), **settings,
                             changes={"routers": list(routers), "members": entries, **(changes or {})})

    def wait_for_owner_of_all(self, host: Host, timeout: float = 15) -> None:
        """This host, and no other, holds every address that is watched."""
        for address in self.owners.addresses:
            self.owners.wait_for_owner(host, timeout, address)

    def wait_for_best(self) -> Host:
        best = max(self.plan.members, key=lambda host: self.plan.members[host])
        self.wait_for_owner_of_all(best)
        return best

    def ping(self, spacing_us: int = 1000, target: str | None = None) -> Pinger:
        return Pinger(self.client, target or self.owners.addresses[0], spacing_us)


def link_local(host: Host) -> str:
    """The host's own link-local address."""
    return next(address for address in sorted(host.addresses()) if address.startswith("fe80"))


def wait_for_states(agent: Agent, state: str, timeout: float = 15) -> list[dict[str, Any]]:
    """Waits until every router of the agent is in this state."""
    seen: list[object] = []

    def look() -> list[dict[str, Any]] | None:
        try:
            routers: list[dict[str, Any]] = agent.status()["routers"]
        except RuntimeError as error:  # not listening yet
            seen[:] = [error]
            return None
        seen[:] = [(router["family"], router["vrid"], router["state"], router["reason"]) for router in routers]
        return routers if routers and all(router["state"] == state for router in routers) else None

    try:
        return wait_until(look, timeout, "", interval=0.05)
    except TimeoutError:
        raise TimeoutError(f"all routers of {agent.host.name} should be {state} within {timeout} s: {seen}\n"
                           f"{agent.log()}") from None


def sum_counters(agent: Agent) -> dict[str, int]:
    """Every counter of the agent, summed over its routers and what belonged to none of them. Asks its page: a test
    that looks often must not start a program each time."""
    code, page = agent.http_get("/status")
    assert code == 200, page
    status = json.loads(page)
    total: dict[str, int] = {}
    for counters in [status["agent"]["counters"], *(router["counters"] for router in status["routers"])]:
        for name, value in counters.items():
            total[name] = total.get(name, 0) + value
    return total
