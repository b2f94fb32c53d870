"""tshark reads what our agent sends, in every form: dissected to the end, nothing to complain about, checksums right.

tshark 4.0 sums version 3 over IPv4 with the pseudo-header unless `vrrp.v3_checksum_as_in_v2` is set, then without, so
the message-only form of RFC 9568 is judged with that preference. A signature behind a message is to tshark a part of
it: it sums the trailer too, which over IPv6 is what everybody does, and over IPv4 is not (neither keepalived nor we).
"""

import secrets
import struct
from collections.abc import Generator
from typing import Any

import pytest

from agent import STATUS_PORT, Agent, Plan
from capture import Capture, dissect, is_arp, is_neighbour_advertisement, is_vrrp
from netns import Lan
from pair import add_host

IP4, IP6, LINK_LOCAL, VIP4, VIP6, VIP_LINK_LOCAL = (
    "192.0.2.11", "2001:db8::11", "fe80::11", "192.0.2.100", "2001:db8::100", "fe80::5:100")
SECRET = "s3cr3t"
AS_IN_V2 = "vrrp.v3_checksum_as_in_v2:TRUE"
GOOD, BAD = "1", "0"
FIELDS = [
    "frame.protocols", "_ws.expert.message", "_ws.malformed", "eth.src", "eth.dst",
    "ip.src", "ip.dst", "ip.ttl", "ip.dsfield", "ip.checksum.status",
    "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass",
    "vrrp.version", "vrrp.type", "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.addr_count", "vrrp.checksum.status",
    "vrrp.adver_int", "vrrp.short_adver_int", "vrrp.ip_addr", "vrrp.ipv6_addr", "vrrp.auth_type", "vrrp.auth_string",
]


class Speaker:
    """Our agent alone with a peer that exists but says nothing, and what the agent sends."""

    def __init__(self, lan: Lan):
        self.lan = lan
        self.host = add_host(lan, "ours", 11)
        self.peer = add_host(lan, "theirs", 12)
        self.capture = Capture(self.host)

    def start(self, family: int, version: int, **changes: Any) -> None:
        numbers = {"ours": 11} if changes.get("transport") == "multicast" else {"ours": 11, "theirs": 12}
        members = [{"id": name, "hostname": name, "address": f"192.0.2.{number}", "priority": 211 - number}
                   | ({"address6": f"2001:db8::{number}"} if family == 6 else {}) for name, number in numbers.items()]
        addresses = [f"{VIP4}/32"] if family == 4 else [f"{VIP_LINK_LOCAL}/64", f"{VIP6}/64"]
        plan = Plan({}, addresses=addresses, version=version, interval_ms=1000 if version == 2 else 100,
                    interface="eth0", changes={"members": members} | changes)
        Agent.from_plan(self.host, plan, node="ours")

    def secret_file(self, secret: str) -> str:
        path = self.lan.log_dir / "secret"
        path.write_text(secret)
        return str(path)

    def read(self, frame: bytes, *options: str, fields: list[str] = FIELDS) -> dict[str, str]:
        """tshark's values of a frame, those that are there."""
        read, = dissect([frame], fields, self.lan.log_dir / "frame.pcap", *options)
        return {name: value for name, value in read.items() if value}

    def advert(self) -> bytes:
        return self.capture.wait_for(is_vrrp)[0]

    def logs(self) -> str:
        return self.lan.logs()


@pytest.fixture
def speaker(needs_root: None) -> Generator[Speaker, None, None]:
    with Lan() as lan:
        speaker = Speaker(lan)
        with speaker.capture:
            yield speaker


def v4(speaker: Speaker, destination: str, mac: str) -> dict[str, str]:
    return {"frame.protocols": "eth:ethertype:ip:vrrp", "eth.src": speaker.host.mac(), "eth.dst": mac, "ip.src": IP4,
            "ip.dst": destination, "ip.ttl": "255", "ip.dsfield": "0xc0", "ip.checksum.status": GOOD, "vrrp.type": "1",
            "vrrp.virt_rtr_id": "51", "vrrp.prio": "200", "vrrp.addr_count": "1", "vrrp.checksum.status": GOOD,
            "vrrp.ip_addr": VIP4}


def v6(speaker: Speaker, source: str, destination: str, mac: str) -> dict[str, str]:
    return {"frame.protocols": "eth:ethertype:ipv6:vrrp", "eth.src": speaker.host.mac(), "eth.dst": mac,
            "ipv6.src": source, "ipv6.dst": destination, "ipv6.hlim": "255", "ipv6.tclass": "0x000000c0",
            "vrrp.version": "3", "vrrp.type": "1", "vrrp.virt_rtr_id": "51", "vrrp.prio": "200", "vrrp.addr_count": "2",
            "vrrp.checksum.status": GOOD, "vrrp.short_adver_int": "10", "vrrp.ipv6_addr": f"{VIP_LINK_LOCAL},{VIP6}"}


V2 = {"vrrp.version": "2", "vrrp.adver_int": "1"}
V3 = {"vrrp.version": "3", "vrrp.short_adver_int": "10"}
MULTICAST4 = ("224.0.0.18", "01:00:5e:00:00:12")
MULTICAST6 = ("ff02::12", "33:33:00:00:00:12")
VIRTUAL_MAC = {4: "00:00:5e:00:01:33", 6: "00:00:5e:00:02:33"}


@pytest.mark.parametrize("transport", ["unicast", "multicast"])
@pytest.mark.parametrize("form", ["v2", "v2-password", "v3", "v3-message-only"])
def test_an_advert_over_ipv4(speaker: Speaker, form: str, transport: str) -> None:
    version = int(form[1])
    changes: dict[str, Any] = {"transport": transport} if transport == "multicast" else {}
    wanted = V2 | {"vrrp.auth_type": "0"} if version == 2 else V3
    options = []
    if form == "v2-password":
        changes["auth"] = {"mode": "password", "file": speaker.secret_file(SECRET)}
        wanted = V2 | {"vrrp.auth_type": "1", "vrrp.auth_string": SECRET}
    if form == "v3-message-only":
        changes["checksum"] = "message-only"
        options = [AS_IN_V2]
    speaker.start(4, version, **changes)
    to = MULTICAST4 if transport == "multicast" else ("192.0.2.12", speaker.peer.mac())
    assert speaker.read(speaker.advert(), *options) == v4(speaker, *to) | wanted


@pytest.mark.parametrize("transport", ["unicast", "multicast"])
def test_an_advert_over_ipv6(speaker: Speaker, transport: str) -> None:
    if transport == "multicast":
        speaker.start(6, 3, transport="multicast")
        wanted = v6(speaker, LINK_LOCAL, *MULTICAST6)
    else:
        speaker.start(6, 3)
        wanted = v6(speaker, IP6, "2001:db8::12", speaker.peer.mac())
    assert speaker.read(speaker.advert()) == wanted


@pytest.mark.parametrize("family", [4, 6])
def test_an_advert_from_the_virtual_mac(speaker: Speaker, family: int) -> None:
    """RFC 9568, 7.3: what goes to the group comes from the virtual router's MAC."""
    speaker.start(family, 3, transport="multicast", virtual_mac=True)
    wanted = v4(speaker, *MULTICAST4) | V3 if family == 4 else v6(speaker, LINK_LOCAL, *MULTICAST6)
    mac = VIRTUAL_MAC[family]
    assert speaker.read(speaker.advert()) == wanted | {"eth.src": mac}
    if family == 4:
        frame, = speaker.capture.wait_for(lambda f: is_arp(f) and f[28:32] == bytes([192, 0, 2, 100]))
        assert speaker.read(frame, fields=["_ws.malformed", "_ws.expert.message", "eth.src", "arp.src.hw_mac"]) == {
            "eth.src": mac, "arp.src.hw_mac": mac}


def test_a_hello(speaker: Speaker) -> None:
    """Our own question to the peer, over UDP on the status port: a whole datagram that is nothing else to tshark."""
    speaker.start(4, 3, auth={"mode": "hmac", "file": speaker.secret_file(secrets.token_hex(32))})
    frame, = speaker.capture.wait_for(lambda f: f[12:14] == b"\x08\x00" and f[23] == 17)
    assert speaker.read(frame, fields=["frame.protocols", "_ws.malformed", "_ws.expert.message", "ip.src", "ip.dst",
                                       "udp.dstport", "udp.length"]) == {
        "frame.protocols": "eth:ethertype:ip:udp:data", "ip.src": IP4, "ip.dst": "192.0.2.12",
        "udp.dstport": str(STATUS_PORT), "udp.length": str(8 + 48 + 28)}


def test_the_two_checksums_of_version_3_are_told_apart(speaker: Speaker) -> None:
    """Each form is wrong to a tshark that expects the other one; else the tests above would prove nothing."""
    speaker.start(4, 3)
    read = speaker.read(speaker.advert(), AS_IN_V2)
    assert read["vrrp.checksum.status"] == BAD
    assert "Bad checksum" in read["_ws.expert.message"]


def test_a_signed_advert_over_ipv4_is_known_to_be_summed_otherwise_by_tshark(speaker: Speaker) -> None:
    """tshark has no word for the trailer and counts it as a part of the message. Without it, the sum is right."""
    speaker.start(4, 3, auth={"mode": "hmac", "file": speaker.secret_file(secrets.token_hex(32))})
    frame = speaker.advert()
    read = speaker.read(frame)
    complaint = read.pop("_ws.expert.message")
    assert complaint.startswith("Bad checksum"), complaint
    wanted = v4(speaker, "192.0.2.12", speaker.peer.mac()) | V3
    assert read == wanted | {"vrrp.checksum.status": BAD}
    assert speaker.read(without_trailer(frame)) == wanted


def test_a_signed_advert_over_ipv6(speaker: Speaker) -> None:
    speaker.start(6, 3, auth={"mode": "hmac", "file": speaker.secret_file(secrets.token_hex(32))})
    frame = speaker.advert()
    assert struct.unpack_from("!H", frame, 18)[0] == 8 + 2 * 16 + 28, "the trailer is there"
    assert speaker.read(frame) == v6(speaker, IP6, "2001:db8::12", speaker.peer.mac())


def test_a_gratuitous_arp(speaker: Speaker) -> None:
    speaker.start(4, 3)
    frame, = speaker.capture.wait_for(lambda f: is_arp(f) and f[28:32] == bytes([192, 0, 2, 100]))
    assert speaker.read(frame, fields=[
        "frame.protocols", "_ws.expert.message", "_ws.malformed", "eth.src", "eth.dst", "arp.opcode",
        "arp.isgratuitous", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4"]) == {
        "frame.protocols": "eth:ethertype:arp", "eth.src": speaker.host.mac(), "eth.dst": "ff:ff:ff:ff:ff:ff",
        "arp.opcode": "1", "arp.isgratuitous": "1", "arp.src.hw_mac": speaker.host.mac(), "arp.src.proto_ipv4": VIP4,
        "arp.dst.hw_mac": "ff:ff:ff:ff:ff:ff", "arp.dst.proto_ipv4": VIP4}


def test_an_unsolicited_neighbour_advertisement(speaker: Speaker) -> None:
    """To all nodes, from the address itself, with the MAC, and to be believed over what was known (RFC 4861, 7.2.6)."""
    speaker.start(6, 3)
    frame, = speaker.capture.wait_for(lambda f: is_neighbour_advertisement(f) and f[62:78].hex().endswith("0100")
                                      and f[62:64] == b"\x20\x01")
    assert speaker.read(frame, fields=[
        "frame.protocols", "_ws.expert.message", "_ws.malformed", "eth.src", "eth.dst", "ipv6.src", "ipv6.dst",
        "ipv6.hlim", "icmpv6.type", "icmpv6.checksum.status", "icmpv6.nd.na.flag.s", "icmpv6.nd.na.flag.o",
        "icmpv6.nd.na.flag.r", "icmpv6.nd.na.target_address", "icmpv6.opt.type", "icmpv6.opt.linkaddr"]) == {
        "frame.protocols": "eth:ethertype:ipv6:icmpv6", "eth.src": speaker.host.mac(), "eth.dst": "33:33:00:00:00:01",
        "ipv6.src": VIP6, "ipv6.dst": "ff02::1", "ipv6.hlim": "255", "icmpv6.type": "136",
        "icmpv6.checksum.status": GOOD, "icmpv6.nd.na.flag.s": "0", "icmpv6.nd.na.flag.o": "1",
        "icmpv6.nd.na.flag.r": "0", "icmpv6.nd.na.target_address": VIP6, "icmpv6.opt.type": "2",
        "icmpv6.opt.linkaddr": speaker.host.mac()}


@pytest.mark.parametrize("fault", ["checksum", "short"])
def test_the_judge_sees_a_fault(speaker: Speaker, fault: str) -> None:
    speaker.start(4, 3)
    frame = bytearray(speaker.advert())
    if fault == "checksum":
        frame[36] ^= 1  # the priority
        assert "Bad checksum" in speaker.read(bytes(frame))["_ws.expert.message"]
    else:
        frame[37] = 9  # addresses that are not there
        read = speaker.read(bytes(frame))
        assert "_ws.malformed" in read or "_ws.expert.message" in read, read


def without_trailer(frame: bytes) -> bytes:
    """A signed advert over IPv4 without its signature."""
    header = bytearray(frame[14:34])
    struct.pack_into("!H", header, 2, struct.unpack_from("!H", header, 2)[0] - 28)
    struct.pack_into("!H", header, 10, 0)
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", header, 10, ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return frame[:14] + bytes(header) + frame[34:-28]
