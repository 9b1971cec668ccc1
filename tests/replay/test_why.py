"""A number answers for itself: down to the event that landed it, with offsets where its source keeps any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.errors import UsageError
from events.feeds.decoded import Payload
from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import Ingester
from events.source import Poll
from replay.city import City
from replay.show import facts_of
from replay.why import why
from tests.replay.golden import golden_city, hours
from twin.place import init


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City.open(golden_city(tmp_path / "city").directory) as opened:
        yield opened


def test_a_value_is_shown_with_its_age_quality_unit_and_event(city: City) -> None:
    (fact,) = facts_of(city.cut(hours(3), hours(6)), "m1", hours(100))
    assert (fact.quantity, fact.value, fact.unit, fact.quality) == ("value", 15.0, "kWh", "measured")
    assert (fact.age_s, fact.position) == (3600.0, 4)


def test_the_chain_of_a_value_ends_at_the_event_that_landed_it(city: City) -> None:
    chain = why(city, "m1", "value", hours(1.5), hours(48))
    assert (chain.fact.value, chain.fact.position, chain.known_at) == (11.5, 5, hours(48))
    assert (chain.projection, chain.origin.tag, chain.origin.recorded_at) == ("history", "batch.v1", hours(33))
    assert (chain.origin.intact, chain.origin.rows, chain.origin.first_offset) == (True, 1, None)
    assert why(city, "m1", "value").projection == "live"


def test_a_kafka_source_gives_topic_partition_and_offsets(tmp_path: Path) -> None:
    form = format_named("senml")
    packs = [Payload(b'[{"n":"p%d","u":"W","t":1770000000,"v":%d}]' % (i, i), hours(0)) for i in range(3)]
    place = init(tmp_path / "city")
    with place.log() as log:
        poll = Poll(SourceId("kafka:city.senml:2:6ebe719d"), 40, 42, {form: packs}, {form: [40, 41, 42]})
        Ingester(log).ingest(poll)
    with City.open(place.directory) as city:
        origin = why(city, "p1", "W", datetime(2026, 3, 1, tzinfo=UTC)).origin
    assert (origin.topic, origin.partition, origin.topic_id) == ("city.senml", 2, "6ebe719d")
    assert (origin.first_offset, origin.last_offset, origin.rows) == (40, 42, 3)


@pytest.mark.parametrize(
    ("entity", "quantity", "said"), [("m2", "value", "'m2' is not known"), ("m1", "speed", "no 'speed'")]
)
def test_what_is_not_known_is_said_so(city: City, entity: str, quantity: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        why(city, entity, quantity, hours(3))
