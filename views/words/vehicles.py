"""Words of what moves, by the kind of a position, in Traditional Chinese (Taiwan) and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "vehicle_bus": ("公車", "Bus"),
    "vehicle_tram": ("輕軌", "Tram"),
    "vehicle_metro": ("捷運列車", "Metro"),
    "vehicle_rail": ("火車", "Train"),
    "vehicle_ferry": ("渡輪", "Ferry"),
    "vehicle_cable": ("纜車", "Cable car"),
    "vehicle_bike": ("共享自行車", "Shared bike"),
    "vehicle_scooter": ("共享滑板車", "Shared scooter"),
    "vehicle_moped": ("共享機車", "Shared moped"),
    "vehicle_car": ("共享汽車", "Shared car"),
    "vehicle_other": ("其他車輛", "Other vehicle"),
    "vehicle_unknown": ("種類未知", "Kind unknown"),
}
"""`vehicle_<kind>`: kinds of `events.observations`; `unknown` where a position tells none."""
