"""What a Swarm must look like when the operators are done, worked out from labels and settings alone.

Written from what README.md promises, not from the operator's code, and compared with what is deployed.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fake_swarm import FakeSwarm, Json
from operator_process import IMAGE

GROUP_LABEL = "keepalived_group"
MEMBERS_MAX = 253
FORMER_PLANS_MAX = 1


@dataclass(frozen=True)
class Group:
    """A group's settings as its operators have them."""

    name: str = "web"
    addresses: tuple[str, ...] = ("192.0.2.100",)
    router_id: int = 51
    priority: int = 100
    image: str = IMAGE

    @property
    def service(self) -> str:
        return f"swarm-vip-agent-{self.name}"

    def environment(self) -> dict[str, str]:
        return {"KEEPALIVED_GROUP": self.name, "KEEPALIVED_VIRTUAL_IPS": ",".join(self.addresses),
                "KEEPALIVED_ROUTER_ID": str(self.router_id), "KEEPALIVED_PRIORITY": str(self.priority),
                "SWARM_VIP_IMAGE": self.image}

    def with_addresses(self, *addresses: str) -> "Group":
        return replace(self, addresses=addresses)


@dataclass(frozen=True)
class Member:
    id: str
    hostname: str
    address: str
    wish: int
    interface: str
    created_at: str
    is_down: bool


def members(swarm: FakeSwarm, group: Group) -> list[Member]:
    """Best first: by wish, then by age."""
    found: dict[str, Member] = {}
    for node in swarm.nodes.values():
        labels = node["Spec"]["Labels"]
        address = _address(node)
        if labels.get(GROUP_LABEL, "").lower() != group.name.lower() or address is None:
            continue
        interface = labels.get("KEEPALIVED_INTERFACE", "").strip()
        member = Member(node["ID"], node["Description"]["Hostname"], address, _wish(labels, group.priority),
                        interface if len(interface) <= 15 and not set(interface) & set(" \t/") else "", node["CreatedAt"],
                        node["Status"]["State"] == "down")
        # A machine that left and joined again is two nodes with one address: the one that is not down, then the later one.
        twin = found.get(address)
        if twin is None or (not twin.is_down, twin.created_at) < (not member.is_down, member.created_at):
            found[address] = member
    return sorted(found.values(), key=lambda m: (-m.wish, m.created_at))[:MEMBERS_MAX]


def plan_of(swarm: FakeSwarm, service: Json) -> Json | None:
    """The plan that the agents of the service read."""
    refs = service["Spec"]["TaskTemplate"]["ContainerSpec"].get("Configs") or []
    for ref in refs:
        if ref["ConfigID"] in swarm.configs:
            plan: Json = json.loads(swarm.config_data(ref["ConfigID"]))
            return plan
    return None


def differences(swarm: FakeSwarm, groups: Sequence[Group]) -> list[str]:
    """What is not as it must be, in words; nothing when the operators are done."""
    with swarm.lock:
        found = [words for group in groups for words in _of_group(swarm, group)]
        ports = [plan["status_port"] for group in groups if (plan := _plan_named(swarm, group)) is not None]
        if len(set(ports)) != len(ports):
            found.append(f"status ports {ports} are not distinct")
    return found


def _of_group(swarm: FakeSwarm, group: Group) -> Iterator[str]:
    service = swarm.service_named(group.service)
    wanted = members(swarm, group)
    plans = [config for config in swarm.configs.values() if _is_ours(config["Spec"]["Labels"], "plan", group)]
    if not wanted:
        return  # whatever was deployed stays as it is: the label may have been a slip
    if service is None:
        yield f"{group.name}: no service"
        return
    yield from _of_service(swarm, group, service)
    plan = plan_of(swarm, service)
    if plan is None:
        yield f"{group.name}: the service has no plan"
        return
    yield from _of_plan(group, plan, wanted)
    former = [config["Spec"]["Name"] for config in plans if config["ID"] not in _in_use(swarm, service)]
    if len(former) > FORMER_PLANS_MAX:
        yield f"{group.name}: former plans {former} are kept"
    running = {task["NodeID"] for task in swarm.living_tasks(service["ID"]) if task["Status"]["State"] == "running"}
    missing = [m.hostname for m in wanted if _may_run(swarm.nodes[m.id]) and m.id not in running]
    if missing:
        yield f"{group.name}: no agent runs on {missing}"
    if service.get("UpdateStatus", {}).get("State", "completed") not in ("completed", "rollback_completed"):
        yield f"{group.name}: update {service['UpdateStatus']}"


def _in_use(swarm: FakeSwarm, service: Json) -> set[str]:
    """The configs of the service, of its rollback and of tasks that run for all one knows: those of a node that is down,
    too."""
    templates = [task["Spec"] for task in swarm.tasks.values()
                 if task["ServiceID"] == service["ID"] and task["Status"]["State"] in ("new", "starting", "running")]
    templates += [service[spec]["TaskTemplate"] for spec in ("Spec", "PreviousSpec") if spec in service]
    return {ref["ConfigID"] for template in templates for ref in template["ContainerSpec"].get("Configs") or []}


def _of_service(swarm: FakeSwarm, group: Group, service: Json) -> Iterator[str]:
    def check(what: str, actual: object, expected: object) -> Iterator[str]:
        if actual != expected:
            yield f"{group.name}: {what} is {actual!r}, not {expected!r}"

    spec = service["Spec"]
    template = spec["TaskTemplate"]
    container = template["ContainerSpec"]
    yield from check("mode", spec["Mode"], {"Global": {}})
    yield from check("image", container["Image"], group.image)
    yield from check("constraints", template["Placement"]["Constraints"], [f"node.labels.{GROUP_LABEL}=={group.name}",
                                                                          f"node.labels.swarm-vip.keepalived!={group.name}"])
    yield from check("network", [n["Target"] for n in template["Networks"]], [swarm.host_network])
    yield from check("capabilities", container["CapabilityAdd"], ["CAP_NET_ADMIN", "CAP_NET_RAW"])
    yield from check("update order", (spec["UpdateConfig"]["Order"], spec["UpdateConfig"]["Parallelism"],
                                      spec["UpdateConfig"]["FailureAction"]), ("start-first", 0, "rollback"))
    yield from check("labels", (spec["Labels"].get("swarm-vip.role"), spec["Labels"].get("swarm-vip.group")),
                     ("agent", group.name))
    yield from check("number of configs", len(container["Configs"]), 1)
    secrets = [swarm.secrets.get(ref["SecretID"]) for ref in container["Secrets"]]
    are_keys = [secret is not None and _is_ours(secret["Spec"]["Labels"], "key", group) for secret in secrets]
    yield from check("key", are_keys, [True])
    others = [s["Spec"]["Name"] for s in swarm.services.values()
              if _is_ours(s["Spec"]["Labels"], "agent", group) and s["ID"] != service["ID"]]
    yield from check("other services of the group", others, [])


def _of_plan(group: Group, plan: Json, wanted: Sequence[Member]) -> Iterator[str]:
    actual = {m["id"]: (m["hostname"], m["address"], m.get("interface", "")) for m in plan["members"]}
    expected = {m.id: (m.hostname, m.address, m.interface) for m in wanted}
    if actual != expected:
        yield f"{group.name}: members {sorted(actual.values())}, not {sorted(expected.values())}"
        return
    priorities = {m["id"]: m["priority"] for m in plan["members"]}
    wire = [priorities[m.id] for m in wanted]
    wishes = [m.wish for m in wanted]
    if wire != sorted(set(wire), reverse=True) or not all(2 <= value <= 254 for value in wire):
        yield f"{group.name}: priorities {wire} for the wishes {wishes}"
    exact = [(wish, value) for wish, value in zip(wishes, wire) if wishes.count(wish) == 1 and wish != value]
    if exact and (len(set(wishes)) == len(wishes) or _have_room(wishes)):
        yield f"{group.name}: priorities {wire} for the wishes {wishes}, of which some are shared by nobody"
    routers = [{"vrid": router["vrid"], "addresses": router["addresses"]} for router in plan["routers"]]
    if routers != [{"vrid": group.router_id, "addresses": [f"{address}/32" for address in group.addresses]}]:
        yield f"{group.name}: routers {routers}"
    if plan["group"] != group.name:
        yield f"{group.name}: the plan is of group {plan['group']}"


def _have_room(wishes: Sequence[int]) -> bool:
    """Whether members with the same wish can be told apart without coming near the other wishes."""
    values = sorted(set(wishes))
    count = wishes.count
    return (values[0] - count(values[0]) >= 2 and values[-1] + count(values[-1]) <= 254
            and all(b - a > count(a) + count(b) for a, b in zip(values, values[1:])))


def _plan_named(swarm: FakeSwarm, group: Group) -> Json | None:
    service = swarm.service_named(group.service)
    return None if service is None else plan_of(swarm, service)


def _is_ours(labels: Mapping[str, Any], role: str, group: Group) -> bool:
    return labels.get("swarm-vip.role") == role and str(labels.get("swarm-vip.group", "")).lower() == group.name.lower()


def _may_run(node: Json) -> bool:
    return bool(node["Status"]["State"] != "down" and node["Spec"]["Availability"] == "active")


def _wish(labels: Mapping[str, str], default: int) -> int:
    text = labels.get("KEEPALIVED_PRIORITY", "").strip()
    return int(text) if text.isdecimal() and 2 <= int(text) <= 254 else default


def _address(node: Json) -> str | None:
    """The IPv4 one of the label, else that of the manager, else that of the connection; None when there is none to be
    used. A label may give one of each family; one that is wrong leaves the node out."""
    found: dict[int, str] = {}
    for text in node["Spec"]["Labels"].get("KEEPALIVED_IP", "").replace(",", " ").split():
        address = _usable(text)
        if address is None or address.version in found:
            return None
        found[address.version] = str(address)
    manager = node.get("ManagerStatus", {}).get("Addr", "").rpartition(":")[0].strip("[]")
    swarms = _usable(manager) or _usable(node["Status"]["Addr"])
    if swarms is not None:
        found.setdefault(swarms.version, str(swarms))
    return found.get(4)


def _usable(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    bad = address.is_unspecified or address.is_loopback or address.is_multicast or text == "255.255.255.255"
    return None if bad else address
