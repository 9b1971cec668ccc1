"""Digests of the lake's files, compared when this process first opens each: a flipped bit is named, not read.

A manifest says what its files must be (`expected`), whoever reads one asks (`checked`). What is published under a name
never changes, so that once is enough; 2 ms of a 3 MB file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from events.errors import DamagedLakeError, LakeMovedError

_expected: dict[str, str] = {}
_checked: dict[str, str] = {}


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expected(directory: Path, digests: Mapping[str, str]) -> None:
    """What the files of a lake must be from now on, by path within its directory."""
    _expected.update((str(directory / file), digest) for file, digest in digests.items())


def checked(paths: Iterable[Path]) -> None:
    """Compare files that were not opened yet.

    DamagedLakeError names one that is not what was written, LakeMovedError one that is gone.
    """
    for path in map(str, paths):
        digest = _expected.get(path)
        if digest is None or _checked.get(path) == digest:
            continue
        try:
            found = digest_of(Path(path))
        except FileNotFoundError as error:
            raise gone(path) from error
        except OSError as error:
            raise DamagedLakeError(f"{path}: cannot be read ({error.strerror}): twin rebuild") from error
        if found != digest:
            raise DamagedLakeError(
                f"{path}: cannot be read: digest {found[:12]}… where the manifest says {digest[:12]}…; nothing is "
                "lost, the log has it all: twin rebuild"
            )
        _checked[path] = digest


def gone(path: str) -> LakeMovedError:
    """What is said of a file that is not there any more."""
    return LakeMovedError(
        f"{path}: cannot be read, it is gone: the lake was made anew meanwhile; ask again, and if it stays "
        "so: twin rebuild"
    )
