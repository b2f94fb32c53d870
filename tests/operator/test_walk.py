"""A short walk of each of a few seeds; `tests/operator/walk.py` walks for longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from walk import walk

STEPS = 150


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_random_walk_always_ends_where_it_should(tmp_path: Path, seed: int) -> None:
    walk(tmp_path, seed, STEPS)
