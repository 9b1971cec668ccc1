"""Days written 12/03/2024: whether the day or the month is first is told by a column as a whole, or by nothing."""

from __future__ import annotations

import polars as pl

_FORM = r"^\s*(\d{1,2})([/-])(\d{1,2})[/-](\d{4})(\D.*)?$"


def year_first(text: pl.Series) -> pl.Series:
    """The column with its days as year-month-day where it tells their order; else as it stands.

    A number above 12 in the first place of any row says that days are first, in the second that months are; where
    neither or both are, each such day may be two, and stays as it is.
    """
    if not text.str.contains(_FORM).any():
        return text
    parts = text.str.extract_groups(_FORM).struct.unnest()
    first, second = (parts[at].cast(pl.Int32, strict=False).max() for at in ("1", "3"))
    days_first, months_first = _above_12(first), _above_12(second)
    if days_first == months_first:
        return text
    form = "$4-$3-$1$5" if days_first else "$4-$1-$3$5"
    return text.str.replace(_FORM, form)


def _above_12(number: object) -> bool:
    return isinstance(number, int) and number > 12
