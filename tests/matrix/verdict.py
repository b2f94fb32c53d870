"""Whether samples keep what is promised. A machine that was busy during the event was busy during the control too, so
what the control lost without any event is allowed on top. Where nothing may be lost, not one echo may; an answer may
come as late as the pinger itself was, because then it is the machine that stood still."""

from __future__ import annotations

import math

from row import NONE, Target, Timing
from samples import FLAWLESS, Sample

_OWNERS_LATE_MS = 20.0  # the watcher of addresses may be so late to see one go
_PINGER_COARSE_MS = 3.0  # a silence is overstated by up to one spacing and a round trip


def complaints(target: Target, timing: Timing, sample: Sample, control: Sample = FLAWLESS) -> list[str]:
    """What the sample costs above its target; empty when the promise was kept. Without a control nothing is allowed on
    top."""
    for one in (sample, control):
        if one.failure:
            return [f"{one.router}: {one.failure}"]
    found = []
    lateness = max(sample.lateness_ms, control.lateness_ms)
    silence = 1000 * target.silence.seconds(timing) + control.silence_ms + _PINGER_COARSE_MS
    if target.silence is NONE:
        silence += lateness
        if sample.lost > control.lost:
            found.append(f"{sample.lost} lost; allowed are {control.lost}")
    if sample.silence_ms > silence or (sample.is_silent_still and silence < math.inf):
        found.append(f"silent for {sample.silence_ms:.1f} ms{' and still' if sample.is_silent_still else ''}; "
                     f"allowed are {silence:.1f} ms ({target.silence.words}, and "
                     f"{control.silence_ms:.1f} ms without any event)")
    two = 1000 * target.two_owners.seconds(timing) + _OWNERS_LATE_MS + lateness
    if sample.two_owners_ms > two or (sample.are_two_still and two < math.inf):
        found.append(f"two owners for {sample.two_owners_ms:.1f} ms{' and still' if sample.are_two_still else ''}; "
                     f"allowed are {two:.1f} ms ({target.two_owners.words})")
    if target.announcements is not None and sample.announcements > target.announcements:
        found.append(f"{sample.announcements} announcements; allowed are {target.announcements}")
    return found
