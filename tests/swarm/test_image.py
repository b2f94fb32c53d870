"""What the image weighs, and what it can do all the same: its libcurl and its busybox are the small ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import IMAGE
from netns import wait_until
from swarm_lab import Node, SwarmLab

SIZE_MAX = 15_000_000
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def test_the_image_is_small(lab: SwarmLab) -> None:
    size = int(lab.docker("image", "inspect", "--format", "{{.Size}}", IMAGE))
    print(f"{size / 1e6:.1f} MB uncompressed")
    assert size <= SIZE_MAX


def run(node: Node, *words: str, options: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    return node.engine.try_docker("run", "--rm", "--network", "host", *options, IMAGE, *words)


def test_it_asks_over_tls_and_trusts_known_authorities_alone(lab: SwarmLab, tmp_path: Path) -> None:
    node = lab.nodes[0]
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.test",
                    "-addext", "subjectAltName=DNS:shop.test,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    server = node.host.start(["openssl", "s_server", "-accept", "8443", "-cert", str(cert), "-key", str(key), "-www", "-quiet"],
                             "tls")
    try:
        wait_until(lambda: "8443" in node.host.run(["ss", "-ltn"]).stdout, 10, lambda: f"it listens: {server.log_path}")
        refused = run(node, "probe", "https://127.0.0.1:8443/")
        assert refused.returncode == 1 and "certificate" in refused.stdout, refused
        trusted = ("--volume", f"{cert}:{CERTIFICATES}:ro", "--add-host", "shop.test:127.0.0.1")
        for host in ("127.0.0.1", "shop.test"):
            answered = run(node, "probe", f"https://{host}:8443/", options=trusted)
            assert answered.returncode == 0, answered
    finally:
        server.kill()


def test_a_name_that_nobody_knows_is_said(lab: SwarmLab) -> None:
    result = run(lab.nodes[0], "probe", "http://nobody.invalid/", "--timeout", "5s")
    assert result.returncode == 1 and ("resolve" in result.stdout or "Timeout" in result.stdout), result


def test_scripts_find_a_shell_and_its_tools(lab: SwarmLab) -> None:
    words = "echo $((6 * 7)) | sed s/4/x/ && wget --help 2>&1 | grep -q post-data && echo posts && status --help | head -1"
    result = run(lab.nodes[0], "-c", words, options=("--entrypoint", "/bin/sh"))
    assert result.returncode == 0 and result.stdout.startswith("x2\nposts\n"), result
