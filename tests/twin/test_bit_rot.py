"""A flipped bit changes no answer unsaid: it is what it was, or an error or `twin log verify` names what is wrong.

TWIN_FLIPS=1000 pytest tests/twin/test_bit_rot.py tries as many in each kind of file; every run tries the same ones.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from bim.author import author_building
from bim.errors import BimError
from bim.housing import HousingSpec
from bim.load import load
from events.compaction import compact
from events.errors import TwinError
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.quarantine import Refusal
from events.source import Poll
from replay.city import City
from tests.aggregates.samples import QUESTION, SITE
from tests.replay.golden import hours, reading
from tests.twin.test_projections import readings
from twin.place import Place, init
from twin.projector import Projector
from twin.service import Service
from twin.verify import verify
from twin.verify_city import verify_city

FLIPS = int(os.environ.get("TWIN_FLIPS", "12"))
"""Flips in each kind of file."""

KINDS = {
    "log": "log.sqlite",
    "lake": "lake/*/*.parquet",
    "manifest": "lake/manifest.json",
    "checkpoints": "checkpoints/**/*",
    "archive": "archive/*/*/**/*",
    "vault": "vault.sqlite",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A city of every kind of record: facts, names, batches in and out of segments, refusals, a model, a lake."""
    made = init(tmp_path_factory.mktemp("sound") / "city")
    with made.log() as log:
        service = Service(log, made.archive, lambda: hours(1))
        service.register_communities([SITE])
        file = made.directory / "house.ifc"
        author_building(HousingSpec(SITE["community_id"], "東明", "a", 2, 0, 4, 121.6, 25.05), file)
        model = load(file, archive_dir=made.archive)
        file.unlink()
        service.publish_model(model, SITE["community_id"], "a")
        writer = Ingester(log, checkpoint=made.memory)
        for seed in range(20):
            writer.append_frames(SourceId("test"), {"readings": readings(seed)})
        compact(log)
        writer.ingest(Poll(SourceId("odd"), 0, 0, {}, {}, [Refusal(0, "senml", "not JSON", b"{")]))
        project(log, made)
        writer.save()
        for seed in range(20, 24):
            writer.append_frames(SourceId("test"), {"readings": readings(seed)})
        service.define_scenario(QUESTION)
        writer.append_frames(SourceId("last"), {"readings": reading("last", hours(90), 1.0)})
    return made


def project(log: Log, city: Place) -> None:
    """Lake and checkpoint at the head."""
    projector = Projector(log, city.directory)
    projector.catch_up()
    assert projector.save()


def answers(place: Place) -> list[pl.DataFrame]:
    """Live, past and as then known; a series; what stands where; the model's tables."""
    with City.open(place.directory) as city:
        now, noon, then = city.cut(), city.cut(hours(36)), city.cut(hours(36), 9)
        frames = [cut.frame("readings") for cut in (now, noon, then)]
        frames += [now.communities(), now.buildings(), now.devices(), now.scenarios()]
        frames.append(city.series("readings", ["p3"], hours(0), hours(100)))
        model = now.model("a")
        frames += [model.tables[name] for name in ("spaces", "devices", "elements")]
        frames.append(pl.DataFrame({"vertices": model.meshes.vertices.ravel()}))
        return frames


def said(place: Place) -> list[str]:
    """What `twin log verify` says is wrong."""
    try:
        with place.log() as log:
            return [*verify(log).problems, *verify_city(place, log)]
    except TwinError as error:  # a log that cannot be opened: the command prints this
        return [str(error)]


def flip(path: Path, bit: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_a_sound_city_has_no_problem(sound: Place) -> None:
    assert said(sound) == []
    with sound.log() as log:
        report = verify(log)
        assert report.digests == report.events, "every event carries a digest"
        assert 0 < report.sealed < report.position


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_changes_no_answer_unsaid(kind: str, sound: Place, tmp_path: Path) -> None:
    chance, truth, became = random.Random(f"bit rot of {kind}"), answers(sound), Counter[str]()
    files = sorted(p for p in sound.directory.glob(KINDS[kind]) if p.is_file() and p.stat().st_size)
    sizes = [path.stat().st_size for path in files]
    for number in range(FLIPS):
        place = Place(tmp_path / f"{number}")
        shutil.copytree(sound.directory, place.directory)
        victim = chance.choices(files, sizes)[0].relative_to(sound.directory)
        bit = chance.randrange((place.directory / victim).stat().st_size * 8)
        flip(place.directory / victim, bit)
        became[outcome(place, truth, f"{victim}, bit {bit}")] += 1
        shutil.rmtree(place.directory)
    assert sum(became.values()) == FLIPS
    print(kind, dict(became))


def outcome(place: Place, truth: list[pl.DataFrame], where: str) -> str:
    """What became of a damaged city; AssertionError when it answers otherwise, and nobody says so."""
    try:
        found = answers(place)
    except (TwinError, BimError) as error:
        assert str(error), where
        return "error"
    if len(found) == len(truth) and all(a.equals(b) for a, b in zip(found, truth, strict=True)):
        return "same"
    assert said(place), f"{where}: another answer, and nothing is said"
    return "said"
