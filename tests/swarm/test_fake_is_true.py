"""The fake Swarm of tests/support answers as a real engine does, asked the same questions."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_questions import MISSING_IMAGE, Questions, compare
from fake_docker import FakeDocker
from fake_swarm import FakeSwarm
from swarm_lab import SwarmLab

IMAGE = "questions:1"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwarmLab]:
    """A Swarm of one node, which needs no image of ours: a program that waits is enough."""
    program = tmp_path_factory.mktemp("image") / "wait"
    source = "#include <unistd.h>\nint main(void) { pause(); }\n"
    subprocess.run(["gcc", "-static", "-x", "c", "-", "-o", str(program)], input=source, text=True, check=True)
    with SwarmLab(managers=1, workers=0) as lab:
        _import_image(lab, program)
        yield lab


def test_a_real_engine_answers_as_the_fake_does(engine: SwarmLab, tmp_path: Path) -> None:
    swarm = FakeSwarm(is_eager=False)
    swarm.add_node("node1", engine.manager.address, is_manager=True)
    swarm.trouble.missing_images.add(MISSING_IMAGE)
    with FakeDocker(swarm, tmp_path / "docker.sock") as fake:
        ours = Questions(str(fake.socket_path), IMAGE, move_on=swarm.tick).ask_all()

    theirs = Questions(engine.manager.engine.socket_path, IMAGE).ask_all()

    differences = compare(ours, theirs)
    assert not differences, "the fake says, and the engine\n" + "\n".join(differences)


def _import_image(lab: SwarmLab, program: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(program, "wait")
    subprocess.run(lab.manager.engine.docker_argv("import", "--change", 'ENTRYPOINT ["/wait"]', "-", IMAGE),
                   input=archive.getvalue(), check=True, capture_output=True, env=lab.manager.engine.docker_env())
