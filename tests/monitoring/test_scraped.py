"""Real agents and the real operator, scraped by a real Prometheus: everything that is written about their metrics is so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from dashboard import queries, selectors
from exposition import documented, families
from lab import PATIENCE, PRIORITIES, Watched
from netns import wait_until

EVERYBODY = ("m1", *PRIORITIES)


@pytest.fixture(scope="module")
def said(watched: Watched) -> Iterator[dict[str, str]]:
    yield {name: watched.lab.metrics(name) for name in EVERYBODY}


@pytest.mark.parametrize("name", EVERYBODY)
def test_promtool_has_nothing_against_it(promtool: str, said: dict[str, str], name: str) -> None:
    result = subprocess.run([promtool, "check", "metrics"], input=said[name], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and not result.stdout + result.stderr, result.stdout + result.stderr


def test_the_table_is_what_they_say(said: dict[str, str]) -> None:
    """Each metric of the document is there with its type and labels, and nothing else is."""
    table, real = documented(), families(said.values())
    assert {name: family.kind for name, family in real.items()} == {name: family.kind for name, family in table.items()}
    assert {name: sorted(family.labels) for name, family in real.items()} == {
        name: sorted(family.labels) for name, family in table.items()}
    assert not [name for name, family in real.items() if not family.help], "without words"


def test_the_example_finds_everybody(watched: Watched) -> None:
    """By the nodes of the Swarm, whatever it takes for their addresses; and nobody who is no member."""
    assert watched.prometheus.targets() == {"swarm-vip-agent": dict.fromkeys(PRIORITIES, "up"),
                                            "swarm-vip-operator": {"127.0.0.1:9109": "up"}}


def test_labels_do_not_collide_with_those_of_the_target(watched: Watched) -> None:
    for label in ("exported_job", "exported_instance", "exported_group", "exported_node"):
        assert not watched.prometheus.query(f'{{__name__=~"swarmvip_.*", {label}!=""}}'), label


def test_every_query_of_the_dashboard_has_an_answer(watched: Watched) -> None:
    empty = [f"{title}: {query}" for query, title in queries().items() if not watched.prometheus.query(query)]
    assert not empty, "\n".join(empty)


def test_the_dashboard_offers_the_groups(watched: Watched) -> None:
    for label, selector in selectors().items():
        assert {series[label] for series in watched.prometheus.series(selector)} == {"web"}


def test_no_rule_ends_in_an_error(watched: Watched) -> None:
    """Some fail only with real series, such as two of one name on one side."""
    rules = [rule for group in watched.prometheus.ask("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert rules and not [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"]


def test_alerts_know_what_has_happened(watched: Watched) -> None:
    """As they would fire, or will once it has lasted."""
    def raised() -> set[str]:
        return {sample["metric"]["alertname"] for sample in watched.prometheus.query("ALERTS")}

    expected = {"SwarmVipAddressRemoved", "SwarmVipForeignOwner", "SwarmVipFault", "SwarmVipCheckFailing", "SwarmVipAgentCrashed"}
    wait_until(lambda: expected <= raised(), PATIENCE, lambda: f"{expected} are raised: {raised()}", 0.5)
    wrong = {"SwarmVipNoHolder", "SwarmVipSeveralHolders", "SwarmVipAgentMissing", "SwarmVipAgentNotScraped",
             "SwarmVipOperatorStale", "SwarmVipOperatorMissing", "SwarmVipPlansDiffer"}
    # While agents went and came some of them were about to be true; none ever was for long enough.
    wait_until(lambda: not raised() & wrong, PATIENCE, lambda: f"none of {wrong} is raised: {raised()}", 0.5)
    fired = f'max_over_time(ALERTS{{alertstate="firing",alertname=~"{"|".join(sorted(wrong))}"}}[10m])'
    assert watched.prometheus.query(fired) == []


def test_the_holder_is_the_holder(watched: Watched) -> None:
    """Agents, operator and kernels agree."""
    def holders(query: str) -> set[str]:
        return {sample["metric"]["node"] for sample in watched.prometheus.query(query)}

    assert watched.lab.owners.now() == {"n1"}
    for query in ("swarmvip_address_held == 1", "swarmvip_address_holder == 1"):  # the operator's next round tells
        wait_until(lambda query=query: holders(query) == {"n1"}, PATIENCE, lambda query=query: f"{query}: {holders(query)}", 0.2)
    assert holders('swarmvip_router_state{state="fault"} == 1') == {"n3"}
    assert [sample["value"][1] for sample in watched.prometheus.query("swarmvip_address_holders")] == ["1"]


def test_a_takeover_is_counted_once_and_in_time(watched: Watched) -> None:
    """The holder was killed once; who left politely or was outvoted was not silent. An agent that crashes counts anew."""
    for family in ("swarmvip_takeover_seconds", "swarmvip_cluster_takeover_seconds"):
        count = watched.prometheus.query(f"sum(max_over_time({family}_count[10m]))")[0]["value"][1]
        total = float(watched.prometheus.query(f"sum(max_over_time({family}_sum[10m]))")[0]["value"][1])
        assert count == "1", family
        assert 0.5 < total < 3, f"{family}: three intervals of 250 ms and the skew, and a busy machine: {total}"
