"""What is measured: each case brings two routers into a state, makes something happen, and reads figures off it.

A case's function takes one sample of one contender on a bed of its own. `phase` says which part of an advertisement
interval lies between the last advertisement and the event, 0 to 1."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import cost
from contenders import Contender, SwarmVip
from figures import MS, Figure, Reading, Readings
from netns import wait_until
from pinger import PingReport
from stage import LOOK_ON, PATIENCE, DidNotHappen, Stage, checked
from topology import Setup
from wire import Advert

# Every multicast reaches every macvlan of its interface, so that what FRR hears grows with the square of its routers.
_FRR_STORM = {"FRR": "does not keep up: each macvlan gets a copy of every multicast, and backups take over"}
FURTHER_VIP = "198.18.2.1"


@dataclass(frozen=True)
class Case:
    name: str
    words: str
    figures: tuple[Figure, ...]
    take: Callable[[type[Contender], float], Readings]
    cannot: Mapping[str, str] = field(default_factory=dict)  # contender -> why it has no part in this
    control: Setup | None = None  # the same bed without an event tells what the machine itself costs

    def figure(self, name: str) -> Figure:
        return next(figure for figure in self.figures if figure.name == name)


SILENCE = Figure("silence", "silence", MS)
LOST = Figure("lost", "pings lost", "")
TAKEOVER = Figure("takeover", "takeover", MS)


# Crashes.


def cut(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """The holder's cable is pulled."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        with stage.bed.ping(stage.vip) as ping:
            stage.meet_phase(phase)
            begin = time.monotonic()
            stage.n1.cut_link()
            said = stage.bed.wait_for_announcement(stage.n2, stage.vip, begin, PATIENCE)
            time.sleep(LOOK_ON)
            report = checked(ping)
        stage.must_own(stage.n2, "after the cut")
        stage.must_have_lost(report)
        last = stage.bed.adverts(stage.n1)[-1].time
        bound = 1000 * setup.down(setup.backup)
        return {"takeover": Reading(1000 * (said.time - last), bound), "silence": Reading(report.longest_silence_ms, bound)}


def kill(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """Every process of the holder is killed; its link stays up and its kernel keeps the addresses, so that what tells of
    the failover is the successor's announcement."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        with stage.bed.ping(stage.vip) as ping:
            stage.meet_phase(phase)
            begin = time.monotonic()
            stage.contender.kill(stage.n1)
            said = stage.bed.wait_for_announcement(stage.n2, stage.vip, begin, PATIENCE)
            time.sleep(LOOK_ON)
            report = checked(ping)
        stage.must_own(stage.n2, "after the kill")
        last = stage.bed.adverts(stage.n1)[-1].time
        return {"takeover": Reading(1000 * (said.time - last), 1000 * setup.down(setup.backup)),
                "silence": Reading(report.longest_silence_ms)}


def all_at_once(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """The cable of a host that holds all 255 is pulled. The wire tells of each when it moved; a client, which a kernel that
    moves 255 addresses keeps waiting too, only that it did."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        with stage.bed.ping(setup.routers[-1].vip) as ping:
            stage.meet_phase(phase)
            begin = time.monotonic()
            stage.n1.cut_link()
            for router in setup.routers:
                stage.bed.wait_for_announcement(stage.n2, router.vip, begin, stage.patience)
            time.sleep(LOOK_ON)
            stage.must_have_lost(ping.report())
        stage.must_own(stage.n2, "after the cut")
        last = {advert.vrid: advert.time for advert in stage.bed.adverts(stage.n1)}
        first: dict[str, float] = {}
        for said in stage.bed.announcements(stage.n2, begin):
            first.setdefault(said.address, said.time)
        if set(last) != {router.vrid for router in setup.routers}:
            raise DidNotHappen(f"lost samples: advertisements of {len(last)} of {len(setup.routers)} routers were heard")
        waits = [first[router.vip] - last[router.vrid] for router in setup.routers]
        bound = 1000 * setup.down(setup.backup)
        return {"last": Reading(1000 * max(waits), bound), "median": Reading(1000 * statistics.median(waits), bound)}


# What is planned.


def _loss(report: PingReport, skew: float = 0.0) -> dict[str, Reading]:
    return {"lost": Reading(report.lost), "silence": Reading(report.longest_silence_ms, 1000 * skew)}


def polite_stop(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """The holder is told to stop."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        with stage.bed.ping(stage.vip) as ping:
            stage.meet_phase(phase)
            begin = time.monotonic()
            stage.contender.told_to_stop(stage.n1)
            stage.bed.wait_for_announcement(stage.n2, stage.vip, begin, PATIENCE)
            stage.contender.wait_for_its_end(stage.n1)
            time.sleep(LOOK_ON)
            report = checked(ping)
        stage.must_own(stage.n2, "after the stop")
        if stage.contender.held(stage.n1):
            raise DidNotHappen("who was stopped holds the address still")
        if not any(advert.priority == 0 for advert in stage.bed.adverts(stage.n1, begin)):
            raise DidNotHappen("it did not say that it leaves")
        return _loss(report, setup.skew(setup.backup))


def preemption(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """The better one comes back."""
    with Stage(kind, setup) as stage:
        stage.start_holder(stage.n2)
        stage.must_own(stage.n2, "before the better one comes")
        with stage.bed.ping(stage.vip) as ping:
            begin = time.monotonic()
            stage.contender.start(stage.n1)
            stage.bed.wait_for_announcement(stage.n1, stage.vip, begin, PATIENCE)
            stage.wait_until_quiet(stage.n2)
            report = checked(ping)
        stage.must_own(stage.n1, "after it came back")
        return _loss(report)


def changed_priority(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """The holder gets another priority while it runs, and stays the better one."""
    changed = Setup(setup.routers, setup.interval_ms, setup.holder - 10, setup.backup)
    return _changed(kind, phase, setup, changed, lambda advert: advert.priority == changed.holder)


def added_address(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """Both get one more address while they run."""
    return _changed(kind, phase, setup, setup.with_address(FURTHER_VIP), lambda advert: FURTHER_VIP in advert.addresses)


def _changed(kind: type[Contender], phase: float, setup: Setup, changed: Setup, tells: Callable[[Advert], bool]) -> Readings:
    """Other settings while it runs, until an advertisement of the holder tells them."""
    with Stage(kind, setup) as stage:
        stage.start_both()
        with stage.bed.ping(stage.vip) as ping:
            stage.meet_phase(phase)
            begin = time.monotonic()
            stage.contender.change(changed)
            wait_until(lambda: any(map(tells, stage.bed.adverts(stage.n1, begin))), PATIENCE, "n1 advertises the change")
            stage.wait_until_held(stage.n1)
            stage.wait_until_quiet(stage.n2)
            report = checked(ping)
        stage.must_own(stage.n1, "after the change")
        return _loss(report)


def control(setup: Setup, seconds: float) -> Readings:
    """As long a stretch without any event: what it costs is the machine's doing."""
    with Stage(SwarmVip, setup) as stage:
        stage.start_both()
        with stage.bed.ping(stage.vip) as ping:
            time.sleep(seconds)
            report = checked(ping)
        stage.must_own(stage.n1, "without an event")
        return {"lost": Reading(report.lost), "silence": Reading(report.longest_silence_ms)}


def start(kind: type[Contender], phase: float, setup: Setup) -> Readings:
    """A router is started where there is no other one. It listens first, as the protocol asks."""
    with Stage(kind, setup) as stage:
        begin = time.monotonic()
        stage.contender.start(stage.n1)
        born = stage.contender.programs(stage.n1)[-1].started
        advert = stage.bed.wait_for_advert(stage.n1, begin, PATIENCE)
        stage.wait_until_held(stage.n1)
        stage.must_own(stage.n1, "after its start")
        stage.must_be_running(stage.n1)
        return {"first-advert": Reading(1000 * (advert.time - born), 1000 * setup.down(setup.holder))}


# All of them, in the order of the table.


def all_cases() -> list[Case]:
    return [*_crashes(), *_plans(), *_costs(), *_loads()]


def _crashes() -> Iterator[Case]:
    for interval_ms in (1000, 250, 100, 10):
        setup = Setup.of(1, interval_ms)
        yield Case(f"cut-{interval_ms}ms", f"link of the holder cut, {_told(interval_ms)}", (TAKEOVER, SILENCE),
                   _bound(cut, setup), control=setup)
    for interval_ms in (1000, 250, 100, 10):
        setup = Setup.of(1, interval_ms)
        yield Case(f"kill-{interval_ms}ms", f"kill -9 of the holder, its link stays up, {_told(interval_ms)}",
                   (TAKEOVER, SILENCE), _bound(kill, setup), control=setup)
    for interval_ms in (1000, 250):
        setup = Setup.of(255, interval_ms)
        yield Case(f"cut-255-{interval_ms}ms", f"link of the holder of 255 cut, {_told(interval_ms)}",
                   (Figure("last", "takeover, the last of all", MS),
                    Figure("median", "takeover, half of all", MS)), _bound(all_at_once, setup))


def _plans() -> Iterator[Case]:
    loss = (LOST, SILENCE)
    yield Case("stop-100", "polite stop, backup's priority 100", loss, _bound(polite_stop, Setup.of(1, 1000)),
               control=Setup.of(1, 1000))
    yield Case("stop-253", "polite stop, backup's priority 253", loss,
               _bound(polite_stop, Setup.of(1, 1000, holder=254, backup=253)), control=Setup.of(1, 1000))
    setup = Setup.of(1, 250)
    yield Case("preemption", "the better one comes back, 250 ms", loss, _bound(preemption, setup), control=setup)
    yield Case("settings-priority", "another priority while it runs, 250 ms", loss, _bound(changed_priority, setup),
               control=setup)
    yield Case("settings-address", "one more address while they run, 250 ms", loss, _bound(added_address, setup),
               control=setup)
    yield Case("start", "start to the first advertisement, 10 ms", (Figure("first-advert", "from exec", MS),),
               _bound(start, Setup.of(1, 10)))


def _costs() -> Iterator[Case]:
    for count in (1, 255):
        for interval_ms in (1000, 10):
            setup = Setup.of(count, interval_ms)
            yield Case(f"cpu-{count}-{interval_ms}ms", f"processor, {_routers(count)}, {_told(interval_ms)}", (
                Figure("active", "as active", "s/min"), Figure("backup", "as backup", "s/min"),
                Figure("advert", "for each advertisement sent", "µs"),
                Figure("unsent", "advertisements due and not sent", "%")), _bound(cost.processor, setup),
                _FRR_STORM if (count, interval_ms) == (255, 10) else {})
    for count, segments in ((1, 1), (10, 1), (255, 1), (1000, 4)):
        where = f" on {segments} interfaces" if segments > 1 else ""
        yield Case(f"memory-{count}", f"memory of all processes, {_routers(count)}{where}", (
            Figure("resident", "resident", "kB"), Figure("proportional", "proportional", "kB")),
            _bound(cost.memory, Setup.of(count, 250 if count <= 10 else 1000, segments)))
    yield Case("thousand", "1,000 routers on 4 interfaces, 1 s", (
        Figure("active", "processor as active", "s/min"), Figure("backup", "processor as backup", "s/min"),
        Figure("missed", "advertisements missed", ""), Figure("late", "longest wait for one", MS)),
        _bound(cost.thousand, Setup.of(1000, 1000, 4)), _FRR_STORM)


def _loads() -> Iterator[Case]:
    for loops in (8, 64):
        for realtime in (True, False):
            how = "with" if realtime else "without"
            yield Case(f"load-{loops}-{how}-realtime",
                       f"20 s at 10 ms beside {loops} busy loops, {how} real-time priority",
                       (Figure("takeovers", "false takeovers", ""),),
                       lambda kind, phase, loops=loops, realtime=realtime: cost.under_load(
                           kind, Setup.of(1, 10, realtime=realtime), loops),
                       {"FRR": "has no setting for real-time priority"} if realtime else {})


def _told(interval_ms: int) -> str:
    return f"{interval_ms} ms" if interval_ms < 1000 else f"{interval_ms // 1000} s"


def _bound(take: Callable[[type[Contender], float, Setup], Readings],
           setup: Setup) -> Callable[[type[Contender], float], Readings]:
    return lambda kind, phase: take(kind, phase, setup)


def _routers(count: int) -> str:
    return "one router" if count == 1 else f"{count:,} routers"
