#!/usr/bin/env python3
"""What the image holds, by size: image_size.py ARCHIVE, an archive of `docker save`."""

from __future__ import annotations

import io
import json
import sys
import tarfile

SHOWN = 8


def files_of(archive: str) -> dict[str, int]:
    """Bytes by path, as a container sees them."""
    files: dict[str, int] = {}
    with tarfile.open(archive) as image:
        manifest = json.load(image.extractfile("manifest.json") or io.BytesIO())
        for layer in manifest[0]["Layers"]:
            with tarfile.open(fileobj=image.extractfile(layer)) as tree:
                files.update({member.name: member.size for member in tree if member.isfile()})
    return files


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: image_size.py ARCHIVE", file=sys.stderr)
        return 2
    files = files_of(sys.argv[1])
    print("| file | MB |", "|---|---|", sep="\n")
    by_size = sorted(files.items(), key=lambda entry: -entry[1])
    for name, size in by_size[:SHOWN]:
        print(f"| {name} | {size / 1e6:.2f} |")
    print(f"| {len(by_size) - SHOWN} others | {sum(size for _, size in by_size[SHOWN:]) / 1e6:.2f} |")
    print(f"| all | {sum(files.values()) / 1e6:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
