"""Under which ids the register knows the devices of a building's models: exporters give new GlobalIds.

A meter is known by its serial (`twin.aggregates.devices`); what has none (a lift, an array) by its place in the
models before: revision after revision, as `bim.compare.matching` matches them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from twin.aggregates.devices import Device

if TYPE_CHECKING:  # the loader's libraries are slow to import, and only its values are used
    from bim.model import BuildingModel


def known_ids(archive_dir: Path, earlier: Sequence[str], model: BuildingModel) -> dict[str, str]:
    """Device id in `model` → the id it had in the first of the `earlier` models (sha256, oldest first) that showed it.

    Only ids that changed are in it. An earlier model that is no longer in the archive breaks the chain, and no more.
    """
    from bim.compare.matching import matched
    from bim.compare.things import things
    from bim.errors import ArchiveError

    known: dict[str, str] = {}
    old: BuildingModel | None = None
    for new in [*_archived(archive_dir, earlier), model]:
        if old is not None:
            try:
                pairs = matched(things(old), things(new)).select("new_id", "old_id").iter_rows()
            except ArchiveError:
                continue
            devices = set(new.devices["device_id"])
            known = {new_id: known.get(old_id, old_id) for new_id, old_id in pairs if new_id in devices}
        old = new
    return {new_id: first for new_id, first in known.items() if new_id != first}


def under_known_ids(devices: Iterable[Device], known: dict[str, str]) -> tuple[Device, ...]:
    """The devices, each under the id that the register knows it by."""
    return tuple(
        msgspec.structs.replace(device, device_id=known.get(device.device_id, device.device_id)) for device in devices
    )


def register_ids(archive_dir: Path, digests: Sequence[str], registered: pl.DataFrame) -> pl.DataFrame:
    """(global_id, device_id) of the devices of the last of the models `digests` (oldest first) that are registered.

    `registered`: the building's rows of the register's `devices`. By serial where it is known, else by `known_ids`.
    Raises ArchiveError when the archive does not hold the last model.
    """
    from bim import archive

    model = archive.read(archive_dir, digests[-1])
    known = known_ids(archive_dir, digests[:-1], model)
    by_serial = dict(registered.drop_nulls("serial").select("serial", "device_id").iter_rows())
    registry = set(registered["device_id"])
    found = [
        (global_id, by_serial.get((serial or "").strip(), known.get(global_id, global_id)))
        for global_id, serial in model.devices.select("device_id", "serial").iter_rows()
    ]
    rows = sorted(pair for pair in found if pair[1] in registry)
    return pl.DataFrame(rows, schema={"global_id": pl.String, "device_id": pl.String}, orient="row")


def _archived(archive_dir: Path, earlier: Sequence[str]) -> list[BuildingModel]:
    from bim import archive
    from bim.errors import ArchiveError

    found = []
    for sha256 in earlier:
        try:
            found.append(archive.read(archive_dir, sha256))
        except ArchiveError:
            continue
    return found
