"""`swarm-vip-agent doctor`: each planted fault is found and its remedy named; a healthy host is told that it is, and an
agent that runs beside does not notice. And `explain`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from agent import STATUS_PORT, VIP, Agent, Plan, binary, keepalived_conf, osixia_env, start_keepalived
from cluster import Cluster
from dual import VIP6, DualCluster
from forge import Advert, Forger
from netns import Host, wait_until

KEY = "1:" + "41" * 32  # a key file's line


class Doctor:
    """What one run of it found."""

    def __init__(self, host: Host, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None,
                 wrapper: Sequence[str] = ()):
        words = ["env", "-i", *(f"{name}={value}" for name, value in (env or {}).items())]
        result = host.run([*words, *wrapper, str(binary()), "doctor", "--json", *arguments], check=False, timeout=30)
        self.status = result.returncode
        self.text = result.stdout + result.stderr
        try:
            self.findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        except ValueError:
            raise AssertionError(f"doctor on {host.name} ended with {self.status}: {self.text}") from None

    def of(self, check: str, verdict: str) -> dict[str, Any]:
        """The only finding of the check with the verdict."""
        found = [f for f in self.findings if f["check"] == check and f["verdict"] == verdict]
        assert len(found) == 1, f"{check} {verdict}: {self}"
        return found[0]

    def bad(self) -> list[tuple[str, str]]:
        return [(f["check"], f["meaning"]) for f in self.findings if f["verdict"] in ("error", "warning")]

    def __str__(self) -> str:
        return "\n".join(f"{f['verdict']:8} {f['check']}: {f['what']}: {f['meaning']} -> {f['remedy']}" for f in self.findings)


def of_plan(cluster: Cluster, host: Host, wrapper: Sequence[str] = ()) -> Doctor:
    path = cluster.plan.write(cluster.lan.log_dir / f"doctor-{host.name}.json")
    return Doctor(host, ["--plan", str(path), "--node", host.name], wrapper=wrapper)


def expect(doctor: Doctor, check: str, verdict: str, meaning: str, remedy: str) -> dict[str, Any]:
    """The fault is found, its remedy named, and the exit status is right."""
    found = doctor.of(check, verdict)
    assert meaning in found["what"] + ": " + found["meaning"], doctor
    assert remedy in found["remedy"], doctor
    assert doctor.status == (1 if any(f["verdict"] == "error" for f in doctor.findings) else 0), doctor
    return found


# --- a host on which all is well ------------------------------------------------------------------------------------

def test_a_healthy_host(cluster: Cluster) -> None:
    doctor = of_plan(cluster, cluster.n1)
    assert (doctor.status, doctor.bad()) == (0, []), doctor
    for check in ("capabilities", "network", "kernel", "interface", "firewall", "vrrp", "address_here", "address_in_use",
                  "port", "other_vrrp", "settings", "clock", "sysctl"):
        assert any(f["check"] == check for f in doctor.findings), check
    told = {f["what"]: f["meaning"] for f in doctor.findings if f["check"] == "sysctl"}
    for name in ("net.ipv4.ip_nonlocal_bind", "net.ipv4.conf.all.arp_accept", "net.ipv4.conf.all.promote_secondaries"):
        assert "not need" in told[name], doctor
    assert "swarm-vip does not need it" in told["ip_vs"], doctor
    # What it tried of the firewall never left the host.
    assert not cluster.wire.adverts("n1")


def test_a_healthy_host_over_ipv6(dual: DualCluster) -> None:
    doctor = of_plan(dual, dual.n1)
    assert (doctor.status, doctor.bad()) == (0, []), doctor
    assert len([f for f in doctor.findings if f["check"] == "firewall"]) == 2, doctor


def test_beside_running_agents_nobody_notices(cluster: Cluster, tmp_path: Any) -> None:
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    agents = cluster.start_all()
    before = [agent.router()["counters"]["transitions"] for agent in agents.values()]
    with cluster.ping() as ping:
        for host in (cluster.n1, cluster.n2):
            for doctor in (of_plan(cluster, host), Doctor(host)):
                assert (doctor.status, doctor.bad()) == (0, []), doctor
                assert any(f["check"] == "agent" and " is " in f["meaning"] for f in doctor.findings), doctor
        # The holder's words are heard, and are its right.
        assert "192.0.2.11 is active with priority 200" in of_plan(cluster, cluster.n2).of("vrrp", "ok")["meaning"]
        assert ping.report().lost == 0
    assert [agent.router()["counters"]["transitions"] for agent in agents.values()] == before
    for agent in agents.values():
        assert "discarded" not in agent.log(), agent.log()


def test_beside_an_agent_that_neither_plan_nor_words_describe(cluster: Cluster) -> None:
    agents = cluster.start_all()
    doctor = Doctor(cluster.n2)
    assert (doctor.status, doctor.bad()) == (0, []), doctor
    assert VIP in doctor.of("settings", "ok")["meaning"], doctor
    assert doctor.of("interface", "ok")["meaning"].startswith("eth0"), doctor
    assert agents["n2"].router()["state"] == "backup"


def test_without_agents_and_settings_it_is_about_the_host(cluster: Cluster) -> None:
    cluster.start(cluster.n1).wait_for_state("active")
    with Forger(cluster.n1) as forger:
        stop = shout(forger, cluster.n3, cluster.n1.address, cluster.n3.address, Advert(vrid=77))
        try:
            doctor = Doctor(cluster.n3)
        finally:
            stop()
    assert (doctor.status, doctor.bad()) == (0, []), doctor
    assert "77 (ipv4, 192.0.2.11)" in doctor.of("vrrp", "ok")["meaning"], doctor


def test_a_router_of_words(cluster: Cluster) -> None:
    doctor = Doctor(cluster.n3, ["--interface", "eth0", "--vrid", "9", "--address", VIP, "--peer", cluster.n1.address])
    assert (doctor.status, doctor.bad()) == (0, []), doctor
    assert "router 9 (ipv4)" in doctor.of("settings", "ok")["meaning"], doctor


def test_for_people(cluster: Cluster) -> None:
    result = cluster.n1.run([str(binary()), "doctor", "--interface", "eth9", "--address", VIP], check=False, timeout=30)
    assert result.returncode == 1, result
    assert "  error    interface of router 51 (ipv4): 'eth9' is not an interface of this host; there are: eth0\n" in result.stdout
    assert "           -> name the interface that is on the LAN: --interface=NAME\n" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 error, "), result.stdout


@pytest.mark.parametrize("words, expected", [
    (["--vrid", "0"], "--vrid: '0' is not allowed; 1 to 255"),
    (["--address", "nowhere"], "--address: 'nowhere' is not allowed"),
    (["--peer"], "--peer: 1 required ADDRESS missing"),
    (["--dance"], "'--dance' is not a word of doctor"),
])
def test_wrong_words(cluster: Cluster, words: list[str], expected: str) -> None:
    result = cluster.n1.run([str(binary()), "doctor", *words], check=False)
    assert result.returncode == 2 and expected in result.stderr, result


# --- planted faults -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("capability", ["NET_ADMIN", "NET_RAW"])
def test_a_capability_is_missing(cluster: Cluster, capability: str) -> None:
    wrapper = ["setpriv", "--bounding-set", f"-{capability.lower()}", "--inh-caps", f"-{capability.lower()}"]
    doctor = of_plan(cluster, cluster.n1, wrapper)
    expect(doctor, "capabilities", "error", f"missing {capability}", "--cap-add NET_ADMIN --cap-add NET_RAW")


def test_a_container_with_a_network_of_its_own(cluster: Cluster, tmp_path: Any) -> None:
    """In a mount namespace of its own, in which an engine keeps /etc/hosts."""
    kept = tmp_path / "containers" / ("0" * 64)
    kept.mkdir(parents=True)
    (kept / "hosts").touch()
    wrapper = ["unshare", "--mount", "sh", "-c", f'mount --bind {kept}/hosts /etc/hosts && exec "$@"', "sh"]
    expect(of_plan(cluster, cluster.n1, wrapper), "network", "error", "a container's own network", "--network host")
    cluster.n1.ip("link add docker0 type bridge")
    doctor = of_plan(cluster, cluster.n1, wrapper)
    assert doctor.of("network", "ok")["meaning"] == "the host's, as it must be", doctor


def test_the_interface_is_not_there(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interface="eth9")
    expect(of_plan(cluster, cluster.n1), "interface", "error", "'eth9' is not an interface of this host; there are: eth0",
           "docker node update --label-add KEEPALIVED_INTERFACE=NAME")


def test_the_interface_is_down(cluster: Cluster) -> None:
    cluster.n1.ip("link set eth0 down")
    expect(of_plan(cluster, cluster.n1), "interface", "error", "interface eth0 is down", "ip link set eth0 up")


def test_the_cable_is_out(cluster: Cluster) -> None:
    cluster.n1.cut_link()
    wait_until(lambda: "NO-CARRIER" in cluster.n1.ip("link show dev eth0"), 5, "the carrier is lost")
    expect(of_plan(cluster, cluster.n1), "interface", "error", "interface eth0 is down", "it is up and has no carrier")


def test_the_interface_has_no_address(cluster: Cluster) -> None:
    cluster.n1.ip("address flush dev eth0")
    env = osixia_env([cluster.n1, cluster.n2])
    expect(Doctor(cluster.n1, env=env), "interface", "error", "interface eth0 has no IPv4 address of its own",
           "ip address add ADDRESS/24 dev eth0")


def test_several_interfaces_would_do(cluster: Cluster) -> None:
    cluster.n1.ip("link add eth1 type veth peer name inner", "link set inner up", "link set eth1 up", "address add 192.0.2.21/24 dev eth1")
    expect(of_plan(cluster, cluster.n1), "interface", "warning", "eth1 would fit as well", "KEEPALIVED_INTERFACE=eth0")


@pytest.mark.parametrize("rule", ["meta l4proto 112 drop", "ip saddr 192.0.2.12 ip protocol 112 drop"])
def test_the_firewall_drops_what_comes_in(cluster: Cluster, rule: str) -> None:
    drop(cluster.n1, "input", rule)
    expect(of_plan(cluster, cluster.n1), "firewall", "error", "drops IP protocol 112 that comes in from 192.0.2.12",
           "iptables -I INPUT -p 112 -j ACCEPT")


def test_the_policy_of_the_firewall_drops_it(cluster: Cluster) -> None:
    cluster.n1.nft("table inet filter { chain input { type filter hook input priority 0; policy drop; "
                   "ct state established,related accept; icmp type echo-request accept; }; }")
    expect(of_plan(cluster, cluster.n1), "firewall", "error", "comes in", "INPUT")


def test_the_firewall_knows_the_members(cluster: Cluster) -> None:
    cluster.n1.nft("table inet filter { chain input { type filter hook input priority 0; policy drop; "
                   "ct state established,related accept; ip saddr 192.0.2.12 ip protocol 112 accept; }; }")
    doctor = of_plan(cluster, cluster.n1)
    assert doctor.of("firewall", "ok"), doctor


def test_advertisements_that_reach_only_the_interface(cluster: Cluster) -> None:
    """The real thing, with a peer that speaks."""
    drop(cluster.n2, "input", "meta l4proto 112 drop")
    cluster.start(cluster.n1).wait_for_state("active")
    expect(of_plan(cluster, cluster.n2), "firewall", "error", "advertisements of 192.0.2.11 reach the interface",
           "iptables -I INPUT -p 112 -j ACCEPT")


def test_the_firewall_drops_what_goes_out(cluster: Cluster) -> None:
    drop(cluster.n1, "output", "oifname eth0 meta l4proto 112 drop")
    expect(of_plan(cluster, cluster.n1), "firewall", "error", "drops IP protocol 112 that goes out to 192.0.2.12",
           "iptables -I OUTPUT -p 112 -j ACCEPT")


def test_the_firewall_drops_it_over_ipv6(dual: DualCluster) -> None:
    drop(dual.n1, "input", "meta nfproto ipv6 meta l4proto 112 drop")
    expect(of_plan(dual, dual.n1), "firewall", "error", "2001:db8::12", "ip6tables -I INPUT -p 112 -j ACCEPT")


def test_the_firewall_drops_hellos(cluster: Cluster, tmp_path: Any) -> None:
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    drop(cluster.n1, "input", f"udp dport {STATUS_PORT} drop")
    doctor = of_plan(cluster, cluster.n1)
    expect(doctor, "firewall_hello", "warning", "a start takes 3 to 4 s", f"--dport {STATUS_PORT} -j ACCEPT")
    assert doctor.of("firewall", "ok"), doctor


def test_a_stranger_with_our_router_id(cluster: Cluster) -> None:
    with Forger(cluster.n3) as forger:
        stop = shout(forger, cluster.n1, cluster.n3.address, cluster.n1.address, Advert(priority=150))
        try:
            doctor = of_plan(cluster, cluster.n1)
        finally:
            stop()
    expect(doctor, "vrrp", "error", "a stranger, 192.0.2.13, speaks for router id 51", "another router id")


def test_keepalived_elsewhere_with_our_router_id(cluster: Cluster) -> None:
    """By multicast and version 2, as keepalived does when nobody tells it otherwise."""
    conf = keepalived_conf(150, [], vip="192.0.2.200").replace("  unicast_peer {\n\n  }\n", "")
    start_keepalived(cluster.n3, conf)
    wait_until(lambda: "192.0.2.200" in cluster.n3.addresses(), 15, lambda: f"keepalived is active\n{cluster.lan.logs()}")
    expect(of_plan(cluster, cluster.n1), "vrrp", "error", "192.0.2.13", "another router id")


def test_a_peer_with_another_password(cluster: Cluster) -> None:
    start_keepalived(cluster.n2, keepalived_conf(150, [cluster.n1], password="other"))
    cluster.owners.wait_for_owner(cluster.n2)
    doctor = Doctor(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]))
    expect(doctor, "vrrp", "error", "the peer 192.0.2.12 speaks for router id 51 with another password", "one password")


def test_another_program_beside_us_with_our_router_id(cluster: Cluster) -> None:
    start_keepalived(cluster.n1, keepalived_conf(150, [cluster.n2], vip="192.0.2.200"))
    wait_until(lambda: "192.0.2.200" in cluster.n1.addresses(), 15, lambda: f"keepalived is active\n{cluster.lan.logs()}")
    doctor = Doctor(cluster.n1, env=osixia_env([cluster.n1, cluster.n2]))
    expect(doctor, "vrrp", "error", "a program on this host that is no agent of ours speaks for it", "stop it")
    expect(doctor, "other_vrrp", "warning", "keepalived", "stop it")


def test_the_address_is_in_use(cluster: Cluster) -> None:
    cluster.n3.ip(f"address add {VIP}/24 dev eth0")
    found = expect(of_plan(cluster, cluster.n1), "address_in_use", "error", f"in use by {cluster.n3.mac()}",
                   "take it from that host, or choose another address")
    assert VIP in found["what"]


def test_the_address_is_in_use_over_ipv6(dual: DualCluster) -> None:
    dual.n3.ip(f"address add {VIP6}/64 dev eth0 nodad")
    expect(of_plan(dual, dual.n1), "address_in_use", "error", f"in use by {dual.n3.mac()}", "take it from that host")


def test_the_holder_is_not_heard(cluster: Cluster) -> None:
    """Something between them drops VRRP; a switch does what no firewall of ours shows."""
    drop(cluster.n1, "output", "ip daddr 192.0.2.12 ip protocol 112 drop")
    cluster.start(cluster.n1).wait_for_state("active")
    cluster.n2.run(["ping", "-c", "1", "-W", "2", cluster.n1.address])  # the kernel knows it
    expect(of_plan(cluster, cluster.n2), "address_in_use", "error", "the peer ", "let IP protocol 112 through")


def test_two_are_active(cluster: Cluster) -> None:
    drop(cluster.n2, "input", "meta l4proto 112 drop")
    drop(cluster.n1, "input", "meta l4proto 112 drop")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"duplicate_check": False})
    for host in (cluster.n1, cluster.n2):
        cluster.start(host).wait_for_state("active")
    doctor = of_plan(cluster, cluster.n1)
    found = [f for f in doctor.findings if f["verdict"] == "error" and "are active at once" in f["meaning"]]
    assert found and "let IP protocol 112 through" in found[0]["remedy"], doctor


def test_the_address_is_on_this_host_without_us(cluster: Cluster) -> None:
    cluster.n1.ip(f"address add {VIP}/24 dev eth0")
    expect(of_plan(cluster, cluster.n1), "address_here", "error", "no agent of ours put it there",
           f"ip address delete {VIP}/24 dev eth0")


def test_the_status_port_is_taken(cluster: Cluster, tmp_path: Any) -> None:
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, changes={"auth": {"mode": "hmac", "file": str(key)}})
    squatter = cluster.n1.start(["python3", "-c", f"""
import socket, time
tcp = socket.create_server(("", {STATUS_PORT})); udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", {STATUS_PORT})); print("ready", flush=True); time.sleep(600)"""])
    squatter.wait_for_log("ready")
    doctor = of_plan(cluster, cluster.n1)
    found = {f["what"]: f for f in doctor.findings if f["check"] == "port" and f["verdict"] == "warning"}
    tcp, udp = f"TCP port {STATUS_PORT} of 192.0.2.11", f"UDP port {STATUS_PORT} over ipv4"
    assert set(found) == {tcp, udp}, doctor
    assert "ss -ltnp 'sport = :9112'" in found[tcp]["remedy"] and "ss -lunp" in found[udp]["remedy"], doctor


def test_arp_is_not_answered(cluster: Cluster) -> None:
    cluster.n1.sysctl(ipv4__conf__all__arp_ignore=8)
    expect(of_plan(cluster, cluster.n1), "sysctl", "error", "arp_ignore on eth0: 8",
           "sysctl -w net.ipv4.conf.all.arp_ignore=1")


def test_strict_return_paths_with_two_networks(cluster: Cluster) -> None:
    cluster.n1.ip("link add eth1 type veth peer name inner", "link set inner up", "link set eth1 up", "address add 198.51.100.1/24 dev eth1")
    cluster.n1.sysctl(ipv4__conf__all__rp_filter=1)
    expect(of_plan(cluster, cluster.n1), "sysctl", "warning", "rp_filter on eth0: 1 (strict)", "rp_filter=2")


def test_an_address_that_goes_with_the_hosts_own(cluster: Cluster) -> None:
    cluster.n1.sysctl(ipv4__conf__all__promote_secondaries=0)
    env = osixia_env([cluster.n1, cluster.n2], KEEPALIVED_VIRTUAL_IPS=f"#PYTHON2BASH:['{VIP}/24']")
    expect(Doctor(cluster.n1, env=env), "sysctl", "warning", "promote_secondaries", "/32")


def test_ipv6_is_disabled(dual: DualCluster) -> None:
    dual.n1.sysctl(ipv6__conf__eth0__disable_ipv6=1)
    expect(of_plan(dual, dual.n1), "sysctl", "error", "the kernel takes no IPv6 address on eth0",
           "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0")


def test_settings_that_a_start_refuses(cluster: Cluster) -> None:
    env = osixia_env([cluster.n1, cluster.n2], KEEPALIVED_ROUTER_ID="0", KEEPALIVED_PRIORITY="300")
    doctor = Doctor(cluster.n1, env=env)
    found = [f["meaning"] for f in doctor.findings if f["check"] == "settings" and f["verdict"] == "error"]
    assert [text.split(":")[0] for text in found] == ["KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY"], doctor
    assert doctor.status == 1


@pytest.mark.parametrize("vendor, verdict, meaning, remedy", [
    ("Amazon EC2", "error", "Amazon EC2: its network gives no packet", "Elastic IP"),
    ("Hetzner", "error", "Hetzner Cloud", "floating IP"),
    ("OpenStack Foundation", "warning", "OpenStack", "--allowed-address"),
])
def test_a_cloud_that_keeps_addresses_from_moving(cluster: Cluster, tmp_path: Any, vendor: str, verdict: str, meaning: str,
                                                  remedy: str) -> None:
    """In a mount namespace of its own, in which the firmware says so."""
    folder = tmp_path / "class/dmi/id"
    folder.mkdir(parents=True)
    (folder / "sys_vendor").write_text(vendor + "\n")
    wrapper = ["unshare", "--mount", "sh", "-c", f'mount --bind {tmp_path}/class /sys/class && exec "$@"', "sh"]
    expect(of_plan(cluster, cluster.n1, wrapper), "platform", verdict, meaning, remedy)


# --- explain ----------------------------------------------------------------------------------------------------------

def explain(agent: Agent, plan: Plan | None = None) -> str:
    words = ["--plan", str(plan.write(agent.host.lan.log_dir / "explain.json"))] if plan else []
    result = agent.command("explain", *words)
    assert result.returncode == 0, result
    return result.stdout


def test_explain_says_who_and_why_and_what_next(cluster: Cluster) -> None:
    agents = cluster.start_all()
    text = explain(agents["n1"], cluster.plan)
    assert "  n1 (priority 200) is active for router 51 (ipv4): it has 192.0.2.100/32 on eth0 since " in text
    assert ", because nobody was heard for three intervals and its skew.\n" in text
    assert "  If n1 dies, n2 (priority 100) follows after about 0.9 s; if it is stopped or drained, at once.\n" in text
    text = explain(agents["n2"], cluster.plan)
    assert "n1 (priority 200) is active, whose priority is higher.\n" in text
    assert "n2 takes over after about 0.9 s.\n" in text


def test_explain_without_a_plan(cluster: Cluster) -> None:
    agents = cluster.start_all()
    assert "n2 (priority 100) is backup for router 51 (ipv4) since " in explain(agents["n2"])
    assert ": 192.0.2.11 is active.\n" in explain(agents["n2"])


def test_explain_a_fault(cluster: Cluster) -> None:
    agents = cluster.start_all()
    cluster.n1.ip("link set eth0 down")
    agents["n1"].wait_for_state("fault")
    text = explain(agents["n1"])
    assert "cannot have 192.0.2.100/32" in text and "interface eth0 is down; `doctor` says what to do." in text


def test_explain_without_an_agent(cluster: Cluster) -> None:
    result = cluster.n1.run([str(binary()), "explain"], check=False)
    assert result.returncode == 1 and "no agent runs on this host" in result.stderr, result


# --- helpers ----------------------------------------------------------------------------------------------------------

def drop(host: Host, hook: str, rule: str) -> None:
    host.nft(f"table inet planted {{ chain {hook} {{ type filter hook {hook} priority 0; policy accept; {rule}; }}; }}")


def shout(forger: Forger, target: Host, source: str, destination: str, advert: Advert) -> Callable[[], None]:
    """Speaks every 100 ms until the returned function is called."""
    import threading

    over = threading.Event()

    def speak() -> None:
        while not over.wait(0.1):
            forger.advert(target, source, destination, advert)

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()

    def stop() -> None:
        over.set()
        thread.join()

    return stop
