"""A city from its backup: every file's digest first, then the log, then what was erased since is erased again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from events.durable import OWN_FOLDER, copy, make_folder
from events.errors import CorruptEventError, DamagedBackupError, UsageError
from events.log import Log
from events.sql_errors import shown
from events.vault import Vault
from twin.aggregates import household
from twin.aggregates.household import HOUSEHOLDS, EraseHousehold, FormerPoints, HouseholdErased
from twin.backup import MANIFEST, VERSION, Manifest, sha256
from twin.copy import copy_log
from twin.erasure import kept_keys_of_erased, token_entities
from twin.place import CityFile, Place
from twin.repository import Step, execute
from twin.verify import verify


def restore(folder: Path, place: Place, log: str | None, vault_file: Path | None, now: Callable[[], datetime]) -> int:
    """Make the city of the backup in `folder` at `place`; how many erasures since the backup were told again.

    `log`: where the log is to lie (a file name or `postgresql://…`; None: as in a new city), which must be empty. A
    vault that lies at `place` stays, and what it knows as destroyed stays so; keys of `vault_file` are taken into it.
    DamagedBackupError names the file that is not what was backed up: then nothing was written.
    """
    manifest = read_manifest(folder)
    check(folder, manifest)
    city = _city_file(folder, place, log)
    _check_empty(place, city)
    make_folder(place.directory, OWN_FOLDER)
    for name in manifest.files:
        if name not in (manifest.log, "city.json"):
            copy(folder / name, place.directory / name)
    place.write(city)
    _restore_log(folder / manifest.log, place)
    if vault_file is not None:
        Vault(vault_file).copy_to(place.vault())
    with place.log() as opened:
        problems = verify(opened).problems
        if problems:
            raise CorruptEventError(f"{place.directory}: the restored log does not verify: {problems[0]}")
        return erase_again(opened, place.vault(), now())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the backup in `folder`."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UsageError(f"{folder}: no backup here ({MANIFEST} is absent); make one: twin backup DIR") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise DamagedBackupError(f"{folder / MANIFEST}: cannot be read ({error}); take another backup") from error
    if manifest.version != VERSION:
        raise UsageError(
            f"{folder}: a backup of form {manifest.version}, where this twin reads {VERSION}; use its twin"
        )
    return manifest


def check(folder: Path, manifest: Manifest) -> None:
    """DamagedBackupError for the first file that is absent or not what was backed up."""
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedBackupError(f"{path}: is absent from the backup; take another one")
        if (found := sha256(path)) != digest:
            raise DamagedBackupError(
                f"{path}: digest {found[:12]}… where the backup has {digest[:12]}…; take another backup"
            )


def erase_again(log: Log, vault: Vault, at: datetime) -> int:
    """Tell again what was erased after the backup was made, and destroy keys that the log knows as erased.

    The vault keeps the facts of every erasure, which name nobody; events told so.
    """
    there = set(token_entities(log)["token"])
    gone = {facts for token, facts in vault.erased().items() if token in there and facts != "{}"}
    told = 0
    for facts in sorted(gone):
        event = msgspec.json.decode(facts, type=HouseholdErased)
        points = msgspec.convert(event, FormerPoints, from_attributes=True)
        command = EraseHousehold(points, event.reason, event.time, at)
        told += len(execute(log, [Step(household.stream(event.building_id), HOUSEHOLDS, command)]))
    if kept := kept_keys_of_erased(log, vault):
        vault.destroy(kept, "{}")
    return told


def _city_file(folder: Path, place: Place, log: str | None) -> CityFile:
    """The city file to be: the vault stays where a city that is there has it."""
    city = msgspec.json.decode((folder / "city.json").read_bytes(), type=CityFile)
    if place.file.exists():
        there = place.read()
        return msgspec.structs.replace(city, log=log or there.log, vault=there.vault)
    return msgspec.structs.replace(city, log=log or city.log)


def _check_empty(place: Place, city: CityFile) -> None:
    """UsageError when the log to be holds events."""
    location = place.located(city.log)
    if "://" not in location and not Path(location).exists():
        return
    with Log.open(location) as log:
        if log.head():
            raise UsageError(f"{shown(location)}: holds events already; move it away, or give another --log")


def _restore_log(file: Path, place: Place) -> None:
    location = place.log_location()
    if "://" not in location:
        for beside in ("-wal", "-shm"):
            Path(location + beside).unlink(missing_ok=True)
        copy(file, Path(location))
        return
    between = place.directory / "restoring.sqlite"
    shutil.copyfile(file, between)  # opening it changes its header
    try:
        copy_log(str(between), location)
    finally:
        for left in place.directory.glob("restoring.sqlite*"):
            left.unlink()
