"""Where the engine is, and who stands before it: sockets, TCP, TLS, API versions, and proxies that forbid."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bed import Bed
from fake_docker import FakeDocker, Fault
from netns import wait_until
from operator_process import UNSET


@dataclass
class Certificates:
    """A certificate authority, and what it gave to the engine and to the client."""

    folder: Path

    def make(self) -> None:
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca",
                      "-keyout", "ca-key.pem", "-out", "ca.pem")
        for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("", "extendedKeyUsage=clientAuth")):
            prefix = f"{name}-" if name else ""
            (self.folder / "extensions").write_text(extension)
            self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name or 'client'}",
                          "-keyout", f"{prefix}key.pem", "-out", f"{prefix}request.pem")
            self._openssl("x509", "-req", "-days", "2", "-in", f"{prefix}request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem",
                          "-CAcreateserial", "-extfile", "extensions", "-out", f"{prefix}cert.pem")

    def context(self) -> ssl.SSLContext:
        """An engine's, that asks each client for a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server-cert.pem", self.folder / "server-key.pem")
        context.load_verify_locations(self.folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    folder = tmp_path / "certificates"
    folder.mkdir()
    made = Certificates(folder)
    made.make()
    return made


@pytest.fixture
def tcp_engine(bed: Bed) -> Iterator[FakeDocker]:
    with FakeDocker(bed.swarm, bed.directory / "none", bed.node_ids[0], over_tcp=True) as engine:
        bed.engines.append(engine)
        yield engine
        bed.engines.remove(engine)
        for operator in bed.operators:
            operator.close()


def test_over_tcp(bed: Bed, tcp_engine: FakeDocker) -> None:
    bed.start(engine=tcp_engine)
    bed.wait_converged()
    bed.stays_converged()


def test_over_tls_with_a_client_certificate(bed: Bed, tcp_engine: FakeDocker, certificates: Certificates) -> None:
    tcp_engine.tls = certificates.context()
    bed.start(engine=tcp_engine, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(certificates.folder))
    bed.wait_converged()
    bed.stays_converged()
    assert tcp_engine.calls["GET /events"] == 1, "the stream is kept open over TLS, too"


def test_an_engine_with_a_strangers_certificate_is_told_nothing(bed: Bed, tcp_engine: FakeDocker, certificates: Certificates,
                                                                tmp_path: Path) -> None:
    other = Certificates(tmp_path / "other")
    other.folder.mkdir()
    other.make()
    tcp_engine.tls = other.context()

    operator = bed.start(engine=tcp_engine, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(certificates.folder))

    line = operator.wait_for("failure", "GET /version")
    assert "certificate" in line["what"]
    assert tcp_engine.total() == 0


@pytest.mark.parametrize("settings,expected", [
    ({"DOCKER_HOST": "ssh://somewhere"}, ["DOCKER_HOST: 'ssh://somewhere' is not allowed; unix:///path or tcp://host:port"]),
    ({"DOCKER_HOST": "tcp://10.0.0.1"}, ["DOCKER_HOST: 'tcp://10.0.0.1' is not allowed; unix:///path or tcp://host:port"]),
    ({"DOCKER_HOST": "tcp://10.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"}, ["DOCKER_CERT_PATH: '' is not allowed; "]),
    ({"DOCKER_HOST": "tcp://10.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nowhere"},
     ["DOCKER_CERT_PATH: '/nowhere' is not allowed; /nowhere/ca.pem: No such file"]),
    ({"DOCKER_API_VERSION": "1.40"}, ["DOCKER_API_VERSION: '1.40' is not allowed; 1.41 or newer, such as 1.44"]),
    ({"DOCKER_HOST": "here", "DOCKER_API_VERSION": "new", "SWARM_VIP_LEASE": "ever", "KEEPALIVED_PRIORITY": "900"},
     ["DOCKER_HOST: 'here'", "DOCKER_API_VERSION: 'new'", "SWARM_VIP_LEASE: 'ever'", "KEEPALIVED_PRIORITY: '900'"]),
    ({"DOCKER_HOST": "unix:///nowhere/docker.sock"}, ["DOCKER_HOST: no socket at '/nowhere/docker.sock'; mount the engine's"]),
])
def test_wrong_settings_of_the_engine_end_the_operator(bed: Bed, settings: dict[str, str], expected: list[str]) -> None:
    operator = bed.start(**settings)
    assert operator.wait_for_exit() == 2
    for words in expected:
        assert words in operator.log()


def test_a_version_that_is_asked_for_is_spoken_and_no_other_is_agreed_upon(bed: Bed) -> None:
    bed.engine.api_min, bed.engine.api_max = ("1.24", "1.47")
    bed.engine.forbidden["GET /version"] = 403
    bed.start(DOCKER_API_VERSION="1.42")
    bed.wait_converged()
    assert set(bed.engine.versions) == {"1.42"}


def test_the_newest_version_that_both_know_is_spoken(bed: Bed) -> None:
    bed.engine.api_min, bed.engine.api_max = ("1.24", "1.55")
    bed.start()
    bed.wait_converged()
    assert set(bed.engine.versions) == {"", "1.44"}, "the first question is of no version"


def health_of(bed: Bed) -> dict[str, object]:
    return bed.service()["Spec"]["TaskTemplate"]["ContainerSpec"]["Healthcheck"]


def test_engines_that_can_check_health_often_at_the_start_alone(bed: Bed) -> None:
    bed.engine.api_min, bed.engine.api_max = ("1.24", "1.55")
    for node in bed.swarm.nodes.values():
        node["Description"]["Engine"]["EngineVersion"] = "29.0.1"
    bed.start()
    bed.wait_converged()
    check = health_of(bed)
    assert check["StartInterval"] < 3e9 < 2e10 < check["Interval"]
    assert check["StartPeriod"] > 0, "or the engine heeds no interval of the start"


def test_a_version_that_the_engine_does_not_speak_ends_the_operator(bed: Bed) -> None:
    bed.engine.api_min, bed.engine.api_max = ("1.44", "1.52")
    operator = bed.start(DOCKER_API_VERSION="1.41")
    assert operator.wait_for_exit() == 2
    assert "DOCKER_API_VERSION: '1.41' is not allowed; " in operator.log()
    assert "Minimum supported API version is 1.44" in operator.log()


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("kind", ["GET /nodes", "GET /services", "GET /configs", "GET /secrets", "POST /secrets/create",
                                  "POST /services/create"])
def test_what_a_proxy_must_allow_is_said_and_waited_for(bed: Bed, kind: str, status: int) -> None:
    bed.engine.forbidden[kind] = status
    operator = bed.start()

    line = operator.wait_for("failure", f"{kind}: HTTP {status}; the proxy or plugin before the Docker API must allow it")
    assert "<" not in line["what"], "the proxy's page is no message"
    bed.engine.forbidden.clear()

    bed.wait_converged()
    operator.wait_for("recovered")
    assert operator.is_running()


def test_without_the_version_a_proxy_is_asked_for_it_in_words(bed: Bed) -> None:
    bed.engine.forbidden["GET /version"] = 403
    operator = bed.start()
    assert operator.wait_for_exit() == 2
    assert "GET /version: HTTP 403; the proxy or plugin before the Docker API must allow it, or DOCKER_API_VERSION say it" \
        in operator.log()


@pytest.mark.parametrize("status", [403, 404])
def test_it_goes_on_without_info(bed: Bed, status: int) -> None:
    bed.engine.forbidden["GET /info"] = status
    operator = bed.start()
    operator.wait_for("forbidden", f"GET /info: HTTP {status}")
    bed.wait_converged()
    bed.stays_converged()


@pytest.mark.parametrize("status", [403, 404])
def test_without_events_it_looks_regularly(bed: Bed, status: int) -> None:
    bed.engine.forbidden["GET /events"] = status
    operator = bed.start()
    line = operator.wait_for("forbidden", f"GET /events: HTTP {status}")
    assert "SWARM_VIP_RESYNC" in line["what"]
    bed.wait_converged()
    bed.swarm.label(bed.node_ids[2], KEEPALIVED_PRIORITY="200")

    bed.wait_converged()

    tries = bed.engine.calls["GET /events"]
    wait_until(lambda: bed.engine.calls["GET /events"] >= tries + 3, 20, "it tries again, should the proxy change its mind")
    assert len(operator.lines("forbidden")) == 1
    assert not operator.lines("failure")


def test_an_answer_after_twenty_seconds_is_waited_for(bed: Bed) -> None:
    """A manager without a leader takes so long for its first answer. In real time: a busy machine must not look dead."""
    operator = bed.start(speed=1.0)
    bed.wait_converged()
    bed.engine.faults.next("GET /services", Fault.late(21))
    operator.look()
    wait_until(lambda: bed.engine.faults.met["LATE"], 40, "an answer is late")
    looks = bed.looks()
    wait_until(lambda: bed.looks() > looks, 60, "the look goes on")
    assert not operator.lines("failure")


def test_the_image_must_be_named_outside_a_container(bed: Bed) -> None:
    operator = bed.start(SWARM_VIP_IMAGE=UNSET)
    assert operator.wait_for_exit() == 2
    assert "SWARM_VIP_IMAGE: '' is not allowed; outside a container of ours" in operator.log()
