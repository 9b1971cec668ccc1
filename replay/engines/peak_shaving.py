"""Battery dispatch for the lowest peak, as two linear programs (HiGHS).

Over a window known in full (so this is what a perfect forecast would reach: a bound, not a promise):

    1  minimise P            subject to   import_t <= P h,   battery and meter equations,   0 <= soc_t <= capacity
    2  minimise import       at that P    (of all dispatches with the lowest peak, the one that buys least)

The battery may charge from the grid; it serves the load only and is never sold. A whisper of cost on throughput keeps
it from charging and discharging at once.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from events.errors import DomainError
from replay.engines.energy import BatteryUnit, Dispatch, Floats

FEASIBLE = 1e-6
"""kW: ten times HiGHS' own feasibility tolerance, which says nothing of smaller peaks."""

THROUGHPUT_COST = 1e-6
"""kWh of import that a kWh through the battery counts as in step 2."""


def lowest_peak(load_kwh: Floats, pv_kwh: Floats, battery: BatteryUnit, step: timedelta) -> Dispatch:
    """The dispatch with the lowest import peak over the window."""
    n = len(load_kwh)
    if n == 0:
        return Dispatch(np.zeros(0), np.zeros(0), np.zeros(0))
    hours = step / timedelta(hours=1)
    shortfall = load_kwh - pv_kwh
    equal, inequal = _battery(n, battery), _meter(n, hours)
    start = np.zeros(n)
    start[0] = battery.initial_kwh
    limits = np.concatenate([-shortfall, np.zeros(n)])
    bounds = _bounds(shortfall, battery, hours)
    lowest = _solve(_cost(n, peak=1.0), inequal, limits, equal, start, bounds)
    cost = _cost(n, throughput=THROUGHPUT_COST, bought=1.0)
    bounds[-1, 1] = lowest[-1] * (1 + 1e-9) + 1e-9
    try:
        best = _solve(cost, inequal, limits, equal, start, bounds)
    except DomainError:  # a peak that is as small as what the solver takes for nothing
        bounds[-1, 1] = lowest[-1] + FEASIBLE
        best = _solve(cost, inequal, limits, equal, start, bounds)
    charge, discharge, soc = np.clip(best[: 3 * n], 0.0, None).reshape(3, n)
    return Dispatch(charge, discharge, soc)


def _cost(n: int, throughput: float = 0.0, bought: float = 0.0, peak: float = 0.0) -> Floats:
    """Objective over (charge, discharge, soc, import) of n intervals each, and the peak."""
    return np.concatenate([np.full(2 * n, throughput), np.zeros(n), np.full(n, bought), [peak]])


def _battery(n: int, battery: BatteryUnit) -> sparse.csr_array:
    """soc_t - soc_(t-1) - eta_c charge_t + discharge_t / eta_d = 0, the first against the initial energy."""
    one = sparse.eye_array(n)
    before = sparse.eye_array(n, k=-1)
    nothing = sparse.csr_array((n, n + 1))
    parts = [-battery.charge_efficiency * one, one / battery.discharge_efficiency, one - before, nothing]
    return sparse.csr_array(sparse.hstack(parts))


def _meter(n: int, hours: float) -> sparse.csr_array:
    """charge - discharge - import <= -shortfall, and import - P h <= 0."""
    one, nothing = sparse.eye_array(n), sparse.csr_array((n, n))
    column = sparse.csr_array(np.full((n, 1), -hours))
    covered = sparse.hstack([one, -one, nothing, -one, sparse.csr_array((n, 1))])
    capped = sparse.hstack([nothing, nothing, nothing, one, column])
    return sparse.csr_array(sparse.vstack([covered, capped]))


def _bounds(shortfall: Floats, battery: BatteryUnit, hours: float) -> Floats:
    limit = battery.power_kw * hours
    n = len(shortfall)
    upper = [
        np.full(n, limit),
        np.minimum(np.maximum(shortfall, 0.0), limit),
        np.full(n, battery.capacity_kwh),
        np.full(n + 1, np.inf),
    ]
    high = np.concatenate(upper)
    return np.column_stack([np.zeros(len(high)), high])


def _solve(
    cost: Floats,
    inequal: sparse.csr_array,
    limits: Floats,
    equal: sparse.csr_array,
    start: Floats,
    bounds: npt.NDArray[np.float64],
) -> Floats:
    found = linprog(  # type: ignore[call-overload]  # scipy-stubs do not know sparse constraints
        cost, A_ub=inequal, b_ub=limits, A_eq=equal, b_eq=start, bounds=bounds, method="highs-ds"
    )
    if found.x is None:
        raise DomainError(
            f"no dispatch found for the lowest peak: {found.message}; check the battery's capacity and power"
        )
    return np.asarray(found.x, dtype=np.float64)
