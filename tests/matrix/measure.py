"""One stretch of time as a client of the address and the kernels of its hosts saw it."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from owners import Owners, Span
from pinger import PingReport
from wire import Wire


@dataclass(frozen=True)
class Measurement:
    length_s: float
    lost: int
    silence_ms: float  # the longest
    is_silent_still: bool  # at the end
    two_owners_ms: float  # the longest
    are_two_still: bool
    announcements: int  # frames that say who has the address, from all hosts
    lateness_ms: float  # the pinger's own: what this machine is worth


def measurement(begin: float, report: PingReport, owners: Owners, wire: Wire, vip: str,
                unreachable: Collection[str] = ()) -> Measurement:
    """Of the time since `begin`. Who is unreachable may hold what it likes: nobody hears it."""
    end = time.monotonic()
    several = [(span, len(span.owners - set(unreachable)) >= 2) for span in owners.spans(begin, end, vip)]
    return Measurement(
        length_s=round(end - begin, 3), lost=report.lost, silence_ms=round(report.longest_silence_ms, 3),
        is_silent_still=bool(report.holes) and report.holes[-1].open,
        two_owners_ms=round(1000 * _longest(several), 3), are_two_still=several[-1][1],
        announcements=len([a for a in wire.announcements(since=begin) if a.address == vip]),
        lateness_ms=round(report.max_lateness_ms, 3))


def _longest(spans: list[tuple[Span, bool]]) -> float:
    longest = current = 0.0
    for span, counts in spans:
        current = current + span.length if counts else 0.0
        longest = max(longest, current)
    return longest
