"""A scenario's answer: key figures, interval series, quality, provenance, and the digest of all that was computed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from events.ids import Position
from replay.engines.energy import Flows
from replay.load import Load
from replay.scenario import Resolved, Scenario


@dataclass(frozen=True)
class Result:
    """The answer to `scenario`.

    kpis       kpi, unit, baseline, scenario, difference (`replay.compare`)
    baseline,  without and with the interventions: time (beginning of the interval, UTC), load_kwh, pv_kwh, import_kwh,
    intervals  export_kwh, charge_kwh, discharge_kwh, soc_kwh (at the interval's end), estimated_kwh (part of the load)
    quality    shares of measured and estimated load, counts of meters, and whether the city's data are synthetic
    """

    scenario_id: str
    scenario: Scenario
    resolved: Resolved
    known: Position
    kpis: pl.DataFrame
    baseline: pl.DataFrame
    intervals: pl.DataFrame
    quality: dict[str, Any]
    parameters: dict[str, str]
    provenance: dict[str, Any]
    digest: str

    def document(self) -> dict[str, Any]:
        """The answer without its series, as plain values."""
        return {
            "scenario_id": self.scenario_id,
            "title": self.scenario.title,
            "community_id": self.scenario.community_id,
            "base": {"at": _rfc3339(self.resolved.at), "known": self.known},
            "window": {"start": _rfc3339(self.resolved.start), "end": _rfc3339(self.resolved.end)},
            "kpis": self.kpis.to_dicts(),
            "digest": self.digest,
            "parameters": self.parameters,
            "quality": self.quality,
            "provenance": self.provenance,
        }

    def to_json(self) -> str:
        """The document as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self.document()), indent=2).decode()


def series(flows: Flows, load: Load) -> pl.DataFrame:
    """Balanced intervals as a frame (columns: `Result`)."""
    names = ("load_kwh", "pv_kwh", "import_kwh", "export_kwh", "charge_kwh", "discharge_kwh", "soc_kwh")
    times = pl.Series("time", load.times, dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        [times, *(pl.Series(n, getattr(flows, n)) for n in names), pl.Series("estimated_kwh", load.estimated_kwh)]
    )


def digest_of(described: object, *frames: pl.DataFrame) -> str:
    """sha256 of plain values and of frames' columns, bit for bit."""
    seen = hashlib.sha256(msgspec.json.encode(described, order="sorted"))
    for frame in frames:
        for column in frame:
            seen.update(column.name.encode() + np.ascontiguousarray(column.to_physical().to_numpy()).tobytes())
    return seen.hexdigest()


@cache
def code_version() -> str:
    """Digest of this package's source: what computed the numbers, whatever the release is called."""
    seen, package = hashlib.sha256(), Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        seen.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return f"replay-{seen.hexdigest()[:12]}"


def _rfc3339(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))
