"""SIGHUP: an agent with a settings file of its own takes what the file says now, and nobody notices the change."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent import VIP, Agent
from cluster import Cluster
from netns import Host, wait_until

OTHER = "192.0.2.101"
FURTHER = "192.0.2.102"
INTERVAL = 0.25
DOWN = 4 * INTERVAL  # at most
Document = dict[str, Any]


class Pair:
    """Agents on n1, the better one, and n2, each with its file."""

    def __init__(self, cluster: Cluster, directory: Path, **changes: Any):
        self.cluster, self.directory, self.agents = cluster, directory, {}
        for host, priority in ((cluster.n1, 200), (cluster.n2, 100)):
            self.write(host, lambda document, priority=priority: document["routers"][0].update(changes, priority=priority),
                       self._document())
            self.agents[host.name] = Agent(host, ["--config", str(self.path(host))])
        cluster.owners.wait_for_owner(cluster.n1)
        self.agents["n2"].wait_until_it_follows()

    def path(self, host: Host) -> Path:
        return self.directory / f"{host.name}.json"

    def write(self, host: Host, change: Callable[[Document], object], document: Document | None = None) -> None:
        document = document or json.loads(self.path(host).read_text())
        change(document)
        self.path(host).write_text(json.dumps(document))

    def reload(self, host: Host) -> None:
        """Returns when the agent goes on by the new settings."""
        agent = self.agents[host.name]
        known = agent.log().count("event=reloaded")
        agent.program.signal(signal.SIGHUP)
        wait_until(lambda: agent.log().count("event=reloaded") > known, 10, agent.log, interval=0.005)

    def _document(self) -> Document:
        peers = [self.cluster.n1.address, self.cluster.n2.address]
        return {"routers": [self.router(51, VIP, peers)]}

    def router(self, vrid: int, address: str, peers: list[str], **more: Any) -> Document:
        return {"router_id": vrid, "addresses": [f"{address}/24"], "peers": peers, "advert_interval": "250ms",
                "start_wait": "0s", "preempt_delay": "0s"} | more


def test_the_holder_gets_another_priority_and_nobody_notices(cluster: Cluster, tmp_path: Path) -> None:
    pair = Pair(cluster, tmp_path)
    agent = pair.agents["n1"]
    before, begin = agent.router(), time.monotonic()
    parent = agent.program.pid
    with cluster.ping() as ping:
        for priority in (190, 180, 170, 160, 150, 140):  # more often than it may crash in a minute
            pair.write(cluster.n1, lambda document: document["routers"][0].update(priority=priority))
            pair.reload(cluster.n1)
            cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == priority, since=begin)
        report = ping.report()
    times = [a.time for a in cluster.wire.adverts("n1", begin - 2 * INTERVAL)]
    pause = max(later - earlier for earlier, later in zip(times, times[1:]))
    print(f"{report}; longest pause between advertisements {pause * 1000:.0f} ms")
    assert report.lost == 0 and not cluster.owners.changes(begin)
    assert not cluster.wire.adverts("n2", begin)
    assert pause < 2 * INTERVAL
    after = agent.router()
    assert (after["state"], after["since"], after["priority"]) == ("active", before["since"], 140)
    assert agent.program.pid == parent and agent.status()["agents"][0]["restarts"] == 0
    assert "event=resumed" not in agent.log() and agent.is_healthy()


def test_addresses_and_routers_come_and_go(cluster: Cluster, tmp_path: Path) -> None:
    pair = Pair(cluster, tmp_path)
    peers = [cluster.n1.address, cluster.n2.address]

    def more(document: Document) -> None:
        own = document["routers"][0]
        own["addresses"].append(f"{FURTHER}/24")
        document["routers"].insert(0, pair.router(52, OTHER, peers, priority=own["priority"]))

    begin = time.monotonic()
    with cluster.ping() as ping:
        for host in (cluster.n2, cluster.n1):  # the backup first: it may not claim what nobody speaks for yet for long
            pair.write(host, more)
            pair.reload(host)
        wait_until(lambda: all(address in cluster.n1.ip("address show dev eth0") for address in (OTHER, FURTHER)), 10,
                   cluster.logs)
        wait_until(lambda: OTHER not in cluster.n2.ip("address show dev eth0"), 10, cluster.logs)
        states = {router["vrid"]: router["state"] for router in pair.agents["n1"].status()["routers"]}
        assert states == {51: "active", 52: "active"}
        # And 52 goes again on its holder: it says so, and the other one follows at once.
        left = time.monotonic()
        pair.write(cluster.n1, lambda document: document["routers"].pop(0))
        pair.reload(cluster.n1)
        wait_until(lambda: OTHER in cluster.n2.ip("address show dev eth0"), 10, cluster.logs)
        took = time.monotonic() - left
        assert OTHER not in cluster.n1.ip("address show dev eth0")
        assert any(a.host == "n1" and a.vrid == 52 and a.priority == 0 for a in cluster.wire.adverts(since=left))
        report = ping.report()
    print(f"{report}; a router that is gone from the settings is followed after {took * 1000:.0f} ms")
    assert report.lost == 0 and not cluster.owners.changes(begin), "the router that stays has not moved"
    assert [router["vrid"] for router in pair.agents["n1"].status()["routers"]] == [51]


@pytest.mark.parametrize("change, words", [
    (lambda document: document["routers"][0].update(priority=300), "routers[0].priority: '300' is not allowed"),
    (lambda document: document["routers"][0].update(interface="eth7"), "interface"),
    (lambda document: document["routers"][0].update(source="192.0.2.77"), "source"),
    (lambda document: document.update(name="other"), "name: 'other' is not allowed; 'vip', as at the start"),
    (lambda document: document.update(colour="red"), "colour"),
])
def test_what_is_wrong_with_the_file_changes_nothing(cluster: Cluster, tmp_path: Path,
                                                     change: Callable[[Document], object], words: str) -> None:
    pair = Pair(cluster, tmp_path)
    agent, begin = pair.agents["n1"], time.monotonic()
    worker = agent.worker
    pair.write(cluster.n1, change)
    agent.program.signal(signal.SIGHUP)
    line = agent.program.wait_for_log("event=reload .*refused.*").group(0)
    assert words in line and str(pair.path(cluster.n1)) in line, line
    assert agent.worker == worker and agent.router()["priority"] == 200
    # Not even a crash makes it read the file that it has refused.
    agent.crash()
    cluster.owners.stays(["n1"], 2 * INTERVAL)
    assert agent.router()["priority"] == 200 and not cluster.owners.changes(begin)


def test_a_file_that_is_gone_or_no_json_changes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    pair = Pair(cluster, tmp_path)
    agent, begin = pair.agents["n1"], time.monotonic()
    for number, spoil in enumerate((lambda path: path.write_text("{"), lambda path: path.unlink()), 1):
        spoil(pair.path(cluster.n1))
        agent.program.signal(signal.SIGHUP)
        wait_until(lambda: agent.log().count("result=\"refused") == number, 10, agent.log)
    cluster.owners.stays(["n1"], DOWN)
    assert not cluster.owners.changes(begin) and agent.is_healthy()


def test_the_virtual_mac_stays_up_and_can_be_given_up(cluster: Cluster, tmp_path: Path) -> None:
    pair = Pair(cluster, tmp_path, virtual_mac=True)
    begin = time.monotonic()
    with cluster.ping() as ping:
        pair.write(cluster.n1, lambda document: document["routers"][0].update(priority=190))
        pair.reload(cluster.n1)
        cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 190, since=begin)
        assert ping.report().lost == 0
    assert not cluster.owners.changes(begin)
    assert "macvlan" in cluster.n1.run(["ip", "-d", "link", "show"]).stdout
    pair.write(cluster.n1, lambda document: document["routers"][0].update(virtual_mac=False))
    pair.reload(cluster.n1)
    wait_until(lambda: VIP in cluster.n1.ip("address show dev eth0"), 10, cluster.logs)
    assert "macvlan" not in cluster.n1.run(["ip", "-d", "link", "show"]).stdout


def test_who_is_stopped_meanwhile_leaves(cluster: Cluster, tmp_path: Path) -> None:
    pair = Pair(cluster, tmp_path)
    agent = pair.agents["n1"]
    for _ in range(3):
        agent.program.signal(signal.SIGHUP)
    assert agent.stop() in (0, 1)
    cluster.owners.wait_for_owner(cluster.n2)
    assert VIP not in cluster.n1.ip("address show dev eth0")


def test_an_agent_without_a_file_says_that_there_is_nothing_to_do(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    agents = cluster.start_all()
    begin = time.monotonic()
    agents["n1"].program.signal(signal.SIGHUP)
    agents["n1"].program.wait_for_log("event=reload .*nothing to do")
    cluster.owners.stays(["n1"], DOWN)
    assert not cluster.owners.changes(begin)
