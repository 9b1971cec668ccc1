"""CloudEvents, structured and batched: read however their content type is written, refused whatever is wrong."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Content, is_structured, unwrap_structured

EVENT = {"specversion": "1.0", "id": "1", "source": "/gateway", "type": "t", "extension": "kept by its sender"}
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(**members: object) -> dict[str, object]:
    return EVENT | members


def contents(content_type: str, value: bytes) -> list[Content]:
    """The events of a message that is sound."""
    found, odd = unwrap_structured(content_type, value)
    assert odd == []
    return found


@pytest.mark.parametrize("written", [SINGLE, f"{SINGLE}; charset=utf-8", "Application/CloudEvents+JSON;charset=UTF-8"])
def test_a_content_type_is_known_with_parameters_and_in_capitals(written: str) -> None:
    assert is_structured(written)
    (content,) = contents(written, json.dumps(event(data={"a": 1})).encode())
    assert (content.ce_type, json.loads(content.data)) == ("t", {"a": 1})


def test_a_batch_holds_its_events_in_order_as_json_text_or_bytes() -> None:
    packed = base64.b64encode(b"\x00\xff").decode()
    events = [event(data=[1]), event(data="a,b", datacontenttype="text/csv"), event(data_base64=packed)]
    found = contents(f"{BATCH};charset=utf-8", json.dumps(events).encode())
    assert [content.data for content in found] == [b"[1]", b"a,b", b"\x00\xff"]
    assert contents(BATCH, b"[]") == []


@given(odd=st.lists(st.booleans(), max_size=12))
def test_of_a_batch_the_odd_event_alone_is_refused_as_its_own_json(odd: list[bool]) -> None:
    events = [event(id=str(at), **({} if is_odd else {"data": at})) for at, is_odd in enumerate(odd)]
    found, told = unwrap_structured(BATCH, json.dumps(events).encode())
    assert [content.data for content in found] == [str(at).encode() for at, is_odd in enumerate(odd) if not is_odd]
    assert [json.loads(data)["id"] for _, data in told] == [str(at) for at, is_odd in enumerate(odd) if is_odd]
    assert all("no data" in reason for reason, _ in told)


def test_a_byte_order_mark_is_passed_over() -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(event(data=1)).encode()
    assert [content.data for content in contents(SINGLE, marked)] == [b"1"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (json.dumps(event(data=1, specversion="0.3")).encode(), "specversion 1.0"),
        (json.dumps(event(data=1, id="")).encode(), "attribute id is missing or empty"),
        (json.dumps(event()).encode(), "no data"),
        (json.dumps(event(data_base64="!")).encode(), "not base64"),
        (b"<html>", "not JSON"),
        (b'{"id":"\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
    ids=["old", "nameless", "empty", "base64", "page", "not-utf-8", "deep"],
)
def test_what_is_no_cloudevent_is_refused_and_never_stops_the_reader(value: bytes, reason: str) -> None:
    found, ((told, kept),) = unwrap_structured(SINGLE, value)
    assert (found, kept) == ([], value)
    assert reason in told


@given(noise=st.binary(max_size=80), content_type=st.sampled_from([SINGLE, BATCH]))
def test_any_bytes_are_events_or_a_reason(noise: bytes, content_type: str) -> None:
    found, odd = unwrap_structured(content_type, noise)
    assert found or odd or noise.strip() == b"[]"
    assert all(content.ce_type for content in found)
    assert all(reason and kept for reason, kept in odd if noise)
