"""Numbers whose commas may group thousands or begin the decimals: told by the column, or refused.

1,234.5 · 1,234,567        commas group: certain          12,5 · 0,125 · 1.234,5       a comma is decimal: certain
1,234                      either: as the column's other rows say; where they say nothing, none is guessed
"""

from __future__ import annotations

import polars as pl

_SIGN = r"^[+-]?"
_GROUPED = rf"{_SIGN}\d{{1,3}}(?:,\d{{3}})+\.\d+$|{_SIGN}[1-9]\d{{0,2}}(?:,\d{{3}}){{2,}}$"
_DECIMAL = (
    rf"{_SIGN}\d{{1,3}}(?:[. ']\d{{3}})+,\d+$|{_SIGN}\d+,(?:\d{{1,2}}|\d{{4,}})$|{_SIGN}0\d*,\d+$|{_SIGN}\d{{4,}},\d+$"
)
_EITHER = rf"{_SIGN}[1-9]\d{{0,2}},\d{{3}}$"
_POINT = rf"{_SIGN}\d+\.(?:\d{{1,2}}|\d{{4,}})$|{_SIGN}0\.\d+$"
_SPACED = rf"{_SIGN}\d{{1,3}}(?:[ '\u00a0\u202f]\d{{3}})+(?:\.\d+)?$"

UNSURE = " has a comma that may group thousands or begin the decimals; write it without, or with a point"
"""What is said of a number whose comma may be either."""


def plain_numbers(table: pl.DataFrame, text: str, column: str) -> pl.DataFrame:
    """`table` with the texts of numbers written plainly, and `unsure` (a truth value): its comma may be either.

    `column` says which rows stand in one column of the sheet and bear each other out.
    """
    told = pl.col(text).str.strip_chars()
    if not table[text].str.contains(r"[, '\u00a0\u202f]\d").any():
        return table.with_columns(unsure=pl.lit(value=False))
    grouped, decimal = told.str.contains(_GROUPED), told.str.contains(_DECIMAL)
    seen = table.with_columns(
        group=(grouped | told.str.contains(_POINT)).any().over(column), decimals=decimal.any().over(column)
    )
    either = told.str.contains(_EITHER)
    by_group = grouped | (either & pl.col("group") & ~pl.col("decimals"))
    by_comma = decimal | (either & pl.col("decimals") & ~pl.col("group"))
    with_point = told.str.replace_all(r"[. ']", "").str.replace(",", ".", literal=True)
    plain = (
        pl.when(by_group).then(told.str.replace_all(",", "", literal=True))
        .when(by_comma).then(with_point)
        .when(told.str.contains(_SPACED)).then(told.str.replace_all(r"[ '\u00a0\u202f]", ""))
        .otherwise(pl.col(text))
    )  # fmt: skip
    unsure = (either & ~by_group & ~by_comma).fill_null(value=False)
    return seen.with_columns(plain.alias(text), unsure.alias("unsure")).drop("group", "decimals")
