"""Folding an indicator over the city: its whole history at first, then only the windows that new events touch.

Law: whatever the order and the pieces in which events came, the files are those of one fold over the whole log, byte
for byte; a window's rows are what is believed of it, and every window that a landed row can change is folded again.
Of the family `consumption` it is the use of registers that is folded (`replay.indicator_use`), by the same law.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import polars as pl

from events import batch
from events.batch import BATCH
from events.clock import TAIPEI
from events.errors import UsageError
from events.former import HOUSEHOLD_ERASED, TENANCY_ENDED
from events.observations import FAMILIES, TIME
from replay.city import City
from replay.indicator_use import Span, basis, spans_changed
from replay.windows import periods
from twin.indicator_store import IndicatorStore, Manifest
from twin.indicators import CONSUMPTION, START, WINDOWS, Indicator

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Run:
    """What a run did: the position covered before and now, windows folded, rows of the whole indicator."""

    name: str
    version: int
    position_before: int
    position: int
    windows: int
    rows: int


def run(city: City, indicator: Indicator) -> Run:
    """Fold what the log has gained since the indicator's position, or all of it; swapped in when it is whole.

    UsageError when the version is known with other content, or an older one than the version that answers.
    """
    store = IndicatorStore(city.place.directory)
    with store.alone(indicator):
        before = _known(store, indicator)
        position = city.head
        if before is not None and (not of_this_log(city, before) or _renamed(city, before.position)):
            before = None
        covered = before.position if before else 0
        windows = _touched(city, indicator, covered, position)
        fresh = {span: value_of(indicator, span, rows) for span, rows in _read(city, indicator, windows, position)}
        months = {
            month: _month(store, indicator, before, month, dict(some))
            for month, some in groupby(sorted(fresh.items()), key=lambda item: month_of(item[0][0]))
        }
        after = store.keep(indicator, before, months, position, city.mark)
        return Run(indicator.name, indicator.version, covered, position, len(fresh), store.rows(after).height)


def of_this_log(city: City, kept: Manifest) -> bool:
    """Whether an indicator's answers were folded from the log that is here, not from one that was put back since."""
    return kept.position == 0 or (kept.mark.position > 0 and city.log.holds(kept.mark))


def value_of(indicator: Indicator, span: Span, rows: pl.DataFrame) -> pl.DataFrame:
    """The indicator's rows of one window, from the rows of that window and what it looks at around it."""
    return indicator.folded(rows, *span) if rows.height else pl.DataFrame(schema=indicator.schema)


def at(city: City, indicator: Indicator, moment: datetime, known: int | datetime | None = None) -> pl.DataFrame:
    """The window that holds an instant, folded from what is believed of it, as known."""
    span = windows_of(indicator, moment, moment + MICROSECOND)[0]
    position = city.head if known is None else city.position_at(known)
    return next(value_of(indicator, s, rows) for s, rows in _read(city, indicator, [span], position))


def rows_behind(city: City, indicator: Indicator, span: Span, known: int) -> tuple[pl.DataFrame, ...]:
    """What one window rests on: its observations (columns of `City.rows`); of use, usable readings of the registers,
    and then what happened to these (`City.register_events`)."""
    if indicator.family == CONSUMPTION:
        own = basis(city, span, known).of(span)
        return own.readings, own.events
    return (_rows(city, indicator, span, known),)


def windows_of(indicator: Indicator, start: datetime, end: datetime) -> list[Span]:
    """Windows that overlap start ≤ time < end."""
    return list(pairwise(periods(start, end, indicator.window)))


def month_of(moment: datetime) -> str:
    """The local month that a window's beginning lies in, such as 2026-03."""
    return f"{moment.astimezone(TAIPEI):%Y-%m}"


def _known(store: IndicatorStore, indicator: Indicator) -> Manifest | None:
    """What was folded of this version before."""
    answering = store.answering(indicator.name)
    if answering is not None and answering > indicator.version:
        raise UsageError(
            f"{indicator.name} v{answering} answers already; give a version above it, not {indicator.version}"
        )
    before = store.manifest(indicator.name, indicator.version)
    if before is not None and before.source_sha256 != indicator.sha256:
        raise UsageError(
            f"{indicator.name} v{indicator.version} was folded by another file ({before.source_sha256[:12]}…); raise "
            "`version` in the file: the old one answers until the new one is whole"
        )
    return before


def _renamed(city: City, covered: int) -> bool:
    """Whether a tenancy ended or was erased since: rows told under a name that is gone are folded anew."""
    return (
        next(city.log.read(covered, upto=city.head, tags=(TENANCY_ENDED, HOUSEHOLD_ERASED), page=1), None) is not None
    )


def _touched(city: City, indicator: Indicator, covered: int, position: int) -> list[Span]:
    """Windows that rows landed behind `covered` can change, in order of time; from scratch: all with rows in reach."""
    starts: set[datetime] = set()
    for reached in _reached(city, indicator, covered, position):
        starts.update(_starts(indicator, reached))
    return [windows_of(indicator, start, start + MICROSECOND)[0] for start in sorted(starts)]


def _reached(city: City, indicator: Indicator, covered: int, position: int) -> Iterator[pl.DataFrame]:
    """Stretches of time (low, high) whose windows can change by what landed behind `covered`."""
    if indicator.family == CONSUMPTION:
        yield spans_changed(city, covered, position)
        return
    family = FAMILIES[indicator.family]
    for event in city.log.read(covered, upto=position, tags=(BATCH,)):
        if batch.header_of(event.state).family == family.name:
            times = batch.decode(event.state, family.stored, ["time"])["time"]
            yield pl.DataFrame({"low": times - indicator.look_ahead, "high": times + indicator.look_back})


def _starts(indicator: Indicator, reached: pl.DataFrame) -> Iterable[datetime]:
    """Beginnings of the windows that overlap some stretches."""
    every = WINDOWS[indicator.window]

    def begins(moments: pl.Expr) -> pl.Expr:
        return moments.dt.convert_time_zone(TAIPEI.key).dt.truncate(every)

    frame = reached.select(begins(pl.col("low")), begins(pl.col("high")))
    spans = frame.unique().with_columns(pl.datetime_ranges("low", "high", every).alias(START))
    return spans[START].explode().unique().dt.convert_time_zone("UTC").to_list()


def _read(city: City, indicator: Indicator, windows: list[Span], position: int) -> Iterator[tuple[Span, pl.DataFrame]]:
    """Each window with what is folded of it; windows of one local day are read together."""
    for _, some in groupby(windows, key=lambda span: span[0].astimezone(TAIPEI).date()):
        near = list(some)
        whole = (near[0][0], near[-1][1])
        if indicator.family == CONSUMPTION:
            rests = basis(city, whole, position)
            yield from ((span, rests.use(span, indicator.window)) for span in near)
            continue
        rows = _rows(city, indicator, whole, position)
        for span in near:
            low, high = (pl.lit(t, TIME) for t in (span[0] - indicator.look_back, span[1] + indicator.look_ahead))
            yield span, rows.filter((pl.col("time") >= low) & (pl.col("time") < high))


def _rows(city: City, indicator: Indicator, span: Span, position: int) -> pl.DataFrame:
    """Rows of a window and of what it looks at around it."""
    low, high = span[0] - indicator.look_back, span[1] + indicator.look_ahead
    return city.rows(indicator.family, low, high - MICROSECOND, position)


def _month(
    store: IndicatorStore, indicator: Indicator, before: Manifest | None, month: str, fresh: dict[Span, pl.DataFrame]
) -> pl.DataFrame:
    """A month's rows with some windows folded anew."""
    old = store.rows(before, [month]) if before else pl.DataFrame()
    starts = pl.Series([start for start, _ in fresh], dtype=TIME)
    kept = [old.filter(~pl.col(START).is_in(starts.implode()))] if old.height else []
    return pl.concat([pl.DataFrame(schema=indicator.schema), *kept, *fresh.values()])
