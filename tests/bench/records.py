"""What was measured, one line of a CSV file for each figure of each sample. Lines are only ever appended: a run that was
stopped goes on where it was. Another build of the agent begins anew, for all contenders, because only what was measured
in one run may be compared."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

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
        self._records = [_parse(line) for line in _lines(path)]

    def append(self, records: Iterable[Record]) -> None:
        is_new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Record)])
            if is_new:
                writer.writeheader()
            for record in records:
                writer.writerow(asdict(record))
                self._records.append(record)

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


def _lines(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def _parse(line: dict[str, str]) -> Record:
    readers = {"int": int, "float": float, "str": str}
    return Record(**{field.name: readers[str(field.type)](line[field.name]) for field in fields(Record)})
