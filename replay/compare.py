"""Baseline beside scenario: the key figures, their units and names, and the difference."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from replay.engines.energy import Flows


@dataclass(frozen=True)
class Kpi:
    """A key figure: its key in results, its unit (`1`: a share), and its names."""

    kpi: str
    unit: str
    name_zh: str
    name_en: str


KPIS: tuple[Kpi, ...] = (
    Kpi("yield_kwh_per_kwp", "kWh/kWp/yr", "光電年發電量", "Annual PV yield"),
    Kpi("load_kwh", "kWh", "用電量", "Load"),
    Kpi("pv_kwh", "kWh", "光電發電量", "PV generation"),
    Kpi("self_consumption", "1", "光電自用率", "Self-consumption"),
    Kpi("self_sufficiency", "1", "電力自給率", "Self-sufficiency"),
    Kpi("import_kwh", "kWh", "市電購入量", "Import from the grid"),
    Kpi("export_kwh", "kWh", "餘電躉售量", "Export to the grid"),
    Kpi("peak_kw", "kW", "尖峰需量（15 分鐘）", "Peak demand (15 min)"),
    Kpi("co2_kg", "kgCO2e", "購電碳排放", "Emissions of the import"),
    Kpi("end_soc_kwh", "kWh", "期末儲能電量", "Energy stored at the end"),
)
"""Every key figure, in the order in which results show them."""

Figures = dict[str, float | None]
"""Key figure -> value; None where it has no meaning (a share of nothing)."""


def figures(flows: Flows, yield_kwh_per_kwp: float | None, factor_kg_per_kwh: float) -> Figures:
    """Key figures of a balanced window; emissions are import times the grid's factor (kgCO2e/kWh)."""
    bought = float(flows.import_kwh.sum())
    return {
        "yield_kwh_per_kwp": yield_kwh_per_kwp,
        "load_kwh": float(flows.load_kwh.sum()),
        "pv_kwh": float(flows.pv_kwh.sum()),
        "self_consumption": flows.self_consumption,
        "self_sufficiency": flows.self_sufficiency,
        "import_kwh": bought,
        "export_kwh": float(flows.export_kwh.sum()),
        "peak_kw": flows.peak_kw,
        "co2_kg": bought * factor_kg_per_kwh,
        "end_soc_kwh": float(flows.soc_kwh[-1]) if len(flows.soc_kwh) else 0.0,
    }


def compare(baseline: Figures, scenario: Figures) -> pl.DataFrame:
    """One row a key figure: kpi, unit, baseline, scenario, difference (scenario - baseline; null where either is)."""
    rows = [(k.kpi, k.unit, baseline[k.kpi], scenario[k.kpi]) for k in KPIS]
    number = {"baseline": pl.Float64(), "scenario": pl.Float64()}
    frame = pl.DataFrame(rows, schema={"kpi": pl.String(), "unit": pl.String(), **number}, orient="row")
    return frame.with_columns((pl.col("scenario") - pl.col("baseline")).alias("difference"))
