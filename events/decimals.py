"""Decimal values as whole counts: meters tell 12.34, not a binary fraction, and counts that rise slowly cost a byte.

    value = counts / per_unit         where `counts` is not null (1234 / 100 = 12.34), else the value itself

`per_unit` is a power of ten, one for a file. Only a value that the division gives back bit for bit is told by its
count, so that nothing is ever rounded; the others (NaN, -0.0, 1/3) lie in `value` as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

VALUE, COUNTS, PER_UNIT = "value", "counts", "per_unit"
SAMPLE = 4096
"""Rows looked at to choose `per_unit`."""

POWERS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
EXACT_BELOW = 2.0**53

Floats = npt.NDArray[np.float64]


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `counts` and `per_unit` after a floating `value`; rows without such a column as they are."""
    if rows.schema.get(VALUE) != pl.Float64:
        return rows
    value = rows[VALUE].to_numpy()
    sample = value[:: max(1, len(value) // SAMPLE)]
    per_unit = max(POWERS, key=lambda power: (int(_counts(sample, power)[1].sum()), -power))
    counts, exact = _counts(value, per_unit)
    per = pl.lit(per_unit, pl.Int32).alias(PER_UNIT)
    if exact.all():
        return rows.with_columns(pl.lit(None, pl.Float64).alias(VALUE), pl.Series(COUNTS, counts), per)
    whole = pl.Series(exact)
    told = pl.select(pl.when(whole).then(pl.Series(counts))).to_series().alias(COUNTS)
    return rows.with_columns(pl.when(~whole).then(pl.col(VALUE)).alias(VALUE), told, per)


def valued(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with their `value` again, as they were before `counted`."""
    if COUNTS not in rows.columns:
        return rows
    told = rows[COUNTS].is_not_null()
    divided = rows[COUNTS].fill_null(0).to_numpy() / rows[PER_UNIT].to_numpy()  # polars may multiply by 1 / per_unit
    value = pl.when(told).then(pl.Series(divided)).otherwise(pl.col(VALUE)).alias(VALUE)
    return rows.with_columns(value).drop(COUNTS, PER_UNIT)


def _counts(value: Floats, per_unit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Values by the part of a unit, and which of them the division gives back."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not exact
        near = np.rint(value * per_unit)
        exact = (near / per_unit == value) & (np.abs(near) < EXACT_BELOW)  # false for NaN
    zero = near == 0
    if zero.any():
        exact &= ~(zero & np.signbit(value))
    return np.where(exact, near, 0.0).astype(np.int64), exact
