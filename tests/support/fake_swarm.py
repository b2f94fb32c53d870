"""A Docker Swarm as plain data and rules: what its managers would store, and what its orchestrator would do.

No HTTP (fake_docker.py), no containers, no sleeping: nothing happens but in a call. Objects are the JSON that a manager
answers with. What a real Swarm does by itself in the background happens in tick(), one stage at a time; while `is_eager`
every change is followed through to its end at once. Only global services have tasks.

The rules are those measured on 20.10.24; tests/swarm/test_fake_is_true.py asks a real engine and this the same questions.
All methods may be called from any thread.
"""

from __future__ import annotations

import base64
import copy
import datetime
import functools
import json
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

Json = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")

CONFIG_SIZE_LIMIT = 1000 * 1024  # the first size that is refused
SECRET_SIZE_LIMIT = 500 * 1024
TASK_HISTORY = 5
_LIVING = ("new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running")
_STACK_LABEL = "com.docker.stack.namespace"


class Refused(Exception):
    """A request that the Swarm refuses: the HTTP status and the engine's words."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Event:
    """One line of /events."""

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    at: datetime.datetime

    def document(self) -> Json:
        nanoseconds = int(self.at.timestamp() * 1_000_000) * 1000
        return {"Type": self.kind, "Action": self.action, "Actor": {"ID": self.id, "Attributes": dict(self.attributes)},
                "scope": "swarm", "time": nanoseconds // 1_000_000_000, "timeNano": nanoseconds}


@dataclass
class Trouble:
    """What goes wrong by itself in this Swarm; a test sets it."""

    images: set[str] = field(default_factory=set)   # agents of these images never become healthy
    configs: set[str] = field(default_factory=set)  # nor do those that read these configs, by name
    missing_images: set[str] = field(default_factory=set)  # no node has these
    sick: set[tuple[str, str]] = field(default_factory=set)  # a service's name and a node: no task becomes healthy there
    is_every_update_bad: bool = False               # whatever a service is changed to never becomes healthy
    is_stuck: bool = False                          # new tasks stay in "starting": updates do not end

    def fails(self, template: Json) -> bool:
        container = template["ContainerSpec"]
        names = {config["ConfigName"] for config in container.get("Configs", [])}
        return container["Image"] in self.images or bool(names & self.configs)


def _locked(method: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(method)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        with arguments[0].lock:  # type: ignore[attr-defined]
            return method(*arguments, **options)

    return call


class FakeSwarm:
    """One Swarm. The seed makes its ids; its clock moves a little with each change, and by advance()."""

    def __init__(self, seed: int = 0, is_eager: bool = True):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)  # of `events`
        self.is_eager = is_eager
        self.trouble = Trouble()
        self.blunders: list[str] = []  # what no careful client does, see _mourn()
        self.events: list[Event] = []
        self.nodes: dict[str, Json] = {}
        self.services: dict[str, Json] = {}
        self.configs: dict[str, Json] = {}
        self.secrets: dict[str, Json] = {}
        self.secret_data: dict[str, bytes] = {}  # by name: what agents would find in the file
        self.tasks: dict[str, Json] = {}
        self.updates_of: dict[str, int] = {}  # how often a service was changed by a client, by its name
        self._random = random.Random(seed)
        self._index = 10
        self._now = datetime.datetime.now(datetime.timezone.utc)
        self._tasks_by_service: dict[str, dict[str, Json]] = {}
        self._texts: dict[str, tuple[int, str]] = {}  # of objects by id, as long as their version stays
        self._rolling: dict[str, str] = {}  # services whose tasks are being replaced: "update" or "rollback"
        self.host_network = self._new_id()

    # Time.

    @_locked
    def advance(self, seconds: float) -> None:
        self._now += datetime.timedelta(seconds=seconds)

    @property
    def now_text(self) -> str:
        return self._now.strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"  # nanoseconds, as Go writes them

    @_locked
    def text(self, thing: Json) -> str:
        """An object as JSON."""
        index, text = self._texts.get(thing["ID"], (0, ""))
        if index != thing["Version"]["Index"]:
            index, text = thing["Version"]["Index"], json.dumps(thing)
            self._texts[thing["ID"]] = (index, text)
        return text

    # Nodes.

    @_locked
    def add_node(self, hostname: str, address: str, is_manager: bool = False,
                 labels: Mapping[str, str] | None = None) -> str:
        node = self._new_object()
        is_leader = is_manager and not any(n.get("ManagerStatus", {}).get("Leader") for n in self.nodes.values())
        node |= {
            "Spec": {"Labels": dict(labels or {}), "Role": "manager" if is_manager else "worker",
                     "Availability": "active"},
            "Description": {
                "Hostname": hostname, "Platform": {"Architecture": "x86_64", "OS": "linux"},
                "Resources": {"NanoCPUs": 2_000_000_000, "MemoryBytes": 4_000_000_000},
                "Engine": {"EngineVersion": "20.10.24", "Plugins": [{"Type": "Network", "Name": "host"}]},
                "TLSInfo": {"TrustRoot": "", "CertIssuerSubject": "", "CertIssuerPublicKey": ""}},
            "Status": {"State": "ready", "Addr": address}}
        if is_manager:
            node["ManagerStatus"] = {"Reachability": "reachable", "Addr": _with_port(address, 2377)}
            if is_leader:
                node["ManagerStatus"]["Leader"] = True
        self.nodes[node["ID"]] = node
        self._tell("node", "create", node, {"name": hostname})
        self._follow()
        return str(node["ID"])

    @_locked
    def label(self, node_id: str, **labels: str | None) -> None:
        """Sets labels; None removes one. Two underscores stand for a dot."""
        node = self.nodes[node_id]
        for key, value in labels.items():
            name = key.replace("__", ".")
            if value is None:
                node["Spec"]["Labels"].pop(name, None)
            else:
                node["Spec"]["Labels"][name] = value
        self._node_changed(node)

    @_locked
    def update_node(self, text: str, version: int, spec: Json) -> None:
        node = self.find_node(text)
        if version != node["Version"]["Index"]:
            raise Refused(500, "rpc error: code = Unknown desc = update out of sequence")
        node["Spec"] = copy.deepcopy(spec)
        self._node_changed(node)

    @_locked
    def set_availability(self, node_id: str, availability: str) -> None:
        self.nodes[node_id]["Spec"]["Availability"] = availability
        self._node_changed(self.nodes[node_id])

    @_locked
    def set_state(self, node_id: str, state: str) -> None:
        status = self.nodes[node_id]["Status"]
        status["State"] = state
        if state == "down":
            status["Message"] = "heartbeat failure"
        else:
            status.pop("Message", None)
        self._node_changed(self.nodes[node_id])

    @_locked
    def set_status_address(self, node_id: str, address: str) -> None:
        """What the managers take for the node's address, which may be nonsense."""
        self.nodes[node_id]["Status"]["Addr"] = address
        self._node_changed(self.nodes[node_id])

    @_locked
    def set_leader(self, node_id: str) -> None:
        for node in self.nodes.values():
            if "ManagerStatus" in node:
                node["ManagerStatus"].pop("Leader", None)  # the engine leaves out what is false
                self._texts.pop(node["ID"], None)  # who leads is not stored: the version stays
        self.nodes[node_id]["ManagerStatus"]["Leader"] = True

    @_locked
    def remove_node(self, node_id: str) -> None:
        node = self.nodes.pop(node_id)
        for task in [task for task in self.tasks.values() if task["NodeID"] == node_id]:
            self._drop_task(task)
        self._tell("node", "remove", node, {"name": node["Description"]["Hostname"]})
        self._follow()

    @_locked
    def find_node(self, text: str) -> Json:
        return self._find(self.nodes, text, "node", lambda node: node["Description"]["Hostname"])

    # Configs and secrets.

    @_locked
    def create_config(self, spec: Json) -> str:
        return self._create_object("config", self.configs, spec, CONFIG_SIZE_LIMIT)

    @_locked
    def create_secret(self, spec: Json) -> str:
        return self._create_object("secret", self.secrets, spec, SECRET_SIZE_LIMIT)

    @_locked
    def remove_config(self, text: str) -> None:
        self._remove_object("config", self.configs, text)

    @_locked
    def remove_secret(self, text: str) -> None:
        self._remove_object("secret", self.secrets, text)

    @_locked
    def find_config(self, text: str) -> Json:
        return self._find(self.configs, text, "config")

    @_locked
    def find_secret(self, text: str) -> Json:
        return self._find(self.secrets, text, "secret")

    def config_data(self, config_id: str) -> bytes:
        return base64.b64decode(self.configs[config_id]["Spec"]["Data"])

    # Services.

    @_locked
    def create_service(self, spec: Json) -> str:
        self._check_service(spec)
        if any(service["Spec"]["Name"] == spec["Name"] for service in self.services.values()):
            raise Refused(409, "rpc error: code = AlreadyExists desc = name conflicts with an existing object: "
                               f"service {spec['Name']} already exists")
        service = self._new_object()
        service["Spec"] = self._as_stored(spec)
        service["Endpoint"] = {"Spec": {}}
        self.services[service["ID"]] = service
        self._tell("service", "create", service, {"name": spec["Name"]})
        self._follow()
        return str(service["ID"])

    @_locked
    def update_service(self, text: str, version: int, spec: Json) -> None:
        service = self.find_service(text)
        self._check_service(spec)
        if version != service["Version"]["Index"]:
            raise Refused(500, "rpc error: code = Unknown desc = update out of sequence")
        if spec["Name"] != service["Spec"]["Name"]:
            raise Refused(501, "rpc error: code = Unimplemented desc = renaming services is not supported")
        service["PreviousSpec"] = service["Spec"]
        service["Spec"] = self._as_stored(spec)
        service.pop("UpdateStatus", None)
        self.updates_of[spec["Name"]] = self.updates_of.get(spec["Name"], 0) + 1
        self._touch(service)
        self._tell("service", "update", service, {"name": spec["Name"]})
        self._rolling.pop(service["ID"], None)
        if self._dirty_tasks(service):
            self._rolling[service["ID"]] = "update"
            self._set_update(service, "updating", "update in progress")
            for node in self._places(service):
                if self._is_dirty_on(service, node["ID"]):
                    self._new_task(service, node["ID"])
        self._follow()

    @_locked
    def remove_service(self, text: str) -> None:
        service = self.find_service(text)
        del self.services[service["ID"]]
        self._rolling.pop(service["ID"], None)
        for task in self._tasks_of(service):
            self._drop_task(task)
        self._tell("service", "remove", service, {"name": service["Spec"]["Name"]})

    @_locked
    def remove_stack(self, name: str) -> None:
        """What `docker stack rm` asks for, in its order: services by name, then configs and secrets."""
        def of_stack(objects: dict[str, Json]) -> list[Json]:
            mine = [o for o in objects.values() if o["Spec"]["Labels"].get(_STACK_LABEL) == name]
            return sorted(mine, key=lambda o: str(o["Spec"]["Name"]))

        for service in of_stack(self.services):
            self.remove_service(service["ID"])
        for config in of_stack(self.configs):
            self.remove_config(config["ID"])
        for secret in of_stack(self.secrets):
            self.remove_secret(secret["ID"])

    @_locked
    def find_service(self, text: str) -> Json:
        return self._find(self.services, text, "service")

    @_locked
    def service_named(self, name: str) -> Json | None:
        """A copy, so that it may be looked at for long."""
        found = next((s for s in self.services.values() if s["Spec"]["Name"] == name), None)
        return copy.deepcopy(found)

    @_locked
    def pause_update(self, service_id: str) -> None:
        """The updater gives up with FailureAction "pause": the spec that failed stays."""
        service = self.services[service_id]
        self._rolling.pop(service_id, None)
        self._set_update(service, "paused", "update paused due to failure or early termination of task " + self._new_id())

    @_locked
    def set_health(self, service_name: str, node_id: str, is_healthy: bool) -> None:
        """A task that gets sick ends, and what the Swarm starts instead is not healthy before all is well again. There are
        no events of tasks."""
        place = (service_name, node_id)
        if is_healthy:
            self.trouble.sick.discard(place)
        else:
            self.trouble.sick.add(place)
            for task in self.living_tasks(self.find_service(service_name)["ID"]):
                if task["NodeID"] == node_id:
                    self._end(task, "failed", "task: unhealthy container")
        self._follow()

    @_locked
    def living_tasks(self, service_id: str) -> list[Json]:
        return [task for task in self._tasks_by_service.get(service_id, {}).values()
                if task["DesiredState"] == "running" and task["Status"]["State"] in _LIVING]

    # What a Swarm does by itself.

    @_locked
    def tick(self) -> bool:
        """Everything that is under way moves on by one stage. False when nothing is under way."""
        index = self._index
        for service in list(self.services.values()):
            self._reconcile(service)
        for task in list(self.tasks.values()):
            self._move_on(task)
        for service in list(self.services.values()):
            self._supervise(service)
        self._forget_old_tasks()
        return self._index != index

    @_locked
    def settle(self, ticks_max: int = 50) -> None:
        """Until nothing moves. Tasks that fail and are restarted for ever move for ever, hence the limit."""
        for _ in range(ticks_max):
            if not self.tick():
                return

    def _follow(self) -> None:
        if self.is_eager:
            self.settle(8)

    def _reconcile(self, service: Json) -> None:
        places = {node["ID"] for node in self._places(service)}
        for task in self._tasks_of(service):
            if task["DesiredState"] != "running" or task["NodeID"] in places:
                continue
            node = self.nodes.get(task["NodeID"])
            if node is None:
                self._end(task, "orphaned", "")
            elif node["Spec"]["Availability"] == "pause":
                continue
            elif node["Status"]["State"] == "down" or node["Spec"]["Availability"] == "drain":
                task["DesiredState"] = "shutdown"  # a node that is down cannot obey: its status stays
                self._touch(task)
            else:
                self._end(task, "rejected", "assigned node no longer meets constraints")
        for node_id in places:
            # Also where an update found the node paused.
            if not self._has_clean_task(service, node_id):
                self._new_task(service, node_id)
        if service["ID"] in self._rolling:
            return
        # What the updater left behind (a node that was down or paused meanwhile) is replaced without it.
        for task in self._tasks_of(service):
            if task["NodeID"] in places and task["DesiredState"] == "running" and self._is_dirty(service, task):
                task["DesiredState"] = "shutdown"
                self._touch(task)

    def _move_on(self, task: Json) -> None:
        state = task["Status"]["State"]
        node = self.nodes.get(task["NodeID"])
        if node is None or node["Status"]["State"] == "down" or state not in _LIVING:
            return
        if task["DesiredState"] == "shutdown":
            self._end(task, "shutdown", "")
        elif state == "running" or self.trouble.is_stuck:
            return
        elif state == "new":
            self._set_state(task, "starting", "starting")
        else:
            missing = self._missing_objects(task["Spec"])
            is_update = self._rolling.get(task["ServiceID"]) == "update"
            if (self.services[task["ServiceID"]]["Spec"]["Name"], task["NodeID"]) in self.trouble.sick:
                return
            if missing:
                kind = missing[0].split()[0]
                self._end(task, "rejected", f"unable to get {kind} from {kind} store: {missing[0]} not found")
            elif task["Spec"]["ContainerSpec"]["Image"] in self.trouble.missing_images:
                self._end(task, "rejected", "No such image: " + task["Spec"]["ContainerSpec"]["Image"])
            elif self.trouble.fails(task["Spec"]) or (is_update and self.trouble.is_every_update_bad):
                self._end(task, "failed", "task: non-zero exit (1)")
            else:
                self._set_state(task, "running", "started")
                task["Status"]["ContainerStatus"] = {"ContainerID": self._hexadecimal(64), "PID": 4242, "ExitCode": 0}
                for other in self._tasks_of(self.services[task["ServiceID"]]):
                    if other is not task and other["NodeID"] == task["NodeID"] and other["DesiredState"] == "running":
                        other["DesiredState"] = "shutdown"
                        self._touch(other)

    def _supervise(self, service: Json) -> None:
        kind = self._rolling.get(service["ID"])
        if kind is None:
            return
        wanted = [t for t in self._tasks_of(service) if not self._is_dirty(service, t)]
        start = self._update_start(service)
        failed = [t for t in wanted if t["Status"]["State"] in ("failed", "rejected") and t["CreatedAt"] >= start]
        if failed:
            self._give_up(service, kind, failed[0])
            return
        # Nodes that are down are not part of an update.
        places = {node["ID"] for node in self._places(service)}
        done = all(any(t["NodeID"] == place and t["Status"]["State"] == "running" and t["DesiredState"] == "running"
                       for t in wanted) for place in places)
        if done:
            del self._rolling[service["ID"]]
            if kind == "update":
                self._set_update(service, "completed", "update completed")
            else:
                self._set_update(service, "rollback_completed", "rollback completed")

    def _give_up(self, service: Json, kind: str, task: Json) -> None:
        config = service["Spec"].get("UpdateConfig" if kind == "update" else "RollbackConfig", {})
        why = f"due to failure or early termination of task {task['ID']}"
        action = config.get("FailureAction", "pause")
        if kind == "update" and action == "rollback" and service.get("PreviousSpec"):
            service["Spec"] = service.pop("PreviousSpec")
            self._set_update(service, "rollback_started", f"update rolled back {why}")
            for stale in self._tasks_of(service):
                if self._is_dirty(service, stale) and stale["DesiredState"] == "running":
                    stale["DesiredState"] = "shutdown"
                    self._touch(stale)
            self._rolling[service["ID"]] = "rollback"
            return
        del self._rolling[service["ID"]]
        self._set_update(service, "rollback_paused" if kind == "rollback" else "paused",
                         f"{'rollback' if kind == 'rollback' else 'update'} paused {why}")

    def _forget_old_tasks(self) -> None:
        dead: dict[tuple[str, str], list[Json]] = {}
        for task in self.tasks.values():
            if task["DesiredState"] != "running" and task["Status"]["State"] not in _LIVING:
                dead.setdefault((task["ServiceID"], task["NodeID"]), []).append(task)
        for tasks in dead.values():
            for task in sorted(tasks, key=lambda t: str(t["CreatedAt"]))[:-TASK_HISTORY]:
                self._drop_task(task)

    # Tasks.

    def _tasks_of(self, service: Json) -> list[Json]:
        return list(self._tasks_by_service.get(service["ID"], {}).values())

    def _drop_task(self, task: Json) -> None:
        del self.tasks[task["ID"]]
        self._texts.pop(task["ID"], None)
        del self._tasks_by_service[task["ServiceID"]][task["ID"]]

    def _places(self, service: Json) -> list[Json]:
        """The nodes on which a global service should have a task."""
        if "Global" not in service["Spec"]["Mode"]:
            return []
        constraints = service["Spec"]["TaskTemplate"].get("Placement", {}).get("Constraints") or []
        return [node for node in self.nodes.values()
                if node["Spec"]["Availability"] == "active" and node["Status"]["State"] != "down"
                and all(_meets(node, constraint) for constraint in constraints)]

    def _is_dirty(self, service: Json, task: Json) -> bool:
        template = service["Spec"]["TaskTemplate"]
        return task["Spec"] is not template and _without_placement(task["Spec"]) != _without_placement(template)

    def _is_dirty_on(self, service: Json, node_id: str) -> bool:
        return any(t["NodeID"] == node_id and t["DesiredState"] == "running" and self._is_dirty(service, t)
                   for t in self._tasks_of(service))

    def _has_clean_task(self, service: Json, node_id: str) -> bool:
        return any(t["NodeID"] == node_id and t["DesiredState"] == "running" and not self._is_dirty(service, t)
                   for t in self._tasks_of(service))

    def _dirty_tasks(self, service: Json) -> list[Json]:
        return [t for t in self._tasks_of(service) if t["DesiredState"] == "running" and self._is_dirty(service, t)]

    def _new_task(self, service: Json, node_id: str) -> None:
        task = self._new_object()
        task |= {"Labels": {}, "Spec": service["Spec"]["TaskTemplate"], "ServiceID": service["ID"],
                 "NodeID": node_id,
                 "Status": {"Timestamp": self.now_text, "State": "new", "Message": "created", "PortStatus": {}},
                 "DesiredState": "running"}
        self.tasks[task["ID"]] = task
        self._tasks_by_service.setdefault(service["ID"], {})[task["ID"]] = task

    def _set_state(self, task: Json, state: str, message: str) -> None:
        task["Status"] |= {"Timestamp": self.now_text, "State": state, "Message": message}
        self._touch(task)

    def _end(self, task: Json, state: str, error: str) -> None:
        self._set_state(task, state, state)
        if error:
            task["Status"]["Err"] = error
        task["DesiredState"] = "shutdown"

    def _missing_objects(self, template: Json) -> list[str]:
        container = template["ContainerSpec"]
        return [*(f"config {ref['ConfigName']}" for ref in container.get("Configs", []) if ref["ConfigID"] not in self.configs),
                *(f"secret {ref['SecretName']}" for ref in container.get("Secrets", []) if ref["SecretID"] not in self.secrets)]

    # Objects of all kinds.

    def _new_id(self) -> str:
        return "".join(self._random.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=25))

    def _hexadecimal(self, length: int) -> str:
        return "".join(self._random.choices("0123456789abcdef", k=length))

    def _new_object(self) -> Json:
        self._step()
        return {"ID": self._new_id(), "Version": {"Index": self._index}, "CreatedAt": self.now_text,
                "UpdatedAt": self.now_text}

    def _step(self) -> None:
        self._index += 1
        self._now += datetime.timedelta(microseconds=1)

    def _touch(self, thing: Json) -> None:
        self._step()
        thing["Version"] = {"Index": self._index}
        thing["UpdatedAt"] = self.now_text

    def _tell(self, kind: str, action: str, thing: Json, attributes: Mapping[str, str]) -> None:
        self.events.append(Event(kind, action, thing["ID"], attributes, self._now))
        self.changed.notify_all()

    def _node_changed(self, node: Json) -> None:
        self._touch(node)
        self._tell("node", "update", node, {"name": node["Description"]["Hostname"]})
        self._follow()

    def _set_update(self, service: Json, state: str, message: str) -> None:
        before = service.get("UpdateStatus", {})
        self._touch(service)
        ended = {"CompletedAt": self.now_text} if "completed" in state else {}
        started = before.get("StartedAt", self.now_text)
        service["UpdateStatus"] = {"State": state, "StartedAt": started, "Message": message} | ended
        attributes = {"name": service["Spec"]["Name"], "updatestate.new": state}
        if before:
            attributes["updatestate.old"] = before["State"]
        self._tell("service", "update", service, attributes)

    @staticmethod
    def _update_start(service: Json) -> str:
        return str(service.get("UpdateStatus", {}).get("StartedAt", ""))

    def _find(self, objects: dict[str, Json], text: str, kind: str,
              name_of: Callable[[Json], str] = lambda thing: thing["Spec"]["Name"]) -> Json:
        if text in objects:
            return objects[text]
        named = [thing for thing in objects.values() if name_of(thing) == text]
        found = named or [thing for thing in objects.values() if text and thing["ID"].startswith(text)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused(500, f"{kind} {text} is ambiguous ({len(found)} matches found)")
        raise Refused(404, f"{kind} {text} not found")

    def _create_object(self, kind: str, objects: dict[str, Json], spec: Json, size_limit: int) -> str:
        name = spec.get("Name", "")
        if not name:
            raise Refused(400, "rpc error: code = InvalidArgument desc = name must be provided")
        if len(name) > 64 or not re.fullmatch(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?", name):
            raise Refused(400, "rpc error: code = InvalidArgument desc = invalid name, only 64 [a-zA-Z0-9-_.] characters "
                               "allowed, and the start and end character must be [a-zA-Z0-9]")
        size = len(base64.b64decode(spec.get("Data") or ""))
        if not 0 < size < size_limit:
            raise Refused(400, f"rpc error: code = InvalidArgument desc = {kind} data must be larger than 0 and less than "
                               f"{size_limit} bytes")
        if any(thing["Spec"]["Name"] == name for thing in objects.values()):
            raise Refused(409, f"rpc error: code = AlreadyExists desc = {kind} {name} already exists")
        thing = self._new_object()
        thing["Spec"] = {"Name": name, "Labels": dict(spec.get("Labels") or {})}
        if kind == "config":
            thing["Spec"]["Data"] = spec["Data"]
        else:  # never told again by the API
            self.secret_data[name] = base64.b64decode(spec["Data"])
        objects[thing["ID"]] = thing
        self._tell(kind, "create", thing, {"name": name})
        return str(thing["ID"])

    def _remove_object(self, kind: str, objects: dict[str, Json], text: str) -> None:
        thing = self._find(objects, text, kind)
        users = [s["Spec"]["Name"] for s in self.services.values()
                 if thing["ID"] in _references(s["Spec"]["TaskTemplate"])]
        name = thing["Spec"]["Name"]
        if users:
            plural = "service" if len(users) == 1 else "services"
            raise Refused(400, f"rpc error: code = InvalidArgument desc = {kind} '{name}' is in use by the following "
                               f"{plural}: {', '.join(sorted(users))}")
        self._mourn(kind, thing)
        del objects[thing["ID"]]
        self._tell(kind, "remove", thing, {"name": name})

    def _mourn(self, kind: str, thing: Json) -> None:
        """The Swarm deletes what only a rollback or a living task would need without a complaint; we take note."""
        for service in self.services.values():
            previous = service.get("PreviousSpec")
            if previous and thing["ID"] in _references(previous["TaskTemplate"]):
                self.blunders.append(f"{kind} {thing['Spec']['Name']} removed, which a rollback of "
                                     f"{service['Spec']['Name']} needs")
        for task in self.tasks.values():
            if task["DesiredState"] == "running" and thing["ID"] in _references(task["Spec"]):
                self.blunders.append(f"{kind} {thing['Spec']['Name']} removed, which task {task['ID']} reads")

    def _check_service(self, spec: Json) -> None:
        name = spec.get("Name", "")
        if not re.fullmatch(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*", name):
            raise Refused(400, "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component")
        if len(name) > 63:
            raise Refused(400, "rpc error: code = InvalidArgument desc = name must be 63 characters or fewer")
        for constraint in spec["TaskTemplate"].get("Placement", {}).get("Constraints") or []:
            _parse_constraint(constraint)
        container = spec["TaskTemplate"]["ContainerSpec"]
        for kind, objects in (("Secret", self.secrets), ("Config", self.configs)):
            refs = container.get(f"{kind}s") or []
            missing = [ref[f"{kind}Name"] for ref in refs
                       if objects.get(ref[f"{kind}ID"], {}).get("Spec", {}).get("Name") != ref[f"{kind}Name"]]
            if missing:
                words = f"{kind.lower()}{'s' if len(missing) > 1 else ''} not found: {', '.join(missing)}"
                raise Refused(400, f"rpc error: code = InvalidArgument desc = {words}")

    def _as_stored(self, spec: Json) -> Json:
        """Specs come back rewritten: ids for names, and every default spelled out."""
        stored: Json = copy.deepcopy(spec)
        stored.setdefault("Labels", {})
        template = stored["TaskTemplate"]
        container = template["ContainerSpec"]
        container.setdefault("Isolation", "default")
        for policy in ("UpdateConfig", "RollbackConfig"):
            if policy in stored:
                stored[policy].setdefault("MaxFailureRatio", 0)
        if "RestartPolicy" in template:
            template["RestartPolicy"].setdefault("MaxAttempts", 0)
        for network in template.get("Networks") or []:
            if network["Target"] == "host":
                network["Target"] = self.host_network
        template.setdefault("ForceUpdate", 0)
        template.setdefault("Runtime", "container")
        template.setdefault("Resources", {})
        template.setdefault("Placement", {})
        return stored


def _references(template: Json) -> set[str]:
    container = template["ContainerSpec"]
    return ({ref["ConfigID"] for ref in container.get("Configs") or []}
            | {ref["SecretID"] for ref in container.get("Secrets") or []})


def _without_placement(template: Json) -> Json:
    return {key: value for key, value in template.items() if key != "Placement"}


@functools.lru_cache(maxsize=4096)
def _parse_constraint(text: str) -> tuple[str, bool, str]:
    match = re.fullmatch(r"\s*([a-zA-Z_][a-zA-Z0-9\-_.]+)\s*(==|!=)\s*([a-zA-Z0-9:\-_\s.*()?+\[\]\\^$|/]+)", text)
    if match is None:
        raise Refused(500, f"rpc error: code = Unknown desc = value '{re.split('==|!=', text)[-1].strip()}' is invalid")
    return match[1], match[2] == "==", match[3].strip()


def _meets(node: Json, text: str) -> bool:
    key, is_equal, value = _parse_constraint(text)
    if key.startswith("node.labels."):
        actual = node["Spec"]["Labels"].get(key.removeprefix("node.labels."), "")
    else:
        actual = {"node.id": node["ID"], "node.hostname": node["Description"]["Hostname"],
                  "node.role": node["Spec"]["Role"]}[key]
    return (actual.lower() == value.lower()) == is_equal


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def all_of(objects: Mapping[str, Json]) -> Iterator[Json]:
    """In the order in which the engine lists them."""
    return iter(sorted(objects.values(), key=lambda thing: str(thing["ID"])))
