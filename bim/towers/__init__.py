"""Generated towers: tall residential buildings of any size, invented whole, and named so wherever they are named.

No real residential tower with stairs, lifts, compartments and dwellings was found in public, so one is made.
"""

from __future__ import annotations

from bim.towers.spec import TowerSpec
from bim.towers.tower import author_tower

__all__ = ["TowerSpec", "author_tower"]
