"""Many nodes, many groups: what one operator costs then."""

from __future__ import annotations

import json
import time
from pathlib import Path

from bed import Bed
from netns import wait_until
from operator_process import UNSET
from oracle import GROUP_LABEL, Group, differences

NODES = 1000
GROUPS = 50
# Generous: what grows faster than the Swarm does is found all the same.
LOOK_SECONDS_MAX = 2.0
MEMORY_MIB_MAX = 128


def test_a_thousand_nodes_in_fifty_groups(tmp_path: Path) -> None:
    groups = [Group(f"g{number}", (f"10.0.{number}.1",), 1 + number) for number in range(GROUPS)]
    file = tmp_path / "groups.json"
    file.write_text(json.dumps({"groups": [{"group": group.name, "addresses": list(group.addresses), "router_id": group.router_id}
                                           for group in groups]}))
    none_of_one_group = dict.fromkeys(("KEEPALIVED_GROUP", "KEEPALIVED_VIRTUAL_IPS", "KEEPALIVED_ROUTER_ID",
                                       "KEEPALIVED_PRIORITY"), UNSET)
    with Bed(tmp_path, nodes=0) as bed:
        bed.swarm.is_eager = False
        nodes = [bed.swarm.add_node(f"n{number}", f"10.1.{number // 250}.{1 + number % 250}",
                                    labels={GROUP_LABEL: groups[number % GROUPS].name}) for number in range(NODES)]
        operator = bed.start(SWARM_VIP_CONFIG=str(file), **none_of_one_group)
        bed.wait_converged(*groups, timeout=120)
        bed.swarm.settle()
        bed.stays_converged(1, *groups)

        processor, looks, start = operator.processor_seconds(), bed.looks(), time.monotonic()
        bed.wait_for_looks(10, timeout=60)
        looked = bed.looks() - looks
        processor = (operator.processor_seconds() - processor) / looked
        wall = (time.monotonic() - start) / looked

        group = groups[-1]
        calls, written = bed.engine.total(), bed.written()
        bed.swarm.label(nodes[GROUPS - 1], KEEPALIVED_PRIORITY="200")
        wait_until(lambda: bed.priorities(group)["n49"] == 200, 30, "a change is deployed")
        bed.wait_converged(*groups)
        calls, written = bed.engine.total() - calls, bed.written() - written

        print(f"{NODES} nodes, {GROUPS} groups: a look takes {wall * 1000:.0f} ms, of which {processor * 1000:.0f} ms are the "
              f"operator's; {operator.memory_kib() / 1024:.0f} MiB at most; a change: {written} writes, {calls} requests in all")
        assert not differences(bed.swarm, groups)
        assert processor < LOOK_SECONDS_MAX
        assert operator.memory_kib() < MEMORY_MIB_MAX * 1024
        assert written <= 3, "a plan, the service, and a former plan removed"
