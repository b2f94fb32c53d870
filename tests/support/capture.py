"""Frames of a host as a pcap file, and what Wireshark's tshark makes of them."""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from netns import Host

_ETH_P_ALL, _PACKET_OUTGOING = 3, 4
_FILE_HEADER = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # 1: Ethernet


class Capture:
    """A context manager: hears every frame that a host sends, at its port of the switch."""

    def __init__(self, host: Host):
        self.frames: list[bytes] = []
        switch = host.lan.switch
        self._socket = switch.inside(lambda: socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.htons(_ETH_P_ALL)))
        switch.inside(lambda: self._socket.bind((host.name, _ETH_P_ALL)))

    def wait_for(self, matches: Callable[[bytes], bool], count: int = 1, timeout: float = 10) -> list[bytes]:
        """Listens until so many frames match; returns them."""
        deadline = time.monotonic() + timeout
        found = [frame for frame in self.frames if matches(frame)]
        while len(found) < count:
            rest = deadline - time.monotonic()
            if rest <= 0 or not select.select([self._socket], [], [], rest)[0]:
                raise TimeoutError(f"{len(found)} of {count} frames within {timeout} s; heard {len(self.frames)}")
            frame, sender = self._socket.recvfrom(65535)
            if sender[2] != _PACKET_OUTGOING:
                self.frames.append(frame)
                found += [frame] if matches(frame) else []
        return found

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def is_vrrp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23] == 112 or frame[12:14] == b"\x86\xdd" and frame[20] == 112


def is_arp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x06"


def is_neighbour_advertisement(frame: bytes) -> bool:
    return frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136


def dissect(frames: Sequence[bytes], fields: Sequence[str], path: Path, *options: str) -> list[dict[str, str]]:
    """What tshark reads in the frames; several values of a field are joined by commas. path: where to put the pcap."""
    path.write_bytes(_FILE_HEADER + b"".join(
        struct.pack("=IIII", number, 0, len(frame), len(frame)) + frame for number, frame in enumerate(frames)))
    preferences = [word for option in ("ip.check_checksum:TRUE", *options) for word in ("-o", option)]
    result = subprocess.run(
        ["tshark", "-n", "-r", str(path), *preferences, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
         *(word for field in fields for word in ("-e", field))],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(path.parent)},
        capture_output=True, text=True, timeout=60, check=True)
    return [dict(zip(fields, line.split("\t"), strict=True)) for line in result.stdout.splitlines()]
