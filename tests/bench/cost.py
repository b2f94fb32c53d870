"""What a contender costs: time on a processor, memory, and what it does when others want the processors too."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contenders import Contender
from figures import Reading, Readings
from netns import Host, Program
from stage import DidNotHappen, Stage
from topology import Setup

WINDOW = 20.0  # seconds; a smoke test looks for less
_SENT_MIN = 0.5  # of the advertisements that were due: who is only slow is a figure, who does not speak is none
_FEW = 10.0  # frames that a backup may send: who has an address asks for another now and then
_BURNT_MIN = 0.25  # of all processors' time, by the busy loops


def run_time(pids: Iterable[int]) -> float:
    """Seconds that these processes' threads have spent on a processor, to the nanosecond (/proc/PID/task/*/schedstat)."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


@dataclass(frozen=True)
class Moment:
    """What had been spent and sent so far."""

    time: float
    pids: tuple[list[int], list[int]]
    spent: tuple[float, float]
    frames: tuple[int, int]

    @classmethod
    def of(cls, stage: Stage) -> "Moment":
        pids = (stage.contender.processes(stage.n1), stage.contender.processes(stage.n2))
        frames = (stage.bed.frames(stage.n1), stage.bed.frames(stage.n2))
        return cls(time.monotonic(), pids, (run_time(pids[0]), run_time(pids[1])), frames)


@dataclass(frozen=True)
class Spent:
    """Between two moments."""

    seconds: float
    active: float
    backup: float
    sent: int
    unsent: float  # percent


def _spend(stage: Stage, window: float) -> Spent:
    """Looks on; raises DidNotHappen unless n1 advertised all the while as it should, and n2 did not."""
    before = Moment.of(stage)
    time.sleep(window)
    after = Moment.of(stage)
    if before.pids != after.pids:
        raise DidNotHappen(f"processes came or went: {before.pids}, then {after.pids}")
    seconds = after.time - before.time
    sent = [after.frames[host] - before.frames[host] for host in (0, 1)]
    wanted = len(stage.setup.routers) * seconds / stage.setup.interval
    if sent[0] < _SENT_MIN * wanted - 1:
        raise DidNotHappen(f"n1 sent {sent[0]} frames, not {wanted:.0f}")
    if sent[1] > max(_FEW, 0.05 * wanted):
        raise DidNotHappen(f"n2 sent {sent[1]} frames: it was not backup all the while")
    stage.must_own(stage.n1, "at the end")
    return Spent(seconds, after.spent[0] - before.spent[0], after.spent[1] - before.spent[1], sent[0],
                 100 * max(0.0, 1 - (sent[0] + 1) / wanted))


def processor(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """Seconds of processor time in a minute, all processes together, and microseconds for each advertisement sent."""
    with Stage(kind, setup, listens=False) as stage:
        stage.start_both()
        spent = _spend(stage, WINDOW)
        per_minute = 60 / spent.seconds
        return {"active": Reading(spent.active * per_minute), "backup": Reading(spent.backup * per_minute),
                "advert": Reading(1e6 * spent.active / max(1, spent.sent)), "unsent": Reading(spent.unsent)}


def memory(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """Of one host's processes, in kB: VmRSS, and Pss. The other host has none, whose share of the same pages would make
    them look cheaper."""
    with Stage(kind, setup, listens=False) as stage:
        stage.start_holder(stage.n1)
        time.sleep(2 * setup.interval)  # what a new holder announces later is said
        pids = stage.contender.processes(stage.n1)
        resident = sum(_kilobytes(pid, "status", "VmRSS") for pid in pids)
        proportional = sum(_kilobytes(pid, "smaps_rollup", "Pss") for pid in pids)
        stage.must_own(stage.n1, "when memory was looked at")
        return {"resident": Reading(resident), "proportional": Reading(proportional)}


def _kilobytes(pid: int, file: str, word: str) -> int:
    found = re.search(rf"^{word}:\s+(\d+) kB", Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE)
    if not found:
        raise DidNotHappen(f"/proc/{pid}/{file} does not tell {word}")
    return int(found.group(1))


def thousand(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """Every advertisement is listened to: none may be missed, and the backup may not say a word."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        begin = time.monotonic()
        spent = _spend(stage, WINDOW)
        end = time.monotonic()
        times: dict[tuple[str, int], list[float]] = {}
        for advert in stage.bed.adverts(stage.n1, begin):
            times.setdefault((advert.host, advert.vrid), []).append(advert.time)
        if len(times) != len(setup.routers):
            raise DidNotHappen(f"{len(times)} of {len(setup.routers)} routers advertised")
        gaps = [later - earlier for heard in times.values() for earlier, later in zip([begin, *heard], [*heard, end])]
        missed = sum(max(0, round(gap / setup.interval) - 1) for gap in gaps)
        per_minute = 60 / spent.seconds
        return {"active": Reading(spent.active * per_minute), "backup": Reading(spent.backup * per_minute),
                "missed": Reading(missed), "late": Reading(1000 * max(gaps))}


def under_load(kind: type[Contender], setup: Setup, loops: int) -> Readings:
    """How often the backup takes over although nothing is wrong, while busy loops want the processors."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        claims, begin = stage.contender.claims(stage.n2), time.monotonic()
        burners = [_burn((stage.n1, stage.n2)[number % 2], number) for number in range(loops)]
        time.sleep(WINDOW)
        burnt = run_time(burner.pid for burner in burners)
        seconds = time.monotonic() - begin
        for burner in burners:
            burner.kill()
        if burnt < _BURNT_MIN * seconds * (os.cpu_count() or 1):
            raise DidNotHappen(f"{loops} busy loops ran for {burnt:.1f} s in {seconds:.1f} s: that is no load")
        stage.must_be_running(stage.n1, stage.n2)
        stage.wait_until_quiet(stage.n2)
        stage.must_own(stage.n1, "when all was calm")
        takeovers = stage.contender.claims(stage.n2) - claims
        spoke = len(stage.bed.adverts(stage.n2, begin))
        if bool(spoke) != bool(takeovers):
            raise DidNotHappen(f"the log tells {takeovers} takeovers, the LAN heard {spoke} advertisements of n2")
        return {"takeovers": Reading(takeovers)}


def _burn(host: Host, number: int) -> Program:
    return host.start(["sh", "-c", "while :; do :; done"], f"burn-{number}")
