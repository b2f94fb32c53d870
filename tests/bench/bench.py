#!/usr/bin/python3
"""swarm-vip-agent beside keepalived and FRR's vrrpd, measured; tests/bench/run.sh is its door.

Each sample has a LAN of its own in network namespaces, on which one program runs on two hosts; contenders take turns, run
by run. Every figure of every sample is a line of OUT/samples.csv as soon as it is there: what was stopped goes on where it
was, and another build of the agent begins anew. When all is there, the table is printed and OUT has table.md and the
plots. Exit status 1 when a case did not really happen (it is named, and what its programs said is in OUT/failures), 2 for
wrong words."""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS / "support"), str(_TESTS / "bench")]

import agreement  # noqa: E402
import cost  # noqa: E402
import report  # noqa: E402
from agent import binary  # noqa: E402
from rounds import Rounds  # noqa: E402
from cases import Case, all_cases  # noqa: E402
from contenders import CONTENDERS  # noqa: E402
from records import Records  # noqa: E402

_OUT = _TESTS.parent / "build/bench"
_SMOKE = ("cut-100ms", "preemption", "cpu-1-1000ms", "memory-1")
_SMOKE_WINDOW = 2.0


def main() -> int:
    options = _options()
    if options.list:
        print("\n".join(f"{case.name}: {case.words}" for case in all_cases()))
        return 0
    records = Records(options.out / "samples.csv")
    wanted = options.cases or (list(_SMOKE) if options.smoke else ["*"])
    cases = _matching(wanted)
    if options.smoke:
        cost.WINDOW = _SMOKE_WINDOW
    if not options.report and not options.doc and not options.beside:
        return _measure(options, records, cases)
    try:
        taken = report.Report(records, cases)
        if options.beside:
            print(agreement.compared(taken, report.Report(Records(options.beside / "samples.csv"), cases)))
        else:
            _report(taken, options.out, options.doc)
    except LookupError as error:
        print(f"run.sh: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, metavar="N", help="default 10, with --smoke 1")
    parser.add_argument("--cases", type=lambda text: text.split(","), metavar="NAME,...",
                        help="with * for many; default: all")
    parser.add_argument("--contenders", type=lambda text: text.split(","), metavar="NAME,...", default=list(CONTENDERS),
                        help=f"of {','.join(CONTENDERS)}; default: all")
    parser.add_argument("--out", type=Path, default=_OUT, metavar="DIR", help="default build/bench")
    parser.add_argument("--smoke", action="store_true", help="a few cases, briefly: does the harness work?")
    parser.add_argument("--list", action="store_true", help="the cases, then end")
    parser.add_argument("--report", action="store_true", help="table and plots of what was measured, then end")
    parser.add_argument("--doc", action="store_true", help="the same, into packaging/doc/bench.md too")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="whether that run says the same, then end")
    options = parser.parse_args()
    unknown = [name for name in options.contenders if name not in CONTENDERS]
    unknown += [pattern for pattern in options.cases or [] if not fnmatch.filter([c.name for c in all_cases()], pattern)]
    if unknown:
        parser.error(f"neither a case nor a contender: {', '.join(unknown)} (--list tells the cases)")
    options.runs = options.runs or (1 if options.smoke else 10)
    return options


def _matching(patterns: list[str]) -> list[Case]:
    return [case for case in all_cases() if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in patterns)]


def _measure(options: argparse.Namespace, records: Records, cases: list[Case]) -> int:
    if os.geteuid() != 0:
        print("run.sh: it makes network namespaces: run it as root", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    build = hashlib.sha256(binary().read_bytes()).hexdigest()[:12]
    contenders = {name: CONTENDERS[name] for name in options.contenders}
    rounds = Rounds(cases, contenders, options.runs, records, build, lambda text: print(text, flush=True))
    try:
        failed = rounds.take_all()
    except KeyboardInterrupt:
        print("stopped; the same command goes on here")
        return 130
    try:
        _report(report.Report(records, cases, build), options.out, doc=False)
    except LookupError as error:
        failed.append(str(error))
    if failed:
        print("\nThese did not happen:\n" + "\n".join(f"  {line}" for line in failed), file=sys.stderr)
    return 1 if failed else 0


def _report(taken: report.Report, out: Path, doc: bool) -> None:
    table, *plots = report.write(taken, out)
    print(f"\n{table.read_text()}\n" + "\n".join(map(str, [table, *plots])))
    if doc:
        report.write_document(taken, plots)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
