"""The matrix itself: it notices a broken agent, it goes on where it was, and its table says what was measured."""

from __future__ import annotations

import datetime
import shlex
import signal
from dataclasses import replace
from pathlib import Path

import pytest

import rows
import table
from agent import binary
from campaign import Site, take_run
from lan_bed import LanBed
from row import NONE, SKEW, UNLIMITED, Row, Target, Timing, within
from samples import CONTROL, OURS, RIVAL, Sample, Samples
from verdict import complaints

TIMING = Timing.of(interval=0.25, successor=100)  # skew 152 ms, with 5 % 160
QUIET = Sample("row", CONTROL, 0, "2026-01-01T00:00:00Z", "b1", 0.1, "", 2.0)


class Script:
    """A site that plays prepared samples and counts how often it was asked."""

    def __init__(self, build: str = "b1"):
        self._build = build
        self.asked: list[str] = []

    def build(self) -> str:
        return self._build

    def sample(self, row: Row, router: str, phase: float) -> None:
        self.asked.append(f"{router} {phase:.1f}")
        if router == RIVAL:
            raise TimeoutError("not within 30 s: it never came\nits log")

    def control(self, seconds: float) -> None:
        self.asked.append(CONTROL)

    def close(self) -> None:
        pass


def sample(**figures: object) -> Sample:
    return replace(QUIET, **({"router": OURS} | figures))  # type: ignore[arg-type]


def row_named(name: str) -> Row:
    return next(row for row in rows.all_rows() if row.name == name)


@pytest.mark.parametrize("target, measured, words", [
    (Target(SKEW), sample(silence_ms=162, lost=161), ""),
    (Target(SKEW), sample(silence_ms=164, lost=163), "silent for 164.0 ms"),
    (Target(NONE), sample(), ""),
    (Target(NONE), sample(silence_ms=2.1, lost=1), "1 lost; allowed are 0"),
    (Target(NONE), sample(silence_ms=30, lateness_ms=28), ""),
    (Target(NONE), sample(silence_ms=30, lateness_ms=2), "silent for 30.0 ms"),
    (Target(SKEW), sample(silence_ms=100, is_silent_still=True), "and still"),
    (Target(SKEW), sample(two_owners_ms=19), ""),
    (Target(SKEW), sample(two_owners_ms=21), "two owners for 21.0 ms"),
    (Target(SKEW, within(0.5)), sample(two_owners_ms=519), ""),
    (Target(SKEW, within(0.5)), sample(two_owners_ms=300, are_two_still=True), "and still"),
    (Target(SKEW, UNLIMITED), sample(two_owners_ms=9000, are_two_still=True), ""),
    (Target(NONE, NONE, announcements=4), sample(announcements=4), ""),
    (Target(NONE, NONE, announcements=4), sample(announcements=5), "5 announcements"),
    (Target(NONE), sample(failure="no answer"), "no answer"),
])
def test_a_verdict(target: Target, measured: Sample, words: str) -> None:
    found = complaints(target, TIMING, measured, QUIET)
    assert bool(found) == bool(words) and words in "; ".join(found)


def test_what_the_control_lost_is_allowed() -> None:
    busy = replace(QUIET, lost=4, silence_ms=30.0, lateness_ms=10.0)
    assert not complaints(Target(NONE), TIMING, sample(lost=4, silence_ms=43, two_owners_ms=30), busy)
    assert len(complaints(Target(NONE), TIMING, sample(lost=5, silence_ms=44, two_owners_ms=31), busy)) == 3


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    path, row = tmp_path / "deep/samples.csv", row_named("polite-stop")
    first = Script()
    take_run(first, row, 0, 2, Samples(path))  # type: ignore[arg-type]
    take_run(first, row, 1, 2, Samples(path), routers=(OURS, CONTROL))  # type: ignore[arg-type]
    assert first.asked == [f"{OURS} 0.0", f"{RIVAL} 0.0", CONTROL, f"{OURS} 0.5", CONTROL]
    again = Script()
    for run in range(2):
        taken = take_run(again, row, run, 2, Samples(path))  # type: ignore[arg-type]
    assert again.asked == [f"{RIVAL} 0.5"], "only what was missing"
    assert taken[RIVAL].failure == "not within 30 s: it never came"
    assert len(path.read_text().splitlines()) == 1 + 6
    other = Script(build="b2")
    take_run(other, row, 0, 2, Samples(path), routers=(OURS, CONTROL))  # type: ignore[arg-type]
    assert other.asked == [f"{OURS} 0.0", CONTROL], "another build begins anew"
    assert Samples(path).newest_build(row.name) == "b2"


def fill(samples: Samples) -> None:
    for row in rows.all_rows():
        for run, silence in enumerate((1.0, 9000.0, 3.0)):
            mine = sample(row=row.name, run=run, lost=run, silence_ms=silence, two_owners_ms=5.4 * run)
            samples.append(mine)
            samples.append(replace(mine, router=CONTROL, silence_ms=0.0))
        samples.append(sample(row=row.name, router=RIVAL, lost=7, silence_ms=8.0, two_owners_ms=5600, are_two_still=True))


def test_the_table_tells_the_worst_of_each_figure(tmp_path: Path) -> None:
    samples = Samples(tmp_path / "samples.csv")
    fill(samples)
    document = tmp_path / "failover.md"
    document.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.write(Samples(tmp_path / "samples.csv"), document)
    assert document.read_text().startswith("before\n") and document.read_text().endswith("\nafter\n")
    lines = table.committed(document)
    assert [line[0] for line in lines] == [row.words for row in rows.all_rows()]
    assert lines[0][2:] == ["✗ 2 lost, 9.00 s silent, two owners 11 ms (3 runs)",
                            "7 lost, 8 ms silent, two owners 5.60 s and on (1 run)", "0 ms silent"]


def test_a_table_with_a_gap_is_not_written(tmp_path: Path) -> None:
    document = tmp_path / "failover.md"
    document.write_text(f"{table.BEGIN}\nold\n{table.END}\n")
    with pytest.raises(KeyError):
        table.write(Samples(tmp_path / "none.csv"), document)
    assert "old" in document.read_text()


def test_a_clock_that_is_set_is_what_the_agent_sees() -> None:
    with LanBed(OURS) as bed:
        bed.stop(bed.holder)
        own = bed.start_on_own_clock(bed.holder)
        bed.settled()
        own.jump(86400)
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        program = bed.program(bed.holder)
        program.signal(signal.SIGUSR1)
        program.wait_for_log(f"ts={tomorrow:%F}T.*event=status")
        assert "event=stalled" not in program.log(), "its other clocks went on"


def broken_agent(directory: Path, script: str) -> None:
    """An agent with a fault: a shell script around the real one, which `$real "$@"` starts."""
    wrapper = directory / "swarm-vip-agent"
    wrapper.write_text(f"#!/bin/bash\nreal={shlex.quote(str(binary()))}\n{script}\n")
    wrapper.chmod(0o755)


@pytest.mark.parametrize("name, fault, words", [
    ("polite-stop", 'trap \'kill -KILL $pid; exit 0\' TERM; "$real" "$@" & pid=$!; wait $pid; exit $?', "two owners"),
    ("all-killed", 'sed -i \'s/"lease": "auto"/"lease": "off"/\' "$2" 2>/dev/null; exec "$real" "$@"', "and still"),
], ids=["says-no-word-at-its-end", "leaves-its-address-behind"])
def test_a_broken_agent_is_noticed(lan_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
                                   fault: str, words: str) -> None:
    broken_agent(tmp_path, fault)
    monkeypatch.setenv("SWARM_VIP_BUILD", str(tmp_path))
    row = row_named(name)
    taken = take_run(lan_site, row, 0, 1, Samples(tmp_path / "samples.csv"), routers=(OURS, CONTROL), say=print)
    found = "; ".join(complaints(row.target, rows.timing(row), taken[OURS], taken[CONTROL]))
    print(found)
    assert words in found
