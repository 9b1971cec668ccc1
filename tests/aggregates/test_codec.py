"""Stored domain events: every form ever written still reads, and says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from events.clock import EPOCH
from events.errors import CorruptEventError
from events.ids import Position, StreamId
from events.log import LogEvent
from tests.aggregates.samples import GOLDEN, SITE, samples
from twin.aggregates.community import CommunityRegistered
from twin.codec import decode, encode, tag_of, tags
from twin.projections.register import Register


@pytest.mark.parametrize("event", samples(), ids=tag_of)
def test_the_golden_form_of_every_event_still_reads(event: Any) -> None:
    assert decode(tag_of(event), (GOLDEN / f"{tag_of(event)}.json").read_bytes()) == event


@pytest.mark.parametrize("event", samples(), ids=tag_of)
def test_todays_form_is_the_golden_one(event: Any) -> None:
    assert encode(event) == (GOLDEN / f"{tag_of(event)}.json").read_bytes()


def test_every_tag_has_a_golden_file_and_every_golden_file_reads() -> None:
    stored = {path.name.removesuffix(".json"): path.read_bytes() for path in GOLDEN.glob("*.json")}
    assert set(tags()) <= set(stored)
    assert all(decode(tag, state) is not None for tag, state in stored.items())


@pytest.mark.parametrize("tag", ["batch.v1", "entities.v1", "entities.v2", "community.renamed.v9", "nonsense", ""])
def test_a_tag_that_is_no_domain_event_is_passed_over(tag: str) -> None:
    assert decode(tag, b"\x00 not json") is None


def test_an_old_form_is_lifted_to_todays() -> None:
    """Given a site stored when its district was called `area` and no source was kept, then it reads as today's."""
    today = samples()[0]
    old: dict[str, Any] = {
        k: v for k, v in msgspec.to_builtins(today).items() if k not in ("event", "district", "source")
    }
    lifted = decode(
        "community.registered.v0",
        msgspec.json.encode(old | {"area": "南港區"}),
        {
            ("community.registered", 0): lambda stored: {**stored, "district": stored["area"], "source": "data.taipei"},
        },
    )
    assert lifted == today


def test_a_damaged_event_says_which_and_what_to_do() -> None:
    with pytest.raises(CorruptEventError, match=r"community\.registered\.v1 cannot be read .*log verify"):
        decode("community.registered.v1", b'{"event": "community.registered.v1"}')


def test_a_list_of_sites_that_was_told_without_a_date_holds_from_when_it_was_told() -> None:
    """Given an event of an old city that stands at 1970, then it holds from its record time."""
    told = datetime(2026, 5, 1, tzinfo=UTC)
    undated = CommunityRegistered(**SITE, time=EPOCH, recorded_at=told)
    dated = CommunityRegistered(**SITE, time=told - timedelta(days=9), recorded_at=told)
    back = [decode(tag_of(event), encode(event)) for event in (undated, dated)]
    assert [event.time for event in back if event] == [told, told - timedelta(days=9)]
    stored = LogEvent(Position(1), StreamId("s"), 1, tag_of(undated), encode(undated))
    register = Register.empty().fold([stored])
    assert register.at(told - timedelta(days=1)).communities.is_empty()
    assert register.at(told).communities.height == 1
