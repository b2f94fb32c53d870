"""No key and no password shows anywhere: not in logs, objects, environments or answers, nor in the operator's memory."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from memory_image import spellings, traces
from netns import wait_until
from swarm_group import STACK_FILE, Group
from swarm_lab import Node, SwarmLab

PASSWORDS = ("xq7-Kw2%", "n0T!this")  # before and after the change
FILE_PASSWORD = "fi1e+P4s"
DOCUMENTED = {"SWARM_VIP_VERSION": "2", "SWARM_VIP_LOG_LEVEL": "trace"}


def test_no_secret_shows_anywhere(lab: SwarmLab, make_group: Callable[..., Group], tmp_path: Path) -> None:
    """A group with a generated key, one with a password in its operator's environment, and one with a file of it: each is
    deployed, changed and removed."""
    keyed, worded, filed = groups = [make_group(name, (last,), name) for name, last in
                                     (("keyed", 201), ("worded", 202), ("filed", 203))]
    for group, node in zip(groups, lab.nodes):
        group.join(node)
    keyed.deploy(SWARM_VIP_LOG_LEVEL="trace")
    worded.deploy(KEEPALIVED_PASSWORD=PASSWORDS[0], KEEPALIVED_ROUTER_ID="52", **DOCUMENTED)
    _deploy_with_file(lab, filed, tmp_path)
    for group, node in zip(groups, lab.nodes):
        group.wait_settled([node], owner=node)
    secrets = {PASSWORDS[0], FILE_PASSWORD, _secret(keyed)}
    assert {_secret(worded), _secret(filed)} < secrets
    _look_everywhere(lab, groups, secrets)

    secrets.add(PASSWORDS[1])
    before = worded.agent_labels()
    worded.deploy(KEEPALIVED_PASSWORD=PASSWORDS[1], KEEPALIVED_ROUTER_ID="52", **DOCUMENTED)
    for node in lab.nodes:
        lab.label(node, KEEPALIVED_PRIORITY="150")
    wait_until(lambda: worded.agent_labels() != before, 60, "the other password is deployed")
    for group, node in zip(groups, lab.nodes):
        group.wait_settled([node], owner=node)
    wait_until(lambda: _secret(worded) == PASSWORDS[1], 60, "the other password is used")
    worded.wait_settled([lab.nodes[1]], owner=lab.nodes[1])
    _look_everywhere(lab, groups, secrets)

    for group in groups:
        lab.docker("stack", "rm", group.stack)
    wait_until(lambda: not any(node.containers() for node in lab.nodes), 60, "every container is gone")
    wait_until(lambda: not any(lab.docker(kind, "ls", "--quiet") for kind in ("config", "secret")), 15, "and each secret")


def _deploy_with_file(lab: SwarmLab, group: Group, folder: Path) -> None:
    """The project's stack file, with the password from a secret."""
    file = folder / "password"
    file.write_text(FILE_PASSWORD + "\n")
    text = STACK_FILE.read_text()
    text = text.replace("KEEPALIVED_PASSWORD: ${KEEPALIVED_PASSWORD:-}", "KEEPALIVED_PASSWORD_FILE: /run/secrets/password")
    text = text.replace("    networks: [host]\n", "    networks: [host]\n    secrets: [password]\n")
    text += f"\nsecrets:\n  password:\n    file: {file}\n"
    lab.deploy_stack(text, group.stack, SWARM_VIP_IMAGE=group.image, KEEPALIVED_GROUP=group.name,
                     KEEPALIVED_VIRTUAL_IPS=",".join(group.vips), KEEPALIVED_ROUTER_ID="53", **DOCUMENTED)


def _secret(group: Group) -> str:
    """What the group's agents sign with, or the password that they say."""
    plan = wait_until(lambda: next(iter(group.plans().values()), None), 60, f"an agent of {group.name} has a plan")
    node, agent = next((node, agents[0]) for node in group.lab.nodes if (agents := node.containers_of(group.agent_service)))
    return node.docker("exec", agent, "cat", plan["auth"]["file"]).strip()


def _look_everywhere(lab: SwarmLab, groups: list[Group], secrets: set[str]) -> None:
    words = {text for secret in secrets for text in (secret, base64.b64encode(secret.encode()).decode())}
    for place, text in _places(lab, groups):
        assert not [word for word in words if word in text], f"a secret shows in {place}"
    keyed = groups[0]
    for pid in _operator_processes(keyed):
        assert traces(pid, spellings(_secret(keyed))) == [], "the operator remembers the key"


def _places(lab: SwarmLab, groups: list[Group]) -> Iterator[tuple[str, str]]:
    """Everything that can be read, and where."""
    for kind in ("config", "secret", "node"):
        if names := lab.docker(kind, "ls", "--quiet").split():
            yield f"docker {kind} inspect", lab.docker(kind, "inspect", *names)
            if kind == "config":
                for config in json.loads(lab.docker(kind, "inspect", *names)):
                    yield "the data of a config", base64.b64decode(config["Spec"]["Data"]).decode()
    for node in lab.nodes:
        yield f"ip address of {node.name}", node.host.ip("address show")
        for container in node.containers():
            yield f"docker inspect {container} on {node.name}", _without_choice(node.docker("inspect", container))
            is_agent = "_agent-" in node.docker("inspect", "--format", "{{.Name}}", container)
            for pid in node.processes_of(container):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a health check comes and goes
                    environment = Path(f"/proc/{pid}/environ").read_text()
                    yield f"the environment of {pid} on {node.name}", environment if is_agent else _without_choice(environment)
    for group in groups:
        for service in (group.operator_service, group.agent_service):
            yield f"docker service logs {service}", lab.service_logs(service)
        yield f"docker service inspect {group.agent_service}", lab.docker("service", "inspect", group.agent_service)
        yield group.operator_service, _without_choice(lab.docker("service", "inspect", group.operator_service))
        for command in (("status",), ("status", "--json"), ("plan",)):
            node, operator = _operator(group)
            result = node.engine.try_docker("exec", operator, "swarm-vip", *command)
            assert result.stdout, result.stderr
            yield f"swarm-vip {' '.join(command)}", result.stdout + result.stderr


def _without_choice(text: str) -> str:
    """Who puts a password into the operator's environment has chosen to show it there."""
    for password in PASSWORDS:
        text = text.replace(f"KEEPALIVED_PASSWORD={password}", "")
    return text


def _operator(group: Group) -> tuple[Node, str]:
    place = group.operator_container()
    assert place is not None
    return place


def _operator_processes(group: Group) -> list[int]:
    node, operator = _operator(group)
    found = node.processes_of(operator)
    assert found
    return found
