"""Fixtures of the fault matrix. They need root, for namespaces and engines.

The rows of the LAN and those of the Swarm may run side by side (-n 3 --dist loadgroup); the Swarm's share one Swarm."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging/lab"))

import rows  # noqa: E402
from campaign import Site  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("makes network namespaces: run as root")


@pytest.fixture(scope="session")
def lan_site() -> Iterator[Site]:
    yield from _opened("lan")


@pytest.fixture(scope="session")
def swarm_site() -> Iterator[Site]:
    yield from _opened("swarm")


def _opened(place: str) -> Iterator[Site]:
    site = rows.open_site(place)
    yield site
    site.close()
