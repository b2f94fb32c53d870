"""The harness fails loudly when what it measures did not happen, and its report is whole or there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import agreement
import bench
import cases
import cost
import report
import stage
from cases import Case, all_cases
from contenders import CONTENDERS, OURS, RIVALS, Contender, SwarmVip
from figures import Figure, Reading, Readings
from netns import Host
from pinger import Hole, PingReport
from records import CONTROL, Record, Records
from rounds import Rounds
from stage import DidNotHappen, Stage, checked
from topology import Setup

FAST = Setup.of(1, 100)
SHORT = 3.0  # seconds, for what will not come
PING = PingReport(1000, 990, 10, 0, 0, 10.0, 1.0, 0.3, 0, 0, "", 1000, [Hole(10.0, 0, 10_000_000, 10, 10, False)])
RECORD = Record("cut-250ms", "takeover", OURS, 0, "2026-01-01T00:00:00Z", "b1", "1.0", 0.1, 4.0, 900.0, "ms", 902.3)


class TakesNothingOver(SwarmVip):
    """Its backup is there and does not care."""

    def start(self, host: Host) -> None:
        if host.name == "n1":
            super().start(host)
        else:
            self._running[host.name] = [host.start(["sleep", "1000"])]

    def follows(self, host: Host) -> bool:
        return True


class HoldsNothing(SwarmVip):
    """It says that it took over, and its kernel has no address."""

    def held(self, host: Host) -> set[str]:
        return set() if host.name == "n2" else super().held(host)


class Dies(SwarmVip):
    """Its backup is gone as soon as it follows."""

    def follows(self, host: Host) -> bool:
        return super().follows(host) and not self.kill(host)


class NeverStops(SwarmVip):
    """It is told to stop and goes on."""

    def told_to_stop(self, host: Host) -> None:
        pass


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (cases, stage):
        monkeypatch.setattr(room, "PATIENCE", SHORT)
    monkeypatch.setattr(cost, "WINDOW", 1.0)


@pytest.mark.parametrize("kind, take, words", [
    (TakesNothingOver, cases.cut, "n2 announces 198.18.0.1"),
    (TakesNothingOver, cases.kill, "n2 announces 198.18.0.1"),
    (NeverStops, cases.polite_stop, "n2 announces 198.18.0.1"),
    (HoldsNothing, cases.cut, "after the cut n2 holds 0 of 1"),
], ids=["no-failover-after-a-cut", "nor-after-a-kill", "no-stop", "wrong-owner-afterwards"])
def test_what_did_not_happen_is_no_sample(impatient: None, kind: type[Contender],
                                          take: Callable[[type[Contender], float, Setup], Readings], words: str) -> None:
    with pytest.raises((DidNotHappen, TimeoutError), match=words):
        take(kind, 0.0, FAST)


def test_who_is_not_running_has_no_cost(impatient: None) -> None:
    with pytest.raises(RuntimeError, match="n2-agent-1 is not running"):
        cost.processor(Dies, 0.0, FAST)


def test_a_wrong_owner_is_noticed_before_the_event(impatient: None) -> None:
    with Stage(SwarmVip, FAST) as room:
        room.start_both()
        with pytest.raises(DidNotHappen, match="before the event n2 holds 0 of 1"):
            room.must_own(room.n2, "before the event")
        room.n2.ip(f"address add {room.vip}/32 dev eth0")
        with pytest.raises(DidNotHappen, match="before the event n1 answers for 198.18.0.1, not n2"):
            room.must_own(room.n2, "before the event")


@pytest.mark.parametrize("changes, words", [
    ({}, ""),
    ({"skipped": 149}, ""),
    ({"skipped": 151}, "lost samples: 151 echoes"),
    ({"received": 0}, "saw nothing"),
    ({"sent": 0}, "saw nothing"),
    ({"holes": [Hole(10.0, 0, 10_000_000, 10, 10, True)]}, "no answer any more"),
])
def test_what_a_ping_is_worth(changes: dict[str, object], words: str) -> None:
    class Ping:
        def report(self) -> PingReport:
            return replace(PING, **changes)  # type: ignore[arg-type]

    if not words:
        assert checked(Ping()).lost == 10  # type: ignore[arg-type]
        return
    with pytest.raises(DidNotHappen, match=words):
        checked(Ping())  # type: ignore[arg-type]


# Rounds, with a case that needs no network.


def scripted(asked: list[str], **broken: str) -> Case:
    """broken: contender -> what comes instead of a figure."""
    def take(kind: type[Contender], phase: float) -> Readings:
        asked.append(f"{kind.name} {phase:.1f}")
        fault = broken.get(kind.name.replace("-", "_"))
        if fault == "nothing":
            return {}
        if fault:
            raise DidNotHappen(f"{fault}\nits log")
        return {"takeover": Reading(900.0 + 10 * phase, 902.3)}

    return Case("cut-250ms", "link cut", (Figure("takeover", "takeover", "ms"),), take, {"FRR": "has none"})


def rounds_of(case: Case, path: Path, build: str = "b1") -> Rounds:
    return Rounds([case], CONTENDERS, 2, Records(path), build, lambda text: None)


def test_rounds_take_turns_and_go_on_where_they_were(tmp_path: Path) -> None:
    path, asked = tmp_path / "deep/samples.csv", list[str]()
    assert rounds_of(scripted(asked, keepalived="no failover"), path).take_all() == [
        "cut-250ms, keepalived, run 1 of 2: no failover", "cut-250ms, keepalived, run 2 of 2: no failover",
        "cut-250ms, keepalived: 0 of 2 samples of takeover are in samples.csv"]
    assert asked == [f"{OURS} 0.0", f"{RIVALS[0]} 0.0", f"{OURS} 0.5", f"{RIVALS[0]} 0.5"]
    assert sorted(log.read_text() for log in (path.parent / "failures").iterdir()) == 2 * ["no failover\nits log"]
    asked.clear()
    assert rounds_of(scripted(asked), path).take_all() == []
    assert asked == [f"{RIVALS[0]} 0.0", f"{RIVALS[0]} 0.5"], "only what was missing"
    asked.clear()
    rounds_of(scripted(asked), path, build="b2").take_all()
    assert len(asked) == 4, "another build begins anew"


def test_a_sample_without_its_figure_is_a_failure(tmp_path: Path) -> None:
    failed = rounds_of(scripted([], swarm_vip="nothing"), tmp_path / "samples.csv").take_all()
    assert failed[0] == f"cut-250ms, {OURS}, run 1 of 2: it measured [], not ['takeover']"


def test_an_empty_file_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = rounds_of(scripted([]), tmp_path / "samples.csv")
    monkeypatch.setattr(rounds.records, "append", lambda records: None)
    assert "cut-250ms, swarm-vip: 0 of 2 samples of takeover are in samples.csv" in rounds.take_all()
    with pytest.raises(LookupError):
        report.Report(rounds.records, [scripted([])])


def test_the_program_ends_with_1_and_names_the_case(impatient: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(CONTENDERS, OURS, TakesNothingOver)  # type: ignore[arg-type]
    monkeypatch.setattr("sys.argv", ["bench.py", "--cases", "cut-100ms", "--contenders", OURS, "--runs", "1",
                                     "--out", str(tmp_path)])
    assert bench.main() == 1
    said = capsys.readouterr().err
    assert f"cut-100ms, {OURS}, run 1 of 1: not within 3.0 s: n2 announces 198.18.0.1" in said
    assert list((tmp_path / "failures").iterdir())


@pytest.mark.parametrize("words", [["--cases", "no-such-case"], ["--contenders", "vrrpd"], ["--runs", "many"]])
def test_wrong_words(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr("sys.argv", ["bench.py", *words])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 2


# The report.


def fill(records: Records) -> None:
    records.append(replace(RECORD, run=run, value=value) for run, value in enumerate((880.0, 910.0, 890.0)))
    records.append([replace(RECORD, contender=RIVALS[0], value=1820.0),
                    replace(RECORD, contender=CONTROL, bound=0.0, value=0.0)])
    records.append(replace(RECORD, case=case, figure="resident", unit="kB", bound=0.0, contender=contender, value=value)
                   for case, contender, value in (("memory-1", OURS, 2048.0), ("memory-255", OURS, 2048.0 + 254),
                                                  ("memory-1", RIVALS[0], 4096.0), ("memory-255", RIVALS[0], 4096.0 + 508)))


def test_the_table_tells_worst_median_and_ratios(tmp_path: Path) -> None:
    records = Records(tmp_path / "samples.csv")
    fill(records)
    lines = report.Report(Records(tmp_path / "samples.csv"), all_cases()).table().splitlines()
    assert lines[2:5] == [
        "| link of the holder cut, 250 ms: takeover | swarm-vip | 3 | 890 ms | 910 ms | 0.50 | – | 1.01 |",
        "|  | keepalived | 1 | 1,820 ms | 1,820 ms | – | – | 2.02 |",
        "|  | control | 1 | 0 ms | 0 ms | – | – | – |"]
    further = "| memory of all processes, 255 routers: resident, each further router"
    assert f"{further} | swarm-vip | – | 1 kB | – | 0.50 | – | – |" in lines


def test_a_second_run_that_says_something_else_is_noticed(tmp_path: Path) -> None:
    first, second = Records(tmp_path / "samples.csv"), Records(tmp_path / "second" / "samples.csv")
    fill(first)
    second.append([replace(RECORD, value=905.0), replace(RECORD, contender=RIVALS[0], value=1500.0)])
    said = agreement.compared(report.Report(first, all_cases()), report.Report(second, all_cases()))
    assert said.splitlines()[0] == "1 of 2 figures agree."
    assert said.endswith("| link of the holder cut, 250 ms: takeover | keepalived | 1,820 ms | 1,500 ms |")
    third = Records(tmp_path / "third" / "samples.csv")
    third.append([replace(RECORD, case="preemption", figure="lost")])
    with pytest.raises(LookupError, match="no case in common"):
        agreement.compared(report.Report(first, all_cases()), report.Report(third, all_cases()))


def test_what_a_contender_cannot_stands_in_the_table(tmp_path: Path) -> None:
    rounds = rounds_of(scripted([]), tmp_path / "samples.csv")
    rounds.take_all()
    assert "|  | FRR | – | cannot: has none |" in report.Report(rounds.records, rounds.cases).table()


def test_the_document_gets_table_and_pictures(tmp_path: Path) -> None:
    records = Records(tmp_path / "samples.csv")
    fill(records)
    document = tmp_path / "bench.md"
    document.write_text(f"before\n{report.BEGIN}\nOUTDATED\n{report.END}\nafter\n")
    taken = report.Report(records, all_cases())
    plots = report.write(taken, tmp_path / "out")[1:]
    report.write_document(taken, plots, document)
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "OUTDATED" not in text
    assert taken.table() in text and "![crash](bench-crash.png)" in text
    assert (tmp_path / "bench-crash.png").read_bytes() == plots[0].read_bytes()


def test_the_document_of_the_project_has_the_place_for_the_table() -> None:
    text = report.DOCUMENT.read_text()
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    for case in all_cases():
        assert f"`{case.name}`" in text, f"{case.name} is not explained"
