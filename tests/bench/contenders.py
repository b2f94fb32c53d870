"""The programs that are measured, all behind one face: two of them on a bed, told the same (topology.Setup).

swarm-vip    one plan document on both hosts, as the operator gives it, without a key; for several interfaces, which a plan
             does not have, one settings file on each host
keepalived   version 3, unicast peers, one vrrp_instance for each virtual router
FRR          zebra and vrrpd, version 3, multicast, a macvlan for each virtual router: it has no other way

None of them writes more into its log than that a router changed its state."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent import Plan, binary, start_keepalived
from frr import Frr, FrrRouter
from keepalived import v3_instance
from netns import Host, Program, wait_until
from processes import family
from topology import Bed, Setup

_GROUP_KEYS = "global_defs {\n  vrrp_version 3\n"
_STOPPING = 30.0  # seconds until a program that was told to leave has ended


class Contender(ABC):
    """One program on both hosts of a bed."""

    name: str
    claim_words: str  # in its log, when a router becomes active
    answers_as_backup = False  # a backup answers who sends it a frame, so a cut need not be seen by a client

    def __init__(self, bed: Bed, setup: Setup):
        self.bed = bed
        self.setup = setup

    @staticmethod
    @abstractmethod
    def version() -> str:
        """As the program says it."""

    @abstractmethod
    def start(self, host: Host) -> None: ...

    @abstractmethod
    def programs(self, host: Host) -> list[Program]:
        """All that was started for it on the host; their children count too."""

    @abstractmethod
    def follows(self, host: Host) -> bool:
        """Whether all its routers there say that they are backup."""

    @abstractmethod
    def change(self, setup: Setup) -> None:
        """Tells both routers something else while they run, in the program's own way."""

    def held(self, host: Host) -> set[str]:
        """The virtual addresses that the kernel there has."""
        return set(re.findall(r"inet ([0-9.]+)", host.ip("address show"))) & set(self.setup.vips)

    def speakers(self, host: Host) -> list[Program]:
        """Those of the programs that speak VRRP."""
        return self.programs(host)

    def claims(self, host: Host) -> int:
        """How often routers there have become active, by their log."""
        return sum(program.log().count(self.claim_words) for program in self.speakers(host))

    def told_to_stop(self, host: Host) -> None:
        """SIGTERM: it leaves politely."""
        for program in self.speakers(host):
            program.signal(signal.SIGTERM)

    def wait_for_its_end(self, host: Host) -> None:
        for program in self.speakers(host):
            status = program.wait(_STOPPING)
            if status != 0:
                raise RuntimeError(f"{program.name} ended with status {status}\n{program.log()}")

    def kill(self, host: Host) -> None:
        """SIGKILL to everything of it."""
        for program in self.programs(host):
            program.kill()

    def processes(self, host: Host) -> list[int]:
        for program in self.programs(host):
            if not program.is_running():
                raise RuntimeError(f"{program.name} is not running: {program.wait()}\n{program.log()}")
        return [pid for program in self.programs(host) for pid in family(program.pid)]


class SwarmVip(Contender):
    name = "swarm-vip"
    claim_words = "to=active"

    def __init__(self, bed: Bed, setup: Setup):
        super().__init__(bed, setup)
        self._running: dict[str, Program] = {}
        self._generation = 1  # of the plan, the same on both hosts

    @staticmethod
    def version() -> str:
        said = subprocess.run([str(binary()), "--version"], capture_output=True, text=True, check=True).stdout
        return said.strip().split()[-1]

    def start(self, host: Host) -> None:
        environment = {"SWARM_VIP_REALTIME": "off"} if self.setup.realtime is False else {}
        told = self._plan(host) if self.setup.segments == 1 else self._settings(host)
        self._running[host.name] = host.start([str(binary()), *told], "agent", environment)

    def programs(self, host: Host) -> list[Program]:
        return [self._running[host.name]]

    def follows(self, host: Host) -> bool:
        answer = host.run([str(binary()), "status", "--json"], check=False)
        if answer.returncode != 0:
            return False  # not listening yet
        routers = json.loads(answer.stdout)["routers"]
        return (len(routers) == len(self.setup.routers)
                and all(router["state"] == "backup" and router["active"] for router in routers))

    def change(self, setup: Setup) -> None:
        """As the Swarm replaces agents: the new ones start beside the old ones, which are stopped once those are healthy."""
        self.setup = setup
        self._generation += 1
        old = dict(self._running)
        for host in self.bed.routers:
            self.start(host)
        for host in self.bed.routers:
            wait_until(lambda host=host: host.run([str(binary()), "healthcheck"], check=False).returncode == 0, _STOPPING,
                       f"the new agent of {host.name} is healthy", interval=0.1)
            assert old[host.name].stop(_STOPPING) == 0, old[host.name].log()

    def _plan(self, host: Host) -> list[str]:
        routers = [{"vrid": router.vrid, "addresses": [f"{vip}/32" for vip in router.vips]}
                   for router in self.setup.routers]
        plan = Plan({member: self.setup.priority(member) for member in self.bed.routers},
                    interval_ms=self.setup.interval_ms, interface="eth0",
                    changes={"routers": routers, "generation": self._generation})
        return ["--plan", str(plan.write(self.bed.directory() / f"plan-{self._generation}.json")), "--node", host.name]

    def _settings(self, host: Host) -> list[str]:
        file = self.bed.directory() / f"agent-{host.name}.json"
        file.write_text(json.dumps({"routers": [
            {"router_id": router.vrid, "addresses": router.vips, "interface": router.interface,
             "source": self.bed.address(host, router.segment), "priority": self.setup.priority(host),
             "advert_interval": f"{self.setup.interval_ms}ms", "preempt_delay": "0s", "start_wait": "0s",
             "peers": [self.bed.address(peer, router.segment) for peer in self.bed.routers]}
            for router in self.setup.routers]}))
        return ["--config", str(file)]


class Keepalived(Contender):
    name = "keepalived"
    claim_words = "Entering MASTER STATE"

    def __init__(self, bed: Bed, setup: Setup):
        super().__init__(bed, setup)
        self._running: dict[str, Program] = {}

    @staticmethod
    def version() -> str:
        said = subprocess.run(["keepalived", "--version"], capture_output=True, text=True, check=True).stderr
        found = re.search(r"Keepalived v(\S+)", said)
        return found.group(1) if found else "unknown"

    def start(self, host: Host) -> None:
        self._running[host.name] = start_keepalived(host, self._conf(host), details=False)

    def programs(self, host: Host) -> list[Program]:
        return [self._running[host.name]]

    def follows(self, host: Host) -> bool:
        return self._states(host) == {"BACKUP"}

    def change(self, setup: Setup) -> None:
        """A new file, and SIGHUP."""
        self.setup = setup
        for host in self.bed.routers:
            program = self._running[host.name]
            Path(program.argv[program.argv.index("-f") + 1]).write_text(self._conf(host))
            program.signal(signal.SIGHUP)

    def _states(self, host: Host) -> set[str]:
        """The last word of each instance."""
        said = dict(re.findall(r"\((VI_\S+)\) Entering (\w+) STATE", self._running[host.name].log()))
        return set(said.values()) if len(said) == len(self.setup.routers) else set()

    def _conf(self, host: Host) -> str:
        instances = [
            v3_instance(f"VI_{router.segment}_{router.vrid}", router.vrid, [f"{vip}/32" for vip in router.vips],
                        self.setup.interval_ms, self.setup.priority(host), self.bed.address(host, router.segment),
                        [self.bed.address(self.bed.other(host), router.segment)], router.interface)
            for router in self.setup.routers]
        urgent = "  vrrp_rt_priority 1\n  vrrp_no_swap\n" if self.setup.realtime else ""
        return f"{_GROUP_KEYS}{urgent}}}\n" + "".join(instances)


class FrrVrrpd(Contender):
    name = "FRR"
    claim_words = "Backup -> Master"
    # Its addresses are always there, and a macvlan that is "protodown" receives: what a switch floods to the virtual MAC
    # once the holder's port is down, the backup answers.
    answers_as_backup = True

    def __init__(self, bed: Bed, setup: Setup):
        super().__init__(bed, setup)
        self._running: dict[str, Frr] = {}

    @staticmethod
    def version() -> str:
        said = subprocess.run(["/usr/lib/frr/vrrpd", "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"version (\S+)", said)
        return found.group(1) if found else "unknown"

    def start(self, host: Host) -> None:
        self._running[host.name] = Frr(host, self._routers(), 3, self.setup.interval_ms, self.setup.priority(host),
                                       log_level="informational")
        self._running[host.name].start()

    def programs(self, host: Host) -> list[Program]:
        return self._running[host.name].programs

    def follows(self, host: Host) -> bool:
        states = [router["status"] for router in self._running[host.name].show_all()]
        return len(states) == len(self.setup.routers) and set(states) == {"Backup"}

    def held(self, host: Host) -> set[str]:
        return self._running[host.name].held() if host.name in self._running else set()

    def change(self, setup: Setup) -> None:
        """In vtysh, where it takes effect line by line."""
        old, self.setup = self.setup, setup
        for host in self.bed.routers:
            self._running[host.name].routers = self._routers()
            words = []
            for before, after in zip(old.routers, setup.routers):
                for vip in set(after.vips) - set(before.vips):
                    host.ip(f"address add {vip}/32 dev {FrrRouter(after.vrid, [vip], after.interface).macvlan}")
                    words.append(f"vrrp {after.vrid} ip {vip}")
                if old.priority(host) != setup.priority(host):
                    words.append(f"vrrp {after.vrid} priority {setup.priority(host)}")
            if words:
                said = self._running[host.name].vtysh("configure terminal", "interface eth0", *words)
                assert "%" not in said, f"{shlex.join(words)}: {said}"

    def speakers(self, host: Host) -> list[Program]:
        return self.programs(host)[-1:]

    def _routers(self) -> list[FrrRouter]:
        return [FrrRouter(router.vrid, [f"{vip}/32" for vip in router.vips], router.interface)
                for router in self.setup.routers]


CONTENDERS: Mapping[str, type[Contender]] = {kind.name: kind for kind in (SwarmVip, Keepalived, FrrVrrpd)}
OURS = SwarmVip.name
RIVALS: Sequence[str] = [Keepalived.name, FrrVrrpd.name]
