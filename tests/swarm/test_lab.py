"""The lab's own promise: nothing is left behind, however a run ends; and the demo keeps what it says."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from conftest import IMAGE, PROJECT
from netns import wait_until
from swarm_group import clear_swarm
from swarm_lab import SwarmLab
from swarm_state import LabState, find_labs, remove_stale_labs

DEMO = str(PROJECT / "packaging" / "demo.sh")


def test_the_demo_survives_its_holder_and_leaves_nothing(image_archive: Path) -> None:
    before = _traces()

    result = subprocess.run([DEMO], capture_output=True, text=True, timeout=300)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "The address survived its holder." in result.stdout
    assert _traces() == before
    print(result.stdout)


def test_a_kept_demo_stays_up_until_it_is_taken_down(image_archive: Path) -> None:
    before = _traces()
    with tempfile.TemporaryDirectory(prefix="svt-", dir="/var/tmp") as directory:  # `down` shall not meet others' labs
        environment = os.environ | {"SWARM_VIP_LAB_DIR": directory, "SWARM_VIP_LAB_SUBNET": "10.7.0.0/24"}
        try:
            result = subprocess.run([DEMO, "up", "--keep"], capture_output=True, text=True, timeout=300, env=environment)
            assert result.returncode == 0, result.stdout + result.stderr
            words = {"nsenter", "ping"}
            ping = next(line for line in result.stdout.splitlines() if words <= set(line.split())).removeprefix("  sudo ")
            look = subprocess.run([*ping.split(), "-c", "3"], capture_output=True, text=True, timeout=30)
            assert look.returncode == 0, ping + look.stdout + look.stderr
        finally:
            down = subprocess.run([DEMO, "down"], capture_output=True, text=True, timeout=60, env=environment)
        assert down.returncode == 0 and down.stdout.startswith(f"Removed {directory}/"), down.stdout + down.stderr
        assert list(Path(directory).iterdir()) == []
    assert _traces() == before


@pytest.mark.parametrize("arguments", [["sideways"], ["down", "--keep"], ["up", "down"], ["--keep", "purge"], ["--fast"]])
def test_the_demo_refuses_wrong_arguments(arguments: list[str]) -> None:
    result = subprocess.run([DEMO, *arguments], capture_output=True, text=True, timeout=30)

    assert result.returncode == 2
    assert "usage: demo.sh [up|down|purge] [--keep]" in result.stderr


def test_the_installer_refuses_unknown_kinds() -> None:
    result = subprocess.run([str(PROJECT / "packaging/install.sh"), "everything"], capture_output=True, text=True, timeout=30)

    assert result.returncode == 2
    assert "allowed are: build lint lab image net" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_lab_leaves_nothing(number: signal.Signals) -> None:
    before = _traces()
    script = textwrap.dedent(f"""
        import signal, sys, threading
        sys.path.insert(0, {str(PROJECT / "packaging/lab")!r})
        from swarm_lab import SwarmLab
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with SwarmLab(managers=1, workers=1) as lab:
            print(lab.directory, flush=True)
            signal.pause()
    """)
    run = subprocess.Popen([sys.executable, "-B", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert run.stdout is not None
    directory = Path(run.stdout.readline().strip())
    processes = LabState.load(directory).processes()
    assert sorted(processes) == ["node1", "node2"] and all(p.is_alive() for p in processes.values())

    run.send_signal(number)
    run.wait(30)

    wait_until(lambda: not any(p.is_alive() for p in processes.values()), 10, "its processes are gone")
    if number == signal.SIGKILL:  # nobody was left to remove the directory; the next run does
        assert str(directory) in remove_stale_labs()
    assert _traces() == before


@pytest.mark.parametrize("moment", [0.2, 0.35, 0.5, 1.0, 2.0])
def test_a_demo_killed_outright_is_taken_down_whole(image_archive: Path, moment: float) -> None:
    """A kept lab has no death signal to rely on: at whatever moment its starter is killed, `down` must find all of it."""
    before = _traces()
    with tempfile.TemporaryDirectory(prefix="svt-", dir="/var/tmp") as directory:
        environment = os.environ | {"SWARM_VIP_LAB_DIR": directory}
        run = subprocess.Popen([DEMO, "up", "--keep"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            wait_until(lambda: list(Path(directory).glob("swarm-vip-lab.*")), 300, "the lab begins")
            time.sleep(moment)  # any moment will do
        finally:
            run.kill()
            run.wait()
            down = subprocess.run([DEMO, "down"], capture_output=True, text=True, timeout=60, env=environment)
        assert down.returncode == 0, down.stderr
        wait_until(lambda: not _processes_that_mention(directory), 10, "every process is gone")
        assert list(Path(directory).iterdir()) == []
    assert _traces() == before


def test_who_is_unknown_to_its_engine_is_found_and_ended(lab: SwarmLab) -> None:
    """An engine that is killed while it starts a container forgets it: as if it had never written it down."""
    node = lab.nodes[2]
    container = node.docker("run", "--detach", "--network", "none", IMAGE, "status", "--watch").strip()
    processes = node.processes_of(container)
    assert processes and node.orphans() == []

    node.engine.kill_engine()
    shutil.rmtree(node.engine.data_root / "containers" / container)
    node.recover()
    assert set(processes) <= set(node.orphans())

    clear_swarm(lab)
    assert node.orphans() == []


def test_no_forwarding_hides_a_gap(swarm: SwarmLab) -> None:
    for node in swarm.nodes:
        forwarding = node.host.run(["cat", "/proc/sys/net/ipv4/ip_forward"]).stdout.strip()
        assert forwarding == "0"


def _processes_that_mention(text: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def _traces() -> dict[str, object]:
    """What a lab could leave on the machine; other labs that are up may come and go, so only the stale ones count."""
    return {
        "labs": [lab.directory for lab in find_labs() if not lab.is_in_use()],
        "mounts": sorted(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if "swarm-vip-lab" in line),
        "links": sorted(path.name for path in Path("/sys/class/net").iterdir()),
        "named namespaces": sorted(path.name for path in Path("/run/netns").iterdir()) if Path("/run/netns").exists() else [],
    }
