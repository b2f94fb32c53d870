"""The instruments themselves: a test bench that is wrong proves nothing. No agent takes part."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import pinger
from netns import Lan, wait_until
from owners import Owners
from wire import Wire

VIP = "192.0.2.100"


def test_pinger_measures_a_hole_exactly(lan: Lan) -> None:
    client, host = lan.add_host("client", "192.0.2.1/24"), lan.add_host("n1", "192.0.2.11/24")
    with pinger.Pinger(client, host.address) as ping:
        cut_begin = time.monotonic()
        host.cut_silently()
        cut_end = time.monotonic()
        time.sleep(0.3)  # the length of the hole, not a wait for anything
        heal_begin = time.monotonic()
        host.heal_silently()
        heal_end = time.monotonic()
        lan.switch.run(["true"])
        report = ping.report()
    shortest, longest = (heal_begin - cut_end) * 1000, (heal_end - cut_begin) * 1000
    print(f"hole between {shortest:.1f} and {longest:.1f} ms: {report}")
    assert len(report.holes) == 1, report.holes
    noise = 2 * report.max_lateness_ms + 3  # one spacing, one round trip, and what the pinger owns up to
    assert shortest - 1 <= report.longest_silence_ms <= longest + noise
    assert report.holes[0].start_ns / 1e9 == pytest.approx(cut_begin, abs=0.05)
    assert abs(report.lost - report.longest_silence_ms) <= report.skipped + 3


def test_pinger_counts_nothing_lost_on_a_healthy_lan(lan: Lan) -> None:
    client, host = lan.add_host("client", "192.0.2.1/24"), lan.add_host("n1", "192.0.2.11/24")
    result = client.run([str(pinger.build()), "-d", "1000", host.address])
    assert '"lost":0' in result.stdout and '"hole_count":0' in result.stdout, result.stdout
    assert '"sent":1000' in result.stdout or '"skipped":0' not in result.stdout, result.stdout


def test_pinger_speaks_ipv6_and_reports_a_silence_that_never_ends(lan: Lan) -> None:
    client, host = lan.add_host("client", "2001:db8::1/64"), lan.add_host("n1", "2001:db8::11/64")
    with pinger.Pinger(client, host.address) as ping:
        host.cut_link()
        time.sleep(0.2)
        report = ping.report()
    assert report.holes[-1].open
    assert 150 <= report.longest_silence_ms


def test_pinger_refuses_what_is_no_address(lan: Lan) -> None:
    result = lan.add_host("client", "192.0.2.1/24").run([str(pinger.build()), "nowhere"], check=False)
    assert result.returncode == 2 and "nowhere" in result.stderr


def test_owners_tell_who_held_an_address_and_for_how_long(lan: Lan) -> None:
    one, two = lan.add_host("n1", "192.0.2.11/24", f"{VIP}/32"), lan.add_host("n2", "192.0.2.12/24")
    with Owners([one, two], [VIP]) as owners:
        owners.wait_for_owner(one)  # it was there before anybody watched
        begin = time.monotonic()
        two.ip(f"address add {VIP}/32 dev eth0 valid_lft 1 preferred_lft 1")
        owners.wait_for(["n1", "n2"])
        two.ip(f"address change {VIP}/32 dev eth0 valid_lft 1 preferred_lft 1")  # a renewal is no change
        owners.wait_for_owner(one)  # the kernel let the lease lapse
        assert 1 <= owners.longest_with_several(begin) <= 2
        assert owners.longest_with_none(begin) == 0
        one.ip(f"address del {VIP}/32 dev eth0")
        owners.wait_for([])
        two.ip(f"address add {VIP}/32 dev eth0")
        owners.wait_for_owner(two)
        assert owners.longest_with_none(begin) > 0
        assert [(c.host, c.added) for c in owners.changes(begin)] == [
            ("n2", True), ("n2", False), ("n1", False), ("n2", True)]


def test_a_cut_link_takes_the_carrier_and_a_silent_cut_does_not(lan: Lan) -> None:
    client, host = lan.add_host("client", "192.0.2.1/24"), lan.add_host("n1", "192.0.2.11/24")

    def is_reachable() -> bool:
        return '"received":0,' not in client.run([str(pinger.build()), "-d", "100", "-w", "50", host.address]).stdout

    def has_carrier() -> bool:
        return "LOWER_UP" in host.ip("link show dev eth0")

    assert is_reachable() and has_carrier()
    host.cut_silently()
    assert not is_reachable() and has_carrier()
    host.heal_silently()
    assert is_reachable()
    host.cut_silently(to_host=False)
    assert not is_reachable() and has_carrier()
    host.heal_silently()
    host.cut_link()
    wait_until(lambda: not has_carrier(), 5, "the host loses its carrier")
    assert not is_reachable()
    host.heal_link()
    wait_until(lambda: has_carrier() and is_reachable(), 5, "the host is back")


def test_wire_reads_adverts_and_gratuitous_arp(lan: Lan) -> None:
    """Golden vectors of both versions, sent by hand."""
    one, two = lan.add_host("n1", "198.51.100.10/24"), lan.add_host("n2", "198.51.100.20/24")
    with Wire(lan) as wire:
        send = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112); s.setsockopt(0, 2, 255);"
                "[s.sendto(bytes.fromhex(m), ('198.51.100.20', 0)) for m in "
                "('2133c8010101f102c00002643131313100000000', '3133c8010064eeffc0000264')]")
        one.run(["/usr/bin/python3", "-c", send])
        two.inside(lambda: send_gratuitous_arp(two.mac(), VIP))
        old = wire.wait_for_advert(lambda a: a.version == 2)
        new = wire.wait_for_advert(lambda a: a.version == 3)
        announced = wait_until(lambda: wire.announcements("n2"), 5, "the gratuitous ARP is heard")
    assert [(a.address, a.mac) for a in announced] == [(VIP, two.mac())]
    assert (old.host, old.source, old.destination, old.ttl) == ("n1", "198.51.100.10", "198.51.100.20", 255)
    assert (old.vrid, old.priority, old.interval, old.addresses) == (51, 200, 1, (VIP,))
    assert (old.auth_type, old.auth_data) == (1, b"1111\0\0\0\0")
    assert (new.vrid, new.priority, new.interval, new.addresses, new.auth_type) == (51, 200, 100, (VIP,), 0)


def send_gratuitous_arp(mac: str, address: str) -> None:
    sender = bytes.fromhex(mac.replace(":", ""))
    ip = socket.inet_aton(address)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packet:
        packet.bind(("eth0", 0))
        packet.send(b"\xff" * 6 + sender + bytes.fromhex("08060001080006040001") + sender + ip + b"\xff" * 6 + ip)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_a_run_is_ended(how: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C, and even a kill of the test run, takes the programs along; the namespaces go with them."""
    script = tmp_path / "run.py"
    pid_file = tmp_path / "pid"
    script.write_text(f"""
import signal, sys
sys.path.insert(0, {str(Path(pinger.__file__).parent)!r})
signal.signal(signal.SIGINT, signal.default_int_handler)
from netns import Lan, Path
with Lan(Path({str(tmp_path)!r})) as lan:
    program = lan.add_host("n1", "192.0.2.11/24").start(["sleep", "1000"])
    open({str(pid_file)!r}, "w").write(f"{{program.pid}}\\n")
    signal.pause()
""")
    run = subprocess.Popen(["/usr/bin/python3", str(script)], stderr=subprocess.DEVNULL)
    try:
        pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), 15, "the program runs"))
        run.send_signal(how)
        run.wait(10)
        wait_until(lambda: not is_alive(pid), 5, "the program in the namespace is gone")
    finally:
        run.kill()
        run.wait()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
