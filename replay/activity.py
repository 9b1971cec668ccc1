"""How fast things come in: what each source brought within a recent stretch, by record times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from events import batch
from events.batch import BATCH
from events.clock import micros
from events.log import Log
from events.observations import FAMILIES
from events.quarantine import QUARANTINE
from replay.clocks import position_at


@dataclass(frozen=True)
class Activity:
    """What a source brought: rows that landed, rows that told nothing new, messages and rows that were refused."""

    rows: int = 0
    duplicates: int = 0
    refused: int = 0

    def __add__(self, other: Activity) -> Activity:
        return Activity(self.rows + other.rows, self.duplicates + other.duplicates, self.refused + other.refused)


def activity(log: Log, head: int, *since: datetime) -> list[Mapping[str, Activity]]:
    """For each instant, what was recorded after it up to position `head`, by source. Reads only that part of the log.

    Rows of slowly changing families (stations) are not counted, as everywhere.
    """
    start = position_at(log, min(since), head)
    found: list[dict[str, Activity]] = [{} for _ in since]
    for event in log.read(start, upto=head, tags=(BATCH, QUARANTINE)):
        header = batch.header_of(event.state)
        one = _of_batch(header) if event.tag == BATCH else Activity(refused=max(header.refused, header.rows))
        for moment, sums in zip(since, found, strict=True):
            if header.recorded_at > micros(moment):
                sums[header.source] = sums.get(header.source, Activity()) + one
    return list(found)


def _of_batch(header: batch.Header) -> Activity:
    rows = 0 if FAMILIES[header.family].slowly_changing else header.rows
    return Activity(rows, header.duplicates)
