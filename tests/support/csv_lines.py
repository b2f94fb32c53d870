"""Dataclasses as the lines of a CSV file to which lines are only ever appended, so that a run that was stopped goes on
where it was. Fields are texts, numbers and truths."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

Line = TypeVar("Line")

_READERS: Mapping[str, Callable[[str], object]] = {"int": int, "float": float, "bool": lambda text: text == "True", "str": str}


def read(path: Path, kind: type[Line]) -> list[Line]:
    """All lines, in their order; none where there is no file yet."""
    if not path.exists():
        return []
    readers = {field.name: _READERS[str(field.type)] for field in fields(_any(kind))}
    with open(path, newline="") as file:
        return [kind(**{name: reader(line[name]) for name, reader in readers.items()}) for line in csv.DictReader(file)]


def append(path: Path, kind: type[Line], lines: Iterable[Line]) -> None:
    """Makes the file, its folder and its heading where they are missing."""
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(_any(kind))])
        if is_new:
            writer.writeheader()
        writer.writerows(asdict(_any(line)) for line in lines)


def _any(value: object) -> Any:
    """That it is a dataclass is the caller's word."""
    return value
