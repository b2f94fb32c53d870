"""The fake keeps the rules that were measured on real engines; tests/swarm/test_fake_is_true.py asks a real one, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine_questions import MISSING_IMAGE, Questions
from fake_docker import FakeDocker
from fake_swarm import FakeSwarm, Json

RPC = "rpc error: code = "
MEASURED = {
    "a config of the same name": (409, RPC + "AlreadyExists desc = config questions-config-1 already exists"),
    "a service of the same name": (409, RPC + "AlreadyExists desc = name conflicts with an existing object: "
                                                  "service questions-service already exists"),
    "an update of an old version": (500, RPC + "Unknown desc = update out of sequence"),
    "a service with an unknown config": (400, RPC + "InvalidArgument desc = config not found: questions-config-9"),
    "a config that is in use removed": (400, RPC + "InvalidArgument desc = config 'questions-config-1' is in use by the "
                                                   "following service: questions-service"),
    "GET /configs/nothing": (404, "config nothing not found"),
}


@pytest.fixture
def answers(bare_engine: Callable[..., FakeDocker]) -> Mapping[str, Any]:
    swarm = FakeSwarm(is_eager=False)
    swarm.add_node("node1", "192.168.1.11", is_manager=True)
    swarm.trouble.missing_images.add(MISSING_IMAGE)
    engine = bare_engine(swarm)
    return Questions(str(engine.socket_path), "questions:1", move_on=swarm.tick).ask_all()


def test_the_fake_refuses_in_the_words_of_an_engine(answers: Mapping[str, Any]) -> None:
    for question, (status, message) in MEASURED.items():
        assert answers[question] == {"status": status, "message": message}, question


def test_a_spec_comes_back_rewritten(answers: Mapping[str, Any]) -> None:
    spec: Json = answers["GET /services"][0]["Spec"]
    assert spec["TaskTemplate"]["Networks"] == [{"Target": "ID"}]
    assert spec["TaskTemplate"]["Runtime"] == "container" and spec["TaskTemplate"]["ForceUpdate"] == 0


def test_a_rollback_restores_the_former_spec_and_forgets_it(answers: Mapping[str, Any]) -> None:
    service = answers["after a rollback"][0]
    assert service["UpdateStatus.State"] == "rollback_completed"
    assert service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == "questions:1"
    assert service["PreviousSpec.TaskTemplate.ContainerSpec.Image"] is None


def test_only_what_the_present_spec_refers_to_is_in_use(answers: Mapping[str, Any]) -> None:
    assert answers["a config that only a rollback would need removed"]["status"] == 204


def test_secrets_keep_their_data(answers: Mapping[str, Any]) -> None:
    assert all(secret["Spec.Data"] is None for secret in answers["GET /secrets"])
    assert all(config["Spec.Data"] for config in answers["GET /configs"])
