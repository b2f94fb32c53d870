"""One Markdown table and plots out of the records, and the documentation's copy of both. A case without records, or with
fewer than others, is an error: a report is whole or there is none."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases import Case
from contenders import OURS, RIVALS
from figures import Figure
from records import CONTROL, Records

DOCUMENT = Path(__file__).resolve().parents[2] / "packaging/doc/bench.md"
BEGIN, END = "<!-- the table: written by tests/bench/run.sh --doc -->", "<!-- the end of the table -->"
_MANY = 100  # routers, from which on what each takes is more than the noise
_HEADING = ["case", "contender", "n", "median", "worst", "to keepalived", "to FRR", "to the protocol's bound"]


@dataclass(frozen=True)
class Series:
    """All samples of one figure of one contender; of the runs, in order."""

    case: Case
    figure: Figure
    contender: str
    values: tuple[float, ...]
    bound: float

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def worst(self) -> float:
        return max(self.values)


class Report:
    def __init__(self, records: Records, cases: Sequence[Case], build: str | None = None):
        self.build = build or records.newest_build()
        self._records = records
        self.cases = [case for case in cases if any(records.of(self.build, case.name, name) for name in (OURS, *RIVALS))]
        if not self.cases:
            raise LookupError(f"{records.path}: there is nothing of build {self.build or '(none)'}")

    def series(self, case: Case, figure: Figure, contender: str) -> Series | None:
        found = self._records.of(self.build, case.name, contender, figure.name)
        if not found:
            return None
        return Series(case, figure, contender, tuple(record.value for record in found), found[0].bound)

    def all_series(self) -> Iterator[Series]:
        for case in self.cases:
            for figure in case.figures:
                for contender in (OURS, *RIVALS, CONTROL):
                    series = self.series(case, figure, contender)
                    if series:
                        yield series

    def table(self) -> str:
        """The words of a case stand in the first of its lines."""
        lines, said = [_HEADING, ["---"] * len(_HEADING)], ""
        for what, *figures in self._lines():
            lines.append(["" if what == said else what, *figures])
            said = what
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def facts(self) -> str:
        """Which programs, which machine, when."""
        newest = self._records.of_build(self.build)
        versions = {record.contender: record.version for record in newest if record.version}
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        days = sorted({record.at[:10] for record in newest})
        when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        return (f"{told}; Linux {platform.release()}, {os.cpu_count()} processors ({_processor()}), {when}; "
                f"load of the machine {statistics.median(record.load for record in newest):.1f} (median).")

    def _lines(self) -> Iterator[list[str]]:
        for case in self.cases:
            for figure in case.figures:
                for contender in (OURS, *RIVALS, CONTROL):
                    series = self.series(case, figure, contender)
                    what = f"{case.words}: {figure.words}"
                    if series:
                        yield [what, contender, str(len(series.values)), told(series.median, figure.unit),
                               told(series.worst, figure.unit), *self._ratios(series),
                               ratio(series.worst, series.bound) if series.bound else "–"]
                    elif contender in case.cannot and figure is case.figures[0]:
                        yield [what, contender, "–", f"cannot: {case.cannot[contender]}", "–", "–", "–", "–"]
            yield from self._per_router(case)

    def _ratios(self, series: Series) -> list[str]:
        """Worst to worst."""
        ratios = []
        for rival in RIVALS:
            theirs = self.series(series.case, series.figure, rival)
            compares = theirs is not None and series.contender not in (rival, CONTROL)
            ratios.append(ratio(series.worst, theirs.worst) if theirs and compares else "–")
        return ratios

    def _per_router(self, case: Case) -> list[list[str]]:
        """What each further router takes, from one to as many as the case has."""
        lines: list[list[str]] = []
        count = re.fullmatch(r"memory-(\d+)", case.name)
        one = next((c for c in self.cases if c.name == "memory-1"), None)
        if not count or int(count.group(1)) < _MANY or one is None:
            return lines
        for figure in case.figures:
            each: dict[str, float] = {}
            for contender in (OURS, *RIVALS):
                many, single = self.series(case, figure, contender), self.series(one, figure, contender)
                if many and single:
                    each[contender] = (many.median - single.median) / (int(count.group(1)) - 1)
            for contender, value in each.items():
                ratios = ["–" if rival == contender or rival not in each else ratio(value, each[rival])
                          for rival in RIVALS]
                lines.append([f"{case.words}: {figure.words}, each further router", contender, "–",
                              told(value, figure.unit), "–", *ratios, "–"])
        return lines


def told(value: float, unit: str) -> str:
    """A figure for people."""
    if unit == "kB":
        return f"{value:.0f} kB" if value < 1000 else f"{value / 1024:.1f} MB"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def ratio(value: float, other: float) -> str:
    """Nothing to nothing is 1; to something else there is no ratio of nothing."""
    if other == 0:
        return "–" if value else "1.00"
    return f"{value / other:.2f}"


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1).strip() if found else platform.machine()


def write(report: Report, folder: Path) -> list[Path]:
    """table.md and the plots. Returns all files."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "table.md"
    table.write_text(f"{report.facts()}\n\n{report.table()}\n")
    from plots import draw  # matplotlib takes a second, which only this needs

    return [table, *draw(report, folder)]


def write_document(report: Report, plots: Sequence[Path], document: Path = DOCUMENT) -> None:
    """Puts the table between the document's markers, and the plots beside it."""
    before, rest = document.read_text().split(BEGIN)
    pictures = []
    for plot in plots:
        (document.parent / f"bench-{plot.name}").write_bytes(plot.read_bytes())
        pictures.append(f"![{plot.stem}](bench-{plot.name})")
    body = "\n\n".join([report.facts(), report.table(), *pictures])
    document.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{rest.split(END)[1]}")
