"""What is whole is let through; what was cut anywhere is not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.connectors.discovery import feeds, ttl_s
from events.connectors.documents import fault
from events.feeds.registry import format_named

CAPTURES = {
    "youbike": "youbike/v1_YouBikeTP_b.json",
    "gbfs": "gbfs/station_status_001.json",
    "parking": "parking/2025-06/TCMSV_allavailable.json",
    "gtfs-rt": "gtfsrt/gtfs_vehicle_positions.pb",
    "airbox": "air/airbox_200.json",
    "aqi": "air/taiwan_aqi_48h.parquet",
    "bus-estimate": "bus/estimate_2024-09-08T144600.json.gz",
}


@pytest.mark.parametrize("name", CAPTURES)
def test_every_capture_is_whole(shared_data: Path, name: str) -> None:
    assert fault(format_named(name), (shared_data / CAPTURES[name]).read_bytes()) is None


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.37, 0.5, 0.93, 0.9999])
def test_a_capture_cut_short_is_not(shared_data: Path, name: str, share: float) -> None:
    document = (shared_data / CAPTURES[name]).read_bytes()
    assert fault(format_named(name), document[: min(int(len(document) * share), len(document) - 1)])


def test_an_xml_feed_is_no_web_page() -> None:
    assert fault(format_named("green-button"), b"<feed><entry/></feed>") is None


ROWS = b'[{"sno":"1","mday":"2026-01-01 00:00:00","tot":3},{"sno":"2"}]'


@given(st.integers(0, len(ROWS) - 1))
def test_json_is_whole_nowhere_before_its_end(end: int) -> None:
    form = format_named("youbike")
    assert fault(form, ROWS) is fault(form, gzip.compress(ROWS)) is fault(form, b"\xef\xbb\xbf" + ROWS + b"\n") is None
    assert fault(form, ROWS[:end])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("youbike", b"<!DOCTYPE html><html><body>Sorry</body></html>"),
        ("youbike", ROWS + b"]"),
        ("gtfs-rt", b"<html></html>"),
        ("green-button", b"<html><body>Sorry</body></html>"),
        ("green-button", b"<feed><entry></entry>"),
        ("dsmr", b"<!-- cache --> <html><body>Sorry</body></html>"),
        ("nem12", b'\xef\xbb\xbf\n<?xml version="1.0"?><Error>AccessDenied</Error>'),
        ("nem12", b""),
        ("gtfs-rt", b"{}"),
        ("aqi", b"sitename,county,aqi\nA,B,1\nC,"),
        ("aqi", b"Service Unavailable"),
        ("senml", b"OK"),
        ("gbfs", b"\x00\xff" * 100),
        ("youbike", b"  \n"),
        ("youbike", b"[" * 100_000),
    ],
)
def test_garbage_is_no_document(name: str, body: bytes) -> None:
    assert fault(format_named(name), body)


@pytest.mark.parametrize("body", [b'{"data":' * 100_000, b'{"ttl":"\xff"}', b"\x1f\x8bbroken", b""])
def test_a_gbfs_list_that_cannot_be_read_names_nothing_and_is_good_for_no_time(body: bytes) -> None:
    assert feeds(body, "http://127.0.0.1/gbfs.json") is None
    assert ttl_s(body) == 0


def test_a_table_with_all_its_columns_is_whole() -> None:
    assert fault(format_named("aqi"), b'sitename,county,aqi\nA,"B, C",1\n') is None
