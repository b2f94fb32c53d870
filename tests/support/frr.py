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
from pathlib import Path

from netns import Host, Program, wait_until

_DAEMONS = Path("/usr/lib/frr")


def is_installed() -> bool:
    return (_DAEMONS / "vrrpd").is_file() and shutil.which("vtysh") is not None


class Frr:
    """One zebra and one vrrpd with one virtual router of one family."""

    def __init__(self, host: Host, addresses: Sequence[str], version: int, interval_ms: int, priority: int,
                 vrid: int = 51, link_local: str = "fe80::12"):
        self.host = host
        self.addresses = [address.split("/")[0] for address in addresses]
        self._family = "v6" if ":" in self.addresses[0] else "v4"
        self._macvlan = f"vrrp{self._family[1]}-{vrid}"
        self._directory = host.lan.log_dir / f"frr-{host.name}"
        self._directory.mkdir()
        host.lan.log_dir.chmod(0o711)  # the user frr has to get through
        shutil.chown(self._directory, "frr", "frr")
        self._make_macvlan(addresses, vrid, link_local)
        word = "ipv6" if self._family == "v6" else "ip"
        (self._directory / "zebra.conf").write_text("")
        (self._directory / "vrrpd.conf").write_text("\n".join([
            "interface eth0", f" vrrp {vrid} version {version}", f" vrrp {vrid} priority {priority}",
            f" vrrp {vrid} advertisement-interval {interval_ms}",
            *(f" vrrp {vrid} {word} {address}" for address in self.addresses), ""]))
        self._zebra = self._start("zebra")
        wait_until(lambda: (self._directory / "zserv").exists(), 10, f"zebra listens\n{self._zebra.log()}")
        self._vrrpd: Program | None = None

    def _make_macvlan(self, addresses: Sequence[str], vrid: int, link_local: str) -> None:
        """As FRR's manual asks, but that the macvlan's link-local address is given, so that ties can be arranged."""
        # Neither eth0 nor the macvlan may answer for what the other one has.
        self.host.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2, ipv4__conf__all__rp_filter=0,
                         ipv4__conf__default__rp_filter=0, ipv4__conf__eth0__rp_filter=0)
        mac = f"00:00:5e:00:0{2 if self._family == 'v6' else 1}:{vrid:02x}"
        nodad = " nodad" if self._family == "v6" else ""
        self.host.ip(
            f"link add {self._macvlan} link eth0 type macvlan mode bridge",
            f"link set {self._macvlan} address {mac} addrgenmode none",
            *(f"address add {address} dev {self._macvlan}{nodad}" for address in addresses),
            # The latest link-local address is the one that FRR speaks from.
            *([f"address add {link_local}/64 dev {self._macvlan} nodad"] if self._family == "v6" else []),
            f"link set {self._macvlan} protodown on protodown_reason 7 on",
            f"link set {self._macvlan} up")

    def _start(self, daemon: str) -> Program:
        directory = self._directory
        return self.host.start(
            [str(_DAEMONS / daemon), "-u", "frr", "-g", "frr", "--vty_socket", str(directory), "-P", "0",
             "-z", str(directory / "zserv"), "-i", str(directory / f"{daemon}.pid"),
             "-f", str(directory / f"{daemon}.conf"), "--log", "stdout", "--log-level", "debugging"], daemon)

    def start(self) -> None:
        self._vrrpd = self._start("vrrpd")

    def stop(self) -> None:
        """The polite end: priority 0, and zebra takes the macvlan down."""
        assert self._vrrpd is not None
        self._vrrpd.stop()

    def show(self) -> dict[str, object]:
        """`show vrrp json` of the one virtual router and its family; empty where vrrpd does not answer."""
        with contextlib.suppress(subprocess.TimeoutExpired, json.JSONDecodeError, LookupError):
            vtysh = ["vtysh", "--vty_socket", str(self._directory), "-d", "vrrpd"]
            answer = self.host.run([*vtysh, "-c", "show vrrp json"], check=False, timeout=5)
            router = json.loads(answer.stdout)[0][self._family]
            assert isinstance(router, dict)
            return router
        return {}

    def state(self) -> str:
        """What it says it is: `active`, `backup`, or its own word."""
        word = str(self.show().get("status", "nothing yet"))
        return {"Master": "active", "Backup": "backup"}.get(word, word)

    def held(self) -> set[str]:
        """All of its addresses while the macvlan is up, else none."""
        link = self.host.ip(f"link show dev {self._macvlan}")
        return set(self.addresses) if "LOWER_UP" in link and "protodown" not in link else set()
