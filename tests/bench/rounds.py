"""Takes samples run by run, contender after contender (A B C A B C), so that whatever the machine does meets all of them,
and writes each down as soon as it is there. A failed sample is told, and what its programs logged is kept beside the CSV
file; the others go on, and the rounds have failed."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cases
from cases import Case
from contenders import Contender
from figures import Readings
from stage import DidNotHappen
from records import CONTROL, Record, Records

_FAILURES = (DidNotHappen, TimeoutError, AssertionError, RuntimeError, LookupError, OSError, subprocess.SubprocessError)


@dataclass(frozen=True)
class Rounds:
    cases: Sequence[Case]
    contenders: Mapping[str, type[Contender]]
    runs: int
    records: Records
    build: str
    say: Callable[[str], None] = print

    def take_all(self) -> list[str]:
        """What lacks of all runs. Returns what failed: case, contender, run and why, one line each."""
        failed = []
        for run in range(self.runs):
            for case in self.cases:
                failed += self._take_run(case, run)
        return failed + self.missing()

    def missing(self) -> list[str]:
        """What should stand in the CSV file and does not."""
        return [f"{case.name}, {name}: {len(found)} of {self.runs} samples of {figure.name} are in {self.records.path.name}"
                for case in self.cases for name in self._takers(case) for figure in case.figures
                if len(found := self.records.of(self.build, case.name, name, figure.name)) < self.runs
                and not (name == CONTROL and figure.name not in ("silence", "lost"))]

    def _takers(self, case: Case) -> list[str]:
        able = [name for name in self.contenders if name not in case.cannot]
        return able + ([CONTROL] if case.control and able else [])

    def _take_run(self, case: Case, run: int) -> list[str]:
        failed = []
        longest = 1.0
        for name in self._takers(case):
            done = [record for record in self.records.of(self.build, case.name, name) if record.run == run]
            if done:
                longest = max(longest, done[0].length_s)
                continue
            where = f"{case.name}, {name}, run {run + 1} of {self.runs}"
            at, load, begin = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0], time.monotonic()
            try:
                readings = self._sample(case, name, run, longest)
            except _FAILURES as error:
                failed.append(f"{where}: {(str(error).splitlines() or [type(error).__name__])[0]}")
                self._keep(where, str(error))
                self.say(f"FAILED {failed[-1]}")
                continue
            length = round(time.monotonic() - begin, 3)
            longest = max(longest, length)
            self.records.append(
                Record(case.name, figure, name, run, at.strftime("%FT%TZ"), self.build, self._version(name), round(load, 2),
                       length, round(reading.value, 4), case.figure(figure).unit, round(reading.bound, 4))
                for figure, reading in readings.items())
            self.say(f"{where}: {in_words(case, readings)}; {length:.0f} s, load {load:.1f}")
        return failed

    def _sample(self, case: Case, name: str, run: int, longest: float) -> Readings:
        if name == CONTROL:
            assert case.control is not None
            taken = cases.control(case.control, longest)
            return {figure: reading for figure, reading in taken.items() if figure in {f.name for f in case.figures}}
        readings = case.take(self.contenders[name], run / self.runs)
        wanted = {figure.name for figure in case.figures}
        if set(readings) != wanted:
            raise DidNotHappen(f"it measured {sorted(readings)}, not {sorted(wanted)}")
        return readings

    def _version(self, name: str) -> str:
        return "" if name == CONTROL else self.contenders[name].version()

    def _keep(self, where: str, story: str) -> None:
        folder = self.records.path.parent / "failures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (re.sub(r"[^\w-]+", "-", where) + ".log")).write_text(story)


def in_words(case: Case, readings: Readings) -> str:
    return ", ".join(f"{figure} {reading.value:.4g} {case.figure(figure).unit}".rstrip()
                     + (f" of {reading.bound:.4g}" if reading.bound else "") for figure, reading in readings.items())
