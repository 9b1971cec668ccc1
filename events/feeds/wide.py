"""Reports of many quantities, a row each, as single observations: columns, not an object a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from events.feeds.cells import COLUMNS
from events.feeds.json_texts import text_of_value
from events.feeds.places import Members, station_rows
from events.observations import Quality


@dataclass(frozen=True)
class Measure:
    """What a column of a report tells: its name in the point, SenML unit (None: a state), range, how it came to be."""

    name: str
    unit: str | None
    lowest: float
    highest: float
    quality: Quality = Quality.MEASURED


@dataclass
class Reports:
    """Reports as columns: payload, what their points begin with, their time as text, their members by name."""

    record: list[int] = field(default_factory=list)
    point: list[str] = field(default_factory=list)
    clock: list[str] = field(default_factory=list)
    members: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, record: int, point: str, clock: str, members: Mapping[str, Any]) -> None:
        """One report more; `members` holds scalars."""
        self.record.append(record)
        self.point.append(point)
        self.clock.append(clock)
        self.members.append(members)


def cells_of(reports: Reports, measures: Mapping[str, Measure], silent: Sequence[str]) -> pl.DataFrame:
    """Every value of the reports as `cells.COLUMNS`, with `at` (the report); texts in `silent` are no values.

    `measures` is by the members' names. Rows stand by report, and within it in the order of `measures`.
    """
    head = {
        "at": pl.int_range(len(reports.record), dtype=pl.UInt32, eager=True),
        "record": pl.Series(reports.record, dtype=pl.UInt32),
        "point": pl.Series(reports.point, dtype=pl.String),
        "clock": pl.Series(reports.clock, dtype=pl.String),
    }
    values = {name: _texts([m.get(name) for m in reports.members]) for name in measures}
    long = pl.DataFrame(head | values).unpivot(
        list(values), index=list(head), variable_name="member", value_name="text"
    )
    told = long.with_columns(pl.col("text").str.strip_chars()).filter(~pl.col("text").is_in(list(silent)))
    found = told.join(_attributes(measures), on="member", how="left", maintain_order="left").sort(
        "at", maintain_order=True
    )
    return found.with_columns(
        point_id=pl.concat_str("point", pl.lit(":"), "name"), factor=pl.lit(1.0, pl.Float64)
    ).select("at", *COLUMNS)


def places_of(reports: Reports, members: Members) -> pl.DataFrame:
    """Rows of STATIONS of the reports whose time can be read, one a report."""
    told = zip(reports.record, reports.clock, reports.point, reports.members, strict=True)
    return station_rows((record, clock, members.place(point, report)) for record, clock, point, report in told)


def _texts(values: list[Any]) -> pl.Series:
    texts = [v if v is None or type(v) is str else text_of_value(v) for v in values]
    return pl.Series(texts, dtype=pl.String)


def _attributes(measures: Mapping[str, Measure]) -> pl.DataFrame:
    rows = [(member, m.name, m.unit, m.lowest, m.highest, int(m.quality)) for member, m in measures.items()]
    kinds = {"member": pl.String(), "name": pl.String()} | {
        c: COLUMNS[c] for c in ("unit", "lowest", "highest", "quality")
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")
