"""Checks of what a host serves: who fails them leaves politely, and time, weight and flapping are as said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import VIP, Agent
from cluster import Cluster
from netns import Host, Program, wait_until

LATE = 0.5
SETTLE = 0.3

# A service that does as its file says: `ok`, `refuse`, `hang`, or a status such as `503`.
SERVICE = """
import http.server, pathlib, socketserver, sys, time
mode = pathlib.Path(sys.argv[1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        word = mode.read_text()
        if word == "hang":
            time.sleep(60)
        self.send_response(int(word) if word.isdigit() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
Server(("0.0.0.0", int(sys.argv[2])), Handler).serve_forever()
"""
PORT = 8080


class Service:
    def __init__(self, host: Host):
        self.host = host
        self.mode = host.lan.log_dir / f"service-{host.name}"
        self.say("ok")
        self.start()

    def say(self, word: str) -> None:
        fresh = self.mode.with_suffix(".new")
        fresh.write_text(word)
        fresh.rename(self.mode)

    def start(self) -> None:
        self.program: Program = self.host.start([sys.executable, "-c", SERVICE, str(self.mode), str(PORT)], "service")

    def kill(self) -> None:
        self.program.kill()


@pytest.fixture
def serve() -> Iterator[Callable[[Host], Service]]:
    services: list[Service] = []

    def make(host: Host) -> Service:
        services.append(Service(host))
        return services[-1]

    yield make
    for service in services:
        service.kill()


def check(kind: str, **changes: Any) -> dict[str, Any]:
    return {"name": "web", "kind": kind, "interval_ms": 200, "timeout_ms": 150, "rise": 2, "fall": 2} | changes


KINDS = [check("listening", port=PORT), check("tcp", address="127.0.0.1", port=PORT), check("http", port=PORT),
         check("script", script=f"wget -q -T 1 -O /dev/null http://127.0.0.1:{PORT}/ || exit 1")]


def start_pair(cluster: Cluster, serve: Callable[[Host], Service], *checks: dict[str, Any],
               **changes: Any) -> dict[str, Service]:
    """Both serve, n1 holds the address."""
    services = {host.name: serve(host) for host in (cluster.n1, cluster.n2)}
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"checks": list(checks)} | changes)
    cluster.start_all()
    return services


def result_of(agent: Agent) -> str:
    [check_] = agent.status()["agents"][0]["checks"]
    return str(check_["result"])


def wait_for_results(agent: Agent, count: int) -> None:
    """So many more results of its only check, good or bad."""
    def results() -> int:
        [check_] = agent.status()["agents"][0]["checks"]
        return int(check_["counters"]["results"])

    target = results() + count
    wait_until(lambda: results() >= target, 20, lambda: f"{count} more results\n{agent.log()}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k["kind"])
def test_a_service_that_dies_takes_its_address_to_the_other_and_back(cluster: Cluster, serve: Callable[[Host], Service],
                                                                     kind: dict[str, Any]) -> None:
    services = start_pair(cluster, serve, kind)
    with cluster.ping() as ping:
        begin = time.monotonic()
        services["n1"].kill()
        cluster.owners.wait_for_owner(cluster.n2)
        moved = time.monotonic() - begin
        router = cluster.agents["n1"].wait_for_state("fault")
        services["n1"].start()
        cluster.owners.wait_for_owner(cluster.n1)
        report = ping.report()
    print(f"{kind['kind']}: {report}; {moved * 1000:.0f} ms from the failure to the hand-over, "
          f"two owners for {cluster.owners.longest_with_several(begin) * 1000:.0f} ms")
    assert (router["trouble"], router["reason"].split(":")[0]) == ("check_failed", "web"), router
    # Two bad results, each as late as its timeout, the first one just after a good one; then a polite leave.
    assert moved <= 2 * (0.2 + 0.15) + cluster.plan.skew(cluster.n2) + LATE
    assert report.lost == 0, "who leaves keeps the address until the other one has it"
    assert cluster.owners.longest_with_none(begin) == 0
    assert result_of(cluster.agents["n1"]) == "passes"


def test_what_needs_tls_or_a_resolver_is_asked_by_the_probe(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    """`localhost` is a name; that its certificate is none is seen by who asks over TLS."""
    services = start_pair(cluster, serve, check("http", url=f"http://localhost:{PORT}/", interval_ms=1000, timeout_ms=900))
    services["n1"].say("503")
    cluster.owners.wait_for_owner(cluster.n2)
    assert cluster.agents["n1"].wait_for_state("fault")["reason"] == "web: exit status 1: status 503"


def test_a_bad_certificate_is_no_answer(cluster: Cluster, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nobody",
                    "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    server = cluster.n1.start(["openssl", "s_server", "-accept", "8443", "-cert", str(cert), "-key", str(key), "-www", "-quiet"],
                              "tls")
    cluster.use_plan({cluster.n1: 200}, changes={"checks": [check("http", url="https://127.0.0.1:8443/", interval_ms=1000,
                                                                  timeout_ms=900)]})
    agent = cluster.start(cluster.n1)
    reason = agent.wait_for_state("fault")["reason"]
    wait_until(lambda: "certificate" in agent.router()["reason"], 15, lambda: f"it says why: {reason}\n{agent.log()}")
    server.kill()


@pytest.mark.parametrize("word", ["hang", "503"])
def test_a_service_that_hangs_or_answers_wrongly_has_failed(cluster: Cluster, serve: Callable[[Host], Service],
                                                            word: str) -> None:
    services = start_pair(cluster, serve, check("http", port=PORT))
    begin = time.monotonic()
    services["n1"].say(word)
    cluster.owners.wait_for_owner(cluster.n2)
    moved = time.monotonic() - begin
    reason = cluster.agents["n1"].wait_for_state("fault")["reason"]
    print(f"{word}: {moved * 1000:.0f} ms from the failure to the hand-over: {reason}")
    assert reason == {"hang": "web: no answer within 150ms", "503": "web: status 503"}[word]
    assert moved <= 2 * (0.2 + 0.15) + cluster.plan.skew(cluster.n2) + LATE


def test_one_bad_answer_moves_nothing(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    """At the threshold: bad, good, bad, good, for ever."""
    services = start_pair(cluster, serve, check("http", port=PORT, fall=3, rise=3))
    agent = cluster.agents["n1"]

    def bad() -> int:
        return int(agent.status()["agents"][0]["checks"][0]["counters"]["bad"])

    begin = time.monotonic()
    for _ in range(4):
        known = bad()
        services["n1"].say("500")
        wait_until(lambda: bad() > known, 10, "one answer was bad", 0.01)
        services["n1"].say("ok")
        wait_for_results(agent, 3)
    assert not cluster.owners.changes(begin)
    assert agent.router()["state"] == "active" and result_of(agent) == "passes"


def test_with_a_weight_the_better_node_wins(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    services = start_pair(cluster, serve, check("tcp", address="127.0.0.1", port=PORT, weight=-120))
    with cluster.ping() as ping:
        begin = time.monotonic()
        services["n1"].kill()
        cluster.owners.wait_for_owner(cluster.n2)
        wait_until(lambda: cluster.agents["n1"].router()["state"] == "backup", 10, "n1 is the second best")
        assert cluster.agents["n1"].router()["priority"] == 80
        # Where the other one fails, too, the order is the old one again.
        services["n2"].kill()
        cluster.owners.wait_for_owner(cluster.n1)
        assert cluster.agents["n2"].wait_for_state("backup")["priority"] == 1, "100 less 120 stays above 0"
        report = ping.report()
    assert report.lost == 0, report
    assert cluster.owners.longest_with_none(begin) == 0


def test_where_the_check_fails_at_the_start_the_address_is_never_taken(cluster: Cluster,
                                                                       serve: Callable[[Host], Service]) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"checks": [check("listening", port=PORT)]})
    serve(cluster.n2)
    for host in cluster.plan.members:
        cluster.start(host)
    cluster.owners.wait_for_owner(cluster.n2)
    router = cluster.agents["n1"].wait_for_state("fault")
    assert router["reason"] == f"web: nothing listens on port {PORT}", router
    assert cluster.agents["n1"].is_healthy(), "a fault from outside is no reason to restart the container"
    assert {change.host for change in cluster.owners.changes()} == {"n2"}


def test_a_crash_and_a_new_plan_keep_what_the_checks_said(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    services = start_pair(cluster, serve, check("tcp", address="127.0.0.1", port=PORT))
    begin = time.monotonic()
    with cluster.ping() as ping:
        cluster.agents["n1"].crash()
        old = cluster.agents["n1"]
        new = cluster.start(cluster.n1)
        wait_until(lambda: "event=took_over" in new.log(), 20, lambda: f"the new one takes over\n{new.log()}")
        assert old.stop() == 0
        wait_for_results(new, 6)
        report = ping.report()
    assert report.lost == 0 and not cluster.owners.changes(begin), f"{report}\n{new.log()}"
    services["n1"].kill()
    cluster.owners.wait_for_owner(cluster.n2)
    new.crash()
    wait_for_results(new, 6)
    assert new.router()["state"] == "fault" and cluster.owners.now(VIP) == {"n2"}


def test_a_check_that_is_wrong_takes_the_address_from_nobody(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    """It would fail on every node. Who has the address keeps it; a backup goes by the new plan, as it would by any."""
    start_pair(cluster, serve)
    old = cluster.agents["n1"]
    begin = time.monotonic()
    with cluster.ping() as ping:
        cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"checks": [check("listening", port=PORT + 1)]})
        unfit = cluster.start(cluster.n1)
        backup = cluster.start(cluster.n2)
        reason = f"check: web: nothing listens on port {PORT + 1}"
        wait_until(lambda: "event=unfit" in unfit.log(), 30, lambda: f"it says what is wrong\n{unfit.log()}")
        assert reason in unfit.log() and not unfit.is_healthy()
        told = wait_until(lambda: (r := old.router())["trouble"] == "update_unfit" and r, 20, "who is in charge was told")
        assert told["state"] == "active" and told["reason"].endswith(reason), told
        assert backup.wait_for_state("fault")["trouble"] == "check_failed"

        assert unfit.stop() == 0  # the Swarm takes the update back; then the setting is put right
        cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"checks": [check("listening", port=PORT)]})
        right = cluster.start(cluster.n1)
        wait_until(lambda: "event=took_over" in right.log(), 30, lambda: f"the new one takes over\n{right.log()}")
        assert right.wait_for_state("active")["trouble"] == ""
        report = ping.report()
    assert report.lost == 0 and not cluster.owners.changes(begin), report


def test_who_serves_nothing_takes_a_plan_with_a_failing_check(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    """A node with a dead service must not keep the plan from the others; and one check that passes late is waited for."""
    services = start_pair(cluster, serve)
    services["n2"].kill()
    begin = time.monotonic()
    with cluster.ping() as ping:
        cluster.use_plan({cluster.n1: 200, cluster.n2: 100},
                         changes={"checks": [check("script", interval_ms=3000, timeout_ms=2500,
                                                   script=f"sleep 1; wget -q -T 1 -O /dev/null http://127.0.0.1:{PORT}/")]})
        news = [cluster.start(host) for host in (cluster.n1, cluster.n2)]
        for new in news:
            wait_until(lambda new=new: "event=took_over" in new.log(), 30, lambda new=new: f"it takes over\n{new.log()}")
        assert "event=unfit" not in news[0].log()
        assert news[1].wait_for_state("fault")["trouble"] == "check_failed"
        assert news[0].router()["state"] == "active"
        report = ping.report()
    assert report.lost == 0 and not cluster.owners.changes(begin), report


def test_several_checks_are_all_needed(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    flag = cluster.lan.log_dir / "flag"
    flag.touch()
    start_pair(cluster, serve, check("tcp", address="127.0.0.1", port=PORT),
               check("script", name="flag", script=f"test -e {flag} || {{ echo the flag is gone; exit 3; }}"),
               check("interface", name="link", interface="eth0"))
    flag.unlink()
    reason = cluster.agents["n1"].wait_for_state("fault")["reason"]
    assert reason == "flag: exit status 3: the flag is gone", reason


@pytest.mark.parametrize("script, words", [
    ("/no/such/program", "not found"), ("sleep 60", "no answer within 150ms"), ("kill -9 $$", "ended by SIGKILL"),
    ("sleep 60 & exit 1", "exit status 1"), ("yes", "no answer within 150ms")])
def test_a_check_that_cannot_run_has_failed_and_says_so(cluster: Cluster, script: str, words: str) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"checks": [check("script", script=script)]})
    agent = cluster.start(cluster.n1)
    agent.wait_for_state("fault")
    wait_until(lambda: result_of(agent) == "fails", 15, lambda: f"it failed\n{agent.log()}")
    assert words in agent.router()["reason"], agent.router()
    assert agent.router()["state"] == "fault"


def test_a_runner_that_dies_is_replaced(cluster: Cluster, serve: Callable[[Host], Service]) -> None:
    start_pair(cluster, serve, check("tcp", address="127.0.0.1", port=PORT))
    agent = cluster.agents["n1"]

    def runner() -> int:
        return next(iter(agent.helpers()), 0)

    first = runner()
    begin = time.monotonic()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: runner() not in (0, first), 15, lambda: f"another one runs\n{agent.log()}")
    wait_for_results(agent, 12)  # longer than a result may be late
    assert not cluster.owners.changes(begin) and result_of(agent) == "passes"
    os.kill(runner(), signal.SIGSTOP)
    router = agent.wait_for_state("fault")
    assert router["reason"] == "web: no result in time", router
