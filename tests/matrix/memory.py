"""The kernel's out-of-memory killer, let loose on one process: a memory cgroup around it and programs that eat."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from netns import Host, Program, wait_until

_ROOT = Path("/sys/fs/cgroup")
_LIMIT = 64 << 20
# The kernel takes who is biggest, and oom_score_adj 1000 adds the whole limit: the victim, as long as no eater, with
# the pages of its program, comes near the limit alone.
_EATERS, _BITE = 2, _LIMIT * 3 // 4
_EATER = """
import time
open("{procs}", "w").write("0")
hog = b"x" * {bite}
time.sleep(1000)
"""


class MemoryLimit:
    """A context manager: a cgroup with a limit that holds the victim, which is the kernel's first choice."""

    def __init__(self, victim: int):
        self._victim = victim
        self._eaters: list[Program] = []

    def __enter__(self) -> "MemoryLimit":
        is_v1 = (_ROOT / "memory").is_dir()
        self._group = Path(tempfile.mkdtemp(prefix="swarm-vip-test-", dir=_ROOT / "memory" if is_v1 else _ROOT))
        (self._group / ("memory.limit_in_bytes" if is_v1 else "memory.max")).write_text(str(_LIMIT))
        (self._group / "cgroup.procs").write_text(str(self._victim))
        Path(f"/proc/{self._victim}/oom_score_adj").write_text("1000")
        return self

    def exhaust(self, host: Host) -> None:
        """Others in the same cgroup want more than there is. Returns when the kernel has killed the victim."""
        script = _EATER.format(procs=self._group / "cgroup.procs", bite=_BITE)
        self._eaters = [host.start(["python3", "-c", script], "eater") for _ in range(_EATERS)]
        wait_until(self._is_victim_dead, 30, "the kernel kills the router")

    def __exit__(self, *_: object) -> None:
        for eater in self._eaters:
            eater.close()
        wait_until(self._is_removed, 30, "the cgroup is empty")

    def _is_victim_dead(self) -> bool:
        try:
            return Path(f"/proc/{self._victim}/cmdline").read_bytes() == b""  # nobody has asked for its status yet
        except FileNotFoundError:
            return True

    def _is_removed(self) -> bool:
        """Whatever else is in it, a successor of the victim among them, goes back to where it would have been."""
        with contextlib.suppress(OSError):
            for pid in (self._group / "cgroup.procs").read_text().split():
                (self._group.parent / "cgroup.procs").write_text(pid)
            os.rmdir(self._group)
        return not self._group.exists()
