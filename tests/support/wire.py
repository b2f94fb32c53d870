"""What the hosts of a Lan send: VRRP adverts, ARP / neighbour announcements and answers, stamped by the kernel.

One packet socket in the switch's namespace hears every frame as it enters a port of the bridge, once, with the port's
name, which is the name of the host that sent it. A frame that a silent cut drops is still heard: it was sent.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from netns import Lan, wait_until

_SO_TIMESTAMPNS, _SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 35, 26, 33
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_BUFFER = 32 << 20  # bytes: a thousand adverts a second, while somebody else has the processor
_ETH_P_ALL = 3

# Classic BPF: ARP, IPv4 protocol 112, IPv6 next header 112 or ICMPv6; everything else (pings) never reaches Python, nor
# does the same frame leaving by another port (PACKET_OUTGOING).
_FILTER = [
    (0x30, 0, 0, 0xFFFFF004),  # SKF_AD_PKTTYPE
    (0x15, 10, 0, 4),
    (0x28, 0, 0, 12),  # ethertype
    (0x15, 7, 0, 0x0806),
    (0x15, 0, 2, 0x0800),
    (0x30, 0, 0, 23),  # IPv4 protocol
    (0x15, 4, 5, 112),
    (0x15, 0, 4, 0x86DD),
    (0x30, 0, 0, 20),  # IPv6 next header
    (0x15, 1, 0, 112),
    (0x15, 0, 1, 58),
    (0x06, 0, 0, 0x40000),  # hear it
    (0x06, 0, 0, 0),
]


@dataclass(frozen=True)
class Advert:
    time: float  # time.monotonic()
    host: str
    source: str
    destination: str
    ttl: int
    version: int
    vrid: int
    priority: int
    interval: int  # as on the wire: seconds (v2), centiseconds (v3)
    addresses: tuple[str, ...]
    auth_type: int  # v2 only, else 0
    auth_data: bytes
    packet: bytes  # from its IP header on, to be replayed


@dataclass(frozen=True)
class Announcement:
    """A gratuitous ARP (sender and target are the same address) or an unsolicited neighbour advertisement."""

    time: float
    host: str
    address: str
    mac: str
    frame: bytes


@dataclass(frozen=True)
class Answer:
    """To "who has that address": an ARP reply or a solicited neighbour advertisement."""

    time: float
    host: str
    address: str
    mac: str


@dataclass(frozen=True)
class Probe:
    """"Has anybody that address?": an ARP request or a neighbour solicitation from nobody."""

    time: float
    host: str
    address: str


class Wire:
    """A context manager: listens from its birth to its end."""

    def __init__(self, lan: Lan):
        self._adverts: list[Advert] = []
        self._announcements: list[Announcement] = []
        self._answers: list[Answer] = []
        self._probes: list[Probe] = []
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._socket = lan.switch.inside(_open_packet_socket)
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def adverts(self, host: str | None = None, since: float = 0) -> list[Advert]:
        self._check()
        with self._lock:
            return [a for a in self._adverts if a.time >= since and host in (None, a.host)]

    def announcements(self, host: str | None = None, since: float = 0) -> list[Announcement]:
        self._check()
        with self._lock:
            return [a for a in self._announcements if a.time >= since and host in (None, a.host)]

    def probes(self, host: str | None = None, since: float = 0, address: str | None = None) -> list[Probe]:
        self._check()
        with self._lock:
            return [p for p in self._probes
                    if p.time >= since and host in (None, p.host) and address in (None, p.address)]

    def answers(self, host: str | None = None, since: float = 0, address: str | None = None) -> list[Answer]:
        self._check()
        with self._lock:
            return [a for a in self._answers
                    if a.time >= since and host in (None, a.host) and address in (None, a.address)]

    def lost(self) -> int:
        """How many frames since the last question did not reach us, because we were too slow."""
        return struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))[1]

    def wait_for_advert(self, matches: Callable[[Advert], bool], timeout: float = 10, since: float = 0) -> Advert:
        return wait_until(lambda: next((a for a in self.adverts(since=since) if matches(a)), None), timeout,
                          lambda: f"an advert; heard: {self.adverts(since=since)[-10:]}")

    def _listen(self) -> None:
        try:
            while True:
                readable, _, _ = select.select([self._socket, self._wake_read], [], [])
                if self._wake_read in readable:
                    return
                frame, ancillary, _, sender = self._socket.recvmsg(2048, 256)
                self._decode(_monotonic(ancillary), sender[0], frame)
        except BaseException as error:  # noqa: BLE001 - told to whoever asks next
            self._failure = error

    def _decode(self, now: float, host: str, frame: bytes) -> None:
        ethertype = struct.unpack_from("!H", frame, 12)[0]
        packet = frame[14:]
        if ethertype == 0x0806:
            sender_mac, sender, target = packet[8:14], packet[14:18], packet[24:28]
            if sender == target and host != "br0":
                self._announce(Announcement(now, host, socket.inet_ntoa(sender), sender_mac.hex(":"), frame))
            elif sender == bytes(4) and host != "br0":
                self._probe(Probe(now, host, socket.inet_ntoa(target)))
            elif packet[7] == 2 and host != "br0":
                self._answer(Answer(now, host, socket.inet_ntoa(sender), sender_mac.hex(":")))
        elif ethertype == 0x0800 and packet[9] == 112 and host != "br0":
            header = (packet[0] & 15) * 4
            length = struct.unpack_from("!H", packet, 2)[0]
            self._decode_vrrp(now, host, socket.AF_INET, packet[12:16], packet[16:20], packet[8],
                              packet[:length], packet[header:length])
        elif ethertype == 0x86DD and packet[6] == 112 and host != "br0":
            length = struct.unpack_from("!H", packet, 4)[0]
            self._decode_vrrp(now, host, socket.AF_INET6, packet[8:24], packet[24:40], packet[7],
                              packet[:40 + length], packet[40:40 + length])
        elif ethertype == 0x86DD and host != "br0" and len(packet) >= 64 and packet[40] == 136:
            target = socket.inet_ntop(socket.AF_INET6, packet[48:64])
            if packet[44] & 0x40:  # the solicited flag
                self._answer(Answer(now, host, target, frame[6:12].hex(":")))
            else:
                mac = packet[66:72] if packet[64:66] == b"\x02\x01" else frame[6:12]  # its target's, where it says so
                self._announce(Announcement(now, host, target, mac.hex(":"), frame))

        elif ethertype == 0x86DD and host != "br0" and len(packet) >= 64 and packet[40] == 135 and packet[8:24] == bytes(16):
            self._probe(Probe(now, host, socket.inet_ntop(socket.AF_INET6, packet[48:64])))

    def _probe(self, probe: Probe) -> None:
        with self._lock:
            self._probes.append(probe)

    def _announce(self, announcement: Announcement) -> None:
        with self._lock:
            self._announcements.append(announcement)

    def _answer(self, answer: Answer) -> None:
        with self._lock:
            self._answers.append(answer)

    def _decode_vrrp(self, now: float, host: str, family: socket.AddressFamily, source: bytes, destination: bytes,
                     ttl: int, packet: bytes, message: bytes) -> None:
        if len(message) < 8:
            return
        version, size = message[0] >> 4, 4 if family == socket.AF_INET else 16
        count = message[3]
        interval = message[5] if version == 2 else struct.unpack_from("!H", message, 4)[0] & 0xFFF
        addresses = tuple(socket.inet_ntop(family, message[8 + i * size:8 + (i + 1) * size]) for i in range(count))
        with self._lock:
            self._adverts.append(Advert(
                now, host, socket.inet_ntop(family, source), socket.inet_ntop(family, destination), ttl, version,
                message[1], message[2], interval, addresses, message[4] if version == 2 else 0,
                message[8 + count * size:] if version == 2 else b"", packet))

    def _check(self) -> None:
        if self._failure is not None:
            raise RuntimeError("the listener on the wire died") from self._failure

    def close(self) -> None:
        os.write(self._wake_write, b"x")
        self._thread.join()
        self._socket.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_packet_socket() -> socket.socket:
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.htons(_ETH_P_ALL))
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in _FILTER)
    buffer = ctypes.create_string_buffer(code)
    packet.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer)))
    packet.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    packet.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    return packet


def _monotonic(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("@qq", data[:16])
            return time.monotonic() - max(0, time.time_ns() - seconds * 1_000_000_000 - nanoseconds) / 1e9
    return time.monotonic()
