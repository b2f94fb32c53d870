"""The real `swarm-vip operator` as a process of its own, asking a FakeDocker, with a clock that may run faster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netns import wait_until

_ROOT = Path(__file__).resolve().parents[2]
_CLOCK_SOURCE = Path(__file__).with_name("fast_clock.c")
_clock: Path | None = None
_clock_dir: tempfile.TemporaryDirectory[str] | None = None

IMAGE = "example.org/swarm-vip@sha256:" + "7" * 64
LOG_LINE_MAX = 600  # characters; nobody reads longer ones


def binary() -> Path:
    """SWARM_VIP_BUILD names the build directory; without it build/release, then build/dev."""
    chosen = os.environ.get("SWARM_VIP_BUILD")
    candidates = [Path(chosen)] if chosen else [_ROOT / "build/release", _ROOT / "build/dev"]
    for directory in candidates:
        if (directory / "swarm-vip").is_file():
            return (directory / "swarm-vip").resolve()
    raise FileNotFoundError(f"no swarm-vip in {', '.join(map(str, candidates))}: build first, "
                            "or name the build directory in SWARM_VIP_BUILD")


def fast_clock() -> Path:
    """The library that scales a program's time, built once."""
    global _clock, _clock_dir
    if _clock is None:
        _clock_dir = tempfile.TemporaryDirectory(prefix="fast-clock-")
        path = Path(_clock_dir.name) / "fast_clock.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", str(path), str(_CLOCK_SOURCE), "-lm", "-ldl"], check=True)
        _clock = path
    return _clock


class Operator:
    """One operator. Settings are those of its environment, over defaults for a group `web` with one address.

    Its page is off unless a test asks for it: many run on this host, and the agents are asked only where it is on.
    """

    def __init__(self, host: str, log_path: Path, speed: float = 1.0, wrapper: Sequence[str] = (),
                 words: Sequence[str] = ("operator",), **settings: str):
        self.log_path = log_path
        self._is_ready = False
        self.settings = {"KEEPALIVED_GROUP": "web", "KEEPALIVED_VIRTUAL_IPS": "192.0.2.100", "SWARM_VIP_IMAGE": IMAGE,
                         "SWARM_VIP_LOG_FORMAT": "json", "SWARM_VIP_PAGE_LISTEN": "off"} | settings
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DOCKER_HOST": host} | self.settings
        environment = {name: value for name, value in environment.items() if value != UNSET}
        if speed != 1.0:
            environment |= {"LD_PRELOAD": str(fast_clock()), "FAST_CLOCK": str(speed)}
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen([*wrapper, str(binary()), *words], stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log, env=environment)

    @property
    def pid(self) -> int:
        return self._process.pid

    def look(self) -> None:
        """Looks at the Swarm now. One that has hardly begun looks anyway."""
        if self._takes_signals():
            self._signal(signal.SIGHUP)

    def stop(self) -> int:
        self._signal(signal.SIGTERM)
        return self._wait()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_exit(self, timeout: float = 10) -> int:
        return self._wait(timeout)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    logs = log

    def lines(self, event: str | None = None) -> list[Mapping[str, Any]]:
        """What it logged, as objects; with an event, only those."""
        found = [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in found if event is None or line["event"] == event]

    def wait_for(self, event: str, words: str = "", timeout: float = 10, count: int = 1) -> Mapping[str, Any]:
        """The count-th line of the event that holds the words."""
        def look() -> Mapping[str, Any] | None:
            lines = [line for line in self.lines(event) if words in str(line)]
            return lines[count - 1] if len(lines) >= count else None

        return wait_until(look, timeout, lambda: f"the operator logs {event} '{words}':\n{self.log()}")

    def memory_kib(self) -> int:
        """The most it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        if self.is_running():
            self.kill()
        assert "Sanitizer" not in self.log(), self.log()  # SWARM_VIP_BUILD may name a build that has one

    def _takes_signals(self) -> bool:
        """Whether it has blocked them, to take them one by one; before, SIGHUP would end it."""
        if not self._is_ready and self.is_running():
            status = Path(f"/proc/{self.pid}/status").read_text()
            blocked = next(line for line in status.splitlines() if line.startswith("SigBlk")).split()[1]
            self._is_ready = bool(int(blocked, 16) >> (signal.SIGHUP - 1) & 1)
        return self._is_ready

    def _signal(self, number: int) -> None:
        if self.is_running():
            self._process.send_signal(number)

    def _wait(self, timeout: float = 10) -> int:
        return self._process.wait(timeout)


UNSET = "\0"  # as a setting: not in the environment at all
