"""Quarantine once more: decoded by today's decoders, landed where they can, released when nothing is refused any more.

Landing comes first and the release after: whoever dies between the two finds the entry again, and what landed then
tells nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from events.errors import BrokerUnavailableError, PayloadError, SourceError, UnknownFormatError
from events.feeds.decoded import Payload
from events.feeds.json_texts import value_of
from events.feeds.local_time import utc_times
from events.feeds.registry import BUILT_IN, Registry, format_named
from events.flood import OTHER, kind
from events.ids import SourceId
from events.ingest import AHEAD, Ingester, Landed, decode
from events.log import Log
from events.observations import FAMILIES
from events.quarantine import Outcome, Quarantined, release
from events.source import Poll

Fetch = Callable[[Quarantined], Sequence[Poll]]
"""Reads an entry's records once more; SourceError when they are gone."""


@dataclass(frozen=True)
class Retried:
    """What a retry did: entries let go, entries that stay with today's reason, and what landed."""

    released: list[Quarantined]
    kept: list[tuple[Quarantined, str]]
    landed: Landed


def retry(
    log: Log,
    ingester: Ingester,
    entries: Sequence[Quarantined],
    at: datetime,
    as_format: str | None = None,
    registry: Registry = BUILT_IN,
    fetch: Fetch | None = None,
) -> Retried:
    """Decode `entries` again (as `as_format`, else as they were read first), land their rows, release the sound.

    `fetch` brings the records of an entry whose bytes were not kept; all of its offsets are decoded, and what landed
    before tells nothing new.
    """
    released: list[Quarantined] = []
    kept: list[tuple[Quarantined, str]] = []
    landed = Landed()
    for entry in entries:
        try:
            frames = _decoded(entry, at, as_format, registry) if entry.refusal.kept else _again(entry, at, fetch)
        except BrokerUnavailableError:
            raise
        except (PayloadError, UnknownFormatError, SourceError) as error:
            kept.append((entry, str(error)))
            continue
        landed += ingester.append_frames(SourceId(entry.source), frames)
        released.append(entry)
    release(log, released, Outcome.RETRIED, as_format or "", at)
    return Retried(released, kept, landed)


def _decoded(entry: Quarantined, at: datetime, as_format: str | None, registry: Registry) -> dict[str, pl.DataFrame]:
    """The entry's rows by family; PayloadError with today's reason while anything in it is refused."""
    name = as_format or entry.refusal.format
    if name in FAMILIES:
        frames = {name: _row(name, entry.refusal.payload)}
    else:
        form = format_named(name, registry)
        decoded = form.decode([Payload(form.whole(entry.refusal.payload), entry.recorded_at)])
        if decoded.refused.height:
            raise PayloadError(decoded.refused["reason"][0])
        frames = dict(decoded.frames)
    if not any(frame.height for frame in frames.values()):
        raise PayloadError("nothing is observed in it")
    if any(frame.filter(pl.col("time") > at + AHEAD).height for frame in frames.values()):
        raise PayloadError("its time still lies ahead of the clock")
    return frames


def _again(entry: Quarantined, at: datetime, fetch: Fetch | None) -> dict[str, pl.DataFrame]:
    """The rows of all records at the entry's offsets; PayloadError while any of them is refused for a like reason."""
    if fetch is None:
        raise PayloadError("its bytes were not kept (a flood): give --kafka, or see `twin quarantine show`")
    decoded = [decode(poll, at) for poll in fetch(entry)]
    alike = (entry.refusal.format, kind(entry.refusal.reason))
    for refusal in (refusal for one in decoded for refusal in one.refusals):
        if (refusal.format, kind(refusal.reason)) == alike or entry.refusal.reason == OTHER:
            raise PayloadError(refusal.reason)
    families = {family for one in decoded for family in one.frames}
    return {family: pl.concat([one.frames[family] for one in decoded if family in one.frames]) for family in families}


def _row(family: str, line: bytes) -> pl.DataFrame:
    """A decoded row that was refused for its time, from the JSON it is kept in."""
    schema = {name: dtype for name, dtype in FAMILIES[family].decoded.items() if name != "record"}
    fields = value_of(line)
    try:
        read = pl.DataFrame([fields], schema={**schema, "time": pl.String()})
        return read.with_columns(utc_times(read["time"])).select(list(schema))
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise PayloadError(f"{family}: the kept row cannot be read") from error
