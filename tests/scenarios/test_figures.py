"""Every key figure against a case worked by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from replay.compare import KPIS, compare, figures
from replay.engines.energy import BatteryUnit, balance, greedy, idle

HALF_HOUR = timedelta(minutes=30)
LOAD, PV = np.array([1.0, 1.0, 1.0, 3.5]), np.array([0.0, 4.0, 4.0, 0.0])
BATTERY = BatteryUnit(4.0, 99.0)
BY_HAND = {
    "yield_kwh_per_kwp": 900.0,
    "load_kwh": 6.5,
    "pv_kwh": 8.0,
    "self_consumption": 0.75,  # of 8 kWh two leave: the battery holds 3 of the first hour's rest, and 1 of the second's
    "self_sufficiency": 5.5 / 6.5,
    "import_kwh": 1.0,
    "export_kwh": 2.0,
    "peak_kw": 2.0,
    "co2_kg": 0.5,
    "end_soc_kwh": 0.5,  # 4 held, 3.5 drawn
}


def test_every_key_figure_is_that_of_a_case_worked_by_hand() -> None:
    flows = balance(LOAD, PV, greedy(LOAD, PV, BATTERY, HALF_HOUR), HALF_HOUR)
    found = figures(flows, 900.0, 0.5)
    assert list(found) == [k.kpi for k in KPIS] == list(BY_HAND)
    assert found == pytest.approx(BY_HAND)


def test_a_difference_is_scenario_less_baseline_and_null_where_a_figure_has_no_meaning() -> None:
    nothing = np.zeros(4)
    before = figures(balance(LOAD, nothing, idle(4), HALF_HOUR), None, 0.5)
    after = figures(balance(LOAD, PV, greedy(LOAD, PV, BATTERY, HALF_HOUR), HALF_HOUR), 900.0, 0.5)
    told = {row["kpi"]: row for row in compare(before, after).to_dicts()}
    assert (before["self_consumption"], before["end_soc_kwh"]) == (None, 0.0)
    assert told["self_consumption"]["difference"] is None
    assert told["yield_kwh_per_kwp"]["difference"] is None
    assert {k: told[k]["difference"] for k in ("import_kwh", "export_kwh", "peak_kw", "co2_kg", "end_soc_kwh")} == (
        pytest.approx({"import_kwh": -5.5, "export_kwh": 2.0, "peak_kw": -5.0, "co2_kg": -2.75, "end_soc_kwh": 0.5})
    )
