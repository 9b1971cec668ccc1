"""What is on the disk when the power goes: bytes before names, names before what tells of them."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from events import durable
from events.errors import DamagedLakeError
from events.ingest import Ingester
from replay.city import City
from tests.house.checkout import CHECKOUT
from tests.twin.test_projections import SOURCE, readings
from twin.backup import MANIFEST, back_up
from twin.lake import open_lake
from twin.manifest import read_manifest
from twin.place import Place, init
from twin.projector import Projector
from twin.rebuild import rebuild

Step = tuple[str, str]
"""`sync` or `rename`, and the path within tmp_path that it made sure of or gave."""


MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A city with six batches, none in the lake yet."""
    made = init(tmp_path / "city")
    with made.log() as log:
        writer = Ingester(log)
        for seed in range(6):
            writer.append_frames(SOURCE, {"readings": readings(seed)})
    return made


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    """Every fsync and rename of this process, in order; they are done too."""
    done: list[Step] = []
    sync, rename = os.fsync, os.replace

    def within(path: object) -> str:
        return Path(str(path)).resolve().relative_to(tmp_path.resolve()).as_posix()

    def synced(opened: int) -> None:
        done.append(("sync", within(Path(f"/proc/self/fd/{opened}").readlink())))
        sync(opened)

    def renamed(source: Path, target: Path) -> None:
        done.append(("rename", f"{within(source)} {within(target)}"))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    yield done


def saved(place: Place) -> None:
    """Flush and checkpoint all that the log has."""
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        assert projector.save()


def named(steps: list[Step], path: str) -> int:
    """When `path` was given its name."""
    return next(at for at, (kind, what) in enumerate(steps) if kind == "rename" and what.split()[1] == path)


def assert_each_name_is_given_to_what_is_on_the_disk(steps: list[Step]) -> None:
    """Bytes are forced before the rename and the folder right after it."""
    renames = [(at, what.split()) for at, (kind, what) in enumerate(steps) if kind == "rename"]
    assert renames
    for at, (source, target) in renames:
        assert ("sync", source) in steps[:at], f"{target} had a name before it had its bytes"
        assert ("sync", str(Path(target).parent)) in steps[at:], f"{target} may be forgotten"


def test_a_flush_names_files_in_the_manifest_only_once_they_are_on_the_disk(place: Place, steps: list[Step]) -> None:
    saved(place)
    assert_each_name_is_given_to_what_is_on_the_disk(steps)
    told = named(steps, "city/lake/manifest.json")
    for file in open_lake(place.lake).manifest.files():
        folder = ("sync", f"city/lake/{Path(file).parent}")
        assert named(steps, f"city/lake/{file}") < steps.index(folder, named(steps, f"city/lake/{file}")) < told


def test_a_checkpoint_counts_only_once_all_of_it_is_on_the_disk(place: Place, steps: list[Step]) -> None:
    saved(place)
    counts = named(steps, "city/checkpoints/current.json")
    parts = [at for at, (kind, what) in enumerate(steps) if kind == "rename" and "checkpoints/at-" in what]
    assert len(parts) > 1
    assert max(parts) < counts


def test_a_backup_is_on_the_disk_before_its_manifest(place: Place, tmp_path: Path, steps: list[Step]) -> None:
    made, _ = back_up(place, tmp_path / "kept", datetime(2026, 3, 4, tzinfo=UTC))
    assert_each_name_is_given_to_what_is_on_the_disk(steps)
    assert all(named(steps, f"kept/{file}") < named(steps, f"kept/{MANIFEST}") for file in made.files)


def test_what_cannot_be_written_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    durable.put(tmp_path / "deep" / "file", b"old")
    with pytest.raises(OSError, match="full"), durable.replacing(tmp_path / "deep" / "file") as part:
        part.write_bytes(b"half")
        raise OSError("the disk is full")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "deep").iterdir()] == [("file", b"old")]


def zeros_everywhere(data: bytes) -> bytes:
    """What a file system may give for a file whose size was written and whose bytes were not."""
    return bytes(len(data))


def zeros_at_the_end(data: bytes) -> bytes:
    """The last block did not reach the disk."""
    return data[: len(data) // 2].ljust(len(data), b"\0")


def zeros_at_the_start(data: bytes) -> bytes:
    """The first block did not reach the disk."""
    return data[len(data) // 2 :].rjust(len(data), b"\0")


@pytest.mark.parametrize("damaged", [zeros_everywhere, zeros_at_the_end, zeros_at_the_start])
def test_a_file_of_full_size_that_holds_zeros_is_found_at_open_and_the_log_answers(
    place: Place, caplog: pytest.LogCaptureFixture, damaged: Callable[[bytes], bytes]
) -> None:
    saved(place)
    with City.open(place.directory) as city:
        sound = city.cut().frame("readings")
    victim = place.lake / min(open_lake(place.lake).manifest.files())
    victim.write_bytes(damaged(victim.read_bytes()))
    with caplog.at_level(logging.WARNING), City.open(place.directory) as city:
        assert_frame_equal(city.cut().frame("readings"), sound)
    assert f"{victim} is missing or damaged" in caplog.text


def test_a_lake_with_a_zeroed_file_is_whole_again_after_the_next_flush(place: Place) -> None:
    saved(place)
    manifest = open_lake(place.lake).manifest
    for file in manifest.files():
        (place.lake / file).write_bytes(bytes(manifest.sizes[file]))
    saved(place)
    assert open_lake(place.lake).position == manifest.position


def test_a_file_that_is_damaged_within_is_named_and_a_rebuild_mends_it(place: Place) -> None:
    saved(place)
    file = min(read_manifest(place.lake).files())
    data = bytearray((place.lake / file).read_bytes())
    data[4:-40] = bytes(len(data) - 44)
    (place.lake / file).write_bytes(data)
    with City.open(place.directory) as city, pytest.raises(DamagedLakeError, match=f"{file}.*twin rebuild"):
        city.rows("readings", *MARCH)
    with place.log() as log:
        rebuild(log, place.directory)
    with City.open(place.directory) as city:
        assert city.rows("readings", *MARCH).height


def test_files_that_are_to_last_are_written_by_one_door() -> None:
    written = re.compile(r"\.part\"|os\.replace|os\.rename")
    strangers = [
        path.relative_to(CHECKOUT).as_posix()
        for folder in ("events", "twin")
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        if written.search(path.read_text("utf-8")) and path.name != "durable.py"
    ]
    assert strangers == ["twin/backup.py"], "write with events.durable (the backup names what SQLite writes)"
