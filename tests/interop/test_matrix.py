"""Our agent beside keepalived and FRR, in every form that both speak: who owns the address, and how fast it moves.

Each case is run with either side in the leading part; `active` names the one that should be active at first (or that
should win). Unless the case is about ties, it has the lower address, so that only its priority speaks for it.
"""

import time

import pytest

from pair import HIGH, LATE, LOW, OURS, STARTING, THEIRS, Pair, other
from results import Measure

SIDES = pytest.mark.parametrize("active", [OURS, THEIRS])
# P8: so long we keep an address for a winner that is not heard to announce it; FRR does not, after a split.
LET_GO = 1.0
FULL = pytest.mark.full  # not in the short selection (conftest.py)


def start_both(pair: Pair, active: str) -> float:
    """From the start of both to the first answer of the better one."""
    begin = time.monotonic()
    pair.start(active, HIGH)
    pair.start(other(active), LOW)
    took = pair.wait_for_answer(active, begin, pair.cell.down(HIGH) + 2 * STARTING) - begin
    pair.settles(active, timeout=pair.cell.down(LOW) + STARTING)
    return took


@SIDES
def test_election(pair: Pair, active: str, measure: Measure) -> None:
    """Both start at once: the higher priority becomes active, the other one is backup and silent."""
    took = start_both(pair, active)
    measure("", took, pair.cell.down(HIGH) + STARTING)


@SIDES
def test_polite_stop(pair: Pair, active: str, measure: Measure) -> None:
    """The active one is stopped as an operator does it: the backup waits for its skew only."""
    start_both(pair, active)
    begin = time.monotonic()
    pair.stop(active)
    bound = pair.cell.skew(LOW) + LATE
    measure("", pair.wait_for_answer(other(active), begin, bound + LATE) - begin, bound)
    assert [advert for advert in pair.wire.adverts(active, begin) if advert.priority == 0], "it went without a word"
    pair.is_alone(other(active), timeout=LATE)
    assert not pair.held(active), f"{active} is gone and still holds {pair.held(active)}"


@SIDES
def test_cut(pair: Pair, active: str, measure: Measure) -> None:
    """The switch swallows all frames of the active one: the backup takes over. Healed, the better one has it alone, which
    is as soon as it has announced it."""
    start_both(pair, active)
    begin = time.monotonic()
    pair.hosts[active].cut_silently()
    bound = pair.cell.down(LOW) + LATE
    measure("", pair.wait_for_answer(other(active), begin, bound + LATE) - begin, bound)
    pair.wait_for_states("active", "active", timeout=LATE)
    begin = time.monotonic()
    pair.hosts[active].heal_silently()
    bound = pair.cell.interval + LATE + (LET_GO if active == THEIRS else 0)
    pair.settles(active, timeout=bound)
    measure("heal", pair.silent_since(other(active), begin), bound)


@FULL
@SIDES
def test_preemption(pair: Pair, active: str, measure: Measure) -> None:
    """The lower priority is there first; when the higher one comes, it takes the address."""
    pair.start(other(active), LOW)
    pair.wait_for_answer(other(active), 0, pair.cell.down(LOW) + 2 * STARTING)
    begin = time.monotonic()
    pair.start(active, HIGH)
    bound = pair.cell.down(HIGH) + STARTING
    measure("", pair.wait_for_answer(active, begin, bound + LATE) - begin, bound)
    pair.settles(active, timeout=pair.cell.interval + LATE)


@FULL
@SIDES
def test_equal_priorities(pair: Pair, active: str, measure: Measure) -> None:
    """A split of two with the same priority makes both active; healed, the higher address wins for both.

    They meet before the split, because who never knew the other one's MAC needs up to a second to ask for it.
    """
    for side in (OURS, THEIRS):
        pair.start(side, LOW)
    pair.wait_for_one_active(timeout=pair.cell.down(LOW) + 2 * STARTING)
    pair.hosts[OURS].cut_silently()
    split = time.monotonic()
    pair.wait_for_states("active", "active", timeout=pair.cell.down(LOW) + LATE)
    for side in (OURS, THEIRS):  # FRR's first advert over IPv6 is one that it fails to send
        pair.wire.wait_for_advert(lambda advert: advert.host == side, since=split)
    begin = time.monotonic()
    pair.hosts[OURS].heal_silently()
    pair.settles(active, timeout=pair.cell.interval + LATE)
    measure("", pair.silent_since(other(active), begin), pair.cell.interval + LATE)
