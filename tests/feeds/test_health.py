"""Health stations: the device and counts, and never a person, not even where nothing else could be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import health
from events.feeds.registry import format_named
from tests.feeds.offering import UNHURRIED, offer, reasons


def report(**more: Any) -> dict[str, Any]:
    told = {
        "station_id": "HS-007", "timestamp": "2026-08-20T11:41:52+08:00", "device_state": "ok",
        "measurement_count": 31, "out_of_range_count": 4,
    }  # fmt: skip
    return told | more


def test_a_station_tells_its_state_and_counts() -> None:
    decoded = offer(health.decode, json.dumps(report()).encode())
    assert decoded.refused.is_empty()
    assert decoded.frames["readings"].select("point_id", "unit", "value").rows() == [
        ("health:HS-007:measurement_count", "count", 31.0),
        ("health:HS-007:out_of_range_count", "count", 4.0),
    ]
    assert decoded.frames["states"].select("point_id", "text").rows() == [("health:HS-007:device_state", "ok")]


def test_a_persons_values_are_refused_by_name_and_kept_nowhere() -> None:
    document = report(systolic=143, name="SECRET", observations=[{"glucose": 143}], 王小明="SECRET")
    decoded = offer(health.decode, json.dumps(document).encode())
    assert decoded.frames["readings"].height == 2
    (why,) = reasons(decoded)
    assert "dropped and not kept: a further member, name, observations, systolic; send station_id" in why
    kept = decoded.refused["payload"][0].decode()
    assert all(secret not in kept + why for secret in ("143", "SECRET", "王小明"))
    assert reasons(offer(health.decode, decoded.refused["payload"][0])) == [why]


@pytest.mark.parametrize(
    "member",
    [
        {"station_id": "A123456789"},
        {"station_id": "home of A123456789"},
        {"device_state": "SECRET has 143"},
        {"measurement_count": "SECRET"},
        {"measurement_count": 14.3},
        {"timestamp": "SECRET"},
        {"out_of_range_count": {"SECRET": 143}},
    ],
)
def test_a_person_in_a_member_that_is_kept_is_dropped_too(member: dict[str, Any]) -> None:
    decoded = offer(health.decode, json.dumps(report(**member)).encode())
    (why,) = reasons(decoded)
    assert f"{next(iter(member))} that is none" in why
    kept = decoded.refused["payload"][0].decode()
    assert not any(secret in kept for secret in ("SECRET", "143", "14.3", "A123456789"))


@pytest.mark.parametrize("document", [b"SECRET 143", b'["SECRET"]', b'{"SECRET": 143}', b'{"dropped": ["SECRET"]}'])
def test_what_cannot_be_read_is_not_kept_at_all(document: bytes) -> None:
    decoded = offer(health.decode, document)
    assert decoded.refused.height == 1
    assert b"SECRET" not in decoded.refused["payload"][0]
    assert "SECRET" not in reasons(decoded)[0]


def test_a_document_is_scrubbed_before_it_is_published() -> None:
    (message,) = format_named("health-station").split(json.dumps([report(systolic="SECRET")]).encode())
    assert b"SECRET" not in message
    assert reasons(offer(health.decode, message)) == reasons(
        offer(health.decode, json.dumps([report(systolic="SECRET")]).encode())
    )


@UNHURRIED
@given(
    names=st.lists(st.sampled_from([*health.KEPT.values(), "systolic", "dropped", "other"]), max_size=4),
    values=st.recursive(
        st.just("ZQZ"),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("ZQZ"), inner, max_size=2),
        max_leaves=4,
    ),
)
def test_no_text_of_an_unforeseen_kind_survives(names: list[str], values: Any) -> None:
    decoded = offer(health.decode, json.dumps([report(**dict.fromkeys(names, values)), values]).encode())
    stored = repr([decoded.refused.rows(), *(frame.rows() for frame in decoded.frames.values())])
    survivors = {n for n in names if n == "station_id"} if values == "ZQZ" else set()
    assert ("ZQZ" in stored) == bool(survivors)
