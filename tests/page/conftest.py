"""Fixtures of the page's tests: one Chromium for all of a worker's tests, in a network namespace without a way out, and
servers of the page beside it. They need root, for namespaces."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

import pytest

from browser import Browser
from fake_page import FakePage, Json
from netns import Namespace


@pytest.fixture(scope="session")
def place() -> Iterator[Namespace]:
    if os.geteuid() != 0:
        pytest.skip("makes network namespaces: run as root")
    namespace = Namespace("page")
    yield namespace
    namespace.close()


@pytest.fixture(scope="session")
def chromium(place: Namespace) -> Iterator[Browser]:
    with Browser(place) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """As large as on a desk, by day; on an empty page before and after."""
    chromium.look()
    yield chromium
    chromium.driver.get("about:blank")


@pytest.fixture
def serve(place: Namespace, browser: Browser) -> Iterator[Callable[..., FakePage]]:
    """Makes servers; the browser is there already."""
    pages: list[FakePage] = []

    def start(state: Json | None = None, token: str = "", is_open: bool = True) -> FakePage:
        listener = place.inside(lambda: socket.create_server(("127.0.0.1", 0)))
        pages.append(FakePage(listener, state, token))
        if is_open:
            browser.open(pages[-1].url)
        return pages[-1]

    yield start
    browser.driver.get("about:blank")
    for page in pages:
        page.__exit__(None, None, None)
