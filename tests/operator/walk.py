#!/usr/bin/env python3
"""A random walk of a Swarm under its operators: labels, nodes, services, operators and faults come and go.

    tests/operator/walk.py --seed 7 --steps 10000

After every few steps the faults are lifted, and what the operators then make of the Swarm is held against the oracle.
The seed decides every move; what the operators do between two moves is up to the clock.

Two groups, `web` and `Edge`, each with up to two operators, which ask two managers. A failure names the seed and the
step.
"""

from __future__ import annotations

import argparse
import base64
import collections
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support")]

from bed import Bed  # noqa: E402
from fake_docker import FAULTS, FakeDocker, Stream  # noqa: E402
from fake_swarm import Json, Refused  # noqa: E402
from operator_process import IMAGE, Operator  # noqa: E402
from oracle import GROUP_LABEL, Group, differences, members  # noqa: E402

NODES_MAX = 14
OPERATORS_MAX = 2  # of one group
STEPS_BETWEEN_CHECKS = 10
CONVERGE_TIMEOUT = 60.0
LOOKS_TO_REST = 8
OTHER_IMAGE = "example.org/swarm-vip@sha256:" + "8" * 64


class WalkFailed(Exception):
    pass


class Walk:
    """One walk on one bed. `step()` moves, `check()` lifts the faults and compares."""

    def __init__(self, bed: Bed, seed: int):
        self.bed = bed
        self.swarm = bed.swarm
        self.seed = seed
        self.random = random.Random(seed)
        self.steps = 0
        self.counts: collections.Counter[str] = collections.Counter()
        self.groups = {"web": Group("web", ("192.0.2.100", "192.0.2.101"), 51),
                       "Edge": Group("Edge", ("192.0.2.200",), 52, priority=90)}
        self.operators: dict[str, list[Operator]] = {name: [] for name in self.groups}
        self.nodes: list[str] = [bed.node_ids[0]]
        self.engines = [bed.engine, bed.add_engine(seed + 1)]
        self._born = 0
        self._foreign: list[str] = []
        self._deployed: dict[str, dict[int, Any]] = {name: {} for name in self.groups}
        self._plans: dict[str, Any] = {}  # by the name of their config
        self._moves: list[tuple[int, Callable[[], None]]] = [
            (20, self.join_or_leave), (12, self.wish), (6, self.give_address), (5, self.give_interface),
            (6, self.add_node), (4, self.remove_node), (3, self.rejoin), (8, self.up_or_down), (6, self.availability),
            (3, self.status_address), (3, self.new_leader),
            (3, self.foreign_service), (2, self.old_operator), (2, self.delete_service), (4, self.edit_service),
            (3, self.delete_plan), (2, self.bad_updates), (2, self.stuck_updates), (1, self.pause_update),
            (5, self.start_operator), (4, self.end_operator), (2, self.change_settings), (6, self.look),
            (20, self.fault), (5, self.events), (6, self.let_time_pass)]

    def run(self, steps: int, say: Callable[[str], None] = lambda _: None) -> None:
        for name in self.groups:
            self._start(name)
        while self.steps < steps:
            self.step()
            if self.steps % STEPS_BETWEEN_CHECKS == 0 or self.steps == steps:
                self.check()
            if self.steps % 500 == 0:
                say(f"{self.steps} steps")

    def step(self) -> None:
        weights = [weight for weight, _ in self._moves]
        move = self.random.choices([move for _, move in self._moves], weights)[0]
        self.steps += 1
        self.counts[move.__name__] += 1
        move()
        if self.random.random() < 0.5:
            self.swarm.tick()
        pause = self.random.random()
        if pause < 0.3:
            time.sleep(pause / 20)  # so that moves meet operators in all stages of a look

    def check(self) -> None:
        """Faults are lifted; the operators must then make it right, and leave it alone."""
        self.heal()
        groups = list(self.groups.values())
        deadline = time.monotonic() + CONVERGE_TIMEOUT
        while True:
            self.swarm.tick()
            wrong = differences(self.swarm, groups)
            if not wrong:
                break
            if time.monotonic() > deadline:
                self._fail("; ".join(wrong))
            time.sleep(0.002)
            self._replace_ended()
        if self.steps % (10 * STEPS_BETWEEN_CHECKS) == 0:
            self._come_to_rest()
        self._judge_changes()
        if self.swarm.blunders:
            self._fail("; ".join(self.swarm.blunders))

    def _come_to_rest(self) -> None:
        """However often they look, at last nobody changes anything any more."""
        for _ in range(LOOKS_TO_REST):
            before = self.bed.written()
            self.bed.wait_for_looks(2, timeout=CONVERGE_TIMEOUT)
            self.swarm.tick()
            if self.bed.written() == before:
                return
        self._fail("the operators do not come to rest")

    def heal(self) -> None:
        for engine in self.engines:
            engine.is_manager = True
            engine.heal()
        self.swarm.trouble.is_every_update_bad = self.swarm.trouble.is_stuck = False
        for text in self._foreign:
            self.swarm.remove_service(text)
        self._foreign.clear()
        self._replace_ended()
        self.look()

    # Moves: labels.

    def join_or_leave(self) -> None:
        label = self.random.choice([None, "web", "web", "WEB", "Edge", "edge", "edge", "other"])
        self.swarm.label(self._node(), **{GROUP_LABEL: label})

    def wish(self) -> None:
        wish = self.random.choice([None, None, "100", "100", "101", "110", "2", "3", "254", "253", "0", "255", "abc",
                                   " 120 ", "-1", "", str(self.random.randint(2, 254))])
        self.swarm.label(self._node(), KEEPALIVED_PRIORITY=wish)

    def give_address(self) -> None:
        address = self.random.choice([None, None, None, f"10.9.8.{self.random.randint(1, 9)}", "fd00::7", "0.0.0.0",
                                      "127.0.0.1", "somewhere", "224.0.0.18", " 10.9.8.77 ", "fd00::8,10.9.8.78",
                                      "10.9.8.7,10.9.8.8"])
        self.swarm.label(self._node(), KEEPALIVED_IP=address)

    def give_interface(self) -> None:
        interface = self.random.choice([None, None, "eth0", "eth1", "bond0.100", "an-interface-too-long", "a b", "x/y"])
        self.swarm.label(self._node(), KEEPALIVED_INTERFACE=interface)

    # Moves: nodes.

    def add_node(self) -> None:
        if len(self.nodes) < NODES_MAX:
            self._add_node()

    def remove_node(self) -> None:
        if len(self.nodes) > 3:
            node = self.random.choice(self.nodes[1:])
            self.nodes.remove(node)
            self.swarm.remove_node(node)

    def rejoin(self) -> None:
        """A machine leaves the Swarm and joins it again: the old node stays, down, with labels and address."""
        old = self._node()
        if old == self.nodes[0] or len(self.nodes) >= NODES_MAX:
            return
        document = self.swarm.nodes[old]
        labels = dict(document["Spec"]["Labels"]) if self.random.random() < 0.5 else {}
        self.swarm.set_state(old, "down")
        hostname = document["Description"]["Hostname"]
        self.nodes.append(self.swarm.add_node(hostname, document["Status"]["Addr"], labels=labels))

    def up_or_down(self) -> None:
        self.swarm.set_state(self._node(), self.random.choice(["down", "ready", "ready", "unknown"]))

    def availability(self) -> None:
        self.swarm.set_availability(self._node(), self.random.choice(["active", "active", "drain", "pause"]))

    def status_address(self) -> None:
        node = self._node()
        address = self.random.choice(["0.0.0.0", f"192.168.7.{self.random.randint(1, 9)}", "fd00::9"])
        self.swarm.set_status_address(node, address)

    def new_leader(self) -> None:
        with self.swarm.lock:
            managers = sorted((n["CreatedAt"], n["ID"]) for n in self.swarm.nodes.values() if "ManagerStatus" in n)
        self.swarm.set_leader(self.random.choice(managers)[1])

    # Moves: what people do to services.

    def foreign_service(self) -> None:
        """One that is none of our business, in the middle of everything."""
        name = f"shop-{self.random.randint(1, 3)}"
        if self.swarm.service_named(name) is not None:
            self.swarm.remove_service(name)
        else:
            self.swarm.create_service({"Name": name, "TaskTemplate": {"ContainerSpec": {"Image": "shop:1"}},
                                       "Mode": {"Replicated": {"Replicas": 1}}})

    def old_operator(self) -> None:
        """A service of the keepalived operator for an address of ours: until it is gone nothing may be touched."""
        name = f"keepalived-node-n{self.random.randint(1, 9)}-1"
        if self.swarm.service_named(name) is None:
            group = self._group()
            addresses = ",".join(f"'{address}'" for address in group.addresses)
            environment = [f"KEEPALIVED_VIRTUAL_IPS=#PYTHON2BASH:[{addresses}]",
                           f"KEEPALIVED_ROUTER_ID={group.router_id}"]
            self._foreign.append(self.swarm.create_service(
                {"Name": name, "Mode": {"Replicated": {"Replicas": 1}},
                 "TaskTemplate": {"ContainerSpec": {"Image": "osixia/keepalived:2.0.20", "Env": environment}}}))

    def delete_service(self) -> None:
        with self._whoever_refuses():
            self.swarm.remove_service(self._group().service)

    def edit_service(self) -> None:
        """With `docker service update`: the image, a label, our own labels, the plan's mount."""
        edit = self.random.choice(["image", "label", "spec label", "no plan", "force"])
        service = self.swarm.service_named(self._group().service)
        if service is None:
            return
        spec: Json = service["Spec"]
        if edit == "image":
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = "example.org/other:1"
        elif edit == "label":
            spec["Labels"]["someone"] = str(self.steps)
        elif edit == "spec label":
            spec["Labels"]["swarm-vip.spec"] = "edited"
        elif edit == "no plan":
            spec["TaskTemplate"]["ContainerSpec"]["Configs"] = []
        else:
            spec["TaskTemplate"]["ForceUpdate"] = spec["TaskTemplate"].get("ForceUpdate", 0) + 1
        with self._whoever_refuses():
            self.swarm.update_service(service["ID"], service["Version"]["Index"], spec)

    def delete_plan(self) -> None:
        """A plan that nothing uses, removed by hand; never while its service is gone, since plans count generations."""
        group = self._group()
        with self.swarm.lock:
            service = self.swarm.service_named(group.service)
            if service is None:
                return
            before = len(self.swarm.blunders)
            plans = sorted((json.loads(self.swarm.config_data(c["ID"]))["generation"], c["Spec"]["Name"])
                           for c in self.swarm.configs.values()
                           if c["Spec"]["Labels"].get("swarm-vip.group") == group.name)
            for _, name in plans[:-1]:  # the newest one knows how far the count is
                with self._whoever_refuses():
                    self.swarm.remove_config(name)
            del self.swarm.blunders[before:]  # ours, not the operator's

    def bad_updates(self) -> None:
        self.swarm.trouble.is_every_update_bad = True

    def stuck_updates(self) -> None:
        self.swarm.trouble.is_stuck = True

    def pause_update(self) -> None:
        with self.swarm.lock:
            service = self.swarm.service_named(self._group().service)
            if service is not None:
                self.swarm.pause_update(service["ID"])

    # Moves: operators.

    def start_operator(self) -> None:
        name = self.random.choice(list(self.groups))
        if len(self.operators[name]) < OPERATORS_MAX:
            self._start(name)

    def end_operator(self) -> None:
        name = self.random.choice(list(self.groups))
        way = self.random.choice([Operator.stop, Operator.kill])
        if self.operators[name]:
            operator = self.random.choice(self.operators[name])
            if operator.is_running():
                way(operator)
            self._forget(name, operator)

    def change_settings(self) -> None:
        """All operators of a group are deployed anew, with other addresses, another default, or another image."""
        name = self.random.choice(list(self.groups))
        group = self.groups[name]
        base = "192.0.2.10" if name == "web" else "192.0.2.20"
        self.groups[name] = Group(name, tuple(f"{base}{i}" for i in range(self.random.randint(1, 4))), group.router_id,
                                  self.random.choice([90, 100, 120]), self.random.choice([IMAGE, OTHER_IMAGE]))
        for operator in list(self.operators[name]):
            operator.close()
            self._forget(name, operator)
        self._start(name)

    def look(self) -> None:
        self.bed.look()

    # Moves: faults.

    def fault(self) -> None:
        engine = self._engine()
        kinds = self.random.choice(["*", "GET *", "GET *", "POST *", "POST *", "POST /services/*", "DELETE *",
                                    "GET /nodes", "GET /services", "GET /configs", "GET /tasks", "GET /version"])
        name = self.random.choice([name for name in FAULTS if name != "huge" or self.random.random() < 0.02])
        times = self.random.choice([1, 1, 2, 3, 10, None])
        engine.faults.next(kinds, name, times, self.random.choice([1.0, 1.0, 0.5, 0.2]))

    def events(self) -> None:
        engine = self._engine()
        what = self.random.choice(["drop", "replay", *Stream])
        if what == "drop":
            engine.drop_streams()
        elif what == "replay":
            engine.replay_events()
        else:
            assert isinstance(what, Stream)
            engine.set_stream(what)
            engine.is_manager = engine.is_manager and self.random.random() < 0.8

    def let_time_pass(self) -> None:
        time.sleep(self.random.random() * 0.05)
        for _ in range(self.random.randint(0, 4)):
            self.swarm.tick()

    # Parts.

    def _node(self) -> str:
        return self.random.choice(self.nodes)

    def _group(self) -> Group:
        return self.groups[self.random.choice(list(self.groups))]

    def _engine(self) -> FakeDocker:
        return self.random.choice(self.engines)

    def _add_node(self) -> None:
        self._born += 1
        is_manager = self.random.random() < 0.3
        labels = {GROUP_LABEL: self.random.choice(["web", "edge"])} if self.random.random() < 0.6 else {}
        address = f"192.168.1.{10 + self._born % 200}"
        self.nodes.append(self.swarm.add_node(f"n{self._born}", address, is_manager, labels))

    def _start(self, name: str) -> None:
        operator = self.bed.start(self.groups[name], self._engine(), SWARM_VIP_RESYNC="1s")
        self.operators[name].append(operator)

    def _replace_ended(self) -> None:
        """As the Swarm would. Only one thing may end an operator by itself."""
        for name, operators in self.operators.items():
            for operator in [operator for operator in operators if not operator.is_running()]:
                if "this node is not a Swarm manager" not in operator.log():
                    self._fail(f"an operator ended: {operator.log()[-2000:]}")
                self._forget(name, operator)
            if not operators:
                self._start(name)

    def _forget(self, name: str, operator: Operator) -> None:
        self.operators[name].remove(operator)
        self.bed.operators.remove(operator)
        operator.log_path.unlink()

    def _whoever_refuses(self) -> "_Tolerant":
        return _Tolerant()

    def _judge_changes(self) -> None:
        """Agents tell the newer plan by its generation, so no two plans may be deployed under the same."""
        with self.swarm.lock:
            fresh = [change for engine in self.engines for change in engine.changes]
            for engine in self.engines:
                engine.changes.clear()
        for kind, body in fresh:
            if kind == "POST /configs/create":
                self._plans[body["Name"]] = json.loads(base64.b64decode(body["Data"]))
        for kind, body in fresh:
            if not kind.startswith("POST /services/"):
                continue
            plan = self._plans[_plan_names(body)[0]]
            if self._deployed[plan["group"]].setdefault(plan["generation"], plan) != plan:
                self._fail(f"two plans of generation {plan['generation']} were deployed")

    def _fail(self, words: str) -> None:
        names = ", ".join(f"{count} {name}" for name, count in self.counts.most_common())
        raise WalkFailed(f"seed {self.seed}, step {self.steps}: {words}\nmoves so far: {names}\n{self._state()}\n"
                         f"{self.bed.logs()}")

    def _state(self) -> str:
        lines = []
        for group in self.groups.values():
            service = self.swarm.service_named(group.service) or {}
            plans = sorted((c["CreatedAt"], c["Spec"]["Name"]) for c in self.swarm.configs.values()
                           if c["Spec"]["Labels"].get("swarm-vip.group") == group.name)
            lines.append(f"{group.service}: update {service.get('UpdateStatus')}, plans {plans}, "
                         f"members {[m.hostname for m in members(self.swarm, group)]}, "
                         f"uses {_plan_names(service.get('Spec'))}, used {_plan_names(service.get('PreviousSpec'))}")
            if service:
                lines += [f"  task on {t['NodeID']}: {t['Status']['State']}, {t['DesiredState']}, "
                          f"reads {_plan_names({'TaskTemplate': t['Spec']})}"
                          for t in self.swarm.tasks.values() if t["ServiceID"] == service["ID"]]
        return "\n".join(lines)


class _Tolerant:
    """The Swarm may refuse a person, too."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, Refused)


def _plan_names(spec: Mapping[str, Any] | None) -> list[str]:
    container = (spec or {}).get("TaskTemplate", {}).get("ContainerSpec", {})
    return [ref["ConfigName"] for ref in container.get("Configs") or []]


def walk(directory: Path, seed: int, steps: int, say: Callable[[str], None] = lambda _: None) -> Mapping[str, int]:
    """Walks; raises WalkFailed. Returns how often what was done and seen."""
    with Bed(directory, nodes=0, seed=seed) as bed:
        course = Walk(bed, seed)
        course.run(steps, say)
        met: collections.Counter[str] = collections.Counter()
        for engine in bed.engines:
            met.update({f"fault {name}": count for name, count in engine.faults.met.items()})
        calls = sum(engine.total() for engine in bed.engines)
        return course.counts | met | collections.Counter({"requests": calls, "changes": bed.written()})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="a folder for sockets and logs")
    arguments = parser.parse_args()
    start = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - start:7.1f} s: {words}", flush=True)

    with tempfile.TemporaryDirectory(prefix="walk-") as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            counts = walk(folder, arguments.seed, arguments.steps, say)
        except WalkFailed as failure:
            print(failure)
            return 1
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(u.ru_utime + u.ru_stime for u in usage)
    say(f"seed {arguments.seed}: {arguments.steps} steps, always right in the end; {processor:.0f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
