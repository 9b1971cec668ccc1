"""A city's backup in a folder: the log as one SQLite file, the archive, the city file; made while ingesters write.

    manifest.json               what counts: the log's file, position and digests, every other file's digest
    log-<position>.sqlite       the log, whichever store it lies in
    city.json, archive/…        the rest of the city's directory, but what is built from the log; of indicators
                                the declaring files

A second backup into the same folder copies only files that are new; the manifest is replaced last, so that one that
dies leaves the one before. Neither the vault of names nor a server's address and password is in it: the vault is backed
up apart (`--with-vault FILE`), since what is destroyed in it must be gone.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

import msgspec

from events.durable import OWN_FOLDER, copy, force, make_folder, move, put
from events.errors import UsageError
from events.log import Log
from events.log_tables import close_file, marks, snapshot
from events.vault import Vault
from twin.copy import log_digest
from twin.erasure_files import INDICATORS
from twin.place import CityFile, Place

MANIFEST = "manifest.json"
DERIVED = ("lake", "checkpoints", "rebuilding")
"""Folders of a city that are built from the log."""

VERSION = 1
_BLOCK = 1 << 20


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: `position` is the log's last, `log_digest` that of `twin.copy.log_digest`, `files` SHA-256
    by path within the folder (POSIX), the log's among them."""

    made_at: datetime
    position: int
    events: int
    sources: int
    log: str
    log_digest: str
    files: dict[str, str]
    version: int = VERSION


def back_up(place: Place, folder: Path, at: datetime) -> tuple[Manifest, int]:
    """Back the city up into `folder` (new, or a backup of it); the manifest, and how many files were copied.

    UsageError when the folder holds something else, or lies within the city.
    """
    city = place.read()
    before = _present(folder, place)
    make_folder(folder, OWN_FOLDER)
    part = folder / f"log.{os.getpid()}.part"
    part.unlink(missing_ok=True)
    snapshot(place.log_location(), str(part))
    events, digest = log_digest(str(part))
    position, sources = _extent(part)
    close_file(str(part))
    log = f"log-{position:012d}.sqlite"
    force(part)
    move(part, folder / log)
    put(folder / "city.json", _portable(city))
    copied, files = _files(place, folder, before)
    files |= {"city.json": sha256(folder / "city.json"), log: sha256(folder / log)}
    manifest = Manifest(at, position, events, sources, log, digest, files)
    put(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    if before is not None and before.log != log:
        (folder / before.log).unlink(missing_ok=True)
    return manifest, copied


def back_up_vault(place: Place, file: Path) -> int:
    """Bring the vault's backup at `file` up to date: new keys in, destroyed ones out; how many keys were given."""
    vault, kept = place.vault(), Vault(file)
    given = vault.copy_to(kept)
    kept.forget(vault.erased())
    return given


def sha256(path: Path) -> str:
    """Digest of a file's bytes."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _present(folder: Path, place: Place) -> Manifest | None:
    """The manifest of the backup that is there."""
    if folder.resolve().is_relative_to(place.directory.resolve()):
        raise UsageError(f"{folder}: lies within the city; give a folder elsewhere, best on another disk")
    if (folder / MANIFEST).exists():
        try:
            return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise UsageError(f"{folder / MANIFEST}: cannot be read ({error}); give a new folder") from error
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: holds something that is no backup; give a new folder")
    return None


def _extent(log_file: Path) -> tuple[int, int]:
    with Log.open(log_file) as log:
        return log.head(), len(marks(str(log_file)))


def _portable(city: CityFile) -> bytes:
    """The city file without addresses, which may hold a password."""
    plain = msgspec.structs.replace(city, log=CityFile().log, vault=CityFile().vault)
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"


def _files(place: Place, folder: Path, before: Manifest | None) -> tuple[int, dict[str, str]]:
    """Copy the city's other files that are not there yet; how many, and the digests of all."""
    copied, files = 0, dict[str, str]()
    known, stores = {} if before is None else before.files, _stores(place.read())
    for path in sorted(p for p in place.directory.rglob("*") if p.is_file()):
        if not _kept(path.relative_to(place.directory), stores):
            continue
        name = path.relative_to(place.directory).as_posix()
        files[name] = sha256(path)
        if known.get(name) != files[name] or not (folder / name).exists():
            copy(path, folder / name)
            copied += 1
    return copied, files


def _stores(city: CityFile) -> tuple[str, ...]:
    """Names that the files of the log and the vault begin with."""
    return tuple(Path(where).name for where in (city.log, city.vault) if "://" not in where)


def _kept(path: Path, stores: tuple[str, ...]) -> bool:
    """Whether a file of the city belongs in its backup beside the log: no store, and nothing that is being written."""
    first = path.parts[0]
    if first == INDICATORS and path.suffix != ".py":
        return False
    return first not in (*DERIVED, "city.json") and not first.startswith(stores) and path.suffix != ".part"
