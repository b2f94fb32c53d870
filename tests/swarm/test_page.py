"""The operator's page on the real Swarm, seen by a browser on the LAN: it is true, it is in time, and it knows when it is old."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator

import pytest

from browser import Browser
from netns import wait_until
from promise import MEASURED
from swarm_group import Group
from swarm_lab import Node, SwarmLab

SHOWN_MAX = 2.0  # seconds from the address on a node to its name on the page

# Keeps each change of what the page says about holders, with its time.
WATCH = """
window.seen = [];
const look = () => {
  const now = [...document.querySelectorAll(".holding .line")].map(e => e.textContent.split(" for ")[0]).join("; ");
  if (!window.seen.length || window.seen[window.seen.length - 1][1] !== now) window.seen.push([Date.now() / 1000, now]);
};
look();
new MutationObserver(look).observe(document.getElementById("group-list"), {subtree: true, childList: true, characterData: true});
"""


@pytest.fixture
def browser(lab: SwarmLab) -> Iterator[Browser]:
    with Browser(lab.client) as browser:
        browser.look()
        yield browser


@pytest.fixture
def shown(lab: SwarmLab, trio: Group, browser: Browser) -> Group:
    """The trio, its page open; node3 has the addresses."""
    trio.deploy(SWARM_VIP_PAGE_LISTEN=":9109")
    wait_until(lambda: page_answers(lab), 60, lambda: f"the page is there\n{trio.operator_log()}", 0.3)
    browser.open(f"{page_url(lab)}/")
    browser.wait_for_text(sentence(trio, lab.nodes[2]), ".holding .line", 60)
    return trio


def page_url(lab: SwarmLab) -> str:
    return f"http://{lab.manager.address}:9109"


def get(lab: SwarmLab, path: str) -> str:
    def ask() -> str:
        with urllib.request.urlopen(page_url(lab) + path, timeout=5) as response:
            return str(response.read().decode())

    return lab.client.inside(ask)


def page_answers(lab: SwarmLab) -> bool:
    try:
        return get(lab, "/healthz") != ""
    except OSError:
        return False


def sentence(group: Group, holder: Node) -> str:
    return f"{' and '.join(group.vips)} are on {holder.name}"


def by_page(browser: Browser) -> dict[str, str]:
    found: dict[str, str] = browser.run("""return Object.fromEntries([...document.querySelectorAll(".holding")].flatMap(holding =>
        [...holding.querySelectorAll(".address")].map(address => [address.textContent,
            [...holding.querySelectorAll(".holder")].map(e => e.textContent).join(" ")])))""")
    return found


def by_status(group: Group) -> dict[str, str]:
    status = group.wait_for_status(lambda _: True, "a status")
    return {address.split("/")[0]: router["hostname"] for router in status["routers"] if router["state"] == "active"
            for address in router["addresses"]}


def by_metrics(lab: SwarmLab) -> dict[str, str]:
    text = get(lab, "/metrics")
    assert set(re.findall(r"^swarmvip_address_holders\{.*\} (\S+)$", text, re.M)) == {"1"}, text
    return dict(re.findall(r'^swarmvip_address_holder\{group="production",vip="([^"]+)",node="([^"]+)"\} 1$', text, re.M))


def agree_on(lab: SwarmLab, group: Group, browser: Browser, node: Node) -> None:
    wanted = dict.fromkeys(group.vips, node.name)
    browser.wait_for_text(sentence(group, node), ".holding .line")
    assert by_page(browser) == by_status(group) == by_metrics(lab) == wanted


def test_page_status_and_metrics_agree_through_a_failover_that_shows_in_time(lab: SwarmLab, shown: Group,
                                                                             browser: Browser) -> None:
    second, third = lab.nodes[1:]
    agree_on(lab, shown, browser, third)
    browser.run(WATCH)
    offset = time.time() - time.monotonic()

    begin = time.monotonic()
    third.power_off()

    agree_on(lab, shown, browser, second)
    taken = max(change.time for change in shown.owners.changes(begin) if change.host == second.name and change.added) + offset
    said = next(at for at, words in browser.run("return window.seen") if sentence(shown, second) in words)
    MEASURED.append(f"the page: {said - taken:.2f} s after the next node had the addresses, "
                    f"{said - begin - offset:.2f} s after the holder died")
    assert said - taken < SHOWN_MAX, browser.run("return window.seen")
    browser.wait_for_text(second.name, ".holding .why")
    assert any(third.name in row and "no answer" in row for row in browser.texts(".nodes tbody tr"))

    third.power_on()
    browser.wait_for_text(sentence(shown, third), ".holding .line", 120)
    agree_on(lab, shown, browser, third)


def test_an_operator_that_is_gone_leaves_facts_that_are_marked(lab: SwarmLab, shown: Group, browser: Browser) -> None:
    changes = shown.owners.changes()

    lab.docker("service", "scale", "--detach", f"{shown.operator_service}=0")
    browser.wait_for_text("old: the operator does not answer", ".banner", 60)
    assert browser.driver.title == "? old facts · swarm-vip"

    lab.docker("service", "scale", "--detach", f"{shown.operator_service}=1")
    browser.wait_for(lambda: not browser.all(".banner") and browser.text("#live") == "live", "another operator answers", 60)
    agree_on(lab, shown, browser, lab.nodes[2])
    assert shown.owners.changes() == changes
