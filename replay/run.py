"""Run a scenario: gather inputs, balance the baseline and the branch, compare. The city is read, never written.

    load    registers of the community's electricity meters, as known at the base's position
    pv      the branch's arrays under Taipei's average sky
    battery the branch's dispatch

The same scenario over the same inputs gives the same digest; without interventions the branch is its baseline bit for
bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from events.clock import TAIPEI
from events.errors import UsageError
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
    inputs = gather(scenario, city)
    pv_kwh, annual_yield = _generation(inputs)
    flows = balanced(inputs, pv_kwh)
    factor = inputs.parameters.value("grid_emission_factor", inputs.times.start)
    kpis = compare(figures(flows[0], None, factor), figures(flows[1], annual_yield, factor))
    return _result(scenario, inputs, flows, kpis, {"synthetic": city.file.synthetic})


@dataclass(frozen=True)
class Inputs:
    """All that a run computes from."""

    times: Resolved
    branch: Branch
    load: Load
    parameters: ParameterSet


def gather(scenario: Scenario, city: CityView) -> Inputs:
    """Read what the scenario asks for from the city, as of its base and as known there."""
    span = city.span()
    times = resolve(scenario, span[1] if span else None)
    released = parameters.load(scenario.parameter_set)
    cut = city.cut(at=times.at, known=scenario.base.known)
    if scenario.base.known not in (None, cut.known):
        raise UsageError(
            f"{scenario.where}: base.known is {scenario.base.known}, but the log ends at {cut.known}; leave it out "
            "for the best knowledge"
        )
    planned = branch(cut, scenario.interventions, scenario.community_id)
    planned.community()  # refuses an unknown one before any reading is read
    meters, window, known = planned.cut.devices(), (times.start, times.end), planned.cut.known
    load = community_load(city, meters, scenario.community_id, window, STEP, known)
    return Inputs(times, planned, load, released)


def balanced(inputs: Inputs, pv_kwh: Floats) -> tuple[Flows, Flows]:
    """The window without and with the interventions, whose arrays yield `pv_kwh`."""
    load, nothing = inputs.load, np.zeros(len(inputs.load.kwh))
    return (
        balance(load.kwh, nothing, idle(len(nothing)), load.step),
        balance(load.kwh, pv_kwh, _dispatch(inputs, pv_kwh), load.step),
    )


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


def _generation(inputs: Inputs) -> tuple[Floats, float | None]:
    """What the branch's arrays yield in each interval, kWh, and in the base's year, kWh/kWp (None without any)."""
    arrays, load, p = inputs.branch.arrays, inputs.load, inputs.parameters
    if not arrays:
        return np.zeros(len(load.kwh)), None
    from replay.engines.solar import Site  # pvlib takes seconds to import
    from replay.generation import generation_kwh, mean_yield

    community = inputs.branch.community()
    site = Site(community["longitude"], community["latitude"])
    annual = mean_yield(arrays, site, inputs.times.at.astimezone(TAIPEI).year, p)
    return generation_kwh(arrays, site, load.times, load.step, p), annual


def _dispatch(inputs: Inputs, pv: Floats) -> Dispatch:
    battery, load, p = inputs.branch.battery, inputs.load, inputs.parameters
    if battery is None:
        return idle(len(load.kwh))
    efficiencies = [p.value(f"battery_{way}_efficiency", load.times[0]) for way in ("charge", "discharge")]
    unit = BatteryUnit(battery.kwh, battery.kw, *efficiencies)
    dispatch = greedy if battery.dispatch == "greedy" else lowest_peak
    return dispatch(load.kwh, pv, unit, load.step)


def _result(
    scenario: Scenario, inputs: Inputs, flows: tuple[Flows, Flows], kpis: pl.DataFrame, city: dict[str, Any]
) -> Result:
    load, known = inputs.load, Position(inputs.branch.cut.known)
    baseline, intervals = (series(f, load) for f in flows)
    asked = definition(scenario, inputs.times)
    used = {"version": inputs.parameters.version, "sha256": inputs.parameters.digest}
    read = {"log_position": known, "code_version": code_version(), "inputs_sha256": load.inputs_sha256}
    digest = digest_of((asked, used, load.inputs_sha256, kpis.to_dicts()), baseline, intervals)
    return Result(
        scenario_id=digest_of(asked)[:16],
        scenario=scenario,
        resolved=inputs.times,
        known=known,
        kpis=kpis,
        baseline=baseline,
        intervals=intervals,
        quality=_quality(load) | city,
        parameters=used,
        provenance=read | {"parameters": used},
        digest=digest,
    )


def _quality(load: Load) -> dict[str, Any]:
    return {
        "measured_share": 1.0 - load.estimated_share,
        "estimated_share": load.estimated_share,
        "homes": load.homes,
        "common_meters": load.common_meters,
        "silent_meters": load.silent_meters,
        "intervals": len(load.times),
    }
