"""Fixtures of the network tests. They need root, for namespaces; see netns.py for what they leave behind: nothing."""

import os
from collections.abc import Generator

import pytest

from agent import binary
from cluster import Cluster
from netns import Lan


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("makes network namespaces: run as root")


@pytest.fixture
def lan(needs_root: None) -> Generator[Lan, None, None]:
    """An empty LAN."""
    with Lan() as lan:
        yield lan


@pytest.fixture
def cluster(needs_root: None) -> Generator[Cluster, None, None]:
    """A LAN with a client and the hosts n1 to n3, watched; the test says who starts and how."""
    binary()
    with Cluster() as cluster:
        yield cluster
