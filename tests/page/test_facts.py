"""What the page says: the holder at a glance, what is wrong and what to do, what happened, and how old all that is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from browser import Browser
from fake_page import (SECOND, FakePage, Json, empty, hostile, large, move, moved, nobody, now_ms, problem, small, split_brain,
                       spread, trio, unknown)
from netns import wait_until

Serve = Callable[..., FakePage]


def holds(browser: Browser) -> list[str]:
    return browser.texts(".holding .line")


def test_the_holder_is_told_at_a_glance(serve: Serve, browser: Browser) -> None:
    serve(small())

    browser.wait_for_text("192.0.2.201 is on n1 for 3 h 12 min", ".holding .line")

    assert browser.text("h1") == "All is well" and browser.driver.title == "✓ All is well · swarm-vip"
    assert browser.texts(".holding .why") == ["n1 took 192.0.2.201 over: its holder was silent for 0.93 s"], "and why"
    assert browser.text("#counts") == "1 group, 1 address, 3 nodes" and browser.text("#live") == "live"
    assert browser.texts(".nodes thead th") == ["Node", "State", "Priority", "For"]
    rows = browser.texts(".nodes tbody tr")
    assert rows[0].startswith("n1 192.0.2.11 on eth0 active 120 3 h 12 min") and [row.split()[4] for row in rows] == [
        "active", "backup", "backup"], rows
    assert browser.texts("#history li p")[0] == "web n1 took 192.0.2.201 over: its holder was silent for 0.93 s", "newest first"
    assert browser.texts(".span") == ["not known", "n2", "", "n1"], "and nobody for a moment too short for words"
    assert not browser.all("#problems li")


def test_a_failover_is_shown_told_and_explained(serve: Serve, browser: Browser) -> None:
    page = serve(small())
    browser.wait_for_text("is on n1", ".holding")
    assert browser.run("return document.getElementById('announcer').textContent") == "", "nothing is announced at the start"

    page.show(moved())
    begin = time.monotonic()
    browser.wait_for_text("192.0.2.201 is on n2 for", ".holding .line")

    assert time.monotonic() - begin < 1.5, "the next question, half a second later at most, and what a busy machine needs"
    assert browser.run("return document.getElementById('announcer').textContent") == (
        "web: 192.0.2.201 is on n2 now, before on n1.")
    assert browser.text("h1") == "web needs a look" and browser.driver.title == "! web needs a look · swarm-vip"
    assert browser.texts("#problems li") == [
        "Warning in web: node n1 is down look after it, or remove it by docker node rm n1"]
    assert any("n1" in row and "no answer" in row and "no route to host" in row for row in browser.texts(".nodes tbody tr"))


@pytest.mark.parametrize("scene, title, line, badge", [
    (split_brain, "✕ web: 192.0.2.201 is on two nodes at once: n1 and n2 · swarm-vip",
     "192.0.2.201 is on two nodes at once: n1 and n2 for 4", "in trouble"),
    (nobody, "✕ web: 192.0.2.201 is on no node · swarm-vip", "192.0.2.201 is on no node for 2", "in trouble"),
    (unknown, "! web needs a look · swarm-vip", "192.0.2.201 may still be on n1 for 1 min", "needs a look"),
])
def test_what_is_wrong_is_the_first_thing_said(serve: Serve, browser: Browser, scene: Callable[[], Json], title: str, line: str,
                                              badge: str) -> None:
    serve(scene())

    browser.wait_for_text(line, ".holding .line")

    assert browser.driver.title == title
    assert browser.texts(".group-head .badge") == [badge]


def test_every_state_has_a_word_and_a_shape_of_its_own(serve: Serve, browser: Browser) -> None:
    page = serve(empty())
    seen: dict[str, set[str]] = {}

    for scene in (small, moved, split_brain, nobody, unknown, spread, large):
        page.show(scene())
        browser.wait_for(lambda: browser.run("return document.querySelectorAll('.group').length") == len(page.state["groups"]) and
                         browser.text("h1"), "it is shown")
        for fold in browser.run("return [...document.querySelectorAll('.group h3 button[aria-expanded=false]')]"):
            browser.run("arguments[0].click()", fold)
        for selector in (".nodes .badge", ".group-head .badge"):
            for kind, text, shape in browser.run("""return [...document.querySelectorAll(arguments[0])].map(e =>
                    [arguments[0], e.textContent, e.querySelector("use").getAttribute("href")])""", selector):
                seen.setdefault(f"{kind} {text}", set()).add(shape)

    words = {key.removeprefix(".nodes .badge ") for key in seen if key.startswith(".nodes")}
    assert words == {"active", "backup", "fault", "no answer"}
    for selector in (".nodes", ".group-head"):
        shapes = [shape for key, kinds in seen.items() if key.startswith(selector) for shape in kinds]
        assert len(shapes) == len(set(shapes)), seen


def test_addresses_that_live_together_are_one_line(serve: Serve, browser: Browser) -> None:
    page = serve(spread())

    browser.wait_for_text("are on n3", ".holding .line")

    assert len(holds(browser)) == 4, "three nodes of one group, one of the other"
    edge = browser.texts(".group:first-child .nodes tbody tr")
    assert len(edge) == 6 and "has 192.0.2.202" in edge[2], edge
    assert "8080/ready fails: status 503 in 3 of 3 tries" in browser.text(".check")
    assert "an update rolls: 1 of 3 agents have plan 8" in browser.text(".rollout")
    assert "VRRP version 2, every 1 s, not signed, a better node does not take the address back, plan 7" in browser.text(".settings")
    assert [text.split()[0] for text in browser.texts("#problems li")] == ["Warning", "Note"], "worst first"
    page.change(lambda state: state["groups"].pop())
    browser.wait_for(lambda: len(holds(browser)) == 3, "a group goes")


def test_old_facts_are_marked_and_say_why(serve: Serve, browser: Browser) -> None:
    page = serve(small())
    browser.wait_for_text("is on n1", ".holding")
    assert not browser.all(".banner")

    begin = time.monotonic()
    page.hang()
    browser.wait_for(lambda: browser.text(".banner"), "it says that its facts are old")
    assert 2.0 < time.monotonic() - begin < 6.0
    browser.wait_for_text("These facts are", ".banner")
    assert "old: the operator does not answer" in browser.text(".banner")
    assert browser.driver.title == "? old facts · swarm-vip" and browser.text("#live") == "not live"
    assert browser.run("return document.documentElement.dataset.stale") == "" and "is on n1" in holds(browser)[0], "they stay"
    assert browser.run("return document.querySelector('.banner .age').getAttribute('aria-hidden')") == "true", (
        "the seconds are not read out one by one")

    page.go_on()
    browser.wait_for(lambda: not browser.all(".banner"), "it is live again")
    assert browser.driver.title == "✓ All is well · swarm-vip" and browser.text("#live") == "live"

    page.age_ms = 12_000
    browser.wait_for_text("These facts are 12 s old: the operator has not heard the agents since", ".banner")
    page.age_ms = 300
    browser.wait_for(lambda: not browser.all(".banner"), "it is live again")

    page.status, page.raw = 503, b"busy"
    browser.wait_for_text("the operator answers with status 503", ".banner")
    page.status = 200
    browser.wait_for_text("the operator's answer is no JSON", ".banner")


def test_facts_that_are_old_from_the_start_are_marked_at_once(serve: Serve, browser: Browser) -> None:
    page = serve(small(), is_open=False)
    page.age_ms = 3_600_000

    browser.open(page.url)

    browser.wait_for_text("These facts are 1 h 0 min old", ".banner")


def test_no_operator_at_all(serve: Serve, browser: Browser) -> None:
    page = serve(small(), is_open=False)
    page.status, page.raw = 500, b"{}"

    browser.open(page.url)

    browser.wait_for_text("No answer yet: the operator answers with status 500.", ".banner")
    assert not browser.texts(".facts")
    page.raw, page.status = None, 200
    browser.wait_for_text("is on n1", ".holding")


def test_an_operator_that_cannot_see_the_swarm_says_so(serve: Serve, browser: Browser) -> None:
    page = serve(small())
    page.failure = "GET /nodes: the swarm does not have a leader"

    browser.wait_for_text("The operator cannot reach the Swarm: GET /nodes: the swarm does not have a leader.", ".banner")

    assert browser.run("return document.documentElement.dataset.stale") is None, "the agents are heard"
    page.failure = ""
    browser.wait_for(lambda: not browser.all(".banner"), "it is over")


def test_it_asks_for_what_is_new_and_not_more_often_than_it_should(serve: Serve, browser: Browser) -> None:
    page = serve(small())
    browser.wait_for_text("is on n1", ".holding")

    count = len(page.asked)
    wait_until(lambda: len(page.asked) >= count + 6, 30, "it asks again and again")
    times = [at for at, _ in page.asked[count:]]
    assert 0.4 < (times[-1] - times[0]) / (len(times) - 1) < 1.0
    assert {path for _, path in page.asked[count:]} == {f"/api/state?known={page.serial}"}

    page.raw = b"no"
    count = len(page.asked)
    wait_until(lambda: len(page.asked) >= count + 6, 60, "it goes on asking")
    later = [at for at, _ in page.asked[count + 3:]]
    assert min(b - a for a, b in zip(later, later[1:])) > 1.7, "with pauses"
    assert page.asked[-1][1] == "/api/state", "whoever answers next may be another operator"


def test_an_operator_that_started_again_is_believed(serve: Serve, browser: Browser) -> None:
    page = serve(small())
    browser.wait_for_text("is on n1", ".holding")

    page.state, page.serial = moved(), 0

    browser.wait_for_text("is on n2", ".holding")


def test_whatever_was_opened_marked_or_focused_stays(serve: Serve, browser: Browser) -> None:
    page = serve(large())
    browser.wait_for_text("2 of 10 groups need a look", "h1")
    browser.run("""
        const fold = document.querySelector(".group:not([data-open]) h3 button");
        fold.click();
        fold.focus();
        window.kept = [...document.querySelectorAll(".group, .holding, .nodes tr, .event, .problem")];
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(".group[data-open] .holding .line"));
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        scrollTo(0, 700);""")
    before = browser.run("return [scrollY, getSelection().toString(), document.activeElement.textContent]")
    assert before[0] > 100 and before[1] and before[2]

    for number in range(5):
        page.change(lambda state: (state["groups"][8]["nodes"][4]["routers"][0].update(priority=10 + number),
                                   state["history"].append(move("git", "node9", "198.51.107.8", 5 * SECOND - number))))
        browser.wait_for(lambda: f"{len(page.state['history'])}" in browser.text("#more") or None, "it is shown")

    assert browser.run("return [scrollY, getSelection().toString(), document.activeElement.textContent]") == before
    assert browser.run("return window.kept.filter(e => e.isConnected && !e.matches('.event')).length") == browser.run(
        "return window.kept.filter(e => !e.matches('.event')).length"), "no element was made anew"


def test_what_fell_ill_opens_and_what_was_folded_stays_so(serve: Serve, browser: Browser) -> None:
    page = serve(large())
    browser.wait_for_text("2 of 10 groups need a look", "h1")
    opened = "return [...document.querySelectorAll('.group[data-open] h3')].map(e => e.textContent)"
    assert browser.run(opened) == ["registry", "vpn"], "of more than six groups the healthy ones are folded"
    assert len(holds(browser)) == 10, "who holds it is there nevertheless"

    page.change(lambda state: state["groups"][0].update(problems=[problem("error", "all is lost; find it")]))
    browser.wait_for(lambda: browser.run(opened) == ["registry", "vpn", "web"], "the one in trouble opens")
    browser.run("document.querySelector('.group[data-level=bad] h3 button').click()")
    page.change(lambda state: state["groups"][1].update(generation=8))
    browser.wait_for(lambda: page.asked[-1][1].endswith(f"={page.serial}"), "it has that")
    assert browser.run(opened) == ["registry", "vpn"]

    browser.run("document.getElementById('fold').click()")
    assert browser.run(opened) == []
    browser.run("document.getElementById('fold').click()")
    assert len(browser.run(opened)) == 10


def test_many_groups_can_be_filtered(serve: Serve, browser: Browser) -> None:
    serve(large())
    browser.wait_for_text("2 of 10 groups need a look", "h1")
    groups = "return [...document.querySelectorAll('.group')].filter(e => e.checkVisibility()).length"

    browser.one("body").send_keys("/")
    browser.one("#filter").send_keys("MQ")

    browser.wait_for_text("1 of 10 groups", "#filter-words")
    assert browser.run(groups) == 1 and set(text.split()[0] for text in browser.texts("#history li p")) == {"mqtt"}
    browser.one("#filter").clear()
    browser.one("#filter").send_keys("nothing has this")
    browser.wait_for_text("No group has this", "#filter-words")
    browser.one("#filter").send_keys("\ue00c")  # escape
    browser.wait_for(lambda: browser.run(groups) == 10, "all are back")


def test_long_lists_are_short_at_first(serve: Serve, browser: Browser) -> None:
    serve(large())
    browser.wait_for_text("2 of 10 groups need a look", "h1")
    group = browser.run("return document.querySelector('.group[data-open]')")
    visible = "return [...arguments[0].querySelectorAll('.nodes tbody tr')].filter(e => e.checkVisibility()).length"
    assert browser.run(visible, group) == 12
    assert "node31" in browser.run("return arguments[0].querySelector('.nodes').innerText", group), "whoever has trouble is shown"

    browser.run("arguments[0].querySelector('.more-nodes').click()", group)
    assert browser.run(visible, group) == 50

    assert len(browser.texts("#history li")) == 20
    browser.run("document.getElementById('more').click()")
    assert len(browser.texts("#history li")) == 120


def test_names_are_never_more_than_names(serve: Serve, browser: Browser) -> None:
    page = serve(hostile())

    browser.wait_for_text("<img src=x", ".holding")
    for fold in browser.all(".group h3 button[aria-expanded=false]"):
        fold.click()
    page.failure = '<b id="wild">'
    browser.wait_for_text('<b id="wild">', ".banner")

    assert browser.run("return [window.pwned, document.images.length, document.scripts.length, document.getElementById('wild')]") == [
        None, 0, 1, None]
    assert "__proto__" in browser.text(".group h3") and "[object" not in browser.text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", browser.run("return document.body.textContent")), "nothing is turned round"
    assert browser.complaints() == []


@pytest.mark.parametrize("raw", [
    b"[]", b"null", b"{}", b'{"state": null}', b'{"state": {}, "serial": 1}',
    b'{"state": {"groups": 5, "history": {}}, "age_ms": "x"}',
    b'{"state": {"groups": [{}, null, {"name": null, "addresses": [{}], "nodes": [{"routers": [{}], "checks": [{}]}], '
    b'"problems": [{}], "rollout": null}], "history": [{}, null, {"at_ms": 1e300}, {"at_ms": 5}]}, "now_ms": "x", '
    b'"operator": null}'])
def test_an_answer_of_another_form_does_no_harm(serve: Serve, browser: Browser, raw: bytes) -> None:
    page = serve(empty(), is_open=False)
    page.raw = raw
    browser.open(page.url)
    count = len(page.asked)
    wait_until(lambda: len(page.asked) >= count + 3, 30, "it goes on asking")

    page.raw = None
    page.show(small())

    browser.wait_for_text("is on n1", ".holding .line")
    assert not browser.complaints()


def test_no_group_yet(serve: Serve, browser: Browser) -> None:
    serve(empty())

    browser.wait_for_text("docker node update --label-add keepalived_group=GROUP NODE", "#no-groups")

    assert browser.text("h1") == "No group yet"


# The token.


def shown(browser: Browser) -> Any:
    return browser.run("""return [document.querySelectorAll('.group, .event, .problem').length,
        document.getElementById('login').hidden]""")


def test_it_asks_for_its_token_and_keeps_it(serve: Serve, browser: Browser) -> None:
    page = serve(small(), token="5e;c ret")
    browser.wait_for_text("This page asks for its token", "#login h1")
    assert shown(browser) == [0, False] and browser.text(".login-words") == ""
    assert browser.run("return document.activeElement.id") == "token"
    count = len(page.asked)
    time.sleep(1.5)
    assert len(page.asked) == count, "without a token there is nothing to ask for"

    browser.one("#token").send_keys("wrong\ue007")
    browser.wait_for_text("This token is not the right one.", ".login-words")
    browser.one("#token").clear()
    browser.one("#token").send_keys("5e;c ret\ue007")
    browser.wait_for_text("is on n1", ".holding .line")
    assert shown(browser) == [4, True]
    cookie = browser.driver.get_cookie("swarm-vip-token")
    assert cookie is not None and (cookie["value"], cookie["path"], cookie["sameSite"]) == ("5e%3Bc%20ret", "/", "Strict")

    browser.driver.refresh()
    browser.wait_for_text("is on n1", ".holding .line")

    page.token = "another"
    browser.wait_for_text("This token is not the right one.", ".login-words")
    assert shown(browser) == [0, False], "what it had shown is gone"
    page.token = "5e;c ret"
    browser.one("#token").clear()
    browser.one("#token").send_keys("5e;c ret\ue007")
    browser.wait_for_text("is on n1", ".holding .line")
    browser.one("#forget").click()
    browser.wait_for_text("This page asks for its token", "#login h1")
    assert browser.driver.get_cookie("swarm-vip-token") is None and shown(browser) == [0, False]
    assert "n1" not in browser.run("return document.body.textContent")


def test_a_group_that_comes_back_is_as_it_was_left(serve: Serve, browser: Browser) -> None:
    page = serve({"groups": [trio("a"), trio("b")], "history": []})
    browser.wait_for(lambda: len(browser.all(".group")) == 2, "both are there")
    browser.run("document.querySelector('.group h3 button').click()")

    page.change(lambda state: state["groups"].pop(0))
    browser.wait_for(lambda: len(browser.all(".group")) == 1, "one goes")
    page.change(lambda state: state["groups"].insert(0, trio("a", ago=now_ms() % 1000)))
    browser.wait_for(lambda: len(browser.all(".group")) == 2, "it is back")

    assert browser.run("return [...document.querySelectorAll('.group')].map(e => 'open' in e.dataset)") == [False, True]
