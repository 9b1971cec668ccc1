"""A building model: what one IFC file says, in SI units, ready to be drawn and asked without the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

import polars as pl

from bim.coverage import Coverage
from bim.georeference import Georeference
from bim.meshes import Meshes
from bim.tables import Tables

GlobalId = NewType("GlobalId", str)
"""An IFC GlobalId, or its substitute (bim.identity)."""


@dataclass(frozen=True)
class BuildingModel:
    """One file's model.

    `file` is the name it was loaded from, `sha256` the digest of its bytes; `schema` as its header writes it and
    `schema_loaded` as it was opened. `length_unit_m`: metres per unit of length in the file; null if it has no lengths.
    `tables` and `meshes` are read when first asked for (see `bim.tables` for columns and units).
    """

    file: str
    sha256: str
    schema: str
    schema_loaded: str
    length_unit_m: float | None
    georeference: Georeference
    coverage: Coverage
    tables: Tables
    read_meshes: Callable[[], Meshes]

    @cached_property
    def meshes(self) -> Meshes:
        """The instanced meshes."""
        return self.read_meshes()

    @property
    def storeys(self) -> pl.DataFrame:
        """Storeys, lowest first."""
        return self.tables["storeys"]

    @property
    def spaces(self) -> pl.DataFrame:
        """Spaces with their storeys, dwellings and areas."""
        return self.tables["spaces"]

    @property
    def dwellings(self) -> pl.DataFrame:
        """Dwellings with their storeys, areas and rooms."""
        return self.tables["dwellings"]

    @property
    def devices(self) -> pl.DataFrame:
        """Meters, lifts and other devices with their serials."""
        return self.tables["devices"]

    @property
    def elements(self) -> pl.DataFrame:
        """Elements with their classes, storeys and meshes."""
        return self.tables["elements"]

    @property
    def footprints(self) -> pl.DataFrame:
        """Outlines of spaces, dwellings, slabs and storeys."""
        return self.tables["footprints"]
