"""What the log keeps of a building model: the file's digest and what was counted in it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from twin.aggregates.building import ModelFacts

if TYPE_CHECKING:  # the loader's libraries are slow to import, and only its values are used
    from bim.model import BuildingModel


def model_facts(model: BuildingModel, community_id: str, building_id: str, name: str | None) -> ModelFacts:
    """Facts of a published model; the building is called `name`, else as its file is without folder and endings."""
    return ModelFacts(
        building_id=building_id,
        community_id=community_id,
        name=name or PurePath(model.file).name.split(".")[0],
        sha256=model.sha256,
        schema=model.schema,
        crs=model.georeference.crs,
        storeys=model.storeys.height,
        dwellings=model.dwellings.height,
        devices=model.devices.height,
        elements=model.elements.height,
        coverage=coverage_of(model),
    )


def coverage_of(model: BuildingModel) -> dict[str, Any]:
    """The loader's report (`bim.coverage.Coverage`), the georeference's status and notes, and how far the model tells
    the ways through it (`bim.graph.told`), as plain values."""
    from bim.graph import told

    where = model.georeference
    return {
        **msgspec.to_builtins(model.coverage),
        "georeference": {"status": where.status, "notes": where.notes},
        "ways": told(model),
    }
