#!/usr/bin/env python3
"""The operator's page without an operator: the real files of operator/page/assets, and states as a test writes them.

As a program it shows one of the scenes, to look at the page while changing it; the files are read for each request:

    tests/support/fake_page.py SCENE [PORT]      http://127.0.0.1:PORT/, without a SCENE their names
"""

from __future__ import annotations

import copy
import http.server
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

ASSETS = Path(__file__).resolve().parents[2] / "operator" / "page" / "assets"
SCRIPTS = ("page.js", "views.js", "elements.js", "model.js")
FILES = {"/": ("index.html", "text/html"), "/page.css": ("page.css", "text/css")} | {
    f"/{name}": (name, "text/javascript") for name in SCRIPTS}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                               "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
}
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
Json = dict[str, Any]


def now_ms() -> int:
    return int(time.time() * 1000)


class FakePage:
    """A context manager. What a test changes counts from the next request on; `listener` is made where the test wants."""

    def __init__(self, listener: socket.socket, state: Json | None = None, token: str = ""):
        self.state = state if state is not None else {"groups": [], "history": []}
        self.token = token
        self.serial = 1
        self.age_ms = 300
        self.failure = ""
        self.raw: bytes | None = None  # instead of an answer
        self.status = 200
        self.asked: list[tuple[float, str]] = []  # when, and for what
        self._go_on = threading.Event()
        self._go_on.set()
        self._server = socketserver.ThreadingTCPServer(("", 0), self._handler(), bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[assignment,method-assign]  # whoever hung up
        self._server.socket.close()
        self._server.socket = listener
        self.port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def show(self, state: Json) -> None:
        self.state = state
        self.serial += 1

    def change(self, change: Callable[[Json], object]) -> None:
        """Of a copy, so that no answer is made of half a change."""
        state = copy.deepcopy(self.state)
        change(state)
        self.show(state)

    def hang(self) -> None:
        """Takes requests for the state and does not answer."""
        self._go_on.clear()

    def go_on(self) -> None:
        self._go_on.set()

    def answer(self, query: Mapping[str, Sequence[str]]) -> Json:
        document: Json = {"serial": self.serial, "age_ms": self.age_ms, "looked_ms": 3100, "now_ms": now_ms(),
                          "operator": {"version": "0.1.0", "service": "vip_operator", "node": "n1", "failure": self.failure}}
        if query.get("known") != [str(self.serial)]:
            document["state"] = self.state
        return document

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - the library's name
                url = urlsplit(self.path)
                if url.path in FILES:
                    name, content_type = FILES[url.path]
                    self._send(200, f"{content_type}; charset=utf-8", (ASSETS / name).read_bytes())
                elif url.path == "/api/state":
                    page.asked.append((time.monotonic(), self.path))
                    page._go_on.wait()
                    if page.token and f"swarm-vip-token={quote(page.token, safe='')}" not in self.headers.get("Cookie", ""):
                        self._send(401, "application/json", b'{"error":"this needs the token"}')
                    elif page.raw is not None:
                        self._send(page.status, "application/json", page.raw)
                    else:
                        self._send(page.status, "application/json", json.dumps(page.answer(parse_qs(url.query))).encode())
                else:
                    self._send(404, "text/plain", b"no such page\n")

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                for name, value in (HEADERS | {"Content-Type": content_type, "Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> "FakePage":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# Parts of a state. `ago` is in milliseconds.

def address(vip: str, *holders: str, ago: int = 3 * HOUR + 12 * MINUTE, **more: Any) -> Json:
    state = "held" if len(holders) == 1 else "several" if holders else "none"
    since = {"since_ms": now_ms() - ago} if state == "held" else {}  # as the operator tells it
    return {"vip": vip, "vrid": 51, "family": "ipv6" if ":" in vip else "ipv4", "holders": list(holders), "state": state
            } | since | more


def router(state: str = "backup", priority: int = 100, addresses: Sequence[str] = ("192.0.2.201",),
           ago: int = 3 * HOUR + 12 * MINUTE, **more: Any) -> Json:
    return {"vrid": 51, "family": "ipv4", "interface": "eth0", "state": state, "priority": priority,
            "addresses": list(addresses), "since_ms": now_ms() - ago, "cause": "silence" if state == "active" else "started",
            "trouble": "", "words": ""} | more


def node(name: str, *routers: Json, **more: Any) -> Json:
    number = int("".join(filter(str.isdigit, name)) or 0)
    return {"id": f"id-{name}", "name": name, "address": f"192.0.2.{10 + number}", "word": "reports" if routers else "unknown",
            "reason": "" if routers else "no answer from 192.0.2.13:9112 within 2 s", "heard_ms": 0, "routers": list(routers),
            "checks": []} | more


def group(name: str, addresses: Sequence[Json], nodes: Sequence[Json], problems: Sequence[Json] = (), **more: Any) -> Json:
    return {"name": name, "generation": 7, "version": 3, "interval_ms": 250, "auth": "hmac", "preempt": True,
            "rollout": {"state": "idle", "text": ""}, "addresses": list(addresses), "nodes": list(nodes),
            "problems": list(problems)} | more


def problem(severity: str, text: str) -> Json:
    return {"severity": severity, "text": text}


def move(group_name: str, to: str, vip: str, ago: int, before: str = "", silence_ms: int = 0) -> Json:
    cause = "silence" if silence_ms else "active_left"
    why = f"its holder was silent for {silence_ms / 1000:.2f} s" if silence_ms else f"{before or 'the one before'} left"
    return {"at_ms": now_ms() - ago, "group": group_name, "node": to, "vrid": 51, "family": "ipv4", "vip": [vip], "from": "backup",
            "to": "active", "cause": cause, "peer": "192.0.2.12", "after_ms": 1000, "text": f"{to} took {vip} over: {why}"
            } | ({"silence_ms": silence_ms} if silence_ms else {})


def leave(group_name: str, node_name: str, vip: str, ago: int) -> Json:
    return {"at_ms": now_ms() - ago, "group": group_name, "node": node_name, "vrid": 51, "family": "ipv4", "vip": [vip],
            "from": "active", "to": "initialize", "cause": "stopped", "peer": "", "after_ms": 1000,
            "text": f"{node_name} let {vip} go: it was stopped"}


def trio(name: str = "web", vip: str = "192.0.2.201", holder: str = "n1", ago: int = 3 * HOUR + 12 * MINUTE, **more: Any) -> Json:
    """A healthy group of three."""
    nodes = [node(f"n{i}", router("active" if f"n{i}" == holder else "backup", 130 - 10 * i, [vip], ago)) for i in (1, 2, 3)]
    return group(name, [address(vip, holder, ago=ago)], nodes, **more)


# Scenes: states that the page must show well.

def small() -> Json:
    vip = "192.0.2.201"
    return {"groups": [trio()], "history": [move("web", "n2", vip, 5 * HOUR, "n1"), leave("web", "n1", vip, 5 * HOUR - 40),
                                            move("web", "n1", vip, 3 * HOUR + 12 * MINUTE, silence_ms=930)]}


def moved() -> Json:
    """The same after n1 has died."""
    scene = small()
    web = trio(holder="n2", ago=4 * SECOND, problems=[
        problem("warning", "node n1 is down; look after it, or remove it by docker node rm n1")])
    web["nodes"][0] = node("n1", heard_ms=now_ms() - 5 * SECOND, reason="no answer from 192.0.2.11:9112: no route to host")
    return {"groups": [web], "history": [*scene["history"], move("web", "n2", "192.0.2.201", 4 * SECOND, silence_ms=760)]}


def split_brain() -> Json:
    vip = "192.0.2.201"
    nodes = [node("n1", router("active", 120)), node("n2", router("active", 110, ago=40 * SECOND, trouble="duplicate_owner",
             words="n1 has 192.0.2.201, too: what parts the two drops IP protocol 112; see the firewall between them")),
             node("n3", router("backup", 100))]
    web = group("web", [address(vip, "n1", "n2")], nodes, [problem(
        "error", "192.0.2.201 is on n1 and n2 at once; let IP protocol 112 through between them, then one of them lets go")])
    return {"groups": [web], "history": [*small()["history"], move("web", "n2", vip, 40 * SECOND, silence_ms=930)]}


def nobody() -> Json:
    vip = "192.0.2.201"
    words = "another host has 192.0.2.201 (02:42:ac:11:00:07); find it and take the address from it"
    trouble = {"trouble": "address_taken", "words": words, "cause": "address_taken"}
    nodes = [node(f"n{i}", router("fault", 130 - 10 * i, ago=25 * SECOND, **trouble)) for i in (1, 2, 3)]
    return {"groups": [group("web", [address(vip)], nodes, [
        problem("error", f"node n{i}: router 51 (ipv4): {words}") for i in (1, 2, 3)])],
        "history": [*small()["history"], leave("web", "n1", vip, 25 * SECOND)]}


def unknown() -> Json:
    """Nobody can say: the agents do not answer."""
    heard = now_ms() - 90 * SECOND
    nodes = [node(f"n{i}", heard_ms=heard) for i in (1, 2, 3)]
    return {"groups": [group("web", [address("192.0.2.201", state="unknown")], nodes)], "history": small()["history"]}


def spread() -> Json:
    """Each address lives on its own; both families, checks, and an update on its way."""
    vips = [f"192.0.2.{200 + i}" for i in range(1, 7)] + ["2001:db8::201", "2001:db8::202"]
    holders = {vip: f"n{i % 3 + 1}" for i, vip in enumerate(vips)}
    nodes = []
    for i in (1, 2, 3):
        own = [vip for vip in vips if holders[vip] == f"n{i}"]
        others = [vip for vip in vips if holders[vip] != f"n{i}"]
        nodes.append(node(f"n{i}", router("active", 254, own), router("backup", 253, others), checks=[
            {"name": "listen:443", "result": "passes", "why": ""},
            {"name": "http://127.0.0.1:8080/ready", "result": "fails" if i == 3 else "passes",
             "why": "status 503 in 3 of 3 tries" if i == 3 else ""}]))
    addresses = [address(vip, holders[vip], ago=(2 if holders[vip] == "n3" else 50) * HOUR) for vip in vips]
    mail = trio("mail", "198.51.100.25", "n2", 9 * 24 * HOUR, preempt=False, interval_ms=1000, auth="none", version=2)
    web = group("edge", addresses, nodes, [
        problem("warning", "node n3: check http://127.0.0.1:8080/ready fails: status 503; see what serves it there"),
        problem("note", "node n2 is drained by hand; swarm-vip undrain n2 ends it")],
        rollout={"state": "updating", "text": "an update rolls: 1 of 3 agents have plan 8"}, generation=8)
    history = [move("edge", holders[vip], vip, 2 * HOUR + 60 * SECOND * i, "n1") for i, vip in enumerate(vips)]
    return {"groups": [web, mail], "history": sorted(history, key=lambda event: event["at_ms"])}


def large(groups: int = 10, nodes: int = 50) -> Json:
    """Ten groups of fifty nodes; two of them are not well."""
    names = ["web", "mail", "dns", "registry", "ldap", "mqtt", "vpn", "git", "metrics", "backup"]
    all_groups, history = [], []
    for number in range(groups):
        name = names[number] if number < len(names) else f"group{number + 1}"
        vip = f"198.51.{100 + number // 250}.{number % 250 + 1}"
        holder = f"node{number * 3 + 1}"
        members = [node(f"node{i}", router("active" if f"node{i}" == holder else "backup", 254 - i, [vip], (number + 1) * HOUR),
                        address=f"10.20.{i // 250}.{i % 250 + 10}") for i in range(1, nodes + 1)]
        problems = []
        if number == 3:
            words = "interface eth1 is down; ip link set eth1 up, or see its cable"
            members[30] = node("node31", router("fault", 223, [vip], 8 * MINUTE, trouble="link_down", words=words,
                                                cause="link_down", interface="eth1"), address="10.20.0.41")
            problems = [problem("warning", f"node node31: router 51 (ipv4): {words}")]
        if number == 6:
            members[17] = node("node18", heard_ms=now_ms() - 12 * MINUTE, address="10.20.0.28",
                               reason="no answer from 10.20.0.28:9118 within 2 s")
            problems = [problem("warning", "node node18 is down; look after it, or remove it by docker node rm node18")]
        all_groups.append(group(name, [address(vip, holder, ago=(number + 1) * HOUR)], members, problems))
        for step in range(1, 50):
            ago = (number + 1) * HOUR + step * 11 * MINUTE
            history.append(move(name, f"node{step % nodes + 1}", vip, ago, silence_ms=720 + step))
        history.append(move(name, holder, vip, (number + 1) * HOUR, silence_ms=812))
    return {"groups": all_groups, "history": sorted(history, key=lambda event: event["at_ms"])[-500:]}


def hostile() -> Json:
    """What names, reasons and answers may hold at worst."""
    evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>'
    bidi = "\u202eevil\u2066\u0007" + "x" * 300
    proto = trio("__proto__", evil, "constructor")
    ill = router("active", 120, [evil], words=evil, trouble="toString", cause="__proto__")
    proto["nodes"][0] = node("constructor", ill, id="__proto__", reason=evil, address=evil,
                             checks=[{"name": evil, "result": evil, "why": bidi}])
    other = trio(evil, bidi, bidi, problems=[problem(evil, evil + "; " + bidi), problem("error", "")],
                 rollout={"state": evil, "text": evil}, auth=evil)
    return {"groups": [proto, other], "history": [move(evil, bidi, evil, HOUR) | {"text": evil}]}


def empty() -> Json:
    return {"groups": [], "history": []}


def example() -> Json:
    """The picture in the README: one group well, one with something to do."""
    scene = small()
    mail = trio("mail", "192.0.2.202", "n3", 47 * MINUTE, problems=[
        problem("warning", "node n2: router 52 (ipv4): interface eth1 is down; ip link set eth1 up, or see its cable")])
    mail["nodes"][1] = node("n2", router("fault", 110, ["192.0.2.202"], 47 * MINUTE, interface="eth1", trouble="link_down",
                                         words="interface eth1 is down; ip link set eth1 up, or see its cable", cause="link_down"))
    history = [*scene["history"], move("mail", "n2", "192.0.2.202", 5 * HOUR, "n1"),
               move("mail", "n3", "192.0.2.202", 47 * MINUTE, silence_ms=780)]
    return {"groups": [scene["groups"][0], mail], "history": sorted(history, key=lambda event: event["at_ms"])}


SCENES: Mapping[str, Callable[[], Json]] = {scene.__name__: scene for scene in (
    small, moved, split_brain, nobody, unknown, spread, large, hostile, empty, example)}


def main() -> int:
    scene = SCENES.get(sys.argv[1]) if len(sys.argv) in (2, 3) else None
    if scene is None:
        print(f"usage: {Path(sys.argv[0]).name} SCENE [PORT]; scenes: {' '.join(SCENES)}", file=sys.stderr)
        return 2
    port = int(sys.argv[2]) if len(sys.argv) == 3 else 8111
    with FakePage(socket.create_server(("127.0.0.1", port)), scene()) as page:
        print(page.url)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
