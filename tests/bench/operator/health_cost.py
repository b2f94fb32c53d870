#!/usr/bin/env python3
"""What asking an agent for its health costs its host, all told: the engine, containerd, runc and the question itself.

    health_cost.py [--seconds N] [--rounds N] [--csv FILE]

An agent's container runs on a real engine and is asked each second, or, to compare, never, in turns. Counted is what the
processors of the machine did, so it has to be quiet. By `docker run` a shell stands between the engine and the question,
which in a Swarm is not there.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(_ROOT / "packaging" / "lab"), str(_ROOT / "tests" / "support")]

from swarm_images import build_image  # noqa: E402
from swarm_lab import SwarmLab  # noqa: E402
from swarm_state import remove_stale_labs  # noqa: E402

from by_hand import ByHand  # noqa: E402
from netns import wait_until  # noqa: E402

IMAGE = "swarm-vip:latest"
INTERVALS = (2, 60)  # seconds; the second where every engine is Docker 25: `health_check` in operator/core/desired.cc
CHECKS_MIN = 2
_CGROUP_USAGE = Path("/sys/fs/cgroup/cpuacct/cpuacct.usage")  # version 1: nanoseconds, exact
_SETTLING = 10.0  # seconds in which a new agent does what it does once, such as letting go of its start's memory


def busy() -> float:
    """Seconds that all processors have worked."""
    if _CGROUP_USAGE.exists():
        return int(_CGROUP_USAGE.read_text()) / 1e9
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def work(lab: SwarmLab, seconds: float, *health: str) -> tuple[float, int]:
    """Seconds on processors in a window of so many, and how often the agent was asked in it."""
    node, address = lab.manager, lab.ip(210)
    with ByHand(lab) as by_hand:
        container = by_hand.run(node, "--detach", "--network", "host", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW",
                                "--env", f"KEEPALIVED_VIRTUAL_IPS={address}", "--env", "KEEPALIVED_INTERFACE=eth0",
                                *health, IMAGE, "agent")
        wait_until(lambda: f"{address}/" in node.host.ip("address show"), 30, lambda: node.docker("logs", container))
        time.sleep(_SETTLING)
        begin, before = time.time(), busy()
        time.sleep(seconds)  # the window
        worked, end = busy() - before, time.time()
        asked = node.docker("events", "--since", f"{begin:.3f}", "--until", f"{end:.3f}", "--filter", f"container={container}",
                            "--filter", "event=exec_start").splitlines()
        state = node.engine.get(f"/containers/{container}/json")["State"]
        if asked and state["Health"]["Status"] != "healthy":
            raise RuntimeError(f"not healthy: {state['Health']}")
        return worked, len(asked)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", type=Path)
    asked = parser.parse_args(words)
    archive = build_image(IMAGE, lambda text: print(text, file=sys.stderr))
    remove_stale_labs()
    costs: list[tuple[float, int, float]] = []
    with SwarmLab(managers=1, workers=0) as lab:
        lab.load_image(archive)
        for _ in range(asked.rounds):
            still, none = work(lab, asked.seconds, "--no-healthcheck")
            worked, checks = work(lab, asked.seconds, "--health-interval", "1s",
                                  "--health-cmd", "exec swarm-vip-agent healthcheck")
            if none or checks < CHECKS_MIN:
                raise RuntimeError(f"asked {none} times where it should not have been, and {checks} times where it should")
            costs.append((worked, checks, still))
    each = [(worked - still) / checks for worked, checks, still in costs]
    print("| | median | worst |", "|---|---|---|", f"| one check, ms | {statistics.median(each) * 1e3:.1f} | {max(each) * 1e3:.1f} |",
          sep="\n")
    for interval in INTERVALS:
        share = [100 * one / interval for one in each]
        print(f"| every {interval} s, % of a processor | {statistics.median(share):.2f} | {max(share):.2f} |")
    if asked.csv:
        with open(asked.csv, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["run", "seconds", "asked", "busy_seconds", "busy_seconds_unasked"])
            writer.writerows([number, asked.seconds, checks, f"{worked:.6f}", f"{still:.6f}"]
                             for number, (worked, checks, still) in enumerate(costs, 1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
