"""Fixtures: a lab that has been through something, and Prometheus that has looked on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lab import PATIENCE, PRIORITIES, Prometheus, Watched, WatchedLab  # noqa: E402
from netns import wait_until  # noqa: E402


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool: packaging/install.sh monitoring")
    return found


@pytest.fixture(scope="session")
def watched(promtool: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Everybody runs and is scraped, and whatever moves a number has happened at least once."""
    if os.geteuid() != 0:
        pytest.skip("makes network namespaces: run as root")
    with WatchedLab(tmp_path_factory.mktemp("lab")) as lab:
        try:
            prometheus = _look_on(lab)
        except BaseException:
            print(lab.logs())
            raise
        yield Watched(lab, prometheus)


def _look_on(lab: WatchedLab) -> Prometheus:
    lab.start_all()
    prometheus = Prometheus(lab)
    everybody = {"swarm-vip-agent": set(PRIORITIES), "swarm-vip-operator": {"127.0.0.1:9109"}}

    def all_are_scraped() -> bool:
        found = prometheus.targets()
        return all({name for name, health in found.get(job, {}).items() if health == "up"} == names
                   for job, names in everybody.items())

    wait_until(all_are_scraped, PATIENCE, lambda: f"all are scraped: {prometheus.targets()}\n{lab.logs()}", 0.2)
    for event in (lab.crash_and_return, lab.leave_and_return, lab.worker_crashes, lab.service_fails_and_recovers,
                  lab.address_is_removed, lab.strangers):
        event()
    # What has happened is in Prometheus when everybody has been scraped, and the agents asked, once more.
    takeovers = "sum(swarmvip_cluster_takeover_seconds_count) >= 1 and on () sum(swarmvip_foreign_owners_total) >= 1"
    wait_until(lambda: prometheus.query(takeovers), PATIENCE, lambda: f"Prometheus has seen it\n{lab.logs()}", 0.2)
    return prometheus
