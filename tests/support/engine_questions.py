"""Asks a Swarm manager a fixed row of questions and notes its answers, so that a real one and the fake can be compared.

What differs from one Swarm to the next (ids, times, counts, addresses) is replaced by a word for what it is.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from netns import wait_until

Json = dict[str, Any]
GROUP = "questions"
MISSING_IMAGE = "no-such-image:1"
_LABELS = {"swarm-vip.role": "plan", "swarm-vip.group": GROUP}
_PREFIX = "/v1.41"

# What operator/docker/json_read.cc reads, by kind of object. A "[]" goes into each element of a list.
_TEMPLATE = ("ContainerSpec.Image", "ContainerSpec.Env", "ContainerSpec.Configs[].ConfigID",
             "ContainerSpec.Configs[].ConfigName", "ContainerSpec.Secrets[].SecretID", "ContainerSpec.Secrets[].SecretName", "Placement.Constraints")
READ = {
    "version": ("ApiVersion", "MinAPIVersion"),
    "info": ("Swarm.LocalNodeState", "Swarm.ControlAvailable"),
    "node": ("ID", "CreatedAt", "Version.Index", "Description.Hostname", "Spec.Labels", "Spec.Availability", "Spec.Role",
             "Status.State", "Status.Addr", "ManagerStatus.Addr", "ManagerStatus.Leader"),
    "service": ("ID", "CreatedAt", "Version.Index", "Spec", *(f"PreviousSpec.TaskTemplate.{name}" for name in _TEMPLATE),
                "UpdateStatus.State", "UpdateStatus.StartedAt", "UpdateStatus.Message"),
    "config": ("ID", "CreatedAt", "Version.Index", "Spec.Name", "Spec.Labels", "Spec.Data"),
    "secret": ("ID", "CreatedAt", "Version.Index", "Spec.Name", "Spec.Labels", "Spec.Data"),
    "task": ("ID", "ServiceID", "NodeID", "CreatedAt", "DesiredState", "Status.State", "Status.Err",
             *(f"Spec.{name}" for name in _TEMPLATE)),
    "event": ("Type", "Action", "Actor.ID", "Actor.Attributes", "scope", "time", "timeNano"),
}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("docker", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Questions:
    """One round of questions. `move_on` lets a Swarm whose time does not run by itself take a step."""

    def __init__(self, socket_path: str, image: str, move_on: Callable[[], None] = lambda: None):
        self._path = socket_path
        self._image = image
        self._move_on = move_on
        self.answers: dict[str, Any] = {}

    def ask_all(self) -> dict[str, Any]:
        self._about_itself()
        self._about_objects()
        self._about_services()
        self._about_updates()
        self._about_places()
        self._about_what_is_not_there()
        return self.answers

    # The rounds.

    def _about_itself(self) -> None:
        self._note("GET /version", "version", self.get("/version"))
        self._note("GET /info", "info", self.get("/info"))
        self._label(keepalived_group=GROUP)
        self._note("GET /nodes", "node", self.get("/nodes"))
        self._refused("a version that is too old", "GET", "/v1.11/nodes", prefix="")
        self._refused("a version that is too new", "GET", "/v9.99/nodes", prefix="")

    def _about_objects(self) -> None:
        for kind in ("config", "secret"):
            path = f"/{kind}s/create"
            self._made(f"a {kind}", path, _object(f"{GROUP}-{kind}-1"))
            self._made(f"another {kind}", path, _object(f"{GROUP}-{kind}-2"))
            self._refused(f"a {kind} of the same name", "POST", path, _object(f"{GROUP}-{kind}-1", b"other"))
            self._refused(f"a {kind} without data", "POST", path, _object(f"{GROUP}-{kind}-3", b""))
            self._refused(f"a {kind} without a name", "POST", path, _object(""))
            self._refused(f"a {kind} with a wrong name", "POST", path, _object("no blanks"))
            self._refused(f"a {kind} with a long name", "POST", path, _object("x" * 65))
            limit = 1000 * 1024 if kind == "config" else 500 * 1024
            self._refused(f"a {kind} that is too large", "POST", path, _object(f"{GROUP}-{kind}-3", b"x" * limit))
            made = self.get(f"/{kind}s", filters={"label": {"swarm-vip.role": True}})
            self._note(f"GET /{kind}s", kind, sorted(made, key=lambda made: str(made["Spec"]["Name"])))
            self._note(f"GET /{kind}s with another label", kind, self.get(f"/{kind}s", filters={"label": {"nobody": True}}))

    def _about_services(self) -> None:
        path = "/services/create"
        self._refused("a service with an unknown config", "POST", path, self._service(config=f"{GROUP}-config-9"))
        self._refused("a service with an unknown secret", "POST", path, self._service(secret=f"{GROUP}-secret-9"))
        self._refused("a service with a wrong name", "POST", path, self._service(Name="n1.example.com"))
        self._refused("a service with a long name", "POST", path, self._service(Name="x" * 64))
        self._refused("a service with a wrong constraint", "POST", path, self._service(constraint="node.labels.a=={}"))
        self._made("a service", path, self._service())
        self._refused("a service of the same name", "POST", path, self._service())
        self._wait_for("running", "the service runs")
        self._note("GET /services", "service", self._own_services())
        self._note("GET /tasks", "task", self._tasks())
        self._refused("a config that is in use removed", "DELETE", f"/configs/{self._id('config', 1)}")
        self._refused("a secret that is in use removed", "DELETE", f"/secrets/{self._id('secret', 1)}")

    def _about_updates(self) -> None:
        service = self._own_services()[0]
        update = f"/services/{service['ID']}/update"
        index = service["Version"]["Index"]
        self._refused("an update of an old version", "POST", f"{update}?version={index - 1}", self._service())
        self._refused("an update without a version", "POST", update, self._service())
        self._refused("a service renamed", "POST", f"{update}?version={index}", self._service(Name=f"{GROUP}-other"))

        self._update(self._service(Labels={"kick": "1"}))
        self._note("after a change of labels", "service", self._own_services())

        self._update(self._service(config=f"{GROUP}-config-2"))
        self._wait_for_update("completed")
        self._wait_for("running", "the new task runs")
        self._note("after a change of the config", "service", self._own_services())
        self._note("tasks after a change of the config", "task", self._tasks())
        wanted = self.get("/tasks", filters={"service": {f"{GROUP}-service": True}, "desired-state": {"running": True}})
        self._note("tasks that are wanted after it", "task", wanted)
        self._removed("a config that only a rollback would need", f"/configs/{self._id('config', 1)}")

        self._update(self._service(config=f"{GROUP}-config-2", image=MISSING_IMAGE))
        self._wait_for_update("rollback_completed")
        self._note("after a rollback", "service", self._own_services())

    def _about_places(self) -> None:
        self._label()
        self._wait_for("", "the label takes the task away")
        ran = [task for task in self._tasks() if task["Spec"]["ContainerSpec"]["Image"] != MISSING_IMAGE]
        self._note("tasks after the label is gone", "task", ran[:1])
        stream = self._stream()
        self._label(keepalived_group=GROUP.upper())
        self._note("an event", "event", [json.loads(stream.readline())])
        self._wait_for("running", "a label in other letters brings it back")

    def _about_what_is_not_there(self) -> None:
        for method, path in (("GET", "/nodes/nothing"), ("GET", "/services/nothing"), ("GET", "/configs/nothing"),
                             ("GET", "/secrets/nothing"), ("DELETE", "/services/nothing"), ("DELETE", "/configs/nothing"),
                             ("DELETE", "/secrets/nothing"), ("GET", "/containers/nothing/json"),
                             ("GET", "/images/nothing/json"), ("GET", "/nothing")):
            self._refused(f"{method} {path}", method, path)
        filters = urllib.parse.quote(json.dumps({"service": {"nothing": True, f"{GROUP}-service": True}}))
        self._refused("tasks of a service that is not there", "GET", f"/tasks?filters={filters}")
        self._refused("POST /services/nothing/update", "POST", "/services/nothing/update?version=1", self._service())
        self._removed("the service", f"/services/{self._own_services()[0]['ID']}")

    # Asking.

    def request(self, method: str, path: str, body: Any = None, prefix: str = _PREFIX) -> tuple[int, Any]:
        connection = _UnixConnection(self._path)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, prefix + path, text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.getheader("Content-Type", "").startswith("text/plain"):  # errors, to clients of before 1.24
            return response.status, {"message": content.decode().strip()}
        return response.status, json.loads(content) if content else None

    def get(self, path: str, **query: Any) -> Any:
        text = urllib.parse.urlencode({name: json.dumps(value) for name, value in query.items()})
        status, document = self.request("GET", f"{path}?{text}" if text else path)
        assert status == 200, (path, status, document)
        return document

    def _stream(self) -> http.client.HTTPResponse:
        connection = _UnixConnection(self._path)
        filters = urllib.parse.quote(json.dumps({"type": {"node": True, "service": True}}))
        connection.request("GET", f"{_PREFIX}/events?filters={filters}")
        return connection.getresponse()

    def _label(self, **labels: str) -> None:
        node = self.get("/nodes")[0]
        status, answer = self.request("POST", f"/nodes/{node['ID']}/update?version={node['Version']['Index']}",
                                      node["Spec"] | {"Labels": labels})
        assert status == 200, answer

    def _update(self, spec: Json) -> None:
        service = self._own_services()[0]
        status, answer = self.request("POST", f"/services/{service['ID']}/update?version={service['Version']['Index']}", spec)
        assert status == 200, answer

    def _own_services(self) -> list[Json]:
        found: list[Json] = self.get("/services", filters={"label": {"swarm-vip.group": True}})
        return found

    def _tasks(self) -> list[Json]:
        """Newest first."""
        tasks = self.get("/tasks", filters={"service": {f"{GROUP}-service": True}})
        return sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)

    def _id(self, kind: str, number: int) -> str:
        found = [o for o in self.get(f"/{kind}s") if o["Spec"]["Name"] == f"{GROUP}-{kind}-{number}"]
        return str(found[0]["ID"]) if found else "nothing"

    def _wait_for(self, state: str, what: str) -> None:
        """The tasks that are wanted are one in this state, or none."""
        def look() -> bool:
            self._move_on()
            wanted = [t["Status"]["State"] for t in self._tasks() if t["DesiredState"] == "running"]
            others = {t["Status"]["State"] for t in self._tasks() if t["DesiredState"] != "running"}
            return wanted == ([state] if state else []) and "running" not in others

        wait_until(look, 60, what, interval=0.05)

    def _wait_for_update(self, state: str) -> None:
        def look() -> bool:
            self._move_on()
            return bool(self._own_services()[0].get("UpdateStatus", {}).get("State") == state)

        wait_until(look, 90, f"the update is {state}", interval=0.05)

    def _service(self, config: str = f"{GROUP}-config-1", secret: str = f"{GROUP}-secret-1", image: str = "",
                 constraint: str = f"node.labels.keepalived_group=={GROUP}", **changes: Any) -> Json:
        """As operator/docker/json_write.cc writes it."""
        file = {"Name": "/x", "UID": "0", "GID": "0", "Mode": 0o444}
        policy = {"Parallelism": 0, "Order": "start-first", "Monitor": 1_000_000_000}
        spec: Json = {
            "Name": f"{GROUP}-service",
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image or self._image, "Labels": {"a": "b"}, "Args": ["agent"], "Env": ["A=b"], "ReadOnly": True,
                    "CapabilityDrop": ["ALL"], "CapabilityAdd": ["CAP_NET_ADMIN", "CAP_NET_RAW"],
                    "StopGracePeriod": 1_000_000_000,
                    "Configs": [{"ConfigID": self._id("config", int(config[-1])), "ConfigName": config, "File": file}],
                    "Secrets": [{"SecretID": self._id("secret", int(secret[-1])), "SecretName": secret, "File": file}]},
                "Networks": [{"Target": "host"}],
                "Placement": {"Constraints": [constraint]},
                "RestartPolicy": {"Condition": "any", "Delay": 1_000_000_000},
                "Resources": {"Limits": {"Pids": 64}},
                "LogDriver": {"Name": "json-file", "Options": {"max-size": "10m"}}},
            "Mode": {"Global": {}},
            "UpdateConfig": policy | {"FailureAction": "rollback"},
            "RollbackConfig": policy | {"FailureAction": "pause"}}
        labels = {"swarm-vip.role": "agent", "swarm-vip.group": GROUP} | changes.pop("Labels", {})
        return spec | {"Labels": labels} | changes

    # Noting.

    def _note(self, question: str, kind: str, answer: Any) -> None:
        documents = answer if isinstance(answer, list) else [answer]
        self.answers[question] = [{path: _anonymous(path, _values(document, path)) for path in READ[kind]}
                                  for document in documents]

    def _refused(self, question: str, method: str, path: str, body: Any = None, prefix: str = _PREFIX) -> None:
        status, answer = self.request(method, path, body, prefix)
        self.answers[question] = {"status": status, "message": _anonymous_text((answer or {}).get("message", ""))}

    def _made(self, question: str, path: str, body: Json) -> None:
        status, answer = self.request("POST", path, body)
        self.answers[question] = {"status": status, "id": isinstance(answer.get("ID"), str)}

    def _removed(self, question: str, path: str) -> None:
        status, answer = self.request("DELETE", path)
        self.answers[f"{question} removed"] = {"status": status, "answer": answer}


def compare(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Where the answers of two Swarms differ, one line each."""
    return [f"{question}: {what}" for question in sorted(actual.keys() | expected.keys())
            for what in _differences(actual.get(question), expected.get(question), "")]


def _differences(actual: Any, expected: Any, where: str) -> list[str]:
    if isinstance(actual, dict) and isinstance(expected, dict):
        return [line for key in sorted(actual.keys() | expected.keys())
                for line in _differences(actual.get(key), expected.get(key), f"{where}.{key}")]
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        return [line for number, (a, b) in enumerate(zip(actual, expected))
                for line in _differences(a, b, f"{where}[{number}]")]
    return [] if actual == expected else [f"{where}: {json.dumps(actual)}, not {json.dumps(expected)}"]


def _object(name: str, data: bytes = b"data") -> Json:
    return {"Name": name, "Labels": _LABELS, "Data": base64.b64encode(data).decode()}


def _values(document: Any, path: str) -> Any:
    """What stands there; "absent" and null are one to whoever reads it."""
    for number, piece in enumerate(path.split(".")):
        if piece.endswith("[]"):
            rest = ".".join(path.split(".")[number + 1:])
            return [_values(element, rest) for element in (document or {}).get(piece[:-2]) or []]
        document = document.get(piece) if isinstance(document, dict) else None
    return document


def _anonymous(path: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _anonymous(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_anonymous(path, inner) for inner in value]
    if isinstance(value, str):
        return _anonymous_text(value)
    if path.rpartition(".")[2] in ("Index", "time", "timeNano"):
        return f"a {type(value).__name__}"
    return value


def _anonymous_text(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "TIME", text)
    text = re.sub(r"\b(?=[a-z0-9]*\d)[a-z0-9]{25}\b", "ID", text)
    text = re.sub(r"\b\d+\.\d+\.\d+\.\d+\b", "ADDRESS", text)
    return text
