"""Frames as log events: what goes in comes out, damage is found, old forms still decode."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.batch import MANY_ROWS, Header, decode, encode, header_of, verify
from events.errors import CorruptEventError
from events.observations import READINGS
from tests.events.golden.forms import FORMS

FRAME = pl.DataFrame(
    {
        "entity": [0, 1],
        "time": [datetime(2026, 1, 1, tzinfo=UTC)] * 2,
        "sequence": [0, 0],
        "value": [1.5, None],
        "quality": [0, 1],
    },
    schema=READINGS.stored,
)
HEADER = Header("readings", "test", 0, 1_700_000_000_000_000, offered=2)


def test_a_frame_comes_back_as_it_went() -> None:
    state = encode(HEADER, FRAME)
    assert_frame_equal(decode(state, READINGS.stored), FRAME)
    assert header_of(state).rows == 2
    assert header_of(state).recorded == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_same_frame_gives_the_same_bytes() -> None:
    assert encode(HEADER, FRAME) == encode(HEADER, FRAME.clone())


@given(st.lists(st.floats() | st.none() | st.integers(0, 10**9).map(lambda n: n / 100), min_size=1, max_size=40))
def test_many_values_come_back_bit_for_bit(values: list[float | None]) -> None:
    told = (values * MANY_ROWS)[:MANY_ROWS]
    frame = pl.DataFrame(
        {
            "entity": range(MANY_ROWS),
            "time": [datetime(2026, 1, 1, tzinfo=UTC)] * MANY_ROWS,
            "sequence": 0,
            "value": told,
            "quality": 1,
        },
        schema=READINGS.stored,
    )

    state = encode(HEADER, frame)
    back = decode(state, READINGS.stored)

    assert back.drop("value").equals(frame.drop("value"))
    assert back["value"].is_null().equals(frame["value"].is_null())
    assert back["value"].fill_null(0).to_numpy().tobytes() == frame["value"].fill_null(0).to_numpy().tobytes()
    assert decode(state, READINGS.stored, ["value", "entity"]).equals(back.select("value", "entity"), null_equal=True)
    assert decode(state, READINGS.stored, ["entity"]).equals(back.select("entity"))


def test_registers_of_many_meters_cost_few_bytes() -> None:
    registers = [round(n * 7.13 % 20_000, 2) for n in range(36_000)]
    frame = pl.DataFrame(
        {
            "entity": range(36_000),
            "time": [datetime(2026, 1, 1, tzinfo=UTC)] * 36_000,
            "sequence": 0,
            "value": registers,
            "quality": 0,
        },
        schema=READINGS.stored,
    )
    assert len(encode(HEADER, frame)) < 4 * frame.height


def test_an_empty_frame_costs_a_header_only() -> None:
    state = encode(HEADER, FRAME.clear())
    assert len(state) < 250
    assert decode(state, READINGS.stored).schema == FRAME.schema


def test_a_column_that_older_batches_lack_is_null() -> None:
    state = encode(HEADER, FRAME.drop("quality"))
    assert decode(state, READINGS.stored)["quality"].null_count() == 2


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_any_changed_byte_is_found(at: int) -> None:
    state = bytearray(encode(HEADER, FRAME))
    state[at] ^= 0x55
    assert verify(bytes(state)) is not None


def test_a_sound_frame_verifies() -> None:
    assert verify(encode(HEADER, FRAME)) is None


def test_bytes_that_are_no_frame_are_refused_with_advice() -> None:
    with pytest.raises(CorruptEventError, match="twin log verify"):
        decode(b"nonsense", READINGS.stored)


@pytest.mark.parametrize("name", FORMS)
def test_every_old_stored_form_still_decodes(name: str) -> None:
    state = (Path(__file__).parent / "golden" / name).read_bytes()
    assert_frame_equal(decode(state, FORMS[name].schema), FORMS[name].frame())
    assert verify(state) is None
    kept = msgspec.structs.replace(header_of(state), rows=0, sha256="")
    assert kept == FORMS[name].header
