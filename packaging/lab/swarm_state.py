"""What a lab leaves on the machine while it lives, written down so that any later run can remove it.

A lab's directory holds everything: the engines' data, their sockets, state.json, and in pids/ a file for each process
that holds a machine or a network (pid and start time, so that a reused pid is never hit), written by that process itself
before it does anything else. Processes of a lab that is not kept die with the process that made it, because the kernel
delivers their death signal; what a crash leaves is the directory and the cgroup. `remove_lab` takes all of it away, and is
safe to repeat.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PREFIX = "swarm-vip-lab."
_REMOVED_PREFIX = "swarm-vip-lab-removed."
_UNBORN_PREFIX = ".swarm-vip-lab-unborn."
_BIRTH_MAX = 60  # seconds; what is older will not be born any more
_RECORDED = Path(__file__).with_name("recorded.sh")


@dataclass
class ProcessId:
    pid: int
    start_ticks: int  # field 22 of /proc/PID/stat: tells a process from a later one with the same number

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        return cls(pid, _start_ticks(pid))

    def is_alive(self) -> bool:
        try:
            return _start_ticks(self.pid) == self.start_ticks and _state(self.pid) != "Z"
        except OSError:
            return False

    def kill(self) -> None:
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass
class LabState:
    directory: str
    cgroup: str
    owner: ProcessId
    boot_id: str
    is_kept: bool = False
    subnet: str = ""

    @classmethod
    def begin(cls, root: Path, is_kept: bool, subnet: str) -> "LabState":
        """Makes a lab's directory. It appears under its name with its state inside, or not at all."""
        root.mkdir(parents=True, exist_ok=True)
        unborn = Path(tempfile.mkdtemp(prefix=_UNBORN_PREFIX, dir=root))
        directory = unborn.with_name(unborn.name.replace(_UNBORN_PREFIX, PREFIX, 1))
        os.chmod(unborn, 0o711)
        pids_directory(unborn).mkdir()
        state = cls(str(directory), directory.name, ProcessId.of(os.getpid()), boot_id(), is_kept, subnet)
        (unborn / "state.json").write_text(json.dumps(asdict(state), indent=2) + "\n")
        unborn.rename(directory)
        return state

    @classmethod
    def load(cls, directory: Path) -> "LabState":
        raw = json.loads((directory / "state.json").read_text())
        raw["owner"] = ProcessId(**raw["owner"])
        return cls(**raw)

    def is_same_boot(self) -> bool:
        return self.boot_id == boot_id()

    def is_in_use(self) -> bool:
        """Its maker still runs, or left it up on purpose and it is still up."""
        if not self.is_same_boot():
            return False
        if self.owner.is_alive():
            return True
        return self.is_kept and any(p.is_alive() for p in self.processes().values())

    def processes(self) -> dict[str, ProcessId]:
        """Who must end for the lab to be gone, by name: all else is inside the namespaces that these hold."""
        return _recorded_processes(Path(self.directory))


def recorded_argv(directory: Path, name: str, argv: list[str]) -> list[str]:
    """The command, made to write itself down as a process of the lab under the given name."""
    return [str(_RECORDED), str(pids_directory(directory) / name), *argv]


def pids_directory(directory: Path) -> Path:
    return directory / "pids"


def lab_root() -> Path:
    """Where labs put their directories. Not /tmp: that is often a small memory file system."""
    return Path(os.environ.get("SWARM_VIP_LAB_DIR", "/var/tmp"))


def find_labs() -> list[LabState]:
    labs = []
    for directory in sorted(lab_root().glob(PREFIX + "*")):
        try:
            labs.append(LabState.load(directory))
        except (OSError, ValueError, KeyError, TypeError):  # gone meanwhile, or of another version: its owner is unknown
            labs.append(LabState(str(directory), directory.name, ProcessId(0, 0), ""))
    return labs


def remove_stale_labs() -> list[str]:
    """Removes what crashed runs left; returns the directories."""
    removed = []
    for state in find_labs():
        if not state.is_in_use():
            remove_lab(state)
            removed.append(state.directory)
    for directory in lab_root().glob(_REMOVED_PREFIX + "*"):  # a removal that did not come to its end
        _finish_removal(directory, directory.name.replace(_REMOVED_PREFIX, PREFIX, 1))
        removed.append(str(directory))
    for directory in lab_root().glob(_UNBORN_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - directory.stat().st_mtime > _BIRTH_MAX:
                shutil.rmtree(directory)
    return removed


def remove_lab(state: LabState) -> None:
    directory = Path(state.directory)
    if not directory.name.startswith(PREFIX):
        raise ValueError(f"{directory} is not a lab's directory")
    removed = directory.with_name(directory.name.replace(PREFIX, _REMOVED_PREFIX, 1))
    with contextlib.suppress(FileNotFoundError):
        directory.rename(removed)  # from here on nobody can join it: see recorded.sh
    _finish_removal(removed, state.cgroup)


def _finish_removal(directory: Path, cgroup: str) -> None:
    processes = _recorded_processes(directory).values()
    for process in processes:
        process.kill()
    deadline = time.monotonic() + 10
    while any(p.is_alive() for p in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    remove_cgroup(cgroup)
    _remove_directory(directory)


def _recorded_processes(directory: Path) -> dict[str, ProcessId]:
    """Empty after a reboot: start times of another boot match no process but by a miracle, so the boot is checked too."""
    found = {}
    with contextlib.suppress(OSError, ValueError, KeyError):
        if json.loads((directory / "state.json").read_text())["boot_id"] != boot_id():
            return {}
        for path in sorted(pids_directory(directory).iterdir()):
            with contextlib.suppress(OSError, ValueError):
                pid, start_ticks = path.read_text().split()
                found[path.name] = ProcessId(int(pid), int(start_ticks))
    return found


def _remove_directory(directory: Path) -> None:
    """Unmounts what may still be mounted below and removes the rest, without ever following a mount."""
    for mount_point in _mounts_below(directory):
        subprocess.run(["umount", "--lazy", mount_point], check=False, stderr=subprocess.DEVNULL)
    if _mounts_below(directory):
        raise RuntimeError(f"{directory} still has mounts below it; left as it is")
    deadline = time.monotonic() + 10
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=time.monotonic() < deadline)
        time.sleep(0.02)


def remove_cgroup(name: str) -> None:
    """Removes the lab's cgroups in every hierarchy; they are empty as soon as the kernel has buried the processes."""
    if "/" in name or not name.startswith(PREFIX):
        raise ValueError(f"{name} is not a lab's cgroup")
    root = Path("/sys/fs/cgroup")
    deadline = time.monotonic() + 10
    while True:
        left = [path for path in (root / name, *root.glob(f"*/{name}")) if path.is_dir()]
        for top in left:
            for path, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
        if not any(path.is_dir() for path in left) or time.monotonic() > deadline:
            return
        time.sleep(0.05)


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _stat_fields(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()  # the name in front may contain anything


def _start_ticks(pid: int) -> int:
    return int(_stat_fields(pid)[19])


def _state(pid: int) -> str:
    return _stat_fields(pid)[0]


def _mounts_below(directory: Path) -> list[str]:
    """Mount points at or below the directory, deepest first."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4].encode().decode("unicode_escape")
        if point == str(directory) or point.startswith(f"{directory}/"):
            points.append(point)
    return sorted(points, key=len, reverse=True)
