"""The ways through a building: which places its doors, stairs and lifts join, as said or as seen in its shapes."""

from __future__ import annotations

from bim.ways.survey import FRAME_M, GROUND_M, PASSAGES, PLACES, STREET, Ways, ways

__all__ = ["FRAME_M", "GROUND_M", "PASSAGES", "PLACES", "STREET", "Ways", "ways"]
