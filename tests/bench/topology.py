"""The LAN of a sample: two routers and a client, and as many further segments as its virtual routers need.

    client        n1: the better one        n2: its backup
      | eth0        | eth0  | eth1 ...        | eth0  | eth1 ...
   ---+-------------+-------|-----------------+-------|------------   br0, 198.18.0.0/22
                            +-------------------------+------------   br1, 198.18.4.0/22, and so on

Hosts are .1.1, .1.11 and .1.12 of a segment, the virtual router with id N has .0.N. A segment has at most 255 virtual
routers, all that a VRID can tell apart. Every sample has a LAN of its own, with nothing else on it."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from netns import Host, Lan, wait_until
from pinger import Pinger
from wire import Advert, Announcement, Wire

SEGMENT_ROUTERS_MAX = 255


@dataclass(frozen=True)
class Router:
    """One virtual router, the same on both hosts."""

    segment: int
    vrid: int
    further: tuple[str, ...] = ()  # addresses beside its own

    @property
    def vip(self) -> str:
        return f"198.18.{4 * self.segment}.{self.vrid}"

    @property
    def interface(self) -> str:
        return f"eth{self.segment}"

    @property
    def vips(self) -> list[str]:
        return [self.vip, *self.further]


@dataclass(frozen=True)
class Setup:
    """What both routers are told, whatever program they are. Everything else is left at the program's default."""

    routers: tuple[Router, ...]
    interval_ms: int
    holder: int = 200  # priorities
    backup: int = 100
    realtime: bool | None = None  # None: as the program does by itself

    @classmethod
    def of(cls, count: int, interval_ms: int, segments: int = 1, **more: object) -> "Setup":
        """So many virtual routers, spread evenly over the segments."""
        routers = tuple(Router(number % segments, number // segments + 1) for number in range(count))
        assert all(router.vrid <= SEGMENT_ROUTERS_MAX for router in routers)
        return cls(routers, interval_ms, **more)  # type: ignore[arg-type]

    @property
    def interval(self) -> float:
        return self.interval_ms / 1000

    @property
    def segments(self) -> int:
        return 1 + max(router.segment for router in self.routers)

    @property
    def vips(self) -> list[str]:
        return [vip for router in self.routers for vip in router.vips]

    def skew(self, priority: int) -> float:
        """Seconds; RFC 9568, 6.1."""
        return self.interval * (256 - priority) / 256

    def down(self, priority: int) -> float:
        """Seconds: after so long without an advertisement a backup of this priority takes over."""
        return 3 * self.interval + self.skew(priority)

    def priority(self, host: Host) -> int:
        return self.holder if host.name == "n1" else self.backup

    def with_address(self, address: str) -> "Setup":
        """The first router has one more."""
        first, *others = self.routers
        return replace(self, routers=(replace(first, further=(*first.further, address)), *others))


class Bed:
    """The LAN, and who listens to it, until it is closed."""

    def __init__(self, segments: int = 1, listens: bool = True):
        """listens: hears every advertisement, which takes up a processor where there are thousands in a second."""
        self._stack = contextlib.ExitStack()
        try:
            self.lan = self._stack.enter_context(Lan())
            self.client, self.n1, self.n2 = (self.lan.add_host(name, f"198.18.1.{number}/22")
                                             for name, number in (("client", 1), ("n1", 11), ("n2", 12)))
            # A host with legs on several segments answers on each for what it has there.
            for host in self.routers:
                host.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2, ipv4__conf__all__rp_filter=0,
                            ipv4__conf__default__rp_filter=0)
            for segment in range(1, segments):
                self._add_segment(segment)
            self.wire = self._stack.enter_context(Wire(self.lan)) if listens else None
        except BaseException:
            self._stack.close()
            raise

    @property
    def routers(self) -> tuple[Host, Host]:
        return (self.n1, self.n2)

    def other(self, host: Host) -> Host:
        return self.n2 if host is self.n1 else self.n1

    def address(self, host: Host, segment: int) -> str:
        return f"198.18.{4 * segment + 1}.{host.address.split('.')[3]}"

    def ping(self, vip: str) -> Pinger:
        """A client of the address, with an echo every millisecond; returns once it has had an answer."""
        return Pinger(self.client, vip)

    # What is said on the LAN.

    def adverts(self, host: Host, since: float = 0) -> list[Advert]:
        assert self.wire is not None
        return [advert for advert in self.wire.adverts(since=since) if _host_of(advert.host) == host.name]

    def announcements(self, host: Host, since: float = 0) -> list[Announcement]:
        """Frames that say that this host has an address."""
        assert self.wire is not None
        return [said for said in self.wire.announcements(since=since) if _host_of(said.host) == host.name]

    def wait_for_announcement(self, host: Host, vip: str, since: float, timeout: float) -> Announcement:
        return wait_until(
            lambda: next((said for said in self.announcements(host, since) if said.address == vip), None), timeout,
            f"{host.name} announces {vip}", interval=0.005)

    def wait_for_advert(self, host: Host, since: float, timeout: float = 10) -> Advert:
        return wait_until(lambda: next(iter(self.adverts(host, since)), None), timeout,
                          f"{host.name} advertises", interval=0.001)

    def frames(self, host: Host) -> int:
        """How many frames the host has sent on all its segments: next to nothing but advertisements."""
        links = json.loads(self.lan.switch.run(["ip", "-statistics", "-json", "link", "show", "type", "veth"]).stdout)
        return sum(link["stats64"]["rx"]["packets"] for link in links if _host_of(link["ifname"]) == host.name)

    def answering(self, vip: str) -> str:
        """The name of the host to which the switch carries what the client sends to the address; "" when there is none."""
        found = re.search(r"lladdr (\S+)", self.client.ip(f"neigh show {vip} dev eth0"))
        if not found:
            return ""
        entries = self.lan.switch.run(["bridge", "fdb", "show", "br", "br0"]).stdout
        ports = re.findall(rf"^{found.group(1)} dev (\S+) master br0 *$", entries, re.MULTILINE)
        return ports[0] if ports else ""

    def is_quiet(self, host: Host, seconds: float) -> bool:
        """Whether it has not advertised for so long."""
        return not self.adverts(host, time.monotonic() - seconds)

    def logs(self) -> str:
        said = [*self.wire.adverts()[-10:], *self.wire.announcements()[-10:]] if self.wire else []
        return "\n".join([f"now {time.monotonic():.3f}", *map(str, said), self.lan.logs()])

    def directory(self) -> Path:
        return self.lan.log_dir

    def _add_segment(self, segment: int) -> None:
        bridge = f"br{segment}"
        self.lan.switch.ip(f"link add {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                           f"link set {bridge} up")
        for host in self.routers:
            port, interface = f"{host.name}-{segment}", f"eth{segment}"
            self.lan.switch.ip(f"link add {port} type veth peer name {interface} netns {host.path}",
                               f"link set {port} master {bridge} up")
            host.ip(f"address add {self.address(host, segment)}/22 dev {interface}", f"link set {interface} up")

    def close(self) -> None:
        """Kills every program and drops every namespace."""
        self._stack.close()


def _host_of(port: str) -> str:
    return port.split("-")[0]

