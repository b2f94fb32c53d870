"""What all Python tests share: where tests/support is, and each program's log beside a failure."""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """A fixture value with a logs() method tells its side of a failure while it is still alive."""
    outcome = yield
    report = outcome.get_result()
    if report.when in ("setup", "call") and report.failed:
        tellers = {id(value): (name, value) for name, value in getattr(item, "funcargs", {}).items()}
        for name, value in tellers.values():
            logs = getattr(value, "logs", None)
            if callable(logs):
                report.sections.append((f"logs of {name}", logs()))
