"""Single observations as text, held to one set of checks: what every feed of many small values has in common.

A decoder names its cells (point, unit, time, text); here they become readings and states, or are refused with a reason
and a document of the same format, so that a mended decoder can take it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import check_refused
from events.feeds.local_time import utc_times, why_none
from events.feeds.places import Place, station_rows
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.observations import READINGS, STATES, Quality

STATE = None
"""Unit of a cell whose text is a state."""

LONGEST = 256
"""Characters of a point's name or a state that are taken."""


Document = bytes | Callable[[], bytes]
"""What goes to quarantine, or how it is made: most cells are sound, and theirs is never asked for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One observation as its feed writes it.

    `unit` is a SenML unit (STATE: the text itself is observed); a value outside `lowest` to `highest` is a fault;
    `factor` brings the written number to `unit`; `document` is of the same format and holds this observation, alone
    where its format allows.
    """

    point_id: str
    unit: str | None
    time: str
    text: str
    document: Document
    lowest: float = -math.inf
    highest: float = math.inf
    factor: float = 1.0
    quality: Quality = Quality.MEASURED
    place: Place | None = None
    """Where it was observed, if that is told."""


Told = Iterable[Cell | Refused]
"""What a payload tells: cells, and parts that cannot be taken (their `record` is filled in here)."""

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
        sound: list[Cell] = []
        odd: list[Refused] = []
        try:
            for one in told(payload):
                if isinstance(one, Cell):
                    sound.append(one)
                else:
                    odd.append(Refused(record, f"{standard}: {one.reason}", one.payload))
                    check_refused(len(odd), odd[0].reason)
        except PayloadError as error:
            refused.append(Refused(record, f"{standard}: {error}", payload.data))
            continue
        cells += [(record, cell) for cell in sound]
        refused += odd
    frame = _frame(cells).with_row_index("at")
    decoded = decoded_frame(standard, frame, lambda at: bytes_of(cells[at][1].document), refused)
    placed = [(record, cell.time, cell.place) for record, cell in cells if cell.place is not None]
    return replace(decoded, frames={**decoded.frames, "stations": station_rows(placed)}) if placed else decoded


def bytes_of(document: Document) -> bytes:
    """The document, made now where it is not yet."""
    return document if isinstance(document, bytes) else document()


def decoded_frame(
    standard: str, frame: pl.DataFrame, document: Callable[[int], bytes], refused: Sequence[Refused]
) -> Decoded:
    """Cells that are a frame already: COLUMNS and `at`, by which `document` gives the bytes of a refused one."""
    found = checked(frame)
    bad = found.filter(pl.col("reason").is_not_null()).select("record", "reason", "at").rows()
    more = [Refused(record, f"{standard}: {why}", document(at)) for record, why, at in bad]
    return Decoded(observed(found), refused_frame([*refused, *more]), frame.height + len(refused))


def checked(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of COLUMNS with `time`, `value`, and `reason`: why a row cannot be taken, null where it can.

    A frame that has `time` already keeps it.
    """
    time = frame["time"] if "time" in frame.columns else utc_times(frame["clock"]).alias("time")
    timed = frame.with_columns(time, _value().alias("value"))
    checks = _checks()
    faulty = timed.select(pl.any_horizontal(bad.fill_null(value=False) for bad, _ in checks)).to_series()
    if not faulty.any():
        return timed.with_columns(reason=pl.lit(None, pl.String))
    words = timed.filter(faulty).select(first_reason(*checks)).to_series()
    place = pl.select(pl.when(faulty).then(faulty.cum_sum().cast(pl.Int64) - 1)).to_series()
    return timed.with_columns(words.gather(place).alias("reason"))


def _checks() -> tuple[tuple[pl.Expr, pl.Expr | str], ...]:
    """Every fault that a cell can have, and what to say of it; only the faulty, which are few, are worded."""
    value, state = pl.col("value"), pl.col("unit").is_null()
    point = pl.col("point_id")
    named = pl.concat_str(point.str.slice(0, LONGEST), pl.lit(": "))
    low, high = pl.col("lowest").cast(pl.String), pl.col("highest").cast(pl.String)
    bounds = pl.concat_str(pl.lit(", not within "), low, pl.lit(" to "), high, pl.lit(" "), pl.col("unit"))
    return (
        ((point == "") | (point.str.len_chars() > LONGEST), "a point without a name, or with one too long"),
        (
            pl.col("time").is_null(),
            pl.concat_str(named, quoted_text("clock"), pl.lit(" is no time"), why_none("clock")),
        ),
        (state & (pl.col("text").str.len_chars() > LONGEST), pl.concat_str(named, pl.lit("a state too long"))),
        (~state & value.is_null(), pl.concat_str(named, quoted_text("text"), pl.lit(" is no number"))),
        (~state & ~value.is_between("lowest", "highest"), pl.concat_str(named, value.cast(pl.String), bounds)),
    )


def observed(found: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Readings and states of checked COLUMNS: the rows without a reason."""
    good = found.filter(pl.col("reason").is_null())
    readings = good.filter(pl.col("unit").is_not_null())
    states = good.filter(pl.col("unit").is_null())
    return {
        "readings": readings.select(list(READINGS.decoded)).cast(dict(READINGS.decoded)),  # type: ignore[arg-type]
        "states": states.select(list(STATES.decoded)).cast(dict(STATES.decoded)),  # type: ignore[arg-type]
    }


def _value() -> pl.Expr:
    number = pl.col("text").str.strip_chars().cast(pl.Float64, strict=False) * pl.col("factor")
    return pl.when(number.is_finite()).then(number)


def _frame(cells: Sequence[tuple[int, Cell]]) -> pl.DataFrame:
    told = [c for _, c in cells]
    columns = {
        "record": [record for record, _ in cells],
        "point_id": [c.point_id for c in told],
        "unit": [c.unit for c in told],
        "clock": [c.time for c in told],
        "text": [c.text for c in told],
        "lowest": [c.lowest for c in told],
        "highest": [c.highest for c in told],
        "factor": [c.factor for c in told],
        "quality": [int(c.quality) for c in told],
    }
    return pl.DataFrame(columns, schema=COLUMNS)
