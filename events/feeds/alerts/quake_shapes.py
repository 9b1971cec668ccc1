"""One report of an earthquake, whichever of its shapes it has, and the words of the intensity scale.

    collected   {"id": "115033", "origin_time", "magnitude", "depth", "epicenter": {"location", "latitude",
                 "longitude"}, "shaking_areas": [{"area_name", "area_desc", "intensity"}], "max_intensity", …}
    CWA         {"EarthquakeNo": 115033, "EarthquakeInfo": {"OriginTime", "FocalDepth", "Epicenter": {…},
                 "EarthquakeMagnitude": {"MagnitudeValue"}}, "Intensity": {"ShakingArea": [{"AreaDesc", "CountyName",
                 "AreaIntensity"}]}, …}

A number is a year of the Republic and a count within it. Small local earthquakes have none: they are named `S` and
their second, as collectors do; the CWA numbers them all alike, `115000`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.errors import PayloadError
from events.feeds.refusals import quoted

_INTENSITY = re.compile(r"([0-7])級?|([56][弱強])級?")
_UNNUMBERED = re.compile(r"\d{2,3}000")
_SEVERAL = re.compile(r"[、,，]")
_SUMMARY = "最大震度"
_DIGITS = 14


@dataclass(frozen=True)
class Quake:
    """A report: its name, its time as told, scalars that may be None, and its areas as told."""

    name: str
    time: str
    magnitude: Any
    depth_km: Any
    location: Any
    longitude: Any
    latitude: Any
    kind: Any
    report: Any
    max_intensity: Any
    areas: list[Any]


def quake_of(report: Any) -> Quake:
    """The report; PayloadError where it has no number or no time."""
    told = _object(report)
    if "EarthquakeInfo" in told or "EarthquakeNo" in told:
        told = _collected(told)
    epicenter, areas = _object(told.get("epicenter")), told.get("shaking_areas")
    time = told.get("origin_time")
    if not isinstance(time, str) or not time.strip():
        raise PayloadError("a report of an earthquake without an origin_time")
    return Quake(
        _name(told.get("id"), time), time.strip(), told.get("magnitude"), told.get("depth"), epicenter.get("location"),
        epicenter.get("longitude"), epicenter.get("latitude"), told.get("type"), told.get("report_content"),
        told.get("max_intensity"), areas if isinstance(areas, list) else [],
    )  # fmt: skip


def intensity(told: Any) -> str:
    """A class of the CWA's scale: 0級 to 7級, and since 2020 5弱, 5強, 6弱, 6強 for 5級 and 6級; else PayloadError."""
    text = unicodedata.normalize("NFKC", str(told)).strip().replace("强", "強")
    found = _INTENSITY.fullmatch(text) if isinstance(told, str | int) and not isinstance(told, bool) else None
    if found is None:
        raise PayloadError(f"{quoted(told)} is no intensity of the CWA's scale (0級 … 4級, 5弱, 5強, 6弱, 6強, 7級)")
    return found[2] or f"{found[1]}級"


def counties_of(area: Any) -> tuple[list[str], bool]:
    """The counties that a row of areas names, and whether it sums up rows that stand beside it."""
    told = _object(area)
    names = [county(n) for n in _SEVERAL.split(str(told.get("area_name") or "")) if n.strip()]
    if not names:
        raise PayloadError("an area without an area_name")
    return names, len(names) > 1 or str(told.get("area_desc") or "").strip().startswith(_SUMMARY)


def county(name: str) -> str:
    """A county's name in the official spelling (臺)."""
    return name.strip().replace("台", "臺")


def alone(quake: Quake, **told: Any) -> dict[str, Any]:
    """A report of the same earthquake that tells this alone."""
    return {"id": quake.name, "origin_time": quake.time} | told


def rows_in(found: Any) -> Iterator[Any]:
    """The reports of a document: one, an array, or the CWA's `records.Earthquake`."""
    records = _object(_object(found).get("records"))
    listed = records.get("Earthquake", records.get("earthquake"))
    if isinstance(listed, list):
        found = listed
    yield from found if isinstance(found, list) else [found]


def _name(told: Any, time: str) -> str:
    number = str(told).strip() if isinstance(told, str | int) and not isinstance(told, bool) else ""
    if not number:
        raise PayloadError("a report of an earthquake without an id")
    if _UNNUMBERED.fullmatch(number):
        return f"S{re.sub(r'[^0-9]', '', time)[:_DIGITS]}"
    return number


def _collected(told: Mapping[str, Any]) -> dict[str, Any]:
    """The CWA's own shape in the words of the other."""
    info = _object(told.get("EarthquakeInfo"))
    place, size = _object(info.get("Epicenter")), _object(info.get("EarthquakeMagnitude"))
    areas = _object(told.get("Intensity")).get("ShakingArea")
    return {
        "id": told.get("EarthquakeNo"),
        "type": told.get("ReportType"),
        "report_content": told.get("ReportContent"),
        "origin_time": info.get("OriginTime"),
        "depth": info.get("FocalDepth"),
        "magnitude": size.get("MagnitudeValue"),
        "epicenter": {"location": place.get("Location"), "latitude": place.get("EpicenterLatitude"),
                      "longitude": place.get("EpicenterLongitude")},
        "shaking_areas": [_area(a) for a in areas] if isinstance(areas, list) else [],
    }  # fmt: skip


def _area(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    return {"area_name": told.get("CountyName"), "area_desc": told.get("AreaDesc"),
            "intensity": told.get("AreaIntensity")}  # fmt: skip


def _object(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}
