"""The files of packaging/monitoring by themselves: what promtool says of them, and that they name what there is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashboard import DASHBOARD, panels, queries
from exposition import DOCUMENT, documented, names_in
from lab import MONITORING


def run(promtool: str, *words: str) -> str:
    result = subprocess.run([promtool, *words], cwd=MONITORING, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def alerts(promtool: str) -> list[dict[str, str]]:
    """Name and expression of each, as promtool understands them."""
    text = (MONITORING / "alerts.yml").read_text()
    names = re.findall(r"- alert: (\w+)", text)
    assert f"SUCCESS: {len(names)} rules found" in run(promtool, "check", "rules", "alerts.yml")
    return [{"name": name, "text": part} for name, part in zip(names, re.split(r"- alert: \w+", text)[1:], strict=True)]


def test_the_rules_are_sound(promtool: str) -> None:
    assert len({alert["name"] for alert in alerts(promtool)}) == len(alerts(promtool))


def test_each_alert_fires_when_it_should(promtool: str) -> None:
    assert "SUCCESS" in run(promtool, "test", "rules", "alerts_test.yml")


def test_each_alert_has_a_test_in_which_it_fires(promtool: str) -> None:
    tests = (MONITORING / "alerts_test.yml").read_text()
    assert not [alert["name"] for alert in alerts(promtool) if f'alertname="{alert["name"]}"' not in tests]


def test_the_example_is_sound(promtool: str, tmp_path: Path) -> None:
    for name in ("alerts.yml", "prometheus.example.yml"):
        shutil.copy(MONITORING / name, tmp_path)
    assert "SUCCESS" in run(promtool, "check", "config", str(tmp_path / "prometheus.example.yml"))


def test_each_alert_says_what_it_means_and_what_to_do(promtool: str) -> None:
    for alert in alerts(promtool):
        for key in ("severity: (critical|warning)", "summary: ", "description: "):
            assert len(re.findall(rf"^ +{key}", alert["text"], re.MULTILINE)) == 1, (alert["name"], key)


def test_the_document_has_each_alert(promtool: str) -> None:
    """With its severity and its patience."""
    rows = {name: line for line in DOCUMENT.read_text().splitlines() for name in re.findall(r"^\| (`SwarmVip.*?) \|", line)}
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert told == [alert["name"] for alert in alerts(promtool)]
    for alert in alerts(promtool):
        row = next(line for names, line in rows.items() if f"`{alert['name']}`" in names)
        severity = re.search(r"severity: (\w+)\n", alert["text"])
        patience = re.search(r"for: (\d+)([sm])\n", alert["text"])
        assert severity is not None and severity[1] in row, row
        said = "" if patience is None else patience[1]
        assert said in row.split("|")[3], row


@pytest.mark.parametrize("where", ["alerts.yml", "alerts_test.yml", "dashboard.json"])
def test_what_is_asked_for_is_documented(where: str) -> None:
    unknown = names_in((MONITORING / where).read_text()) - documented().keys()
    assert not unknown, f"{where} asks for what packaging/doc/metrics.md does not have: {sorted(unknown)}"


def test_the_dashboard_shows_all_that_there_is() -> None:
    shown = {name for query in queries() for name in names_in(query)}
    # Written on the page in words, or the same from another side.
    elsewhere = {"swarmvip_address_holders", "swarmvip_address_holder", "swarmvip_agent_plan_generation",
                 "swarmvip_group_agents_answering", "swarmvip_router_priority", "swarmvip_advert_interval_seconds",
                 "swarmvip_webhook_events_waiting", "swarmvip_webhook_events_lost_total", "process_start_time_seconds",
                 "swarmvip_takeover_seconds"}
    assert documented().keys() - shown - elsewhere == set()


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text())
    assert dashboard["uid"] == "swarm-vip" and dashboard["schemaVersion"] >= 36
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource", "group"]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])):
            assert cell not in taken, f"{panel['title']} lies on {taken[cell]}"
            taken[cell] = panel["title"]
    for panel in panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), panel["title"]
