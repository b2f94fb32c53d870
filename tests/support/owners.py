"""Who holds which address, and since when: watches the kernels of all hosts of a Lan through netlink.

One RTNETLINK socket per namespace, one thread that reads them all. Times are CLOCK_MONOTONIC seconds
(time.monotonic()), taken when the event is read: late by well under a millisecond on a quiet machine, a few on a busy
one, so lengths below about 5 ms say nothing. A lease that is renewed makes no event here: only coming and going counts.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from netns import Host, wait_until

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_RTMGRP_IPV4_IFADDR, _RTMGRP_IPV6_IFADDR = 0x10, 0x100
_IFA_ADDRESS, _IFA_LOCAL = 1, 2


@dataclass(frozen=True)
class Change:
    time: float
    host: str
    address: str
    added: bool

    def __str__(self) -> str:
        return f"{self.time:.3f} {self.host} {'+' if self.added else '-'}{self.address}"


@dataclass(frozen=True)
class Span:
    """A stretch of time during which the same hosts held an address."""

    start: float
    end: float
    owners: frozenset[str]

    @property
    def length(self) -> float:
        return self.end - self.start


class Owners:
    """A context manager. Watches the given addresses on the given hosts from its birth to its end."""

    def __init__(self, hosts: Iterable[Host], addresses: Iterable[str]):
        self.hosts = {host.name: host for host in hosts}
        self.addresses = [str(ipaddress.ip_address(a)) for a in addresses]
        self._lock = threading.Lock()
        self._changes: list[Change] = []
        self._held: set[tuple[str, str]] = set()
        self._start = time.monotonic()
        self._sockets: dict[socket.socket, str] = {}
        self._failure: BaseException | None = None
        for host in self.hosts.values():
            self._sockets[host.inside(_open_netlink)] = host.name
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for netlink, name in self._sockets.items():
            self._dump(netlink, name)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    # What is true now.

    def now(self, address: str | None = None) -> set[str]:
        """The names of the hosts that hold the address (default: the first one watched)."""
        self._check()
        with self._lock:
            wanted = address or self.addresses[0]
            return {host for host, held in self._held if held == wanted}

    def wait_for(self, owners: Iterable[str], timeout: float = 15, address: str | None = None) -> None:
        """Waits until exactly these hosts hold the address."""
        wanted = set(owners)
        try:
            wait_until(lambda: self.now(address) == wanted, timeout, "")
        except TimeoutError:
            raise TimeoutError(f"{sorted(wanted) or 'nobody'} should hold {address or self.addresses[0]} within "
                               f"{timeout} s, but {sorted(self.now(address)) or 'nobody'} does\n{self}") from None

    def wait_for_owner(self, host: Host | str, timeout: float = 15, address: str | None = None) -> None:
        """Waits until this host, and no other, holds the address."""
        self.wait_for([host if isinstance(host, str) else host.name], timeout, address)

    def stays(self, owners: Iterable[str], seconds: float, address: str | None = None) -> None:
        """Looks on for some seconds; fails at once if anybody but these hosts holds the address, or one lets it go."""
        wanted, start = set(owners), time.monotonic()
        while time.monotonic() < start + seconds:
            spans = self.spans(start, address=address)
            if any(set(span.owners) != wanted for span in spans):
                raise AssertionError(f"{sorted(wanted) or 'nobody'} should have kept "
                                     f"{address or self.addresses[0]}\n{self}")
            time.sleep(0.02)

    # What happened.

    def changes(self, since: float = 0) -> list[Change]:
        self._check()
        with self._lock:
            return [change for change in self._changes if change.time >= since]

    def spans(self, since: float | None = None, until: float | None = None, address: str | None = None) -> list[Span]:
        """The whole time between since and until, cut where the owners of the address change."""
        wanted = address or self.addresses[0]
        begin = self._start if since is None else since
        end = time.monotonic() if until is None else until
        owners: frozenset[str] = frozenset()
        spans: list[Span] = []
        for change in [c for c in self.changes() if c.address == wanted]:
            if change.time > begin:
                if change.time >= end:
                    break
                spans.append(Span(begin, change.time, owners))
                begin = change.time
            owners = owners | {change.host} if change.added else owners - {change.host}
        spans.append(Span(begin, end, owners))
        return spans

    def longest_with_several(self, since: float | None = None, until: float | None = None,
                             address: str | None = None) -> float:
        """Longest unbroken time, in seconds, with two owners or more."""
        return _longest([(s, len(s.owners) >= 2) for s in self.spans(since, until, address)])

    def longest_with_none(self, since: float | None = None, until: float | None = None,
                          address: str | None = None) -> float:
        """Longest unbroken time, in seconds, without an owner."""
        return _longest([(s, not s.owners) for s in self.spans(since, until, address)])

    def __str__(self) -> str:
        return "\n".join([f"addresses since {self._start:.3f}:", *(f"  {change}" for change in self.changes())])

    # The reading thread.

    def _watch(self) -> None:
        try:
            while True:
                readable, _, _ = select.select([*self._sockets, self._wake_read], [], [])
                if self._wake_read in readable:
                    return
                heard = [(self._sockets[netlink], self._read(netlink, self._sockets[netlink])) for netlink in readable]
                now = time.monotonic()
                # What came between two looks has no order between hosts: who lets go is not believed to have done so first.
                for host, messages in sorted(heard, key=lambda item: not _begins_with_an_address(item[1])):
                    for kind, body in messages:
                        self._apply(now, host, kind, body)
        except BaseException as error:  # noqa: BLE001 - told to whoever asks next
            self._failure = error

    def _read(self, netlink: socket.socket, host: str) -> list[tuple[int, bytes]]:
        try:
            return list(_messages(netlink.recv(1 << 16)))
        except BlockingIOError:
            return []
        except OSError:  # ENOBUFS: events were lost, look again
            self._dump(netlink, host)
            return []

    def _dump(self, netlink: socket.socket, host: str) -> None:
        """Asks for everything; what is missing in the answer is gone."""
        seen: set[tuple[str, str]] = set()
        netlink.setblocking(True)
        netlink.send(struct.pack("=IHHIIBBBBI", 24, _RTM_GETADDR, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0, 0, 0, 0, 0, 0))
        is_done = False
        while not is_done:
            with contextlib.suppress(OSError):
                for kind, body in _messages(netlink.recv(1 << 16)):
                    if kind in (_NLMSG_DONE, _NLMSG_ERROR):
                        is_done = True
                    elif kind == _RTM_NEWADDR and _address(body) in self.addresses:
                        seen.add((host, _address(body)))
                    self._apply(time.monotonic(), host, kind, body)
        netlink.setblocking(False)
        with self._lock:
            for gone in [held for held in self._held if held[0] == host and held not in seen]:
                self._note(Change(time.monotonic(), *gone, added=False))

    def _apply(self, now: float, host: str, kind: int, body: bytes) -> None:
        if kind not in (_RTM_NEWADDR, _RTM_DELADDR) or _address(body) not in self.addresses:
            return
        with self._lock:
            self._note(Change(now, host, _address(body), added=kind == _RTM_NEWADDR))

    def _note(self, change: Change) -> None:
        key = (change.host, change.address)
        if change.added == (key in self._held):
            return  # a renewed lease
        (self._held.add if change.added else self._held.discard)(key)
        self._changes.append(change)

    def _check(self) -> None:
        if self._failure is not None:
            raise RuntimeError("the watcher of addresses died") from self._failure

    def close(self) -> None:
        os.write(self._wake_write, b"x")
        self._thread.join()
        for netlink in self._sockets:
            netlink.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def __enter__(self) -> "Owners":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_netlink() -> socket.socket:
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    netlink.bind((0, _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
    return netlink


def _begins_with_an_address(messages: list[tuple[int, bytes]]) -> bool:
    return bool(messages) and messages[0][0] == _RTM_NEWADDR


def _messages(data: bytes) -> Iterable[tuple[int, bytes]]:
    offset = 0
    while offset + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, offset)
        if length < 16:
            return
        yield kind, data[offset + 16:offset + length]
        offset += (length + 3) & ~3


def _address(body: bytes) -> str:
    """The address of an ifaddrmsg: IFA_LOCAL where there is one (IPv4), else IFA_ADDRESS."""
    found: dict[int, bytes] = {}
    offset = 8
    while offset + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, offset)
        if length < 4:
            break
        found[kind] = body[offset + 4:offset + length]
        offset += (length + 3) & ~3
    raw = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS)
    return str(ipaddress.ip_address(raw)) if raw else ""


def _longest(spans: list[tuple[Span, bool]]) -> float:
    longest = current = 0.0
    for span, counts in spans:
        current = current + span.length if counts else 0.0
        longest = max(longest, current)
    return longest
