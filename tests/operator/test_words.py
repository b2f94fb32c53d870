"""What the programs say of themselves, where other programs read it: completion in a real bash, man pages by groff; and
the exit status of each word that is wrong."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bed import Bed
from fake_agent import AgentPages
from operator_process import binary

PROGRAMS = ("swarm-vip", "swarm-vip-agent")


def program(name: str) -> str:
    return str(binary().with_name(name))


def said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=30).stdout


def complete(name: str, line: str, script: Path, **environment: str) -> list[str]:
    """What a bash offers behind the line, by the program's own script."""
    script.write_text(said(program(name), "completion", "bash"))
    words = line.split(" ")
    ask = (f"source {shlex.quote(str(script))}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
           f"_{name.replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    folder = str(binary().parent)
    result = subprocess.run(["bash", "--norc", "-uc", ask], capture_output=True, text=True, timeout=30,
                            env={"PATH": f"{folder}:/usr/bin:/bin"} | environment, cwd="/")
    assert result.returncode == 0 and not result.stderr, result
    return result.stdout.split()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "completion.bash"


@pytest.mark.parametrize("name, line, expected", [
    ("swarm-vip", "swarm-vip st", ["status"]),
    ("swarm-vip", "swarm-vip --v", ["--version"]),
    ("swarm-vip", "swarm-vip status --", ["--help", "--json", "--watch"]),
    ("swarm-vip", "swarm-vip completion ", ["bash", "zsh", "fish"]),
    ("swarm-vip", "swarm-vip completion bash ", []),
    ("swarm-vip", "swarm-vip drain n1 --timeout ", []),
    ("swarm-vip", "swarm-vip doctor --plan /et", ["/etc"]),
    ("swarm-vip", "swarm-vip nonsense ", []),
    ("swarm-vip-agent", "swarm-vip-agent --no", ["--node"]),
    ("swarm-vip-agent", "swarm-vip-agent --plan x --co", ["--config"]),
    ("swarm-vip-agent", "swarm-vip-agent --plan /et", ["/etc"]),
    ("swarm-vip-agent", "swarm-vip-agent run --plan /et", ["/etc"]),
    ("swarm-vip-agent", "swarm-vip-agent d", ["doctor"]),
])
def test_bash_completes(script: Path, name: str, line: str, expected: list[str]) -> None:
    assert complete(name, line, script) == expected


def test_bash_completes_names_of_nodes_and_groups(bed: Bed, script: Path) -> None:
    bed.start()
    bed.wait_converged()
    host = bed.engine.host

    assert complete("swarm-vip", "swarm-vip drain ", script, DOCKER_HOST=host) == ["n1", "n2", "n3"]
    assert complete("swarm-vip", "swarm-vip drain --timeout 5s n", script, DOCKER_HOST=host) == ["n1", "n2", "n3"]
    assert complete("swarm-vip", "swarm-vip failover ", script, DOCKER_HOST=host) == ["web"]
    assert complete("swarm-vip", "swarm-vip failover web n3", script, DOCKER_HOST=host) == ["n3"]
    assert complete("swarm-vip", "swarm-vip drain ", script, DOCKER_HOST="unix:///nowhere") == []


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("columns", [60, 78, 200])
def test_man_pages_are_sound(name: str, columns: int) -> None:
    page = said(program(name), "man-page")
    result = subprocess.run(["groff", "-ww", "-man", "-Tutf8", f"-rLL={columns}n"], input=page, capture_output=True,
                            text=True, timeout=30)
    assert result.returncode == 0 and not result.stderr, result.stderr
    assert "EXIT STATUS" in page and name in result.stdout.replace("\x1b[1m", "").replace("\x1b[0m", "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_word_has_a_help_that_is_no_failure(name: str) -> None:
    help_text = said(program(name), "--help")
    words = [line.split()[0] for line in help_text.split("with examples\n")[1].split("\n\n")[0].splitlines()]
    assert "status" in words and "doctor" in words
    for word in words:
        text = said(program(name), word, "--help")
        assert "Exit status\n  0  " in text or word == "agent", text


def test_the_stack_file_passes_every_setting_that_needs_no_file() -> None:
    stack = (Path(__file__).resolve().parents[2] / "packaging/stack.yml").read_text()
    settings = said(program("swarm-vip"), "--help").split("Settings of operator and plan")[1:]
    names = set(re.findall(r"^  ([A-Z_0-9]+)  ", "".join(part.split("\n\n")[0] for part in settings), re.MULTILINE))
    of_files = {name for name in names if name.endswith("_FILE")} | {"SWARM_VIP_CONFIG", "KEEPALIVED_NOTIFY"}
    assert {"KEEPALIVED_GROUP", "SWARM_VIP_CHECKS", "SWARM_VIP_RESYNC"} <= names, names
    of_docker = {name for name in names if name.startswith("DOCKER_")}
    missing = {name for name in names - of_files - of_docker - {"KEEPALIVED_IMAGE", "SWARM_VIP_IMAGE"} if f"      {name}: " not in stack}
    assert not missing, missing


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.mark.parametrize("line, expected", [
    ("statsu", "'statsu' is not a word of swarm-vip; the nearest is status; see swarm-vip --help"),
    ("drain", "NODE is required; see swarm-vip drain --help"),
    ("drain n1 --tmeout 5s", "'--tmeout' is not a word of drain; the nearest is --timeout; see swarm-vip drain --help"),
    ("failover --undo web n2", "excludes"),
    ("failover web --timeout", "--timeout: 1 required TIME missing"),
    ("completion tcsh", "SHELL: 'tcsh' is not allowed; bash, zsh, fish"),
    ("uninstall --timeout 61m", "--timeout: '61m' is not allowed; such as 30s or 2m, at most 60m"),
    ("version now", "'now' is not a word of version"),
    ("agent dance", "'dance' is not a word of swarm-vip-agent"),
])
def test_wrong_words_are_named_and_end_with_2(bed: Bed, pages: AgentPages, line: str, expected: str) -> None:
    result = pages.run(*line.split(), host=bed.engine.host)
    assert result.returncode == 2 and not result.stdout, result
    assert expected in result.stderr
