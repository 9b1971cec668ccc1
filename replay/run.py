"""Run a scenario: gather inputs, balance the baseline and the branch, compare. The city is read, never written.

    load    registers of the community's electricity meters, as known at the base's position
    pv      the branch's arrays under Taipei's average sky
    battery the branch's dispatch

The same scenario over the same inputs gives the same digest; without interventions the branch is its baseline bit for
bit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from events.ids import Position
from replay import parameters
from replay.branch import Branch, CityView, branch
from replay.compare import compare, figures
from replay.engines.energy import BatteryUnit, Dispatch, Floats, Flows, balance, greedy, idle
from replay.engines.peak_shaving import lowest_peak
from replay.interventions import as_tables
from replay.load import Load, community_load
from replay.parameters import ParameterSet
from replay.result import Result, code_version, digest_of, series
from replay.scenario import STEP, Resolved, Scenario, read_scenario, resolve
from twin.service import Service


def run_file(city: CityView, path: Path, *, service: Service | None = None) -> Result:
    """Run the scenario of a TOML file; with a service, keep the question and the answer in the log."""
    result = run(read_scenario(path), city)
    if service is not None:
        keep(result, service)
    return result


def keep(result: Result, service: Service) -> None:
    """Keep a result's scenario and its run, each once, in the scenario's own stream."""
    service.define_scenario(definition(result.scenario, result.resolved) | {"scenario_id": result.scenario_id})
    service.complete_run(
        {
            "scenario_id": result.scenario_id,
            "digest": result.digest,
            "known": result.known,
            "kpis": tuple(result.kpis.to_dicts()),
            "provenance": result.provenance,
        }
    )


def run(scenario: Scenario, city: CityView) -> Result:
    """The scenario's answer.

    UsageError when its times or parameter set are off, DomainError when the city cannot answer it.
    """
    span = city.span()
    times = resolve(scenario, span[1] if span else None)
    p = parameters.load(scenario.parameter_set)
    cut = city.cut(at=times.at, known=scenario.base.known)
    planned = branch(cut, scenario.interventions, scenario.community_id)
    planned.community()
    load = community_load(city, cut.devices(), scenario.community_id, (times.start, times.end), STEP, cut.known)
    before = balance(load.kwh, np.zeros(len(load.kwh)), idle(len(load.kwh)), STEP)
    after = _balanced(planned, load, p)
    return _result(scenario, times, Position(cut.known), load, p, city, (before, after), _yield(planned, times, p))


def definition(scenario: Scenario, times: Resolved) -> dict[str, Any]:
    """The question as its event keeps it, but its id."""
    return {
        "title": scenario.title,
        "community_id": scenario.community_id,
        "base_at": times.at,
        "base_known": scenario.base.known,
        "window_start": times.start,
        "window_end": times.end,
        "interventions": as_tables(scenario.interventions),
        "seed": scenario.seed,
        "parameter_set": scenario.parameter_set,
    }


def _balanced(planned: Branch, load: Load, p: ParameterSet) -> Flows:
    pv = _generation(planned, load, p)
    return balance(load.kwh, pv, _dispatch(planned, load, pv, p), load.step)


def _generation(planned: Branch, load: Load, p: ParameterSet) -> Floats:
    pv = np.zeros(len(load.kwh))
    if planned.arrays:
        from replay.engines import solar  # pvlib takes seconds to import

        site = _site(planned)
        for array in planned.arrays:
            pv += array.kwp * solar.kwh_per_kwp(load.times, load.step, site, (array.tilt, array.azimuth), p)
    return pv


def _yield(planned: Branch, times: Resolved, p: ParameterSet) -> float | None:
    """Mean annual yield of the branch's arrays by their power, kWh/kWp, in the base's year; None without any."""
    if not planned.arrays:
        return None
    from replay.engines import solar  # pvlib takes seconds to import

    site, year = _site(planned), times.at.year
    kwh = sum(a.kwp * solar.annual_yield(year, site, (a.tilt, a.azimuth), p) for a in planned.arrays)
    return kwh / sum(a.kwp for a in planned.arrays)


def _site(planned: Branch) -> Any:
    from replay.engines.solar import Site

    community = planned.community()
    return Site(float(str(community["longitude"])), float(str(community["latitude"])))


def _dispatch(planned: Branch, load: Load, pv: Floats, p: ParameterSet) -> Dispatch:
    battery = planned.battery
    if battery is None:
        return idle(len(load.kwh))
    moment = load.times[0]
    unit = BatteryUnit(
        battery.kwh,
        battery.kw,
        p.value("battery_charge_efficiency", moment),
        p.value("battery_discharge_efficiency", moment),
    )
    dispatch = greedy if battery.dispatch == "greedy" else lowest_peak
    return dispatch(load.kwh, pv, unit, load.step)


def _result(
    scenario: Scenario,
    times: Resolved,
    known: Position,
    load: Load,
    p: ParameterSet,
    city: CityView,
    flows: tuple[Flows, Flows],
    annual_yield: float | None,
) -> Result:
    factor = p.value("grid_emission_factor", times.start)
    before, after = flows
    kpis = compare(figures(before, None, factor), figures(after, annual_yield, factor))
    baseline, intervals = series(before, load), series(after, load)
    asked = definition(scenario, times)
    used = {"version": p.version, "sha256": p.digest}
    described = (asked, used, load.inputs_sha256, kpis.to_dicts())
    return Result(
        digest_of(asked)[:16],
        scenario,
        times,
        known,
        kpis,
        baseline,
        intervals,
        _quality(load, city),
        used,
        {
            "log_position": known,
            "code_version": code_version(),
            "inputs_sha256": load.inputs_sha256,
            "parameters": used,
        },
        digest_of(described, baseline, intervals),
    )


def _quality(load: Load, city: CityView) -> dict[str, Any]:
    return {
        "measured_share": 1.0 - load.estimated_share,
        "estimated_share": load.estimated_share,
        "homes": load.homes,
        "common_meters": load.common_meters,
        "silent_meters": load.silent_meters,
        "intervals": len(load.times),
        "synthetic": city.file.synthetic,
    }
