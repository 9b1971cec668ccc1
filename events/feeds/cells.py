"""Single observations as text, held to one set of checks: what every feed of many small values has in common.

A decoder names its cells (point, unit, time, text); here they become readings and states, or are refused with a reason
and a document of the same format, so that a mended decoder can take it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.local_time import utc_times
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.observations import READINGS, STATES, Quality

STATE = None
"""Unit of a cell whose text is a state."""

LONGEST = 256
"""Characters of a point's name or a state that are taken."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One observation as its feed writes it.

    `unit` is a SenML unit (STATE: the text itself is observed); a value outside `lowest` to `highest` is a fault;
    `factor` brings the written number to `unit`; `document` is what goes to quarantine.
    """

    point_id: str
    unit: str | None
    time: str
    text: str
    document: bytes
    lowest: float = -math.inf
    highest: float = math.inf
    factor: float = 1.0
    quality: Quality = Quality.MEASURED


Told = Iterable[Cell | Refused]
"""What a payload tells: cells, and rows that cannot be taken (their `record` is filled in here)."""

COLUMNS = {
    "record": pl.UInt32(), "point_id": pl.String(), "unit": pl.String(), "clock": pl.String(), "text": pl.String(),
    "lowest": pl.Float64(), "highest": pl.Float64(), "factor": pl.Float64(), "quality": pl.UInt8(),
}  # fmt: skip
"""Cells as a frame; `at` (their place) is added by those who keep documents."""


def decoded_cells(standard: str, told: Callable[[Payload], Told], payloads: Sequence[Payload]) -> Decoded:
    """The payloads' cells as readings and states; a payload for which `told` raises PayloadError is refused whole."""
    cells: list[tuple[int, Cell]] = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            found = list(told(payload))
        except PayloadError as error:
            refused.append(Refused(record, f"{standard}: {error}", payload.data))
            continue
        for one in found:
            if isinstance(one, Cell):
                cells.append((record, one))
            else:
                refused.append(Refused(record, f"{standard}: {one.reason}", one.payload))
    frame = _frame(cells)
    checked = frame.with_columns(reason=reasons(frame))
    bad = checked.with_row_index("at").filter(pl.col("reason").is_not_null())
    places = bad.select("record", "reason", "at").rows()
    refused += [Refused(record, f"{standard}: {why}", cells[at][1].document) for record, why, at in places]
    return Decoded(observed(checked), refused_frame(refused), len(cells) + len(refused) - len(places))


def reasons(frame: pl.DataFrame) -> pl.Series:
    """Why each row of COLUMNS cannot be taken, null where it can."""
    value, state = _value(), pl.col("unit").is_null()
    point = pl.col("point_id")
    named = pl.concat_str(point.str.slice(0, LONGEST), pl.lit(": "))
    low, high = pl.col("lowest").cast(pl.String), pl.col("highest").cast(pl.String)
    bounds = pl.concat_str(pl.lit(", not within "), low, pl.lit(" to "), high, pl.lit(" "), pl.col("unit"))
    checks = (
        ((point == "") | (point.str.len_chars() > LONGEST), "a point without a name, or with one too long"),
        (pl.col("time").is_null(), pl.concat_str(named, quoted_text("clock"), pl.lit(" is no time"))),
        (state & (pl.col("text").str.len_chars() > LONGEST), pl.concat_str(named, pl.lit("a state too long"))),
        (~state & value.is_null(), pl.concat_str(named, quoted_text("text"), pl.lit(" is no number"))),
        (~state & ~value.is_between("lowest", "highest"), pl.concat_str(named, value.cast(pl.String), bounds)),
    )
    timed = frame.with_columns(utc_times(frame["clock"]).alias("time"))
    return timed.select(first_reason(*checks).alias("reason")).to_series()


def observed(checked: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Readings and states of COLUMNS with `reason`: the rows without one."""
    good = checked.filter(pl.col("reason").is_null())
    timed = good.with_columns(utc_times(good["clock"]).alias("time"))
    readings = timed.filter(pl.col("unit").is_not_null()).with_columns(value=_value())
    states = timed.filter(pl.col("unit").is_null())
    return {
        "readings": readings.select(list(READINGS.decoded)).cast(dict(READINGS.decoded)),  # type: ignore[arg-type]
        "states": states.select(list(STATES.decoded)).cast(dict(STATES.decoded)),  # type: ignore[arg-type]
    }


def parts(rows: Sequence[bytes], size_bytes: int) -> list[list[bytes]]:
    """`rows` in groups of about `size_bytes`."""
    ends, total = [], 0
    for row in rows:
        ends.append(total // size_bytes)
        total += len(row)
    pairs = zip(ends, rows, strict=True)
    return [[row for _, row in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]


def _value() -> pl.Expr:
    number = pl.col("text").str.strip_chars().cast(pl.Float64, strict=False) * pl.col("factor")
    return pl.when(number.is_finite()).then(number)


def _frame(cells: Sequence[tuple[int, Cell]]) -> pl.DataFrame:
    rows = [
        (record, c.point_id, c.unit, c.time, c.text, c.lowest, c.highest, c.factor, int(c.quality))
        for record, c in cells
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")
