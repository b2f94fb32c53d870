#!/usr/bin/python3
"""The fault matrix: what each event costs a client of the address, ours beside keepalived.

    tests/matrix/run.py [--runs 10] [--row NAME]... [--place lan|swarm]... [--csv FILE] [--without-keepalived]
    tests/matrix/run.py --list
    tests/matrix/run.py --write-table [--csv FILE]

Needs root, and a quiet machine. For each row and run it makes the event happen to our agents, then to keepalived 2.2.7
where it can do the same, then to nobody for as long (the control), under an exact ping every millisecond. Each sample
is a line in the CSV file (default build/matrix.csv) as soon as it is there: what is stopped goes on where it was, and
another build begins anew. Exit status 1 if a sample of ours broke what is promised. --write-table writes the
worst samples of each row's newest build into packaging/doc/failover.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS / "support"), str(_TESTS.parent / "packaging/lab")]

import rows  # noqa: E402
import table  # noqa: E402
from campaign import Site, take_run  # noqa: E402
from samples import CONTROL, OURS, RIVAL, Samples  # noqa: E402
from verdict import complaints  # noqa: E402

_CSV = _TESTS.parent / "build/matrix.csv"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--row", action="append", choices=[row.name for row in rows.all_rows()], metavar="NAME")
    parser.add_argument("--place", action="append", choices=[place.name for place in rows.PLACES])
    parser.add_argument("--csv", type=Path, default=_CSV, metavar="FILE")
    parser.add_argument("--without-keepalived", action="store_true")
    parser.add_argument("--list", action="store_true", help="the rows and what is promised, then end")
    parser.add_argument("--write-table", action="store_true", help="the documentation's table from the CSV file, then end")
    options = parser.parse_args()
    if options.list:
        print("\n".join(rows.in_words(row) for row in rows.all_rows()))
        return 0
    samples = Samples(options.csv)
    if options.write_table:
        table.write(samples)
        return 0
    signal.signal(signal.SIGTERM, _interrupt)
    return measure(options, samples)


def measure(options: argparse.Namespace, samples: Samples) -> int:
    routers = (OURS, CONTROL) if options.without_keepalived else (OURS, RIVAL, CONTROL)
    wanted = [row for row in rows.all_rows() if (not options.row or row.name in options.row)
              and (not options.place or row.place in options.place)]
    sites: dict[str, Site] = {}
    broken = 0
    try:
        for run in range(options.runs):
            for row in wanted:
                if row.place not in sites:
                    sites[row.place] = rows.open_site(row.place)
                taken = take_run(sites[row.place], row, run, options.runs, samples, routers, _say)
                found = complaints(row.target, rows.timing(row), taken[OURS], taken[CONTROL])
                broken += bool(found)
                for complaint in found:
                    _say(f"  BROKEN: {complaint}")
    except KeyboardInterrupt:
        _say("stopped; the same command goes on here")
        return 130
    finally:
        for site in sites.values():
            site.close()
    _say(f"{broken} samples broke their promise" if broken else "every promise was kept")
    return 1 if broken else 0


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
