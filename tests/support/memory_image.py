"""What a core of a running process would hold: its writable memory, searched for secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

_PIECE = 8  # bytes: who frees memory without wiping it may still lose the first ones of a block to the allocator


def memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """The process's writable maps, by name, as they are now."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as image:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *rest = line.split(maxsplit=5)
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            name = rest[3].strip() if len(rest) > 3 else f"unnamed {span}"
            try:
                image.seek(start)
                yield name, image.read(end - start)
            except OSError:  # gone meanwhile, or a device's
                continue


def spellings(key: str) -> list[bytes]:
    """How a key of hexadecimal digits may look: as it is, as bytes, and either of them as Docker's JSON has it."""
    text, raw = key.encode(), bytes.fromhex(key)
    return [text, raw, base64.b64encode(text), base64.b64encode(raw)]


def traces(pid: int, secrets: list[bytes]) -> list[str]:
    """Where pieces of the secrets are."""
    pieces = {secret[at:at + _PIECE] for secret in secrets for at in range(0, len(secret) - _PIECE + 1, _PIECE)}
    return [f"{piece!r} in {name}" for name, data in memory(pid) for piece in sorted(pieces) if piece in data]
