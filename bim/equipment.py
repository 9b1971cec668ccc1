"""The equipment of sample housing: meters with serials, lifts, chargers, PV, battery, transformer, pumps, sensors."""

from __future__ import annotations

import hashlib
from typing import Any

from bim import circulation
from bim.drafting import Draft
from bim.housing import BASEMENT_STOREY_M, BAY_M, CORE_M, CORRIDOR_M, WALL_M, PlacedDwelling, Plan

METERS = (("E", "ENERGYMETER", "電表"), ("W", "WATERMETER", "水表"), ("G", "GASMETER", "瓦斯表"))
"""Prefix of the serial, PredefinedType and name of the three meters."""

DWELLINGS_PER_LIFT = 80
DWELLINGS_PER_CHARGER = 20
ROOF_M2_PER_STRING = 60.0
STRING_PEAK_W = 4_000.0
"""Ten panels of 400 W."""

BATTERY_WH = 200_000.0
TRANSFORMER_VA = 1_500_000.0

Contents = dict[str, list[Any]]


def serial_number(prefix: str, seed: str) -> str:
    """An opaque serial that the same seed always gives: the prefix and ten hexadecimal digits.

    >>> serial_number("E", "a")
    'EAF1864A970'
    """
    return prefix + hashlib.sha256(f"{prefix}/{seed}".encode()).hexdigest()[2:12].upper()


def dwelling_meters(draft: Draft, dwelling: PlacedDwelling, entrance: Any, frame: Any) -> None:
    """Three meters on the entrance's wall, contained in that space."""
    place = draft.placed(frame, dwelling.type.rooms[0].x_m + 0.1, 0.1, 1.4)
    draft.contain(f"{dwelling.name}/meters", entrance, _meters(draft, dwelling.name, place))


def equip(
    draft: Draft,
    plan: Plan,
    storeys: dict[str, Any],
    corridors: dict[str, Any],
    contents: Contents,
    spaces: Contents,
    *,
    lift_count: int | None = None,
) -> None:
    """Everything that serves the whole building; its lifts are as many as the dwellings ask for if no count is said."""
    lowest = "B1F" if plan.spec.storeys_below else "1F"
    frame = storeys[lowest].ObjectPlacement
    room = _plant_room(draft, plan, lowest, frame)
    spaces[lowest].append(room)
    at = draft.placed(frame, plan.west_m + 3.0, CORRIDOR_M / 2)
    doors = [circulation.door(draft, f"{lowest}/配電室門", at, 1.2)]
    contents[lowest] += doors
    circulation.between(draft, f"{lowest}/配電室", doors[0], [room, corridors[lowest]])
    meters = _meters(draft, "building", draft.placed(frame, plan.west_m + 1.0, CORRIDOR_M / 2 + 0.5, 1.4))
    draft.contain(f"{lowest}/配電室", room, [*meters, *_plant(draft, plan, frame)])
    for depth in range(1, plan.spec.storeys_below + 1):
        key = f"B{depth}F"
        frame = storeys[key].ObjectPlacement
        park = _car_park(draft, plan, key, frame)
        spaces[key].append(park)
        doors.append(
            circulation.door(
                draft, f"{key}/停車場門", draft.placed(frame, plan.west_m + CORE_M + 1.0, -CORRIDOR_M / 2), 1.2
            )
        )
        contents[key].append(doors[-1])
        circulation.between(draft, f"{key}/停車場", doors[-1], [park, corridors[key]])
    circulation.describe_doors(draft, "plant", doors, fire_exit=False, accessible=True)
    if plan.spec.storeys_below:
        contents["B1F"] += _chargers(draft, plan, storeys["B1F"].ObjectPlacement)
    lifts = _lifts(draft, plan, storeys["1F"].ObjectPlacement, _lift_count(plan) if lift_count is None else lift_count)
    contents["1F"] += lifts
    circulation.serve(draft, "電梯", lifts, list(corridors.values()))
    contents["RF"] += _pv_strings(draft, plan, storeys["RF"].ObjectPlacement)
    for key in storeys:
        if key != "RF":
            contents[key].append(_sensor(draft, key, storeys[key].ObjectPlacement))


def _meters(draft: Draft, path: str, place: Any) -> list[Any]:
    meters = []
    for nth, (prefix, kind, name) in enumerate(METERS):
        key = f"{path}/{name}"
        meter = _device(
            draft, "IfcFlowMeter", key, f"{path} {name}", None, draft.placed(place, 0.3 * nth), (0.2, 0.12, 0.3), kind
        )
        serial = serial_number(prefix, draft.guid(key))
        draft.describe(key, [meter], "Pset_ManufacturerOccurrence", {"SerialNumber": ("IfcIdentifier", serial)})
        meters.append(meter)
    draft.describe(f"{path}/meters", meters, "Pset_FlowMeterTypeCommon", {"RemoteReading": ("IfcBoolean", True)})
    return meters


def _plant_room(draft: Draft, plan: Plan, key: str, frame: Any) -> Any:
    width_m, depth_m = CORE_M - WALL_M, BAY_M / 2 - WALL_M
    place = draft.placed(frame, plan.west_m + WALL_M / 2, CORRIDOR_M / 2 + WALL_M / 2)
    shape = draft.box(width_m, depth_m, BASEMENT_STOREY_M - 0.4)
    space = circulation.room(draft, f"{key}/配電室", "配電室", "機房 plant", shape, place)
    circulation.describe_room(draft, f"{key}/配電室", [space], width_m * depth_m, accessible=False)
    return space


def _car_park(draft: Draft, plan: Plan, key: str, frame: Any) -> Any:
    width_m, depth_m = plan.length_m - CORE_M - 4.0, BAY_M - WALL_M
    shape = draft.box(width_m, depth_m, BASEMENT_STOREY_M - 0.4)
    place = draft.placed(frame, plan.west_m + CORE_M, -CORRIDOR_M / 2 - BAY_M)
    space = circulation.room(draft, f"{key}/停車場", f"{key} 停車場", "停車場 parking", shape, place)
    circulation.describe_room(draft, f"{key}/停車場", [space], width_m * depth_m)
    return space


def _plant(draft: Draft, plan: Plan, frame: Any) -> list[Any]:
    """Transformer, battery and two pumps in the plant room."""
    y_m = CORRIDOR_M / 2 + 1.5
    at = [draft.placed(frame, plan.west_m + x_m, y_m) for x_m in (0.6, 2.8, 5.0, 6.4)]
    transformer = _device(draft, "IfcTransformer", "變壓器", "變壓器", None, at[0], (1.6, 1.2, 1.8), "VOLTAGE")
    battery = _device(
        draft, "IfcElectricFlowStorageDevice", "儲能電池", "儲能電池", None, at[1], (1.6, 1.0, 2.0), "BATTERY"
    )
    pumps = [
        _device(draft, "IfcPump", f"揚水泵{nth}", f"揚水泵浦 {nth}", None, place, (0.8, 0.5, 0.6), "ENDSUCTION")
        for nth, place in enumerate(at[2:], 1)
    ]
    power = {"MaximumApparentPower": ("IfcPowerMeasure", TRANSFORMER_VA)}
    draft.describe("變壓器", [transformer], "Pset_TransformerTypeCommon", power)
    reference = {"Reference": ("IfcIdentifier", "BESS-200")}
    draft.describe("儲能電池", [battery], "Pset_ElectricFlowStorageDeviceTypeCommon", reference)
    draft.describe("儲能電池", [battery], "Twin_Battery", {"EnergyCapacity_Wh": ("IfcReal", BATTERY_WH)})
    return [transformer, battery, *pumps]


def _chargers(draft: Draft, plan: Plan, frame: Any) -> list[Any]:
    count = max(4, plan.spec.dwellings // DWELLINGS_PER_CHARGER)
    step_m = (plan.length_m - CORE_M - 6.0) / count
    return [
        _device(
            draft, "IfcElectricAppliance", f"充電樁{nth}", f"充電樁 {nth:02d}", "電動車充電樁 EV charger",
            draft.placed(frame, round(plan.west_m + CORE_M + 0.5 + nth * step_m, 3), -CORRIDOR_M / 2 - BAY_M + 0.3),
            (0.3, 0.2, 1.4), "USERDEFINED",
        )
        for nth in range(1, count + 1)
    ]  # fmt: skip


def _lift_count(plan: Plan) -> int:
    return max(2, -(-plan.spec.dwellings // DWELLINGS_PER_LIFT)) if plan.spec.storeys_above > 1 else 0


def _lifts(draft: Draft, plan: Plan, frame: Any, count: int) -> list[Any]:
    lifts = [
        _device(
            draft, "IfcTransportElement", f"電梯{nth}", f"電梯 {nth}", None,
            draft.placed(frame, plan.west_m + 0.4 + 2.0 * (nth % 3), CORRIDOR_M / 2 + 4.2 + 1.7 * (nth // 3)),
            (1.6, 1.5, 2.4), "ELEVATOR",
        )
        for nth in range(count)
    ]  # fmt: skip
    draft.describe("電梯", lifts, "Pset_TransportElementCommon", {"CapacityPeople": ("IfcCountMeasure", 15.0)})
    draft.describe(
        "電梯", lifts, "Pset_TransportElementElevator",
        {"ClearWidth": ("IfcPositiveLengthMeasure", 1.6), "ClearDepth": ("IfcPositiveLengthMeasure", 1.5),
         "FireFightingLift": ("IfcBoolean", True)},
    )  # fmt: skip
    return lifts


def _pv_strings(draft: Draft, plan: Plan, frame: Any) -> list[Any]:
    count = max(1, int(plan.length_m * plan.depth_m / ROOF_M2_PER_STRING))
    across = max(1, int((plan.length_m - 4.0) // 18.0))
    strings = [
        _device(
            draft, "IfcSolarDevice", f"光電{nth}", f"太陽光電組串 {nth + 1:02d}", None,
            draft.placed(frame, round(plan.west_m + 2.0 + 18.0 * (nth % across), 3), -7.5 + 2.2 * (nth // across), 0.4),
            (17.0, 1.7, 0.05), "SOLARPANEL",
        )
        for nth in range(min(count, across * 7))
    ]  # fmt: skip
    reference = {"Reference": ("IfcIdentifier", "PV-10x400")}
    draft.describe("光電", strings, "Pset_SolarDeviceTypeCommon", reference)
    draft.describe("光電", strings, "Twin_Photovoltaic", {"PeakPower_W": ("IfcPowerMeasure", STRING_PEAK_W)})
    return strings


def _sensor(draft: Draft, key: str, frame: Any) -> Any:
    return _device(
        draft, "IfcSensor", f"{key}/溫度", f"{key} 溫度感測器", None, draft.placed(frame, 0.0, 0.0, 2.4),
        (0.1, 0.1, 0.05), "TEMPERATURESENSOR",
    )  # fmt: skip


def _device(
    draft: Draft,
    ifc_class: str,
    path: str,
    name: str,
    object_type: str | None,
    place: Any,
    size_m: tuple[float, float, float],
    kind: str,
) -> Any:
    return draft.add(
        ifc_class,
        draft.guid(path),
        None,
        name,
        None,
        object_type,
        place,
        draft.box(*size_m),
        draft.guid(path)[:8],
        kind,
    )
