"""A backup holds one consistent state of a city that is being written; what is restored is that state, and verifies."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events.errors import DamagedBackupError, UsageError
from events.ids import SourceId
from events.ingest import Ingester
from events.vault import Vault
from replay.city import City
from tests.replay.golden import golden_city, hours, reading
from tests.twin.test_erasure import HOME_METER, erase, filled
from twin.backup import MANIFEST, back_up, back_up_vault
from twin.place import CityFile, Place, init
from twin.restore import read_manifest, restore
from twin.verify import verify

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CUTS = [(at, known) for at in (None, hours(1.5), hours(4)) for known in (None, 1, 3)]

WRITER = """
import sys
from pathlib import Path
from events.ids import SourceId
from events.ingest import Ingester
from tests.replay.golden import hours, reading
from twin.place import Place
with Place(Path(sys.argv[1])).log() as log:
    ingester = Ingester(log)
    for number in range(100_000):
        ingester.append_frames(SourceId("writer"), {"readings": reading(f"m{number % 7}", hours(40 + number), number)})
        print(number, flush=True)
"""


def now() -> datetime:
    return NOW


def frames(city: Place) -> list[pl.DataFrame]:
    with City.open(city.directory) as opened:
        return [opened.cut(at, known).frame("readings") for at, known in CUTS]


def same(a: list[pl.DataFrame], b: list[pl.DataFrame]) -> bool:
    return all(x.equals(y) for x, y in zip(a, b, strict=True))


def restored(folder: Path, target: Place, log: str | None = None, vault: Path | None = None) -> int:
    again = restore(folder, target, log, vault, now)
    with target.log() as opened:
        assert verify(opened).problems == ()
    return again


def with_vault(city: Place, target: Place) -> None:
    """Bring the vault over by itself, as an operator does."""
    target.directory.mkdir(parents=True, exist_ok=True)
    back_up_vault(city, target.directory / "vault.sqlite")


@pytest.fixture
def city(tmp_path: Path) -> Place:
    place = golden_city(tmp_path / "city")
    (place.archive / "ab").mkdir(parents=True)
    (place.archive / "ab" / "model.ifc").write_bytes(b"ISO-10303-21;")
    return place


def test_a_restored_city_answers_every_cut_as_the_one_backed_up(city: Place, tmp_path: Path) -> None:
    back_up(city, tmp_path / "backup", NOW)
    target = Place(tmp_path / "again")
    with_vault(city, target)
    assert restored(tmp_path / "backup", target) == 0
    assert same(frames(target), frames(city))
    assert (target.archive / "ab" / "model.ifc").read_bytes() == b"ISO-10303-21;"


def test_from_a_file_to_a_server_and_back_again(city: Place, tmp_path: Path, postgres_dsn: str) -> None:
    first, _ = back_up(city, tmp_path / "one", NOW)
    served = Place(tmp_path / "served")
    with_vault(city, served)
    restored(tmp_path / "one", served, postgres_dsn)
    with served.log() as log:
        Ingester(log).append_frames(SourceId("later"), {"readings": reading("m2", hours(9), 1.0)})
    second, _ = back_up(served, tmp_path / "two", NOW)
    back = Place(tmp_path / "back")
    with_vault(served, back)
    restored(tmp_path / "two", back)
    assert (second.position, second.events) == (first.position + 2, first.events + 2)
    assert same(frames(back), frames(served))
    assert postgres_dsn.encode() not in (tmp_path / "two" / "city.json").read_bytes()


@pytest.mark.parametrize("store", ["file", "server"])
def test_a_backup_made_while_an_ingester_writes_is_one_of_the_states_it_went_through(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = "log.sqlite" if store == "file" else request.getfixturevalue("postgres_dsn")
    place = init(tmp_path / "city", CityFile(log=log))
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place.directory)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    try:
        manifests = []
        for _ in range(5):
            writer.stdout.readline()
            manifests.append(back_up(place, tmp_path / "backup", NOW)[0])
        written = int(writer.stdout.readline())
    finally:
        writer.kill()
        writer.communicate()
    assert written >= 5
    target = Place(tmp_path / "again")
    with_vault(place, target)
    restored(tmp_path / "backup", target)
    last = manifests[-1].position
    assert manifests[0].position < last
    with City.open(place.directory) as source, City.open(target.directory) as copy:
        assert copy.head == last <= source.head
        assert copy.cut().frame("readings").equals(source.cut(known=last).frame("readings"))


def test_a_second_backup_copies_only_what_is_new(city: Place, tmp_path: Path) -> None:
    assert back_up(city, tmp_path / "backup", NOW)[1] == 1
    assert back_up(city, tmp_path / "backup", NOW)[1] == 0
    (city.archive / "cd.parquet").write_bytes(b"PAR1")
    manifest, copied = back_up(city, tmp_path / "backup", NOW)
    assert copied == 1
    assert len(list((tmp_path / "backup").glob("log-*"))) == 1
    assert set(manifest.files) == {"archive/ab/model.ifc", "archive/cd.parquet", "city.json", manifest.log}


@pytest.mark.parametrize("name", ["archive/ab/model.ifc", "log", "city.json"])
@pytest.mark.parametrize("damage", [b"another", None])
def test_a_damaged_backup_is_refused_by_name_and_nothing_is_written(
    city: Place, tmp_path: Path, name: str, damage: bytes | None
) -> None:
    manifest, _ = back_up(city, tmp_path / "backup", NOW)
    name = manifest.log if name == "log" else name
    path = tmp_path / "backup" / name
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(DamagedBackupError, match=name):
        restore(tmp_path / "backup", Place(tmp_path / "again"), None, None, now)
    assert not (tmp_path / "again").exists()


def test_a_log_that_holds_events_a_folder_that_is_none_and_one_within_the_city_are_refused(
    city: Place, tmp_path: Path
) -> None:
    back_up(city, tmp_path / "backup", NOW)
    with pytest.raises(UsageError, match="holds events already"):
        restore(tmp_path / "backup", city, None, None, now)
    with pytest.raises(UsageError, match="no backup here"):
        read_manifest(tmp_path / "city")
    with pytest.raises(UsageError, match="lies within the city"):
        back_up(city, city.directory / "backup", NOW)
    with pytest.raises(UsageError, match="holds something that is no backup"):
        back_up(city, tmp_path, NOW)
    assert MANIFEST not in [p.name for p in city.directory.iterdir()]


def test_what_was_erased_after_the_backup_is_erased_in_the_restored_city(tmp_path: Path) -> None:
    """Given a backup, an erasure and a broken log, when the backup is restored by the vault, then it is told again."""
    place = filled(tmp_path / "city")
    back_up(place, tmp_path / "backup", NOW)
    back_up_vault(place, tmp_path / "vault.backup")
    erase(place)
    with City.open(place.directory) as opened:
        before = opened.cut(hours(0) + timedelta(days=900)).devices()
    for path in place.directory.glob("log.sqlite*"):
        path.unlink()
    again = restore(tmp_path / "backup", place, None, tmp_path / "vault.backup", now)
    assert again == 1
    with City.open(place.directory) as opened:
        assert HOME_METER not in opened.cut().frame("readings")["point_id"]
        assert opened.cut(hours(0) + timedelta(days=900)).devices().equals(before)


def test_a_vaults_backup_brought_up_to_date_forgets_what_was_destroyed(tmp_path: Path) -> None:
    place = filled(tmp_path / "city")
    back_up_vault(place, tmp_path / "vault.backup")
    assert len(Vault(tmp_path / "vault.backup").keys([HOME_METER])) == 1
    erase(place)
    back_up_vault(place, tmp_path / "vault.backup")
    assert Vault(tmp_path / "vault.backup").keys([HOME_METER]) == []


def test_no_backup_holds_the_vault(tmp_path: Path) -> None:
    place = filled(tmp_path / "city")
    back_up(place, tmp_path / "backup", NOW)
    assert not [p for p in (tmp_path / "backup").rglob("*") if "vault" in p.name]


def test_a_file_whose_content_changed_between_two_backups_is_copied_again(city: Place, tmp_path: Path) -> None:
    """Of the same name and size, and whatever its times say."""
    folder, model = tmp_path / "backup", city.archive / "ab" / "model.ifc"
    stat = model.stat()
    first, _ = back_up(city, folder, NOW)
    model.write_bytes(b"ISO-10303-22;")
    os.utime(model, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second, copied = back_up(city, folder, NOW)
    assert copied == 1
    assert second.files["archive/ab/model.ifc"] != first.files["archive/ab/model.ifc"]
    assert (folder / "archive" / "ab" / "model.ifc").read_bytes() == b"ISO-10303-22;"
    target = Place(tmp_path / "again")
    with_vault(city, target)
    restored(folder, target)
    assert (target.archive / "ab" / "model.ifc").read_bytes() == b"ISO-10303-22;"


def test_a_file_that_was_deleted_from_the_backup_is_there_again_after_the_next(city: Place, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    back_up(city, folder, NOW)
    (folder / "archive" / "ab" / "model.ifc").unlink()
    with pytest.raises(DamagedBackupError, match=r"model\.ifc"):
        restore(folder, Place(tmp_path / "early"), None, None, now)
    assert back_up(city, folder, NOW)[1] == 1
    target = Place(tmp_path / "again")
    with_vault(city, target)
    restored(folder, target)
    assert (target.archive / "ab" / "model.ifc").read_bytes() == b"ISO-10303-21;"
    assert back_up(city, folder, NOW)[1] == 0, "what is there and unchanged is not copied again"
