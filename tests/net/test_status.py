"""What an agent says about itself: status, health check, the page for the operator, the log."""

import json
import signal
import socket
import time
from typing import Any

from agent import STATUS_PORT, VIP, Agent, binary, osixia_env
from cluster import Cluster
from netns import Host, wait_until


def test_status_by_command_and_by_page(cluster: Cluster) -> None:
    agents = cluster.start_all()
    status, body = agents["n1"].http_get("/status", from_host=cluster.client)
    assert status == 200
    page, command = json.loads(body), agents["n1"].status()
    for agent, router in ((page["agent"], page["routers"][0]), (command["agents"][0], command["routers"][0])):
        assert (agent["node"], agent["group"], agent["generation"]) == ("n1", "web", 1)
        assert agent["pid"] == agents["n1"].program.pid and agent["healthy"] is True and agent["version"]
        assert (router["group"], router["vrid"], router["family"], router["interface"]) == ("web", 51, "ipv4", "eth0")
        assert (router["state"], router["priority"], router["active"]) == ("active", 200, "192.0.2.11")
        assert router["addresses"] == [f"{VIP}/32"] and router["since"]
    assert agents["n2"].wait_for_state("backup")["active"] == "192.0.2.11", "a backup knows who is active"


def test_status_for_people(cluster: Cluster) -> None:
    agents = cluster.start_all()
    text = agents["n1"].command("status").stdout
    assert all(word in text for word in ("web", "51", "active", "200", VIP)), text


def test_every_discard_has_its_counter(cluster: Cluster) -> None:
    """Adverts that must not count, sent by hand from the other member's and from a stranger's address."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    known = agent.router()["counters"]
    expected = ("checksum", "ttl", "version", "vrid", "unknown_source", "zero_interval", "malformed")
    for name in (*expected, "authentication"):
        assert known[name] == 0, known
    send(cluster.n2, "3133ff01001900ff" "c0000264")  # checksum of nothing
    send(cluster.n2, v3(priority=255), ttl=64)
    send(cluster.n2, "4133ff0100190000c0000264")
    send(cluster.n2, v3(priority=255, vrid=52))
    send(cluster.n3, v3(priority=255, source="192.0.2.13"))
    send(cluster.n2, v3(priority=255, interval=0))
    send(cluster.n2, "3133")

    def seen() -> bool:
        document = agent.status()  # what cannot be decoded belongs to no router: the agent counts it
        counters = [document["agents"][0]["counters"], document["routers"][0]["counters"]]
        return all(sum(each.get(name, 0) for each in counters) >= 1 for name in expected)

    try:
        wait_until(seen, 5, "every discard is counted")
    except TimeoutError:
        raise AssertionError(agent.status()) from None
    assert agent.router()["state"] == "active", "none of them moved the address"
    cluster.owners.stays(["n1"], 1)


def test_healthcheck(cluster: Cluster) -> None:
    assert cluster.n1.run([str(binary()), "healthcheck"], check=False).returncode == 1, "no agent, no health"
    agents = cluster.start_all()
    assert agents["n1"].is_healthy() and agents["n2"].is_healthy()
    agents["n1"].program.signal(signal.SIGSTOP)
    begin = time.monotonic()
    assert agents["n1"].command("healthcheck").returncode == 1, "a frozen agent is not healthy"
    assert time.monotonic() - begin < 8, "and the question ends"
    agents["n1"].program.signal(signal.SIGCONT)


def test_a_watch_sees_agents_come_and_go(cluster: Cluster) -> None:
    """It ends with 0 when it is told to."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    watch = cluster.n1.start([str(binary()), "status", "--watch", "500ms", "--json"], "watch")

    def last() -> dict[str, Any]:
        lines = watch.log().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        return json.loads(whole[-1]) if whole else {}

    wait_until(lambda: last().get("error") == "no agent runs on this host", 15, watch.log)
    agent = cluster.start(cluster.n1)
    wait_until(lambda: [r["state"] for r in last()["routers"]] == ["active"] and "error" not in last(), 15, watch.log)
    agent.stop()
    wait_until(lambda: last()["routers"] == [], 15, watch.log)
    assert watch.stop() == 0 and "\x1b" not in watch.log()


def test_status_without_an_agent_says_so(cluster: Cluster) -> None:
    result = cluster.n1.run([str(binary()), "status"], check=False)
    assert result.returncode == 1 and result.stderr.strip(), result


def test_sigusr1_writes_the_status_to_the_log(cluster: Cluster) -> None:
    agents = cluster.start_all()
    assert "event=status" not in agents["n1"].log()
    agents["n1"].program.signal(signal.SIGUSR1)
    line = agents["n1"].program.wait_for_log(r"event=status.*").group()
    assert VIP in line and "active" in line, line
    assert agents["n1"].program.is_running()


def test_the_log_tells_each_change_of_state(cluster: Cluster) -> None:
    agents = cluster.start_all()
    agents["n1"].program.wait_for_log(r"event=state\b.*from=initialize.*to=backup")
    agents["n1"].program.wait_for_log(r"event=state\b.*from=backup.*to=active")
    cluster.n1.cut_link()
    agents["n1"].program.wait_for_log(r"event=state\b.*from=active.*to=fault")
    agents["n1"].stop()
    assert "event=state" in agents["n1"].log().splitlines()[-1] or "stop" in agents["n1"].log().splitlines()[-1]


def test_the_page_survives_rude_clients(cluster: Cluster) -> None:
    agents = cluster.start_all()
    held = cluster.client.inside(lambda: _connect_and_say_nothing(agents["n1"].host.address, 50))
    try:
        assert agents["n1"].http_get("/status", from_host=cluster.client)[0] == 200
        assert agents["n1"].http_get("/no-such-page", from_host=cluster.client)[0] == 404
        cluster.owners.stays(["n1"], 1)
        assert agents["n1"].is_healthy()
    finally:
        for connection in held:
            connection.close()


def _connect_and_say_nothing(address: str, count: int) -> list[socket.socket]:
    return [socket.create_connection((address, STATUS_PORT), timeout=5) for _ in range(count)]


def test_two_agents_with_different_groups_share_a_host() -> None:
    """Two plans on one host: other group, other VRID, other port; neither minds the other."""
    second = {"group": "db", "status_port": STATUS_PORT + 1, "routers": [{"vrid": 52, "addresses": ["192.0.2.101/32"]}]}
    with Cluster(vips=[VIP, "192.0.2.101"]) as both:
        both.start(both.n1)
        both.start(both.n2)
        both.use_plan({both.n1: 100, both.n2: 200}, changes=second)
        first_agents = dict(both.agents)
        both.start(both.n1)
        both.start(both.n2)
        both.owners.wait_for_owner(both.n1)
        both.owners.wait_for_owner(both.n2, address="192.0.2.101")
        assert first_agents["n1"].stop() == 0
        both.owners.wait_for_owner(both.n2)
        both.owners.wait_for_owner(both.n2, address="192.0.2.101")


def test_idle_agents_are_light(cluster: Cluster) -> None:
    agents = cluster.start_all()
    cluster.owners.stays(["n1"], 2)
    for agent in agents.values():
        memory = agent.memory_kb()
        print(f"{agent.host.name}: {memory} kB")
        assert sum(memory.values()) < 16 * 1024, "a leak, or a sanitizer build"
        assert memory["parent"] < 1024 or "asan" in str(binary()), "the parent does nothing and has nothing"


def test_a_standalone_agent_answers_the_status_command_too(cluster: Cluster) -> None:
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]))
    cluster.owners.wait_for_owner(cluster.n1)
    assert agent.router()["addresses"] == [f"{VIP}/32"]
    assert agent.is_healthy()


def v3(priority: int, vrid: int = 51, interval: int = 25, source: str = "192.0.2.12") -> str:
    """An advert of version 3 for the VIP, with the pseudo-header checksum, to n1."""
    body = bytes([0x31, vrid, priority, 1]) + interval.to_bytes(2, "big") + b"\0\0" + socket.inet_aton(VIP)
    pseudo = socket.inet_aton(source) + socket.inet_aton("192.0.2.11") + bytes([0, 112]) + len(body).to_bytes(2, "big")
    total = sum(int.from_bytes((pseudo + body)[i:i + 2], "big") for i in range(0, len(pseudo + body), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (body[:6] + (~total & 0xFFFF).to_bytes(2, "big") + body[8:]).hex()


def send(host: Host, message: str, ttl: int = 255) -> None:
    def body() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as raw:
            raw.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            raw.sendto(bytes.fromhex(message), ("192.0.2.11", 0))

    host.inside(body)
