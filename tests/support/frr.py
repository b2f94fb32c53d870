"""Debian's FRR (zebra and vrrpd) as the other router of a virtual router: multicast only, its own way to hold it.

FRR never adds or removes a virtual address. It wants a macvlan with the virtual MAC that has the addresses for ever,
and switches that interface: `protodown` as Backup, up as Master. So who owns the address is not to be seen in an
address table: held() looks at the macvlan, and a client's questions (asker.py) tell the rest.

Everything of one Frr (sockets, pid files, configuration) is in one directory below the Lan's; the machine's own FRR,
/etc/frr and /run/frr have no part in it. The daemons insist on running as the user frr.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netns import Host, Program, wait_until

_DAEMONS = Path("/usr/lib/frr")


def is_installed() -> bool:
    return (_DAEMONS / "vrrpd").is_file() and shutil.which("vtysh") is not None


@dataclass(frozen=True)
class FrrRouter:
    """One virtual router; its addresses are of one family, with prefix length."""

    vrid: int
    addresses: Sequence[str]
    interface: str = "eth0"

    @property
    def family(self) -> str:
        return "v6" if ":" in self.addresses[0] else "v4"

    @property
    def macvlan(self) -> str:
        """FRR finds it by its MAC and by what it lies on, and does not care for its name."""
        return f"vrrp{self.family[1]}-{self.interface}-{self.vrid}"

    @property
    def bare_addresses(self) -> list[str]:
        return [address.split("/")[0] for address in self.addresses]


class Frr:
    """One zebra and one vrrpd, with virtual routers of one version and priority."""

    def __init__(self, host: Host, routers: Sequence[FrrRouter], version: int, interval_ms: int, priority: int,
                 link_local: str = "fe80::12", log_level: str = "debugging"):
        self.host = host
        self.routers = list(routers)
        self._log_level = log_level
        self._directory = host.lan.log_dir / f"frr-{host.name}"
        self._directory.mkdir()
        host.lan.log_dir.chmod(0o711)  # the user frr has to get through
        shutil.chown(self._directory, "frr", "frr")
        # Neither an interface nor the macvlans on it may answer for what the other one has.
        self.host.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2, ipv4__conf__all__rp_filter=0,
                         ipv4__conf__default__rp_filter=0)
        for interface in self._interfaces():
            self.host.sysctl(**{f"ipv4__conf__{interface}__rp_filter": 0})
        for router in self.routers:
            self.host.ip(*_macvlan(router, link_local))
        (self._directory / "zebra.conf").write_text("")
        (self._directory / "vrrpd.conf").write_text("\n".join([
            *(line for interface in self._interfaces() for line in (
                f"interface {interface}", *(f" {word}" for router in self.routers if router.interface == interface
                                            for word in _words(router, version, interval_ms, priority)))), ""]))
        self._zebra = self._start("zebra")
        wait_until(lambda: (self._directory / "zserv").exists(), 10, f"zebra listens\n{self._zebra.log()}")
        self._vrrpd: Program | None = None

    @property
    def addresses(self) -> list[str]:
        return [address for router in self.routers for address in router.bare_addresses]

    @property
    def programs(self) -> list[Program]:
        return [self._zebra, *([self._vrrpd] if self._vrrpd else [])]

    def _interfaces(self) -> list[str]:
        return sorted({router.interface for router in self.routers})

    def _start(self, daemon: str) -> Program:
        directory = self._directory
        return self.host.start(
            [str(_DAEMONS / daemon), "-u", "frr", "-g", "frr", "--vty_socket", str(directory), "-P", "0",
             "-z", str(directory / "zserv"), "-i", str(directory / f"{daemon}.pid"),
             "-f", str(directory / f"{daemon}.conf"), "--log", "stdout", "--log-level", self._log_level], daemon)

    def start(self) -> None:
        self._vrrpd = self._start("vrrpd")

    def stop(self) -> None:
        """The polite end: priority 0, and zebra takes the macvlan down."""
        assert self._vrrpd is not None
        self._vrrpd.stop()

    def vtysh(self, *commands: str) -> str:
        """What vrrpd answers to these commands, one after the other; nothing where it does not answer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            words = [word for command in commands for word in ("-c", command)]
            return self.host.run(["vtysh", "--vty_socket", str(self._directory), "-d", "vrrpd", *words],
                                 check=False, timeout=5).stdout
        return ""

    def show_all(self) -> list[dict[str, Any]]:
        """`show vrrp json`, each router's own family; empty where vrrpd does not answer."""
        with contextlib.suppress(json.JSONDecodeError, LookupError):
            shown = {router["vrid"]: router for router in json.loads(self.vtysh("show vrrp json"))}
            return [shown[router.vrid][router.family] for router in self.routers]
        return []

    def state(self) -> str:
        """What its first router says it is: `active`, `backup`, or its own word."""
        word = str(next(iter(self.show_all()), {}).get("status", "nothing yet"))
        return {"Master": "active", "Backup": "backup"}.get(word, word)

    def held(self) -> set[str]:
        """The addresses of those routers whose macvlan is up."""
        links = self.host.ip("link show type macvlan").splitlines()
        up = {link.split(": ")[1].split("@")[0] for link in links if "LOWER_UP" in link and "protodown" not in link}
        return {address for router in self.routers if router.macvlan in up for address in router.bare_addresses}


def _words(router: FrrRouter, version: int, interval_ms: int, priority: int) -> list[str]:
    word = "ipv6" if router.family == "v6" else "ip"
    return [f"vrrp {router.vrid} version {version}", f"vrrp {router.vrid} priority {priority}",
            f"vrrp {router.vrid} advertisement-interval {interval_ms}",
            *(f"vrrp {router.vrid} {word} {address}" for address in router.bare_addresses)]


def _macvlan(router: FrrRouter, link_local: str) -> list[str]:
    """As FRR's manual asks, but that the macvlan's link-local address is given, so that ties can be arranged."""
    is_v6, name = router.family == "v6", router.macvlan
    mac = f"00:00:5e:00:0{2 if is_v6 else 1}:{router.vrid:02x}"
    return [f"link add {name} link {router.interface} type macvlan mode bridge",
            f"link set {name} address {mac} addrgenmode none",
            *(f"address add {address} dev {name}{' nodad' if is_v6 else ''}" for address in router.addresses),
            # The latest link-local address is the one that FRR speaks from.
            *([f"address add {link_local}/64 dev {name} nodad"] if is_v6 else []),
            f"link set {name} protodown on protodown_reason 7 on", f"link set {name} up"]
