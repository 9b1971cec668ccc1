"""What a number over many things rests on: how many rows, how old, told by which events, held by which projection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from events.observations import FAMILIES
from replay.cut import Cut
from replay.diff import frame_of
from twin.lake_file import VERSION as LAKE_VERSION
from twin.projections.live import Live


@dataclass(frozen=True)
class Evidence:
    """The rows of one frame in a cut.

    `at` is the cut's instant, `oldest` and `newest` the rows' event times (UTC); `events` of the log told them, from
    `first_position` to `last_position` (null without rows); `known` is the last position that counts.
    """

    frame: str
    at: datetime
    known: int
    rows: int
    oldest: datetime | None
    newest: datetime | None
    events: int
    first_position: int | None
    last_position: int | None
    projection: str
    projection_version: int


def evidence(cut: Cut, frame: str, entities: Collection[str] | None = None) -> Evidence:
    """Of a family (`docks`…) or of the register (`communities`…), all of its entities or some."""
    rows = frame_of(cut, frame)
    if entities is not None:
        rows = rows.filter(pl.col(rows.columns[0]).is_in(list(entities)))
    times, positions = rows["time"], rows["position"]
    return Evidence(
        frame,
        cut.at,
        cut.known,
        rows.height,
        oldest=times.min(),  # type: ignore[arg-type]  # instants by the frame's schema
        newest=times.max(),  # type: ignore[arg-type]
        events=positions.n_unique(),
        first_position=positions.min(),  # type: ignore[arg-type]
        last_position=positions.max(),  # type: ignore[arg-type]
        projection=projection_of(cut, frame)[0],
        projection_version=projection_of(cut, frame)[1],
    )


def projection_of(cut: Cut, frame: str) -> tuple[str, int]:
    """Name and version of the projection that answers for a frame of the cut."""
    if frame not in FAMILIES:
        return "register", 1
    return (Live.name, Live.version) if cut.live else ("history", LAKE_VERSION)
