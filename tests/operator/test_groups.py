"""One operator with several groups from a file: deployed from one look, read again when it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bed import Bed
from netns import wait_until
from operator_process import UNSET, Operator
from oracle import GROUP_LABEL, Group

WEB = Group("web", ("192.0.2.100", "192.0.2.101"), 60)
EDGE = Group("edge", ("192.0.2.200",), 61, priority=90)
NONE_OF_ONE_GROUP = dict.fromkeys(("KEEPALIVED_GROUP", "KEEPALIVED_VIRTUAL_IPS", "KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY"),
                                  UNSET)


def entry(group: Group, **more: Any) -> dict[str, Any]:
    return {"group": group.name, "addresses": list(group.addresses), "router_id": group.router_id,
            "priority": group.priority} | more


def write(bed: Bed, *groups: dict[str, Any]) -> Path:
    path = bed.directory / "groups.json"
    path.write_text("// groups of a test\n" + json.dumps({"groups": groups}))
    return path


def start(bed: Bed, *groups: dict[str, Any]) -> Operator:
    return bed.start(SWARM_VIP_CONFIG=str(write(bed, *groups)), **NONE_OF_ONE_GROUP)


def test_one_operator_looks_after_several_groups(bed: Bed) -> None:
    edge = bed.swarm.add_node("n4", "192.168.1.14", labels={GROUP_LABEL: "edge"})
    start(bed, entry(WEB), entry(EDGE))
    bed.wait_converged(WEB, EDGE)
    bed.stays_converged(3, WEB, EDGE)
    before = bed.service(WEB)["Version"]["Index"]

    bed.swarm.label(edge, KEEPALIVED_PRIORITY="120")
    bed.wait_converged(WEB, EDGE)

    assert bed.service(WEB)["Version"]["Index"] == before, "another group's label is none of its business"


def test_groups_that_say_no_router_id_get_one_each_and_keep_it(bed: Bed) -> None:
    bed.swarm.add_node("n4", "192.168.1.14", labels={GROUP_LABEL: "edge"})
    groups = [entry(group) for group in (WEB, EDGE)]
    for group in groups:
        del group["router_id"]
    operator = start(bed, *groups)
    ids = wait_until(lambda: router_ids(bed), 30, "both groups are deployed")
    assert ids == {"edge": 51, "web": 52}

    write(bed, entry(Group("app", ("192.0.2.150",), 51)), *groups)
    bed.swarm.add_node("n5", "192.168.1.15", labels={GROUP_LABEL: "app"})
    operator.look()
    wait_until(lambda: bed.swarm.service_named("swarm-vip-agent-app"), 30, "the third group is deployed")
    bed.wait_for_looks(3)

    assert bed.plan(WEB)["routers"][0]["vrid"] == 52, "who has an id keeps it"
    assert bed.plan(EDGE)["routers"][0]["vrid"] not in (51, 52), "an id that was given comes first"


def test_what_changes_in_the_file_is_deployed(bed: Bed) -> None:
    operator = start(bed, entry(WEB))
    bed.wait_converged(WEB)

    changed = WEB.with_addresses("192.0.2.100", "192.0.2.109")
    write(bed, entry(changed))
    operator.wait_for("reload", "the settings have changed")
    bed.wait_converged(changed)


def test_what_is_wrong_in_the_file_changes_nothing(bed: Bed) -> None:
    operator = start(bed, entry(WEB))
    bed.wait_converged(WEB)

    path = write(bed, entry(WEB, lease="for ever", adresses="192.0.2.7"))
    operator.look()
    operator.wait_for("setting", "groups[0].lease: 'for ever' is not allowed")
    operator.wait_for("setting", "groups[0].adresses: no such setting; the nearest is addresses")
    path.unlink()
    operator.look()
    operator.wait_for("setting", "No such file or directory")
    bed.stays_converged(3, WEB)
    said = len(operator.lines("setting"))
    bed.wait_for_looks(3)

    write(bed, entry(WEB, lease="9s"))
    operator.look()
    wait_until(lambda: bed.plan(WEB)["lease"] == "9s", 30, "the mended file counts")
    assert said <= 3 + 12, "each look asked for says it once more, others do not"


def test_a_hangup_without_a_change_says_so(bed: Bed) -> None:
    operator = start(bed, entry(WEB))
    bed.wait_converged(WEB)
    operator.look()
    operator.wait_for("reload", "nothing has changed")


def test_spread_addresses_live_on_several_nodes(bed: Bed) -> None:
    addresses = [f"192.0.2.{last}" for last in (211, 212, 213)]
    start(bed, {"group": "web", "addresses": addresses, "spread": True})
    plan = wait_until(lambda: bed.swarm.service_named(WEB.service) and bed.plan(WEB), 30, "the group is deployed")

    assert [router["vrid"] for router in plan["routers"]] == [51, 52, 53]
    best = {max(router["priorities"], key=lambda id_, of=router["priorities"]: of[id_]) for router in plan["routers"]}
    assert len(best) == 3, "each node is the best for one"


def test_a_wrong_file_at_the_start_ends_the_operator(bed: Bed) -> None:
    operator = start(bed, entry(WEB, version=4), entry(EDGE, status_port="x"))
    assert operator.wait_for_exit() == 2
    assert "groups[0].version: '4' is not allowed; a whole number from 2 to 3" in operator.log()
    assert "groups[1].status_port: 'x' is not allowed; a whole number from 1 to 65535" in operator.log()


def router_ids(bed: Bed) -> dict[str, int] | None:
    found = {}
    for group in (WEB, EDGE):
        if bed.swarm.service_named(group.service) is None:
            return None
        found[group.name] = bed.plan(group)["routers"][0]["vrid"]
    return found
