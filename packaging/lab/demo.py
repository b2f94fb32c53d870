"""The newcomer's first five minutes: the story that packaging/demo.sh tells, and its cleaning up."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import swarm_images
from swarm_lab import DEFAULT_SUBNET, Node, SwarmLab, network_holder
from swarm_state import find_labs, remove_lab, remove_stale_labs

from netns import wait_until
from owners import Owners
from pinger import Pinger, PingReport

GROUP = "production"
STACK = "vip"
IMAGE = "swarm-vip:latest"
ANSWER_TIMEOUT = 90.0
SILENCE_MAX_MS = 3000.0  # far above what the protocol needs: whoever exceeds it has a fault, not a bad day
WATCH_BEFORE, WATCH_AFTER = 2.0, 8.0


class SettingError(Exception):
    """A setting of the demo itself is wrong."""


def main() -> int:
    action, keep = sys.argv[1], "--keep" in sys.argv[2:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        if action == "up":
            return up(keep)
        down()
        if action == "purge":
            print(f"Removed the cache {swarm_images.cache_dir()}." if swarm_images.purge_cache() else "There is no cache.")
        return 0
    except SettingError as error:
        print(f"demo.sh: {error}", file=sys.stderr)
        return 2
    except (RuntimeError, TimeoutError, OSError, subprocess.TimeoutExpired, ValueError) as error:
        sys.stdout.flush()
        print(f"\ndemo.sh: failed: {error}", file=sys.stderr)
        return 1


def down() -> None:
    """Removes every lab that nobody runs any more: kept ones and leftovers, never one in the middle of its run."""
    removed = 0
    for lab in find_labs():
        if lab.is_same_boot() and lab.owner.is_alive():
            print(f"Left alone: {lab.directory} (process {lab.owner.pid} is at work in it).")
            continue
        remove_lab(lab)
        removed += 1
        print(f"Removed {lab.directory}.")
    for directory in remove_stale_labs():
        removed += 1
        print(f"Removed {directory}.")
    if not removed:
        print("Nothing was left up.")


def up(keep: bool) -> int:
    subnet = os.environ.get("SWARM_VIP_LAB_SUBNET", DEFAULT_SUBNET)
    _check_subnet(subnet)
    for directory in remove_stale_labs():
        print(f"Removed what an earlier run left: {directory}")
    with _step("image, built from packaging/Dockerfile") as notes:
        archive = swarm_images.build_image(IMAGE, notes.progress)
    lab = SwarmLab(managers=3, workers=0, subnet=subnet, is_kept=keep)
    with _step("three Docker engines in namespaces, joined into a Swarm") as notes:
        lab.start()
        notes.append(", ".join(f"{node.name} {node.address}" for node in lab.nodes))
    with lab_closed_or_kept(lab, keep):
        return _story(lab, archive, keep)


@contextlib.contextmanager
def lab_closed_or_kept(lab: SwarmLab, keep: bool) -> Iterator[None]:
    """Also a demo that failed is kept if that was asked for: then most of all there is something to look at."""
    interrupted = False
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        interrupted = True
        raise
    finally:
        if keep and not interrupted:
            lab.keep()
            _print_how_to_look(lab)
        else:
            lab.close()


def _story(lab: SwarmLab, archive: Path, keep: bool) -> int:
    vips = [lab.ip(201), lab.ip(202)]
    with _step("the image on every node"):
        lab.load_image(archive)
    with _step(f"docker node update --label-add keepalived_group={GROUP} node1 node2 node3"):
        for node in lab.nodes:
            lab.label(node, keepalived_group=GROUP)
    with Owners([node.host for node in lab.nodes], vips) as owners:
        with _step(f"KEEPALIVED_VIRTUAL_IPS={','.join(vips)} docker stack deploy -c packaging/stack.yml {STACK}"):
            lab.deploy_stack(swarm_images.PROJECT / "packaging/stack.yml", STACK, SWARM_VIP_IMAGE=IMAGE,
                             KEEPALIVED_GROUP=GROUP, KEEPALIVED_VIRTUAL_IPS=",".join(vips))
        with _step(f"{vips[0]} answers a ping from the client") as notes:
            holder = _wait_for_answer(lab, owners, vips[0])
            notes.append(f"it is on {holder.name}")
        _print_status(lab)
        survived = _kill_the_holder(lab, owners, holder, vips[0])
        if keep:
            with _step(f"{holder.name} gets its power back"):
                holder.power_on()
    return 0 if survived else 1


def _wait_for_answer(lab: SwarmLab, owners: Owners, vip: str) -> Node:
    def holder() -> Node | None:
        names = owners.now(vip)
        if len(names) != 1 or lab.client.run(["ping", "-c", "1", "-W", "1", vip], check=False).returncode != 0:
            return None
        return lab.node(next(iter(names)))

    deadline = time.monotonic() + ANSWER_TIMEOUT
    last: set[str] = set()
    since = time.monotonic()
    while True:
        try:
            found = wait_until(holder, 0.5, "", interval=0.05)
            if owners.now(vip) != last:
                last, since = owners.now(vip), time.monotonic()
            # A holder of one second's standing: agents that start one after the other may still sort themselves out.
            if time.monotonic() - since > 1.0:
                return found
        except TimeoutError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{vip} does not answer {ANSWER_TIMEOUT:.0f} s after the deploy\n{lab.logs()}")


def _kill_the_holder(lab: SwarmLab, owners: Owners, holder: Node, vip: str) -> bool:
    print(f"Pinging {vip} from the client every millisecond. {holder.name} is about to lose its power.\n")
    with Pinger(lab.client, vip) as pinger:
        start = time.monotonic()
        time.sleep(WATCH_BEFORE)  # an undisturbed stretch to compare with
        dead_at = time.monotonic()
        holder.power_off()
        time.sleep(WATCH_AFTER)  # long enough to see the dead node's lease run out
        report = pinger.report()
    return _print_timeline(owners, holder, vip, report, start, dead_at)


def _print_timeline(owners: Owners, holder: Node, vip: str, report: PingReport, start: float,
                    dead_at: float) -> bool:
    hole = max(report.holes, key=lambda h: h.length_ms, default=None)
    answers = hole is None or not hole.open
    lines = [(start, f"pinging; {vip} is on {holder.name}"),
             (dead_at, f"{holder.name} loses its power: off the network, engine, agent and all else killed")]
    for change in owners.changes(since=start):
        if change.address != vip:
            continue
        if change.added:
            lines.append((change.time, f"{change.host} takes {vip}"))
        elif change.host == holder.name:
            lines.append((change.time, f"the dead {holder.name} loses {vip}: the lease has run out"))
        else:
            lines.append((change.time, f"{change.host} gives {vip} up"))
    if hole is not None and not hole.open:
        lines.append((hole.end_ns / 1e9, "the ping is answered again"))
    for when, what in sorted(lines):
        print(f"  {when - start:8.3f} s   {what}")
    new_owners = owners.now(vip)
    print(f"\n  longest silence   {report.longest_silence_ms:.0f} ms"
          f"\n  pings lost        {report.lost} of {report.sent}"
          f"\n  now on            {', '.join(sorted(new_owners)) or 'no node'}\n")
    survived = answers and report.longest_silence_ms <= SILENCE_MAX_MS and len(new_owners) == 1 and holder.name not in new_owners
    print("The address survived its holder.\n" if survived else
          f"NOT GOOD: {vip} should be on one other node and answer within {SILENCE_MAX_MS:.0f} ms.\n")
    return survived


def _print_status(lab: SwarmLab) -> None:
    """What `swarm-vip status` says, asked where the operator runs."""
    for node in lab.nodes:
        for container in node.containers_of(f"{STACK}_operator"):
            result = node.engine.try_docker("exec", container, "swarm-vip", "status")
            print("\n  $ swarm-vip status")
            print("".join(f"    {line}\n" for line in (result.stdout + result.stderr).splitlines()))


def _print_how_to_look(lab: SwarmLab) -> None:
    sudo = "sudo " if os.environ.get("SUDO_USER") else ""
    docker = f"{sudo}docker -H unix://{lab.nodes[0].engine.socket_path}"

    processes = lab.state.processes()

    def inside(name: str) -> str:
        return f"{sudo}nsenter --net=/proc/{processes[network_holder(name)].pid}/ns/net"

    print(f"\nIt is still up. Have a look:\n"
          f"\n  {docker} node ls"
          f"\n  {docker} service ls"
          f"\n  {docker} service logs {STACK}_operator"
          f"\n  {inside('client')} ping {lab.ip(201)}"
          f"\n\nMake {lab.nodes[-1].name} the best of the three, and see the address move to it:\n"
          f"\n  {docker} node update --label-add KEEPALIVED_PRIORITY=200 {lab.nodes[-1].name}"
          f"\n  {inside(lab.nodes[-1].name)} ip address show dev eth0"
          f"\n\nRemove it:\n\n  {sudo}packaging/demo.sh down\n")


class _Notes:
    """What a step has to say: lines while it lasts, and a remark when it is done."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self.has_progress = False

    def append(self, remark: str) -> None:
        self.remarks.append(remark)

    def progress(self, line: str) -> None:
        if not self.has_progress:
            print()
        self.has_progress = True
        print(f"         {line}", flush=True)


@contextlib.contextmanager
def _step(what: str) -> Iterator[_Notes]:
    print(f"  {what} ...", end="", flush=True)
    notes, start = _Notes(), time.monotonic()
    try:
        yield notes
    except Exception:
        print(" failed", flush=True)
        raise
    lead = "         done in" if notes.has_progress else ""
    remark = f" ({'; '.join(notes.remarks)})" if notes.remarks else ""
    print(f"{lead} {time.monotonic() - start:.1f} s{remark}", flush=True)


def _check_subnet(text: str) -> None:
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise SettingError(f"SWARM_VIP_LAB_SUBNET is '{text}': {error}; allowed is an IPv4 network like {DEFAULT_SUBNET}") from None
    if subnet.prefixlen > 24:
        raise SettingError(f"SWARM_VIP_LAB_SUBNET is '{text}': it must hold 254 hosts, so a /24 or larger")


def _on_signal(number: int, _: FrameType | None) -> None:
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # once is enough: cleaning up is not to be cut short
    if number == signal.SIGINT:
        print("\nInterrupted, cleaning up.", file=sys.stderr, flush=True)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
