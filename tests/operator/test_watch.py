"""`swarm-vip status --watch`: on a terminal in place, into a pipe one after the other, as JSON a line for each look; it
outlives the managers' silence and ends when it is told to, or when nobody reads."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from bed import Bed
from fake_agent import AgentPages, document, router
from fake_docker import Fault
from netns import wait_until
from operator_process import IMAGE, binary

ADDRESSES = ("192.168.1.11", "192.168.1.12", "192.168.1.13")
FAST = "500ms"
PATIENCE = 30.0  # for what a busy machine does late; the tests end as soon as it is done


class Watch:
    """`swarm-vip status --watch` where the pages are, and all that it has said."""

    def __init__(self, bed: Bed, pages: AgentPages, *words: str, terminal: bool = False, **settings: str):
        read, write = pty.openpty() if terminal else os.pipe()
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": bed.engine.host, "SWARM_VIP_IMAGE": IMAGE,
                       "TERM": "xterm"} | settings
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={pages.namespace.path}", str(binary()), "status", *words],
            stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE, env=environment, cwd="/")
        os.close(write)
        self.fd = read
        self._said = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._is_closed = False

    def read(self) -> "Watch":
        self._thread.start()
        return self

    @property
    def said(self) -> str:
        return bytes(self._said).decode()

    def wait_for(self, condition: Callable[[str], Any]) -> Any:
        return wait_until(lambda: condition(self.said), PATIENCE, lambda: f"it says so\n{self.said[-3000:]}")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.splitlines(keepends=True) if line.endswith("\n")]

    def stop_reading(self) -> None:
        """The reader goes; not beside read()."""
        os.close(self.fd)
        self._is_closed = True

    def end(self, number: int | None = signal.SIGTERM) -> str:
        """Its exit status is 0; what it said on stderr."""
        if number is not None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, (self.process.returncode, errors)
        return errors.decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
        if not self._is_closed:
            os.close(self.fd)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # what a terminal says when its other side has gone
            while data := os.read(self.fd, 65536):
                self._said += data


def wait_is_true(condition: Callable[[], bool], limit: float) -> bool:
    with contextlib.suppress(TimeoutError):
        return wait_until(condition, limit, "")
    return False


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def deployed(bed: Bed, pages: AgentPages) -> Bed:
    operator = bed.start()
    bed.wait_converged()
    assert operator.stop() == 0
    for address, state in zip(ADDRESSES, ("active", "backup", "backup"), strict=True):
        pages.serve(address, document(router(state)))
    return bed


@pytest.fixture
def watch(deployed: Bed, pages: AgentPages) -> Iterator[Callable[..., Watch]]:
    watches: list[Watch] = []

    def start(*words: str, **options: Any) -> Watch:
        watches.append(Watch(deployed, pages, *words, **options))
        return watches[-1]

    yield start
    for one in watches:
        one.close()


def test_on_a_terminal_it_is_drawn_in_place(watch: Callable[..., Watch]) -> None:
    on_terminal = watch("--watch", FAST, terminal=True).read()

    said = on_terminal.wait_for(lambda text: text if text.count("\x1b[H") >= 3 else None)

    frames = said.split("\x1b[H")
    assert frames[0] == "\x1b[2J" and said.count("\x1b[2J") == 1, "cleared once, then written over"
    assert "\x1b[Kevery 500ms, Ctrl-C ends it; " in frames[1] and frames[1].endswith("\x1b[J")
    assert "n1    active" in frames[1] and "n1    active" in frames[2]
    assert on_terminal.end(signal.SIGINT) == ""


def test_into_a_pipe_looks_are_parted(watch: Callable[..., Watch]) -> None:
    piped = watch("--watch", FAST).read()

    said = piped.wait_for(lambda text: text if text.count("--- 20") >= 3 else None)

    assert said.startswith("--- 20") and "\x1b" not in said
    assert said.split("--- ")[1].splitlines()[1].split()[:3] == ["GROUP", "NODE", "STATE"]
    assert piped.end() == ""


def test_as_json_each_line_is_an_object(watch: Callable[..., Watch]) -> None:
    piped = watch("--json", "--watch", FAST).read()

    piped.wait_for(lambda _: len(piped.lines()) >= 3)

    for line in piped.lines():
        assert {r["hostname"]: r["state"] for r in line["routers"]} == {"n1": "active", "n2": "backup", "n3": "backup"}
    assert piped.end() == ""


def test_a_terminal_of_no_kind_is_a_pipe(watch: Callable[..., Watch]) -> None:
    dumb = watch("--watch", FAST, terminal=True, TERM="dumb").read()

    dumb.wait_for(lambda text: text.count("--- 20") >= 2)

    assert "\x1b" not in dumb.said
    dumb.end()


def test_managers_may_be_silent_for_a_while(deployed: Bed, watch: Callable[..., Watch]) -> None:
    table = watch("--watch", FAST).read()
    lines = watch("--watch", FAST, "--json").read()
    table.wait_for(lambda text: "active" in text)
    lines.wait_for(lambda _: lines.lines())

    deployed.engine.faults.next("*", "no leader", times=None)
    said = table.wait_for(lambda text: text.split("--- ")[-1] if "error: " in text.split("--- ")[-1] and
                          text.endswith("\n") else None)
    assert "does not have a leader" in said and "; tried again every 500ms\nas it was at 20" in said, said
    assert "n1    active" in said, "what was known last stays"
    lines.wait_for(lambda _: "does not have a leader" in lines.lines()[-1].get("error", ""))

    deployed.engine.faults.clear()
    table.wait_for(lambda text: "error: " not in text.split("--- ")[-1] and "active" in text.split("--- ")[-1])
    lines.wait_for(lambda _: "routers" in lines.lines()[-1])
    assert table.end() == lines.end() == ""


def test_the_engine_may_go_and_come_back(deployed: Bed, watch: Callable[..., Watch]) -> None:
    """A socket that is not there at the start means that there is no engine to ask; later it means a restart."""
    lines = watch("--watch", FAST, "--json").read()
    lines.wait_for(lambda _: lines.lines())
    socket, away = deployed.engine.socket_path, deployed.engine.socket_path.with_suffix(".away")

    socket.rename(away)
    lines.wait_for(lambda _: "no socket at" in lines.lines()[-1].get("error", ""))
    away.rename(socket)

    lines.wait_for(lambda _: "routers" in lines.lines()[-1])
    lines.end()


def test_it_ends_at_once_while_a_manager_does_not_answer(deployed: Bed, watch: Callable[..., Watch]) -> None:
    silent = watch("--watch", FAST, "--json").read()
    silent.wait_for(lambda _: silent.lines())
    met = deployed.engine.faults.met.total()
    deployed.engine.faults.next("*", Fault.late(5), times=None)
    wait_until(lambda: deployed.engine.faults.met.total() > met, PATIENCE, "it asks")
    assert silent.end() == ""


def test_who_reads_no_more_ends_it(watch: Callable[..., Watch]) -> None:
    piped = watch("--watch", "60m", "--json")
    assert os.read(piped.fd, 1) == b"{"

    piped.stop_reading()

    assert piped.end(None) == ""


def test_who_does_not_read_does_not_keep_it_from_ending(deployed: Bed, watch: Callable[..., Watch]) -> None:
    stuck = watch("--watch", FAST)
    fcntl.fcntl(stuck.fd, fcntl.F_SETPIPE_SZ, 4096)  # a few looks fill it
    looks = deployed.engine.calls["GET /services"]
    wait_until(lambda: deployed.engine.calls["GET /services"] > looks, PATIENCE, "it looks")

    def is_full() -> bool:
        before = deployed.engine.calls["GET /services"]
        return not wait_is_true(lambda: deployed.engine.calls["GET /services"] > before, 3.0)

    wait_until(is_full, PATIENCE, "it waits for its reader")
    assert stuck.end() == ""


def test_where_there_is_no_engine_the_agents_of_the_host_are_watched(watch: Callable[..., Watch]) -> None:
    local = watch("--watch", FAST, "--json", DOCKER_HOST="unix:///nowhere/docker.sock").read()

    local.wait_for(lambda _: len(local.lines()) >= 2)

    assert local.lines()[0] == {"agents": [], "routers": [], "error": "no agent runs on this host"}
    assert local.end() == ""


@pytest.mark.parametrize("words", [["--watch", "0"], ["--watch", "400ms"], ["--watch", "61m"], ["--watch", "often"]])
def test_an_interval_that_is_not_allowed(bed: Bed, pages: AgentPages, words: Sequence[str]) -> None:
    result = pages.run("status", *words, host=bed.engine.host)
    assert result.returncode == 2 and not result.stdout, result
    assert f"--watch: '{words[1]}' is not allowed; seconds, or a time such as 500ms or 1m, from 500ms to 60m" in result.stderr
