"""A real Docker Swarm on one machine: engines in namespaces on one LAN, and a client beside them.

                     client           node1            node2            node3
                   192.168.1.2     192.168.1.11     192.168.1.12     192.168.1.13
                     eth0 |           eth0 |           eth0 |           eth0 |
                ----------+----------------+----------------+----------------+------  br0, in the namespace "switch"

Every node has its own network, mounts, processes, host name and /var/run/docker.sock, so stack files work as they
are. Nothing here touches the machine's own network. Any number of labs may be up side by side: only namespaces without
names, and one directory each (swarm_state.py), tell of them. Forwarding is off in the nodes, so that a node which has
just let an address go cannot hide it by passing packets on; no node has a way out, so images are loaded, not pulled.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from swarm_engine import CommandError, Engine  # first: it knows where tests/support is
from swarm_state import LabState, lab_root, recorded_argv, remove_lab

from netns import Host, Lan, wait_until

DEFAULT_SUBNET = "192.168.1.0/24"
_ROOT_LENGTH_MAX = 60


def network_holder(name: str) -> str:
    """The name of the process of a kept lab that holds a namespace."""
    return f"{name}-network"


class Node:
    """One machine of the Swarm: its network (host) and its engine."""

    def __init__(self, host: Host, engine: Engine, is_manager: bool):
        self.host = host
        self.engine = engine
        self.is_manager = is_manager
        self.id = ""  # the Swarm's name for it

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def address(self) -> str:
        return self.host.address

    def docker(self, *arguments: str, **options: object) -> str:
        return self.engine.docker(*arguments, **options)  # type: ignore[arg-type]

    def power_off(self) -> None:
        """The machine stops between two instructions. Nothing it does reaches the LAN any more, and nothing tells it so;
        its kernel's view of its addresses stays, for us to look at."""
        self.host.cut_silently()
        self.engine.power_off()

    def power_on(self) -> None:
        """Boots again, with the disk as it was and a fresh network."""
        links = json.loads(self.host.run(["ip", "-json", "link", "show"]).stdout)
        for link in links:
            if link["ifname"] not in ("lo", "eth0"):
                self.host.run(["ip", "link", "delete", link["ifname"]], check=False)  # a peer may go with its twin
        self.host.ip("address flush dev eth0", *(f"address add {a} dev eth0" for a in self.host.prefixes))
        self.host.heal_silently()
        self.engine.power_on()
        self.engine.wait_ready()

    def recover(self) -> None:
        """Up again, if its power or its engine is gone."""
        if self.engine.is_up:
            return
        if self.engine.init is None:
            self.power_on()
        else:
            self.engine.start_engine()
            self.engine.wait_ready()

    def containers(self, **filters: str) -> list[str]:
        """Ids of the running containers, newest first; filters as of `docker ps`."""
        found = self.engine.get("/containers/json", filters={key: [value] for key, value in filters.items()})
        return [container["Id"] for container in found]

    def processes_of(self, container: str) -> list[int]:
        """The processes of a container, as this machine counts them."""
        return self._processes(lambda cgroup: container in cgroup)

    def orphans(self) -> list[int]:
        """The processes of containers that the engine does not know: it was killed in the moment when it started them."""
        known = self.containers()
        return self._processes(lambda cgroup: f"/{self.engine.cgroup}/{self.engine.name}/" in cgroup
                               and not any(container in cgroup for container in known))

    @staticmethod
    def _processes(is_it: Callable[[str], bool]) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cgroup"):
            with contextlib.suppress(OSError):
                if is_it(path.read_text()):
                    found.append(int(path.parent.name))
        return found

    def containers_of(self, service: str, **filters: str) -> list[str]:
        """Ids of a service's running containers, newest first."""
        return self.containers(label=f"com.docker.swarm.service.name={service}", **filters)


class SwarmLab:
    """A context manager: leaving it removes everything, unless it is to be kept and came up."""

    def __init__(self, managers: int = 1, workers: int = 2, subnet: str = DEFAULT_SUBNET, is_kept: bool = False,
                 say: Callable[[str], None] = lambda _: None):
        self.subnet = ipaddress.ip_network(subnet)
        self._shape = (managers, workers)
        self._is_kept = is_kept
        self._say = say
        self._stack = contextlib.ExitStack()
        self.nodes: list[Node] = []

    # Life.

    def start(self) -> "SwarmLab":
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self) -> None:
        root = lab_root()
        if len(str(root)) > _ROOT_LENGTH_MAX:
            raise ValueError(f"SWARM_VIP_LAB_DIR is '{root}': a path of at most {_ROOT_LENGTH_MAX} characters is allowed, "
                             "because sockets below it have a name of limited length")
        self.state = LabState.begin(root, self._is_kept, str(self.subnet))
        self.directory = Path(self.state.directory)
        self._stack.callback(self._remove)
        self.lan = Lan(self.directory)
        self._stack.callback(self.lan.close)
        self.client = self.lan.add_host("client", self._prefix(2))
        managers, workers = self._shape
        for number in range(1, managers + workers + 1):
            name = f"node{number}"
            host = self.lan.add_host(name, self._prefix(10 + number))
            engine = Engine(name, self.directory / name, self.state.cgroup, host,
                            ["--ip-forward=false", "--log-level", "warn"], self._is_kept)
            self.nodes.append(Node(host, engine, number <= managers))
        if self._is_kept:
            self._hold_namespaces()
        for node in self.nodes:
            node.engine.power_on()
        for node in self.nodes:
            node.engine.wait_ready()
        self._form_swarm()

    def keep(self) -> None:
        """Leaves everything up when the context ends."""
        assert self._is_kept, "a lab that may be kept must know from the start"
        self._stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> "SwarmLab":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    # Doing things to the Swarm.

    @property
    def living(self) -> list[Node]:
        """The nodes whose engine answers."""
        return [node for node in self.nodes if node.engine.is_up]

    @property
    def manager(self) -> Node:
        """The first manager that is up."""
        return next(node for node in self.living if node.is_manager)

    @property
    def leader(self) -> Node:
        """The manager that leads the others."""
        managers = self.docker("node", "ls", "--filter", "role=manager", "--format", "{{.ID}} {{.ManagerStatus}}").splitlines()
        ids = [line.split()[0] for line in managers if line.endswith("Leader")]
        return next(node for node in self.nodes if node.id in ids)

    def docker(self, *arguments: str, **options: object) -> str:
        """The docker client on a manager."""
        return self.manager.docker(*arguments, **options)

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def ip(self, last: int) -> str:
        """An address of the LAN by its number."""
        return str(self.subnet.network_address + last)

    def load_image(self, archive: Path) -> None:
        """Loads a `docker save` archive into every engine, side by side."""
        loads = [(node, subprocess.Popen(node.engine.docker_argv("load", "--quiet", "--input", str(archive)),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         text=True, env=node.engine.docker_env())) for node in self.nodes]
        for node, load in loads:
            output, _ = load.communicate(timeout=300)
            if load.returncode != 0:
                raise CommandError(f"{node.name}: docker load", subprocess.CompletedProcess([], load.returncode, output, ""))

    def join(self, node: Node) -> None:
        """Makes the node one of the Swarm, under a new id."""
        first = self.nodes[0]
        token = first.docker("swarm", "join-token", "--quiet", "manager" if node.is_manager else "worker")
        node.docker("swarm", "join", "--advertise-addr", node.address, "--token", token, f"{first.address}:2377")
        node.id = node.docker("info", "--format", "{{.Swarm.NodeID}}")

    def label(self, node: Node | str, **labels: str | None) -> None:
        """Sets node labels; None removes one. By its id: a node that left and joined again has a twin of its name."""
        name = node if isinstance(node, str) else node.id
        arguments: list[str] = []
        for key, value in labels.items():
            arguments += ["--label-rm", key] if value is None else ["--label-add", f"{key}={value}"]
        self.docker("node", "update", *arguments, name)

    def deploy_stack(self, file: Path | str, stack: str, prune: bool = False, **environment: str) -> None:
        """docker stack deploy, without waiting; `file` is a path or the text itself."""
        manager = self.manager
        stdin = None if isinstance(file, Path) else file
        argv = ["stack", "deploy", "--compose-file", str(file) if isinstance(file, Path) else "-"]
        if "--detach" in manager.docker("stack", "deploy", "--help"):
            argv.append("--detach=true")  # newer clients wait otherwise, Debian's own does not know the word
        if prune:
            argv.append("--prune")
        manager.docker(*argv, stack, stdin=stdin, env=environment)

    def service_logs(self, service: str) -> str:
        result = self.manager.engine.try_docker("service", "logs", "--raw", service)
        return result.stdout + result.stderr

    def logs(self) -> str:
        """What a person would ask for first when something does not work."""
        parts = []
        with contextlib.suppress(Exception):  # best effort: this explains another failure
            for arguments in (("node", "ls"), ("service", "ls")):
                parts.append(f"$ docker {' '.join(arguments)}\n{self.docker(*arguments)}")
            for service in self.docker("service", "ls", "--format", "{{.Name}}").split():
                tasks = self.docker("service", "ps", "--no-trunc", "--format",
                                    "{{.Name}} {{.Node}} {{.DesiredState}} {{.CurrentState}} {{.Error}}", service)
                log = "\n".join(self.service_logs(service).splitlines()[-60:])
                parts.append(f"$ docker service ps {service}\n{tasks}\n$ docker service logs {service}\n{log}")
        return "\n".join(parts)

    # Inside.

    def _prefix(self, last: int) -> str:
        return f"{self.ip(last)}/{self.subnet.prefixlen}"

    def _form_swarm(self) -> None:
        first = self.nodes[0]
        first.docker("swarm", "init", "--advertise-addr", first.address)
        first.id = first.docker("info", "--format", "{{.Swarm.NodeID}}")
        for node in self.nodes[1:]:
            self.join(node)
        wait_until(lambda: first.docker("node", "ls", "--format", "{{.Status}}").split() == ["Ready"] * len(self.nodes),
                   60, "every node of the Swarm is ready", interval=0.1)

    def _hold_namespaces(self) -> None:
        """A kept lab outlives this process, so somebody else has to hold its networks."""
        for namespace in (self.lan.switch, *self.lan.hosts.values()):
            argv = ["nsenter", f"--net={namespace.path}", "sleep", "infinity"]
            holder = subprocess.Popen(recorded_argv(self.directory, network_holder(namespace.name), argv), cwd="/",
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      start_new_session=True)
            wait_until(lambda: network_holder(namespace.name) in self.state.processes(), 10, "a network is held")
            self._stack.callback(holder.wait)
            self._stack.callback(holder.kill)

    def _remove(self) -> None:
        for node in self.nodes:
            node.engine.power_off()
        remove_lab(self.state)


__all__: Sequence[str] = ("DEFAULT_SUBNET", "CommandError", "Node", "SwarmLab")
