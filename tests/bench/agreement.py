"""Whether a second run says the same as the first: where the samples of a figure overlap, or the medians differ by less
than a tenth, or by less than a unit that means nothing (a millisecond, a microsecond, one ping), they agree."""

from __future__ import annotations

from collections.abc import Mapping

from report import Report, Series, told

_NEAR = 0.1
_NOTHING: Mapping[str, float] = {"ms": 1.0, "µs": 1.0, "": 1.0, "%": 1.0, "s/min": 0.01, "kB": 100.0}


def agree(one: Series, other: Series) -> bool:
    overlap = min(one.values) <= max(other.values) and min(other.values) <= max(one.values)
    near = max(_NOTHING[one.figure.unit], _NEAR * max(one.median, other.median))
    return overlap or abs(one.median - other.median) <= near


def compared(first: Report, second: Report) -> str:
    """How many figures agree, and a table of those that do not. LookupError where the runs have nothing in common."""
    others = {(series.case.name, series.figure.name, series.contender): series for series in second.all_series()}
    pairs = [(series, others[key]) for series in first.all_series()
             if (key := (series.case.name, series.figure.name, series.contender)) in others]
    if not pairs:
        raise LookupError("the runs have no case in common")
    apart = [(one, other) for one, other in pairs if not agree(one, other)]
    lines = [f"{len(pairs) - len(apart)} of {len(pairs)} figures agree."]
    if apart:
        lines += ["", "| case | contender | median | of the other run |", "| --- | --- | --- | --- |"]
        lines += [f"| {one.case.words}: {one.figure.words} | {one.contender} | {told(one.median, one.figure.unit)} | "
                  f"{told(other.median, other.figure.unit)} |" for one, other in apart]
    return "\n".join(lines)
