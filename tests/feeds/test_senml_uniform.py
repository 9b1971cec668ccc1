"""Packs that are all written alike are cut apart as text, with the same result as the general decoder."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feeds.decoded import Payload
from events.feeds.senml_packs import COLUMNS, SCHEMA, _halved, records_of
from events.feeds.senml_uniform import uniform_records

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\\', min_codepoint=32), max_size=12)
NUMBERS = st.integers(-(10**15), 10**15) | st.decimals(-(10**9), 10**9, places=6).map(float).filter(
    lambda v: "e" not in repr(v)
)
VALUES = {"bn": NAMES, "bu": NAMES, "n": NAMES, "u": NAMES, "bt": NUMBERS, "t": NUMBERS, "v": NUMBERS}


@st.composite
def polls(draw: st.DrawFn) -> list[bytes]:
    """Packs that are all written alike: the first record with fields of its own, as base fields are sent."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    head, rest = (draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, unique=True)) for _ in range(2))
    packs = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    packs[0] = max(packs[0], 1)
    records = [[{f: draw(VALUES[f]) for f in (rest if at else head)} for at in range(1 + more)] for more in packs]
    return [json.dumps(pack, separators=separators, ensure_ascii=False).encode() for pack in records]


@settings(max_examples=200, deadline=None)
@given(polls())
def test_cutting_texts_apart_gives_what_the_general_decoder_gives(texts: list[bytes]) -> None:
    payloads = [Payload(text, datetime(2026, 1, 1, tzinfo=UTC)) for text in texts]
    general = _halved(texts, range(len(texts)), [], payloads)

    cut = uniform_records(texts)

    assert cut is not None
    assert records_of(payloads).records.equals(general.select(list(SCHEMA)))
    assert all(cut[name].dtype == COLUMNS[name] for name in cut.columns if name != "record")


@pytest.mark.parametrize(
    "other",
    [
        b'[{"n":"a","v":1,"v":2}]',
        b'[{"n":"a","v":1e3}]',
        b'[{"n":"a","v":01}]',
        b'[{"n":"a","v":"1"}]',
        b'[{"n":"\\u0061","v":1}]',
        b'[{"n":"a","v":1},{"v":1,"n":"a"}]',
        b'[{"n":"a","v":1},]',
        b'[{"n":"a","v":1}]]',
        b'[{"n":"a","v":1},{"n":"b"}]',
        b'[{"n":"a","v":1}{"n":"b","v":1}]',
        b'[{"n":"a","v":1};{"n":"b","v":1}]',
        b'[{"n":"a","v":1}}',
        b'({"n":"a","v":1}]',
        b'{"n":"a","v":1},{"n":"b","v":1}',
        b'[{"n":"a","v":}]',
        b'[{"n":"a","v":1.}]',
        b'[{"n":"a","v": 1}]',
        b'[{"n":"a\n","v":1}]',
        b'[{"n":"a\x00","v":1}]',
        b'[{"n":"a","v":1}] ',
        b'[{"n":"a", "v":1}]',
        b'[{"n":"a","vs":"on"}]',
        b'[{"n":"\xff","v":1}]',
        b"[]",
        b"",
    ],
)
def test_a_pack_written_otherwise_is_left_to_the_general_decoder(other: bytes) -> None:
    alike = b'[{"n":"a","v":1}]'

    assert uniform_records([alike, other]) is None
    assert isinstance(uniform_records([alike]), pl.DataFrame)


@pytest.mark.parametrize(
    "first",
    [
        b'[{"n":"a","v":1,"v":2}]',
        b'[{"v":1,"n":"a","v":2}]',
        b'[{"n":"a","v":1},{"n":"b","v":1,"v":2}]',
        b'[{"n":"a", "v":1,"u":"x"}]',
        b'[{"n": "a","v":1}]',
        b'[{"n":1,"v":1}]',
        b'[{"n":"a","v":"1"}]',
        b'[{"n":"a","vs":"on"}]',
        b'[{"n":"a","v":1};{"n":"b","v":1}]',
        b'[{"n":"a","v":1}}',
    ],
)
def test_a_first_pack_that_is_written_in_no_one_way_leaves_all_to_the_general_decoder(first: bytes) -> None:
    assert uniform_records([first]) is None
    assert uniform_records([first, first]) is None
