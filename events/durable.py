"""Files that outlast a power cut: written beside, forced to the disk, renamed, and the folder forced to the disk too.

Without the first a rename may reach the disk before the bytes do (a file of full size that holds zeros); without the
second the rename itself may be forgotten. What is written later therefore never tells of what is not there yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE_FILE, OWN_FOLDER = 0o600, 0o750
"""Rights of a file that names people, and of a city's folder and its backup's: no other user reads them."""


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


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder, with the rights of `mode` less the umask's, and those above it, each on the disk before its files.

    A folder that is there stays as it is.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode, exist_ok=True)
    force(path.parent)


def keep_private(path: Path) -> None:
    """Let the owner alone read and write a file, which is made (empty) where it is absent.

    Of a file that is another's nothing is changed. SQLite gives the files beside a database the database's rights.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    except FileExistsError:
        for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
            with suppress(FileNotFoundError, PermissionError):
                if one.stat().st_mode & 0o077:
                    one.chmod(PRIVATE_FILE)
    except OSError:
        return  # whoever opens it next says in its own words what is amiss


def force(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
