"""Slowly changing rows that tell again what their entity was: in the log they refer to the batch that has the values.

A bike station's name, place and capacity come with every report. Each of these rows is an observation (that the fact
still held then), so that a document which arrives late changes what was believed in its own time alone; but its values
are written once. Stored form: a column `same_as` beside the family's own, the position of the batch with the values of
this entity in full (its last such row there); where it is set the values are null, and the header counts `referring`.

Whoever reads the log sees rows in full (`Log.read`), and `same_as` beside them.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from events import batch
from events.errors import CorruptEventError
from events.extents import Ints, Keys
from events.observations import TIME
from events.runs import ends

SAME_AS = "same_as"
KEY = ("entity", "time", "sequence")
_REFERENCES: dict[str, pl.DataType] = {
    "entity": pl.UInt32(), "time": TIME, "sequence": pl.UInt16(), SAME_AS: pl.Int64()
}  # fmt: skip
NOWHERE = 0
"""In place of a position: the values stand in the row itself."""

MOST_ROWS = 1_000_000
"""Rows in full that a reader keeps at hand."""

Digests = npt.NDArray[np.uint64]


@dataclass
class Facts:
    """By entity: where its values were last written in full, and their digest."""

    position: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    digest: Digests = field(default_factory=lambda: np.zeros(0, np.uint64))

    def same_as(self, entity: Keys, digest: Digests) -> Ints:
        """Position of the batch that has these values, NOWHERE where none has."""
        self._grow(entity)
        return np.where(self.digest[entity] == digest, self.position[entity], NOWHERE)

    def note(self, entity: Keys, digest: Digests, position: int) -> None:
        """Rows in full lie at `position`; of several of one entity the last counts."""
        self._grow(entity)
        self.position[entity], self.digest[entity] = position, digest

    def _grow(self, entity: Keys) -> None:
        need = int(entity.max()) + 1 if len(entity) else 0
        more = need - len(self.position)
        if more > 0:
            more += need // 2
            self.position = np.append(self.position, np.full(more, NOWHERE))
            self.digest = np.append(self.digest, np.zeros(more, np.uint64))


def shortened(rows: pl.DataFrame, same_as: Ints) -> pl.DataFrame:
    """Stored rows with null in place of values that stand at `same_as`."""
    position = pl.Series(SAME_AS, same_as, pl.Int64)
    full = position == NOWHERE
    values = [pl.when(full).then(pl.col(c)).alias(c) for c in rows.columns if c not in KEY]
    return rows.select(*KEY, *values, pl.when(~full).then(position).alias(SAME_AS))


def in_full(rows: pl.DataFrame) -> pl.DataFrame:
    """Of a stored frame the rows whose values were written there."""
    return rows.filter(pl.col(SAME_AS).is_null()) if SAME_AS in rows.columns else rows


class Filler:
    """Fills in what rows refer to; `load` gives the stored state of the batch at a position."""

    def __init__(self, load: Callable[[int], bytes]) -> None:
        self._load = load
        self._at: Ints = np.zeros(0, np.int64)
        self._row: Ints = np.zeros(0, np.int64)
        self._told: pl.DataFrame | None = None
        self._lock = threading.Lock()

    def filled(self, position: int, state: bytes) -> bytes:
        """The state with every row in full; errors as `rows`."""
        buffer = io.BytesIO()
        self.rows(position, state).write_ipc_stream(buffer)
        return batch.framed(batch.header_of(state), buffer.getvalue())

    def rows(self, position: int, state: bytes) -> pl.DataFrame:
        """Every row in full, and `same_as`; CorruptEventError where its digest is wrong, or a row refers to nothing."""
        if (wrong := batch.verify(state)) is not None:
            raise CorruptEventError(f"position {position}: {wrong}; run `twin log verify`")
        header = batch.header_of(state)
        if header.referring == header.rows:  # then no value stands here, and none is read
            asked = batch.decode(state, _REFERENCES, list(_REFERENCES))
            return pl.DataFrame([*asked[:, KEY], *self._asked(position, asked), asked[SAME_AS]])
        rows = batch.stored_frame(state)
        refers = rows[SAME_AS].is_not_null()
        asked = rows.filter(refers)
        full = asked.with_columns(self._asked(position, asked))
        order = np.argsort(np.concatenate((np.flatnonzero(refers), np.flatnonzero(~refers))), kind="stable")
        return pl.concat([full, rows.filter(~refers)])[order]

    def _asked(self, position: int, rows: pl.DataFrame) -> list[pl.Series]:
        """The values that the rows, all of which refer, refer to."""
        with self._lock:  # readers of one log may be several threads
            return self._of(position, rows["entity"].to_numpy(), rows[SAME_AS].to_numpy()).get_columns()

    def _of(self, position: int, entity: Keys, wanted: Ints) -> pl.DataFrame:
        """The values of each entity at the position it refers to."""
        self._grow(int(entity.max()) + 1)
        if self._told is not None and self._told.height > MOST_ROWS:
            self._at[:], self._told = NOWHERE, None
        missing = self._at[entity] != wanted
        for source in np.unique(wanted[missing]).tolist():
            self._take(position, source, np.unique(entity[missing & (wanted == source)]))
        told = pl.DataFrame() if self._told is None else self._told
        self._told = told.rechunk() if told.n_chunks() > 1 else told
        return self._told[self._row[entity]]

    def _take(self, position: int, source: int, entities: Keys) -> None:
        """Values of these entities from the batch at `source`."""
        rows = in_full(batch.stored_frame(self._load(source)))
        rows = rows.filter(pl.Series(ends(rows["entity"].to_numpy())))
        found = rows.filter(pl.col("entity").is_in(pl.Series(entities, dtype=pl.UInt32).implode()))
        if found.height != len(entities):
            raise CorruptEventError(f"position {position} refers to position {source}, which lacks what it refers to")
        values = found.drop(*KEY, SAME_AS, strict=False)
        before = 0 if self._told is None else self._told.height
        self._told = values if self._told is None else pl.concat([self._told, values])
        codes = found["entity"].to_numpy()
        self._at[codes], self._row[codes] = source, np.arange(before, before + found.height)

    def _grow(self, need: int) -> None:
        more = need - len(self._at)
        if more > 0:
            self._at = np.append(self._at, np.full(more + need // 2, NOWHERE))
            self._row = np.append(self._row, np.zeros(more + need // 2, np.int64))
