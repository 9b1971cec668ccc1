"""The devices of one building: meters, lifts, arrays and what they report.

The aggregate is the building's device register, not the single device: the invariants (a serial is unique within the
building, a point belongs to one device) span the building's devices, and a model brings thousands at once. One
columnar event of a whole model costs one append where a stream per device would cost thousands.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.aggregates.timeline import Timeline
from twin.decider import Decider


def stream(building_id: str) -> StreamId:
    """Name of the stream of the building's devices."""
    return StreamId(f"devices-{building_id}")


class Device(msgspec.Struct, frozen=True):
    """One device in its place; `dwelling_id` None means the building as a whole, `serial` None that none is known."""

    device_id: str
    kind: str
    serial: str | None = None
    dwelling_id: str | None = None
    storey_id: str | None = None
    point_ids: tuple[str, ...] = ()


class DeviceColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one building as columns of equal length."""

    building_id: str
    community_id: str
    device_id: tuple[str, ...]
    kind: tuple[str, ...]
    serial: tuple[str | None, ...]
    dwelling_id: tuple[str | None, ...]
    storey_id: tuple[str | None, ...]
    point_ids: tuple[tuple[str, ...], ...]


class DevicesBound(DeviceColumns, frozen=True, kw_only=True, tag_field="event", tag="devices.bound.v1"):
    """Devices that the building did not have before."""

    time: datetime
    recorded_at: datetime


class DevicesRevised(DeviceColumns, frozen=True, kw_only=True, tag_field="event", tag="devices.revised.v1"):
    """A model's revision gives known devices another place, serial or points; who they are stays."""

    time: datetime
    recorded_at: datetime


class DevicesRetired(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="devices.retired.v1"):
    """Devices taken out for good; what they measured stays."""

    building_id: str
    device_id: tuple[str, ...]
    reason: str
    time: datetime
    recorded_at: datetime


DevicesEvent = DevicesBound | DevicesRevised | DevicesRetired


@dataclass(frozen=True)
class BindDevices:
    """Command: these devices are in these places; refused for a device bound elsewhere or retired."""

    building_id: str
    community_id: str
    devices: tuple[Device, ...]
    time: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class AdoptDevices:
    """Command: a published model shows these devices: new ones are bound, known ones revised, by id, else by serial.

    A known device that the model does not show stays: an export that leaves meters out removes none from the wall.
    """

    building_id: str
    community_id: str
    devices: tuple[Device, ...]
    time: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class RetireDevices:
    """Command: these devices are gone."""

    building_id: str
    device_ids: tuple[str, ...]
    reason: str
    time: datetime
    recorded_at: datetime


DevicesCommand = BindDevices | AdoptDevices | RetireDevices


@dataclass(frozen=True)
class Devices:
    """State: each device's facts by event time, who holds which serial and point (for good), and who is retired."""

    known: dict[str, Timeline[Device]] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def decide(command: DevicesCommand, state: Devices) -> Sequence[DevicesEvent]:
    """Events for what the command tells that is new."""
    match command:
        case BindDevices():
            return _bind(command, state)
        case AdoptDevices():
            return _adopt(command, state)
        case RetireDevices():
            return _retire(command, state)
        case _:
            assert_never(command)


def evolve(state: Devices, event: DevicesEvent) -> Devices:
    """The devices' facts hold from the event's time on; a retired device stays retired."""
    if isinstance(event, DevicesRetired):
        return Devices(state.known, state.holder, state.retired | set(event.device_id))
    known, holder = dict(state.known), dict(state.holder)
    for device in rows(event):
        known[device.device_id] = known.get(device.device_id, Timeline()).put(event.time, device)
        holder.update(dict.fromkeys(_names(device), device.device_id))
    return Devices(known, holder, state.retired)


def rows(columns: DeviceColumns) -> list[Device]:
    """The devices that the columns hold."""
    c = columns
    return list(map(Device, c.device_id, c.kind, c.serial, c.dwelling_id, c.storey_id, c.point_ids))


DEVICES: Decider[DevicesCommand, DevicesEvent, Devices] = Decider(Devices(), decide, evolve)


def _bind(command: BindDevices, state: Devices) -> Sequence[DevicesEvent]:
    new = [d for d in command.devices if _believed(state, d.device_id, command.time) != d]
    for device in new:
        if device.device_id in state.retired:
            raise DomainError(f"device {device.device_id} is retired; bind its successor under another id")
        if device.device_id in state.known:
            raise DomainError(f"device {device.device_id} is already bound in building {command.building_id}")
    _claim(new, state.holder, command.building_id)
    return _columns(DevicesBound, command, new)


def _adopt(command: AdoptDevices, state: Devices) -> Sequence[DevicesEvent]:
    new = [
        d
        for d in _identified(command.devices, state.holder)
        if d.device_id not in state.retired and _believed(state, d.device_id, command.time) != d
    ]
    _claim(new, state.holder, command.building_id)
    return [
        *_columns(DevicesBound, command, [d for d in new if d.device_id not in state.known]),
        *_columns(DevicesRevised, command, [d for d in new if d.device_id in state.known]),
    ]


def _retire(command: RetireDevices, state: Devices) -> Sequence[DevicesEvent]:
    unknown = [i for i in command.device_ids if i not in state.known]
    if unknown:
        raise DomainError(f"building {command.building_id} has no device {unknown[0]}; nothing was retired")
    ids = tuple(i for i in dict.fromkeys(command.device_ids) if i not in state.retired)
    if not ids:
        return []
    return [
        DevicesRetired(
            building_id=command.building_id,
            device_id=ids,
            reason=command.reason,
            time=command.time,
            recorded_at=command.recorded_at,
        )
    ]


def _believed(state: Devices, device_id: str, time: datetime) -> Device | None:
    return state.known.get(device_id, Timeline[Device]()).at(time)


def _names(device: Device) -> Iterable[str]:
    """What only one device of the building may carry: its serial and its points."""
    return (*((f"serial {device.serial}",) if device.serial else ()), *(f"point {p}" for p in device.point_ids))


def _identified(devices: Iterable[Device], holder: dict[str, str]) -> list[Device]:
    """The devices under the ids that their serials are known by: exporters give new ids, makers do not.

    A device whose id is thereby taken (the meter it names went elsewhere) is another one, and gets an id of its own.
    """
    known_first = sorted(devices, key=lambda d: f"serial {d.serial}" not in holder)
    found: dict[str, Device] = {}
    for device in known_first:
        key = holder.get(f"serial {device.serial}", device.device_id)
        if key in found:
            key = f"{device.device_id}:{device.serial or 'unnamed'}"
        found[key] = msgspec.structs.replace(device, device_id=key)
    return list(found.values())


def _claim(devices: Iterable[Device], holder: dict[str, str], building_id: str) -> None:
    """Refuse a serial or a point that another device carries."""
    claimed: dict[str, str] = {}
    for device in devices:
        for name in _names(device):
            other = claimed.setdefault(name, holder.get(name, device.device_id))
            if other != device.device_id:
                raise DomainError(
                    f"building {building_id}: {name} of device {device.device_id} belongs to device {other}; "
                    "correct the serial in the model"
                )


def _columns(
    kind: type[DevicesBound | DevicesRevised], command: BindDevices | AdoptDevices, devices: Sequence[Device]
) -> list[DevicesEvent]:
    if not devices:
        return []
    columns = {f: tuple(getattr(d, f) for d in devices) for f in Device.__struct_fields__}
    return [
        kind(
            building_id=command.building_id,
            community_id=command.community_id,
            **columns,
            time=command.time,
            recorded_at=command.recorded_at,
        )
    ]
