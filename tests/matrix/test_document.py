"""The committed table of packaging/doc/failover.md has every row, and promises what the rows are judged by."""

import rows
import table


def test_the_committed_table_has_every_row_and_its_promise() -> None:
    lines = table.committed()
    assert [line[:2] for line in lines] == [[row.words, table.promise(row)] for row in rows.all_rows()]
    assert all(len(line) == len(table.HEADING) for line in lines)
    assert not [line for line in lines if not line[2].startswith("✓ ")], "a broken promise is in the documentation"
