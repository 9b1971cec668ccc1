"""Sparkplug B: what pysparkplug and Eclipse Tahu wrote is read; births, aliases, losses, deaths; what has no birth."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from events.feeds.sparkplug import messages
from events.feeds.sparkplug.schema import new_payload, payload_of
from events.feeds.sparkplug.sessions import Sessions
from events.observations import Quality
from tests.feeds.captured.sparkplug import PYSPARKPLUG, TAHU
from tests.feeds.offering import ARRIVAL, offer, reasons

T = datetime(2026, 4, 24, 3, 6, 40, tzinfo=UTC)
"""1777000000000 ms: when the captures were born."""

NODE, DEVICE = "sparkplug:City/N1", "sparkplug:City/N1/D1"


def topic(kind: str) -> str:
    return f"spBv1.0/City/{kind}/N1" + ("/D1" if kind.startswith("D") else "")


def line(kind: str, payload: str, **more: object) -> bytes:
    return json.dumps({"topic": topic(kind), "payload": payload, **more}).encode()


def lines(captured: dict[str, str], *kinds: str) -> bytes:
    return b"\n".join(line(kind, captured[kind]) for kind in kinds)


def values(document: bytes) -> dict[str, tuple[object, ...]]:
    decoded = offer(messages.decode, document)
    assert decoded.refused.is_empty(), reasons(decoded)
    return {row[0]: row[1:] for row in decoded.frames["readings"].select("point_id", "value", "unit", "time").rows()}


def states(document: bytes) -> list[tuple[object, ...]]:
    return offer(messages.decode, document).frames["states"].select("point_id", "text", "time").rows()


def test_what_pysparkplug_wrote_is_read_by_alias_after_its_birth() -> None:
    assert values(lines(PYSPARKPLUG, "NBIRTH", "DBIRTH")) == {
        f"{NODE}:Temperature": (-5.0, "", T),
        f"{NODE}:Level": (-300.0, "", T),
        f"{NODE}:Count": (4e9, "", T),
        f"{NODE}:Power": (12.25, "", T),
        f"{DEVICE}:Energy": (-7e10, "", T),
        f"{DEVICE}:Door": (1.0, "", T),
    }
    found = values(lines(PYSPARKPLUG, "NBIRTH", "DBIRTH", "NDATA"))
    assert found[f"{NODE}:Temperature"] == (-7.0, "", datetime(2026, 4, 24, 3, 7, 40, tzinfo=UTC))
    assert found[f"{NODE}:Power"] == (13.5, "", datetime(2026, 4, 24, 3, 7, 41, tzinfo=UTC))


def test_what_tahu_wrote_is_read_with_units_qualities_and_templates() -> None:
    document = lines(TAHU, "NBIRTH", "NDATA")
    found = values(document)
    assert found == {
        f"{NODE}:Temperature": (-128.0, "Cel", datetime(2026, 4, 24, 3, 7, 40, tzinfo=UTC)),
        f"{NODE}:Level": (-300.0, "", T),
        f"{NODE}:Deep": (-70000.0, "", T),
        f"{NODE}:Energy": (float(2**64 - 1), "kWh", T),
        f"{NODE}:Stale": (1.5, "", T),
        f"{NODE}:Motor/RPM": (1450.0, "", T),
    }
    qualities = offer(messages.decode, document).frames["readings"].select("point_id", "quality").rows()
    assert [point for point, quality in qualities if quality == Quality.INVALID] == [f"{NODE}:Stale"]
    assert (f"{NODE}:Note", "on", T) in states(document)


def test_births_and_deaths_are_states_and_a_death_takes_the_devices_along() -> None:
    document = lines(PYSPARKPLUG, "NBIRTH", "DBIRTH", "NDEATH")
    told = [row for row in states(document) if row[1] in ("online", "offline")]
    assert told == [
        (NODE, "online", T), (DEVICE, "online", T), (NODE, "offline", ARRIVAL), (DEVICE, "offline", ARRIVAL),
    ]  # fmt: skip
    assert (f"{DEVICE}:Made", "2026-01-02T03:04:05+00:00", T) in states(document)


def test_a_death_of_an_older_session_ends_nothing() -> None:
    later = payload_of(bytes.fromhex(PYSPARKPLUG["NBIRTH"]))
    later.metrics[0].long_value = 5
    document = b"\n".join([line("NBIRTH", later.SerializeToString().hex()), line("NDEATH", PYSPARKPLUG["NDEATH"])])
    decoded = offer(messages.decode, document)
    assert "offline" not in decoded.frames["states"]["text"].to_list()
    assert reasons(decoded) == ["sparkplug: City/N1: a death of another session than 5, which lives: nothing ended"]


def test_messages_that_the_numbers_miss_are_told() -> None:
    document = lines(PYSPARKPLUG, "NBIRTH", "DBIRTH", "NDATA", "DDATA")
    assert [row[:2] for row in states(document) if "::" in str(row[0])] == [(f"{NODE}::lost", "2")]


@pytest.mark.parametrize(("last", "now", "lost"), [(255, 0, 0), (254, 0, 1), (3, 3, 255), (0, 1, 0)])
def test_numbers_go_round_after_255(last: int, now: int, lost: int) -> None:
    sessions, sent = Sessions(), new_payload()
    for kind, seq in (("NBIRTH", last), ("NDATA", now)):
        sent.seq = seq
        told = json.loads(messages.completed(topic(kind), sent.SerializeToString(), "", sessions))["session"]
    assert told.get("lost", 0) == lost


def test_a_historical_value_stands_at_its_own_time_and_null_is_no_value() -> None:
    decoded = offer(messages.decode, lines(PYSPARKPLUG, "NBIRTH", "DBIRTH", "DDATA"))
    energy = decoded.frames["readings"].filter(point_id=f"{DEVICE}:Energy").select("value", "time").rows()
    assert energy == [(-7e10, T), (-1.0, datetime(2026, 4, 24, 2, 6, 40, tzinfo=UTC))]
    assert (
        decoded.frames["readings"].filter(point_id=f"{DEVICE}:Door").height == 1
    )  # its birth; the null after it is none


def test_data_without_a_birth_are_refused_metric_by_metric_and_keep_what_they_were() -> None:
    decoded = offer(messages.decode, line("NDATA", PYSPARKPLUG["NDATA"]))
    assert decoded.frames["readings"].is_empty()
    assert len(reasons(decoded)) == 2
    assert "alias 1: no birth certificate" in reasons(decoded)[0]
    assert reasons(offer(messages.decode, decoded.refused["payload"][0])) == reasons(decoded)[:1]


def test_a_line_that_was_completed_stands_for_itself() -> None:
    sessions = Sessions()
    kinds = ("NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH")
    sent = [messages.completed(topic(k), bytes.fromhex(PYSPARKPLUG[k]), "", sessions) for k in kinds]
    together, apart = offer(messages.decode, lines(PYSPARKPLUG, *kinds)), offer(messages.decode, *sent)
    for family, frame in together.frames.items():
        assert apart.frames[family].drop("record").equals(frame.drop("record"))


@pytest.mark.parametrize(
    ("kind", "field", "raw", "value"),
    [
        (1, "int_value", 251, -5), (1, "int_value", 2**32 - 5, -5), (1, "long_value", 2**64 - 5, -5),
        (1, "int_value", 127, 127), (1, "int_value", 128, -128), (2, "int_value", 65236, -300),
        (2, "int_value", 2**32 - 300, -300), (3, "int_value", 2**32 - 70000, -70000),
        (3, "long_value", 2**64 - 1, -1),
        (4, "long_value", 2**64 - 1, -1), (5, "int_value", 251, 251), (7, "int_value", 2**32 - 5, 2**32 - 5),
        (7, "long_value", 5, 5), (8, "long_value", 2**64 - 1, 2**64 - 1),
    ],
)  # fmt: skip
def test_integers_are_what_either_way_of_writing_them_means(kind: int, field: str, raw: int, value: int) -> None:
    sent = new_payload()
    metric = sent.metrics.add(name="n", datatype=kind)
    setattr(metric, field, raw)
    (told,) = values(line("NDATA", sent.SerializeToString().hex())).values()
    assert told[0] == float(value)


@pytest.mark.parametrize(
    ("kind", "field", "raw", "why"),
    [
        (1, "int_value", 300, "300 is no Int8"),
        (5, "int_value", 256, "256 is no UInt8"),
        (0, "int_value", 5, "an integer of no type"),
        (16, "dataset_value", b"", "type DataSet is not read"),
        (34, "bytes_value", b"", "type DateTimeArray is not read"),
        (9, "float_value", float("nan"), "is no number"),
        (12, "int_value", 1, "type 12 in int_value"),
        (13, "long_value", 2**63, "is no instant"),
    ],
)
def test_the_odd_metric_alone_is_refused(kind: int, field: str, raw: object, why: str) -> None:
    sent = new_payload()
    sent.metrics.add(name="sound", datatype=10, double_value=1.5)
    metric = sent.metrics.add(name="odd", datatype=kind)
    setattr(metric, field, raw)
    decoded = offer(messages.decode, line("NDATA", sent.SerializeToString().hex()))
    assert decoded.frames["readings"]["value"].to_list() == [1.5]
    assert why in reasons(decoded)[0]
    assert reasons(offer(messages.decode, decoded.refused["payload"][0])) == reasons(decoded)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b'{"topic": "spBv1.0/City/NCMD/N1", "payload": ""}', "is none of spBv1.0"),
        (b'{"topic": "spBv1.0/City/DDATA/N1", "payload": ""}', "is none of spBv1.0"),
        (b'{"topic": "spBv1.0/City/NDATA/N1", "payload": "0"}', "is not hexadecimal"),
        (b'{"topic": "spBv1.0/City/NDATA/N1", "payload": "ff"}', "no Sparkplug B payload"),
        (b"[]", "no line with a topic"),
    ],
)
def test_what_is_no_message_says_why(document: bytes, why: str) -> None:
    assert why in reasons(offer(messages.decode, document))[0]


def test_data_by_name_without_a_type_have_that_of_their_birth() -> None:
    born = payload_of(bytes.fromhex(TAHU["NBIRTH"]))
    sent = new_payload()
    sent.metrics.add(name="Temperature", int_value=2**32 - 9)
    document = b"\n".join(line("N" + k, p.SerializeToString().hex()) for k, p in (("BIRTH", born), ("DATA", sent)))
    readings = offer(messages.decode, document).frames["readings"].filter(point_id=f"{NODE}:Temperature")
    assert readings.select("value", "unit").rows() == [(-5.0, "Cel"), (-9.0, "Cel")]
