"""Packets that no honest router sends: VRRP adverts, hellos, ARP and neighbour advertisements, byte for byte.

Everything can be wrong: what is not asked for is right. Frames go from one host of a Lan to another.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from netns import Host

PROTOCOL = 112
UDP = 17
_FRAGMENT = 1480


@dataclass(frozen=True)
class Key:
    secret: bytes
    id: int = 1


@dataclass(frozen=True)
class Advert:
    """An advert as its fields; `encode` makes the payload of an IP packet."""

    version: int = 3
    kind: int = 1
    vrid: int = 51
    priority: int = 255
    interval: int = 25  # centiseconds in version 3, seconds in version 2
    addresses: Sequence[str] = ("192.0.2.100",)
    count: int | None = None  # default: as many as there are
    auth_type: int = 0
    auth_data: bytes = b""
    checksum: int | None = None  # default: the right one
    key: Key | None = None
    sequence: int = 0
    trailer: bytes = b""  # behind everything else

    def encode(self, source: str, destination: str) -> bytes:
        count = len(self.addresses) if self.count is None else self.count
        interval = self.auth_type << 8 | self.interval if self.version == 2 else self.interval
        head = struct.pack("!BBBBH", self.version << 4 | self.kind, self.vrid, self.priority, count, interval)
        body = b"".join(ipaddress.ip_address(address).packed for address in self.addresses)
        if self.version == 2:
            body += self.auth_data.ljust(8, b"\0")
        tail = self._sign(head, body, source) + self.trailer
        over_ipv6 = ":" in source
        summed = body + tail if over_ipv6 else body
        total = checksum(_pseudo_header(source, destination, len(head) + 2 + len(summed), self.version)
                         + head + b"\0\0" + summed)
        return head + struct.pack("!H", total if self.checksum is None else self.checksum) + body + tail

    def _sign(self, head: bytes, body: bytes, source: str) -> bytes:
        return b"" if self.key is None else signature(head + b"\0\0" + body, source, self.key, self.sequence)


@dataclass(frozen=True)
class Hello:
    """A hello as its fields (vrrp/core/hello.h); `encode` makes the payload of a datagram."""

    version: int = 15
    form: int = 1
    vrid: int = 51
    priority: int = 200
    kind: int = 1  # 1: question, 2: answer
    state: int = 1  # 0: initialize, 1: backup, 2: active, 3: fault
    contacts: int = 0
    zero: int = 0
    generation: int = 1
    ticket: int = 1
    interval_ms: int = 250
    active_for_ms: int = 0
    active_router: bytes = b""
    key: Key = field(default=Key(bytes(32)))
    sequence: int = 0

    def encode(self, source: str) -> bytes:
        message = struct.pack("!BBBBBBHQQII", self.version << 4 | self.form, self.vrid, self.priority, self.kind,
                              self.state, self.contacts, self.zero, self.generation, self.ticket, self.interval_ms,
                              self.active_for_ms) + self.active_router.ljust(16, b"\0")
        return message + signature(message, source, self.key, self.sequence)


def signature(message: bytes, source: str, key: Key, sequence: int) -> bytes:
    """The trailer: of a message whose bytes 6 and 7, an advert's checksum, count as zero."""
    address = ipaddress.ip_address(source)
    pseudo = struct.pack("!BBBB", address.version, message[0] >> 4, message[1], 0) + address.packed.ljust(16, b"\0")
    start = struct.pack("!BBHQ", 1, key.id, 0, sequence)
    signed = pseudo + message[:6] + b"\0\0" + message[8:] + start + bytes(16)
    return start + hmac.new(key.secret, signed, hashlib.sha256).digest()[:16]


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(source: str, destination: str, payload: bytes, port: int, source_port: int | None = None) -> bytes:
    """A datagram; over IPv4 without a checksum."""
    head = struct.pack("!HHHH", port if source_port is None else source_port, port, 8 + len(payload), 0)
    if ":" not in source:
        return head + payload
    total = checksum(_pseudo_header(source, destination, 8 + len(payload), 3, UDP) + head + payload)
    return head[:6] + struct.pack("!H", total or 0xFFFF) + payload


def _pseudo_header(source: str, destination: str, size: int, version: int, protocol: int = PROTOCOL) -> bytes:
    if ":" in source:
        return (ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
                + struct.pack("!II", size, protocol))
    if version == 2:
        return b""
    return (ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
            + struct.pack("!HH", PROTOCOL, size))


def ip_packets(source: str, destination: str, payload: bytes, ttl: int = 255,
               protocol: int = PROTOCOL) -> Iterator[bytes]:
    """One packet; over IPv4 as many fragments as the payload needs."""
    if ":" in source:
        yield (struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + ipaddress.ip_address(source).packed
               + ipaddress.ip_address(destination).packed + payload)
        return
    for offset in range(0, max(len(payload), 1), _FRAGMENT):
        part = payload[offset:offset + _FRAGMENT]
        more = 0x2000 if offset + _FRAGMENT < len(payload) else 0
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), 4711, more | offset // 8, ttl, protocol, 0,
                             ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
        yield header[:10] + struct.pack("!H", checksum(header)) + header[12:] + part


class Forger:
    """A packet socket on an interface of a host. A context manager."""

    def __init__(self, host: Host, interface: str = "eth0"):
        def open_socket() -> socket.socket:
            packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            packet.bind((interface, 0))
            return packet

        self.mac = _mac_bytes(host.mac())
        self._socket = host.inside(open_socket)
        self._macs: dict[str, bytes] = {}

    def use_mac(self, target: Host, mac: bytes) -> None:
        """Where the target is reached by another of its interfaces than eth0."""
        self._macs[target.name] = mac

    def advert(self, target: Host, source: str, destination: str, advert: Advert | bytes, ttl: int = 255) -> None:
        """To the target's own MAC, whatever the destination address."""
        payload = advert if isinstance(advert, bytes) else advert.encode(source, destination)
        for packet in ip_packets(source, destination, payload, ttl):
            self.replay(target, packet)

    def hello(self, target: Host, source: str, destination: str, hello: Hello | bytes, port: int) -> None:
        payload = hello if isinstance(hello, bytes) else hello.encode(source)
        for packet in ip_packets(source, destination, udp(source, destination, payload, port), 64, UDP):
            self.replay(target, packet)

    def replay(self, target: Host, packet: bytes) -> None:
        """An IP packet as it stands."""
        mac = self._macs.setdefault(target.name, b"") or _mac_bytes(target.mac())
        self._macs[target.name] = mac
        self._socket.send(mac + self.mac + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet)

    def announce(self, address: str) -> None:
        """A gratuitous ARP or an unsolicited neighbour advertisement to all: the address is here."""
        packed = ipaddress.ip_address(address).packed
        if ":" not in address:
            self._socket.send(b"\xff" * 6 + self.mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
                              + self.mac + packed + b"\xff" * 6 + packed)
            return
        everybody = ipaddress.ip_address("ff02::1").packed
        start = b"\x88\0\0\0\x20\0\0\0" + packed + b"\x02\x01" + self.mac
        total = checksum(packed + everybody + struct.pack("!II", len(start), 58) + start)
        body = start[:2] + struct.pack("!H", total) + start[4:]
        header = struct.pack("!IHBB", 6 << 28, len(body), 58, 255)
        self._socket.send(b"\x33\x33\0\0\0\x01" + self.mac + b"\x86\xdd" + header + packed + everybody + body)

    def __enter__(self) -> "Forger":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _mac_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
