"""Kinds and e-bikes of GBFS documents whose vehicle_types came in an earlier poll, as the log tells of them.

A position whose type was not told beside it comes with the kind `type <system> <id>`: it gets the type's kind, or none.
Docks that tell how many of each type they have, but not how many e-bikes, get that where every type is known. The words
of a type are states; beliefs hold digests of them, which are held against those of every word there is.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from events.feeds.bikes.types import FORM, KINDS, PENDING, PROPULSION, PROPULSIONS, Type, ebikes, type_point
from events.memory import Memory
from events.observations import STATES, TIME
from events.settle import rows_of

_COUNT = r"^gbfs:([0-9a-f]+):station:(.*):type:(.*)$"


def with_types(frames: Mapping[str, pl.DataFrame], memory: Memory) -> dict[str, pl.DataFrame]:
    """`frames` with kinds and e-bikes, where the log knows the types."""
    found = dict(frames)
    positions, docks, readings = found.get("positions"), found.get("docks"), found.get("readings")
    if positions is not None and positions["kind"].str.starts_with(PENDING).any():
        found["positions"] = positions.with_columns(_kinds(positions["kind"], memory))
    if docks is not None and readings is not None and docks["num_ebikes_available"].null_count():
        counts = readings.filter(pl.col("point_id").str.contains(_COUNT))
        if counts.height:
            found["docks"] = _with_ebikes(docks, counts, memory)
    return found


def _kinds(kinds: pl.Series, memory: Memory) -> pl.Series:
    pending = kinds.filter(kinds.str.starts_with(PENDING)).unique().sort().to_list()
    names = {text: tuple(text.removeprefix(PENDING).split(" ", 1)) for text in pending}
    types = _known({(system, name) for system, name in names.values()}, memory)
    told = {text: types[key].kind if key in types else None for text, key in names.items()}
    return kinds.replace(list(told), pl.Series(list(told.values()), dtype=pl.String))


def _with_ebikes(docks: pl.DataFrame, counts: pl.DataFrame, memory: Memory) -> pl.DataFrame:
    parts = counts.select(
        "time",
        *(
            pl.col("point_id").str.extract(_COUNT, n).alias(c)
            for n, c in ((1, "system"), (2, "station_id"), (3, "type"))
        ),
        pl.col("value").cast(pl.Int64).alias("count"),
    )
    types = _known({(system, name) for system, name in parts.select("system", "type").unique().iter_rows()}, memory)
    rows = [
        (
            station,
            time,
            ebikes(zip(names, numbers, strict=True), {n: types[system, n] for n in names if (system, n) in types}),
        )
        for (system, station, time), names, numbers in (
            ((system, station, time), names, numbers)
            for system, station, time, names, numbers in parts.group_by(
                "system", "station_id", "time", maintain_order=True
            )
            .agg("type", "count")
            .iter_rows()
        )
    ]
    schema = {"station_id": pl.String(), "time": TIME, "found": pl.Int32()}
    known = pl.DataFrame(rows, schema=schema, orient="row").unique(
        ["station_id", "time"], keep="last", maintain_order=True
    )
    joined = docks.join(known, on=["station_id", "time"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("num_ebikes_available", "found").alias("num_ebikes_available")).drop("found")


def _known(wanted: set[tuple[str, str]], memory: Memory) -> dict[tuple[str, str], Type]:
    """Types by system and id, of those that the log tells of."""
    beliefs = memory.beliefs["states"]
    points = {
        type_point(system, name, word): (system, name, word) for system, name in wanted for word in (FORM, PROPULSION)
    }
    names = memory.entities["states"].names().filter(
        pl.col("point_id").is_in(list(points)) & (pl.col("entity") < len(beliefs.high_digest))
    )  # fmt: skip
    words = _words((*KINDS, *PROPULSIONS))
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    for entity, point in names.select("entity", "point_id").iter_rows():
        system, name, word = points[point]
        found.setdefault((system, name), {})[word] = words.get(int(beliefs.high_digest[entity]))
    return {key: Type(told.get(FORM), told.get(PROPULSION)) for key, told in found.items()}


def _words(words: tuple[str, ...]) -> dict[int, str]:
    """Words by the digests that beliefs have of them."""
    rows = pl.DataFrame({"text": words}).with_columns(
        entity=pl.lit(0, pl.UInt32), time=pl.lit(0, pl.Int64).cast(TIME)
    )  # fmt: skip
    return dict(zip((int(d) for d in rows_of(STATES, rows).digest), words, strict=True))
