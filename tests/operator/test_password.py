"""The text password of version 2, from a file that may be replaced while the operator runs."""

from __future__ import annotations

from pathlib import Path

from bed import Bed
from netns import wait_until

FIRST, SECOND = "s3cret-1", "s3cret-2"


def passwords(bed: Bed) -> list[str]:
    """The names of the password secrets that the agents are given."""
    service = bed.swarm.service_named("swarm-vip-agent-web")
    refs = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"] if service else []
    return [ref["SecretName"] for ref in refs if "password" in ref["SecretName"]]


def test_a_password_that_changes_in_its_file_becomes_another_secret(bed: Bed) -> None:
    file: Path = bed.directory / "password"
    file.write_text(FIRST + "\n")
    operator = bed.start(SWARM_VIP_VERSION="2", KEEPALIVED_PASSWORD_FILE=str(file))
    wait_until(lambda: passwords(bed) == ["web-password-1"], 20, lambda: f"it is deployed\n{operator.log()}")
    bed.swarm.settle()

    file.unlink()
    operator.look()
    operator.wait_for("setting", "KEEPALIVED_PASSWORD_FILE")
    assert passwords(bed) == ["web-password-1"], "what cannot be read changes nothing"

    file.write_text(SECOND)
    wait_until(lambda: passwords(bed) == ["web-password-2"], 20, lambda: f"a regular look finds it\n{operator.log()}")
    bed.swarm.settle()
    updates = bed.swarm.updates_of["swarm-vip-agent-web"]
    file.write_text(SECOND + "\n\n")
    bed.wait_for_looks(3)
    assert bed.swarm.updates_of["swarm-vip-agent-web"] == updates, "a newline is no part of it"
    assert FIRST not in operator.log() and SECOND not in operator.log()
