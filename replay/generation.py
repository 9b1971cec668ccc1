"""What a branch's arrays yield together. Importing this imports pvlib, which takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from replay.engines.energy import Floats
from replay.engines.solar import Site, annual_yield, kwh_per_kwp
from replay.interventions import RooftopPv
from replay.parameters import ParameterSet


def generation_kwh(
    arrays: Sequence[RooftopPv], site: Site, times: Sequence[datetime], step: timedelta, p: ParameterSet
) -> Floats:
    """Energy of all arrays in each interval, kWh."""
    total = np.zeros(len(times))
    for array in arrays:
        total += array.kwp * kwh_per_kwp(times, step, site, (array.tilt, array.azimuth), p)
    return total


def mean_yield(arrays: Sequence[RooftopPv], site: Site, year: int, p: ParameterSet) -> float:
    """Annual yield of the arrays together, kWh/kWp, in a calendar year of Taipei."""
    kwh = sum(a.kwp * annual_yield(year, site, (a.tilt, a.azimuth), p) for a in arrays)
    return kwh / sum(a.kwp for a in arrays)
