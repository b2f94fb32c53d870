"""A fake Swarm, the engines in front of it and real operators, all ended together."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from fake_docker import FakeDocker
from fake_swarm import FakeSwarm, Json
from netns import wait_until
from operator_process import Operator
from oracle import GROUP_LABEL, Group, differences, plan_of

SPEED = 40.0  # an operator's debouncing of a second takes 25 ms
CONVERGE_TIMEOUT = 30.0


class Bed:
    """A context manager. `engine` is the first manager's; more are made by add_engine()."""

    def __init__(self, directory: Path, nodes: int = 3, seed: int = 0, speed: float = SPEED):
        self.directory = directory
        self.speed = speed
        self.swarm = FakeSwarm(seed)
        self.engines: list[FakeDocker] = []
        self.operators: list[Operator] = []
        self._started = 0
        self.node_ids = [self.swarm.add_node(f"n{number}", f"192.168.1.{10 + number}", number == 1, {GROUP_LABEL: "web"})
                         for number in range(1, nodes + 1)]
        if not nodes:
            self.node_ids.append(self.swarm.add_node("m1", "192.168.1.10", is_manager=True))
        self.engine = self.add_engine(seed)

    def __enter__(self) -> "Bed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for operator in self.operators:
            operator.close()
        for engine in self.engines:
            engine.close()

    def add_engine(self, seed: int = 0) -> FakeDocker:
        path = self.directory / f"docker{len(self.engines) + 1}.sock"
        self.engines.append(FakeDocker(self.swarm, path, self.node_ids[0], seed))
        return self.engines[-1]

    def start(self, group: Group = Group(), engine: FakeDocker | None = None, speed: float | None = None,
              wrapper: Sequence[str] = (), **settings: str) -> Operator:
        self._started += 1
        log = self.directory / f"operator{self._started}.log"
        operator = Operator((engine or self.engine).host, log, self.speed if speed is None else speed, wrapper,
                            **(group.environment() | settings))
        self.operators.append(operator)
        return operator

    def look(self) -> None:
        for operator in self.operators:
            operator.look()

    def wait_converged(self, *groups: Group, timeout: float = CONVERGE_TIMEOUT) -> None:
        """The Swarm does what it does by itself, and the operators what they must."""
        wanted = groups or (Group(),)

        def done() -> bool:
            self.swarm.tick()
            return not differences(self.swarm, wanted)

        wait_until(done, timeout, lambda: f"the operators are done: {differences(self.swarm, wanted)}\n{self.logs()}")

    def stays_converged(self, looks: int = 3, *groups: Group) -> None:
        """However often the operators look again, nobody changes anything."""
        for _ in range(5):  # what is left over is cleared away first
            before = self.written()
            self.wait_for_looks(2)
            if self.written() == before:
                break
        self.wait_for_looks(looks)
        assert self.written() == before, f"changed again: {self.engine.changes[-3:]}\n{self.logs()}"
        assert not differences(self.swarm, groups or (Group(),))

    def wait_for_looks(self, count: int, timeout: float = 10) -> None:
        """Every operator that runs is asked to look, and does it, so many times. Needs an engine without faults."""
        for _ in range(count):
            running = sum(operator.is_running() for operator in self.operators)
            target = self.looks() + running
            self.look()
            wait_until(lambda: self.looks() >= target, timeout, lambda: f"{running} operators look\n{self.logs()}", 0.001)

    def looks(self) -> int:
        """How often somebody went through a whole look, or nearly so."""
        return sum(engine.calls["GET /secrets"] for engine in self.engines)

    def written(self) -> int:
        return sum(engine.written() for engine in self.engines)

    def service(self, group: Group = Group()) -> Json:
        found = self.swarm.service_named(group.service)
        assert found is not None, f"no service {group.service}"
        return found

    def plan(self, group: Group = Group()) -> Json:
        plan = plan_of(self.swarm, self.service(group))
        assert plan is not None
        return plan

    def priorities(self, group: Group = Group()) -> dict[str, int]:
        """By host name."""
        return {m["hostname"]: m["priority"] for m in self.plan(group)["members"]}

    def logs(self) -> str:
        parts = []
        for operator in self.operators:
            with contextlib.suppress(OSError):
                parts.append(f"--- {operator.log_path.name}\n{operator.log()[-4000:]}")
        return "\n".join(parts)
