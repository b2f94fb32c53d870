"""Pictures of a report, one PNG for each question: what a crash costs, what a planned change costs, processor, memory."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLCONFIGDIR", "/tmp")  # it wants a folder of its own for its font cache
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot  # noqa: E402

from contenders import OURS, RIVALS  # noqa: E402
from records import CONTROL  # noqa: E402
from report import Report, Series  # noqa: E402

_COLOURS = {OURS: "#0b6e4f", RIVALS[0]: "#c1440e", RIVALS[1]: "#3b5b92", CONTROL: "#9a9a9a"}
_SIZE = (9.0, 4.5)  # inches, at 110 dots each


def draw(report: Report, folder: Path) -> list[Path]:
    """Only what was measured is drawn."""
    drawn = []
    for name, title, pattern, figures, paint in (
            ("crash.png", "Crash: last advertisement until the successor announces the address, in the protocol's bounds",
             r"(cut|kill)-.*", ("takeover", "last"), _samples_in_bounds),
            ("planned.png", "Planned changes: longest silence of a client with a ping each ms, ms",
             r"(stop|preemption|settings).*", ("silence",), _samples),
            ("processor.png", "Processor time of all processes, seconds in a minute (median)",
             r"cpu-.*|thousand", ("active", "backup"), _bars),
            ("memory.png", "Memory of all processes, MB (median); pale: resident, full: proportional",
             r"memory-.*", ("resident", "proportional"), _memory)):
        cases = [case for case in report.cases if re.fullmatch(pattern, case.name)]
        series = [s for s in report.all_series() if s.case in cases and s.figure.name in figures]
        if series:
            drawn.append(_picture(folder / name, title, _names(series),
                                  lambda axes, series=series, paint=paint: paint(axes, series)))
    return drawn


def _names(series: Sequence[Series]) -> list[str]:
    return [name for name in _COLOURS if any(s.contender == name for s in series)]


def _picture(path: Path, title: str, names: Sequence[str], paint: Callable[[Any], None]) -> Path:
    figure, axes = pyplot.subplots(figsize=_SIZE, dpi=110)
    paint(axes)
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(axis="y", linewidth=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    handles = [pyplot.Line2D([], [], color=_COLOURS[name], marker="s", linestyle="", label=name) for name in names]
    axes.legend(handles=handles, fontsize=8, frameon=False, ncols=len(handles), loc="upper center",
                bbox_to_anchor=(0.5, -0.22))
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)
    return path


def _places(series: Sequence[Series], further: Callable[[Series], str] = lambda _: "") -> list[str]:
    """The labels of the x axis, in order; each has a slot for every contender."""
    return list(dict.fromkeys(s.case.name + further(s) for s in series))


def _samples(axes: Any, series: Sequence[Series]) -> None:
    """Every sample is a dot."""
    labels = _places(series)
    for s in series:
        x = labels.index(s.case.name) + 0.18 * (list(_COLOURS).index(s.contender) - 1.5)
        spread = [x + 0.1 * (number / max(1, len(s.values) - 1) - 0.5) for number in range(len(s.values))]
        axes.plot(spread, s.values, "o", markersize=3.5, color=_COLOURS[s.contender], alpha=0.8)
        if s.bound:
            place = labels.index(s.case.name)
            axes.hlines(s.bound, place - 0.4, place + 0.4, color="black", linewidth=0.8)
    _label(axes, labels)


def _samples_in_bounds(axes: Any, series: Sequence[Series]) -> None:
    _samples(axes, [replace(s, values=tuple(value / s.bound for value in s.values), bound=1.0) for s in series if s.bound])


def _bars(axes: Any, series: Sequence[Series]) -> None:
    """Medians, on a logarithmic axis: one router and 255 are far apart."""
    def role(s: Series) -> str:
        return f"\n{s.figure.name}"

    labels = _places(series, role)
    for s in series:
        x = labels.index(s.case.name + role(s)) + 0.25 * (list(_COLOURS).index(s.contender) - 1)
        axes.bar(x, s.median, width=0.23, color=_COLOURS[s.contender])
    axes.set_yscale("log")
    _label(axes, labels)


def _memory(axes: Any, series: Sequence[Series]) -> None:
    labels = _places(series)
    for s in series:
        x = labels.index(s.case.name) + 0.25 * (list(_COLOURS).index(s.contender) - 1)
        shade = 0.35 if s.figure.name == "resident" else 1
        axes.bar(x, s.median / 1024, width=0.23, color=_COLOURS[s.contender], alpha=shade)
    _label(axes, labels)


def _label(axes: Any, labels: Sequence[str]) -> None:
    axes.set_xticks(range(len(labels)), labels, fontsize=8, rotation=20)
