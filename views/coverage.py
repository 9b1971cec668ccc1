"""A model's coverage report as tables, and as a document to forward to the designer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import polars as pl

from views.plain import markdown

ASPECTS = ("geometry", "spaces", "properties", "quantities")
SHOWN = 5
"""GlobalIds listed in a document; the JSON report has them all."""

STEP = "STEP"
"""The encoding of texts that need no guess."""

NOTED = {
    "null_global_ids": "沒有 GlobalId（已給代用碼）Without GlobalId (substituted)",
    "malformed_global_ids": "GlobalId 格式不符（已給代用碼）Malformed GlobalIds (substituted)",
    "duplicate_global_ids": "GlobalId 重複（已給代用碼）Doubled GlobalIds (substituted)",
    "dangling": "懸空參照 Dangling references",
    "dropped": "綱要所無而略去 Left out: unknown to the schema",
    "unread": "無法讀取 Could not be read",
}
"""Counts of the report that a designer should know of -> what they count."""

_ASPECT = {
    "geometry": "幾何 geometry",
    "spaces": "空間 spaces",
    "properties": "屬性 properties",
    "quantities": "數量 quantities",
}
_SAMPLES = {"dangling": "dangling_sample", "dropped": "dropped_classes"}


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
    """What went wrong or was assumed: what was counted, then the loader's own words."""
    counted = [f"{words}: {report[key]:,}{_sample(report, key)}" for key, words in NOTED.items() if report.get(key)]
    encoding = report.get("text_encoding", STEP)
    lines = sum(one.get("lines", 0) for one in report.get("geometry", []))
    drawings = [f"只有線條的圖形 Bodies that are lines only: {lines:,}"] if lines else []
    guessed = (
        [] if encoding == STEP else [f"文字編碼為推定，請重新匯出 Text encoding guessed, export again: {encoding}"]
    )
    georeference = report.get("georeference", {})
    return [
        *counted,
        *drawings,
        *guessed,
        *map(str, report.get("incidents", [])),
        *map(str, georeference.get("notes", [])),
    ]


def document(title: str, facts: Mapping[str, str], report: Mapping[str, Any], checks: pl.DataFrame) -> str:
    """The report as Markdown in Chinese and English: facts, checks, classes, what is missing, notes."""
    parts = [f"# {markdown(title)}", _table(("項目 Item", "值 Value"), list(facts.items()))]
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
        parts += ["## 說明 Notes", "\n".join(f"- {markdown(note)}" for note in told)]
    return "\n\n".join(parts) + "\n"


def of_load(told: Mapping[str, Any]) -> str:
    """The document of what `twin bim load` tells of a file, by the file's name: it is forwarded to others."""
    name = PurePath(told["file"]).name
    if told["status"] == "refused":
        reason = told["reason"].replace(told["file"], name)
        return f"# {markdown(name)}\n\n未收 Refused: {markdown(reason)}\n"
    report = {**told["coverage"], "georeference": told["georeference"]}
    where, seconds = told["georeference"], sum(phase["cpu_s"] for phase in report["phases"])
    facts = {
        "綱要 Schema": _unless_same(told["schema"], told["schema_loaded"]),
        "長度單位 Length unit": report["length_unit"],
        "地理參照 Georeference": f"{where['status']} {where['crs'] or ''}".strip(),
        **{words: f"{told[key]:,}" for key, words in _COUNTED.items()},
        "圖形 Drawn": f"{told['geometry']['got']:,} / {told['geometry']['wanted']:,}",
        "動線相連 Ways connected": _percent(told["ways"]["connected_share"]),
        "讀取 CPU / 記憶體 Load CPU / memory": f"{seconds:.2f} s / {report['peak_bytes'] / 1e6:.0f} MB",
    }
    return document(name, facts, report, pl.DataFrame())


_COUNTED = {
    "storeys": "樓層 Storeys",
    "spaces": "空間 Spaces",
    "dwellings": "住宅單元 Dwellings",
    "devices": "設備 Devices",
    "elements": "元件 Elements",
}


def _unless_same(named: str, loaded: str) -> str:
    return named if named == loaded else f"{named} → {loaded}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.0f} %"


def _sample(report: Mapping[str, Any], key: str) -> str:
    some = report.get(_SAMPLES.get(key, ""), [])
    return f" ({', '.join(map(str, some[:SHOWN]))})" if some else ""


def _missing(aspect: str, one: Mapping[str, Any]) -> str:
    ids, more = one["missing"][:SHOWN], len(one["missing"]) - SHOWN
    rest = f" … +{more}" if more > 0 else ""
    told = f"{one['ifc_class']} {_ASPECT[aspect]} {one['got']}/{one['wanted']}: {', '.join(ids)}{rest}"
    return f"- {markdown(told)}"


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else markdown(value)
