"""Takes samples of rows, run by run, and writes each down at once. A run of a row is ours, keepalived where it can do
the same, and then as long a stretch without an event, one right after the other."""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

from measure import Measurement
from row import Row
from samples import CONTROL, OURS, RIVAL, Sample, Samples


class Site(Protocol):
    """Where rows of one place are measured."""

    def build(self) -> str:
        """Tells one build of the product from another."""

    def sample(self, row: Row, router: str, phase: float) -> Measurement: ...

    def control(self, seconds: float) -> Measurement: ...

    def close(self) -> None: ...


def take_run(site: Site, row: Row, run: int, runs: int, samples: Samples,
             routers: Sequence[str] = (OURS, RIVAL, CONTROL), say: Callable[[str], None] = lambda _: None) -> dict[str, Sample]:
    """Measures what the samples lack of this run; returns all of it, by router. Run by run the event comes at another
    moment between two adverts. The control comes last: it is as long as what went before."""
    build = site.build()
    routers = [router for router in routers if row.has_rival or router != RIVAL]
    done = {router: samples.of(row.name, build, router).get(run) for router in routers}
    for router in routers:
        if done[router] is not None:
            continue
        length = max((sample.length_s for sample in done.values() if sample), default=0.0)
        load = os.getloadavg()[0]
        measured, failure = None, ""
        try:
            measured = site.control(length) if router == CONTROL else site.sample(row, router, run / runs)
        except (TimeoutError, AssertionError, RuntimeError, subprocess.SubprocessError) as error:
            failure = str(error).splitlines()[0][:200]
            say(f"{row.name}, {router}: {error}")
        at = datetime.datetime.now(datetime.timezone.utc)
        done[router] = Sample.of(measured, row=row.name, router=router, run=run, at=at.strftime("%FT%TZ"), build=build,
                                 load=round(load, 2), failure=failure)
        samples.append(done[router])
        say(f"{row.name}, run {run + 1} of {runs}, {router}: {in_words(done[router])}")
    return {router: sample for router, sample in done.items() if sample}


def in_words(sample: Sample) -> str:
    if sample.failure:
        return f"failed: {sample.failure}"
    still = " and still" if sample.is_silent_still else ""
    two = " and still" if sample.are_two_still else ""
    return (f"{sample.lost} lost, silent for {sample.silence_ms:.1f} ms{still}, two owners for "
            f"{sample.two_owners_ms:.1f} ms{two}, {sample.announcements} announcements; {sample.length_s:.1f} s, "
            f"pinger late by up to {sample.lateness_ms:.1f} ms, load {sample.load:.1f}")
