"""A generated tower as IFC: housing with two stairs that lead outside on their own, fire compartments and ramps."""

from __future__ import annotations

from pathlib import Path

from bim.author import begin, finish, furnish
from bim.drafting import Schema
from bim.towers.compartments import compartments
from bim.towers.ramps import ramps
from bim.towers.spec import TowerSpec
from bim.towers.stairs import stairs

GENERATED = "產生的模型，不是真實建築 Generated model of no real building"
"""What a tower says of itself, in its header and as IfcBuilding.Description."""


def author_tower(spec: TowerSpec, path: Path, *, schema: Schema = "IFC4") -> None:
    """Write the tower that `spec` asks for to `path`."""
    begun = begin(spec.housing, schema, GENERATED)
    wells = stairs(begun)
    furnish(begun, lifts=spec.lifts)
    ramps(begun)
    compartments(begun, wells)
    finish(begun, path, comment=GENERATED)
