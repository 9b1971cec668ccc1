"""Cuts compared, series, and the player, over two days of 36,000 points at 15 minutes."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from benchmarks import log_and_cut
from benchmarks.figures import Figure, best_of
from replay.city import City
from replay.diff import diff
from replay.player import moments
from replay.why import why
from twin.place import init
from twin.projector import Projector

DAYS = 2


def figures() -> list[Figure]:
    """Over one generated city, its history in the lake."""
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log, patch.object(log_and_cut, "DAYS", DAYS):
            log_and_cut._name_points(log)
            log_and_cut._append(log)
            projector = Projector(log, place.directory)
            projector.catch_up(write=True)
            projector.save()
        with City.open(place.directory) as city:
            return _measured(city)


def _measured(city: City) -> list[Figure]:
    start = log_and_cut.START
    noon, later = start + timedelta(hours=12), start + timedelta(hours=36)
    point = "urn:dev:ser:E0000000007:1-0:1.8.0"
    compared = best_of(3, lambda: diff(city.cut(noon), city.cut(later), "readings"))
    explained = best_of(3, lambda: why(city, point, "value", noon))
    day = best_of(3, lambda: city.series("readings", [point], start, start + timedelta(days=1)))
    began = time.perf_counter()
    rows = sum(m.rows.height for m in moments(city, "readings", start, start + timedelta(days=1)))
    pace = rows / (time.perf_counter() - began)
    return [
        Figure("difference of two instants, 36,000 points", compared * 1e3, "ms", "≤ 300"),
        Figure("why one number is so", explained * 1e3, "ms"),
        Figure("a day's series of one of 36,000 points", day * 1e3, "ms"),
        Figure("a day played without a pace", pace, "readings/s", "≥ 5,000,000"),
    ]
