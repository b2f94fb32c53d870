"""The table of packaging/doc/failover.md, out of the samples: the worst of each row's newest build."""

from __future__ import annotations

import re
from pathlib import Path

import rows
from row import NONE, Row, Target
from samples import CONTROL, FLAWLESS, OURS, RIVAL, Sample, Samples
from verdict import complaints

DOCUMENT = Path(__file__).resolve().parents[2] / "packaging/doc/failover.md"
BEGIN, END = "<!-- the table: written by tests/matrix/run.py --write-table -->", "<!-- the end of the table -->"
HEADING = ["what happens", "promised", "measured", "keepalived 2.2.7", "without any event"]


def cells(row: Row, samples: Samples) -> list[str]:
    """One line of the table; raises KeyError where nothing was measured."""
    build = samples.newest_build(row.name)
    if build is None:
        raise KeyError(row.name)
    ours, rival, control = (samples.of(row.name, build, router) for router in (OURS, RIVAL, CONTROL))
    kept = all(not complaints(row.target, rows.timing(row), sample, control.get(run, FLAWLESS))
               for run, sample in ours.items())
    quiet = f"{max(s.silence_ms for s in control.values()):.0f} ms silent" if control else "–"
    return [row.words, promise(row), f"{'✓' if kept else '✗'} {worst(ours)}", worst(rival) if rival else "–", quiet]


def promise(row: Row) -> str:
    target = row.target
    parts = ["nothing lost" if target.silence is NONE else f"silence ≤ {target.silence.words}"]
    if target.two_owners is not NONE:
        parts.append(f"two owners ≤ {target.two_owners.words}")
    if target.announcements is not None:
        parts.append(f"≤ {target.announcements} announcements")
    return ", ".join(parts).replace("≤ as long", "as long")


def worst(samples: dict[int, Sample]) -> str:
    """The worst figure of each kind, which need not be of one sample."""
    failures = sorted({sample.failure for sample in samples.values() if sample.failure})
    if failures:
        return re.sub(r"[|\s]+", " ", failures[0])[:120]
    lost = max(sample.lost for sample in samples.values())
    silence = _longest([(s.silence_ms, s.is_silent_still) for s in samples.values()])
    two = _longest([(s.two_owners_ms, s.are_two_still) for s in samples.values()])
    return f"{lost} lost, {silence} silent, two owners {two} ({len(samples)} run{'s' if len(samples) > 1 else ''})"


def _longest(spans: list[tuple[float, bool]]) -> str:
    """A span that had not ended is longer than any that had."""
    length, has_not_ended = max(spans, key=lambda span: (span[1], span[0]))
    if length < 0.5:
        return "0 ms"
    told = f"{length:.0f} ms" if length < 1000 else f"{length / 1000:.2f} s"
    return f"{told} and on" if has_not_ended else told


def table(samples: Samples) -> str:
    lines = [HEADING, ["---"] * len(HEADING), *(cells(row, samples) for row in rows.all_rows())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(samples: Samples, document: Path = DOCUMENT) -> None:
    before, rest = document.read_text().split(BEGIN)
    document.write_text(f"{before}{BEGIN}\n\n{table(samples)}\n\n{END}{rest.split(END)[1]}")


def committed(document: Path = DOCUMENT) -> list[list[str]]:
    """The lines of the committed table, without its heading."""
    text = document.read_text().split(BEGIN)[1].split(END)[0]
    lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.strip().splitlines()]
    return lines[2:]
