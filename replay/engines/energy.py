"""Interval energy balance of a site with an array and a battery. All arrays are kWh per interval.

    import - export = load - pv + charge - discharge        the meter, every interval
    soc' = soc + eta_c charge - discharge / eta_d           the battery; charge and discharge at its terminals

Terms as Luthander et al. (Energy 112, 2016): self-consumption is the share of the array's energy that does not leave
the site, (pv - export) / pv; self-sufficiency the share of the load that the grid did not deliver,
(load - import) / load.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from events.errors import DomainError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BatteryUnit:
    """A battery: usable capacity, power at its terminals (both ways), efficiencies, energy at the beginning."""

    capacity_kwh: float
    power_kw: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    initial_kwh: float = 0.0


@dataclass(frozen=True)
class Dispatch:
    """What the battery did: charge and discharge in each interval, energy stored at its end, kWh."""

    charge_kwh: Floats
    discharge_kwh: Floats
    soc_kwh: Floats


@dataclass(frozen=True)
class Flows:
    """A balanced site, interval by interval of `step`, kWh; `soc_kwh` at the interval's end."""

    step: timedelta
    load_kwh: Floats
    pv_kwh: Floats
    charge_kwh: Floats
    discharge_kwh: Floats
    import_kwh: Floats
    export_kwh: Floats
    soc_kwh: Floats

    @property
    def self_consumption(self) -> float | None:
        """Share of the array's energy used on the site, None without any."""
        pv = self.pv_kwh.sum()
        return float((pv - self.export_kwh.sum()) / pv) if pv > 0 else None

    @property
    def self_sufficiency(self) -> float | None:
        """Share of the load not delivered by the grid, None without load."""
        load = self.load_kwh.sum()
        return float((load - self.import_kwh.sum()) / load) if load > 0 else None

    @property
    def peak_kw(self) -> float:
        """Highest mean import power of an interval."""
        return float(self.import_kwh.max(initial=0.0) / (self.step / timedelta(hours=1)))


def idle(intervals: int) -> Dispatch:
    """No battery."""
    return Dispatch(np.zeros(intervals), np.zeros(intervals), np.zeros(intervals))


def balance(load_kwh: Floats, pv_kwh: Floats, dispatch: Dispatch, step: timedelta) -> Flows:
    """The site's exchange with the grid under a dispatch."""
    _check(load_kwh, pv_kwh)
    net = load_kwh - pv_kwh + dispatch.charge_kwh - dispatch.discharge_kwh
    return Flows(
        step,
        load_kwh,
        pv_kwh,
        dispatch.charge_kwh,
        dispatch.discharge_kwh,
        np.maximum(net, 0.0),
        np.maximum(-net, 0.0),
        dispatch.soc_kwh,
    )


def greedy(load_kwh: Floats, pv_kwh: Floats, battery: BatteryUnit, step: timedelta) -> Dispatch:
    """Dispatch for self-use: store every surplus, cover every shortfall, as far as power and capacity go."""
    _check(load_kwh, pv_kwh)
    limit = battery.power_kw * (step / timedelta(hours=1))
    eta_c, eta_d = battery.charge_efficiency, battery.discharge_efficiency
    charge, discharge, soc = np.zeros(len(load_kwh)), np.zeros(len(load_kwh)), np.zeros(len(load_kwh))
    stored = battery.initial_kwh
    for i, surplus in enumerate((pv_kwh - load_kwh).tolist()):
        if surplus > 0:
            charge[i] = min(surplus, limit, (battery.capacity_kwh - stored) / eta_c)
            stored = min(stored + eta_c * charge[i], battery.capacity_kwh)
        else:
            discharge[i] = min(-surplus, limit, stored * eta_d)
            stored = max(stored - discharge[i] / eta_d, 0.0)
        soc[i] = stored
    return Dispatch(charge, discharge, soc)


def residual_kwh(flows: Flows) -> float:
    """Largest amount by which any interval's meter equation is off; zero but for rounding."""
    off = flows.import_kwh - flows.export_kwh - flows.load_kwh + flows.pv_kwh - flows.charge_kwh + flows.discharge_kwh
    return float(np.abs(off).max(initial=0.0))


def _check(load_kwh: Floats, pv_kwh: Floats) -> None:
    if load_kwh.shape != pv_kwh.shape or load_kwh.ndim != 1:
        raise DomainError(f"load has {load_kwh.shape} intervals, pv {pv_kwh.shape}; give one value each per interval")
    for name, series in (("load", load_kwh), ("pv", pv_kwh)):
        if not np.isfinite(series).all() or (series < 0).any():
            raise DomainError(
                f"{name} holds a value below zero or none at all; fill gaps and resets before the balance"
            )
