"""What was measured, one line of a CSV file for each sample. Lines are only ever appended: a run that was stopped goes
on where it was, and samples of another build are left alone and not counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import csv_lines
from measure import Measurement

OURS, RIVAL, CONTROL = "swarm-vip", "keepalived", "control"


@dataclass(frozen=True)
class Sample:
    row: str
    router: str  # one of the three above
    run: int
    at: str  # UTC
    build: str
    load: float  # of the machine, before it
    failure: str  # why nothing could be measured, else empty
    length_s: float = 0.0
    lost: int = 0
    silence_ms: float = 0.0
    is_silent_still: bool = False
    two_owners_ms: float = 0.0
    are_two_still: bool = False
    announcements: int = 0
    lateness_ms: float = 0.0

    @classmethod
    def of(cls, measured: Measurement | None, **about: object) -> "Sample":
        return cls(**about, **(asdict(measured) if measured else {}))  # type: ignore[arg-type]


FLAWLESS = Sample(row="", router=CONTROL, run=0, at="", build="", load=0.0, failure="")  # the control of a perfect machine


class Samples:
    def __init__(self, path: Path):
        self._path = path
        self._samples = csv_lines.read(path, Sample)

    def append(self, sample: Sample) -> None:
        csv_lines.append(self._path, Sample, [sample])
        self._samples.append(sample)

    def of(self, row: str, build: str, router: str) -> dict[int, Sample]:
        """By run; where a run was measured twice, the later one."""
        return {s.run: s for s in self._samples if (s.row, s.build, s.router) == (row, build, router)}

    def newest_build(self, row: str) -> str | None:
        """The build of the row's last sample."""
        return next((sample.build for sample in reversed(self._samples) if sample.row == row), None)
