"""Forged, broken and replayed packets: nothing moves, each is counted under its own reason, a flood is harmless."""

from __future__ import annotations

import functools
import random
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agent import STATUS_PORT, VIP, Agent
from capture import Capture
from cluster import Cluster
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, sum_counters, wait_for_states
from forge import UDP, Advert, Forger, Hello, Key, ip_packets, udp
from netns import Host, wait_until

Frame = tuple[Host, bytes]  # to whom, and an IP packet

REPEATS = 3
DISCARDS = ("malformed", "version", "type", "checksum", "no_addresses", "zero_interval", "ttl", "vrid", "own_address",
            "owner", "other_interface", "unknown_source", "authentication", "replay", "interval")


@dataclass(frozen=True)
class Attack:
    name: str
    counter: str | None  # None: the packet does not even reach the router
    advert: Advert | Hello | bytes
    source: str = "peer"  # "peer", "self", or an address
    destination: str = "target"
    ttl: int = 255
    hello: bool = False  # over UDP, where the members ask each other

    def send(self, forger: Forger, target: Host, source: str, destination: str) -> None:
        if isinstance(self.advert, Hello) or self.hello:
            payload = self.advert.encode(source, destination) if isinstance(self.advert, Advert) else self.advert
            forger.hello(target, source, destination, payload, STATUS_PORT)
        else:
            forger.advert(target, source, destination, self.advert, self.ttl)


def own_addresses(cluster: Cluster, ipv6: bool) -> dict[str, str]:
    if isinstance(cluster, DualCluster) and ipv6:
        return {host.name: cluster.address6[host.name] for host in (cluster.n1, cluster.n2)}
    return {host.name: host.address for host in (cluster.n1, cluster.n2)}


def expect_harmless(cluster: Cluster, attacks: list[Attack], ipv6: bool = False) -> None:
    """Each attack at the active n1 and at the backup n2: counted as expected and nowhere else, and nobody moves."""
    address = own_addresses(cluster, ipv6)
    agents = cluster.agents
    begin = time.monotonic()
    faults = []
    with Forger(cluster.client) as forger:
        for attack in attacks:
            for target, peer in ((cluster.n1, cluster.n2), (cluster.n2, cluster.n1)):
                agent = agents[target.name]
                before = sum_counters(agent)
                source = {"peer": address[peer.name], "self": address[target.name]}.get(attack.source, attack.source)
                destination = address[target.name] if attack.destination == "target" else attack.destination
                for _ in range(REPEATS):
                    attack.send(forger, target, source, destination)
                grown = counted(agent, before, 0 if attack.counter is None else REPEATS)
                if grown != ({} if attack.counter is None else {attack.counter: REPEATS}):
                    faults.append(f"{attack.name} at {target.name}: counted {grown}, expected {attack.counter}")
    assert not faults, "\n".join(faults)
    assert not cluster.owners.changes(begin), cluster.owners
    wait_for_states(agents["n1"], "active")
    wait_for_states(agents["n2"], "backup")


def counted(agent: Agent, before: dict[str, int], at_least: int) -> dict[str, int]:
    """The counters of discards that grew."""
    def grown() -> dict[str, int]:
        now = sum_counters(agent)
        return {name: now[name] - before[name] for name in DISCARDS if now[name] != before[name]}

    if not at_least:  # nothing to wait for: until the agent has read what was sent before its own next advert
        time.sleep(0.05)
        return grown()
    try:
        wait_until(lambda: sum(grown().values()) >= at_least, 2, "")
    except TimeoutError:
        pass  # told by the caller, with what was counted
    return grown()


def broken(vip: str) -> list[Attack]:
    """What is wrong whoever says it."""
    good = Advert(addresses=[vip])
    return [
        Attack("empty", "malformed", b""),
        Attack("truncated header", "malformed", good.encode("192.0.2.12", "192.0.2.11")[:7]),
        Attack("fewer addresses than it says", "malformed", replace(good, count=2)),
        Attack("255 addresses of which one is there", "malformed", replace(good, count=255)),
        Attack("wrong checksum", "checksum", replace(good, checksum=0xBEEF)),
        Attack("no checksum", "checksum", replace(good, checksum=0)),
        Attack("version 4", "version", replace(good, version=4)),
        Attack("version 0", "version", replace(good, version=0)),
        Attack("type 2", "type", replace(good, kind=2)),
        Attack("count 0", "no_addresses", replace(good, addresses=[])),
        Attack("interval 0", "zero_interval", replace(good, interval=0)),
        Attack("wrong VRID", "vrid", replace(good, vrid=52)),
        Attack("VRID 0", "vrid", replace(good, vrid=0)),
    ]


def key_file(cluster: Cluster, key: Key) -> dict[str, str]:
    path: Path = cluster.lan.log_dir / "key"
    path.write_text(f"{key.id}:{key.secret.hex()}\n")
    return {"mode": "hmac", "file": str(path)}


def unsigned_or_wrong(vip: str, key: Key) -> list[Attack]:
    """What the key is for: everything right but the signature."""
    good = Advert(addresses=[vip], sequence=(int(time.time()) + 5) << 32)
    stranger = Key(secrets.token_bytes(32), key.id)
    return [
        Attack("unsigned", "authentication", good),
        Attack("unsigned farewell", "authentication", replace(good, priority=0)),
        Attack("wrong key", "authentication", replace(good, key=stranger)),
        Attack("unknown key id", "authentication", replace(good, key=Key(key.secret, 9))),
        Attack("signed, but not the end", "authentication", replace(good, key=key, trailer=b"x")),
        Attack("a trailer of zeros", "authentication", replace(good, trailer=bytes(28))),
        Attack("1 kB behind the message", "authentication", replace(good, trailer=secrets.token_bytes(1024))),
    ]


def just_now() -> int:
    """The sequence of who speaks at this moment."""
    return int(time.time() * 65536) << 16


def forged_hellos(key: Key) -> list[Attack]:
    good = Hello(key=key, sequence=just_now())
    signed = good.encode("192.0.2.12")
    stranger = Key(secrets.token_bytes(32), key.id)
    return [
        Attack("an empty datagram", "malformed", b"", hello=True),
        Attack("a hello cut by a byte", "malformed", signed[:-1], hello=True),
        Attack("noise", "version", bytes(range(100)), hello=True),
        Attack("an advert as a hello", "version", Advert(key=key, sequence=just_now(), addresses=[VIP] * 12),
               hello=True),
        Attack("a later format", "version", replace(good, form=2)),
        Attack("neither question nor answer", "type", replace(good, kind=3)),
        Attack("an unknown state", "malformed", replace(good, state=4)),
        Attack("a hello with interval 0", "malformed", replace(good, interval_ms=0)),
        Attack("a hello with priority 0", "malformed", replace(good, priority=0)),
        Attack("bytes that nobody signs", "malformed", replace(good, zero=1)),
        Attack("a hello to no router of ours", "vrid", replace(good, vrid=52)),
        Attack("an unsigned hello", "authentication", signed[:-28] + bytes(28), hello=True),
        Attack("a question with the wrong key", "authentication", replace(good, key=stranger)),
        Attack("an answer with the wrong key", "authentication", replace(good, key=stranger, kind=2, state=2)),
        Attack("a stranger's question", "authentication", replace(good, key=stranger), source="192.0.2.77"),
        Attack("an unknown key id in a hello", "authentication", replace(good, key=Key(key.secret, 9))),
        Attack("a hello of a wrong length", "authentication", signed + b"x", hello=True),
        Attack("a hello from the target's own address", None, good, source="self"),  # the kernel's business
    ]


def test_forged_hellos(cluster: Cluster) -> None:
    key = Key(secrets.token_bytes(32), 7)
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": key_file(cluster, key)})
    cluster.start_all()
    wait_for_states(cluster.agents["n2"], "backup")
    expect_harmless(cluster, forged_hellos(key))


def test_recorded_hellos_count_once(cluster: Cluster) -> None:
    """A question is not answered again, and an answer to no question of ours says nothing, whoever signed it."""
    key = Key(secrets.token_bytes(32))
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": key_file(cluster, key)})
    with Capture(cluster.n2) as capture:
        agents = cluster.start_all()
        agents["n2"].wait_for_state("backup")
        recorded = [frame[14:40] + b"\0\0" + frame[42:]  # the checksum was left to a network card
                    for kind in (1, 2) for frame in capture.wait_for(functools.partial(is_hello, kind=kind))[:1]]
    begin = time.monotonic()
    before = sum_counters(agents["n1"])
    with Forger(cluster.client) as forger:
        for packet in recorded * 2:
            forger.replay(cluster.n1, packet)
        assert counted(agents["n1"], before, 4) == {"replay": 4}
        before = sum_counters(agents["n1"])
        unasked = Hello(kind=2, state=2, priority=250, key=key, sequence=just_now())
        forger.hello(cluster.n1, cluster.n2.address, cluster.n1.address, unasked, STATUS_PORT)
        assert counted(agents["n1"], before, 1) == {"replay": 1}
        assert sum_counters(agents["n1"])["hellos_sent"] == before["hellos_sent"], "no answer"
    cluster.owners.stays(["n1"], 1)
    assert not cluster.owners.changes(begin), cluster.owners


def is_hello(frame: bytes, kind: int) -> bool:
    return (frame[12:14] == b"\x08\x00" and frame[23] == UDP and frame[36:38] == STATUS_PORT.to_bytes(2, "big")
            and frame[45] == kind)


def test_version_3_without_a_key(cluster: Cluster) -> None:
    cluster.start_all()
    good = Advert()
    wait_for_states(cluster.agents["n2"], "backup")
    expect_harmless(cluster, [
        *broken(VIP),
        Attack("TTL 254", "ttl", good, ttl=254),
        Attack("TTL 1", "ttl", good, ttl=1),
        Attack("farewell with TTL 64", "ttl", replace(good, priority=0), ttl=64),
        Attack("version 2", "version", replace(good, version=2, interval=1)),
        Attack("unknown source", "unknown_source", good, source="192.0.2.77"),
        Attack("farewell of an unknown source", "unknown_source", replace(good, priority=0), source="192.0.2.77"),
        Attack("60 kB in fragments", "unknown_source", replace(good, trailer=bytes(60000)), source="192.0.2.77"),
        Attack("255 addresses in fragments", "unknown_source",
               replace(good, addresses=[f"10.1.1.{i}" for i in range(255)], trailer=bytes(9000)), source="192.0.2.77"),
        Attack("to a group that nobody joined", None, good, destination="224.0.0.18"),
        Attack("the target's own address", None, good, source="self"),  # the kernel's business
    ])


def test_version_3_with_a_key(cluster: Cluster) -> None:
    key = Key(secrets.token_bytes(32), 7)
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": key_file(cluster, key)})
    cluster.start_all()
    wait_for_states(cluster.agents["n2"], "backup")
    expect_harmless(cluster, [
        *broken(VIP),
        *unsigned_or_wrong(VIP, key),
        Attack("unsigned, from an unknown source", "authentication", Advert(), source="192.0.2.77"),
        Attack("version 2", "authentication", Advert(version=2, interval=1)),
    ])


def test_version_2_with_a_password(cluster: Cluster) -> None:
    password = cluster.lan.log_dir / "password"
    password.write_text("s3cr3t")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, version=2, interval_ms=1000, password_file=password)
    cluster.start_all()
    wait_for_states(cluster.agents["n2"], "backup")
    good = Advert(version=2, interval=1, auth_type=1, auth_data=b"s3cr3t")
    expect_harmless(cluster, [
        Attack("wrong password", "authentication", replace(good, auth_data=b"guess")),
        Attack("no password", "authentication", replace(good, auth_type=0, auth_data=b"")),
        Attack("the password said to be none", "authentication", replace(good, auth_type=0)),
        Attack("authentication of type 2", "authentication", replace(good, auth_type=2)),
        Attack("other interval", "interval", replace(good, interval=2)),
        Attack("interval 0", "zero_interval", replace(good, interval=0)),
        Attack("TTL 254", "ttl", good, ttl=254),
        Attack("unknown source", "unknown_source", good, source="192.0.2.77"),
        Attack("wrong VRID", "vrid", replace(good, vrid=52)),
        Attack("wrong checksum", "checksum", replace(good, checksum=1)),
        Attack("without its password's bytes", "malformed", good.encode("192.0.2.12", "192.0.2.11")[:12]),
        Attack("version 3", "version", Advert()),
        Attack("type 3", "type", replace(good, kind=3)),
    ])


def test_ipv6_without_a_key(cluster6: DualCluster) -> None:
    cluster6.start_all()
    good = Advert(addresses=[VIP6])
    wait_for_states(cluster6.agents["n2"], "backup")
    expect_harmless(cluster6, [
        *broken(VIP6),
        Attack("version 2", "version", replace(good, version=2, interval=1)),
        Attack("unknown source", "unknown_source", good, source="2001:db8::77"),
        Attack("link-local source", "unknown_source", good, source="fe80::77"),
        Attack("the target's own address", "own_address", good, source="self"),
        Attack("to a group that nobody joined", None, good, destination="ff02::12"),
    ], ipv6=True)


def test_ipv6_with_a_key(cluster6: DualCluster) -> None:
    key = Key(secrets.token_bytes(64), 200)
    cluster6.use_routers({cluster6.n1: 200, cluster6.n2: 100}, [ROUTER6], {"auth": key_file(cluster6, key)})
    cluster6.start_all()
    wait_for_states(cluster6.agents["n2"], "backup")
    expect_harmless(cluster6, [*broken(VIP6), *unsigned_or_wrong(VIP6, key)], ipv6=True)


def test_a_vrid_of_the_other_family_is_nobodys(dual: DualCluster) -> None:
    """VRIDs of IPv4 and IPv6 are two different sets of numbers."""
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4 | {"vrid": 4}, ROUTER6 | {"vrid": 6}])
    dual.start_all()
    wait_for_states(dual.agents["n2"], "backup")
    expect_harmless(dual, [Attack("the IPv6 router's VRID over IPv4", "vrid", Advert(vrid=6))])
    expect_harmless(dual, [Attack("the IPv4 router's VRID over IPv6", "vrid", Advert(vrid=4, addresses=[VIP6]))],
                    ipv6=True)


def test_ipv6_packets_do_not_reach_who_has_no_ipv6_router(dual: DualCluster) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4])
    for host in dual.plan.members:
        dual.start(host)
    dual.owners.wait_for_owner(dual.n1)
    wait_for_states(dual.agents["n2"], "backup")
    expect_harmless(dual, [Attack("over IPv6", None, Advert(addresses=[VIP6]))], ipv6=True)


def test_any_source_counts_on_the_own_network_alone(cluster: Cluster) -> None:
    """`sources: any`, as keepalived has it: a stranger is believed where our address is, and nowhere else."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interface="eth0", changes={"sources": "any"})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    cluster.n1.ip(f"link add eth1 type veth peer name side netns {cluster.client.path}", "link set eth1 up")
    cluster.client.ip("link set side up")
    match = re.search(r"link/ether (\S+)", cluster.n1.ip("link show dev eth1"))
    assert match is not None
    other_mac = bytes.fromhex(match.group(1).replace(":", ""))
    begin = time.monotonic()
    before = sum_counters(agents["n1"])
    with Forger(cluster.client, "side") as side:
        side.use_mac(cluster.n1, other_mac)
        for _ in range(REPEATS):
            side.advert(cluster.n1, "192.0.2.77", cluster.n1.address, Advert())
        assert counted(agents["n1"], before, REPEATS) == {"other_interface": REPEATS}
    expect_harmless(cluster, [Attack("any source, from farther away", "ttl", Advert(), source="192.0.2.77", ttl=254)])
    assert not cluster.owners.changes(begin), cluster.owners
    with Forger(cluster.client) as forger:  # what this setting means
        forger.advert(cluster.n1, "192.0.2.77", cluster.n1.address, Advert())
    agents["n1"].wait_for_state("backup")


def test_recorded_packets_count_once(cluster: Cluster) -> None:
    """Replays to those who heard the original, in every variation that needs no key."""
    key = Key(secrets.token_bytes(32))
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100, cluster.n3: 50}, changes={"auth": key_file(cluster, key)})
    agents = cluster.start_all()
    for name in ("n2", "n3"):
        agents[name].wait_for_state("backup")
    old = wait_until(lambda: recorded(cluster)[4:] and recorded(cluster)[:5], 5, "five adverts of n1")
    agents["n1"].stop()  # the farewell is on the wire, too
    cluster.owners.wait_for_owner(cluster.n2)
    farewell = next(a for a in cluster.wire.adverts("n1") if a.priority == 0 and a.destination == cluster.n2.address)
    begin = time.monotonic()
    with Forger(cluster.client) as forger:
        before = sum_counters(agents["n2"])
        for packet in [*old, farewell.packet]:
            forger.replay(cluster.n2, packet)
        assert counted(agents["n2"], before, len(old) + 1) == {"replay": len(old) + 1}

        # What was said to one is no news to the other; a new source, VRID or priority breaks the signature.
        before = sum_counters(agents["n3"])
        message = old[-1][20:]
        forger.advert(cluster.n3, cluster.n1.address, cluster.n3.address,
                      retarget(message, cluster.n1, cluster.n2, cluster.n3))
        assert counted(agents["n3"], before, 1) == {"replay": 1}
        before = sum_counters(agents["n2"])
        forged = bytearray(message)
        forged[2] = 255
        forger.advert(cluster.n2, cluster.n1.address, cluster.n2.address, patched(bytes(forged), message))
        forger.advert(cluster.n2, cluster.n3.address, cluster.n2.address,
                      retarget(message, cluster.n1, cluster.n2, cluster.n2, cluster.n3))
        assert counted(agents["n2"], before, 2) == {"authentication": 2}

        # The first owner is back and better: its old farewell moves nobody.
        cluster.start(cluster.n1).wait_for_state("active")
        cluster.owners.wait_for_owner(cluster.n1)
        agents["n2"].wait_for_state("backup")
        begin_again = time.monotonic()
        before = sum_counters(agents["n2"])
        for packet in [farewell.packet, *old]:
            forger.replay(cluster.n2, packet)
        assert counted(agents["n2"], before, len(old) + 1) == {"replay": len(old) + 1}
    cluster.owners.stays(["n1"], 1.5)
    assert not cluster.owners.changes(begin_again), cluster.owners
    assert not [c for c in cluster.owners.changes(begin) if c.host == "n3"], cluster.owners


def test_what_a_replay_to_a_restarted_agent_can_do(cluster: Cluster) -> None:
    """Who has just started knows no sequence of a silent source: recorded packets pass, each once, in their order."""
    key = Key(secrets.token_bytes(32))
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": key_file(cluster, key)})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    old = wait_until(lambda: recorded(cluster)[2:] and recorded(cluster)[:3], 5, "three adverts of n1")
    agents["n1"].stop()
    cluster.owners.wait_for_owner(cluster.n2)
    assert agents["n2"].stop() == 0
    restarted = cluster.start(cluster.n2)
    restarted.wait_for_state("backup")
    with Forger(cluster.client) as forger:
        for packet in old:
            forger.replay(cluster.n2, packet)
        last = time.monotonic()
        for packet in old * 3:
            forger.replay(cluster.n2, packet)
        wait_until(lambda: restarted.router()["counters"]["replay"] == 9, 2, lambda: str(restarted.router()))
        assert restarted.router()["counters"]["advertisements_received"] == 3
    cluster.owners.wait_for_owner(cluster.n2)
    held_back = cluster.owners.changes(last)[0].time - last
    print(f"held back for {held_back * 1000:.0f} ms")
    assert held_back <= cluster.plan.down(cluster.n2) + 0.5


def recorded(cluster: Cluster) -> list[bytes]:
    """What n1 has said to n2."""
    return [a.packet for a in cluster.wire.adverts("n1") if a.destination == cluster.n2.address]


def retarget(message: bytes, source: Host, was: Host, destination: Host, new_source: Host | None = None) -> bytes:
    """The same message with its checksum for other addresses."""
    old = words(source.address) + words(was.address)
    new = words((new_source or source).address) + words(destination.address)
    return adjusted(message, new - old)


def patched(forged: bytes, original: bytes) -> bytes:
    """The same with its checksum for what was changed in its first four bytes."""
    return adjusted(forged, sum_of(forged[:4]) - sum_of(original[:4]))


def words(address: str) -> int:
    return sum_of(bytes(map(int, address.split("."))))


def sum_of(data: bytes) -> int:
    return sum(data[i] << 8 | data[i + 1] for i in range(0, len(data), 2))


def adjusted(message: bytes, difference: int) -> bytes:
    """RFC 1624's arithmetic: the complement of the sum, modulo 65535."""
    total = (0xFFFF - (message[6] << 8 | message[7]) + difference) % 0xFFFF
    return message[:6] + (0xFFFF - total).to_bytes(2, "big") + message[8:]


def test_a_flood_is_harmless(dual: DualCluster) -> None:
    """20,000 packets of 4,000 kinds in a few seconds: no lost ping, few lines in the log, no memory."""
    key = Key(secrets.token_bytes(32))
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6], {"auth": key_file(dual, key)})
    agents = dual.start_all()
    wait_for_states(agents["n2"], "backup")
    frames = varied_frames(dual, random.Random(1), 4000)
    begin = time.monotonic()
    with Forger(dual.client) as forger:
        flood(forger, frames[:500], 500)
        before = {name: agent.memory_kb()["worker"] for name, agent in agents.items()}
        logged = {name: len(agent.log()) for name, agent in agents.items()}
        with dual.ping() as ping:
            took = flood(forger, frames, 20000)
            report = ping.report()
    print(f"20000 packets in {took:.1f} s; {report}")
    for name, agent in agents.items():
        growth = agent.memory_kb()["worker"] - before[name]
        lines = [line for line in agent.log()[logged[name]:].splitlines() if "_discarded" in line]
        counters = sum_counters(agent)
        refused = sum(counters[reason] for reason in DISCARDS)
        print(f"{name}: {growth:+d} kB, {len(lines)} lines for {refused} packets refused")
        assert growth <= 500
        assert refused >= 9000, "most of its half of the packets should have reached it"
        reasons = [match.groups() for line in lines if (match := re.search(r"event=(\w+).*reason=(\w+)", line))]
        assert len(lines) == len(reasons)
        assert all(reasons.count(reason) <= took / 10 + 2 for reason in set(reasons)), lines
    wait_for_summary(dual, agents["n1"])
    assert not dual.owners.changes(begin), dual.owners
    assert report.lost == 0 and report.longest_silence_ms < 100, report
    wait_for_states(agents["n1"], "active")
    wait_for_states(agents["n2"], "backup")


def flood(forger: Forger, frames: list[Frame], packets: int) -> float:
    """As many of the frames, over and over again; about 4,000 in a second."""
    began = time.monotonic()
    for i in range(packets):
        forger.replay(*frames[i % len(frames)])
        ahead = began + i / 4000 - time.monotonic()
        if ahead > 0.005:
            time.sleep(ahead)
    return time.monotonic() - began


def varied_frames(cluster: DualCluster, dice: random.Random, count: int) -> list[Frame]:
    """Each to one of the two, from a listed or any other source, some of it noise."""
    frames = []
    for i in range(count):
        target, peer = (cluster.n1, cluster.n2) if i % 2 else (cluster.n2, cluster.n1)
        ipv6 = dice.random() < 0.4
        if ipv6:
            source = cluster.address6[peer.name] if dice.random() < 0.5 else f"2001:db8::{dice.randrange(1, 65536):x}"
            destination, vip = cluster.address6[target.name], VIP6
        else:
            source = peer.address if dice.random() < 0.5 else f"192.0.2.{dice.randrange(20, 99)}"
            destination, vip = target.address, VIP
        if dice.random() < 0.25:
            frames += [(target, packet) for packet in varied_hello(source, destination, dice)]
            continue
        advert = Advert(version=dice.choice((2, 3, 3, 3, 7)), kind=dice.choice((1, 1, 1, 2)),
                        vrid=dice.choice((51, 51, dice.randrange(256))), priority=dice.randrange(256),
                        interval=dice.randrange(256), addresses=[vip] * dice.randrange(4),
                        trailer=dice.randbytes(dice.choice((0, 0, 28, 500))))
        payload = dice.randbytes(dice.randrange(200)) if dice.random() < 0.1 else advert.encode(source, destination)
        frames += [(target, packet) for packet in ip_packets(source, destination, payload, dice.choice((255, 255, 64)))]
    return frames


def varied_hello(source: str, destination: str, dice: random.Random) -> Iterator[bytes]:
    hello = Hello(version=dice.choice((15, 15, 15, 3)), vrid=dice.choice((51, 51, dice.randrange(256))),
                  kind=dice.choice((1, 2, 3)), state=dice.randrange(5), zero=dice.choice((0, 0, 1)),
                  sequence=dice.randrange(1 << 64)).encode(source)
    noise = dice.randbytes(dice.randrange(200)) if dice.random() < 0.3 else b""
    payload = noise or hello[:dice.choice((len(hello), len(hello), dice.randrange(len(hello))))]
    yield from ip_packets(source, destination, udp(source, destination, payload, STATUS_PORT), 64, UDP)


def wait_for_summary(cluster: DualCluster, agent: Agent) -> None:
    """The line that tells how many there were comes with the first one after the log's pause."""
    def look() -> bool:
        forger.advert(agent.host, cluster.n2.address, agent.host.address, Advert())
        return re.search(r"advert_discarded.*reason=authentication.*count=\d{3,}", agent.log()) is not None

    with Forger(cluster.client) as forger:
        wait_until(look, 15, lambda: f"the log says how many were refused\n{agent.log()}", interval=0.2)
