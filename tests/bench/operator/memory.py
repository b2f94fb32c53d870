#!/usr/bin/env python3
"""What an operator keeps resident before a fake Docker API: one group of three nodes, and fifty groups of a thousand nodes.

    memory.py [--csv FILE] [--maps]

With its page, which is on unless somebody turns it off; in a network of its own, in which no agent can be reached.
--maps says by file and heap what is resident.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(_ROOT / "tests" / "operator"), str(_ROOT / "tests" / "support")]

from bed import Bed  # noqa: E402
from netns import wait_until  # noqa: E402
from operator_process import UNSET  # noqa: E402
from oracle import GROUP_LABEL, Group  # noqa: E402

LOOKS = 20
CASES = ((3, 1), (1000, 50))


@dataclass(frozen=True)
class Memory:
    nodes: int
    groups: int
    resident_kib: int
    proportional_kib: int
    most_kib: int
    maps: Counter[str]  # resident KiB by what is mapped


def measure(nodes: int, count: int) -> Memory:
    groups = [Group(f"g{number}", (f"10.0.{number}.1",), 1 + number) for number in range(count)]
    none_of_one_group = dict.fromkeys(("KEEPALIVED_GROUP", "KEEPALIVED_VIRTUAL_IPS", "KEEPALIVED_ROUTER_ID",
                                       "KEEPALIVED_PRIORITY"), UNSET)
    with tempfile.TemporaryDirectory(prefix="operator-memory-") as folder:
        file = Path(folder) / "groups.json"
        file.write_text(json.dumps({"groups": [{"group": group.name, "addresses": list(group.addresses),
                                                "router_id": group.router_id} for group in groups]}))
        with Bed(Path(folder), nodes=0, speed=1.0) as bed:
            bed.swarm.is_eager = False
            for number in range(nodes):
                bed.swarm.add_node(f"n{number}", f"10.1.{number // 250}.{1 + number % 250}",
                                   labels={GROUP_LABEL: groups[number % count].name})
            operator = bed.start(wrapper=("unshare", "--net"), SWARM_VIP_CONFIG=str(file), SWARM_VIP_PAGE_LISTEN=UNSET,
                                 **none_of_one_group)
            bed.wait_converged(*groups, timeout=180)
            bed.swarm.settle()
            bed.wait_for_looks(LOOKS, timeout=120)
            folder_of = Path(f"/proc/{operator.pid}")
            wait_at_rest(folder_of)
            rollup = dict(line.split()[:2] for line in (folder_of / "smaps_rollup").read_text().splitlines()[1:])
            return Memory(nodes, count, int(rollup["Rss:"]), int(rollup["Pss:"]), operator.memory_kib(),
                          by_mapping((folder_of / "smaps").read_text()))


def wait_at_rest(process: Path) -> None:
    """Until it has not run for a while: the last look is over."""
    last: list[tuple[float, str]] = [(time.monotonic(), "")]

    def at_rest() -> bool:
        used = " ".join((process / "stat").read_text().rpartition(")")[2].split()[11:13])
        if used != last[0][1]:
            last[0] = (time.monotonic(), used)
        return time.monotonic() - last[0][0] > 1.0

    wait_until(at_rest, 30, "the operator has looked", interval=0.05)


def by_mapping(smaps: str) -> Counter[str]:
    resident = Counter[str]()
    name = ""
    for line in smaps.splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else "anonymous"
            name += f" ({words[1]})"
        elif words[0] == "Rss:":
            resident[name] += int(words[1])
    return resident


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--maps", action="store_true")
    asked = parser.parse_args(words)
    measured = [measure(*case) for case in CASES]
    print("| nodes | groups | resident MB | proportional MB | most ever MB |", "|---|---|---|---|---|", sep="\n")
    for memory in measured:
        sizes = (memory.resident_kib, memory.proportional_kib, memory.most_kib)
        print(f"| {memory.nodes} | {memory.groups} | " + " | ".join(f"{size * 1024 / 1e6:.1f}" for size in sizes) + " |")
        if asked.maps:
            print(*(f"    {size:6} KiB {name}" for name, size in memory.maps.most_common(16)), sep="\n")
    if asked.csv:
        with open(asked.csv, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["nodes", "groups", "resident_kib", "proportional_kib", "most_kib"])
            for memory in measured:
                writer.writerow([memory.nodes, memory.groups, memory.resident_kib, memory.proportional_kib, memory.most_kib])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
