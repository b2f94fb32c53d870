"""The dashboard's panels and queries, as Grafana would ask them."""

from __future__ import annotations

import json
from typing import Any

from lab import MONITORING

DASHBOARD = MONITORING / "dashboard.json"
_VARIABLES = {"$__rate_interval": "10m", "$__range": "10m", "$__interval": "15s", "$group": ".*"}


def panels() -> list[dict[str, Any]]:
    """Those that show something."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def queries() -> dict[str, str]:
    """Expression -> the title of its panel; for all groups, over the last ten minutes."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = {target["expr"]: panel["title"] for panel in panels() for target in panel["targets"]}
    found |= {note["expr"]: note["name"] for note in dashboard["annotations"]["list"]}
    return {_filled(expression): title for expression, title in found.items()}


def selectors() -> dict[str, str]:
    """What the variables are chosen from: label -> selector."""
    found: dict[str, str] = {}
    for variable in json.loads(DASHBOARD.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            selector, _, label = variable["definition"].removeprefix("label_values(").removesuffix(")").rpartition(", ")
            found[label] = selector
    return found


def _filled(expression: str) -> str:
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression
