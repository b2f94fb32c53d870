"""What a row of the fault matrix is: an event in words, what is promised about it, and one function that makes it
happen on a bed (bed.py). Rows are collected by place, in the order of the documentation's table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Timing:
    """The protocol's figures of a bed, in seconds; skew and down are the successor's."""

    interval: float
    skew: float
    down: float
    lease: float

    @classmethod
    def of(cls, interval: float, successor: int) -> "Timing":
        """Of version 3 with the automatic lease; successor: its priority."""
        skew = interval * (256 - successor) / 256
        down = 3 * interval + skew
        return cls(interval, skew, down, math.floor(max(3.0, down)) + 1.0)


@dataclass(frozen=True)
class Bound:
    """How long something may last: in words for people, in seconds for the verdict."""

    words: str
    seconds: Callable[[Timing], float]


NONE = Bound("none", lambda _: 0.0)
SKEW = Bound("skew + 5 %", lambda timing: 1.05 * timing.skew)
DOWN = Bound("3 intervals + skew + 5 %", lambda timing: 1.05 * timing.down)
LEASE = Bound("lease + 0.5 s", lambda timing: timing.lease + 0.5)
ONE_WAY = Bound("5 intervals + 5 %", lambda timing: 1.05 * 5 * timing.interval)
UNHEARD = Bound("10 s", lambda _: 10.0)  # P22: when each that has lost the address must have let go, and a second
UNLIMITED = Bound("as long as it lasts", lambda _: math.inf)


def within(seconds: float) -> Bound:
    return Bound(f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:g} s", lambda _: seconds)


@dataclass(frozen=True)
class Target:
    """What an event may cost: silence for a client (NONE: not one echo lost), two owners of the address, and frames
    that announce it, where their number matters."""

    silence: Bound
    two_owners: Bound = NONE
    announcements: int | None = None

    def __str__(self) -> str:
        announced = [] if self.announcements is None else [f"at most {self.announcements} announcements"]
        return ", ".join([f"silence {self.silence.words}", f"two owners {self.two_owners.words}", *announced])


@dataclass(frozen=True)
class Row:
    name: str
    words: str
    place: str
    story: Callable[[Any], None]
    target: Target
    has_rival: bool = False  # keepalived can do the same


@dataclass
class Place:
    """Where rows happen."""

    name: str
    timing: Timing
    rows: list[Row] = field(default_factory=list)

    def row(self, target: Target, has_rival: bool = False) -> Callable[[Any], Any]:
        """Makes a row of a function: its name is the row's, its first line says what happens."""

        def register(story: Callable[[Any], None]) -> Callable[[Any], None]:
            words = (story.__doc__ or "").strip().splitlines()[0].removesuffix(".")
            self.rows.append(Row(story.__name__.replace("_", "-"), words, self.name, story, target, has_rival))
            return story

        return register
