"""SWARM_VIP_HOLDER_LABEL: the node that has the addresses has a label, by which services can follow them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bed import Bed
from cast import SILENT, Cast
from fake_agent import AgentPages, router
from netns import wait_until
from operator_process import Operator
from oracle import Group

N1, N2, N3 = "192.168.1.11", "192.168.1.12", "192.168.1.13"
KEY = "swarm-vip.holder.web"


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def agents(pages: AgentPages) -> Cast:
    agents = Cast(pages, N1, N2, N3)
    agents.hold(N1)
    return agents


def start(bed: Bed, pages: AgentPages, group: Group = Group(), **settings: str) -> Operator:
    return bed.start(group, wrapper=("nsenter", f"--net={pages.namespace.path}"),
                     **({"SWARM_VIP_HOLDER_LABEL": "true"} | settings))


def labelled(bed: Bed, key: str = KEY) -> list[str]:
    with bed.swarm.lock:
        return sorted(f"{node['Description']['Hostname']}={node['Spec']['Labels'][key]}"
                      for node in bed.swarm.nodes.values() if key in node["Spec"]["Labels"])


def wait_for(bed: Bed, *wanted: str, key: str = KEY) -> None:
    def done() -> bool:
        bed.swarm.tick()
        return labelled(bed, key) == list(wanted)

    wait_until(done, 30, lambda: f"the label is on {wanted}, not on {labelled(bed, key)}\n{bed.logs()}")


def writes(bed: Bed, kind: str) -> int:
    return sum(change[0] == kind for change in bed.engine.changes)


@pytest.fixture
def kept(bed: Bed, pages: AgentPages, agents: Cast) -> Bed:
    """An operator keeps the label; n1 has it."""
    start(bed, pages)
    bed.wait_converged()
    wait_for(bed, "n1=true")
    return bed


def test_it_moves_with_the_addresses_and_changes_nothing_else(kept: Bed, agents: Cast) -> None:
    plan, service, priorities = kept.plan(), kept.service()["Version"]["Index"], kept.priorities()
    updates = writes(kept, "POST /nodes/{id}/update")

    agents.hold(N2)
    wait_for(kept, "n2=true")
    kept.stays_converged()

    assert writes(kept, "POST /nodes/{id}/update") == updates + 2, "one removal, one label"
    assert (kept.plan(), kept.service()["Version"]["Index"], kept.priorities()) == (plan, service, priorities)
    last = [body["Labels"].get(KEY) for kind, body in kept.engine.changes if kind == "POST /nodes/{id}/update"][-2:]
    assert last == [None, "true"], "removed first, then set"


def test_nothing_moves_while_nothing_is_known(kept: Bed, agents: Cast) -> None:
    written = kept.written()
    for roles in ({N1: SILENT, N2: "backup", N3: "backup"}, {N1: "active", N2: "active", N3: "backup"},
                  {N1: "backup", N2: "backup", N3: "backup"}, {N1: "active", N2: "backup", N3: SILENT}):
        agents.roles = dict(roles)
        agents.wait_until_asked(4)
        kept.wait_for_looks(2)
    assert labelled(kept) == ["n1=true"] and kept.written() == written

    agents.roles = {N1: SILENT, N2: "active", N3: "backup"}
    wait_for(kept, "n2=true")


def test_a_label_that_somebody_took_away_comes_back(kept: Bed, agents: Cast) -> None:
    kept.swarm.label(kept.node_ids[0], **{"swarm-vip__holder__web": None})
    wait_for(kept, "n1=true")
    kept.swarm.label(kept.node_ids[2], **{"swarm-vip__holder__web": "true"})
    wait_for(kept, "n1=true")


def test_two_operators_do_not_contend(kept: Bed, pages: AgentPages, agents: Cast) -> None:
    start(kept, pages)
    agents.hold(N3)
    wait_for(kept, "n3=true")
    kept.stays_converged()
    assert labelled(kept) == ["n3=true"]


def test_it_goes_with_its_setting(kept: Bed, pages: AgentPages, agents: Cast) -> None:
    kept.swarm.label(kept.node_ids[0], rack="7")
    assert kept.operators[0].stop() == 0
    start(kept, pages, SWARM_VIP_HOLDER_LABEL="false")
    wait_for(kept)
    kept.stays_converged()
    assert kept.swarm.nodes[kept.node_ids[0]]["Spec"]["Labels"]["rack"] == "7"


def test_it_goes_with_its_group(kept: Bed, pages: AgentPages, agents: Cast) -> None:
    assert kept.operators[0].stop() == 0
    kept.swarm.remove_service(kept.service()["ID"])
    other = Group("mail", ("192.0.2.200",))
    start(kept, pages, other)
    wait_for(kept)


def test_a_dry_run_only_says_so(bed: Bed, pages: AgentPages, agents: Cast) -> None:
    operator = start(bed, pages)
    bed.wait_converged()
    wait_for(bed, "n1=true")
    operator.stop()
    written = bed.written()
    dry = start(bed, pages, SWARM_VIP_DRY_RUN="true")
    agents.hold(N2)
    dry.wait_for("would_change", f"remove label {KEY} of node n1")
    dry.wait_for("would_change", f"set label {KEY} of node n2")
    assert bed.written() == written and labelled(bed) == ["n1=true"]


def test_all_holders_of_spread_addresses_have_it(bed: Bed, pages: AgentPages, agents: Cast) -> None:
    two = Group().with_addresses("192.0.2.100", "192.0.2.101")
    agents.roles = {N1: [router("active"), router("backup", vrid=52, addresses=["192.0.2.101/32"])], N2: "backup",
                    N3: [router("backup"), router("active", vrid=52, addresses=["192.0.2.101/32"])]}
    start(bed, pages, two, SWARM_VIP_SPREAD="true")
    wait_for(bed, "n1=true", "n3=true")


def test_uninstall_takes_it_away(kept: Bed, pages: AgentPages, agents: Cast) -> None:
    kept.operators[0].stop()
    said = pages.run("uninstall", "--yes", host=kept.engine.host)
    assert said.returncode == 0 and f"remove label {KEY} of node n1\n" in said.stdout, said
    assert labelled(kept) == []
