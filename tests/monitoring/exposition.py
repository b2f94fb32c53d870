"""Prometheus' text format, read back; and the table of packaging/doc/metrics.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "packaging/doc/metrics.md"
_GROUPS_OF_LABELS = {"A": ("group", "node"), "R": ("group", "node", "vrid", "family", "interface")}
_OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")


@dataclass
class Family:
    kind: str
    help: str = ""
    labels: set[str] = field(default_factory=set)


def families(texts: Iterable[str]) -> dict[str, Family]:
    """Of several answers together."""
    found: dict[str, Family] = {}
    for text in texts:
        helps: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, words = line.split(" ", 3)
                helps[name] = words
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                family = found.setdefault(name, Family(kind))
                assert family.kind == kind, f"{name} is a {family.kind} here and a {kind} there"
                family.help = helps.get(name, "")
            elif line:
                match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
                assert match, f"no sample: {line}"
                name = match[1] if match[1] in found else _OF_A_HISTOGRAM.sub("", match[1])
                assert name in found, f"{line}: before its # TYPE"
                names = re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', match[2] or "")
                found[name].labels |= set(names) - {"le"}
    return found


def documented() -> dict[str, Family]:
    """The table: name, type, labels, meaning."""
    found: dict[str, Family] = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        match = re.fullmatch(r"`(\w+)`", cells[0])
        if match is None or len(cells) < 3 or cells[1] not in ("counter", "gauge", "histogram"):
            continue
        labels: set[str] = set()
        for word in cells[2].split():
            labels |= set(_GROUPS_OF_LABELS.get(word, (word.strip("`"),)))
        assert match[1] not in found, f"{match[1]} is there twice"
        found[match[1]] = Family(cells[1], cells[3], labels)
    return found


def names_in(expression: str) -> set[str]:
    """The families that a query asks for."""
    names = set(re.findall(r"\b(?:swarmvip|process)_\w+", expression))
    return {name if name in documented() else _OF_A_HISTOGRAM.sub("", name) for name in names}
