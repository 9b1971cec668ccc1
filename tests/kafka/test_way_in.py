"""Published captures come out of the city as they went in: once each, whole, and what cannot be is in quarantine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from deploy.kafka.broker import Broker
from events.errors import BrokerUnavailableError
from events.kafka.source import KafkaSource
from events.quarantine import quarantined
from tests.kafka.conftest import Raw, send, twin
from tests.kafka.published import reading
from twin.place import Place

pytestmark = pytest.mark.kafka


def test_the_captures_come_through_a_real_broker(
    kafka: Broker, place: Place, shared_data: Path, tmp_path: Path
) -> None:
    files = [
        f"youbike:{shared_data}/youbike/v1_YouBikeTP_b.json",
        f"youbike-archive:{shared_data}/youbike/slots_2024-09-10.parquet",
        f"gbfs:{shared_data}/gbfs/station_status_001.json",
        f"gtfs-rt:{shared_data}/gtfsrt/gtfs_vehicle_positions.pb",
        f"senml:{shared_data}/events/senml/ex4.json",
    ]
    twin("publish", "--kafka", kafka.address, *files)
    first = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    status = twin("status", "--city", place.directory)
    archive = [s for s in status["sources"] if s["source"].startswith("kafka:city.youbike-archive:")]
    assert sum(s["rows"] for s in archive) == 105_082
    assert status["quarantined"] == first["quarantined"] == 0
    assert status["observations"]["readings"] == 12

    twin("publish", "--kafka", kafka.address, *files)
    again = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert sum(n for family, n in again["rows"].items() if family != "states") == 0, "published twice, none doubled"
    after = twin("status", "--city", place.directory)
    assert after["observations"] == status["observations"]

    out = tmp_path / "docks.parquet"
    twin("cut", "--at", "2024-09-10T12:00:00+08:00", "--family", "docks", "--out", out, "--city", place.directory)
    docks = pl.read_parquet(out)
    contract = ["station_id", "time", "num_vehicles_available", "num_docks_available", "capacity", "position"]
    assert docks.columns[:6] == contract
    assert docks["station_id"].is_unique().all()
    table = pl.read_parquet(shared_data / "youbike" / "slots_2024-09-10.parquet")
    noon = table.filter(pl.col("infoTime") <= "2024-09-10 12:00:00")
    archived = docks.filter(pl.col("station_id").is_in(noon["sno"].unique().to_list()))
    assert archived.height == noon["sno"].n_unique()
    latest = noon.sort("infoTime").unique("sno", keep="last").sort("sno")
    mine = archived.filter(pl.col("time") > datetime(2024, 1, 1, tzinfo=UTC)).sort("station_id")
    assert mine["num_vehicles_available"].to_list() == latest["available_rent_bikes"].cast(pl.Int32).to_list()


def test_what_cannot_be_read_is_in_quarantine_and_the_counts_add_up(kafka: Broker, place: Place) -> None:
    ahead = int((datetime.now(UTC) + timedelta(days=2)).timestamp())
    bad: dict[str, list[Raw]] = {
        "city.senml": [
            (b"[{", []),
            (b"", []),
            (None, []),
            (b'[{"n":"a","u":"parsecs","v":1}]', []),
            (f'[{{"n":"a","u":"Cel","v":1,"t":{ahead}}}]'.encode(), []),
            (b"{}", [("content-type", b"application/cloudevents+json")]),
            (b"[]", [("ce_type", b"com.example.unheard.of"), ("ce_specversion", b"1.0")]),
        ],
        "city.gtfs-rt": [(b"\x07not a protobuf", [])],
        "city.youbike": [(b'[{"sno":"","mday":"2026-01-01 00:00:00"}]', [])],
    }
    sent = send(kafka, {**bad, "city.gbfs": [(b"\xff\xfe", [])]})
    good = send(kafka, {"city.senml": [(reading(m, 1), []) for m in range(5)]})
    answer = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", code=1)
    status = twin("status", "--city", place.directory)
    with place.log() as log:
        kept = list(quarantined(log))
    assert status["observations"]["readings"] == good
    assert status["quarantined"] == answer["quarantined"] == len(kept)
    unread = [q for q in kept if "no format" not in q.refusal.reason]
    assert {q.source.split(":")[1] for q in unread} == {*bad, "city.gbfs"}
    assert len(kept) >= sent - 1, "an unheard-of type on a known topic may be read by its topic's format"
    assert all(q.refusal.reason for q in kept)
    assert any(b"parsecs" in q.refusal.payload for q in kept)


def test_a_topic_made_anew_is_another_source_and_nothing_of_it_is_passed_over(kafka: Broker, place: Place) -> None:
    from kafka import KafkaAdminClient

    send(kafka, {"city.senml": [(reading(m, 1), []) for m in range(50)]})
    twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.delete_topics(["city.senml"])
    end = time.monotonic() + 30
    while "city.senml" in admin.list_topics() and time.monotonic() < end:
        time.sleep(0.2)
    admin.close()
    send(kafka, {"city.senml": [(reading(m, turn), []) for turn in (1, 2) for m in range(40)]})
    answer = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert (answer["rows"]["readings"], answer["duplicates"]) == (40, 40)
    assert len(twin("status", "--city", place.directory)["sources"]) == 2


def test_offsets_that_expired_unread_are_a_gap_in_quarantine(kafka: Broker, place: Place) -> None:
    from kafka import KafkaAdminClient, TopicPartition

    send(kafka, {"city.senml": [(reading(m, 1), []) for m in range(30)]})
    twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    send(kafka, {"city.senml": [(reading(m, 2), []) for m in range(30)]})
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.delete_records({TopicPartition("city.senml", 0): 45})
    admin.close()
    twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", code=1)
    with place.log() as log:
        (gap,) = quarantined(log)
    assert "offsets 30 to 44 are gone" in gap.refusal.reason
    assert twin("status", "--city", place.directory)["observations"]["readings"] == 45


def test_no_broker_is_said_in_a_line() -> None:
    with pytest.raises(BrokerUnavailableError, match="make kafka"):
        KafkaSource("127.0.0.1:9", lambda source: None, settings={"bootstrap_timeout_ms": 1000})
