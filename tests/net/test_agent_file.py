"""Agents with a settings file of their own: --config, or SWARM_VIP_CONFIG where the agent is asked for by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent import VIP, Agent, binary
from cluster import Cluster
from dual import VIP6, DualCluster
from netns import Host

KEY = "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"


def write(host: Host, document: Any, directory: Path) -> Path:
    path = directory / f"{host.name}.json"
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(f"// of {host.name}\n{text}")
    return path


def test_two_families_move_together_signed(dual: DualCluster, tmp_path: Path) -> None:
    key = tmp_path / "web.key"
    key.write_text(KEY)
    nodes = [dual.n1, dual.n2]

    def start(node: Host, priority: int) -> Agent:
        def router(vip: str, own: str, peers: list[str]) -> dict[str, Any]:
            return {"router_id": 51, "addresses": [vip], "priority": priority, "sync": "web", "peers": peers,
                    "source": own, "preempt_delay": "0s"}

        document = {"name": "web", "auth": {"key_file": str(key)}, "status_port": 9112,
                    "routers": [router(f"{VIP}/24", node.address, [n.address for n in nodes]),
                                router(f"{VIP6}/64", dual.address6[node.name], [dual.address6[n.name] for n in nodes])]}
        return Agent(node, ["--config", str(write(node, document, tmp_path))])

    agents = [start(dual.n1, 200), start(dual.n2, 100)]
    for vip in (VIP, VIP6):
        dual.owners.wait_for_owner(dual.n1, address=vip)
    agents[1].wait_until_it_follows()
    assert len(dual.wire.wait_for_advert(lambda a: a.host == "n1").packet) > 60, "signed"
    assert agents[0].stop() == 0
    for vip in (VIP, VIP6):
        dual.owners.wait_for_owner(dual.n2, address=vip, timeout=2)


def test_the_variable_counts_where_the_agent_is_asked_for(cluster: Cluster, tmp_path: Path) -> None:
    path = write(cluster.n1, {"routers": [{"router_id": 7, "addresses": VIP, "start_wait": "0s"}]}, tmp_path)
    program = cluster.n1.start([str(binary().with_name("swarm-vip")), "agent"], "swarm-vip",
                               {"SWARM_VIP_CONFIG": str(path), "KEEPALIVED_VIRTUAL_IPS": "192.0.2.200"})
    cluster.owners.wait_for_owner(cluster.n1)
    advert = cluster.wire.wait_for_advert(lambda a: a.host == "n1")
    assert (advert.version, advert.vrid, advert.interval, advert.destination) == (3, 7, 25, "224.0.0.18")
    assert "settings=file" in program.log()


@pytest.mark.parametrize("document, said", [
    (None, "No such file"),
    ("{", "parse error"),
    ({"routers": [{"routerid": 7, "addresses": VIP}]}, "routers[0].routerid: no such setting; did you mean router_id?"),
    ({"routers": [{"router_id": 7, "addresses": VIP, "interface": "eth9"}]},
     "routers[0].interface: 'eth9' is not an interface of this host; there are: eth0"),
    ({"routers": [{"router_id": 7, "addresses": VIP, "source": "192.0.2.99"}]},
     "routers[0].source: our own address 192.0.2.99 is not on this host"),
], ids=["missing", "broken", "unknown", "interface", "source"])
def test_what_is_refused(cluster: Cluster, tmp_path: Path, document: Any, said: str) -> None:
    path = tmp_path / "n1.json" if document is None else write(cluster.n1, document, tmp_path)
    agent = Agent(cluster.n1, ["--config", str(path)])
    assert agent.program.wait(10) == 2, agent.log()
    assert said in agent.log() and str(path) in agent.log(), agent.log()
