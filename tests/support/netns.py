"""A LAN on one machine: hosts as network namespaces, each with eth0, on a bridge in a namespace of its own.

        client            n1               n2               n3          <- namespaces
      eth0 |            eth0 |           eth0 |           eth0 |        <- veth, the host's end
  ---------+-----------------+----------------+----------------+------
      client|              n1|              n2|              n3|        <- veth, the bridge's end, named after the host
           [ br0, in the namespace "switch"; nftables drops for silent cuts ]

Namespaces have no name in the file system: an open descriptor holds each one, and programs in them get SIGKILL when
this process dies. So nothing is left behind, however a test run ends, and any number of runs go side by side.
Nothing here touches the machine's own namespace.

Threads: programs must be started from the main thread (the kernel ties their death signal to the starting thread).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def wait_until(condition: Callable[[], T], timeout: float, what: str | Callable[[], str], interval: float = 0.01) -> T:
    """Returns the first true value of condition(); raises TimeoutError saying what did not happen."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not within {timeout} s: {what if isinstance(what, str) else what()}")
        time.sleep(interval)


class Program:
    """A running program and its log (stdout and stderr in one file). Kills its whole process group when closed."""

    def __init__(self, name: str, argv: Sequence[str], namespace: "Namespace", log_path: Path,
                 env: Mapping[str, str] | None = None):
        self.name = name
        self.argv = list(argv)
        self.log_path = log_path
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"} | dict(env or {})
        with open(log_path, "ab") as log:
            self.started = time.monotonic()  # when it is about to be
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={namespace.path}", *self.argv],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True, cwd="/")

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, pattern: str, timeout: float = 10) -> re.Match[str]:
        return wait_until(lambda: re.search(pattern, self.log()), timeout,
                          lambda: f"{self.name} logs /{pattern}/\n{self.log()}")

    def signal(self, number: int) -> None:
        """To the program; to stop and to go on is told all that it started, as a paused container is."""
        if number in (signal.SIGSTOP, signal.SIGCONT):
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def wait(self, timeout: float = 10) -> int:
        """The exit status (negative: the signal that ended it)."""
        return self._process.wait(timeout)

    def stop(self, timeout: float = 10) -> int:
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL to everything the program started: what a crash, or the out-of-memory killer, looks like."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        if self.is_running():
            self.kill()


class Namespace:
    """A network namespace held by a descriptor."""

    def __init__(self, name: str):
        self.name = name
        self._fd = -1

        def unshare() -> int:
            if _libc.unshare(_CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "unshare a network namespace")
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        self._fd = _in_own_thread(unshare)
        self.ip("link set lo up")

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def inside(self, function: Callable[[], T]) -> T:
        """Runs function in a thread inside the namespace; sockets it makes stay there."""

        def enter() -> T:
            if _libc.setns(self._fd, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"enter namespace {self.name}")
            return function()

        return _in_own_thread(enter)

    def run(self, argv: Sequence[str], env: Mapping[str, str] | None = None, check: bool = True, timeout: float = 30,
            stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end. With check, a failure raises with what it said."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"} | dict(env or {})
        result = subprocess.run(["nsenter", f"--net={self.path}", *argv], env=environment, timeout=timeout, cwd="/",
                                input=stdin if stdin is not None else "", capture_output=True, text=True)
        if check and result.returncode != 0:
            raise RuntimeError(f"{self.name}: {shlex.join(argv)}: status {result.returncode}\n"
                               f"{result.stdout}{result.stderr}")
        return result

    def ip(self, *commands: str) -> str:
        """iproute2 commands without the leading `ip`, as one batch."""
        return self.run(["ip", "-oneline", "-batch", "-"], stdin="\n".join(commands) + "\n").stdout

    def nft(self, script: str) -> None:
        self.run(["nft", "-f", "-"], stdin=script)

    def sysctl(self, **values: object) -> None:
        """Sets net.* keys of this namespace (dots as double underscores); a key the kernel lacks is skipped."""

        def write() -> None:
            for key, value in values.items():
                path = Path("/proc/sys/net") / key.replace("__", "/")
                if path.exists():
                    path.write_text(f"{value}\n")

        self.inside(write)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Host(Namespace):
    """A host on a Lan. Cuts act on its port of the bridge."""

    def __init__(self, lan: "Lan", name: str, addresses: Sequence[str]):
        super().__init__(name)
        self.lan = lan
        self.prefixes = list(addresses)
        self.programs: list[Program] = []
        # A leaver that forwards to its successor would hide loss; duplicate address detection would only wait.
        self.sysctl(ipv4__ip_forward=0, ipv6__conf__all__forwarding=0, ipv6__conf__default__accept_dad=0,
                    ipv6__conf__default__dad_transmits=0, ipv6__conf__default__router_solicitations=0)

    @property
    def address(self) -> str:
        return self.prefixes[0].split("/")[0]

    def addresses(self) -> set[str]:
        """Addresses on eth0 as the kernel has them, without prefix length."""
        return set(re.findall(r"inet6? ([0-9a-f.:]+)", self.ip("address show dev eth0")))

    def mac(self) -> str:
        match = re.search(r"link/ether (\S+)", self.ip("link show dev eth0"))
        assert match is not None
        return match.group(1)

    def start(self, argv: Sequence[str], name: str | None = None, env: Mapping[str, str] | None = None) -> Program:
        label = f"{self.name}-{name or Path(argv[0]).name}-{len(self.programs) + 1}"
        program = Program(label, argv, self, self.lan.log_dir / f"{label}.log", env)
        self.programs.append(program)
        return program

    def cut_link(self) -> None:
        """Pulls the cable: the host loses its carrier."""
        self.lan.switch.ip(f"link set {self.name} down")

    def heal_link(self) -> None:
        self.lan.switch.ip(f"link set {self.name} up")

    def cut_silently(self, to_host: bool = True, from_host: bool = True) -> None:
        """The switch drops its frames, in one direction or both; the carrier stays."""
        sets = (["to_host"] if to_host else []) + (["from_host"] if from_host else [])
        self.lan.switch.nft("".join(f'add element bridge cuts {name} {{ "{self.name}" }}\n' for name in sets))

    def heal_silently(self) -> None:
        self.lan.switch.nft("".join(
            f'add element bridge cuts {name} {{ "{self.name}" }}\n'  # deleting what is not there would be an error
            f'delete element bridge cuts {name} {{ "{self.name}" }}\n'
            for name in ("to_host", "from_host")))

    def close(self) -> None:
        for program in self.programs:
            program.close()
        super().close()


class Lan:
    """One broadcast domain. A context manager: leaving it kills every program and drops every namespace."""

    def __init__(self, log_dir: Path | None = None):
        self._stack = contextlib.ExitStack()
        if log_dir is None:
            log_dir = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="swarm-vip-lan-")))
        self.log_dir = log_dir
        self.hosts: dict[str, Host] = {}
        try:
            self.switch = Namespace("switch")
            self._stack.callback(self.switch.close)
            # The bridge must not wake up with the machine's iptables hooks or its own IPv6 chatter.
            self.switch.sysctl(bridge__bridge_nf_call_iptables=0, ipv6__conf__default__disable_ipv6=1)
            self.switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up")
            self.switch.nft("""
                table bridge cuts {
                  set to_host { type ifname; }
                  set from_host { type ifname; }
                  chain forward {
                    type filter hook forward priority 0;
                    iifname @from_host drop
                    oifname @to_host drop
                  }
                }""")
        except BaseException:
            self._stack.close()
            raise

    def add_host(self, name: str, *addresses: str) -> Host:
        """A host with eth0, these addresses (with prefix length) and its link up. Names: at most 15 characters."""
        host = Host(self, name, addresses)
        self._stack.callback(host.close)
        self.hosts[name] = host
        self.switch.ip(f"link add {name} type veth peer name eth0 netns {host.path}", f"link set {name} master br0 up")
        host.ip(*(f"address add {a} dev eth0{' nodad' if ':' in a else ''}" for a in addresses), "link set eth0 up")
        wait_until(lambda: "state UP" in host.ip("link show dev eth0"), 5, f"the link of {name} is up")
        return host

    def programs(self) -> Iterable[Program]:
        for host in self.hosts.values():
            yield from host.programs

    def logs(self) -> str:
        """Every program's log, for the report of a failed test."""
        return "\n".join(f"==== {p.name}: {shlex.join(p.argv)}\n{p.log()}" for p in self.programs())

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> "Lan":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _in_own_thread(function: Callable[[], T]) -> T:
    """A namespace belongs to a thread: whoever changes it does so in a thread that ends afterwards."""
    results: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
