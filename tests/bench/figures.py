"""The words of a measurement: what a case measures, and what was read off it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MS = "ms"


@dataclass(frozen=True)
class Figure:
    """One thing that a case measures, always such that less is better."""

    name: str
    words: str
    unit: str


@dataclass(frozen=True)
class Reading:
    value: float
    bound: float = 0.0  # what the protocol allows, in the same unit; 0: it says nothing about this


Readings = Mapping[str, Reading]
