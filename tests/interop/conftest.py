"""Fixtures and options of the interoperability tests. They need root, for namespaces.

By default election, polite stop and cut of every cell. --full adds preemption and ties; --write-table, which implies
it, writes what was measured into packaging/doc/interop.md.
"""

import os
import shutil
from collections.abc import Generator

import pytest

import frr
import results
from agent import binary
from pair import CELLS, Cell, Pair, other
from results import Measure


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="all cases of the matrix")
    parser.addoption("--write-table", action="store_true", help="--full, and write packaging/doc/interop.md")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a case that only --full runs")
    if config.getoption("--write-table") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(TableWriter(), "interop-table")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not (config.getoption("--full") or config.getoption("--write-table")):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]
    for item in items:
        values = getattr(getattr(item, "callspec", None), "params", {})
        if "cell" in values and "active" in values:
            item.user_properties.append(("place", [values["cell"].name, item.originalname, values["active"]]))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        metafunc.parametrize("cell", CELLS, ids=[cell.name.replace(" ", "-") for cell in CELLS])


class TableWriter:
    """Gathers what the tests reported, from all workers, and writes the table when the last one is through."""

    def __init__(self) -> None:
        self._verdicts: dict[tuple[str, str, str], str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if "place" in properties and (report.when == "call" or report.outcome != "passed"):
            measures = [tuple(value) for name, value in report.user_properties if name == "measure"]
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message if crash else str(report.longrepr)
            self._verdicts[tuple(properties["place"])] = results.verdict(report.outcome, measures, why)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        try:
            results.write(self._verdicts)
        except KeyError as missing:
            raise pytest.UsageError(f"--write-table: not every case was run; {missing} is missing") from None


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("makes network namespaces: run as root")


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Measure:
    """Notes a duration for the table and fails when it is above its bound."""

    def note(what: str, took: float, bound: float) -> None:
        request.node.user_properties.append(("measure", [what, took, bound]))
        print(f"{what or 'took'} {took:.3f} s, bound {bound:.3f} s")
        assert took <= bound, f"{what or 'it'} took {took:.2f} s, more than {bound:.2f}"

    return note


@pytest.fixture
def pair(request: pytest.FixtureRequest, needs_root: None, cell: Cell, active: str) -> Generator[Pair, None, None]:
    """A LAN with nobody started."""
    binary()
    if not (frr.is_installed() if cell.program == "FRR" else shutil.which("keepalived")):
        pytest.fail(f"{cell.program} is not installed: packaging/install.sh net")
    is_tie = request.node.originalname == "test_equal_priorities"
    with Pair(cell, higher=active if is_tie else other(active)) as pair:
        yield pair
