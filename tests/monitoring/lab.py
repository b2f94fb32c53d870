"""Nodes under watch: real agents with the plan of a real operator, and a real Prometheus that scrapes them all.

       m1 .10              n1 .11     n2 .12     n3 .13      <- namespaces on a Lan, 192.0.2.0/24, the VIP .100
   operator, Prometheus    agent      agent      agent
       |
   fake Docker engine (a unix socket; it is a manager, so it knows the nodes)

Prometheus reads packaging/monitoring/prometheus.example.yml; only the intervals and the engine's socket are others.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import VIP, Agent
from fake_docker import FakeDocker
from fake_swarm import FakeSwarm, Json
from forge import Advert, Forger, Key
from netns import Host, Lan, Program, wait_until
from operator_process import Operator
from owners import Owners

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "packaging/monitoring"
AGENT_PORT, OPERATOR_PORT, PROMETHEUS_PORT = 9112, 9109, 9090
PRIORITIES = {"n1": 200, "n2": 150, "n3": 100}
OFTEN_FAILS, MUST_PASS = 8080, 8081  # ports that the checks ask for
CHECKS = (f"listen:{OFTEN_FAILS} name=web weight=-120 interval=500ms timeout=400ms, "
          f"listen:{MUST_PASS} name=door interval=500ms timeout=400ms")
PATIENCE = 60.0


class WatchedLab:
    """A context manager. Nothing runs at first but the operator; n3 never passes the check that must pass."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._stack = contextlib.ExitStack()
        self._listeners: dict[tuple[str, int], socket.socket] = {}
        self.agents: dict[str, Agent] = {}
        try:
            self._build()
        except BaseException:
            self._stack.close()
            raise

    def _build(self) -> None:
        self.lan = self._stack.enter_context(Lan(self.directory))
        self.m1 = self.lan.add_host("m1", "192.0.2.10/24")
        self.nodes = {name: self.lan.add_host(name, f"192.0.2.1{number}/24")
                      for number, name in enumerate(PRIORITIES, start=1)}
        self.owners = self._stack.enter_context(Owners(list(self.nodes.values()), [VIP]))
        self.swarm = FakeSwarm()
        self.ids = {"m1": self.swarm.add_node("m1", self.m1.address, is_manager=True)}
        self.engine = self._stack.enter_context(
            FakeDocker(self.swarm, self.directory / "docker.sock", self.ids["m1"]))
        for name, priority in PRIORITIES.items():
            labels = {"keepalived_group": "web", "KEEPALIVED_PRIORITY": str(priority)}
            self.ids[name] = self.swarm.add_node(name, self.nodes[name].address, is_manager=name == "n1", labels=labels)
        # What the managers take for a node's address is not always one that anybody can use.
        self.swarm.set_status_address(self.ids["n1"], "0.0.0.0")
        self.swarm.set_status_address(self.ids["n2"], "198.51.100.2")
        self.swarm.label(self.ids["n2"], KEEPALIVED_IP=self.nodes["n2"].address)
        for name in ("n1", "n2"):
            self.serve(name, MUST_PASS)
        for name in PRIORITIES:
            self.serve(name, OFTEN_FAILS)
        self.operator = Operator(
            self.engine.host, self.directory / "operator.log", wrapper=("nsenter", f"--net={self.m1.path}"),
            SWARM_VIP_CHECKS=CHECKS, SWARM_VIP_PREEMPT_DELAY="0s", SWARM_VIP_START_GRACE="0s", SWARM_VIP_RESYNC="10s",
            SWARM_VIP_WEBHOOK="http://127.0.0.1:9/nobody", SWARM_VIP_PAGE_LISTEN=f"127.0.0.1:{OPERATOR_PORT}")
        self._stack.callback(self.operator.close)
        self._stack.callback(self._close_listeners)

    # The Swarm's part: what it would give to an agent's container.

    def start_agent(self, name: str) -> Agent:
        wait_until(self._is_planned, PATIENCE, lambda: f"the operator makes a plan\n{self.operator.log()}", 0.05)
        container = self._container()
        plan: Json = json.loads(self.swarm.config_data(container["Configs"][0]["ConfigID"]))
        mounted = self.directory / f"mounted-{name}-{len(self.nodes[name].programs)}"
        mounted.mkdir()
        for secret in container["Secrets"]:
            path = mounted / Path(secret["File"]["Name"]).name
            path.write_bytes(self.swarm.secret_data[secret["SecretName"]])
            if Path(plan["auth"]["file"]).name == path.name:
                plan["auth"]["file"] = str(path)
        (mounted / "plan.json").write_text(json.dumps(plan))
        self.agents[name] = Agent(self.nodes[name], ["--plan", str(mounted / "plan.json"), "--node", self.ids[name]])
        return self.agents[name]

    def _container(self) -> Json:
        service = self.swarm.service_named("swarm-vip-agent-web")
        return service["Spec"]["TaskTemplate"]["ContainerSpec"] if service else {}

    def _is_planned(self) -> bool:
        container = self._container()
        return bool(container) and all(
            f'"{name}"' in self.swarm.config_data(container["Configs"][0]["ConfigID"]).decode() for name in PRIORITIES)

    def serve(self, name: str, port: int) -> None:
        self._listeners[name, port] = self.nodes[name].inside(lambda: socket.create_server(("0.0.0.0", port)))

    def stop_serving(self, name: str, port: int) -> None:
        self._listeners.pop((name, port)).close()

    # What a busy while looks like.

    def start_all(self) -> None:
        for name in PRIORITIES:
            self.start_agent(name)
        self.owners.wait_for_owner("n1", PATIENCE)
        self.agents["n2"].wait_for_state("backup", timeout=PATIENCE)
        self.agents["n3"].wait_for_state("fault", timeout=PATIENCE)

    def crash_and_return(self) -> None:
        """The holder's container is killed, its node goes on, and after a while the Swarm starts another."""
        self.agents["n1"].kill()
        self.owners.wait_for_owner("n2", PATIENCE)
        self.start_agent("n1")
        self.owners.wait_for_owner("n1", PATIENCE)

    def leave_and_return(self) -> None:
        assert self.agents["n1"].stop() == 0
        self.owners.wait_for_owner("n2", PATIENCE)
        self.start_agent("n1")
        self.owners.wait_for_owner("n1", PATIENCE)

    def worker_crashes(self) -> None:
        self.agents["n2"].crash(signal.SIGKILL)
        self.agents["n2"].wait_for_state("backup")

    def service_fails_and_recovers(self) -> None:
        self.stop_serving("n1", OFTEN_FAILS)
        self.owners.wait_for_owner("n2", PATIENCE)
        self.serve("n1", OFTEN_FAILS)
        self.owners.wait_for_owner("n1", PATIENCE)

    def address_is_removed(self) -> None:
        self.nodes["n1"].ip(f"address delete {VIP}/32 dev eth0")
        wait_until(lambda: self.agents["n1"].router()["counters"]["put_back"] == 1, PATIENCE, "the address is put back")

    def strangers(self) -> None:
        """Somebody without the key, another router id, and a host that announces the address."""
        with Forger(self.m1) as forger:
            for advert in (Advert(key=Key(os.urandom(32))), Advert(vrid=77)):
                for _ in range(5):
                    forger.advert(self.nodes["n1"], self.nodes["n2"].address, self.nodes["n1"].address, advert)
            forger.announce(VIP)
        wait_until(lambda: self.agents["n1"].router()["counters"]["foreign_owners"] >= 1, PATIENCE, "n1 hears of it")

    # Asking.

    def metrics(self, name: str) -> str:
        """What the agent of a node says, or the operator ("m1")."""
        host = self.nodes.get(name, self.m1)
        port = OPERATOR_PORT if name == "m1" else AGENT_PORT
        return get(host, "127.0.0.1" if name == "m1" else host.address, port, "/metrics")

    def logs(self) -> str:
        return f"{self.owners}\n{self.lan.logs()}\n==== operator\n{self.operator.log()[-8000:]}"

    def _close_listeners(self) -> None:
        for listener in self._listeners.values():
            listener.close()

    def __enter__(self) -> "WatchedLab":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Prometheus:
    """Debian's, on m1, with the example's settings."""

    def __init__(self, lab: WatchedLab):
        self._host = lab.m1
        directory = lab.directory / "prometheus"
        directory.mkdir()
        shutil.copy(MONITORING / "alerts.yml", directory)
        (directory / "prometheus.yml").write_text(_hurried((MONITORING / "prometheus.example.yml").read_text(), lab.engine))
        self.program: Program = self._host.start(
            ["prometheus", f"--config.file={directory / 'prometheus.yml'}", f"--storage.tsdb.path={directory / 'data'}",
             f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}", "--log.level=warn"], "prometheus")
        wait_until(self._is_ready, PATIENCE, lambda: f"Prometheus is ready\n{self.program.log()}", 0.1)

    def query(self, expression: str) -> list[Any]:
        """The vector's or the scalar's samples. A wrong expression raises."""
        answer = self.ask("/api/v1/query", query=expression)
        result: list[Any] = answer["result"]
        return [{"value": result}] if answer["resultType"] == "scalar" else result

    def series(self, selector: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.ask("/api/v1/series", **{"match[]": selector})
        return found

    def targets(self) -> dict[str, dict[str, str]]:
        """Of each job: instance -> health."""
        found: dict[str, dict[str, str]] = {}
        for target in self.ask("/api/v1/targets", state="active")["activeTargets"]:
            found.setdefault(target["labels"]["job"], {})[target["labels"]["instance"]] = target["health"]
        return found

    def ask(self, path: str, **parameters: str) -> Any:
        text = get(self._host, "127.0.0.1", PROMETHEUS_PORT, f"{path}?{urllib.parse.urlencode(parameters)}", any_status=True)
        document = json.loads(text)
        if document["status"] != "success":
            raise ValueError(f"{parameters}: {document.get('error')}")
        return document["data"]

    def _is_ready(self) -> bool:
        assert self.program.is_running(), self.program.log()
        with contextlib.suppress(OSError, http.client.HTTPException):
            return "Ready" in get(self._host, "127.0.0.1", PROMETHEUS_PORT, "/-/ready", any_status=True)
        return False


@dataclass
class Watched:
    lab: WatchedLab
    prometheus: Prometheus

    def logs(self) -> str:
        return self.lab.logs()


def get(host: Host, address: str, port: int, path: str, any_status: bool = False) -> str:
    """The answer's body, asked for from the host itself."""
    def ask() -> str:
        connection = http.client.HTTPConnection(address, port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
            if response.status != 200 and not any_status:
                raise ValueError(f"{path}: {response.status}: {body}")
            return body
        finally:
            connection.close()

    return host.inside(ask)


def _hurried(text: str, engine: FakeDocker) -> str:
    for old, new in (("unix:///var/run/docker.sock", engine.host), ("scrape_interval: 15s", "scrape_interval: 1s"),
                     ("evaluation_interval: 15s", "evaluation_interval: 1s"), ("refresh_interval: 30s", "refresh_interval: 1s")):
        assert old in text, f"the example has no {old}"
        text = text.replace(old, new)
    return text
