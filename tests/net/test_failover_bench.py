"""The bench runs: two cuts, and the address came back each time. Its figures are printed, not judged."""

from failover_bench import measure


def test_two_cuts_at_the_default_interval() -> None:
    result = measure(interval_ms=250, cuts=2)
    print(result)
    assert len(result.samples) == 2
    assert all(sample.lost > 0 for sample in result.samples), "a cut that nobody noticed was no cut"
