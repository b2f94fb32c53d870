"""A container image of this machine's keepalived, in the place of other people's images, which no test can fetch.

It holds the program, a shell and their libraries. A container of it runs keepalived with the file that its environment
has in CONF; which file the image in question makes of an environment, images.py knows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from swarm_lab import Node

NAME = "somebodys/keepalived:lab"

# exec: the program is process 1 and has the signals, as in all of those images.
_START = """printf '%s' "$CONF" >/etc/keepalived.conf
exec keepalived -f /etc/keepalived.conf --dont-fork --log-console --log-detail --vrrp
"""


def _with_libraries(program: Path) -> list[Path]:
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return [program, *(Path(path) for path in re.findall(r"(/\S+) \(0x", listed))]


def archive(path: Path) -> Path:
    """The image's files, for `docker import`."""
    programs = [Path(found) for name in ("keepalived", "sh", "hostname") if (found := shutil.which(name, path="/usr/sbin:/bin"))]
    start = path.with_suffix(".start")
    start.write_text(_START)
    with tarfile.open(path, "w") as tar:
        for folder in ("etc", "run", "tmp", "var"):
            tar.addfile(_folder(folder))
        for file in sorted({file for program in programs for file in _with_libraries(program)}):
            tar.add(file.resolve(), arcname=str(file))
        tar.add(start, arcname="start")
    start.unlink()
    return path


def _folder(name: str) -> tarfile.TarInfo:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    return folder


def load(node: Node, file: Path, name: str = NAME) -> None:
    node.docker("import", "--change", 'ENTRYPOINT ["/bin/sh", "/start"]', "--change", "ENV PATH=/usr/sbin:/usr/bin:/bin",
                str(file), name)
