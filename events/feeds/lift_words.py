"""Words and numbers of the BACnet Lift object (ASHRAE 135, clauses 12.59 and 21): properties and enumerations."""

from __future__ import annotations

from events.feeds.json_texts import plain

PROPERTIES: dict[int, str] = {
    448: "car_assigned_direction", 449: "car_door_command", 450: "car_door_status", 452: "car_door_zone",
    453: "car_drive_status", 454: "car_load", 455: "car_load_units", 456: "car_mode", 457: "car_moving_direction",
    458: "car_position", 460: "energy_meter", 463: "fault_signals", 476: "next_stopping_floor", 478: "passenger_alarm",
    480: "registered_car_call",
    81: "out_of_service",
}  # fmt: skip
"""Property identifier -> name of the properties that the twin keeps."""

BY_NAME = {plain(name): name for name in PROPERTIES.values()} | {str(n): name for n, name in PROPERTIES.items()}
"""A property as gateways spell it (case, dashes and underscores dropped), or its number -> its name."""

_DIRECTION = ("unknown", "none", "stopped", "up", "down", "up_and_down")
WORDS: dict[str, tuple[str, ...]] = {
    "car_moving_direction": _DIRECTION,
    "car_assigned_direction": _DIRECTION,
    "car_door_command": ("none", "open", "close"),
    "car_door_status": (
        "closed", "opened", "unknown", "door_fault", "unused", "none", "closing", "opening", "safety_locked",
        "limited_opened",
    ),
    "car_drive_status": (
        "unknown", "stationary", "braking", "accelerate", "decelerate", "rated_speed", "single_floor_jump",
        "two_floor_jump", "three_floor_jump", "multi_floor_jump",
    ),
    "car_mode": (
        "unknown", "normal", "vip", "homing", "parking", "attendant_control", "firefighter_control", "emergency_power",
        "inspection", "cabinet_recall", "earthquake_operation", "fire_operation", "out_of_service",
        "occupant_evacuation",
    ),
    "fault_signals": (
        "controller_fault", "drive_and_motor_fault", "governor_and_safety_gear_fault", "lift_shaft_device_fault",
        "power_supply_fault", "safety_interlock_fault", "door_closing_fault", "door_opening_fault",
        "car_stopped_outside_landing_zone", "call_button_stuck", "start_failure", "controller_supply_fault",
        "self_test_failure", "runtime_limit_exceeded", "position_lost", "drive_temperature_exceeded",
        "load_measurement_fault",
    ),
}  # fmt: skip
"""Enumerated property -> its words, each at its number."""

LOAD_UNITS = {"percent": "/100", "98": "/100", "kilograms": "kg", "39": "kg"}
"""Engineering units of a load, by name and number -> SenML unit."""

PROPRIETARY = (1024, 65_535)
"""Numbers that a maker may give a meaning of his own, in the extensible enumerations."""

EXTENSIBLE = ("car_drive_status", "car_mode", "car_door_status", "fault_signals")

_BY_WORD = {name: {plain(word): word for word in words} for name, words in WORDS.items()}


def word_of(name: str, value: object) -> str | None:
    """The standard's word for an enumerated value told by number or by name; None when it has none.

    >>> word_of("car_mode", 10), word_of("car_mode", "Fire-Operation"), word_of("car_mode", 99)
    ('earthquake_operation', 'fire_operation', None)
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return _BY_WORD[name].get(plain(text))
    number, words = int(text), WORDS[name]
    if number < len(words):
        return words[number]
    within = PROPRIETARY[0] <= number <= PROPRIETARY[1]
    return f"proprietary_{number}" if within and name in EXTENSIBLE else None
