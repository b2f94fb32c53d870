"""A second try for the few tests that failed while others kept the machine busy: alone, when everything else is done, and
they have to pass twice.

again.py RESULTS KIND...   reads RESULTS/KIND.xml, writes RESULTS/KIND.again-N.xml; tally.py names what passed only then

More than a few failures are no coincidence: they get no second try."""

import subprocess
import sys
from pathlib import Path

from tally import cases_of, outcome_of

TESTS_MAX = 3
TIMES = 2


def node_id(case):
    return f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"


def main():
    folder, kinds = Path(sys.argv[1]), sys.argv[2:]
    failed = {kind: [node_id(case) for case in cases_of(folder / f"{kind}.xml") if outcome_of(case) == "failed"] for kind in kinds}
    count = sum(map(len, failed.values()))
    if count > TESTS_MAX:
        print(f"{count} failed: too many for a second try")
        return
    for kind, tests in failed.items():
        for time in range(TIMES if tests else 0):
            print(f"a second try, alone, {time + 1} of {TIMES}: {' '.join(tests)}", flush=True)
            subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                            f"--junitxml={folder}/{kind}.again-{time}.xml", *tests], check=False)


if __name__ == "__main__":
    main()
