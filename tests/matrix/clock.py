"""A wall clock that belongs to one program and can be set: Debian's libfaketime, CLOCK_REALTIME only. Stamps that the
kernel puts on packets stay the machine's, as no program of ours looks at them."""

from __future__ import annotations

from pathlib import Path

_LIBRARY = "faketime/libfaketime.so.1"


class Clock:
    def __init__(self, path: Path):
        """The file tells the program how far its clock is off; it looks at every question."""
        self._path = path
        self.jump(0)

    def jump(self, seconds: float) -> None:
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(f"{seconds:+.0f}\n")
        unfinished.rename(self._path)

    def env(self) -> dict[str, str]:
        library = next(Path("/usr/lib").glob(f"*/{_LIBRARY}"), None)
        if library is None:
            raise FileNotFoundError("libfaketime is not installed: packaging/install.sh net")
        return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._path), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
