"""A few cases, once and briefly: they happen, and the report is whole. Its figures are printed, not judged."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import bench
from bench import _SMOKE, _matching
from contenders import CONTENDERS
from records import CONTROL

_PNG = b"\x89PNG"
_PICTURE_MIN = 5000  # bytes; an empty one has less


def test_the_smoke_run_measures_all_that_it_should(tmp_path: Path) -> None:
    result = subprocess.run([sys.executable, bench.__file__, "--smoke", "--out", str(tmp_path)], capture_output=True,
                            text=True, timeout=500)
    print(result.stdout)
    assert result.returncode == 0, result.stderr
    with open(tmp_path / "samples.csv", newline="") as file:
        taken = {(line["case"], line["contender"], line["figure"]): float(line["value"]) for line in csv.DictReader(file)}
    for case in _matching(list(_SMOKE)):
        for contender in CONTENDERS:
            for figure in case.figures:
                assert (case.name, contender, figure.name) in taken
        assert not case.control or any(name == case.name and who == CONTROL for name, who, _ in taken)
        assert f"| {case.words}: {case.figures[0].words} | swarm-vip | 1 |" in result.stdout
    assert (tmp_path / "table.md").read_text() in result.stdout
    for picture in ("crash.png", "planned.png", "processor.png", "memory.png"):
        drawn = (tmp_path / picture).read_bytes()
        assert drawn.startswith(_PNG) and len(drawn) > _PICTURE_MIN, picture
    assert not (tmp_path / "failures").exists()


def test_the_operators_smoke_run_measures_what_it_computes_and_keeps(tmp_path: Path) -> None:
    script = Path(bench.__file__).parent / "operator" / "run.sh"
    result = subprocess.run([str(script), "--smoke", "--out", str(tmp_path), "plan", "memory"], capture_output=True, text=True,
                            timeout=500)
    print(result.stdout)
    assert result.returncode == 0, result.stderr
    for row in ("| look/idle/1000/50 |", "| 1000 | 50 |"):
        assert row in result.stdout
