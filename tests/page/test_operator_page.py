"""The real operator's page in a real browser, before a fake Docker API and agents that say what a test wants."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operator"))

from bed import Bed  # noqa: E402
from browser import Browser  # noqa: E402
from cast import SILENT, Cast  # noqa: E402
from fake_agent import AgentPages  # noqa: E402
from fake_page import ASSETS, FILES, HEADERS  # noqa: E402
from operator_process import Operator  # noqa: E402

N1, N2, N3 = "192.168.1.11", "192.168.1.12", "192.168.1.13"
URL = "http://127.0.0.1:9109/"
SHOWN_MAX = 2.0  # seconds from an agent's word to the page; a busy machine's share is in it


@pytest.fixture(scope="module")
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture(scope="module")
def browser(pages: AgentPages) -> Iterator[Browser]:
    with Browser(pages.namespace) as browser:
        yield browser


@pytest.fixture(scope="module")
def agents(pages: AgentPages) -> Cast:
    return Cast(pages, N1, N2, N3)


@pytest.fixture
def bed(tmp_path: Path, agents: Cast) -> Iterator[Bed]:
    agents.hold(N1)
    with Bed(tmp_path, speed=1.0) as bed:
        yield bed


def start(bed: Bed, pages: AgentPages, browser: Browser, **settings: str) -> Operator:
    operator = bed.start(wrapper=("nsenter", f"--net={pages.namespace.path}"),
                         **({"SWARM_VIP_PAGE_LISTEN": "127.0.0.1:9109"} | settings))
    bed.wait_converged()
    operator_listens(pages)
    browser.look()
    browser.open(URL)
    return operator


def operator_listens(pages: AgentPages) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            assert get(pages, "/")[0] == 200
            return
        except OSError:
            assert time.monotonic() < deadline, "the page's port is never open"
            time.sleep(0.05)


def get(pages: AgentPages, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    def ask() -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", 9109, timeout=5)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    return pages.namespace.inside(ask)


def test_the_holder_shown_is_the_holder_and_a_failover_shows_in_time(bed: Bed, pages: AgentPages, browser: Browser,
                                                                     agents: Cast) -> None:
    start(bed, pages, browser)
    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")

    agents.hold(N2)
    begin = time.monotonic()
    browser.wait_for_text("192.0.2.100 is on n2", ".holding .line")

    took = time.monotonic() - begin
    print(f"shown {took:.2f} s after the agent said so")
    assert took < SHOWN_MAX
    assert "192.0.2.100 is on n2 now, before on n1." in browser.run("return document.getElementById('announcer').textContent")


def test_two_holders_no_holder_and_silence_are_told_apart(bed: Bed, pages: AgentPages, browser: Browser, agents: Cast) -> None:
    start(bed, pages, browser)
    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")

    agents.hold(N1, N3)
    browser.wait_for_text("192.0.2.100 is on two nodes at once: n1 and n3", ".holding .line")
    agents.hold()
    browser.wait_for_text("192.0.2.100 is on no node", ".holding .line")
    agents.roles = dict.fromkeys(agents.roles, SILENT)
    browser.wait_for_text("may ", ".holding .line")
    assert browser.text(".nodes tbody").count("no answer") == 3


def test_an_operator_that_stands_still_or_goes_is_marked(bed: Bed, pages: AgentPages, browser: Browser) -> None:
    operator = start(bed, pages, browser)
    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")

    operator.freeze()
    browser.wait_for_text("These facts are", ".banner")
    operator.thaw()
    browser.wait_for(lambda: not browser.all(".banner"), "it is live again")
    operator.stop()
    browser.wait_for_text("old: the operator does not answer", ".banner")


def test_without_managers_it_says_so_and_goes_on_asking_agents(bed: Bed, pages: AgentPages, browser: Browser, agents: Cast) -> None:
    operator = start(bed, pages, browser)
    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")

    bed.engine.faults.next("*", "no leader", times=None)
    operator.look()
    browser.wait_for_text("The operator cannot reach the Swarm", ".banner")
    agents.hold(N2)
    browser.wait_for_text("192.0.2.100 is on n2", ".holding .line")
    bed.engine.faults.clear()
    operator.look()
    browser.wait_for(lambda: not browser.all(".banner"), "it is over")


def test_the_token_opens_it(bed: Bed, pages: AgentPages, browser: Browser, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("5ecret-of-this-test\n")
    start(bed, pages, browser, SWARM_VIP_PAGE_TOKEN_FILE=str(token))
    browser.wait_for_text("This page asks for its token", "#login h1")

    browser.one("#token").send_keys("wrong\ue007")
    browser.wait_for_text("This token is not the right one.", ".login-words")
    browser.one("#token").clear()
    browser.one("#token").send_keys("5ecret-of-this-test\ue007")

    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")
    assert get(pages, "/api/state")[0] == 401
    assert get(pages, "/api/state", Authorization="Bearer 5ecret-of-this-test")[0] == 200


def test_it_serves_the_files_of_the_tree_under_its_policy(bed: Bed, pages: AgentPages, browser: Browser) -> None:
    start(bed, pages, browser)
    browser.wait_for_text("192.0.2.100 is on n1", ".holding .line")

    for path, (name, content_type) in FILES.items():
        status, headers, body = get(pages, path)
        assert (status, body) == (200, (ASSETS / name).read_bytes()), path
        assert headers["Content-Type"] == f"{content_type}; charset=utf-8"
        assert {key: headers.get(key) for key in HEADERS} == HEADERS
    assert browser.complaints() == []
