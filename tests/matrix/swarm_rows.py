"""The rows that need a Swarm: what Docker, an operator of the system and its power supply do. See swarm_bed.py. Each
story ends with everything as it was, and settled."""

from __future__ import annotations

from bed import PATIENCE
from netns import wait_until
from row import DOWN, LEASE, NONE, Place, Target, within
from swarm_bed import TIMING, SwarmBed

SWARM = Place("swarm", TIMING)

NOTHING = Target(NONE)
MAKE_BEFORE_BREAK = Target(NONE, within(0.5))
CRASH = Target(DOWN, LEASE)
MANAGERLESS = 10.0  # long enough for the Swarm to notice


@SWARM.row(CRASH)
def docker_kill(bed: SwarmBed) -> None:
    """docker kill of the holder's agent; the Swarm starts another."""
    with bed.watched():
        bed.third.docker("kill", bed.agent(bed.third))
        bed.claimed_by(bed.successor)
        bed.settled()


@SWARM.row(CRASH)
def docker_rm(bed: SwarmBed) -> None:
    """docker rm -f of the holder's agent; the Swarm starts another."""
    with bed.watched():
        bed.third.docker("rm", "--force", bed.agent(bed.third))
        bed.claimed_by(bed.successor)
        bed.settled()


@SWARM.row(NOTHING)
def engine_killed(bed: SwarmBed) -> None:
    """dockerd of the holder's node is killed."""
    with bed.watched():
        bed.third.engine.kill_engine()
        bed.look_on(MANAGERLESS)
    bed.engine_back(bed.third)
    bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def engine_back(bed: SwarmBed) -> None:
    """That dockerd comes back; it ends what ran before it, and the Swarm starts it anew."""
    bed.third.engine.kill_engine()
    with bed.watched():
        bed.engine_back(bed.third)
        bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def engine_restarted(bed: SwarmBed) -> None:
    """dockerd of the holder's node is restarted in order."""
    with bed.watched():
        bed.third.engine.stop_engine()
        bed.engine_back(bed.third)
        bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def node_drained(bed: SwarmBed) -> None:
    """The holder's node is drained."""
    with bed.watched():
        bed.lab.docker("node", "update", "--availability", "drain", bed.third.name)
        bed.owned_by(bed.successor)
        bed.look_on(1)
    bed.lab.docker("node", "update", "--availability", "active", bed.third.name)
    bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def drain_ended(bed: SwarmBed) -> None:
    """The drained node is active again."""
    bed.lab.docker("node", "update", "--availability", "drain", bed.third.name)
    bed.owned_by(bed.successor)
    with bed.watched():
        bed.lab.docker("node", "update", "--availability", "active", bed.third.name)
        bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def label_removed(bed: SwarmBed) -> None:
    """The label of the holder's node is removed."""
    with bed.watched():
        bed.group.leave(bed.third)
        bed.settled(bed.second, [bed.first, bed.second])
    bed.group.join(bed.third)
    bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def label_added(bed: SwarmBed) -> None:
    """A better node gets the label."""
    bed.group.leave(bed.third)
    bed.settled(bed.second, [bed.first, bed.second])
    with bed.watched():
        bed.group.join(bed.third)
        bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def priority_label(bed: SwarmBed) -> None:
    """A priority label makes another node the best."""
    with bed.watched():
        bed.lab.label(bed.second, KEEPALIVED_PRIORITY="130")
        bed.settled(bed.second)
    bed.lab.label(bed.second, KEEPALIVED_PRIORITY="110")
    bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def address_list(bed: SwarmBed) -> None:
    """The stack is deployed with one more address."""
    with bed.watched():
        bed.deploys(vips=[bed.vip, bed.lab.ip(203)])
    bed.deploys()


@SWARM.row(MAKE_BEFORE_BREAK)
def new_image(bed: SwarmBed) -> None:
    """The stack is deployed with a new image."""
    bed.load_image("swarm-vip:next", "LABEL next=yes")
    with bed.watched():
        bed.deploys(image="swarm-vip:next")
    bed.deploys()


@SWARM.row(NOTHING)
def failing_image(bed: SwarmBed) -> None:
    """The agents' image is set to one that ends at once."""
    bed.load_image("swarm-vip:failing", 'ENTRYPOINT ["/bin/sh", "-c", "exit 1"]')
    with bed.watched():
        bed.offers_image("swarm-vip:failing")
    bed.image_back()


@SWARM.row(NOTHING)
def sick_image(bed: SwarmBed) -> None:
    """The agents' image is set to one that never becomes healthy."""
    bed.load_image("swarm-vip:sick", 'ENTRYPOINT ["/bin/sh", "-c", "sleep 1000"]')
    with bed.watched():
        bed.offers_image("swarm-vip:sick")
    bed.image_back()


@SWARM.row(NOTHING)
def operator_killed(bed: SwarmBed) -> None:
    """The operator is killed; the Swarm starts another."""
    node, old = bed.operator()
    with bed.watched():
        node.docker("kill", old)
        wait_until(lambda: (bed.group.operator_container() or (None, old))[1] != old, 2 * PATIENCE, "another operator runs")
        bed.look_on(5)  # its first look at everything is over


@SWARM.row(NOTHING)
def quorum_lost(bed: SwarmBed) -> None:
    """The Swarm loses its quorum: dockerd of two of three managers is killed."""
    with bed.watched():
        for node in (bed.first, bed.second):
            node.engine.kill_engine()
        bed.look_on(MANAGERLESS)
    for node in (bed.first, bed.second):
        bed.engine_back(node)
    bed.settled()


@SWARM.row(Target(DOWN))
def power_cut_without_quorum(bed: SwarmBed) -> None:
    """Without a quorum the holder's node loses its power."""
    for node in (bed.first, bed.second):
        node.engine.kill_engine()
    with bed.watched(unreachable=(bed.holder,)):
        bed.third.power_off()
        bed.claimed_by(bed.successor)
        bed.look_on(2)
    bed.third.power_on()
    for node in (bed.first, bed.second):
        bed.engine_back(node)
    bed.settled()


@SWARM.row(Target(DOWN))
def power_cut(bed: SwarmBed) -> None:
    """The holder's node loses its power."""
    with bed.watched(unreachable=(bed.holder,)):
        bed.third.power_off()
        bed.claimed_by(bed.successor)
        bed.look_on(2)
    bed.third.power_on()
    bed.settled()


@SWARM.row(MAKE_BEFORE_BREAK)
def power_back(bed: SwarmBed) -> None:
    """The node boots again."""
    bed.third.power_off()
    bed.claimed_by(bed.successor)
    bed.holder.ip("address flush dev eth0")  # a dead kernel holds nothing
    with bed.watched():
        bed.third.power_on()
        bed.settled()
