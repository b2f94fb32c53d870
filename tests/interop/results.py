"""What the matrix measured, on its way from the tests into the table of packaging/doc/interop.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pair import CELLS, OURS, THEIRS

Measure = Callable[[str, float, float], None]  # what it is ("" for the take-over), seconds, at most so many

DOCUMENT = Path(__file__).resolve().parents[2] / "packaging/doc/interop.md"
BEGIN, END = "<!-- the table: written by tests/interop -->", "<!-- the end of the table -->"

# test, side -> the column
CASES = {
    ("test_election", OURS): "election: we win",
    ("test_election", THEIRS): "they win",
    ("test_polite_stop", OURS): "stop: of us",
    ("test_polite_stop", THEIRS): "of them",
    ("test_cut", OURS): "cut and heal: of us",
    ("test_cut", THEIRS): "of them",
    ("test_preemption", OURS): "preemption: by us",
    ("test_preemption", THEIRS): "by them",
    ("test_equal_priorities", OURS): "tie: our address wins",
    ("test_equal_priorities", THEIRS): "theirs wins",
}


def verdict(outcome: str, measures: list[tuple[str, float, float]], why: str = "") -> str:
    """A cell of the table, such as "✓ 0.81 s (≤ 1.35)"."""
    if outcome != "passed":
        return "✗ " + re.sub(r"[|\s]+", " ", why)[:120]
    told = [f"{name + ' ' if name else ''}{took:.2f} s (≤ {bound:.2f})" for name, took, bound in measures]
    return "✓ " + "<br>".join(told)


def table(verdicts: dict[tuple[str, str, str], str]) -> str:
    """verdicts: (cell, test, side) -> cell of the table; raises KeyError where one is missing."""
    lines = ["| | " + " | ".join(CASES.values()) + " |", "|---" * (len(CASES) + 1) + "|"]
    lines += [f"| {cell.name} | " + " | ".join(verdicts[(cell.name, *case)] for case in CASES) + " |" for cell in CELLS]
    return "\n".join(lines)


def write(verdicts: dict[tuple[str, str, str], str], document: Path = DOCUMENT) -> None:
    before, rest = document.read_text().split(BEGIN)
    document.write_text(f"{before}{BEGIN}\n\n{table(verdicts)}\n\n{END}{rest.split(END)[1]}")


def committed(document: Path = DOCUMENT) -> dict[str, list[str]]:
    """The rows of the committed table, its heading under the name ""."""
    text = document.read_text().split(BEGIN)[1].split(END)[0]
    rows = [[field.strip() for field in line.strip("|").split("|")] for line in text.strip().splitlines()]
    return {row[0]: row[1:] for row in rows if not row[0].startswith("---")}
