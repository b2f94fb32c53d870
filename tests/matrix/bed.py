"""Where a row happens: hosts that share an address, a client that pings it, and who watches them.

A story (the function of a row) brings the bed into the state before the event, makes the event happen inside
`with bed.watched():`, and looks on until all that it causes has happened. Names are those before the event: the holder
has the address, the successor is the next best."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from measure import Measurement, measurement
from netns import Host, wait_until
from owners import Owners
from pinger import Pinger
from row import Timing
from wire import Wire

PATIENCE = 30.0  # until something happens that must: a bound is the verdict's business
_TAIL = 0.5  # the ping goes on for a while, so that a silence which is not over shows


class Bed:
    """What all places have in common; a place fills in its hosts before anything is watched."""

    client: Host
    holder: Host
    successor: Host
    owners: Owners
    wire: Wire
    vip: str
    timing: Timing

    def __init__(self, phase: float = 0.0):
        """phase: which part of an interval lies between the last advert and the event, 0 to 1."""
        self._phase = phase
        self.measured: Measurement | None = None

    @contextlib.contextmanager
    def watched(self, unreachable: tuple[Host, ...] = ()) -> Iterator[None]:
        """Measures what happens inside."""
        with Pinger(self.client, self.vip) as ping:
            self._meet_phase()
            begin = time.monotonic()
            yield
            time.sleep(_TAIL)
            report = ping.report()
        self.measured = measurement(begin, report, self.owners, self.wire, self.vip, {host.name for host in unreachable})

    def _meet_phase(self) -> None:
        speakers = self.owners.now(self.vip)
        last = self.wire.wait_for_advert(lambda advert: advert.host in speakers, since=time.monotonic())
        time.sleep(max(0.0, last.time + self._phase * self.timing.interval - time.monotonic()))

    def claimed_by(self, host: Host) -> None:
        """Waits until the host holds the address, whoever else does."""
        wait_until(lambda: host.name in self.owners.now(self.vip), PATIENCE,
                   lambda: f"{host.name} holds {self.vip}\n{self.owners}")

    def left_by(self, host: Host) -> None:
        wait_until(lambda: host.name not in self.owners.now(self.vip), PATIENCE,
                   lambda: f"{host.name} lets {self.vip} go\n{self.owners}")

    def owned_by(self, host: Host) -> None:
        """Waits until the host holds the address, and nobody else."""
        self.owners.wait_for_owner(host, PATIENCE, self.vip)

    def look_on(self, seconds: float) -> None:
        """Whatever may still come of an event shall come now."""
        time.sleep(seconds)


def nothing(bed: Bed, seconds: float) -> None:
    """The control: as long a stretch without an event. What it costs is the machine's doing."""
    with bed.watched():
        bed.look_on(seconds)
