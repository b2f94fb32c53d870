"""The login of the image's registry goes along with the agents' service, and nowhere else."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from bed import Bed
from netns import wait_until
from operator_process import UNSET, Operator
from oracle import Group

HOST = Group().image.split("/")[0]
SECRET = "s3cret-w0rd"
NEWER = "n3wer-w0rd"
CREATE = "POST /services/create"
UPDATE = "POST /services/{id}/update"


def auths(**logins: str) -> dict[str, Any]:
    """As `docker login` writes it; two underscores stand for a dot."""
    entries = {host.replace("__", "."): {"auth": base64.b64encode(login.encode()).decode()} for host, login in logins.items()}
    return {"auths": entries}


def write(bed: Bed, content: Any) -> Path:
    path = bed.directory / "registry.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def start(bed: Bed, content: Any, **settings: str) -> Operator:
    return bed.start(SWARM_VIP_REGISTRY_AUTH_FILE=str(write(bed, content)), **settings)


def sent(user: str, password: str, address: str = HOST) -> dict[str, str]:
    return {"username": user, "password": password, "serveraddress": address}


@pytest.mark.parametrize("content", [
    auths(example__org=f"me:{SECRET}", other__example__org="you:else"),
    {"auths": {f"https://{HOST.upper()}/v2/": auths(x=f"me:{SECRET}")["auths"]["x"]}},
    {"username": "me", "password": SECRET, "serveraddress": HOST},
    {"username": "me", "password": SECRET},
], ids=["config.json", "an address with scheme and path", "an object", "an object for any registry"])
def test_it_is_sent_with_creation_and_update(bed: Bed, content: Any) -> None:
    operator = start(bed, content)
    bed.wait_converged()
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    wait_until(lambda: bed.priorities()["n3"] == 200, 20, "an update is made")
    bed.wait_converged()

    assert bed.engine.registry_auths == [(CREATE, sent("me", SECRET)), (UPDATE, sent("me", SECRET))]
    assert SECRET not in operator.log()
    assert SECRET not in json.dumps([*bed.swarm.services.values(), *bed.swarm.configs.values(), *bed.swarm.secrets.values()])


@pytest.mark.parametrize("content", [auths(elsewhere__example__org=f"me:{SECRET}"),
                                     {"username": "me", "password": SECRET, "serveraddress": "docker.io"}])
def test_a_login_of_another_registry_stays_here(bed: Bed, content: Any) -> None:
    start(bed, content)
    bed.wait_converged()
    assert bed.engine.registry_auths == [(CREATE, None)]


def test_docker_hub_is_one_by_all_its_names(bed: Bed) -> None:
    group = Group(image="me/swarm-vip@sha256:" + "7" * 64)
    bed.start(group, SWARM_VIP_REGISTRY_AUTH_FILE=str(write(bed, {"auths": {
        "https://index.docker.io/v1/": auths(x=f"me:{SECRET}")["auths"]["x"]}})))
    bed.wait_converged(group)
    assert bed.engine.registry_auths == [(CREATE, sent("me", SECRET, "https://index.docker.io/v1/"))]


def test_another_login_restarts_nothing_and_goes_with_the_next_change(bed: Bed) -> None:
    operator = start(bed, auths(example__org=f"me:{SECRET}"))
    bed.wait_converged()
    bed.stays_converged()
    service = bed.service()

    write(bed, auths(example__org=f"me:{NEWER}"))
    operator.look()
    operator.wait_for("reload", "the settings have changed")
    bed.stays_converged()
    assert bed.service() == service, "a login alone is no reason to touch the service"

    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    wait_until(lambda: len(bed.engine.registry_auths) == 2, 20, "an update is made")
    assert bed.engine.registry_auths[1] == (UPDATE, sent("me", NEWER))
    assert SECRET not in operator.log() and NEWER not in operator.log()


@pytest.mark.parametrize("content", [
    SECRET, f'{{"password": "{SECRET}"', json.dumps({"password": SECRET}), json.dumps({"auths": {HOST: {}}}),
    json.dumps({"auths": {HOST: {"auth": f"{SECRET}*"}}}), json.dumps(auths(x=SECRET)), json.dumps([SECRET]), ""])
def test_a_wrong_file_ends_the_operator_without_a_word_of_it(bed: Bed, content: str) -> None:
    path = write(bed, content)
    operator = start(bed, content)

    assert operator.wait_for_exit() == 2
    assert f"SWARM_VIP_REGISTRY_AUTH_FILE: '{path}' is not allowed; a file such as" in operator.log()
    assert SECRET not in operator.log()


def test_a_file_that_is_not_there_ends_the_operator(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_REGISTRY_AUTH_FILE="/nowhere/registry.json")
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_REGISTRY_AUTH_FILE: /nowhere/registry.json: No such file" in operator.log()


def test_a_file_that_goes_wrong_later_is_said_and_the_login_stays(bed: Bed) -> None:
    operator = start(bed, auths(example__org=f"me:{SECRET}"))
    bed.wait_converged()

    write(bed, NEWER)
    operator.look()
    line = operator.wait_for("setting", "SWARM_VIP_REGISTRY_AUTH_FILE")
    assert line["level"] == "error" and "going on" in line["what"]
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")
    wait_until(lambda: len(bed.engine.registry_auths) == 2, 20, "an update is made")

    assert bed.engine.registry_auths[1] == (UPDATE, sent("me", SECRET))
    assert NEWER not in operator.log() and SECRET not in operator.log()


def test_the_settings_file_names_it_by_a_key(bed: Bed) -> None:
    path = write(bed, auths(example__org=f"me:{SECRET}"))
    file = bed.directory / "groups.json"
    file.write_text(json.dumps({"registry_auth_file": str(path), "groups": [
        {"group": "web", "addresses": "192.0.2.100", "router_id": 51}]}))
    bed.start(SWARM_VIP_CONFIG=str(file), KEEPALIVED_GROUP=UNSET, KEEPALIVED_VIRTUAL_IPS=UNSET, KEEPALIVED_ROUTER_ID=UNSET,
              KEEPALIVED_PRIORITY=UNSET)
    bed.wait_converged()
    assert bed.engine.registry_auths == [(CREATE, sent("me", SECRET))]


def test_an_engine_that_refuses_is_quoted_without_the_login(bed: Bed) -> None:
    bed.engine.faults.next(CREATE, "internal", times=2)
    operator = start(bed, auths(example__org=f"me:{SECRET}"), SWARM_VIP_LOG_LEVEL="trace")
    operator.wait_for("failure")
    bed.wait_converged()
    assert SECRET not in operator.log()
    assert base64.b64encode(f"me:{SECRET}".encode()).decode() not in operator.log()
