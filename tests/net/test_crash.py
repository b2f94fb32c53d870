"""The agent's worker dies and its parent starts another one: the address stays, and nobody notices."""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path

import pytest

from agent import VIP, Agent, osixia_env
from cluster import Cluster
from dual import ROUTER4, ROUTER6, VIP6, DualCluster, wait_for_states
from forge import Advert, Forger
from netns import wait_until

LATE = 0.5  # a busy machine
LEASE_LATE = 0.5
RESTART = 0.1  # within which a worker goes on
SIGNALS = [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def longest_pause(cluster: Cluster, host: str, since: float) -> float:
    """Between two advertisements of a host, seconds; the last one counts from the one before `since`."""
    times = [a.time for a in cluster.wire.adverts(host) if a.time > since - 2 * cluster.plan.interval]
    return max(later - earlier for earlier, later in zip(times, times[1:]))


@pytest.mark.parametrize("interval_ms", [100, 250, 1000])
def test_the_active_one_crashes_and_nobody_notices(cluster: Cluster, interval_ms: int) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=interval_ms)
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    before = agents["n1"].router()
    begin = time.monotonic()
    with cluster.ping() as ping:
        took = [agents["n1"].crash(number) for number in SIGNALS]
        cluster.owners.stays(["n1"], 4 * cluster.plan.interval)
        report = ping.report()
    pause = longest_pause(cluster, "n1", begin)
    print(f"{report}; goes on after {', '.join(f'{s * 1000:.0f}' for s in took)} ms; "
          f"longest pause between advertisements {pause * 1000:.0f} ms")
    assert report.lost == 0
    assert not cluster.owners.changes(begin), cluster.owners
    assert not cluster.wire.adverts("n2", begin)
    assert {a.priority for a in cluster.wire.adverts("n1", begin)} == {200}
    assert max(took) <= RESTART + LATE and pause < 2 * cluster.plan.interval
    log = agents["n1"].log()
    after_begin = log[log.index("event=resumed"):]
    assert "event=state" not in after_begin, log
    for number in SIGNALS:
        assert f"event=resumed group=web cause={number.name}" in log
    after = agents["n1"].router()
    assert (after["state"], after["since"]) == ("active", before["since"])
    assert agents["n1"].status()["agents"][0]["restarts"] == len(SIGNALS)
    assert agents["n1"].is_healthy()


def test_a_backup_crashes_and_still_takes_over(cluster: Cluster) -> None:
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    for number in SIGNALS:
        agents["n2"].crash(number)
    cluster.owners.stays(["n1"], 2 * cluster.plan.down(cluster.n2))
    assert not cluster.owners.changes(begin) and not cluster.wire.adverts("n2", begin)
    assert agents["n2"].router()["active"] == cluster.n1.address, "it remembers whom it follows"
    with cluster.ping() as ping:
        cluster.n1.cut_link()
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.down(cluster.n2) + LATE)
        print(ping.report())


def test_active_and_backup_crash_together(cluster: Cluster) -> None:
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    with cluster.ping() as ping:
        workers = [agent.worker for agent in agents.values()]
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        for agent in agents.values():
            agent.program.wait_for_log("event=resumed")
        cluster.owners.stays(["n1"], 2)
        assert ping.report().lost == 0
    assert not cluster.owners.changes(begin)


def test_at_10_ms_the_others_may_be_quicker(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=10)
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    with cluster.ping() as ping:
        begin = time.monotonic()
        agents["n1"].crash()
        agents["n1"].wait_for_state("active")
        agents["n2"].wait_for_state("backup")
        report = ping.report()
    several = cluster.owners.longest_with_several(begin)
    print(f"{report}; two owners for {several * 1000:.0f} ms")
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + LATE
    assert several <= RESTART + LATE


def test_what_arrives_between_two_lives_is_heard(cluster: Cluster) -> None:
    """P11: it is active by what it remembers, and has lost by what waits in its queue."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 250}, interval_ms=1000)
    agent = cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    os.kill(agent.worker, signal.SIGSTOP)
    with Forger(cluster.client) as forger:
        forger.advert(cluster.n1, cluster.n2.address, cluster.n1.address, Advert(priority=250, interval=100))
    begin = time.monotonic()
    agent.crash()
    agent.program.wait_for_log("event=resumed .*was_active=1 is_active=1(.|\n)*"
                               "from=active to=backup cause=higher_priority peer=192.0.2.12")
    cluster.owners.wait_for([], timeout=1)
    assert len(cluster.wire.adverts("n1", begin)) <= 1, "a last word to the winner"


def test_signed_advertisements_go_on(cluster: Cluster) -> None:
    """P5: the numbers go on above those of the life before, and so do the marks of what was heard."""
    key = cluster.lan.log_dir / "key"
    key.write_text(secrets.token_hex(32) + "\n")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    begin = time.monotonic()
    with cluster.ping() as ping:
        agents["n1"].crash()
        agents["n2"].crash()
        cluster.owners.stays(["n1"], 2)
        assert ping.report().lost == 0
    assert not cluster.owners.changes(begin) and not cluster.wire.adverts("n2", begin)
    for agent in agents.values():
        counters = agent.router()["counters"]
        assert counters["authentication"] == 0, counters
        assert counters["replay"] <= 2, f"beyond an answer to what the life before had asked: {counters}"


@pytest.mark.parametrize("changes", [{}, {"transport": "multicast"}, {"virtual_mac": True}],
                         ids=["unicast", "multicast", "virtual-mac"])
def test_both_families_go_on(dual: DualCluster, changes: dict[str, object]) -> None:
    dual.use_routers({dual.n1: 200, dual.n2: 100}, [ROUTER4, ROUTER6], changes)
    agents = dual.start_all()
    for name, state in (("n1", "active"), ("n2", "backup")):
        wait_for_states(agents[name], state)
    links = dual.n1.ip("link show")
    begin = time.monotonic()
    with dual.ping() as ping, dual.ping(target=VIP6) as ping6:
        agents["n1"].crash()
        agents["n2"].crash()
        for address in (VIP, VIP6):
            dual.owners.stays(["n1"], 1.5, address)
        reports = ping.report(), ping6.report()
    print(*reports, sep="\n")
    assert [report.lost for report in reports] == [0, 0]
    assert not dual.owners.changes(begin), dual.owners
    assert not dual.wire.adverts("n2", begin)
    assert dual.n1.ip("link show") == links, "the same interfaces, each with its index"
    assert agents["n1"].stop() == 0
    dual.wait_for_owner_of_all(dual.n2)
    assert "vip4-" not in dual.n1.ip("link show"), "what was taken over goes in the end"


def test_repeated_crashes_end_in_order(cluster: Cluster) -> None:
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    with cluster.ping() as ping:
        for _ in range(4):
            agents["n1"].crash()
        begin = time.monotonic()
        os.kill(agents["n1"].worker, signal.SIGKILL)
        assert agents["n1"].program.wait() == 1
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.skew(cluster.n2) + LATE)
        cluster.owners.stays(["n2"], 1)
        report = ping.report()
    farewell = cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 0, timeout=1, since=begin)
    gone = next(c.time for c in cluster.owners.changes(begin) if c.host == "n1")
    print(f"{report}; priority 0 after {(farewell.time - begin) * 1000:.0f} ms, "
          f"the address is gone after {(gone - begin) * 1000:.0f} ms")
    assert gone - begin <= RESTART + LATE, "by itself the lease would end much later"
    assert VIP not in cluster.n1.addresses()
    assert "event=crashed_too_often" in agents["n1"].log()


def test_a_worker_that_dies_while_it_leaves_is_replaced_to_leave(cluster: Cluster) -> None:
    """P11: the polite leave is made, whoever is left to make it."""
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    worker = agents["n1"].worker
    os.kill(worker, signal.SIGSTOP)  # it never hears the SIGTERM
    begin = time.monotonic()
    agents["n1"].program.signal(signal.SIGTERM)
    wait_until(lambda: signal.SIGRTMIN in pending(worker), 5, "the parent relays it")
    os.kill(worker, signal.SIGKILL)
    assert agents["n1"].program.wait() == 1
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.skew(cluster.n2) + LATE)
    cluster.wire.wait_for_advert(lambda a: a.host == "n1" and a.priority == 0, timeout=1, since=begin)


def pending(pid: int) -> set[int]:
    line = next(l for l in Path(f"/proc/{pid}/status").read_text().splitlines() if l.startswith("ShdPnd"))
    return {bit + 1 for bit in range(64) if int(line.split()[1], 16) >> bit & 1}


def test_the_parent_dies_and_takes_the_worker_along(cluster: Cluster) -> None:
    """Silently: nobody is left to say a word, and the lease ends it."""
    agents = cluster.start_all()
    worker = agents["n1"].worker
    begin = time.monotonic()
    os.kill(agents["n1"].program.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(worker), 5, "the worker is gone")
    cluster.owners.wait_for(["n1", "n2"], timeout=cluster.plan.down(cluster.n2) + LATE)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + LEASE_LATE + LATE)
    assert all(a.priority != 0 for a in cluster.wire.adverts("n1", begin))


def test_a_hung_worker_is_replaced_after_its_lease(cluster: Cluster) -> None:
    """P12."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt=False)
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    second = cluster.start(cluster.n2)
    wait_until(lambda: second.wait_for_state("backup")["active"] == cluster.n1.address, 5, "n2 follows n1")
    agent, begin = cluster.agents["n1"], time.monotonic()
    worker = agent.worker
    os.kill(worker, signal.SIGSTOP)
    agent.program.wait_for_log("event=resumed group=web cause=hung", timeout=1.5 * cluster.plan.lease_max + LATE)
    hung = time.monotonic() - begin
    print(f"replaced {hung:.1f} s after it was stopped, with a lease of {cluster.plan.lease_max:.0f} s")
    assert hung >= cluster.plan.lease_max - cluster.plan.interval
    assert not is_alive(worker)
    agent.wait_for_state("backup")
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.owners.stays(["n2"], 2)  # without preempt it has no business to take the address back
    assert cluster.owners.longest_with_several(begin) <= cluster.plan.lease_max + LEASE_LATE


def test_a_paused_container_is_no_hung_worker(cluster: Cluster) -> None:
    agents = cluster.start_all()
    worker = agents["n1"].worker
    agents["n1"].program.signal(signal.SIGSTOP)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + LEASE_LATE + LATE)
    cluster.owners.stays(["n2"], 2)  # altogether for longer than the lease
    agents["n1"].program.signal(signal.SIGCONT)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], 1.5 * cluster.plan.lease_max)
    assert agents["n1"].worker == worker
    assert agents["n1"].status()["agents"][0]["restarts"] == 0


def test_wrong_settings_are_said_once(cluster: Cluster) -> None:
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1], KEEPALIVED_PRIORITY="abc"))
    assert agent.program.wait() == 2
    assert agent.log().count("KEEPALIVED_PRIORITY") == 1, agent.log()


def test_urgency_is_a_setting(cluster: Cluster) -> None:
    """P29: what is allowed depends on the machine and is said; off is off, and neither can be inherited."""
    policies = {}
    for wish in ("off", "auto"):
        agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], SWARM_VIP_REALTIME=wish))
        agent.wait_for_state("active")
        said = agent.status()["agents"][0]
        policies[wish] = os.sched_getscheduler(agent.worker)
        print(wish, {key: said[key] for key in ("realtime", "memory_locked")}, agent.memory_kb())
        assert said["realtime"] == (policies[wish] & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR)
        assert os.sched_getscheduler(agent.program.pid) == os.SCHED_OTHER
        locked = next(l for l in Path(f"/proc/{agent.worker}/status").read_text().splitlines() if "VmLck" in l)
        assert said["memory_locked"] == (int(locked.split()[1]) > 0), locked
        assert agent.stop() == 0
    assert policies["off"] == os.SCHED_OTHER
    refused = Agent(cluster.n1, env=osixia_env([cluster.n1], SWARM_VIP_REALTIME="perhaps"))
    assert refused.program.wait() == 2
    assert "SWARM_VIP_REALTIME: 'perhaps' is not allowed; auto or off" in refused.log()
