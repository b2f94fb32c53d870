"""The committed table has a verdict for every cell and case, and the writer of it is held to that."""

from pathlib import Path

import pytest

import results
from pair import CELLS


def test_the_committed_table_has_every_cell_and_case() -> None:
    rows = results.committed()
    assert rows.pop("") == list(results.CASES.values())
    assert list(rows) == [cell.name for cell in CELLS]
    for name, verdicts in rows.items():
        assert len(verdicts) == len(results.CASES), name
        assert all(verdict.startswith(("✓ ", "✗ ")) for verdict in verdicts), (name, verdicts)


def test_the_table_is_written_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "interop.md"
    document.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    verdicts = {(cell.name, *case): "✓ 1.00 s (≤ 2.00)" for cell in CELLS for case in results.CASES}
    verdicts[(CELLS[0].name, "test_cut", "ours")] = results.verdict("failed", [], "not | within\n5 s")
    results.write(verdicts, document)
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    rows = results.committed(document)
    assert len(rows) == len(CELLS) + 1
    assert rows[CELLS[0].name][list(results.CASES).index(("test_cut", "ours"))] == "✗ not within 5 s"
    assert rows[CELLS[1].name] == ["✓ 1.00 s (≤ 2.00)"] * len(results.CASES)


def test_a_table_with_a_gap_is_not_written(tmp_path: Path) -> None:
    document = tmp_path / "interop.md"
    document.write_text(f"{results.BEGIN}\nold\n{results.END}\n")
    verdicts = {(cell.name, *case): "✓" for cell in CELLS for case in results.CASES}
    del verdicts[(CELLS[-1].name, "test_election", "theirs")]
    with pytest.raises(KeyError):
        results.write(verdicts, document)
    assert "old" in document.read_text()
