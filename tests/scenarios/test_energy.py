"""The balance: its reference cases, and what holds for any load, array and battery."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from events.errors import DomainError
from replay.engines.energy import BatteryUnit, Floats, balance, greedy, idle, residual_kwh
from replay.engines.peak_shaving import lowest_peak

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)

series = arrays(np.float64, 24, elements=st.floats(0, 100, allow_subnormal=False))
batteries = st.builds(
    BatteryUnit, st.floats(0.1, 200), st.floats(0.1, 100), st.floats(0.5, 1), st.floats(0.5, 1), st.just(0.0)
)


def test_greedy_self_use_of_the_reference_case() -> None:
    """PV [0,4,4,0], load [1,1,1,3] kWh, battery 4 kWh without losses: SC 0.75, SS 0.8333, import 1, export 2, SOC 1."""
    load, pv = np.array([1.0, 1, 1, 3]), np.array([0.0, 4, 4, 0])
    flows = balance(load, pv, greedy(load, pv, BatteryUnit(4.0, 99.0), HOUR), HOUR)
    assert flows.self_consumption == pytest.approx(0.75)
    assert flows.self_sufficiency == pytest.approx(5 / 6)
    assert (flows.import_kwh.sum(), flows.export_kwh.sum(), flows.soc_kwh[-1]) == pytest.approx((1, 2, 1))


def test_the_lowest_peak_of_the_reference_case() -> None:
    """Base 60 kW, two hours at 100 kW, battery 40 kWh and 20 kW without losses: the peak falls to 80 kW."""
    load = np.array([60.0] * 10 + [100.0] * 2 + [60.0] * 4)
    nothing = np.zeros(len(load))
    flows = balance(load, nothing, lowest_peak(load, nothing, BatteryUnit(40.0, 20.0), HOUR), HOUR)
    assert flows.peak_kw == pytest.approx(80.0, abs=1e-6)


def test_the_peak_is_power_not_energy() -> None:
    load = np.array([10.0, 25.0])
    assert balance(load, np.zeros(2), idle(2), QUARTER).peak_kw == 100.0


@given(series, series, batteries)
def test_every_kilowatt_hour_is_accounted_for(load: Floats, pv: Floats, battery: BatteryUnit) -> None:
    dispatch = greedy(load, pv, battery, QUARTER)
    flows = balance(load, pv, dispatch, QUARTER)
    _assert_physical(flows.charge_kwh, flows.discharge_kwh, flows.soc_kwh, battery)
    assert residual_kwh(flows) < 1e-6
    assert (flows.import_kwh * flows.export_kwh == 0).all()


@settings(max_examples=40)
@given(series, series, batteries)
def test_peak_shaving_is_accounted_for_and_never_worse(load: Floats, pv: Floats, battery: BatteryUnit) -> None:
    shaved = balance(load, pv, lowest_peak(load, pv, battery, QUARTER), QUARTER)
    _assert_physical(shaved.charge_kwh, shaved.discharge_kwh, shaved.soc_kwh, battery)
    assert residual_kwh(shaved) < 1e-6
    assert (shaved.export_kwh <= np.maximum(pv - load, 0.0) + 1e-6).all()
    for other in (idle(len(load)), greedy(load, pv, battery, QUARTER)):
        assert shaved.peak_kw <= balance(load, pv, other, QUARTER).peak_kw + 1e-5


@given(series, series, batteries)
def test_a_greedy_battery_never_raises_import_or_export(load: Floats, pv: Floats, battery: BatteryUnit) -> None:
    without = balance(load, pv, idle(len(load)), QUARTER)
    with_one = balance(load, pv, greedy(load, pv, battery, QUARTER), QUARTER)
    assert (with_one.import_kwh <= without.import_kwh + 1e-9).all()
    assert (with_one.export_kwh <= without.export_kwh + 1e-9).all()


@given(series, series, batteries)
def test_a_greedy_battery_sells_only_what_it_cannot_hold_and_buys_only_what_it_cannot_give(
    load: Floats, pv: Floats, battery: BatteryUnit
) -> None:
    flows = balance(load, pv, greedy(load, pv, battery, QUARTER), QUARTER)
    limit = battery.power_kw * 0.25
    sells, buys = flows.export_kwh > 1e-6, flows.import_kwh > 1e-6
    full, empty = flows.soc_kwh > battery.capacity_kwh - 1e-6, flows.soc_kwh < 1e-6
    assert (full | (flows.charge_kwh > limit - 1e-6))[sells].all()
    assert (empty | (flows.discharge_kwh > limit - 1e-6))[buys].all()


@given(series, series)
def test_shares_lie_between_nothing_and_all(load: Floats, pv: Floats) -> None:
    flows = balance(load, pv, idle(len(load)), QUARTER)
    for share, whole in ((flows.self_consumption, pv.sum()), (flows.self_sufficiency, load.sum())):
        assert (share is None) == (whole == 0)
        assert share is None or -1e-9 <= share <= 1 + 1e-9


@pytest.mark.parametrize(
    ("load", "pv"), [([-1.0], [0.0]), ([np.nan], [0.0]), ([1.0], [np.inf]), ([1.0, 2.0], [0.0])], ids=str
)
def test_a_series_that_no_meter_gives_is_refused(load: list[float], pv: list[float]) -> None:
    with pytest.raises(DomainError):
        balance(np.array(load), np.array(pv), idle(len(load)), QUARTER)


def test_no_intervals_are_no_energy() -> None:
    nothing = np.zeros(0)
    assert balance(nothing, nothing, lowest_peak(nothing, nothing, BatteryUnit(1, 1), HOUR), HOUR).peak_kw == 0.0


def _assert_physical(charge: Floats, discharge: Floats, soc: Floats, battery: BatteryUnit) -> None:
    limit = battery.power_kw * 0.25
    assert (charge >= 0).all() and (charge <= limit + 1e-6).all()
    assert (discharge >= 0).all() and (discharge <= limit + 1e-6).all()
    assert (soc >= 0).all() and (soc <= battery.capacity_kwh + 1e-6).all()
    before = np.concatenate([[battery.initial_kwh], soc[:-1]])
    off = soc - before - battery.charge_efficiency * charge + discharge / battery.discharge_efficiency
    assert np.abs(off).max() < 1e-6
