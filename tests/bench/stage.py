"""Two routers of one contender on a bed, brought into a state and watched; and what makes a sample count. A sample whose
event did not really happen raises DidNotHappen: no figure is better than a figure of something else."""

from __future__ import annotations

import time
from types import TracebackType

from contenders import Contender
from netns import Host, wait_until
from pinger import Pinger, PingReport
from topology import Bed, Setup

PATIENCE = 60.0  # seconds, until something happens that must
_PATIENCE_ROUTER = 0.3  # and for each router: FRR reads a thousand in more than a minute
LOOK_ON = 0.3  # seconds for which the ping goes on, so that a silence which is not over shows
_SKIPPED_MAX = 0.1  # of a ping's echoes, beyond as many as one stall of the machine takes
_STALL = 50
_QUIET_INTERVALS = 2.5


class DidNotHappen(Exception):
    """Why a sample does not count."""


class Stage:
    """A context manager; what fails inside tells every program's log, and a sample whose frames were not all heard fails."""

    def __init__(self, kind: type[Contender], setup: Setup, listens: bool = True):
        self.bed = Bed(setup.segments, listens)
        self.contender = kind(self.bed, setup)

    @property
    def setup(self) -> Setup:
        return self.contender.setup

    @property
    def patience(self) -> float:
        return PATIENCE + _PATIENCE_ROUTER * len(self.setup.routers)

    @property
    def n1(self) -> Host:
        return self.bed.n1

    @property
    def n2(self) -> Host:
        return self.bed.n2

    @property
    def vip(self) -> str:
        return self.setup.routers[0].vip

    def start_holder(self, host: Host) -> None:
        """Alone; returns when it holds everything."""
        self.contender.start(host)
        self.wait_until_held(host)

    def start_backup(self, host: Host) -> None:
        """Returns when it is backup, and could only take over after a whole silence."""
        self.contender.start(host)
        wait_until(lambda: self.contender.follows(host), self.patience, f"{host.name} is backup for all", interval=0.1)
        self.wait_until_quiet(host)

    def start_both(self) -> None:
        """n1 holds everything, n2 follows."""
        self.start_holder(self.n1)
        self.start_backup(self.n2)
        self.must_own(self.n1, "before the event")

    def wait_until_held(self, host: Host) -> None:
        wanted = set(self.setup.vips)
        wait_until(lambda: self.contender.held(host) == wanted, self.patience,
                   lambda: f"{host.name} holds {len(wanted)} addresses, not {len(self.contender.held(host))}", interval=0.05)

    def wait_until_quiet(self, host: Host) -> None:
        """For longer than an interval it has not advertised."""
        quiet = _QUIET_INTERVALS * self.setup.interval + 0.2
        if self.bed.wire:
            time.sleep(quiet)
            wait_until(lambda: self.bed.is_quiet(host, quiet), self.patience, f"{host.name} is quiet", interval=0.05)
            return
        before = [self.bed.frames(host)]

        def is_quiet() -> bool:
            time.sleep(quiet)
            now = self.bed.frames(host)
            few = now - before[0] <= max(3, len(self.setup.routers) / 20)  # an ARP request now and then
            before[0] = now
            return few

        wait_until(is_quiet, self.patience, f"{host.name} is quiet")

    def must_own(self, host: Host, when: str) -> None:
        """The kernel there has all addresses, and the first one's client is answered from there."""
        held, wanted = self.contender.held(host), set(self.setup.vips)
        if held != wanted:
            raise DidNotHappen(f"{when} {host.name} holds {len(held)} of {len(wanted)} addresses")
        self.bed.client.run(["ping", "-c", "1", "-W", "2", self.vip], check=False)  # or it knows no neighbour yet
        answering = self.bed.answering(self.vip)
        if answering != host.name:
            raise DidNotHappen(f"{when} {answering or 'nobody'} answers for {self.vip}, not {host.name}")

    def must_have_lost(self, report: PingReport) -> None:
        """A client of a holder that is cut off has lost echoes, or there was no failover."""
        if not report.holes and not self.contender.answers_as_backup:
            raise DidNotHappen(f"no failover: {report}")

    def must_be_running(self, *hosts: Host) -> None:
        for host in hosts:
            self.contender.processes(host)

    def meet_phase(self, phase: float) -> None:
        """Returns when this part of an interval has gone by since an advertisement of n1."""
        last = self.bed.wait_for_advert(self.n1, since=time.monotonic(), timeout=self.patience)
        time.sleep(max(0.0, last.time + phase * self.setup.interval - time.monotonic()))

    def logs(self) -> str:
        return self.bed.logs()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if isinstance(error, Exception):
                error.args = (f"{error}\n{self.logs()}",)
            elif error is None and self.bed.wire and (lost := self.bed.wire.lost()):
                raise DidNotHappen(f"lost samples: {lost} frames were not heard")
        finally:
            self.bed.close()


def checked(ping: Pinger) -> PingReport:
    """What the ping saw; refused is one that was too late too often to have seen everything, or that is silent still."""
    report = ping.report()
    if report.sent == 0 or report.received == 0:
        raise DidNotHappen(f"the ping saw nothing: {report}")
    if report.skipped > _STALL + _SKIPPED_MAX * report.sent:
        raise DidNotHappen(f"lost samples: {report.skipped} echoes were never sent, {report.sent} were")
    if report.holes and report.holes[-1].open:
        raise DidNotHappen(f"no answer any more: {report}")
    return report
