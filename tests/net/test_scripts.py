"""Scripts that are told of a router's state: keepalived's arguments and order, and never a late advertisement."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from agent import VIP, Agent, osixia_env, start_keepalived
from cluster import Cluster
from netns import Host, wait_until

LATE = 0.5


def script(cluster: Cluster, host: Host, body: str, name: str = "notify.sh") -> Path:
    """`$LOG` is a file of its own for each host."""
    path = cluster.lan.log_dir / f"{host.name}-{name}"
    path.write_text(f"#!/bin/sh\nLOG={log_of(cluster, host)}\n{body}\n")
    path.chmod(0o755)
    return path


def log_of(cluster: Cluster, host: Host) -> Path:
    return cluster.lan.log_dir / f"{host.name}.notified"


def told(cluster: Cluster, host: Host) -> list[str]:
    path = log_of(cluster, host)
    return path.read_text().splitlines() if path.exists() else []


def wait_for_words(cluster: Cluster, host: Host, *words: str) -> None:
    wait_until(lambda: told(cluster, host) == list(words), 15,
               lambda: f"{host.name} is told {words}: {told(cluster, host)}\n{cluster.logs()}")


def start(cluster: Cluster, host: Host, **notify: Any) -> Agent:
    cluster.plan.changes = {"notify": {key: str(value) for key, value in notify.items() if key != "timeout_ms"}
                                      | {key: value for key, value in notify.items() if key == "timeout_ms"}}
    return cluster.start(host)


def test_a_life_in_the_words_of_keepalived(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    agent = start(cluster, cluster.n1, any=script(cluster, cluster.n1, 'echo "$@" >>$LOG'))
    cluster.owners.wait_for_owner(cluster.n1)
    wait_for_words(cluster, cluster.n1, "INSTANCE web BACKUP 200", "INSTANCE web MASTER 200")
    cluster.n1.run(["ip", "link", "set", "eth0", "down"])
    wait_for_words(cluster, cluster.n1, "INSTANCE web BACKUP 200", "INSTANCE web MASTER 200", "INSTANCE web FAULT 200")
    assert agent.stop() == 0
    assert told(cluster, cluster.n1)[-1] == "INSTANCE web STOP 200", "it is waited for"


def test_keepalived_itself_says_the_same(cluster: Cluster) -> None:
    """The real one beside ours, each alone in its group: what both scripts were told, line by line."""
    notify = script(cluster, cluster.n2, 'echo "$@" >>$LOG')
    conf = f"""global_defs {{ script_user root }}
vrrp_instance web {{
  interface eth0
  state BACKUP
  virtual_router_id 77
  priority 200
  virtual_ipaddress {{
    192.0.2.177
  }}
  notify "{notify}"
}}
"""
    real = start_keepalived(cluster.n2, conf)
    wait_until(lambda: told(cluster, cluster.n2)[-1:] == ["INSTANCE web MASTER 200"], 20, lambda: f"it is active: {real.log()}")
    real.stop()
    cluster.use_plan({cluster.n1: 200})
    agent = start(cluster, cluster.n1, any=script(cluster, cluster.n1, 'echo "$@" >>$LOG'))
    cluster.owners.wait_for_owner(cluster.n1)
    assert agent.stop() == 0
    assert told(cluster, cluster.n1) == told(cluster, cluster.n2)


def test_a_script_for_one_state_comes_before_the_one_for_all(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200})
    start(cluster, cluster.n1, any=script(cluster, cluster.n1, 'echo "all $3" >>$LOG'),
          active=script(cluster, cluster.n1, 'sleep 0.3; echo "active $3" >>$LOG', "active.sh"))
    wait_for_words(cluster, cluster.n1, "all BACKUP", "active MASTER", "all MASTER")


def test_they_know_the_addresses_and_may_be_a_line_of_shell(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200})
    start(cluster, cluster.n1,
          active=f'printf "%s %s %s\\n" "$SWARM_VIP_SCRIPT_VRID" "$SWARM_VIP_SCRIPT_ADDRESSES" '
                 f'"$SWARM_VIP_SCRIPT_STATE" >>{log_of(cluster, cluster.n1)}; true')
    wait_for_words(cluster, cluster.n1, f"51 {VIP}/32 MASTER")


@pytest.mark.parametrize("body", [
    "sleep 600",
    "while :; do :; done",
    "for i in 1 2 3 4 5 6 7 8; do (trap '' TERM; sleep 600) & done; sleep 600",
    "exit 3",
    "kill -9 $$",
    "yes",
    None,  # there is none
], ids=["hangs", "spins", "forks", "fails", "dies", "talks", "missing"])
def test_a_bad_script_delays_no_advertisement(cluster: Cluster, body: str | None) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=100)
    path = script(cluster, cluster.n1, body) if body else Path("/no/such/script")
    agent = start(cluster, cluster.n1, any=path, timeout_ms=1500)
    cluster.owners.wait_for_owner(cluster.n1)
    begin = time.monotonic()
    cluster.owners.stays(["n1"], 3)
    adverts = [a.time for a in cluster.wire.adverts("n1", since=begin)]
    late = max((b - a - 0.1 for a, b in zip(adverts, adverts[1:])), default=9.9)
    print(f"{len(adverts)} advertisements, the latest {late * 1000:.1f} ms late")
    assert len(adverts) >= 20 and late < 0.2, "three intervals and more would be a take-over"
    wait_until(lambda: "event=script_failed" in agent.log(), 15, lambda: f"it is said\n{agent.log()}")
    assert agent.stop() == 0


def test_what_a_script_left_running_ends_with_its_time(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200})
    mark = cluster.lan.log_dir / "mark"
    agent = start(cluster, cluster.n1, backup=script(cluster, cluster.n1, f"(sleep 601) & echo $! >{mark}; sleep 601"),
                  timeout_ms=500)
    wait_until(lambda: mark.exists() and mark.read_text().strip(), 15, "it runs")
    wait_until(lambda: "no end within 500ms" in agent.log(), 15, lambda: f"its time is up\n{agent.log()}")
    pid = int(mark.read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 10, "so is that of what it started, and nobody is a zombie")


def test_a_new_plan_and_a_crash_tell_nobody(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100})
    old = start(cluster, cluster.n1, any=script(cluster, cluster.n1, 'echo "$3" >>$LOG'))
    wait_for_words(cluster, cluster.n1, "BACKUP", "MASTER")
    old.crash()
    new = cluster.start(cluster.n1)
    wait_until(lambda: "event=took_over" in new.log(), 20, lambda: f"the new one takes over\n{new.log()}")
    assert old.stop() == 0
    assert told(cluster, cluster.n1) == ["BACKUP", "MASTER"], "the state went on"
    assert new.stop() == 0
    wait_for_words(cluster, cluster.n1, "BACKUP", "MASTER", "STOP")


def test_osixias_notify(cluster: Cluster) -> None:
    notify = script(cluster, cluster.n1, 'echo "$@" >>$LOG')
    agent = Agent(cluster.n1, env=osixia_env([cluster.n1, cluster.n2], KEEPALIVED_NOTIFY=str(notify),
                                             KEEPALIVED_PRIORITY="150"))
    cluster.owners.wait_for_owner(cluster.n1)
    assert agent.stop() == 0
    assert told(cluster, cluster.n1) == [f"INSTANCE VI_1 {state} 150" for state in ("BACKUP", "MASTER", "STOP")]
