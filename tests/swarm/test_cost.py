"""What measures the operator on a real Swarm works: each case happens once, and its figures are there. None is judged here."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / "bench" / "operator"


def measure(script: str, *words: str, out: Path) -> list[dict[str, str]]:
    result = subprocess.run([sys.executable, str(_FOLDER / script), *words, "--csv", str(out)], capture_output=True, text=True,
                            timeout=580)
    print(result.stdout)
    assert result.returncode == 0, result.stderr
    with open(out, newline="") as file:
        return list(csv.DictReader(file))


def test_a_labels_way_and_an_idle_operator_are_measured(tmp_path: Path) -> None:
    label, idle = measure("swarm_cost.py", "--changes", "1", "--idle", "40", out=tmp_path / "swarm.csv")
    moments = [float(label[step]) for step in ("event", "look", "planned", "sent", "started", "everywhere")]
    assert moments == sorted(moments) and int(label["requests"]) > 0
    assert int(idle["requests"]) > 0 and int(idle["resident_kib"]) > int(idle["proportional_kib"]) > 0


def test_a_health_check_is_measured(tmp_path: Path) -> None:
    (line,) = measure("health_cost.py", "--rounds", "1", "--seconds", "15", out=tmp_path / "health.csv")
    assert int(line["asked"]) >= 2
