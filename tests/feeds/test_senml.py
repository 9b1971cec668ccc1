"""SenML held to the vectors of RFC 8428, and no pack can reach into another."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import senml
from events.observations import Quality
from tests.feeds.offering import ARRIVAL, UNHURRIED, offer, reasons

WITNESS = b'[{"n":"witness","u":"kWh","t":1760000000,"v":1}]'
BASE = "urn:dev:ow:10e2073a01080063"


def vector(shared_data: Path, number: int) -> bytes:
    return (shared_data / "events" / "senml" / f"ex{number}.json").read_bytes()


def readings(pack: str) -> list[tuple[object, ...]]:
    frame = offer(senml.decode, pack.encode()).frames["readings"]
    return frame.select("point_id", "unit", "value").rows()


VECTORS = {1: 1, 2: 2, 3: 7, 4: 12, 5: 13, 6: 4, 7: 4, 8: 2, 9: 3, 10: 2, 11: 2, 12: 2, 13: 4}
"""Number of the example file -> its records that carry something, counted by hand."""


@pytest.mark.parametrize(("number", "records"), VECTORS.items())
def test_every_vector_of_the_standard_lands_whole(shared_data: Path, number: int, records: int) -> None:
    decoded = offer(senml.decode, vector(shared_data, number))
    assert decoded.offered == records
    assert decoded.refused.is_empty()


def test_base_name_and_relative_time_speak_for_the_records_after_them(shared_data: Path) -> None:
    frame = offer(senml.decode, vector(shared_data, 3)).frames["readings"]
    assert (
        frame["point_id"].to_list()
        == ["urn:dev:ow:10e2073a0108006:voltage"] + ["urn:dev:ow:10e2073a0108006:current"] * 6
    )
    base = datetime(2010, 6, 8, 18, 1, 16, 1000, tzinfo=UTC)
    assert frame["time"].to_list() == [base + timedelta(seconds=s) for s in (0, -5, -4, -3, -2, -1, 0)]
    assert frame["unit"].to_list() == ["V", *["A"] * 6]
    assert frame["value"].to_list() == [120.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]


def test_a_new_base_name_replaces_the_one_before(shared_data: Path) -> None:
    frame = offer(senml.decode, vector(shared_data, 6)).frames["readings"]
    assert frame["point_id"].to_list() == [
        "2001:db8::2/temperature",
        "2001:db8::2/humidity",
        "2001:db8::1/temperature",
        "2001:db8::1/humidity",
    ]


def test_texts_are_states_and_truth_is_a_reading(shared_data: Path) -> None:
    decoded = offer(senml.decode, vector(shared_data, 7))
    assert decoded.frames["states"].select("point_id", "text").rows() == [
        (f"{BASE}:label", "Machine Room"),
        (f"{BASE}:nfv-reader", "aGkgCg"),
    ]
    assert decoded.frames["readings"].select("point_id", "unit", "value").rows() == [
        (f"{BASE}:temp", "Cel", 23.1),
        (f"{BASE}:open", "", 0.0),
    ]


def test_a_record_without_time_was_measured_when_it_arrived(shared_data: Path) -> None:
    assert offer(senml.decode, vector(shared_data, 1)).frames["readings"]["time"].to_list() == [ARRIVAL]


def test_times_below_two_to_the_28_count_from_the_arrival() -> None:
    pack = b'[{"bn":"a","t":-60.5,"v":1},{"bt":-3600,"t":1800,"v":1},{"bt":0,"t":268435456,"v":1}]'
    frame = offer(senml.decode, pack).frames["readings"]
    assert frame["time"].to_list() == [
        ARRIVAL - timedelta(seconds=60.5),
        ARRIVAL - timedelta(minutes=30),
        datetime(1978, 7, 4, 21, 24, 16, tzinfo=UTC),
    ]


def test_base_value_is_added_and_base_sum_stands_for_a_missing_sum() -> None:
    assert readings('[{"bn":"m:","bv":100,"n":"p","u":"kWh","v":2.5},{"n":"q","u":"kWh","v":-1}]') == [
        ("m:p", "kWh", 102.5),
        ("m:q", "kWh", 99.0),
    ]
    assert readings('[{"bs":1000,"bu":"W","n":"p","v":50,"s":20},{"n":"q","s":1},{"n":"r","v":3}]') == [
        ("p", "W", 50.0),
        ("r", "W", 3.0),
        ("p", "J", 1020.0),
        ("q", "J", 1001.0),
        ("r", "J", 1000.0),
    ]


def test_base_fields_end_with_their_pack() -> None:
    packs = [b'[{"bn":"a:","bt":1760000000,"bu":"kWh","bv":5,"n":"x","v":1}]', b'[{"n":"y","v":1}]']
    frame = offer(senml.decode, *packs).frames["readings"]
    assert frame.select("point_id", "unit", "value", "record").rows() == [("a:x", "kWh", 6.0, 0), ("y", "", 1.0, 1)]
    assert frame["time"][1] == ARRIVAL


def test_quality_is_kept_and_defaults_to_measured() -> None:
    pack = b'[{"n":"a","v":1,"quality":"estimated"},{"n":"b","v":1},{"n":"c","v":1,"quality":"guess"}]'
    decoded = offer(senml.decode, pack)
    assert decoded.frames["readings"]["quality"].to_list() == [Quality.ESTIMATED, Quality.MEASURED]
    assert reasons(decoded) == [
        "senml: c: quality 'guess' is none of measured, estimated, substituted, manual, invalid"
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"n":"a","u":"parsec","v":1}', "a: unit 'parsec' is no SenML unit"),
        ('{"n":" a","v":1}', "letters, digits and -:./_ only"),
        ('{"n":"電表","v":1}', "letters, digits and -:./_ only"),
        ('{"n":"-a","v":1}', "a letter or digit first"),
        ('{"v":1}', "a record without a name"),
        ('{"n":"a"}', "a: no value"),
        ('{"n":"a","v":null}', "a: no value"),
        ('{"n":"a","v":1,"vs":"x"}', "a: more than one of v, vs, vb, vd"),
        ('{"n":"a","v":"1"}', "Expected `float | null`, got `str`"),
        ('{"n":"a","v":true}', "Expected `float | null`, got `bool`"),
        ('{"n":"a","vb":1}', "Expected `bool | null`, got `int`"),
        ('{"n":5,"v":1}', "Expected `str | null`, got `int`"),
        ('{"n":"a","v":1e999}', "Number out of range"),
        ('{"n":"a","t":1e300,"v":1}', "a: time is no second between 1978 and 2200"),
        ('{"n":"a","t":-1e9,"v":1}', "a: time is no second between 1978 and 2200"),
        ('{"n":"a","vd":"not base64!"}', "a: vd is not base64url"),
        ("7", "Expected `object`, got `int`"),
    ],
)
def test_a_record_that_cannot_be_taken_is_refused_and_its_neighbours_land(record: str, reason: str) -> None:
    pack = f'[{{"n":"before","v":1}},{record},{{"n":"after","v":2}}]'.encode()
    decoded = offer(senml.decode, WITNESS, pack, WITNESS)
    assert decoded.frames["readings"]["point_id"].to_list() == ["witness", "before", "after", "witness"]
    (why,) = reasons(decoded)
    assert reason in why
    assert decoded.refused["record"].to_list() == [1]


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        (b"", "empty payload"),
        (b"[]", "a pack without records"),
        (b'[{"bn":"a"}]', "a pack of base fields alone"),
        (b'{"n":"a","v":1}', "Expected `array`, got `object`"),
        (b"null", "Expected `array`, got `null`"),
        (b'[{"n":"a","v":1}', "truncated"),
        (b'[{"n":"a","v":NaN}]', "malformed"),
        (b"\xff\xfe", "not UTF-8: byte 0xff at 0"),
        (b'[{"n":"\xb9q\xaa\xed","v":1}]', "not UTF-8"),
        (b"[" * 20_000, "nested too deeply"),
        (b'[{"bver":11,"n":"a","v":1}]', "version 11 is not read, only 1 to 10"),
        (b'[{"bver":0,"n":"a","v":1},{"n":"b","v":1}]', "version 0 is not read"),
        (b'[{"n":"a","v":1,"secret_":1}]', "field 'secret_' must be understood"),
        (b'[{"n":"a","v":1,"secret\\u005f":1}]', "field 'secret_' must be understood"),
        (b'[{"bn":7,"n":"a","v":1},{"n":"b","v":1}]', "which holds base fields"),
    ],
)
def test_a_pack_that_cannot_be_taken_is_refused_whole(pack: bytes, reason: str) -> None:
    decoded = offer(senml.decode, WITNESS, pack, WITNESS)
    assert decoded.frames["readings"]["point_id"].to_list() == ["witness", "witness"]
    (why,) = reasons(decoded)
    assert reason in why
    assert decoded.refused["payload"].to_list() == [pack]


def test_a_field_whose_name_ends_otherwise_is_passed_over() -> None:
    assert readings('[{"n":"a_","u":"m3","v":1,"ut":60,"l":"_","extra":{"deep":[1]}}]') == [("a_", "m3", 1.0)]


@pytest.mark.parametrize(
    "leak", [b'{"n":"x","v":1}],[{"n":"y","v":2}', b'[{"n":"x","v":1}],[{"n":"y","v":2}]', b"1],[2"]
)
def test_a_crafted_payload_never_changes_its_neighbours(leak: bytes) -> None:
    decoded = offer(senml.decode, WITNESS, leak, WITNESS)
    assert decoded.frames["readings"].select("point_id", "record").rows() == [("witness", 0), ("witness", 2)]
    assert decoded.refused["payload"].to_list() == [leak]


def test_a_refused_record_can_be_offered_again_by_itself() -> None:
    pack = b'[{"bn":"m:","bt":1760000000,"bu":"kWh","n":"a","u":"parsec","v":1}]'
    (kept,) = offer(senml.decode, pack).refused["payload"].to_list()
    again = offer(senml.decode, kept.replace(b"parsec", b"kWh")).frames["readings"]
    assert again.select("point_id", "unit", "value").rows() == [("m:a", "kWh", 1.0)]
    assert again["time"].to_list() == [datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)]


RECORDS = st.fixed_dictionaries(
    {"n": st.sampled_from(["a", "b", "c:1.8.0"])},
    optional={
        "bn": st.sampled_from(["", "urn:x:", "m/"]),
        "bt": st.integers(1_500_000_000, 1_800_000_000),
        "bu": st.sampled_from(["kWh", "m3"]),
        "bv": st.floats(-1e6, 1e6),
        "u": st.sampled_from(["W", "Cel"]),
        "t": st.integers(-3600, 3600),
        "v": st.floats(-1e9, 1e9),
    },
)


def resolved_by_hand(pack: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """The plain reading of RFC 8428, one record at a time."""
    base: dict[str, object] = {}
    rows: list[tuple[object, ...]] = []
    for record in pack:
        base |= {k: v for k, v in record.items() if k.startswith("b")}
        if "v" in record:
            seconds = base.get("bt", 0) + record.get("t", 0)  # type: ignore[operator]
            time = datetime.fromtimestamp(seconds, UTC) if seconds >= 2**28 else ARRIVAL + timedelta(seconds=seconds)
            name = str(base.get("bn", "")) + str(record["n"])
            unit = record.get("u", base.get("bu", ""))
            rows.append((name, unit, time, record["v"] + base.get("bv", 0.0)))  # type: ignore[operator]
    return rows


@UNHURRIED
@given(st.lists(st.lists(RECORDS, min_size=1, max_size=6), min_size=1, max_size=4))
def test_the_columnar_reading_of_any_packs_is_the_plain_one(packs: list[list[dict[str, object]]]) -> None:
    decoded = offer(senml.decode, *[msgspec.json.encode(pack) for pack in packs])
    expected = [row for pack in packs for row in resolved_by_hand(pack)]
    found = decoded.frames["readings"].select("point_id", "unit", "time", "value").rows()
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    assert [row[3] for row in found] == pytest.approx([row[3] for row in expected])


def test_a_file_with_one_pack_a_line_is_as_many_messages() -> None:
    lines = WITNESS + b"\n" + WITNESS + b"\n\n"
    assert senml.split(lines) == senml.split(gzip.compress(lines)) == [WITNESS, WITNESS]
    pretty = b'[\n {"n":"a","v":1}\n]\n'
    assert senml.split(pretty) == [pretty]


def test_sums_of_unlisted_units_say_so() -> None:
    frame = offer(senml.decode, b'[{"n":"a","u":"Cel","s":3}]').frames["readings"]
    assert frame.select(pl.col("unit")).item() == "Cel*s"


HUGE = b"123456789012345678901234567890123456789012"
"""A number that the strict decoder passes over in a field nobody reads, and the columnar decoder cannot hold."""


UNREAD, VALUE = b'[{"n":"x","v":1,"u":"kWh","other":%s}]' % HUGE, b'[{"n":"x","u":"kWh","v":%s}]' % HUGE


@pytest.mark.parametrize("odd", [UNREAD, VALUE])
@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_pack_that_only_the_columnar_decoder_refuses_is_found_among_its_neighbours(odd: bytes, at: int) -> None:
    packs = [b'[{"n":"p%d","u":"kWh","v":%d,"vs":null}]' % (n, n) for n in range(5)]
    packs[at] = odd
    decoded = offer(senml.decode, *packs)
    told = decoded.frames["readings"].select("point_id", "value", "record").rows()
    assert told == [(f"p{n}", float(n), n) for n in range(5) if n != at]
    assert decoded.refused.rows() == [(at, "senml: a number or text that cannot be read", odd)]
