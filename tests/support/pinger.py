"""Runs tests/support/pinger.c: what a client of the VIP saw, echo by echo."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from netns import Host, Program

_SOURCE = Path(__file__).with_name("pinger.c")
_binary: Path | None = None
_build_dir: tempfile.TemporaryDirectory[str] | None = None


@dataclass(frozen=True)
class Hole:
    length_ms: float
    start_ns: int  # CLOCK_MONOTONIC, as time.monotonic_ns()
    end_ns: int
    echoes: int
    lost: int
    open: bool


@dataclass(frozen=True)
class PingReport:
    """The words are explained on top of pinger.c."""

    sent: int
    received: int
    lost: int
    late: int
    duplicates: int
    longest_silence_ms: float
    max_lateness_ms: float
    rtt_max_ms: float
    skipped: int
    send_errors: int
    send_error: str
    spacing_us: int
    holes: list[Hole] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.sent} sent every {self.spacing_us} us, {self.lost} lost, longest silence "
                f"{self.longest_silence_ms:.1f} ms, own lateness up to {self.max_lateness_ms:.1f} ms")


def build() -> Path:
    """Compiles the pinger once per process, into a directory that goes with the process."""
    global _binary, _build_dir
    if _binary is None:
        _build_dir = tempfile.TemporaryDirectory(prefix="swarm-vip-pinger-")
        binary = Path(_build_dir.name) / "pinger"
        subprocess.run(["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", str(_SOURCE), "-o", str(binary)],
                       check=True)
        _binary = binary
    return _binary


class Pinger:
    """A pinger running on a host. Leaving the context ends it; report() ends it too and says what it saw."""

    def __init__(self, host: Host, target: str, spacing_us: int = 1000, source: str | None = None,
                 wait_for_reply: bool = True):
        argv = [str(build()), "-i", str(spacing_us), *(["-s", source] if source else []), target]
        self._program: Program = host.start(argv, "pinger")
        self._report: PingReport | None = None
        if wait_for_reply:
            self._program.wait_for_log(r"(?m)^ready$", 15)

    def report(self) -> PingReport:
        if self._report is None:
            status = self._program.stop()
            lines = [line for line in self._program.log().splitlines() if line.startswith("{")]
            assert status == 0 and lines, f"pinger: status {status}: {self._program.log()}"
            raw = json.loads(lines[-1])
            holes = [Hole(h["length_ms"], h["start_ns"], h["end_ns"], h["echoes"], h["lost"], h["open"])
                     for h in raw["holes"]]
            names = [n for n in PingReport.__dataclass_fields__ if n != "holes"]
            self._report = PingReport(**{n: raw[n] for n in names}, holes=holes)
        return self._report

    def __enter__(self) -> "Pinger":
        return self

    def __exit__(self, *_: object) -> None:
        self._program.close()
