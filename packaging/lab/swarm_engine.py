"""One Docker engine in namespaces of its own: a whole "machine" that can lose its power.

    setpriv --pdeathsig KILL            dies with us, unless the lab is to be kept
      nsenter --net=...                 the node's network (left out: the machine's own, for building only)
        unshare --mount --uts --pid     node_init.sh is process 1: killing it ends everything inside, as a power cut does
          dockerd                       entered later by nsenter, so that it can be stopped and started by itself

Processes are only ever signalled by pids recorded here. Engines must be started from the main thread: the kernel ties
the death signal to the thread that starts a process.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Namespaces, the pinger and the watcher of addresses are the tests' own.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from netns import Namespace, wait_until  # noqa: E402
from swarm_state import ProcessId, recorded_argv  # noqa: E402

_INIT = Path(__file__).with_name("node_init.sh")


class CommandError(RuntimeError):
    """A command that failed, with what it said."""

    def __init__(self, what: str, result: subprocess.CompletedProcess[str]):
        super().__init__(f"{what}: status {result.returncode}\n{result.stdout}{result.stderr}".rstrip())
        self.result = result


def find_program(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
    if found is None:
        raise RuntimeError(f"{name} is not on this machine; `packaging/install.sh lab` installs it")
    return found


class Engine:
    """dockerd, its containerd and all their containers, in one process namespace. `directory` is below the lab's."""

    def __init__(self, name: str, directory: Path, cgroup: str, namespace: Namespace | None,
                 dockerd_options: Sequence[str] = (), is_kept: bool = False, data_root: Path | None = None):
        self.name = name
        self.directory = directory
        self.data_root = data_root or directory / "data"
        self.cgroup = cgroup
        self.namespace = namespace
        self._options = list(dockerd_options)
        self._is_kept = is_kept
        self._holder: subprocess.Popen[bytes] | None = None
        self._dockerd: subprocess.Popen[bytes] | None = None
        self._dockerd_pid: ProcessId | None = None
        self.init: ProcessId | None = None

    @property
    def socket_path(self) -> str:
        """The engine's socket as seen from outside; inside the node it is /var/run/docker.sock."""
        return f"{self.directory}/run/docker.sock"

    @property
    def is_up(self) -> bool:
        """Whether its dockerd runs, as far as we had a hand in it."""
        return self._dockerd is not None

    # Power.

    def power_on(self) -> None:
        """Starts the machine and its engine; returns at once. wait_ready() waits."""
        assert self._holder is None, f"{self.name} is on"
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.directory / "run", ignore_errors=True)
        self.data_root.mkdir(parents=True, exist_ok=True)
        (self.directory / "daemon.json").write_text("{}\n")  # the machine's own /etc/docker/daemon.json is not ours
        argv = [] if self._is_kept else ["setpriv", "--pdeathsig", "KILL"]
        if self.namespace is not None:
            argv += ["nsenter", f"--net={self.namespace.path}"]
        argv += ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
                 str(_INIT), str(self.directory), self.name]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "LAB_KEEP_RESOLVER": "" if self.namespace is not None else "yes"}
        argv = recorded_argv(self.directory.parent, self.name, argv)
        with open(self.directory / "init.log", "ab") as log:
            self._holder = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                            env=environment, start_new_session=True)
        wait_until(self._is_init_ready, 20, f"{self.name} boots: {self.directory}/init.log")
        self.init = ProcessId.of(_only_child(self._holder.pid))
        self.start_engine()

    def power_off(self) -> None:
        """Ends every process of the machine at once, without a word to anybody. Nothing is saved, nothing is sent."""
        if self._holder is None:
            return
        if self.init is not None:
            self.init.kill()
        else:
            self._holder.kill()
        self._holder.wait(20)  # returns when process 1 is gone, and with it all the others
        if self._dockerd is not None:
            self._dockerd.wait(20)
        self._holder = self._dockerd = self._dockerd_pid = self.init = None

    # The engine alone.

    def start_engine(self) -> None:
        assert self.init is not None and self._dockerd is None
        argv = ["nsenter", "-t", str(self.init.pid), "--mount", "--uts", "--net", "--pid", "--",
                find_program("dockerd"), "--config-file", str(self.directory / "daemon.json"),
                "--data-root", str(self.data_root), "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                "--host", "unix:///run/docker.sock", "--exec-opt", "native.cgroupdriver=cgroupfs",
                "--cgroup-parent", f"/{self.cgroup}/{self.name}", *self._options]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        environment |= {k: v for k, v in os.environ.items() if k.lower() in ("http_proxy", "https_proxy", "no_proxy")}
        with open(self.directory / "dockerd.log", "ab") as log:
            self._dockerd = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                             env=environment, start_new_session=True)

    def wait_ready(self, timeout: float = 60) -> None:
        def answers() -> bool:
            if self._dockerd is None or self._dockerd.poll() is not None:
                raise RuntimeError(f"the engine of {self.name} ended:\n{self.log_tail()}")
            return self.try_docker("version", "--format", "{{.Server.Version}}").returncode == 0

        wait_until(answers, timeout, f"the engine of {self.name} answers\n{self.log_tail()}", interval=0.1)

    def kill_engine(self) -> None:
        """SIGKILL to dockerd alone: containers live on, as after a crash."""
        self._signal_engine(signal.SIGKILL)

    def stop_engine(self) -> None:
        """SIGTERM to dockerd: it stops its containers in order."""
        self._signal_engine(signal.SIGTERM)

    def log_tail(self, lines: int = 20) -> str:
        try:
            return "\n".join((self.directory / "dockerd.log").read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"

    # The client.

    def try_docker(self, *arguments: str, stdin: str | None = None, timeout: float = 120,
                   env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the docker client against this engine; any status is returned."""
        return subprocess.run(self.docker_argv(*arguments), input=stdin if stdin is not None else "", timeout=timeout,
                              capture_output=True, text=True, env=self.docker_env() | (env or {}))

    def docker(self, *arguments: str, stdin: str | None = None, timeout: float = 120,
               env: dict[str, str] | None = None) -> str:
        """Runs the docker client against this engine and returns its stdout, stripped. Raises CommandError."""
        result = self.try_docker(*arguments, stdin=stdin, timeout=timeout, env=env)
        if result.returncode != 0:
            raise CommandError(f"{self.name}: docker {' '.join(arguments)}", result)
        return result.stdout.strip()

    def get(self, path: str, **query: object) -> Any:
        """What the engine's API answers to a GET, for looks so frequent that a client's start would be felt.
        Values of the query that are not text go as JSON."""
        text = urllib.parse.urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in query.items()})
        connection = _UnixConnection(self.socket_path)
        try:
            connection.request("GET", f"{path}?{text}" if text else path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{self.name}: GET {path}: {response.status} {body.decode(errors='replace').strip()}")
        return json.loads(body)

    def docker_argv(self, *arguments: str) -> list[str]:
        return [find_program("docker"), "--host", f"unix://{self.socket_path}", *arguments]

    def docker_env(self) -> dict[str, str]:
        """Nothing of the user's own client settings: no context, no credentials, no default host."""
        config = self.directory / "client"
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.directory),
                "DOCKER_CONFIG": str(config), "DOCKER_BUILDKIT": "0", "DOCKER_CLI_HINTS": "false"}

    def _is_init_ready(self) -> bool:
        assert self._holder is not None
        if self._holder.poll() is not None:
            raise RuntimeError(f"{self.name} did not boot:\n{(self.directory / 'init.log').read_text(errors='replace')}")
        return (self.directory / "run" / "node-ready").exists()

    def _signal_engine(self, number: int) -> None:
        assert self._dockerd is not None
        process = ProcessId.of(_only_child(self._dockerd.pid))
        os.kill(process.pid, number)
        self._dockerd.wait(60)
        self._dockerd = None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _only_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1, f"process {pid} has children {children}"
    return int(children[0])
