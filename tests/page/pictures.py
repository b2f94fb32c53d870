#!/usr/bin/env python3
"""Pictures of the page, to look at: every scene of tests/support/fake_page.py, wide and narrow, by day and by night.

    sudo tests/page/pictures.py FOLDER      all of them
    sudo tests/page/pictures.py --readme    packaging/doc/page.png
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from browser import Browser  # noqa: E402
from fake_page import SCENES, FakePage, example, large, moved, small  # noqa: E402
from netns import Namespace  # noqa: E402

README = ROOT / "packaging/doc/page.png"


def settle(browser: Browser, page: FakePage) -> None:
    browser.wait_for(lambda: page.asked and page.asked[-1][1].endswith(f"={page.serial}"), "it has that")


def take_all(browser: Browser, page: FakePage, folder: Path) -> None:
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            browser.look(width, 900 if width > 600 else 740, scheme)
            for name, scene in SCENES.items():
                page.show(scene())
                browser.open(page.url)
                settle(browser, page)
                browser.picture(folder / f"{name}-{width}-{scheme}.png")
            page.age_ms = 23_000
            page.show(moved())
            browser.wait_for_text("These facts are", ".banner")
            settle(browser, page)
            browser.picture(folder / f"stale-{width}-{scheme}.png")
            page.age_ms, page.token = 300, "5ecret"
            browser.wait_for_text("asks for its token", "#login h1")
            browser.one("#token").send_keys("wrong\ue007")
            browser.wait_for_text("not the right one", ".login-words")
            browser.picture(folder / f"login-{width}-{scheme}.png")
            page.token = ""
            page.show(large())
            browser.open(page.url)
            settle(browser, page)
            browser.one("body").send_keys("/")
            browser.one("#filter").send_keys("m")
            browser.picture(folder / f"filter-{width}-{scheme}.png")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    namespace = Namespace("pictures")
    with Browser(namespace) as browser, FakePage(
            namespace.inside(lambda: socket.create_server(("127.0.0.1", 0))), small()) as page:
        if sys.argv[1] == "--readme":
            page.show(example())
            browser.look(800, 910)  # as much as tells what it is
            browser.open(page.url)
            settle(browser, page)
            browser.one(".group[data-level=warn] h3 button").click()
            browser.run("document.activeElement.blur()")
            browser.picture(README, is_whole=False)
        else:
            folder = Path(sys.argv[1])
            folder.mkdir(parents=True, exist_ok=True)
            take_all(browser, page, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
