"""`twin backup` and `twin restore`: the city in a folder, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from events.clock import now
from twin.backup import back_up, back_up_vault
from twin.place import Place
from twin.restore import read_manifest
from twin.restore import restore as restore_city
from views.commands.options import City, Json, show

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder 備份資料夾.")]


def backup(
    folder: Folder,
    city: City = Path("city"),
    with_vault: Annotated[
        Path | None, typer.Option("--with-vault", metavar="FILE", help="Back the vault of names up, apart 另存保管庫.")
    ] = None,
    json: Json = False,
) -> None:
    """Back the city up, while ingesters write; again into the same folder, only what is new. 備份城市，可同時收資料。

    The lake and the checkpoints are not in it: they are built from the log. Keep the vault's file elsewhere, and bring
    it up to date after every erasure.

    Example: twin backup /backups/city --city city
    """
    place = Place(city)
    manifest, copied = back_up(place, folder, now())
    keys = None if with_vault is None else back_up_vault(place, with_vault)
    answer = {
        "folder": str(folder),
        "position": manifest.position,
        "events": manifest.events,
        "sources": manifest.sources,
        "log_digest": manifest.log_digest,
        "files": len(manifest.files),
        "files_copied": copied + 1,
        "vault_keys": keys,
    }
    show(answer, as_json=json)


def restore(
    folder: Folder,
    city: City = Path("city"),
    log: Annotated[
        str | None, typer.Option("--log", metavar="FILE|URL", help="Where the log is to lie 事件紀錄位置.")
    ] = None,
    with_vault: Annotated[
        Path | None, typer.Option("--with-vault", metavar="FILE", help="Take keys from this vault 併入保管庫備份.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a city from its backup; a damaged one is refused. What was erased stays erased. 由備份還原城市。

    The log must be empty: move a broken one away first. A vault that is there stays; keep it there, so that households
    erased since the backup are erased in the restored log too.

    Example: twin restore /backups/city --city city2

    Example: twin restore /backups/city --city city2 --log postgresql://twin@127.0.0.1:5432/twin
    """
    manifest = read_manifest(folder)
    again = restore_city(folder, Place(city), log, with_vault, now)
    answer = {
        "city": str(city),
        "position": manifest.position,
        "made_at": manifest.made_at,
        "log_digest": manifest.log_digest,
        "verified": True,
        "erased_again": again,
    }
    show(answer, as_json=json)
