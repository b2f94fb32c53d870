"""Every row once: what is promised is kept. The worst of many, beside keepalived, is what run.py measures."""

from __future__ import annotations

from pathlib import Path

import pytest

import rows
from campaign import Site, take_run
from lan_rows import LAN
from row import Place, Row
from samples import CONTROL, OURS, Samples
from swarm_rows import SWARM
from verdict import complaints

ATTEMPTS = 3  # a machine may stumble in a way that its control does not show; a broken product stumbles each time


def judge(site: Site, row: Row, csv: Path) -> None:
    """The control, as long as the sample, is only asked where the sample alone does not keep the promise."""
    samples = Samples(csv)
    timing = rows.timing(row)
    found: list[str] = []
    for run in range(ATTEMPTS):
        taken = take_run(site, row, run, ATTEMPTS, samples, [OURS], say=print)
        if not complaints(row.target, timing, taken[OURS]):
            return
        taken = take_run(site, row, run, ATTEMPTS, samples, [OURS, CONTROL], say=print)
        found = complaints(row.target, timing, taken[OURS], taken[CONTROL])
        if not found:
            return
        print("\n".join(found))
    pytest.fail(f"{row.words}: {'; '.join(found)}")


def cases(place: Place) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", place.rows, ids=[row.name for row in place.rows])


@cases(LAN)
def test_lan(lan_site: Site, row: Row, tmp_path: Path) -> None:
    judge(lan_site, row, tmp_path / "samples.csv")


@pytest.mark.xdist_group("swarm")
@cases(SWARM)
def test_swarm(swarm_site: Site, row: Row, tmp_path: Path) -> None:
    judge(swarm_site, row, tmp_path / "samples.csv")
