#!/usr/bin/python3
"""How long a client is without an answer when the holder of the VIP is lost.

    failover_bench.py [--cuts 20] [--interval MS]... [--how link|silent|kill|stop] [--router agent|keepalived]
                      [--check RATIO] [--json FILE]

A client pings the VIP every millisecond (pinger.c: exact, kernel stamps). The holder (priority 200) is lost N times,
each time at another phase of its advert interval, from right after an advert (the longest wait) to right before the
next. The standard allows the other one (priority 100) 3 x interval + skew, counted from the last advert; for a polite
stop (--how stop) its skew. Printed: worst and median silence, the bound, worst / bound, the longest time from the last
advert to the first answer (what the bound is about, whatever the phase), and how late the pinger itself was, which is
the noise of the machine. Exit status 1 if the address did not come back, or if worst / bound is above
--check. keepalived (version 3, same settings) runs in the same LAN for comparison.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from agent import Agent, start_keepalived  # noqa: E402
from cluster import Cluster  # noqa: E402
from keepalived import v3_conf  # noqa: E402
from netns import Host, Program, wait_until  # noqa: E402
from pinger import PingReport  # noqa: E402


@dataclass(frozen=True)
class Sample:
    phase_ms: float  # from the last advert before the loss to the last ping that was answered
    silence_ms: float
    since_advert_ms: float  # from that advert to the first answer of the successor
    lost: int
    pinger_lateness_ms: float


@dataclass(frozen=True)
class Result:
    router: str
    how: str
    interval_ms: int
    bound_ms: float
    samples: list[Sample]

    @property
    def worst_ms(self) -> float:
        return max(sample.silence_ms for sample in self.samples)

    @property
    def worst_since_advert_ms(self) -> float:
        return max(sample.since_advert_ms for sample in self.samples)

    @property
    def median_ms(self) -> float:
        return statistics.median(sample.silence_ms for sample in self.samples)

    @property
    def ratio(self) -> float:
        return max(self.worst_ms, self.worst_since_advert_ms) / self.bound_ms

    def __str__(self) -> str:
        lateness = max(sample.pinger_lateness_ms for sample in self.samples)
        return (f"{self.router}, {self.how}, interval {self.interval_ms} ms, {len(self.samples)} times: "
                f"silence worst {self.worst_ms:.1f} ms, median {self.median_ms:.1f} ms, "
                f"from the last advert at most {self.worst_since_advert_ms:.1f} ms; bound {self.bound_ms:.1f} ms, "
                f"worst/bound {self.ratio:.3f}; pinger late by up to {lateness:.1f} ms")


class Bench:
    def __init__(self, cluster: Cluster, router: str, interval_ms: int):
        self.cluster = cluster
        self.router = router
        cluster.use_plan({cluster.n1: 200, cluster.n2: 100}, interval_ms=interval_ms)
        self.running: dict[Host, Agent | Program] = {}
        for host in cluster.plan.members:
            self.start(host)
        self.settle()

    def start(self, host: Host) -> None:
        if self.router == "agent":
            self.running[host] = self.cluster.start(host)
        else:
            self.running[host] = start_keepalived(host, v3_conf(self.cluster.plan, host))

    def settle(self) -> None:
        """The better one holds the VIP, and the other one knows."""
        self.cluster.owners.wait_for_owner(self.cluster.n1, timeout=30)
        quiet = 2 * self.cluster.plan.interval + 0.3
        wait_until(lambda: not [a for a in self.cluster.wire.adverts("n2") if a.time > time.monotonic() - quiet], 30,
                   "n2 is quiet")

    def lose(self, how: str) -> Callable[[], None]:
        """Loses n1; returns what brings it back."""
        holder = self.cluster.n1
        if how == "link":
            holder.cut_link()
            return holder.heal_link
        if how == "silent":
            holder.cut_silently()
            return holder.heal_silently
        self.running[holder].kill() if how == "kill" else self.running[holder].stop()
        return lambda: self.start(holder)

    def sample(self, how: str, phase: float) -> Sample:
        """One loss, `phase` of an interval after an advert. Raises TimeoutError if the address does not come back."""
        cluster = self.cluster
        with cluster.ping() as ping:
            last = cluster.wire.wait_for_advert(lambda a: a.host == "n1", since=time.monotonic())
            time.sleep(max(0.0, last.time + phase * cluster.plan.interval - time.monotonic()))
            heal = self.lose(how)
            cluster.owners.wait_for(["n2"] if how in ("link", "stop") else ["n1", "n2"], timeout=30)
            if how == "kill":  # a dead agent's address must lapse before the LAN is in order again
                cluster.owners.wait_for_owner(cluster.n2, timeout=30)
            time.sleep(0.3)  # the ping goes on for a while: a hole that is not over must show
            report: PingReport = ping.report()
        if report.holes and report.holes[-1].open:
            raise TimeoutError(f"no answer any more: {report}")
        adverts = cluster.wire.adverts("n1")
        heal()
        self.settle()
        if not report.holes:
            return Sample(phase * cluster.plan.interval_ms, 0.0, 0.0, report.lost, report.max_lateness_ms)
        hole = max(report.holes, key=lambda h: h.length_ms)
        if how == "silent":  # it goes on sending, to nobody
            adverts = [a for a in adverts if a.time <= hole.start_ns / 1e9 + 0.001]
        advert = adverts[-1].time  # for a polite stop: the one with priority 0
        return Sample(hole.start_ns / 1e6 - advert * 1e3, hole.length_ms, hole.end_ns / 1e6 - advert * 1e3, report.lost,
                      report.max_lateness_ms)


def measure(router: str = "agent", how: str = "link", interval_ms: int = 250, cuts: int = 20,
            progress: Callable[[str], None] = lambda text: None) -> Result:
    with Cluster() as cluster:
        try:
            bench = Bench(cluster, router, interval_ms)
            plan = cluster.plan
            bound = plan.skew(cluster.n2) if how == "stop" else plan.down(cluster.n2)
            samples = []
            for i in range(cuts):
                samples.append(bench.sample(how, i / cuts))
                progress(f"  {i + 1}/{cuts}: {samples[-1].phase_ms:.0f} ms after an advert: "
                         f"{samples[-1].silence_ms:.1f} ms, {samples[-1].lost} lost; "
                         f"{samples[-1].since_advert_ms:.1f} ms from that advert")
        except (TimeoutError, AssertionError) as error:
            raise RuntimeError(f"{error}\n{cluster.logs()}") from error
        return Result(router, how, interval_ms, bound * 1000, samples)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--interval", type=int, action="append", metavar="MS", help="default: 1000 and 250")
    parser.add_argument("--how", choices=["link", "silent", "kill", "stop"], default="link")
    parser.add_argument("--router", choices=["agent", "keepalived"], default="agent")
    parser.add_argument("--check", type=float, metavar="RATIO", help="fail if worst / bound is above")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--quiet", action="store_true", help="no line for each cut")
    options = parser.parse_args()
    results = []
    for interval in options.interval or [1000, 250]:
        try:
            results.append(measure(options.router, options.how, interval, options.cuts,
                                   (lambda text: None) if options.quiet else print))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        print(results[-1], flush=True)
    if options.json:
        figures = [{"worst_ms": r.worst_ms, "worst_since_advert_ms": r.worst_since_advert_ms, "median_ms": r.median_ms,
                    "ratio": r.ratio} | asdict(r) for r in results]
        options.json.write_text(json.dumps(figures, indent=1))
    return int(options.check is not None and any(result.ratio > options.check for result in results))


if __name__ == "__main__":
    sys.exit(main())
