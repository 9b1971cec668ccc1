"""The register by both clocks: any cut equals a plain reading of what was told up to it."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.ids import Position, StreamId
from events.log import LogEvent
from tests.aggregates.laws import RECORDED, day
from tests.aggregates.samples import METERS, SITE, samples
from twin.aggregates.community import CommunityRegistered
from twin.aggregates.devices import DevicesBound
from twin.codec import DomainEvent, encode, tag_of
from twin.projections.register import Register, register


def logged(events: list[DomainEvent]) -> list[LogEvent]:
    """The events with batches of observations between them, as a log holds them."""
    stored = [(tag_of(e), encode(e)) for e in events]
    mixed = [pair for entry in stored for pair in (entry, ("batch.v1", b"TB1"))]
    return [LogEvent(Position(n), StreamId("s"), n, tag, state) for n, (tag, state) in enumerate(mixed, 1)]


def site(community_id: str, when: int, households: int) -> DomainEvent:
    facts: dict[str, Any] = SITE | {"community_id": community_id, "households": households}
    return CommunityRegistered(**facts, time=day(when), recorded_at=RECORDED)


sites = st.lists(st.builds(site, st.sampled_from("ab"), st.integers(0, 6), st.integers(0, 99)), max_size=10)


@given(sites, st.integers(-1, 7), st.integers(0, 20))
def test_a_cut_holds_the_latest_fact_told_by_then_of_each_community(told: list[Any], at: int, known: int) -> None:
    log = logged(told)
    facts = [(e.community_id, e.time, 2 * n + 1, e.households) for n, e in enumerate(told)]
    seen = sorted(f for f in facts if f[1] <= day(at) and f[2] <= known)
    expected = {community_id: households for community_id, _, _, households in seen}
    cut = register(log, day(at), known).communities
    assert dict(cut.select("community_id", "households").rows()) == expected


@given(st.permutations(range(10)), st.integers(0, 20))
def test_folding_in_two_pieces_gives_the_same_frames(order: list[int], split: int) -> None:
    log = logged([samples()[i] for i in order])
    whole = Register.empty().fold(log)
    pieces = Register.empty().fold(log[:split]).fold(log[split:])
    assert pieces.position == whole.position == 20
    for name in whole.told:
        assert_frame_equal(pieces.told[name], whole.told[name])


def test_every_frame_has_its_columns_before_the_first_event_and_after_the_last() -> None:
    empty, full = Register.empty().at(), register(logged(samples()))
    for name in ("communities", "buildings", "devices", "scenarios", "checks"):
        assert getattr(empty, name).schema == getattr(full, name).schema


def test_a_meter_is_a_row_a_point_and_a_lift_a_row_without() -> None:
    devices = register(logged([DevicesBound(**METERS, time=day(1), recorded_at=RECORDED)])).devices
    assert devices.select("device_id", "point_id", "medium", "unit", "bound_at").rows() == [
        ("lift1", None, None, None, day(1)),
        ("m1", "urn:dev:ser:E0123456789:1-0:1.8.0", "electricity", "kWh", day(1)),
    ]


def test_a_device_is_bound_since_its_first_place() -> None:
    bound = DevicesBound(**METERS, time=day(1), recorded_at=RECORDED)
    moved = samples()[5]
    assert tag_of(moved) == "devices.revised.v1"
    later: Any = type(moved)(**METERS | {"storey_id": ("s9", None)}, time=day(8), recorded_at=RECORDED)
    frame = register(logged([bound, later])).devices
    row = frame.filter(pl.col("device_id") == "m1").row(0, named=True)
    assert (row["storey_id"], row["bound_at"], row["time"]) == ("s9", day(1), day(8))
