"""A model's coverage report as tables, and as a document to forward to the designer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

ASPECTS = ("geometry", "spaces", "properties", "quantities")
SHOWN = 5
"""GlobalIds listed in a document; the JSON report has them all."""


def by_class(report: Mapping[str, Any]) -> pl.DataFrame:
    """One row a class: ifc_class, wanted, and got of each of ASPECTS (null where the report does not ask for it)."""
    rows: dict[str, dict[str, Any]] = {}
    for aspect in ASPECTS:
        for one in report.get(aspect, []):
            row = rows.setdefault(one["ifc_class"], {"ifc_class": one["ifc_class"], "wanted": one["wanted"]})
            row[aspect] = one["got"]
    schema = {"ifc_class": pl.String, "wanted": pl.Int64, **dict.fromkeys(ASPECTS, pl.Int64)}
    return pl.DataFrame(list(rows.values()), schema=schema).sort("ifc_class")


def share(report: Mapping[str, Any], aspect: str) -> float | None:
    """Got of wanted over all classes, None when nothing was wanted."""
    wanted = sum(one["wanted"] for one in report.get(aspect, []))
    return sum(one["got"] for one in report.get(aspect, [])) / wanted if wanted else None


def notes(report: Mapping[str, Any]) -> list[str]:
    """What went wrong or was assumed, in the loader's words."""
    georeference = report.get("georeference", {})
    return [*map(str, report.get("incidents", [])), *map(str, georeference.get("notes", []))]


def document(title: str, facts: Mapping[str, str], report: Mapping[str, Any], checks: pl.DataFrame) -> str:
    """The report as Markdown in Chinese and English: facts, checks, classes, what is missing, notes."""
    parts = [f"# {title}", _table(("項目 Item", "值 Value"), list(facts.items()))]
    if checks.height:
        columns = ("specification", "requirement", "applicable", "passed", "failed")
        asked = ("規範 Specification", "要求 Requirement", "適用 Applicable", "通過 Passed", "未過 Failed")
        parts += ["## 檢核 Checks", _table(asked, checks.select(columns).rows())]
    heads = ("類別 Class", "應有 Wanted", "幾何 Geometry", "空間 Spaces", "屬性 Properties", "數量 Quantities")
    parts += ["## 涵蓋率 Coverage", _table(heads, by_class(report).rows())]
    missing = [_missing(aspect, one) for aspect in ASPECTS for one in report.get(aspect, []) if one["missing"]]
    if missing:
        parts += ["## 缺漏 Missing", "\n".join(missing)]
    if told := notes(report):
        parts += ["## 說明 Notes", "\n".join(f"- {note}" for note in told)]
    return "\n\n".join(parts) + "\n"


def _missing(aspect: str, one: Mapping[str, Any]) -> str:
    ids, more = one["missing"][:SHOWN], len(one["missing"]) - SHOWN
    rest = f" … +{more}" if more > 0 else ""
    return f"- {one['ifc_class']} {aspect} {one['got']}/{one['wanted']}: {', '.join(ids)}{rest}"


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
