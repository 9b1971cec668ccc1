"""Green Button: the sample of the standard's own project, what its numbers mean, and what leads to nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.feeds.meters.green_button import reading
from events.observations import Quality
from tests.feeds.offering import offer, reasons

SAMPLE = Path(__file__).parent / "captured" / "green_button_openespi.xml"
POINT = "greenbutton:RetailCustomer/9B6C7066/UsagePoint/5446AF3F"


@pytest.fixture(scope="module")
def sample() -> bytes:
    return SAMPLE.read_bytes()


def rows(document: bytes) -> list[tuple[object, ...]]:
    decoded = offer(reading.decode, document)
    assert decoded.refused.is_empty(), reasons(decoded)
    return decoded.frames["readings"].drop("record").rows()


def test_the_sample_of_the_standards_project_is_energy_of_intervals_dated_by_their_ends(sample: bytes) -> None:
    def at(minute: int) -> datetime:
        return datetime(2012, 3, 1, 5, minute, tzinfo=UTC)

    point = f"{POINT}:1-0:1.29.0"
    assert rows(sample) == [
        (point, "Wh", at(15), 282.0, Quality.ESTIMATED),
        (point, "Wh", at(30), 323.0, Quality.MANUAL),
        (point, "Wh", at(45), 294.0, Quality.MEASURED),
    ]


@pytest.mark.parametrize(
    ("changes", "code", "unit", "value"),
    [
        ({"<accumulationBehaviour>4": "<accumulationBehaviour>1"}, "1-0:1.8.0", "Wh", 282.0),
        ({"<flowDirection>1<": "<flowDirection>19<"}, "1-0:2.29.0", "Wh", 282.0),
        ({"Multiplier>0<": "Multiplier>3<"}, "1-0:1.29.0", "Wh", 282_000.0),
        ({"Multiplier>0<": "Multiplier>-3<"}, "1-0:1.29.0", "Wh", 0.282),
        ({"<uom>72": "<uom>119"}, "uom-119-a4-f1", "m3", 282 * 0.3048**3),
        (
            {"<uom>72": "<uom>42", "Behaviour>4": "Behaviour>1", "<kind>0<": "<kind>1<", "plier>0<": "plier>-3<"},
            "7-0:3.0.0", "m3", 0.282,
        ),
        ({"<uom>72": "<uom>42", "Behaviour>4": "Behaviour>3", "<kind>0<": "<kind>2<"}, "8-0:1.0.0", "m3", 282.0),
    ],
)  # fmt: skip
def test_what_is_counted_and_in_what_follows_from_the_reading_type(
    sample: bytes, changes: dict[str, str], code: str, unit: str, value: float
) -> None:
    text = sample.decode()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    first = rows(text.encode())[0]
    assert first[:2] == (f"{POINT}:{code}", unit)
    assert first[3] == pytest.approx(value)


def test_a_reading_that_is_none_is_refused_alone(sample: bytes) -> None:
    decoded = offer(reading.decode, sample.replace(b"<value>323<", b"<value>many<"))
    assert decoded.frames["readings"]["value"].to_list() == [282.0, 294.0]
    (why,) = reasons(decoded)
    assert "value 'many' is no whole number" in why
    assert reasons(offer(reading.decode, decoded.refused["payload"][0])) == [why]
    assert b"282" not in decoded.refused["payload"][0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"<uom>72</uom>", b"", "unit of measure '' is not known, or not told"),
        (b"Multiplier>0<", b"Multiplier>99<", "powerOfTenMultiplier '99'"),
        (b"IntervalReading>", b"Reading>", "without an IntervalReading"),
        (b"ReadingType xmlns", b"Type xmlns", "XML: mismatched tag"),
        (b"<feed ", b"<!DOCTYPE feed [<!ENTITY a 'b'>]><feed ", "entities are not read"),
        (b"IntervalBlock xmlns", b"Block xmlns", "XML: mismatched tag"),
    ],
)
def test_what_leads_to_nothing_says_why(sample: bytes, old: bytes, new: bytes, why: str) -> None:
    assert old in sample
    decoded = offer(reading.decode, sample.replace(old, new))
    assert decoded.frames["readings"].is_empty()
    assert why in reasons(decoded)[0]


def test_a_feed_of_two_meters_keeps_them_apart_though_every_entry_has_one_id(sample: bytes) -> None:
    entries = sample[sample.index(b"<entry>") : sample.rindex(b"</feed>")]
    other = entries.replace(b"5446AF3F", b"2").replace(b"ReadingType/07", b"ReadingType/08").replace(b">72<", b">42<")
    both = sample.replace(b"</feed>", other + b"</feed>")
    found = {row[:2] for row in rows(both)}
    assert found == {(f"{POINT}:1-0:1.29.0", "Wh"), (f"{POINT[:-8]}2:uom-42-a4-f1", "m3")}


def test_a_long_feed_is_cut_into_messages_of_some_blocks_each(sample: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MESSAGE_BYTES", 900)
    start, end = sample.index(b"<IntervalBlock"), sample.index(b"</IntervalBlock>") + len(b"</IntervalBlock>")
    long = sample[:end] + sample[start:end].replace(b"13305", b"14305") * 2 + sample[end:]
    cut = reading.split(long)
    assert len(cut) == 3
    assert offer(reading.decode, *cut).frames["readings"].drop("record").rows() == rows(long)
