"""What an address may suffer while something happens on a Swarm, and what it did suffer: its owners on every node are
watched, and judged as tests/matrix judges them. What the machine itself was late by is allowed on top."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netns import Host
from pinger import Pinger
from swarm_group import Group

MEASURED: list[str] = []  # a line for each stretch that was watched

_OWNERS_LATE = 0.02  # seconds; so late the watcher of addresses may see one go
_THIRD_MAX = 0.1  # backups wake as far apart as their priorities; a machine that stands still wakes them together
_PING_SPACING_US = 5000  # it only tells how late the machine is


@dataclass(frozen=True)
class Promise:
    """For how long nobody may hold an address, and for how long two may; in seconds."""

    none: float
    two: float


UNTOUCHED = Promise(0.0, 0.0)
PLANNED = Promise(0.0, 0.5)  # make before break
CRASH = Promise(1.05 * 0.9, 4.5)  # three intervals and the skew; the lease of an agent that died, and half a second


class Watch:
    """One stretch of time in which a group's addresses are watched."""

    def __init__(self, group: Group):
        self._owners = group.owners
        self._phases: list[tuple[float, set[str]]] = [(time.monotonic(), set())]  # since when nobody hears whom

    def lost(self, host: Host) -> None:
        """From now on the host may hold what it likes: nobody hears it."""
        self._phases.append((time.monotonic(), self._phases[-1][1] | {host.name}))

    def longest(self, vip: str, low: int, high: int = 99) -> float:
        """The longest unbroken time with a number of owners in this range."""
        longest = current = 0.0
        ends = [*(begin for begin, _ in self._phases[1:]), time.monotonic()]
        for (begin, mute), end in zip(self._phases, ends):
            for span in self._owners.spans(begin, end, vip):
                current = current + span.length if low <= len(span.owners - mute) <= high else 0.0
                longest = max(longest, current)
        return longest


@contextlib.contextmanager
def watched(group: Group, promise: Promise, what: str, vips: Iterable[str] | None = None) -> Iterator[Watch]:
    """Watches the group's addresses while its body runs, and fails when they suffered more than was promised."""
    with Pinger(group.lab.client, group.vips[0], _PING_SPACING_US, wait_for_reply=False) as ping:
        watch = Watch(group)
        yield watch
        none, two, third = (max(watch.longest(vip, *range_) for vip in vips or group.vips) for range_ in ((0, 0), (2,), (3,)))
        late = ping.report().max_lateness_ms / 1000
    MEASURED.append(f"{what}: none for at most {1000 * none:.0f} ms, two owners for {1000 * two:.0f} ms "
                    f"(the machine was late by {1000 * late:.0f} ms)")
    slack = late + _OWNERS_LATE
    assert none <= promise.none + slack, f"{what}: nobody for {none:.3f} s, slack {slack:.3f} s\n{group.owners}"
    assert two <= promise.two + slack, f"{what}: two owners for {two:.3f} s, slack {slack:.3f} s\n{group.owners}"
    assert third <= _THIRD_MAX, f"{what}: three owners for {third:.3f} s\n{group.owners}"
