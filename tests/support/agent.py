"""The real swarm-vip-agent on a Host: settings for it, starting it, asking it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netns import Host, Program, wait_until

_ROOT = Path(__file__).resolve().parents[2]

# Before a program: it is denied unix sockets.
WITHOUT_UNIX = (sys.executable, str(_ROOT / "tests/support/without_unix.py"))

VIP = "192.0.2.100"
STATUS_PORT = 9112


def binary() -> Path:
    """SWARM_VIP_BUILD names the build directory; without it build/release, then build/dev."""
    chosen = os.environ.get("SWARM_VIP_BUILD")
    candidates = [Path(chosen)] if chosen else [_ROOT / "build/release", _ROOT / "build/dev"]
    for directory in candidates:
        if (directory / "swarm-vip-agent").is_file():
            return (directory / "swarm-vip-agent").resolve()
    raise FileNotFoundError(f"no swarm-vip-agent in {', '.join(map(str, candidates))}: build first, "
                            "or name the build directory in SWARM_VIP_BUILD")


@dataclass
class Plan:
    """A plan document in the making. Members: host -> priority."""

    members: Mapping[Host, int]
    addresses: Sequence[str] = (f"{VIP}/32",)
    version: int = 3
    interval_ms: int = 250
    preempt: bool = True
    preempt_delay_ms: int = 0
    lease: str = "auto"
    interface: str = "auto"
    vrid: int = 51
    start_wait_ms: int | None = 0  # tests need not wait for strangers with a longer interval; None: automatic
    password_file: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)  # merged over the document last

    def document(self) -> dict[str, Any]:
        auth = {"mode": "password", "file": str(self.password_file)} if self.password_file else {"mode": "none"}
        return {
            "schema": 1, "group": "web", "generation": 1, "version": self.version,
            "advert_interval_ms": self.interval_ms, "preempt": self.preempt, "preempt_delay_ms": self.preempt_delay_ms,
            "lease": self.lease, "interface": self.interface, "auth": auth, "status_port": STATUS_PORT,
            "routers": [{"vrid": self.vrid, "addresses": list(self.addresses)}],
            "members": [{"id": host.name, "hostname": host.name, "address": host.address, "priority": priority}
                        for host, priority in self.members.items()],
        } | ({} if self.start_wait_ms is None else {"start_wait_ms": self.start_wait_ms}) | dict(self.changes)

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(self.document(), sort_keys=True))
        return path

    @property
    def interval(self) -> float:
        return self.interval_ms / 1000

    def skew(self, host: Host) -> float:
        """Seconds. RFC 3768 counts skew in seconds whatever the interval, RFC 9568 in parts of the interval."""
        share = (256 - self.members[host]) / 256
        return share if self.version == 2 else share * self.interval

    def down(self, host: Host) -> float:
        """The active-down interval of a member, seconds."""
        return 3 * self.interval + self.skew(host)

    def long_listening(self, host: Host) -> float:
        """How long a member listens first when it is not told better, seconds: as if the interval were a second."""
        return max(1.0, self.interval) * (3 + (256 - self.members[host]) / 256)

    @property
    def lease_max(self) -> float:
        """`auto`: the smallest whole number of seconds above both 3 s and the longest active-down interval."""
        return float(int(max(3.0, *(self.down(host) for host in self.members))) + 1)


class Agent:
    """One swarm-vip-agent on one host, from a plan or from the environment of a dialect."""

    def __init__(self, host: Host, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None,
                 wrapper: Sequence[str] = ()):
        self.host = host
        self.program: Program = host.start([*wrapper, str(binary()), *arguments], "agent", env)

    @classmethod
    def from_plan(cls, host: Host, plan: Plan, node: str | None = None, wrapper: Sequence[str] = ()) -> "Agent":
        path = plan.write(host.lan.log_dir / f"plan-{host.name}-{len(host.programs) + 1}.json")
        return cls(host, ["--plan", str(path), "--node", node or host.name], wrapper=wrapper)

    def log(self) -> str:
        return self.program.log()

    def command(self, *arguments: str, timeout: float = 10) -> subprocess.CompletedProcess[str]:
        """Runs another swarm-vip-agent beside this one: status, healthcheck."""
        return self.host.run([str(binary()), *arguments], check=False, timeout=timeout)

    def status(self) -> dict[str, Any]:
        result = self.command("status", "--json")
        if result.returncode != 0:
            raise RuntimeError(f"status on {self.host.name}: {result.returncode}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)

    def router(self) -> dict[str, Any]:
        """The status of its only virtual router."""
        routers = self.status()["routers"]
        assert len(routers) == 1, routers
        return routers[0]

    def wait_for_state(self, *states: str, timeout: float = 15) -> dict[str, Any]:
        seen: list[object] = []

        def look() -> dict[str, Any] | None:
            if not self.program.is_running():
                raise AssertionError(f"the agent on {self.host.name} ended: {self.program.wait()}\n{self.log()}")
            try:
                router = self.router()
            except (RuntimeError, AssertionError) as error:  # not listening yet
                seen[:] = [error]
                return None
            seen[:] = [router]
            return router if router["state"] in states else None

        try:
            return wait_until(look, timeout, "", interval=0.05)
        except TimeoutError:
            raise TimeoutError(f"{self.host.name} should be {' or '.join(states)} within {timeout} s: {seen}\n"
                               f"{self.log()}") from None

    def wait_until_it_follows(self, timeout: float = 15) -> None:
        """Each of its routers is active or has heard the active one."""
        def follows() -> bool:
            try:
                return all(router["active"] for router in self.status()["routers"])
            except RuntimeError:  # not listening yet
                return False

        wait_until(follows, timeout, lambda: f"{self.host.name} should follow an active router\n{self.log()}", 0.05)

    def is_healthy(self) -> bool:
        return self.command("healthcheck").returncode == 0

    def http_get(self, path: str, from_host: Host | None = None, port: int = STATUS_PORT,
                 address: str | None = None) -> tuple[int, str]:
        """Asks its status page from another host of the LAN (default: itself), at another address of its host
        (default: the first)."""
        def ask() -> tuple[int, str]:
            connection = http.client.HTTPConnection(address or self.host.address, port, timeout=5)
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                return response.status, response.read().decode()
            finally:
                connection.close()

        return (from_host or self.host).inside(ask)

    @property
    def worker(self) -> int:
        """The process that routes. The program itself is its parent, which starts it again when it crashes."""
        pid = self.program.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        return int(wait_until(lambda: children.read_text().split(), 5, f"{self.host.name} has a worker")[0])

    def helpers(self) -> list[int]:
        """The processes of the worker: the one that runs checks and scripts."""
        worker = self.worker
        return [int(pid) for pid in Path(f"/proc/{worker}/task/{worker}/children").read_text().split()]

    def crash(self, number: int = signal.SIGKILL) -> float:
        """Ends the worker by a signal, waits until another one goes on, and returns how long that took, in seconds."""
        known = self.log().count("event=resumed")
        begin = time.monotonic()
        os.kill(self.worker, number)
        wait_until(lambda: self.log().count("event=resumed") > known, 10,
                   lambda: f"{self.host.name} goes on\n{self.log()}", interval=0.002)
        return time.monotonic() - begin

    def memory_kb(self) -> dict[str, int]:
        """Resident memory of parent and worker; what they share counts half for each."""
        return {name: int(re.search(r"Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())[1])
                for name, pid in (("parent", self.program.pid), ("worker", self.worker))}

    def stop(self, timeout: float = 20) -> int:
        return self.program.stop(timeout)

    def kill(self) -> None:
        self.program.kill()


def osixia_env(nodes: Sequence[Host], **changes: str) -> dict[str, str]:
    """The environment people give osixia/keepalived: every node, the agent's own too, among the peers."""
    return {
        "KEEPALIVED_INTERFACE": "eth0",
        "KEEPALIVED_PASSWORD": "s3cr3t",
        "KEEPALIVED_PRIORITY": "100",
        "KEEPALIVED_ROUTER_ID": "51",
        "KEEPALIVED_STATE": "BACKUP",
        "KEEPALIVED_UNICAST_PEERS": f"#PYTHON2BASH:{[node.address for node in nodes]}",
        "KEEPALIVED_VIRTUAL_IPS": f"#PYTHON2BASH:['{VIP}']",
        "KEEPALIVED_COMMAND_LINE_ARGUMENTS": "--log-detail --dump-conf",
    } | changes


def keepalived_conf(priority: int, peers: Sequence[Host], password: str = "s3cr3t", preempt: bool = False,
                    state: str = "BACKUP", vip: str = VIP) -> str:
    """The file osixia/keepalived generates from the environment above, complete."""
    return f"""global_defs {{
  default_interface eth0
}}
vrrp_instance VI_1 {{
  interface eth0
  state {state}
  virtual_router_id 51
  priority {priority}
{"" if preempt else "  nopreempt"}
  unicast_peer {{
{chr(10).join("    " + peer.address for peer in peers)}
  }}
  virtual_ipaddress {{
    {vip}
  }}
  authentication {{
    auth_type PASS
    auth_pass {password}
  }}
}}
"""


def start_keepalived(host: Host, conf: str, env: Mapping[str, str] | None = None, details: bool = True) -> Program:
    """Debian's keepalived with its own pid files, in the foreground, logging to its log; details: each ARP too."""
    directory = host.lan.log_dir / f"keepalived-{host.name}-{len(host.programs) + 1}"
    directory.mkdir()
    (directory / "keepalived.conf").write_text(conf)
    return host.start(["keepalived", "-f", str(directory / "keepalived.conf"), "-n", "-l", *(["-D"] if details else []),
                       "-P", "-p", str(directory / "pid"), "-r", str(directory / "vrrp.pid")], "keepalived", env)
