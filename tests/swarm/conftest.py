"""One real Swarm for all tests of this folder, or one for each worker of -n: a manager and two workers. Each test gets it
empty."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "packaging" / "lab"))

from promise import MEASURED  # noqa: E402
from swarm_group import Group, clear_swarm  # noqa: E402
from swarm_images import build_image  # noqa: E402
from swarm_lab import SwarmLab  # noqa: E402
from swarm_state import remove_stale_labs  # noqa: E402

IMAGE = "swarm-vip:latest"  # the demo's too, so that one build serves both


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker measured is said by the one who started it."""
    MEASURED.extend(getattr(node, "workeroutput", {}).get("measured", []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["measured"] = MEASURED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MEASURED:
        terminalreporter.section("addresses while things change")
        for line in MEASURED:
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)  # pytest cleans up after Ctrl-C, but not after a polite kill


@pytest.fixture(scope="session")
def image_archive() -> Path:
    return build_image(IMAGE, print)


@pytest.fixture(scope="session")
def swarm(image_archive: Path) -> Iterator[SwarmLab]:
    """The Swarm itself, with the image on every node."""
    remove_stale_labs()
    with SwarmLab(managers=1, workers=2) as lab:
        lab.load_image(image_archive)
        yield lab


@pytest.fixture
def lab(swarm: SwarmLab) -> Iterator[SwarmLab]:
    """The Swarm, empty before and after."""
    clear_swarm(swarm)
    yield swarm
    clear_swarm(swarm)


@pytest.fixture
def make_group(lab: SwarmLab) -> Iterator[Callable[..., Group]]:
    """Makes groups that are watched until the test ends."""
    groups: list[Group] = []

    def make(name: str = "production", vips: tuple[int, ...] = (201, 202), stack: str = "vip", image: str = IMAGE) -> Group:
        groups.append(Group(lab, image, name, [lab.ip(last) for last in vips], stack))
        return groups[-1]

    yield make
    for group in groups:
        group.close()


@pytest.fixture
def group(make_group: Callable[..., Group]) -> Group:
    return make_group()


@pytest.fixture
def trio(lab: SwarmLab, group: Group) -> Group:
    """The usual start: all three nodes are members, node3 is the best of them and holds the addresses."""
    for node, priority in zip(lab.nodes, ("100", "110", "120")):
        group.join(node, KEEPALIVED_PRIORITY=priority)
    group.deploy()
    group.wait_settled(lab.nodes, owner=lab.nodes[2])
    return group
