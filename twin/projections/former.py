"""Registers that bear no name any more, as devices of their building: totals count them as before.

They stand in every cut in which the register of devices showed their point before: at whatever position the tenancy
ended, for what is erased today was erased for every *known*.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from events.former import HOUSEHOLD_ERASED, LABEL, TENANCY_ENDED, label_of
from events.observations import TIME
from twin.aggregates.household import HouseholdErased, HouseholdEvent
from twin.points import REGISTERS

_TEXT, _COUNT = pl.String(), pl.Int64()
FORMER: dict[str, pl.DataType] = {
    "entity": _COUNT,
    "label": _TEXT,
    "building_id": _TEXT,
    "community_id": _TEXT,
    "kind": _TEXT,
    "bound_at": TIME,
    "bound_position": _COUNT,
    "time": TIME,
    "position": _COUNT,
}
"""Facts of nameless registers, one row a register and event."""


def former_facts(event: HouseholdEvent) -> list[dict[str, Any]]:
    """Rows of FORMER but time and position, which are the event's."""
    tag = HOUSEHOLD_ERASED if isinstance(event, HouseholdErased) else TENANCY_ENDED
    place = {"building_id": event.building_id, "community_id": event.community_id}
    return [
        place
        | {"entity": m.entity, "label": label_of(tag, m.entity), "kind": m.kind}
        | {"bound_at": m.bound_at, "bound_position": m.bound_position}
        for m in event.meters
    ]


def with_former(devices: pl.DataFrame, former: pl.DataFrame, at: datetime | None, known: int | None) -> pl.DataFrame:
    """The register's `devices` and a row for every nameless register that was bound at this cut."""
    if not former.height:
        return devices
    last = former.unique("entity", keep="last", maintain_order=True)
    shown = last if at is None else last.filter(pl.col("bound_at") <= at)
    shown = shown if known is None else shown.filter(pl.col("bound_position") <= known)
    label = pl.col("label")
    rows = shown.select(
        pl.all().exclude("time", "position", "label", "entity"),
        *(label.alias(column) for column in ("device_id", "dwelling_id", "point_id")),
        *(_counted(attribute) for attribute in ("medium", "unit")),
        time="bound_at",
        position="bound_position",
    )
    return pl.concat([devices, rows.select(pl.all().exclude("bound_position"))], how="diagonal").select(devices.columns)


def nameless(column: str) -> pl.Expr:
    """Whether the column holds the label of a register without a name."""
    return pl.col(column).str.contains(LABEL)


def named_dwelling() -> pl.Expr:
    """Whether a device stands in a home that has a name: nameless registers are no homes of their own."""
    return pl.col("dwelling_id").is_not_null() & ~nameless("dwelling_id")


def _counted(attribute: str) -> pl.Expr:
    by_kind = {kind: getattr(register, attribute) for kind, register in REGISTERS.items()}
    return pl.col("kind").replace_strict(by_kind, default=None, return_dtype=pl.String).alias(attribute)
