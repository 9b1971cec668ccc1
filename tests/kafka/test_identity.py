"""What a CloudEvents identity says: the same content again is a repeat, other content is told and lands."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.kafka.broker import Broker
from events.envelope import BATCHED, STRUCTURED
from events.kafka.identity import WHOLE_BYTES, Identities
from events.kafka.port import Fetched, Partition
from events.quarantine import quarantined
from tests.kafka.conftest import Raw, send, twin
from tests.kafka.published import reading
from twin.place import Place
from twin.verify import verify

LONG = bytes(2 * WHOLE_BYTES)


def headers(name: str) -> list[tuple[str, bytes]]:
    """A binary-mode envelope with this id."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", name.encode()),
        ("ce_source", b"/gateways/7"),
        ("ce_type", b"tw.taipei.twin.meter.reading_batch.v1"),
        ("content-type", b"application/senml+json"),
    ]


def fetched(messages: list[tuple[str, bytes]], first: int = 0) -> Fetched:
    """Messages by id and content."""
    count = len(messages)
    values, envelopes = [value for _, value in messages], [headers(name) for name, _ in messages]
    return Fetched(Partition("city.senml", 0), range(first, first + count), [0] * count, values, envelopes)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([b"1", b"2"])), max_size=12), st.integers(0, 12))
def test_however_polls_are_split_a_message_clashes_with_the_first_of_its_identity(
    messages: list[tuple[str, bytes]], split: int
) -> None:
    first: dict[str, bytes] = {}
    clashing = sum(first.setdefault(name, value) != value for name, value in messages)
    identities = Identities()

    told = identities.clashes(fetched(messages[:split])) + identities.clashes(fetched(messages[split:], split))

    assert sum(msgspec.json.decode(one.payload)["count"] for one in told) == clashing


@pytest.mark.parametrize("other", [b"\x01" + LONG[1:], LONG[:-1], LONG[:-1] + b"\x01"])
def test_long_contents_clash_when_their_length_beginning_or_end_differs(other: bytes) -> None:
    (told,) = Identities().clashes(fetched([("a", LONG), ("a", LONG), ("a", other)]))

    assert told.offset == 2


def test_messages_without_an_identity_never_clash() -> None:
    bare = Fetched(Partition("city.senml", 0), [0, 1], [0, 0], [b"1", b"2"], [[], []])

    assert Identities().clashes(bare) == []
    assert Identities().clashes(fetched([("", b"1"), ("", b"2")])) == []


def test_the_latest_identities_are_remembered_and_older_ones_forgotten() -> None:
    identities = Identities(remembered=2)
    for at, names in enumerate(("ab", "cd", "ef")):
        identities.clashes(fetched([(name, b"1") for name in names], 2 * at))

    assert len(identities.clashes(fetched([("f", b"2")], 6))) == 1
    assert identities.clashes(fetched([("a", b"2"), ("b", b"2")], 7)) == []


def test_headers_may_lie_otherwise_from_one_message_to_the_next() -> None:
    envelopes = [headers("a"), list(reversed(headers("a"))), [], headers("a")]
    values = [b"1", b"2", b"2", b"1"]

    (told,) = Identities().clashes(Fetched(Partition("city.senml", 0), range(4), [0] * 4, values, envelopes))

    assert (told.offset, msgspec.json.decode(told.payload)["count"]) == (1, 1)


def structured(name: str, data: object, source: str = "/gateways/7") -> bytes:
    """A whole event as JSON."""
    told = {"specversion": "1.0", "id": name, "source": source, "type": "t", "data": data}
    return msgspec.json.encode(told)


def enveloped(values: list[bytes], kind: str = STRUCTURED) -> Fetched:
    """Messages whose envelope is in their value."""
    count, told = len(values), [("content-type", f"{kind}; charset=UTF-8".encode())]
    return Fetched(Partition("city.senml", 0), range(count), [0] * count, values, [told] * count)


def test_structured_events_clash_by_their_own_identity_and_data() -> None:
    repeated, other = structured("a", [{"v": 1}]), structured("a", [{"v": 2}])
    elsewhere = structured("a", [{"v": 3}], source="/gateways/8")

    (told,) = Identities().clashes(enveloped([repeated, repeated, elsewhere, other]))

    assert (told.offset, msgspec.json.decode(told.payload)) == (3, {"count": 1, "id": "a", "source": "/gateways/7"})


def test_each_event_of_a_batch_has_an_identity_of_its_own() -> None:
    first = b"[" + b",".join(structured(name, [1]) for name in "abc") + b"]"
    second = b"[" + b",".join([structured("b", [1]), structured("c", [2]), structured("d", [1])]) + b"]"

    (told,) = Identities().clashes(enveloped([first, second, first], BATCHED))

    assert (told.offset, msgspec.json.decode(told.payload)["id"]) == (1, "c")


def test_data_in_base64_is_compared_too() -> None:
    one, other = (
        msgspec.json.encode({"specversion": "1.0", "id": "a", "source": "/g", "type": "t", "data_base64": data})
        for data in ("AA==", "AQ==")
    )

    assert len(Identities().clashes(enveloped([one, one, other]))) == 1
    assert Identities().clashes(enveloped([one, one])) == []


@pytest.mark.parametrize("kind", [STRUCTURED, BATCHED])
@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b"[1]", b'{"id": 1, "source": 2}', b"\xff", b"[" * 100_000])
def test_what_cannot_be_read_has_no_identity(kind: str, value: bytes) -> None:
    assert Identities().clashes(enveloped([value, value], kind)) == []


def test_the_same_event_in_two_modes_is_no_clash() -> None:
    identities = Identities()
    identities.clashes(fetched([("a", b'[{"v":1}]')]))

    assert identities.clashes(enveloped([structured("a", [{"v": 1}])])) == []


@pytest.mark.kafka
def test_an_identity_with_other_content_is_told_and_both_readings_stand(kafka: Broker, place: Place) -> None:
    messages: list[Raw] = [(reading(1, turn), headers(name)) for turn, name in ((1, "x"), (2, "y"), (1, "x"), (3, "x"))]
    send(kafka, {"city.senml": messages})

    answer = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", code=1)

    assert (answer["rows"]["readings"], answer["duplicates"], answer["quarantined"]) == (3, 1, 1)
    with place.log() as log:
        (told,) = quarantined(log)
        assert verify(log).problems == ()
    assert msgspec.json.decode(told.refusal.payload) == {"count": 1, "id": "x", "source": "/gateways/7"}
    assert "'/gateways/7' and id 'x'" in told.refusal.reason
