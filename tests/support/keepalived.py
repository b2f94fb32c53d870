"""Debian's keepalived as the other router of a virtual router, in any of the dialects it speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent import Plan, start_keepalived
from netns import Host, Program


class Keepalived:
    """One keepalived with one vrrp_instance. With a peer it speaks unicast, from `source`; without, multicast."""

    def __init__(self, host: Host, addresses: Sequence[str], version: int, interval_ms: int, priority: int,
                 vrid: int = 51, source: str | None = None, peer: str | None = None, password: str | None = None):
        self.host = host
        self.addresses = [address.split("/")[0] for address in addresses]
        self._conf = "\n".join([
            "vrrp_instance VI_1 {", "  interface eth0", "  state BACKUP", f"  version {version}",
            f"  virtual_router_id {vrid}", f"  priority {priority}", f"  advert_int {interval_ms / 1000:g}",
            *([f"  unicast_src_ip {source}"] if source else []),
            *([f"  unicast_peer {{\n    {peer}\n  }}"] if peer else []),
            *([f"  authentication {{\n    auth_type PASS\n    auth_pass {password}\n  }}"] if password else []),
            "  virtual_ipaddress {", *(f"    {address}" for address in addresses), "  }", "}", ""])
        self._program: Program | None = None

    def start(self) -> None:
        self._program = start_keepalived(self.host, self._conf)

    def stop(self) -> None:
        """The polite end: priority 0, and the addresses go."""
        assert self._program is not None
        self._program.stop()

    def state(self) -> str:
        """What it says it is: `active`, `backup`, or its own word."""
        states = re.findall(r"\(VI_1\) Entering (\w+) STATE", self._program.log() if self._program else "")
        word = states[-1] if states else "nothing yet"
        return {"MASTER": "active", "BACKUP": "backup"}.get(word, word)

    def held(self) -> set[str]:
        """Those of its virtual addresses that the kernel has."""
        return self.host.addresses() & set(self.addresses)


def v3_conf(plan: Plan, host: Host) -> str:
    """keepalived.conf for a plan's member: version 3 over unicast, without authentication, which 2.2.7 lacks there."""
    peers = [peer.address for peer in plan.members if peer is not host]
    return "global_defs {\n  vrrp_version 3\n}\n" + v3_instance(
        "web", plan.vrid, plan.addresses, plan.interval_ms, plan.members[host], host.address, peers)


def v3_instance(name: str, vrid: int, addresses: Sequence[str], interval_ms: int, priority: int, source: str,
                peers: Sequence[str], interface: str = "eth0") -> str:
    """One vrrp_instance of version 3 over unicast; 10 ms is the least interval."""
    lines = [f"vrrp_instance {name} {{", f"  interface {interface}", "  state BACKUP", f"  virtual_router_id {vrid}",
             f"  priority {priority}", f"  advert_int {interval_ms / 1000:g}", f"  unicast_src_ip {source}",
             "  unicast_peer {", *(f"    {peer}" for peer in peers), "  }",
             "  virtual_ipaddress {", *(f"    {address}" for address in addresses), "  }", "}", ""]
    return "\n".join(lines)
