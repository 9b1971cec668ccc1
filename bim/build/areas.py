"""What a file states of areas, in square metres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

_NAMES = ("NetFloorArea", "GrossFloorArea", "NetArea", "GrossArea", "Area", "BOMArea", "面積")
"""Quantities and properties that are an area of a room, the better before the worse: net before gross."""


def stated_areas(quantities: pl.DataFrame, properties: pl.DataFrame, area_unit_m2: float | None) -> pl.DataFrame:
    """(entity_id, area_m2, area_source): base quantities first, then properties called an area, net before gross.

    A property's number is in the unit that it or its measure states; one without a measure is in the file's unit of
    area, `area_unit_m2`. One that measures something else (a length called an area) is none.
    """
    measured = quantities.filter(pl.col("quantity") == "area").select(
        "entity_id", "name", pl.col("value").alias("area_m2"), pl.lit("quantity").alias("area_source")
    )
    in_file_unit = pl.when(pl.col("quantity").is_null()).then(pl.col("number") * pl.lit(area_unit_m2, pl.Float64))
    told = properties.filter(pl.col("quantity").fill_null("area") == "area").select(
        "entity_id",
        "name",
        pl.coalesce("number_si", in_file_unit).alias("area_m2"),
        pl.lit("property").alias("area_source"),
    )
    ranks = pl.DataFrame({"name": _NAMES, "rank": range(len(_NAMES))})
    return (
        pl.concat([measured, told])
        .filter(pl.col("area_m2") > 0)
        .join(ranks, on="name", how="inner", maintain_order="left")
        .sort("entity_id", pl.col("area_source") != "quantity", "rank", maintain_order=True)
        .unique("entity_id", keep="first", maintain_order=True)
        .select("entity_id", "area_m2", "area_source")
    )


@dataclass(frozen=True)
class WholeArea:
    """The area of several rooms together. `source` is that of all rooms, or `mixed`; `area_m2` and `source` are None
    where no room has an area. `is_partial`: rooms without an area are missing in it."""

    area_m2: float | None
    source: str | None
    rooms_measured: int
    is_partial: bool


Known = Mapping[str, tuple[float | None, str | None]]
"""Space → its area and what that is from."""


def whole_areas(rooms: Mapping[str, list[str]], around: Mapping[str, list[str]], known: Known) -> dict[str, WholeArea]:
    """The area of each dwelling's `rooms`. A room without one counts as measured where a space `around` it (nearest
    first, of the same dwelling) has an area: that then stands for all rooms in it."""
    return defaultdict(
        lambda: WholeArea(None, None, 0, is_partial=False),
        {key: _whole_area(each, around, known) for key, each in rooms.items()},
    )


def _whole_area(rooms: list[str], around: Mapping[str, list[str]], known: Known) -> WholeArea:
    stand_in = {
        room: holder
        for room in rooms
        if known[room][0] is None
        for holder in around[room]
        if known[holder][0] is not None
    }
    covering = set(stand_in.values())
    counted = {room: next((each for each in reversed(around[room]) if each in covering), room) for room in rooms}
    measured = [room for room in rooms if known[counted[room]][0] is not None]
    areas = [known[each] for each in dict.fromkeys(counted[room] for room in measured)]
    sources = {source for _, source in areas if source is not None}
    return WholeArea(
        sum(area_m2 for area_m2, _ in areas if area_m2 is not None) if areas else None,
        "mixed" if len(sources) > 1 else next(iter(sources), None),
        len(measured),
        is_partial=len(measured) < len(rooms),
    )
