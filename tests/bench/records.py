"""What was measured, one line of a CSV file for each figure of each sample. Lines are only ever appended: a run that was
stopped goes on where it was. Another build of the agent begins anew, for all contenders, because only what was measured
in one run may be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import csv_lines

CONTROL = "control"


@dataclass(frozen=True)
class Record:
    case: str
    figure: str
    contender: str  # or CONTROL
    run: int
    at: str  # UTC
    build: str  # of our agent
    version: str  # of the contender
    load: float  # of the machine, before it
    length_s: float  # how long the sample took
    value: float
    unit: str
    bound: float  # the protocol's, 0: none


class Records:
    def __init__(self, path: Path):
        self.path = path
        self._records = csv_lines.read(path, Record)

    def append(self, records: Iterable[Record]) -> None:
        taken = list(records)
        csv_lines.append(self.path, Record, taken)
        self._records += taken

    def of_build(self, build: str) -> list[Record]:
        return [record for record in self._records if record.build == build]

    def newest_build(self) -> str:
        """"" without a record."""
        return self._records[-1].build if self._records else ""

    def of(self, build: str, case: str, contender: str, figure: str | None = None) -> list[Record]:
        """By run."""
        found = [record for record in self._records
                 if (record.build, record.case, record.contender) == (build, case, contender)
                 and figure in (None, record.figure)]
        return sorted(found, key=lambda record: record.run)
