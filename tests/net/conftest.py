"""Fixtures of the network tests. They need root, for namespaces; see netns.py for what they leave behind: nothing."""

import os
from collections.abc import Generator

import pytest

from agent import binary
from cluster import Cluster
from dual import VIP6, DualCluster
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


@pytest.fixture
def dual(needs_root: None) -> Generator[DualCluster, None, None]:
    """The same with IPv6 beside IPv4, and a VIP of each."""
    binary()
    with DualCluster() as cluster:
        yield cluster


@pytest.fixture
def cluster6(needs_root: None) -> Generator[DualCluster, None, None]:
    """The same for tests of IPv6 alone: its VIP is the one that is watched."""
    binary()
    with DualCluster([VIP6]) as cluster:
        yield cluster
