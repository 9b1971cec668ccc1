"""A projection: a pure fold of the log's batches into a state that can be thrown away and built again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import polars as pl

from events.batch import Header
from events.observations import Family

S = TypeVar("S")


@dataclass(frozen=True)
class Batch:
    """A landed batch: its family, its place in the log, its header and its rows (`twin.latest.landed_schema`)."""

    family: Family
    position: int
    header: Header
    rows: pl.DataFrame


class Projection(Protocol[S]):
    """`fold` is pure, takes batches in log order, and any split of them gives the same state.

    A changed `version` makes the projector build the state anew from the log.
    """

    name: str
    version: int

    def empty(self) -> S:
        """The state before the first event."""

    def fold(self, state: S, batches: Sequence[Batch]) -> S:
        """The state after `batches`; `state` is not changed."""
