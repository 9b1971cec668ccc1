"""A building model as the loader gives it, small and without a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

from bim.coverage import ClassCoverage, Coverage
from bim.georeference import Georeference
from bim.meshes import Meshes
from bim.model import BuildingModel
from bim.tables import SCHEMAS, Tables


def housing(name: str, devices: Sequence[Mapping[str, str | None]]) -> BuildingModel:
    """A model whose device table holds these rows; its digest is that of its content."""
    tables = {table: pl.DataFrame(schema=schema) for table, schema in SCHEMAS.items()}
    columns = SCHEMAS["devices"]
    tables["devices"] = pl.DataFrame([{c: d.get(c) for c in columns} for d in devices], schema=columns)
    return BuildingModel(
        file=f"{name}.ifc",
        sha256=hashlib.sha256(repr((name, devices)).encode()).hexdigest(),
        schema="IFC4",
        schema_loaded="IFC4",
        length_unit_m=1.0,
        georeference=Georeference("map_conversion", crs="EPSG:3826"),
        coverage=Coverage([ClassCoverage("IfcSlab", 1, 1, [])], [], [], [], 0, 0, 0, 0, [], 0, 0, "metre", [], [], 0),
        tables=Tables(tables.__getitem__),
        read_meshes=_no_meshes,
    )


def home_meters(building: str, homes: int) -> list[dict[str, str | None]]:
    """Three meters for every home of a building, and three of its own."""
    kinds = ("electricity_meter", "water_meter", "gas_meter")
    places: list[str | None] = [None, *(f"{building}-home-{n}" for n in range(homes))]
    return [
        {
            "device_id": f"{building}-{n}-{kind}",
            "kind": kind,
            "serial": f"{kind[0].upper()}-{building}-{n}",
            "dwelling_id": place,
            "storey_id": f"{building}-storey-{n // 10}",
        }
        for n, place in enumerate(places)
        for kind in kinds
    ]


def _no_meshes() -> Meshes:
    raise LookupError("a model made of tables has no meshes")
