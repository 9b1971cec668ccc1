"""Files that outlast a power cut: written beside, forced to the disk, renamed, and the folder forced to the disk too.

Without the first a rename may reach the disk before the bytes do (a file of full size that holds zeros); without the
second the rename itself may be forgotten. What is written later therefore never tells of what is not there yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what `path` is to hold: a reader, also after a power cut, sees the old file or the new, whole."""
    make_folder(path.parent)
    part = path.with_name(f"{path.name}.{os.uname().nodename}-{os.getpid()}.part")  # in containers all have one number
    try:
        yield part
        force(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    force(path.parent)


def put(path: Path, data: bytes) -> None:
    """Make `path` hold `data`."""
    with replacing(path) as part:
        part.write_bytes(data)


def copy(source: Path, target: Path) -> None:
    """Make `target` hold what `source` holds, with its times."""
    with replacing(target) as part:
        shutil.copy2(source, part)


def move(source: Path, target: Path) -> None:
    """Give a file that is on the disk already another name on the same disk."""
    make_folder(target.parent)
    source.replace(target)
    force(target.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each on the disk before what lies in it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    force(path.parent)


def force(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
