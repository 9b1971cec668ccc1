"""A record's time that is none: what tells its own time lands, the document that would be dated by it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import decode
from events.kafka.port import Fetched, Headers, Partition
from events.kafka.records import poll_of

OWN = b'[{"n":"urn:p","u":"kWh","t":1710201600,"v":1}]'
RELATIVE = b'[{"n":"urn:p","u":"kWh","t":-5,"v":2}]'
SOURCE = SourceId("kafka:city.senml:0:abcdef01")
NOW = datetime(2026, 11, 27, tzinfo=UTC)
NONE = [-1, 0, 1_710_201_600, 1_710_201_600_000_000, 1_710_201_600_000_000_000, 2**63 - 1, -(2**63)]
"""No time at all, the epoch, seconds, microseconds, nanoseconds, and the ends of the field."""


def fetched(values: list[bytes | None], times_ms: list[int], headers: Headers = ()) -> Fetched:
    return Fetched(Partition("city.senml", 0), range(len(values)), times_ms, values, [headers] * len(values))


@pytest.mark.parametrize("time_ms", NONE)
def test_a_record_without_a_time_is_refused_where_it_is_needed_and_nowhere_else(time_ms: int) -> None:
    good = 1_795_000_000_000
    poll = poll_of(SOURCE, fetched([OWN, RELATIVE, OWN, RELATIVE], [time_ms, time_ms, good, good]))

    decoded = decode(poll, NOW)

    rows = decoded.frames["readings"]
    assert rows["record"].to_list() == [0, 2, 3]
    assert rows["value"].to_list() == [1.0, 1.0, 2.0]
    (refusal,) = decoded.refusals
    assert (refusal.offset, refusal.payload) == (1, RELATIVE)
    assert "its record's time is none" in refusal.reason


def test_a_tombstone_of_a_compacted_topic_is_nothing_that_happened() -> None:
    messages = fetched([OWN, None], [1_795_000_000_000] * 2)
    assert poll_of(SOURCE, messages, compacted=True).unreadable == []
    (refusal,) = poll_of(SOURCE, messages).unreadable
    assert (refusal.offset, "no value" in refusal.reason) == (1, True)


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "contentType", "content_type", "CONTENT-TYPE"])
@pytest.mark.parametrize("mode", ["one", "each"])
def test_a_content_type_is_read_however_its_header_is_spelt(name: str, mode: str) -> None:
    """Given a topic that is no format's own, so that headers alone tell it; records alike, or looked at one by one."""
    headers = [("ce_type", b"unknown"), (name, b"application/senml+json")]
    structured = (
        b'{"specversion":"1.0","id":"1","source":"/g","type":"t","datacontenttype":"application/senml+json","data":[]}'
    )
    where, times = Partition("gateway", 0), [1_795_000_000_000] * 2
    other = headers if mode == "one" else [(name, b"application/cloudevents+json")]
    messages = Fetched(where, range(2), times, [OWN, OWN if mode == "one" else structured], [headers, other])
    poll = poll_of(SOURCE, messages)
    assert poll.unreadable == []
    assert list(poll.payloads) == [format_named("senml")]
    assert [p.data for p in poll.payloads[format_named("senml")]] == [OWN, OWN if mode == "one" else b"[]"]
