"""What the log keeps of a building model: the file's digest and what was counted in it."""

from __future__ import annotations

from typing import Any, Protocol

import polars as pl

from twin.aggregates.building import ModelFacts


class Model(Protocol):
    """The part of `bim.model.BuildingModel` that publishing needs."""

    @property
    def file(self) -> str:
        """Name of the file."""

    @property
    def sha256(self) -> str:
        """Digest of the file's bytes: its key in the archive."""

    @property
    def schema(self) -> str:
        """IFC schema as the file states it."""

    @property
    def crs(self) -> str | None:
        """Coordinate reference system, such as `EPSG:3826`; None when the file states none."""

    @property
    def coverage(self) -> dict[str, Any]:
        """The loader's report: wanted, got, missing."""

    def table(self, name: str) -> pl.DataFrame:
        """One of the model's tables."""


def model_facts(model: Model, community_id: str, building_id: str, name: str | None) -> ModelFacts:
    """Facts of a published model; the building is called `name`, else as its file is."""
    return ModelFacts(
        building_id=building_id,
        community_id=community_id,
        name=name or model.file,
        sha256=model.sha256,
        schema=model.schema,
        crs=model.crs,
        storeys=model.table("storeys").height,
        dwellings=model.table("dwellings").height,
        devices=model.table("devices").height,
        elements=model.table("elements").height,
        coverage=model.coverage,
    )
