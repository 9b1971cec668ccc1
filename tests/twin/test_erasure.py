"""A household is erased: its readings stay in every total, at every cut, and nothing tells any more whose they are."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events.errors import DomainError, UsageError
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.quarantine import quarantined
from events.vault import Vault
from replay.city import City
from replay.indicator import run
from replay.show import facts_of
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.scenarios.fake_city import DONGMING, MONDAY, metered
from twin.copy import copy_log
from twin.erasure import Households, kept_keys_of_erased
from twin.erasure_files import Rewritten, rewrite
from twin.indicators import load_indicator
from twin.place import CityFile, Place, init
from twin.points import devices_of
from twin.projector import Projector
from twin.rebuild import rebuild
from twin.service import Service

LATER = MONDAY + timedelta(days=5)
HOME_METER = "urn:dev:ser:E-a-1:1-0:1.8.0"
SERIAL = b"E-a-1:"
DECLARED = '''"""Readings counted."""
from datetime import timedelta
import polars as pl
name, version, family, window = "{name}", 1, "readings", "day"
key = ["{key}"]
columns = {{"{key}": (pl.String(), None), "rows": (pl.UInt32(), None)}}
def fold(rows, start, end):
    return rows.group_by("{key}").agg(rows=pl.len())
'''
METER_SOURCE = SourceId("demo:meters")


def later() -> datetime:
    return LATER


def decoded(readings: pl.DataFrame) -> pl.DataFrame:
    """Readings as a decoder gives them."""
    return readings.drop("position").with_columns(record=pl.lit(0, pl.UInt32))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return filled(tmp_path / "city")


def filled(directory: Path, file: CityFile | None = None) -> Place:
    """東明 with one published building of 12 homes and two days of readings in the lake."""
    city = init(directory, file)
    with city.log() as log:
        fill(log, city)
    return city


def fill(log: Log, city: Place) -> None:
    service = Service(log, city.archive, later)
    service.register_communities([SITE], time=MONDAY - timedelta(days=30))
    service.publish_model(housing("a", home_meters("a", 12)), DONGMING, "a", MONDAY - timedelta(days=30))
    readings = two_days()
    midnight = MONDAY + timedelta(hours=24)
    for part in (readings.filter(pl.col("time") < midnight), readings.filter(pl.col("time") >= midnight)):
        Ingester(log, clock=later).append_frames(METER_SOURCE, {"readings": part})
    project(log, city)


def two_days() -> pl.DataFrame:
    """Readings of every electricity meter of the building, as decoded."""
    meters = [d for d in devices_of(home_meters("a", 12)) if d.kind == "electricity_meter"]
    return decoded(metered([d.point_ids[0] for d in meters], days=2))


def project(log: Log, city: Place) -> None:
    projector = Projector(log, city.directory)
    projector.catch_up(write=True)
    assert projector.save()


def home_of(city: Place, point: str = HOME_METER) -> str:
    with City.open(city.directory) as opened:
        return str(opened.cut().devices().filter(point_id=point)["dwelling_id"][0])


def erase(city: Place) -> Rewritten:
    home = home_of(city)
    with city.log() as log:
        done = Households(log, later).erase("a", home, "asked for it")
        return rewrite(log, city.directory, done.words)


def next_reading(value: float, at: datetime = LATER) -> pl.DataFrame:
    row = decoded(metered([HOME_METER], days=2)).head(1)
    return row.with_columns(time=pl.lit(at, row.schema["time"]), value=pl.lit(value))


def ingest(city: Place, frame: pl.DataFrame) -> None:
    with city.log() as log:
        Ingester(log, clock=later).append_frames(METER_SOURCE, {"readings": frame})


def cuts(city: Place) -> list[tuple[datetime | None, int]]:
    """Instants and positions from before the first reading to after the last event."""
    with city.log() as log:
        head = log.head()
    return [
        (at, k) for at in (None, MONDAY + timedelta(hours=30), MONDAY + timedelta(hours=3)) for k in range(head + 1)
    ]


def numbers(opened: City, at: datetime | None, known: int) -> list[tuple[object, ...]]:
    """The numeric columns of a cut's readings, whoever they are of."""
    return sorted(opened.cut(at, known).frame("readings").select("time", "value", "quality", "position").rows())


def totals(opened: City, at: datetime | None, known: int) -> dict[tuple[str, str], float]:
    """Sum of the registers by community and building, exact to the last bit whatever their order."""
    cut = opened.cut(at, known)
    joined = cut.devices().join(cut.frame("readings"), on="point_id")
    parts = joined.group_by("community_id", "building_id").agg("value").rows()
    return {(community, building): math.fsum(values) for community, building, values in parts}


def test_totals_and_numbers_of_every_cut_stay_what_they_were(place: Place) -> None:
    asked = cuts(place)
    with City.open(place.directory) as city:
        before = [(numbers(city, *cut), totals(city, *cut)) for cut in asked]
    erase(place)
    with City.open(place.directory) as city:
        after = [(numbers(city, *cut), totals(city, *cut)) for cut in asked]
        everything = [city.cut(at, k).frame("readings")["point_id"].to_list() for at, k in asked]
    assert after == before
    assert any(totals for _, totals in before)
    assert not any(HOME_METER in points for points in everything)


def test_the_erased_points_name_leads_nowhere_and_the_answer_says_why(place: Place) -> None:
    erase(place)
    with City.open(place.directory) as city:
        assert city.series("readings", [HOME_METER], MONDAY, LATER).is_empty()
        with pytest.raises(UsageError, match=r"no reading.*building a were erased .*erased at 2026-"):
            facts_of(city.cut(), HOME_METER, LATER)


def test_what_comes_after_is_another_households_and_is_never_mixed_in(place: Place) -> None:
    erase(place)
    ingest(place, next_reading(7.0))
    with City.open(place.directory) as city:
        assert city.series("readings", [HOME_METER], MONDAY, LATER)["value"].to_list() == [7.0]
        assert city.cut(MONDAY + timedelta(hours=30)).frame("readings").filter(point_id=HOME_METER).is_empty()


def test_an_ingester_that_ran_all_the_while_gives_the_next_reading_another_entity(place: Place) -> None:
    home = home_of(place)
    with place.log() as log:
        running = Ingester(log, clock=later)
        with place.log() as other:
            Households(other, later).erase("a", home)
        running.append_frames(METER_SOURCE, {"readings": next_reading(7.0)})
    with City.open(place.directory) as city:
        assert city.cut().frame("readings").filter(point_id=HOME_METER)["value"].to_list() == [7.0]


def test_what_was_read_before_the_present_household_is_counted_and_given_to_nobody(place: Place) -> None:
    """Given an erased household, when all readings come once more, as from a topic made anew, then none lands."""
    erase(place)
    with City.open(place.directory) as city:
        asked = totals(city, None, city.head)
    with place.log() as log:
        again = Ingester(log, clock=later).append_frames(SourceId("kafka:anew:0"), {"readings": two_days()})
        (entry,) = quarantined(log)
    gone = two_days().filter(point_id=HOME_METER).height
    assert (sum(again.rows.values()), again.refused, again.duplicates) == (0, 1, two_days().height - gone)
    assert (entry.refusal.payload, f"({gone})" in entry.refusal.reason) == (b"", True)
    assert HOME_METER not in entry.refusal.reason
    with City.open(place.directory) as city:
        assert totals(city, None, city.head) == asked
        assert city.series("readings", [HOME_METER], MONDAY, LATER).is_empty()


def test_a_former_tenancy_is_apart_and_is_erased_alone(place: Place) -> None:
    home = home_of(place)
    with place.log() as log:
        moved = Households(log, later).moved_in("a", home)
        assert (moved.entities, len(moved.positions)) == (1, 1)
        ingest(place, next_reading(7.0))
        with City.open(place.directory) as city:
            assert city.series("readings", [HOME_METER], MONDAY, LATER)["value"].to_list() == [7.0]
            assert city.cut().frame("readings")["point_id"].str.starts_with("former:").sum() == 1
        households = Households(log, lambda: LATER + timedelta(days=1))
        assert households.erase("a", home, ended_by=LATER).entities == 1
        assert [key.until for key in households.keys("a", home)] == [None]
    with City.open(place.directory) as city:
        frame = city.cut().frame("readings")
    assert frame.filter(point_id=HOME_METER)["value"].to_list() == [7.0]
    assert frame["point_id"].str.starts_with("erased:").sum() == 1


def test_no_file_of_the_city_but_the_buildings_own_holds_the_serial_after_an_erasure(place: Place) -> None:
    """The register of devices (domain events) describes the building; the vault says of a point that it has another
    household now, since when, and nothing of the one before."""
    assert HOME_METER in names_in_the_lake(place)
    erase(place)
    assert HOME_METER not in names_in_the_lake(place)
    holding = {p.name for p in files_of(place) if SERIAL in p.read_bytes()}
    assert holding <= {"log.sqlite", "log.sqlite-wal", "vault.sqlite"}
    assert holding & {"log.sqlite", "log.sqlite-wal"}, "the building's own facts are still told"
    assert list(place.vault().starts()) == [HOME_METER]
    assert place.vault().keys([HOME_METER]) == []
    with place.log() as log:
        tags = {e.tag for e in log.read() if SERIAL in e.state}
    assert tags == {"devices.bound.v1"}


def files_of(city: Place) -> list[Path]:
    return [p for p in city.directory.rglob("*") if p.is_file() and city.archive not in p.parents]


def names_in_the_lake(city: Place) -> list[str]:
    return pl.read_parquet(city.directory / "lake" / "readings" / "entities.parquet")["point_id"].to_list()


def test_an_indicator_that_told_of_the_household_loses_its_answer_and_another_keeps_it(place: Place) -> None:
    """Given answers by point and by unit, when the household is erased, then the first is gone and the second stays."""
    with City.open(place.directory) as city:
        for name, key in (("by-point", "point_id"), ("by-unit", "unit")):
            file = place.directory.parent / f"{name}.py"
            file.write_text(DECLARED.format(name=name, key=key))
            run(city, load_indicator(file))
    before = {folder.name for folder in (place.directory / "indicators").glob("*/") if list(folder.glob("*.parquet"))}
    assert before == {"by-point-v1", "by-unit-v1"}
    assert erase(place) == Rewritten(names=True, indicators=["by-point-v1"])
    assert {p.parent.name for p in place.directory.glob("indicators/*/*.parquet")} == {"by-unit-v1"}
    assert (place.directory / "indicators" / "by-point-v1" / "indicator.py").exists()


def test_the_command_given_again_finishes_what_died_and_tells_nothing_twice(place: Place) -> None:
    """Given an erasure that died before its keys were destroyed, when it is given again, then they are gone."""
    home, vault = home_of(place), place.directory / "vault.sqlite"
    old = vault.read_bytes()
    with place.log() as log:
        assert log.vault is not None
        (key,) = log.vault.keys([HOME_METER])
        Households(log, later).erase("a", home)
        vault.write_bytes(old)
        assert kept_keys_of_erased(log, log.vault) == [key.token]
        assert Households(log, later).erase("a", home).positions == []
        assert kept_keys_of_erased(log, log.vault) == []


def test_an_old_vault_does_not_bring_an_erased_name_back(place: Place) -> None:
    old = (place.directory / "vault.sqlite").read_bytes()
    erase(place)
    (place.directory / "vault.sqlite").write_bytes(old)
    with City.open(place.directory) as city:
        assert HOME_METER not in city.cut().frame("readings")["point_id"]


def test_a_copy_of_an_old_vault_leaves_destroyed_keys_out(place: Place, tmp_path: Path) -> None:
    old, vault = Vault(tmp_path / "old.sqlite"), place.vault()
    vault.copy_to(old)
    erase(place)
    assert old.copy_to(vault) == vault.names().height == old.names().height - 1
    assert vault.keys([HOME_METER]) == []


def test_a_city_without_its_vault_replays_to_the_same_numbers(place: Place) -> None:
    with City.open(place.directory) as city:
        before = [numbers(city, *cut) for cut in cuts(place)]
    (place.directory / "vault.sqlite").unlink()
    with City.open(place.directory) as city:
        assert [numbers(city, *cut) for cut in cuts(place)] == before
        assert city.cut().frame("readings")["point_id"].str.starts_with("unnamed:").all()


def test_the_digest_of_live_and_history_is_untouched(place: Place) -> None:
    with place.log() as log:
        before = rebuild(log, place.directory).digest
    erase(place)
    with place.log() as log:
        assert rebuild(log, place.directory).digest == before


def test_an_unknown_dwelling_and_a_reason_that_names_are_refused(place: Place) -> None:
    home = home_of(place)
    with place.log() as log:
        head, households = log.head(), Households(log, later)
        with pytest.raises(DomainError, match="has no dwelling 'nowhere'"):
            households.erase("a", "nowhere")
        with pytest.raises(DomainError, match="the reason names"):
            households.erase("a", home, f"meter {HOME_METER}")
        assert log.head() == head


def test_a_point_that_the_log_itself_names_is_refused_until_the_log_is_sealed(tmp_path: Path) -> None:
    """Given a log from before there was a vault, when its copy is sealed, then the household can be erased."""
    city = init(tmp_path / "city")
    with city.log() as log:
        log.vault = None
        fill(log, city)
        with pytest.raises(UsageError, match="without its vault"):
            Households(log, later)
    home = home_of(city)
    with city.log() as log, pytest.raises(DomainError, match="names points of this dwelling in the log itself"):
        Households(log, later).erase("a", home)
    with City.open(city.directory) as opened:
        before = opened.cut(MONDAY + timedelta(hours=30)).frame("readings")
    copied = copy_log(str(city.directory / "log.sqlite"), str(city.directory / "sealed.sqlite"), city.vault())
    city.write(CityFile(log="sealed.sqlite"))
    with City.open(city.directory) as opened:
        assert opened.head == copied.position
        assert opened.cut(MONDAY + timedelta(hours=30)).frame("readings").equals(before)
    erase(city)
    with City.open(city.directory) as opened:
        assert HOME_METER not in opened.cut().frame("readings")["point_id"]


def test_an_erasure_is_the_same_where_log_and_vault_lie_on_a_server(
    tmp_path: Path, postgres_dsn: str, place: Place
) -> None:
    served = filled(tmp_path / "served", CityFile(log=postgres_dsn, vault=postgres_dsn))
    erase(served)
    erase(place)
    with City.open(served.directory) as there, City.open(place.directory) as here:
        for at in (None, MONDAY + timedelta(hours=30)):
            assert there.cut(at).frame("readings").equals(here.cut(at).frame("readings"))
            assert there.cut(at).devices().equals(here.cut(at).devices())
    assert served.vault().keys([HOME_METER]) == []


def test_a_city_from_before_goes_on_with_a_vault_for_what_is_new(tmp_path: Path) -> None:
    """Given names in the log, when a known and a new point report, then one goes on and the other is sealed."""
    city = init(tmp_path / "city")
    with city.log() as log:
        log.vault = None
        Ingester(log, clock=later).append_frames(METER_SOURCE, {"readings": next_reading(1.0)})
    other = "urn:dev:ser:NEW:1-0:1.8.0"
    ingest(city, next_reading(2.0, LATER + timedelta(hours=1)))
    ingest(city, next_reading(3.0).with_columns(point_id=pl.lit(other)))
    with City.open(city.directory) as opened:
        found = opened.cut().frame("readings").select("point_id", "value").rows()
    assert sorted(found) == [(HOME_METER, 2.0), (other, 3.0)]
    assert city.vault().names()["name"].to_list() == [other]
    with city.log() as log:
        assert [e.tag for e in log.read() if e.tag.startswith("entities")] == ["entities.v1", "entities.v2"]


def test_two_ingesters_that_name_at_once_agree_on_the_token(tmp_path: Path) -> None:
    first, second = Vault(tmp_path / "vault.sqlite"), Vault(tmp_path / "vault.sqlite")
    assert first.tokens(["b", "a"], 1) == list(reversed(second.tokens(["a", "b"], 2)))
    assert [key.since for key in first.keys(["a"])] == [1]


def test_a_vault_on_a_server_is_the_same_vault(postgres_dsn: str) -> None:
    vault = Vault(postgres_dsn)
    (a, b) = vault.tokens(["a", "b"], 1)
    vault.end([a], 5)
    (c,) = vault.tokens(["a"], 6)
    assert [(k.token, k.since, k.until) for k in vault.keys(["a"])] == [(a, 1, 5), (c, 6, None)]
    vault.destroy([a], "{}")
    assert sorted(vault.names().rows()) == sorted([(b, "b"), (c, "a")])
    assert vault.erased() == {a: "{}"}
