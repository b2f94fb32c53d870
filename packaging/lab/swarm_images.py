"""Builds the project's image where no registry can be reached, and keeps what is slow to make.

The base image is pulled if that works at once, else made from Debian's packages with debootstrap; packaging/Dockerfile
is then built on it as it is. The engine that builds runs in the machine's own network, because the build fetches
packages, but touches nothing there: no bridge, no firewall rule, no forwarding.

What is kept, below ${SWARM_VIP_LAB_CACHE:-/var/cache/swarm-vip-lab}:
  build/       the building engine's data: base image, packages' layer, the last build
  archives/    images as files, named by what they were made from; a second run needs no engine to build at all
  lock         held while somebody builds; a second run waits
`demo.sh purge` removes it all.

As a program, `swarm_images.py TAG` builds the image and prints the archive's name.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from swarm_engine import CommandError, Engine, find_program
from swarm_state import LabState, lab_root, remove_lab

PROJECT = Path(__file__).resolve().parents[2]
BASE_IMAGE = "debian:bookworm"
_SUITE = "bookworm"
_PULL_TIMEOUT = 20
_ARCHIVES_KEPT = 6
_INPUTS = ("packaging/Dockerfile", ".dockerignore")  # beside what .dockerignore lets through


def cache_dir() -> Path:
    return Path(os.environ.get("SWARM_VIP_LAB_CACHE", "/var/cache/swarm-vip-lab"))


def purge_cache() -> bool:
    """Removes the cache; False if there was none. Waits for a build that is going on."""
    cache = cache_dir()
    if not cache.exists():
        return False
    with _locked(cache):
        shutil.rmtree(cache)
    return True


def build_image(tag: str, say: Callable[[str], None] = lambda _: None) -> Path:
    """The image of the tree as it is now, tagged, as an archive for `docker load`."""
    cache = cache_dir()
    with _locked(cache):
        archives = cache / "archives"
        archives.mkdir(exist_ok=True)
        archive = archives / f"{_digest_of_inputs(tag)}.tar"
        if not archive.exists():
            with _building_engine(cache) as engine:
                _ensure_base(engine, cache, say)
                _build(engine, tag, say)
                _save(engine, tag, archive)
            _drop_old(archives)
        archive.touch()
        return archive


def _digest_of_inputs(tag: str) -> str:
    """A name for all that decides what the image holds."""
    digest = hashlib.sha256(f"{tag}\n".encode())
    allowed = [line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name in sorted({*allowed, *_INPUTS}):
        top = PROJECT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(PROJECT)}\0{path.stat().st_mode & 0o111:o}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:24]


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _building_engine(cache: Path) -> Iterator[Engine]:
    state = LabState.begin(lab_root(), is_kept=False, subnet="")
    directory = Path(state.directory)
    engine = Engine("build", directory / "build", directory.name, None,
                    ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
                     "--log-level", "warn"], data_root=cache / "build")
    try:
        engine.power_on()
        engine.wait_ready()
        yield engine
        engine.stop_engine()  # in order: its data is what the next run builds on
    finally:
        engine.power_off()
        remove_lab(state)


def _ensure_base(engine: Engine, cache: Path, say: Callable[[str], None]) -> None:
    if engine.try_docker("image", "inspect", BASE_IMAGE).returncode == 0:
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        if engine.try_docker("pull", "--quiet", BASE_IMAGE, timeout=_PULL_TIMEOUT).returncode == 0:
            return
    say(f"{BASE_IMAGE} cannot be pulled here: making it from Debian's packages (about half a minute, only once)")
    with tempfile.TemporaryDirectory(prefix="base-", dir=cache) as scratch:
        root = Path(scratch) / "root"
        _run_logged([find_program("debootstrap"), "--variant=minbase", _SUITE, str(root)], cache / "debootstrap.log")
        shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
        archive = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        imported = subprocess.run(engine.docker_argv("import", "-", BASE_IMAGE), stdin=archive.stdout,
                                  capture_output=True, text=True, env=engine.docker_env(), timeout=300)
        if archive.wait() != 0 or imported.returncode != 0:
            raise CommandError("docker import of the base image", imported)


def _build(engine: Engine, tag: str, say: Callable[[str], None]) -> None:
    """Stage by stage, each with a name, so that what they cache survives the pruning of old builds."""
    log = cache_dir() / "build.log"
    log.write_text("")
    arguments = [f"--build-arg={name}" for name in ("http_proxy", "https_proxy", "no_proxy") if name in os.environ]
    if engine.try_docker("image", "inspect", "swarm-vip-lab:toolchain").returncode != 0:
        say("installing compiler and libraries in the builder (a minute or two, only once)")
    for stage in ("toolchain", "build", None):
        target = ["--target", stage, "--tag", f"swarm-vip-lab:{stage}"] if stage else ["--tag", tag]
        if stage == "build":
            say("compiling in the builder")
        argv = engine.docker_argv("build", "--force-rm", "--network", "host", "--file", str(PROJECT / "packaging/Dockerfile"),
                                  *arguments, *target, str(PROJECT))
        _run_logged(argv, log, engine.docker_env() | {k: v for k, v in os.environ.items() if k.endswith("_proxy")})
    engine.docker("image", "prune", "--force")


def _save(engine: Engine, tag: str, archive: Path) -> None:
    unfinished = archive.with_suffix(".new")
    engine.docker("save", "--output", str(unfinished), tag)
    unfinished.rename(archive)


def _drop_old(archives: Path) -> None:
    by_age = sorted(archives.glob("*.tar"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[_ARCHIVES_KEPT:]:
        path.unlink()


def _run_logged(argv: list[str], log: Path, env: dict[str, str] | None = None) -> None:
    """Runs a long command into a log; a failure shows the end of what it said."""
    with open(log, "ab") as output:
        # Its own session: Ctrl-C reaches us, and we end it below.
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env,
                                   start_new_session=True)
        try:
            status = process.wait()
        except BaseException:
            _kill_group(process)
            raise
    if status != 0:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
        tail = "\n".join(plain.splitlines()[-30:])
        raise RuntimeError(f"{Path(argv[0]).name} failed with status {status}; all of it is in {log}\n{tail}")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: swarm_images.py TAG", file=sys.stderr)
        sys.exit(2)
    print(build_image(sys.argv[1], lambda text: print(text, file=sys.stderr)))
