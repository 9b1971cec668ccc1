"""A city in memory: meters with registers, a known load, and the two views that scenarios ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from events.ids import Position, StreamId
from events.log import LogEvent
from events.observations import TIME
from tests.aggregates.models import home_meters
from tests.aggregates.samples import SITE
from twin.aggregates.community import CommunityRegistered
from twin.aggregates.devices import DevicesBound
from twin.codec import DomainEvent, encode, tag_of
from twin.place import CityFile
from twin.points import devices_of
from twin.projections.register import Frames, Register

DONGMING = str(SITE["community_id"])
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

READINGS = {
    "point_id": pl.String(),
    "time": TIME,
    "value": pl.Float64(),
    "unit": pl.String(),
    "quality": pl.UInt8(),
    "position": pl.Int64(),
}

NO_REGISTER_EVENTS = pl.DataFrame(
    schema={
        **dict.fromkeys(("point_id", "unit"), pl.String()),
        "time": TIME,
        **dict.fromkeys(("final", "initial", "modulus"), pl.Float64()),
        "position": pl.Int64(),
    }
)


@dataclass(frozen=True)
class FakeCut:
    """A cut of the register alone."""

    at: datetime
    known: int
    frames: Frames

    def communities(self) -> pl.DataFrame:
        """Communities as then known."""
        return self.frames.communities

    def devices(self) -> pl.DataFrame:
        """Devices as then bound."""
        return self.frames.devices


@dataclass(frozen=True)
class FakeCity:
    """Readings and a register; `asked` counts reads."""

    readings: pl.DataFrame
    register: Register
    head: int = 100
    file: CityFile = field(default_factory=lambda: CityFile(synthetic=True))

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last time of the readings."""
        if not self.readings.height:
            return None
        first, last = self.readings.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
        return first, last

    def cut(self, at: datetime | None = None, known: int | None = None) -> FakeCut:
        """The register at a cut."""
        position = self.head if known is None else known
        moment = at or MONDAY
        return FakeCut(moment, position, self.register.at(moment, position))

    def series(
        self, family: str, entities: Sequence[str], start: datetime, end: datetime, known: int | None = None
    ) -> pl.DataFrame:
        """Readings of some points, the latest belief for every time."""
        assert family == "readings"
        rows = self.readings.filter(
            pl.col("point_id").is_in(list(entities)),
            pl.col("time").is_between(start, end),
            pl.col("position") <= (self.head if known is None else known),
        )
        return rows.sort("point_id", "time", "position").unique(["point_id", "time"], keep="last", maintain_order=True)

    def names(self, family: str) -> pl.DataFrame:
        """Registers that ever reported."""
        assert family == "readings"
        return self.readings.select("point_id", "unit").unique().sort("point_id", "unit").with_row_index("entity")

    def register_events(self, known: int | None = None) -> pl.DataFrame:
        """Nothing happened to the meters."""
        return NO_REGISTER_EVENTS


def city(homes: int = 12, days: int = 2, readings: pl.DataFrame | None = None) -> FakeCity:
    """東明 with one building whose homes draw by the hour of the day, from Monday on."""
    rows = home_meters("a", homes)
    devices = devices_of(rows)
    names = ("device_id", "kind", "serial", "dwelling_id", "storey_id", "point_ids")
    recorded: dict[str, Any] = {"time": MONDAY - timedelta(days=1), "recorded_at": MONDAY}
    columns: dict[str, Any] = {n: tuple(getattr(d, n) for d in devices) for n in names}
    events: list[DomainEvent] = [
        CommunityRegistered(**SITE, **recorded),
        DevicesBound(building_id="a", community_id=DONGMING, **columns, **recorded),
    ]
    log = [LogEvent(Position(n), StreamId("s"), n, tag_of(e), encode(e)) for n, e in enumerate(events, 1)]
    points = [d.point_ids[0] for d in devices if d.kind == "electricity_meter"]
    return FakeCity(metered(points, days) if readings is None else readings, Register.empty().fold(log))


def metered(points: Sequence[str], days: int) -> pl.DataFrame:
    """Registers read every quarter hour, both ends included: point n starts at 1000 n kWh and draws `drawn_kwh`."""
    count = days * 96
    rises = np.concatenate([[0.0], np.cumsum(drawn_kwh(count))])
    return pl.concat(
        pl.DataFrame(
            {
                "point_id": [point] * (count + 1),
                "time": [MONDAY + i * QUARTER for i in range(count + 1)],
                "value": 1000.0 * n + rises,
                "unit": ["kWh"] * (count + 1),
                "quality": [0] * (count + 1),
                "position": [10] * (count + 1),
            },
            schema=READINGS,
        )
        for n, point in enumerate(points)
    )


def drawn_kwh(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What each meter draws in each quarter hour: little at night, most in the evening of Taipei."""
    hours = (np.arange(count) / 4 + 8) % 24
    return np.asarray(0.05 + 0.15 * np.exp(-(((hours - 20) / 3) ** 2)), dtype=np.float64)
