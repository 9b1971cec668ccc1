"""Which points a device reports: meters by serial and OBIS code, and what each point measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.aggregates.devices import Device


@dataclass(frozen=True)
class Register:
    """A cumulative register: its OBIS code (IEC 62056-6-1), the medium and the unit it counts."""

    obis: str
    medium: str
    unit: str


REGISTERS: dict[str, Register] = {
    "electricity_meter": Register("1-0:1.8.0", "electricity", "kWh"),
    "water_meter": Register("8-0:1.0.0", "water", "m3"),
    "gas_meter": Register("7-0:3.0.0", "gas", "m3"),
}
"""Device kind -> its register."""


def point_id(serial: str, obis: str) -> str:
    """Name of a meter's register: a URN of the device's serial (RFC 9039) and the OBIS code."""
    return f"urn:dev:ser:{serial}:{obis}"


def register_of(kind: str) -> Register | None:
    """The register that a device of this kind reports, None when it reports none."""
    return REGISTERS.get(kind)


def devices_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Device, ...]:
    """Devices of a model's table (`device_id, kind, serial, dwelling_id, storey_id`), with their points.

    A serial that an earlier row carries already is left out: two meters cannot report under one name.
    """
    taken: set[str] = set()
    return tuple(_device(row, taken) for row in rows)


def _device(row: Mapping[str, Any], taken: set[str]) -> Device:
    serial = (row["serial"] or "").strip() or None
    serial = None if serial in taken else serial
    taken.update({serial} if serial else ())
    register = register_of(row["kind"])
    points = (point_id(serial, register.obis),) if serial and register else ()
    return Device(row["device_id"], row["kind"], serial, row["dwelling_id"], row["storey_id"], points)
