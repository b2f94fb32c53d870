"""packaging/examples/floating-ip.py between a real operator and a cloud's API that is a local server."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bed import Bed
from cast import Cast
from fake_agent import AgentPages
from netns import Program, wait_until
from receiver import Receiver

EXAMPLE = Path(__file__).resolve().parents[2] / "packaging" / "examples" / "floating-ip.py"
N1, N2, N3 = "192.168.1.11", "192.168.1.12", "192.168.1.13"
PORT = 8070


@pytest.fixture
def pages() -> Iterator[AgentPages]:
    with AgentPages() as pages:
        yield pages


@pytest.fixture
def cloud(pages: AgentPages) -> Iterator[Receiver]:
    with Receiver(pages.namespace) as cloud:
        yield cloud


def environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    for name in ("cloud", "hook"):
        (tmp_path / name).write_text(f"{name}-token\n")
    return {"FLOATING_IP_API": "http://127.0.0.1:8080/v1", "FLOATING_IP_TOKEN_FILE": str(tmp_path / "cloud"),
            "FLOATING_IPS": "192.0.2.100=4711", "SERVERS": "n1=41,n2=42", "WEBHOOK_TOKEN_FILE": str(tmp_path / "hook"),
            "LISTEN": f"127.0.0.1:{PORT}"} | changes


@pytest.fixture
def example(pages: AgentPages, cloud: Receiver, tmp_path: Path) -> Iterator[Program]:
    program = Program("floating-ip", ["/usr/bin/python3", str(EXAMPLE)], pages.namespace, tmp_path / "example.log",
                      environment(tmp_path))
    wait_until(lambda: f":{PORT} " in pages.namespace.run(["ss", "-ltn"]).stdout, 20, lambda: f"it listens\n{program.log()}")
    yield program
    program.signal(signal.SIGTERM)
    program.wait()


def assigned(cloud: Receiver) -> list[tuple[str, object]]:
    return [(post.path, post.event["server"]) for post in cloud.posts if post.status == 204]


def test_the_floating_ip_follows_the_holder(bed: Bed, pages: AgentPages, cloud: Receiver, example: Program,
                                            tmp_path: Path) -> None:
    agents = Cast(pages, N1, N2, N3)
    agents.hold(N1)
    operator = bed.start(wrapper=("nsenter", f"--net={pages.namespace.path}"), SWARM_VIP_WEBHOOK=f"http://127.0.0.1:{PORT}/",
                         SWARM_VIP_WEBHOOK_TOKEN_FILE=str(tmp_path / "hook"))
    bed.wait_converged()
    path = "/v1/floating_ips/4711/actions/assign"
    wait_until(lambda: assigned(cloud) == [(path, 41)], 30, lambda: f"n1 has it\n{example.log()}{operator.log()}")
    assert cloud.posts[0].headers["Authorization"] == "Bearer cloud-token"

    cloud.status = 503
    agents.hold(N2)
    wait_until(lambda: cloud.posts[-1].status == 503, 30, "the cloud fails")
    cloud.status = 204
    wait_until(lambda: assigned(cloud) == [(path, 41), (path, 42)], 30, lambda: f"n2 has it\n{example.log()}{operator.log()}")

    agents.hold(N3)
    example.wait_for_log("192.0.2.100 is on n3, of which SERVERS says nothing")
    assert "the cloud did not do it, the operator will ask again" in example.log() and "-token" not in example.log()


def test_without_the_token_nobody_is_obeyed(pages: AgentPages, cloud: Receiver, example: Program) -> None:
    def ask(token: str, body: bytes) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/", body, {"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    event = b'{"event": "holder", "addresses": ["192.0.2.100"], "node": "n1"}'
    statuses = pages.namespace.inside(lambda: [ask("wrong", event), ask("hook-token", b"[]"), ask("hook-token", b"x"),
                                               ask("hook-token", b'{"event": "problem"}'), ask("hook-token", event)])
    assert statuses == [401, 400, 400, 204, 204]
    assert len(cloud.posts) == 1


@pytest.mark.parametrize("wrong", [{"SERVERS": "n1"}, {"FLOATING_IP_API": "api"}, {"WEBHOOK_TOKEN_FILE": "/nowhere"}])
def test_a_wrong_setting_is_named(tmp_path: Path, wrong: dict[str, str]) -> None:
    result = subprocess.run([sys.executable, str(EXAMPLE)], env=environment(tmp_path, **wrong), capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.startswith(next(iter(wrong)))
