"""A building's devices: bound once, one serial and one point each, who they are outlasts every revision."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import DomainError
from tests.aggregates.laws import RECORDED, day, told, twice
from twin.aggregates.devices import (
    DEVICES,
    AdoptDevices,
    BindDevices,
    Device,
    Devices,
    DevicesBound,
    DevicesCommand,
    DevicesRetired,
    DevicesRevised,
    RetireDevices,
    rows,
)


def meter(device_id: str, serial: str, dwelling: str = "d1") -> Device:
    return Device(device_id, "electricity_meter", serial, dwelling, "s1", (f"urn:dev:ser:{serial}:1-0:1.8.0",))


def bind(*devices: Device, when: int = 0) -> BindDevices:
    return BindDevices("b", "c", devices, day(when), RECORDED)


def adopt(*devices: Device, when: int = 0) -> AdoptDevices:
    return AdoptDevices("b", "c", devices, day(when), RECORDED)


def retire(*device_ids: str, when: int = 0) -> RetireDevices:
    return RetireDevices("b", device_ids, "replaced", day(when), RECORDED)


def state_after(*commands: DevicesCommand) -> Devices:
    state: Devices = DEVICES.fold(told(DEVICES, commands))
    return state


def test_thousands_of_devices_are_one_event() -> None:
    devices = [meter(f"m{i}", f"E{i}", f"d{i}") for i in range(3000)]
    (event,) = told(DEVICES, [bind(*devices)])
    assert isinstance(event, DevicesBound)
    assert rows(event) == devices


def test_a_device_is_bound_to_one_place() -> None:
    with pytest.raises(DomainError, match="m1 is already bound in building b"):
        DEVICES.decide(bind(meter("m1", "E1", "d2")), state_after(bind(meter("m1", "E1", "d1"))))


def test_a_serial_is_unique_within_the_building() -> None:
    with pytest.raises(DomainError, match="serial E1 of device m2 belongs to device m1"):
        DEVICES.decide(bind(meter("m2", "E1", "d2")), state_after(bind(meter("m1", "E1"))))


def test_a_serial_is_unique_within_one_command() -> None:
    with pytest.raises(DomainError, match="serial E1 of device m2 belongs to device m1"):
        DEVICES.decide(bind(meter("m1", "E1"), meter("m2", "E1")), DEVICES.initial)


def test_a_point_belongs_to_one_device() -> None:
    other = Device("m2", "sensor", None, None, None, meter("m1", "E1").point_ids)
    with pytest.raises(DomainError, match=r"point urn:dev:ser:E1:1-0:1\.8\.0 of device m2 belongs to device m1"):
        DEVICES.decide(bind(other), state_after(bind(meter("m1", "E1"))))


def test_a_retired_device_cannot_be_bound_again() -> None:
    with pytest.raises(DomainError, match="m1 is retired"):
        DEVICES.decide(bind(meter("m1", "E1", "d2")), state_after(bind(meter("m1", "E1")), retire("m1", when=1)))


def test_an_unknown_device_cannot_be_retired() -> None:
    with pytest.raises(DomainError, match="building b has no device m9"):
        DEVICES.decide(retire("m9"), state_after(bind(meter("m1", "E1"))))


def test_a_model_that_leaves_a_meter_out_takes_none_from_the_wall() -> None:
    assert told(DEVICES, [adopt(meter("m1", "E1"), meter("m2", "E2")), adopt(meter("m1", "E1"), when=1)])[1:] == []


def test_a_model_with_new_ids_keeps_the_meters_it_knows_by_serial() -> None:
    """Given a meter, when another exporter shows its serial under another id in another dwelling, then it moved."""
    first, second = told(DEVICES, [adopt(meter("m1", "E1", "d1")), adopt(meter("NEW", "E1", "d7"), when=1)])
    assert isinstance(first, DevicesBound)
    assert isinstance(second, DevicesRevised)
    assert rows(second) == [meter("m1", "E1", "d7")]


def test_a_meter_moved_next_door_and_its_successor_are_two_devices() -> None:
    """Given m1 and m2, when a model shows m2's serial at m1's place and a new serial at m2's, then none is lost."""
    before = [adopt(meter("m1", "E1", "d1"), meter("m2", "E2", "d2"))]
    events = told(DEVICES, [*before, adopt(meter("m2", "E3", "d2"), meter("m1", "E2", "d1"), when=1)])
    bound, revised = events[1:]
    assert rows(bound) == [meter("m2:E3", "E3", "d2")]
    assert rows(revised) == [meter("m2", "E2", "d1")]


def test_a_model_does_not_bring_a_retired_device_back() -> None:
    events = told(DEVICES, [adopt(meter("m1", "E1")), retire("m1", when=1), adopt(meter("m1", "E1", "d2"), when=2)])
    assert [type(e) for e in events] == [DevicesBound, DevicesRetired]


meters = st.builds(
    meter, st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(["E1", "E2", "E3"]), st.sampled_from("de")
)
commands = st.one_of(
    st.builds(lambda d, w: bind(*d, when=w), st.lists(meters, max_size=3), st.integers(0, 4)),
    st.builds(lambda d, w: adopt(*d, when=w), st.lists(meters, max_size=3), st.integers(0, 4)),
    st.builds(lambda d, w: retire(*d, when=w), st.lists(st.sampled_from(["m1", "m2"]), max_size=2), st.integers(0, 4)),
)


@given(st.lists(commands, max_size=8))
def test_any_command_may_be_retried(given_commands: Sequence[DevicesCommand]) -> None:
    assert told(DEVICES, twice(given_commands)) == told(DEVICES, given_commands)


@given(st.lists(commands, max_size=8))
def test_no_serial_and_no_point_ever_belongs_to_two_devices(given_commands: Sequence[DevicesCommand]) -> None:
    events = told(DEVICES, given_commands)
    devices = [d for e in events if not isinstance(e, DevicesRetired) for d in rows(e)]
    carried = sorted({(name, d.device_id) for d in devices for name in (d.serial, *d.point_ids) if name})
    assert all(len(list(who)) == 1 for _, who in groupby(carried, key=lambda pair: pair[0]))
