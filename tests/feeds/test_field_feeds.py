"""Small inputs of the field on which the twin was wrong once: each NAME.md has the right value, held here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from events.feeds.decoded import Decoded
from events.feeds.registry import FORMATS
from tests.feeds.offering import offer, reasons

MORNING = datetime(2024, 3, 12, 7, 15, tzinfo=UTC)
NOTED = datetime(2024, 3, 12, 0, 10, tzinfo=UTC)
METER = "urn:dev:ser:TP0001"

Told = tuple[str, str | None, datetime, float | str]


def told(decoded: Decoded) -> set[Told]:
    """Every reading (point, unit, time, value) and state (point, None, time, text)."""
    readings = decoded.frames["readings"].select("point_id", "unit", "time", "value").rows()
    return {*readings, *((point, None, at, text) for point, at, text, *_ in decoded.frames["states"].rows())}


def register(at: datetime, kwh: float) -> set[Told]:
    return {
        (f"{METER}:1-0:1.8.1", "kWh", at, kwh), (f"{METER}:1-0:1.8.2", "kWh", at, 765.25),
        (f"{METER}:1-0:1.7.0", "kW", at, 0.48), (f"{METER}:1-0:32.7.0", "V", at, 229.4),
    }  # fmt: skip


def station(name: str, time: datetime, *values: tuple[str, str | None, float | str]) -> set[Told]:
    return {(f"{name}:{point}", unit, time, value) for point, unit, value in values}


ENERGY = ("1:Energy.Active.Import.Register", "Wh", 12345.0)
SESSION = "ocpi:TW:TPE:session"
ACTIVE, COMPLETED = datetime(2024, 3, 12, 0, 40, tzinfo=UTC), datetime(2024, 3, 12, 1, 0, 5, tzinfo=UTC)
EVSES = station("ocpi:TW:TPE:evse", ACTIVE, ("E1:status", None, "AVAILABLE"), ("E2:status", None, "CHARGING"))

UNITS = {
    0: ("m", 5), 1: ("cm", 5), 2: ("mm", 5), 3: ("mm/h", 5), 4: ("hPa", 5), 5: ("S/m", 0.5), 6: ("S/m", 5e-4),
    8: ("ug/m3", 5), 9: ("ug/m3", 5), 10: ("ug/m3", 5), 11: ("ppm", 5), 12: ("%RH", 5), 13: ("Cel", 5), 14: ("Cel", 5),
    15: ("Cel", 5), 16: ("m3/s", 5), 17: ("m3/s", 5), 18: ("dB", 5), 19: ("kWh", 5), 20: ("kWh", 5000),
}  # fmt: skip
"""Datastream of sta_utf8_units -> what its 5 is; 7 (NTU) and 21 (度 of who knows what) have no SenML unit."""

WHOLE = set[Told]().union(*(register(MORNING + timedelta(seconds=10 * n), 1234.5 + n / 1000) for n in range(3)))

AMI = "meter:04123456789"
QUARTER = datetime(2024, 3, 11, 16, 15, tzinfo=UTC)


def used(column: str, *values: tuple[datetime, float], meter: str = AMI) -> set[Told]:
    return {(f"{meter}:{column}", "kWh", at, value) for at, value in values}


CASES: list[tuple[str, str, set[Told], list[str]]] = [
    ("dsmr", "dsmr_capture_cut_at_end.p1", WHOLE, ["it was cut off"]),
    ("dsmr", "dsmr_factory_clock.p1", set(), ["clock was never set", "clock was never set"]),
    ("dsmr", "dsmr_gas_clock_unset.p1", register(MORNING, 1234.5), ["'632525252525S' is no time"]),
    ("ocpp", "ocpp_soc_percent_sign.json", station("ocpp:CP1", NOTED, ENERGY, ("1:SoC", "%EL", 55.0)), []),
    ("ocpp", "ocpp_vendor_measurand.json", station("ocpp:CP1", NOTED, ENERGY), ["Power.Active.Import.Sum"]),
    ("ocpp", "ocpp201_notifyevent_availability.json", station("ocpp:CP1", NOTED, ("1.1:status", None, "Faulted")), []),
    ("ocpi", "ocpi_locations_one_without_evse.json", EVSES, []),
    (
        "ocpi",
        "ocpi_session_with_cost.json",
        station(f"{SESSION}:S-1", ACTIVE, ("energy", "kWh", 7.25), ("status", None, "ACTIVE"))
        | station(f"{SESSION}:S-2", COMPLETED, ("energy", "kWh", 7.25), ("status", None, "COMPLETED")),
        [],
    ),
    ("sensorthings", "sta_quality_list.json", station("sta", NOTED, ("datastream:7", "ug/m3", 12.5)), []),
    (
        "sensorthings",
        "sta_things_expanded.json",
        station("sta:datastream", NOTED, ("7", "ug/m3", 12.5), ("8", "ug/m3", 20.5)),
        [],
    ),
    (
        "sensorthings",
        "sta_utf8_units.json",
        station("sta:datastream", NOTED + timedelta(minutes=10), *((str(n), *told) for n, told in UNITS.items())),
        ["'NTU' has no SenML unit", "'度' has no SenML unit"],
    ),
    (
        "meter-table",
        "taipower_ami.csv",
        used("用電量(度)", (QUARTER, 0.125), (QUARTER + timedelta(minutes=15), 0.150)),
        [],
    ),
    (
        "meter-table",
        "taipower_ami_kwh_2400.csv",
        used(
            "用電量_kWh",
            (QUARTER + timedelta(hours=23, minutes=30), 0.125),
            (QUARTER + timedelta(hours=23, minutes=45), 0.15),
        ),
        [],
    ),
    ("meter-table", "meter_title_rows.csv", used("用電量_kWh", (QUARTER, 0.125)), []),
    (
        "meter-table",
        "meter_thousands.csv",
        used(
            "reading (kWh)",
            (QUARTER - timedelta(minutes=15), 1234.5),
            (QUARTER + timedelta(minutes=45), 1235.1),
            meter="meter:M1",
        ),
        [],
    ),
]


@pytest.mark.parametrize(("form", "name", "right", "refused"), CASES, ids=[case[1] for case in CASES])
def test_a_small_input_of_the_field_has_its_right_value(
    shared_data: Path, form: str, name: str, right: set[Told], refused: list[str]
) -> None:
    decoded = offer(FORMATS[form].decode, (shared_data / "field" / "feeds" / name).read_bytes())
    assert told(decoded) == right
    assert len(reasons(decoded)) == len(refused)
    assert all(part in why for part, why in zip(refused, reasons(decoded), strict=True))


def test_both_ways_to_write_a_year_of_the_republic_are_read(shared_data: Path) -> None:
    document = (shared_data / "field" / "feeds" / "taipower_ami_roc.csv").read_bytes()
    first, second = document.splitlines()[1:]
    head = document.splitlines()[0]
    rows = [offer(FORMATS["meter-table"].decode, b"\n".join([head, row])) for row in (first, second)]
    assert [told(row) for row in rows] == [used("kWh", (QUARTER, 0.125)), used("kWh", (QUARTER, 0.150))]
    assert not any(row.refused.height for row in rows)
