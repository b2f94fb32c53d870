"""What breaks by itself: cables, switches, processes, interfaces."""

import os
import re
import signal
import time

import pytest

from agent import STATUS_PORT, VIP, Agent, binary
from cluster import Cluster
from netns import wait_until

LATE = 0.5  # a busy machine; the bench measures, these tests only insist on the right order of magnitude
LEASE_LATE = 0.5  # the kernel removes a lapsed address up to 0.35 s after its time


def test_link_cut_and_heal(cluster: Cluster) -> None:
    agents = cluster.start_all()
    with cluster.ping() as ping:
        begin = time.monotonic()
        cluster.n1.cut_link()
        cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.down(cluster.n2) + LATE)
        agents["n1"].wait_for_state("fault")
        assert agents["n1"].is_healthy(), "a fault from outside is not the agent's"
        assert cluster.owners.longest_with_several(begin) < 0.1
        cluster.owners.stays(["n2"], 1)
        report = ping.report()
    print(report)
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + LATE
    assert not report.holes[-1].open
    cluster.n1.heal_link()
    cluster.owners.wait_for_owner(cluster.n1)
    agents["n2"].wait_for_state("backup")
    cluster.owners.stays(["n1"], 1)


def test_the_cut_node_lets_go_at_once(cluster: Cluster) -> None:
    cluster.start_all()
    begin = time.monotonic()
    cluster.n1.cut_link()
    cluster.owners.wait_for([], timeout=5)
    gone = cluster.owners.changes(begin)[0].time - begin
    print(f"gone {gone * 1000:.0f} ms after the cut")
    assert gone < 0.5


def test_silent_cut_and_heal(cluster: Cluster) -> None:
    """Both sides of a split must hold the address; when it heals the better one goes on and never lets go."""
    agents = cluster.start_all()
    with cluster.ping() as ping:
        cluster.n1.cut_silently()
        cluster.owners.wait_for(["n1", "n2"], timeout=cluster.plan.down(cluster.n2) + LATE)
        agents["n1"].wait_for_state("active")
        cluster.owners.stays(["n1", "n2"], 1)
        report = ping.report()
    print(report)
    assert report.longest_silence_ms / 1000 <= cluster.plan.down(cluster.n2) + LATE and not report.holes[-1].open
    begin = time.monotonic()
    cluster.n1.heal_silently()
    cluster.owners.wait_for_owner(cluster.n1, timeout=2 * cluster.plan.interval + LATE)
    cluster.owners.stays(["n1"], 2)
    assert all(change.host == "n2" for change in cluster.owners.changes(begin)), cluster.owners


@pytest.mark.parametrize("first", ["n1", "n2"], ids=["winner-speaks-first", "loser-speaks-first"])
def test_after_a_split_the_client_finds_the_survivor(cluster: Cluster, first: str) -> None:
    """The client learned the loser's MAC during the split. The winner must announce itself again, also when its own
    advert comes first after the heal and the loser has yielded before it said anything."""
    cluster.start_all()
    cluster.n1.cut_silently()
    cluster.owners.wait_for(["n1", "n2"])
    with cluster.ping() as ping:  # answered by n2
        last = "n2" if first == "n1" else "n1"
        cluster.wire.wait_for_advert(lambda a: a.host == last, since=time.monotonic())
        cluster.n1.heal_silently()  # at one interval for both, the next to speak is the other one
        cluster.owners.wait_for_owner(cluster.n1)
        healed = time.monotonic()
        cluster.owners.stays(["n1"], 3)
        report = ping.report()
    print(report)
    late = [hole for hole in report.holes if hole.open or hole.end_ns / 1e9 > healed + 1]
    assert not late, f"the client still asks the loser: {late}\n{cluster.wire.announcements(since=healed - 1)}"


def test_split_of_the_backup_changes_nothing_for_the_client(cluster: Cluster) -> None:
    cluster.start_all()
    with cluster.ping() as ping:
        cluster.n2.cut_link()
        cluster.agents["n2"].wait_for_state("fault")
        cluster.n2.heal_link()
        cluster.agents["n2"].wait_for_state("backup")
        cluster.owners.stays(["n1"], 2)
        assert ping.report().lost == 0, ping.report()


def test_a_killed_agent_cannot_leave_its_address_behind(cluster: Cluster) -> None:
    agents = cluster.start_all()
    begin = time.monotonic()
    agents["n1"].kill()
    cluster.owners.wait_for(["n1", "n2"], timeout=cluster.plan.down(cluster.n2) + LATE)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + LEASE_LATE)
    lapsed = next(c.time for c in cluster.owners.changes(begin) if c.host == "n1" and not c.added) - begin
    print(f"lapsed {lapsed:.2f} s after the kill, lease {cluster.plan.lease_max:.0f} s")
    assert lapsed <= cluster.plan.lease_max + LEASE_LATE


def test_a_killed_agent_with_a_shorter_lease(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, lease="2s")
    agents = cluster.start_all()
    begin = time.monotonic()
    agents["n1"].kill()
    cluster.owners.wait_for_owner(cluster.n2, timeout=2 + LEASE_LATE + LATE)
    assert next(c.time for c in cluster.owners.changes(begin) if c.host == "n1") - begin <= 2 + LEASE_LATE


def test_a_lease_is_finite_and_renewed(cluster: Cluster) -> None:
    agents = cluster.start_all()
    line = next(l for l in cluster.n1.ip("address show dev eth0").splitlines() if VIP in l)
    match = re.search(r"valid_lft (\d+)sec", line)
    assert match is not None and 0 < int(match.group(1)) <= cluster.plan.lease_max, line
    assert f"{VIP}/32" in line
    with cluster.ping() as ping:
        cluster.owners.stays(["n1"], 2 * cluster.plan.lease_max)
        assert ping.report().lost == 0
    assert agents["n1"].router()["state"] == "active"


def test_lease_off_leaves_the_address_for_ever(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, lease="off")
    cluster.start_all()
    line = next(l for l in cluster.n1.ip("address show dev eth0").splitlines() if VIP in l)
    assert "valid_lft forever" in line, line


def test_what_an_earlier_life_left_goes_with_its_own_group_only(cluster: Cluster) -> None:
    """P18: the agent of another group leaves it alone; its own group's sweeps it, though its plan knows it no more."""
    n1, other, new = cluster.n1, "192.0.2.101", "192.0.2.102"
    cluster.use_plan({n1: 200}, lease="off")
    cluster.start(n1)
    cluster.owners.wait_for_owner(n1)
    cluster.agents["n1"].kill()
    cluster.use_plan({n1: 200}, addresses=[f"{other}/32"], vrid=52,
                     changes={"group": "db", "status_port": STATUS_PORT + 1})
    stranger = cluster.start(n1)
    wait_until(lambda: other in n1.addresses(), 10, "the other group has its address")
    assert stranger.stop() == 0
    assert VIP in n1.addresses() and other not in n1.addresses()
    cluster.use_plan({n1: 200}, addresses=[f"{new}/32"])
    cluster.start(n1)
    wait_until(lambda: new in n1.addresses() and VIP not in n1.addresses(), 10, "the new address for the old one")


def test_a_killed_agent_that_comes_back_takes_over_again(cluster: Cluster) -> None:
    agents = cluster.start_all()
    agents["n1"].kill()
    cluster.start(cluster.n1).wait_for_state("active")
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], cluster.plan.lease_max + 1)  # what is left of the first life's lease does no harm


def test_a_frozen_agent_loses_its_address(cluster: Cluster) -> None:
    """Frozen: no second owner after the lease. Woken: one owner again as soon as the two have spoken."""
    agents = cluster.start_all()
    begin = time.monotonic()
    agents["n1"].program.signal(signal.SIGSTOP)
    cluster.owners.wait_for(["n1", "n2"], timeout=cluster.plan.down(cluster.n2) + LATE)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + LEASE_LATE + LATE)
    assert cluster.owners.longest_with_several(begin) <= cluster.plan.lease_max + LEASE_LATE
    woken = time.monotonic()
    agents["n1"].program.signal(signal.SIGCONT)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], 2)
    assert cluster.owners.longest_with_several(woken) <= cluster.plan.interval + LATE


def test_a_frozen_agent_listens_before_it_speaks(cluster: Cluster) -> None:
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt=False)
    agents = start_best_first(cluster)
    agents["n1"].program.signal(signal.SIGSTOP)
    cluster.owners.wait_for(["n1", "n2"], timeout=cluster.plan.down(cluster.n2) + LATE)
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.lease_max + LEASE_LATE + LATE)
    agents["n1"].program.signal(signal.SIGCONT)
    cluster.owners.stays(["n2"], 2)  # without preempt it has no business to take the address back
    agents["n1"].wait_for_state("backup")


def test_an_agent_that_slept_a_little_too_long_yields(cluster: Cluster) -> None:
    """The others count from its last advert. Without preempt it has no business to take the address back."""
    cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, preempt=False, interval_ms=1000)
    agents = start_best_first(cluster)
    cluster.wire.wait_for_advert(lambda a: a.host == "n1", since=time.monotonic())
    agents["n1"].program.signal(signal.SIGSTOP)
    agents["n2"].wait_for_state("active")
    agents["n1"].program.signal(signal.SIGCONT)  # before its lease ended, and within an interval of n2's claim
    agents["n1"].wait_for_state("backup")
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.owners.stays(["n2"], 2)
    assert "event=stalled" in agents["n1"].log()


def test_interface_down_and_up(cluster: Cluster) -> None:
    agents = cluster.start_all()
    cluster.n1.ip("link set eth0 down")
    cluster.owners.wait_for_owner(cluster.n2, timeout=cluster.plan.down(cluster.n2) + LATE)
    agents["n1"].wait_for_state("fault")
    cluster.n1.ip("link set eth0 up")
    cluster.owners.wait_for_owner(cluster.n1)
    assert not [a for a in cluster.owners.spans() if len(a.owners) > 1 and a.length > 1], cluster.owners


def test_an_address_deleted_by_somebody_else_comes_back(cluster: Cluster) -> None:
    agents = cluster.start_all()
    begin = time.monotonic()
    cluster.n1.ip(f"address del {VIP}/32 dev eth0")
    wait_until(lambda: len(cluster.owners.changes(begin)) == 2, 5, "it comes back")
    assert [c.host for c in cluster.owners.changes(begin)] == ["n1", "n1"], cluster.owners
    agents["n1"].program.wait_for_log(r"address_put_back .*a program of this host, netlink port [1-9]")


def test_an_address_deleted_again_and_again_moves(cluster: Cluster) -> None:
    """Somebody on that host does not want it there: the others serve it meanwhile."""
    agents = cluster.start_all()
    agents["n2"].wait_for_state("backup")
    for _ in range(4):
        begin = time.monotonic()
        cluster.n1.ip(f"address del {VIP}/32 dev eth0")
        wait_until(lambda: [c.added for c in cluster.owners.changes(begin)[:2]] == [False, True], 5, "it came back")
    cluster.owners.wait_for_owner(cluster.n2, timeout=5)
    fault = next(line for line in agents["n1"].log().splitlines() if "address_refused" in line)
    assert "again and again" in fault and "netlink port" in fault
    cluster.owners.wait_for_owner(cluster.n1)  # it tries again


def test_a_node_that_loses_its_own_address_steps_aside(cluster: Cluster) -> None:
    """Its packets come from that address; without it nobody would believe them."""
    agents = cluster.start_all()
    begin = time.monotonic()
    cluster.n1.ip(f"address del {cluster.n1.address}/24 dev eth0")
    agents["n1"].wait_for_state("fault")
    cluster.owners.wait_for_owner(cluster.n2)
    gone = next(c.time for c in cluster.owners.changes(begin) if c.host == "n1") - begin
    assert gone < 0.5, "the address must not stay until its lease ends"
    cluster.n1.ip(f"address add {cluster.n1.address}/24 dev eth0")
    cluster.owners.wait_for_owner(cluster.n1)


def test_a_start_without_a_link_waits_for_it(cluster: Cluster) -> None:
    cluster.n1.cut_link()
    agent = cluster.start(cluster.n1)
    agent.wait_for_state("fault")
    cluster.start(cluster.n2)
    cluster.owners.wait_for_owner(cluster.n2)
    cluster.n1.heal_link()
    cluster.owners.wait_for_owner(cluster.n1)


def test_a_flapping_link_ends_well(cluster: Cluster) -> None:
    cluster.start_all()
    for _ in range(20):
        cluster.n1.cut_link()
        cluster.n1.heal_link()
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.agents["n1"].wait_for_state("active")
    cluster.agents["n2"].wait_for_state("backup")
    cluster.owners.stays(["n1"], 1)
    with cluster.ping() as ping:
        time.sleep(0.5)
        assert ping.report().lost == 0


def test_a_log_that_nobody_reads_stops_nothing(cluster: Cluster) -> None:
    """A stuck reader of stdout (a dead log driver) must not stop the router (P13)."""
    plan = cluster.plan.write(cluster.lan.log_dir / "plan.json")
    pid_file = cluster.lan.log_dir / "pid"
    run = f"echo $$ >{pid_file}; exec {binary()} --plan {plan} --node n1"
    cluster.n1.start(["sh", "-c", f"sh -c '{run}' | sleep 1000"], "stuck")
    cluster.owners.wait_for_owner(cluster.n1)
    pid = int(pid_file.read_text())
    for _ in range(300):  # each writes more than a kilobyte into a pipe of 64
        os.kill(pid, signal.SIGUSR1)
        time.sleep(0.005)  # signals that arrive together count once
    cluster.start(cluster.n2).wait_for_state("backup")
    cluster.owners.stays(["n1"], 2 * cluster.plan.lease_max)
    os.kill(pid, signal.SIGTERM)
    cluster.owners.wait_for_owner(cluster.n2, timeout=5)


@pytest.mark.parametrize("to_host, from_host", [(True, False), (False, True)], ids=["deaf", "mute"])
def test_one_way_loss_heals(cluster: Cluster, to_host: bool, from_host: bool) -> None:
    cluster.start_all()
    cluster.n1.cut_silently(to_host=to_host, from_host=from_host)
    if from_host:
        cluster.owners.wait_for(["n1", "n2"])  # n1 cannot hear that nobody hears it... but it hears n2, and is better
    else:
        cluster.owners.stays(["n1"], 2)  # n2 hears n1 well
    cluster.n1.heal_silently()
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.owners.stays(["n1"], 2)


def start_best_first(cluster: Cluster) -> dict[str, Agent]:
    cluster.start(cluster.n1)
    cluster.owners.wait_for_owner(cluster.n1)
    cluster.start(cluster.n2).wait_until_it_follows()
    return cluster.agents
