"""The rows that need no Docker: what happens to a process, a cable, an interface, a plan. See lan_bed.py."""

from __future__ import annotations

from lan_bed import TIMING, LanBed
from row import DOWN, LEASE, NONE, ONE_WAY, UNHEARD, UNLIMITED, Place, Target, within

LAN = Place("lan", TIMING)

NOTHING = Target(NONE)
MAKE_BEFORE_BREAK = Target(NONE, within(0.5))
CRASH = Target(DOWN, LEASE)
A_DAY = 86400.0
AFTER_LEASE = 1.0  # the kernel removes a lapsed address up to 0.35 s late


# Leaving and coming.


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def polite_stop(bed: LanBed) -> None:
    """The holder's agent gets SIGTERM."""
    with bed.watched():
        bed.stop(bed.holder)
        bed.owned_by(bed.successor)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def preemption(bed: LanBed) -> None:
    """The better node comes back."""
    bed.stop(bed.holder)
    bed.owned_by(bed.successor)
    with bed.watched():
        bed.start(bed.holder)
        bed.owned_by(bed.holder)


@LAN.row(NOTHING, has_rival=True)
def backup_stop(bed: LanBed) -> None:
    """A backup's agent gets SIGTERM."""
    with bed.watched():
        bed.stop(bed.successor)
        bed.look_on(bed.timing.down)


# Crashes.


@LAN.row(NOTHING, has_rival=True)
def agent_killed(bed: LanBed) -> None:
    """The holder's agent crashes (SIGKILL to the process that routes)."""
    with bed.watched():
        bed.kill_router(bed.holder)
        bed.look_on(bed.timing.down + bed.timing.lease + AFTER_LEASE)


@LAN.row(CRASH, has_rival=True)
def all_killed(bed: LanBed) -> None:
    """Every process of the holder's agent is killed."""
    with bed.watched():
        bed.kill_all(bed.holder)
        bed.claimed_by(bed.successor)
        bed.look_on(bed.timing.lease + AFTER_LEASE)


@LAN.row(NOTHING, has_rival=True)
def out_of_memory(bed: LanBed) -> None:
    """The kernel kills the holder's agent for want of memory."""
    with bed.watched():
        bed.kill_by_memory(bed.holder)
        bed.look_on(bed.timing.down + bed.timing.lease + AFTER_LEASE)


@LAN.row(NOTHING, has_rival=True)
def backup_killed(bed: LanBed) -> None:
    """Every process of a backup's agent is killed."""
    with bed.watched():
        bed.kill_all(bed.successor)
        bed.look_on(bed.timing.down)


@LAN.row(CRASH, has_rival=True)
def frozen(bed: LanBed) -> None:
    """The holder's agent freezes (SIGSTOP)."""
    with bed.watched():
        bed.freeze(bed.holder)
        bed.claimed_by(bed.successor)
        bed.look_on(bed.timing.lease + AFTER_LEASE)


@LAN.row(Target(NONE, within(0.5), announcements=12), has_rival=True)
def woken(bed: LanBed) -> None:
    """A frozen agent wakes up (SIGCONT) when another node has the address."""
    bed.freeze(bed.holder)
    bed.claimed_by(bed.successor)
    bed.look_on(bed.timing.lease + AFTER_LEASE)
    with bed.watched():
        bed.thaw(bed.holder)
        bed.owned_by(bed.holder)
        bed.look_on(3)


@LAN.row(NOTHING, has_rival=True)
def processor_starved(bed: LanBed) -> None:
    """Two busy loops per processor for 5 s on the holder."""
    with bed.watched():
        bed.burn(bed.holder)
        bed.look_on(5)


# The network.


@LAN.row(Target(DOWN, within(0.1)), has_rival=True)
def link_cut(bed: LanBed) -> None:
    """The holder's cable is pulled."""
    with bed.watched():
        bed.holder.cut_link()
        bed.owned_by(bed.successor)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def link_heals(bed: LanBed) -> None:
    """The cable is plugged in again."""
    bed.holder.cut_link()
    bed.owned_by(bed.successor)
    with bed.watched():
        bed.holder.heal_link()
        bed.owned_by(bed.holder)
        bed.look_on(1)


@LAN.row(Target(DOWN, within(0.1)), has_rival=True)
def interface_down(bed: LanBed) -> None:
    """The holder's interface is set down."""
    with bed.watched():
        bed.holder.ip("link set eth0 down")
        bed.owned_by(bed.successor)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def interface_up(bed: LanBed) -> None:
    """The interface is set up again."""
    bed.holder.ip("link set eth0 down")
    bed.owned_by(bed.successor)
    with bed.watched():
        bed.holder.ip("link set eth0 up")
        bed.owned_by(bed.holder)
        bed.look_on(1)


@LAN.row(Target(DOWN, UNLIMITED), has_rival=True)
def split(bed: LanBed) -> None:
    """A switch swallows all frames of the holder; its link stays up."""
    with bed.watched():
        bed.holder.cut_silently()
        bed.claimed_by(bed.successor)
        bed.look_on(2)


# The loser hears the winner within an interval, and the winner announces an interval later: then it lets go.
@LAN.row(Target(NONE, within(0.6)), has_rival=True)
def split_heals(bed: LanBed) -> None:
    """The switch works again."""
    bed.holder.cut_silently()
    bed.claimed_by(bed.successor)
    bed.look_on(1)
    with bed.watched():
        bed.holder.heal_silently()
        bed.owned_by(bed.holder)
        bed.look_on(2)


@LAN.row(Target(DOWN, ONE_WAY), has_rival=True)
def mute(bed: LanBed) -> None:
    """Nobody hears the holder: the switch swallows what it sends."""
    with bed.watched():
        bed.holder.cut_silently(to_host=False)
        bed.claimed_by(bed.successor)
        bed.look_on(10 * bed.timing.interval)


@LAN.row(Target(UNLIMITED), has_rival=True)
def deaf(bed: LanBed) -> None:
    """The holder hears nobody: the switch swallows what is sent to it."""
    with bed.watched():
        bed.holder.cut_silently(from_host=False)
        bed.look_on(10 * bed.timing.interval)


@LAN.row(Target(NONE, ONE_WAY), has_rival=True)
def unheard_by_its_peer(bed: LanBed) -> None:
    """Its peer does not hear the holder, which hears it; clients reach both."""
    with bed.watched():
        bed.swallow(bed.holder, bed.successor)
        bed.claimed_by(bed.successor)
        bed.look_on(10 * bed.timing.interval)


@LAN.row(NOTHING, has_rival=True)
def deaf_to_its_peer(bed: LanBed) -> None:
    """The holder does not hear its peer, which hears it; clients reach both."""
    with bed.watched():
        bed.swallow(bed.successor, bed.holder)
        bed.look_on(10 * bed.timing.interval)


@LAN.row(NOTHING, has_rival=True)
def vrrp_filtered(bed: LanBed) -> None:
    """A firewall drops VRRP between the nodes, and nothing else."""
    with bed.watched():
        bed.drop_between_nodes("ip protocol 112")
        bed.look_on(4 * bed.timing.down)


@LAN.row(Target(NONE, UNHEARD), has_rival=True)
def all_filtered(bed: LanBed) -> None:
    """A firewall drops all IP between the nodes; clients reach both."""
    with bed.watched():
        bed.drop_between_nodes("ip saddr 192.0.2.0/27 ip daddr 192.0.2.0/27")
        bed.claimed_by(bed.successor)
        bed.look_on(UNHEARD.seconds(bed.timing))


# The host.


@LAN.row(Target(within(0.05)), has_rival=True)
def address_deleted(bed: LanBed) -> None:
    """Somebody deletes the address by hand."""
    with bed.watched():
        bed.holder.ip(f"address del {bed.vip}/32 dev eth0")
        bed.look_on(bed.timing.down + 1)


@LAN.row(NOTHING, has_rival=True)
def clock_forward(bed: LanBed) -> None:
    """The holder's clock jumps a day ahead."""
    bed.stop(bed.holder)
    own = bed.start_on_own_clock(bed.holder)
    bed.settled()
    with bed.watched():
        own.jump(A_DAY)
        bed.look_on(bed.timing.lease + AFTER_LEASE)


@LAN.row(NOTHING, has_rival=True)
def clock_back(bed: LanBed) -> None:
    """The holder's clock jumps a day back."""
    bed.stop(bed.holder)
    own = bed.start_on_own_clock(bed.holder)
    bed.settled()
    with bed.watched():
        own.jump(-A_DAY)
        bed.look_on(bed.timing.lease + AFTER_LEASE)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def clock_behind_at_start(bed: LanBed) -> None:
    """The better node comes back with its clock a day behind."""
    bed.stop(bed.holder)
    bed.owned_by(bed.successor)
    with bed.watched():
        bed.start_on_own_clock(bed.holder, -A_DAY)
        bed.owned_by(bed.holder)
        bed.look_on(1)


# New plans.


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def priority_changed(bed: LanBed) -> None:
    """A new plan: the backup becomes the better one."""
    with bed.watched():
        bed.roll(members={bed.holder: 200, bed.successor: 220})
        bed.owned_by(bed.successor)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def addresses_changed(bed: LanBed) -> None:
    """A new plan: an address is added."""
    with bed.watched():
        bed.roll(addresses=(f"{bed.vip}/32", "192.0.2.101/32"))
        bed.owned_by(bed.holder)
        bed.look_on(bed.timing.down)


@LAN.row(MAKE_BEFORE_BREAK, has_rival=True)
def interval_changed(bed: LanBed) -> None:
    """A new plan: adverts every second instead of every 250 ms."""
    with bed.watched():
        bed.roll(interval_ms=1000)
        bed.owned_by(bed.holder)
        bed.look_on(bed.timing.down)


@LAN.row(MAKE_BEFORE_BREAK)
def key_rotated(bed: LanBed) -> None:
    """New plans: a second key, then it signs, then the first one goes."""
    with bed.watched():
        for ids in ((1, 2), (2, 1), (2,)):
            bed.roll(bed.keys(*ids))
            bed.settled()


@LAN.row(MAKE_BEFORE_BREAK)
def program_replaced(bed: LanBed) -> None:
    """A new image, the same plan."""
    with bed.watched():
        bed.roll()
        bed.settled()
