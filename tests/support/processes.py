"""The processes behind a program that was started: what a test may freeze or kill one by one."""

from __future__ import annotations

import contextlib
from pathlib import Path


def children(pid: int) -> list[int]:
    """In the order of their birth."""
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def family(pid: int) -> list[int]:
    """The process and all that descend from it, parents first."""
    return [pid, *(descendant for child in children(pid) for descendant in family(child))]


def routing_process(pid: int) -> int:
    """Of a router: its first child where it has one, which the parent only looks after; else itself."""
    return next(iter(children(pid)), pid)
