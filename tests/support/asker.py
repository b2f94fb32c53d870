"""A client that asks the LAN, over and over, who has an address: ARP requests or neighbour solicitations.

The answers are for the wire (wire.py: Wire.answers) to hear, which knows from which host each one came. This tells who
owns an address as the LAN sees it, whatever the address tables of the hosts look like, and when that changed, to
within one spacing.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading

from netns import Host


class Asker:
    """A context manager: asks from its birth to its end. The client has an address of the same family."""

    def __init__(self, client: Host, address: str, spacing: float = 0.02):
        self._spacing = spacing
        target = ipaddress.ip_address(address)
        mac = bytes.fromhex(client.mac().replace(":", ""))
        sources = [ipaddress.ip_interface(prefix).ip for prefix in client.prefixes]
        source = next(source for source in sources if source.version == target.version)
        make = _arp_request if target.version == 4 else _neighbour_solicitation
        self._frame = make(mac, source.packed, target.packed)
        self._socket = client.inside(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC))
        client.inside(lambda: self._socket.bind(("eth0", 0)))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._over.wait(self._spacing):
            self._socket.send(self._frame)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _arp_request(mac: bytes, source: bytes, target: bytes) -> bytes:
    return (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac + source + bytes(6) + target)


def _neighbour_solicitation(mac: bytes, source: bytes, target: bytes) -> bytes:
    group = socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:0")[:13] + target[13:]
    message = struct.pack("!BBHI", 135, 0, 0, 0) + target + b"\x01\x01" + mac
    pseudo = source + group + struct.pack("!II", len(message), 58)
    message = message[:2] + struct.pack("!H", _checksum(pseudo + message)) + message[4:]
    header = struct.pack("!IHBB", 0x60000000, len(message), 58, 255) + source + group
    return b"\x33\x33" + group[12:] + mac + struct.pack("!H", 0x86DD) + header + message


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
