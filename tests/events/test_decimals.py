"""Told by whole counts, a value is the same value, bit for bit."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from events.decimals import COUNTS, counted, valued
from twin.order import order

decimals = st.builds(lambda count, power: count / 10**power, st.integers(-(10**12), 10**12), st.integers(0, 6))


@given(st.lists(st.one_of(st.none(), st.floats(), decimals)))
def test_values_come_back_bit_for_bit(values: list[float | None]) -> None:
    rows = pl.DataFrame({"entity": range(len(values)), "value": values}, schema_overrides={"value": pl.Float64})
    again = valued(counted(rows))
    assert again.columns == rows.columns
    assert again["value"].is_null().to_list() == rows["value"].is_null().to_list()
    bits = [frame["value"].fill_null(0.5).to_numpy().view(np.int64) for frame in (rows, again)]
    kept = ~rows["value"].fill_null(0.5).is_nan().to_numpy()
    assert (bits[0][kept] == bits[1][kept]).all()
    assert again["value"].is_nan().to_list() == rows["value"].is_nan().to_list()


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_a_meters_hundredths_are_told_by_counts(hundredths: list[int]) -> None:
    rows = pl.DataFrame({"value": [count / 100 for count in hundredths]})
    assert counted(rows)[COUNTS].null_count() == 0


keys = st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(0, 3), st.integers(0, 70_000)))


@given(keys)
def test_order_is_that_of_a_stable_sort(rows: list[tuple[int, int, int]]) -> None:
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)] if rows else [np.array([])]
    found = order(columns)
    places = list(range(len(rows))) if found is None else found.tolist()
    assert places == sorted(range(len(rows)), key=lambda place: rows[place])
