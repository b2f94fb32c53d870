"""Fixtures: a Swarm of three nodes behind a fake engine, and the real operator in front of it.

Each second of an operator's own time takes 1/SPEED of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bed import Bed  # noqa: E402
from fake_docker import FakeDocker  # noqa: E402
from fake_swarm import FakeSwarm  # noqa: E402


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    """Three labelled nodes, n1 to n3, the first of them a manager; no operator yet."""
    with Bed(tmp_path) as bed:
        yield bed


@pytest.fixture
def empty_bed(tmp_path: Path) -> Iterator[Bed]:
    """A manager without labels; the test adds what it needs."""
    with Bed(tmp_path, nodes=0) as bed:
        yield bed


@pytest.fixture
def bare_engine(tmp_path: Path) -> Iterator[Callable[..., FakeDocker]]:
    """Makes engines for tests that only ask the fake itself."""
    engines: list[FakeDocker] = []

    def make(swarm: FakeSwarm) -> FakeDocker:
        engines.append(FakeDocker(swarm, tmp_path / f"engine{len(engines)}.sock"))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()
