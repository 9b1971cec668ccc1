"""Digests of what an archived model consists of, so that a flipped bit is named and not drawn.

    digests.json       SHA-256 of every other file of the model's folder, by path within it (POSIX)

A model from before there were digests has none, and is not checked until it is loaded again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from bim.errors import ArchiveError

FILE = "digests.json"


def write(folder: Path) -> None:
    """Keep the digests of the folder's files as they are now."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != FILE and ".writing-" not in p.name)
    told = {path.relative_to(folder).as_posix(): _digest(path) for path in files}
    fresh = folder / f".writing-{FILE}"
    fresh.write_bytes(msgspec.json.encode(told))
    fresh.replace(folder / FILE)


def check(folder: Path, name: str) -> None:
    """ArchiveError when a file is absent, or not what was archived."""
    digest = _told(folder).get(name)
    if digest is None:
        return
    try:
        found = _digest(folder / name)
    except OSError as error:
        raise ArchiveError(f"{folder / name}: is damaged ({error.strerror}); load the model's file again") from error
    if found != digest:
        raise ArchiveError(
            f"{folder / name}: is damaged: digest {found[:12]}… where {digest[:12]}… was archived; load the model's "
            "file again"
        )


def amiss(folder: Path) -> list[str]:
    """What is wrong with the files of a model; never raises."""
    problems: list[str] = []
    try:
        names = list(_told(folder))
    except ArchiveError as error:
        return [str(error)]
    for name in names:
        try:
            check(folder, name)
        except ArchiveError as error:
            problems.append(str(error))
    return problems


def _told(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise ArchiveError(f"{folder / FILE}: is damaged ({error}); load the model's file again") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
