"""Utilities' files: NEM12, tables, P1 telegrams; every value lands once, both hours of a clock change are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events.feeds.meters import dsmr, meter_table, nem12
from events.observations import Quality
from tests.feeds.offering import ARRIVAL, offer, reasons
from tests.feeds.telegrams import telegrams

HEAD = "200,NMI1,E1,E1,E1,,M1,KWH,30,"
DAY = ",".join(["0.5"] * 48)


def day(date: str, values: str = DAY, quality: str = "A", head: str = HEAD, *more: str) -> bytes:
    return "\n".join([head, f"300,{date},{values},{quality},,,20250101", *more]).encode()


def test_every_interval_of_the_real_nem12_file_lands(shared_data: Path) -> None:
    document = (shared_data / "meters" / "nem12_HH2.csv").read_bytes()
    days = [line.split(",") for line in document.decode().splitlines() if line.startswith("300")]
    decoded = offer(nem12.decode, document)
    readings = decoded.frames["readings"]
    assert decoded.offered == readings.height == 48 * len(days)
    assert readings["value"].sum() == pytest.approx(sum(float(v) for d in days for v in d[2:50]))
    assert readings["point_id"].unique().to_list() == ["urn:dev:ser:METER-HH2:1-0:1.29.0"]
    assert readings["time"][0] == datetime(2018, 11, 15, 14, 30, tzinfo=UTC)


def test_a_column_that_is_named_by_its_unit_alone_tells_its_values() -> None:
    rows = offer(meter_table.decode, b"meter,time,kWh\nM1,2026-01-01 00:30,1.5\n").frames["readings"].rows()
    assert [row[:2] + row[3:4] for row in rows] == [("meter:M1:kWh", "kWh", 1.5)]


def test_a_day_of_changing_clocks_has_all_its_intervals() -> None:
    times = offer(nem12.decode, day("20250406")).frames["readings"]["time"]
    assert times.n_unique() == 48
    assert times.diff().drop_nulls().unique().to_list() == [pl.select(pl.duration(minutes=30)).item()]


def test_qualities_are_told_by_day_or_by_interval_and_missing_data_is_no_reading() -> None:
    variable = day("20250406", DAY, "V", HEAD, "400,1,20,A,,", "400,21,30,S14,,", "400,31,48,N,,")
    qualities = offer(nem12.decode, variable).frames["readings"]["quality"].to_list()
    assert qualities == [Quality.MEASURED] * 20 + [Quality.SUBSTITUTED] * 10
    assert offer(nem12.decode, day("20250406", quality="E")).frames["readings"]["quality"][0] == Quality.ESTIMATED


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (day("20250431"), "is no day"),
        (day("20250406", "1,2,3"), "48 values and a quality are asked"),
        (day("20250406", quality="Z"), "quality 'Z"),
        (day("20250406", quality="V"), "tell 0 of 48 intervals"),
        (day("20250406", head=HEAD.replace("KWH", "PINT")), "unit 'PINT'"),
        (day("20250406", DAY.replace("0.5", "x", 1)), "'x' is no number"),
        (day("20250406", DAY.replace("0.5", "-1", 1)), "-1.0, not within"),
        (b"300,20250406,1", "a 200 record with 300 records"),
    ],
)
def test_a_day_that_cannot_be_read_is_refused_with_its_own_head(document: bytes, reason: str) -> None:
    decoded = offer(nem12.decode, document)
    (why,) = reasons(decoded)
    assert reason in why
    assert reasons(offer(nem12.decode, decoded.refused["payload"][0])) == [why]


def test_every_value_of_the_real_long_table_lands_under_its_own_time(shared_data: Path) -> None:
    path = shared_data / "meters" / "sgsc_one_household.parquet"
    table, decoded = pl.read_parquet(path), offer(meter_table.decode, path.read_bytes())
    columns = [c for c in table.columns if c.endswith("_KWH")]
    readings = decoded.frames["readings"]
    assert decoded.offered == readings.height == table.height * len(columns)
    assert readings.select("point_id", "time").is_duplicated().sum() == 0
    assert readings["value"].sum() == pytest.approx(sum(table[c].sum() for c in columns))


def test_a_table_of_known_columns_without_units_in_their_names_is_read(shared_data: Path) -> None:
    path = shared_data / "meters" / "uci_hpc_2days.csv"
    readings = offer(meter_table.decode, path.read_bytes()).frames["readings"]
    power = readings.filter(pl.col("point_id") == "meter:unnamed:Global_active_power")
    assert power["value"].sum() == pytest.approx(pl.read_csv(path)["Global_active_power"].sum())
    assert power["unit"][0] == "kW"


def test_a_wide_table_has_a_reading_a_time_of_day() -> None:
    table = b"meter,date,unit,00:30,24:00\nM1,2026-01-01,kWh,0.1,0.2\nM1,2026-01-02,kWh,,x\n"
    decoded = offer(meter_table.decode, table)
    assert decoded.frames["readings"].select("point_id", "time", "value").rows() == [
        ("meter:M1:interval", datetime(2025, 12, 31, 16, 30, tzinfo=UTC), 0.1),
        ("meter:M1:interval", datetime(2026, 1, 1, 16, 0, tzinfo=UTC), 0.2),
    ]
    assert "'x' is no number" in reasons(decoded)[0]


def test_both_hours_are_kept_where_a_zones_clocks_go_back() -> None:
    rows = "".join(
        f"M1,2025-10-26 {t},{v},kWh,Europe/Amsterdam\n" for t, v in (("02:30", 1), ("02:30", 2), ("03:30", 3))
    )
    times = offer(meter_table.decode, f"meter,time,value,unit,time_zone\n{rows}".encode()).frames["readings"]["time"]
    assert times.to_list() == [datetime(2025, 10, 26, h, 30, tzinfo=UTC) for h in (0, 1, 2)]


def test_a_repeated_time_without_a_zone_takes_the_free_hour_after_or_is_refused() -> None:
    def table(*times: str) -> bytes:
        rows = "".join(f"M1,2025-10-26 {t},{n}\n" for n, t in enumerate(times))
        return f"meter,time,supply_kwh\n{rows}".encode()

    free = offer(meter_table.decode, table("01:00", "01:00", "03:00")).frames["readings"]["time"]
    assert [t.hour for t in free.to_list()] == [17, 18, 19]
    taken = offer(meter_table.decode, table("01:00", "01:00", "02:00"))
    assert taken.frames["readings"].height == 2
    assert "comes twice" in reasons(taken)[0]


def test_a_row_written_twice_at_the_end_of_a_table_is_no_hour_that_clocks_gave_back() -> None:
    twice = offer(meter_table.decode, b"meter,time,supply_kwh\nM1,2026-01-01 00:00,1\nM1,2026-01-01 00:00,1\n")
    assert twice.frames["readings"]["time"].to_list() == [datetime(2025, 12, 31, 16, tzinfo=UTC)]
    assert "comes twice" in reasons(twice)[0]


def test_london_half_hours_are_read_under_both_their_headers() -> None:
    for header in ("LCLid,tstp,energy(kWh/hh)", "LCLid,DateTime,KWH/hh (per half hour) "):
        document = f"{header}\nMAC000002,2012-10-12 00:30:00.0000000, 0.25 \n".encode()
        (row,) = offer(meter_table.decode, document).frames["readings"].rows()
        assert row[1:4] == ("kWh", datetime(2012, 10, 11, 16, 30, tzinfo=UTC), 0.25)


def test_the_days_of_household_power_are_written_day_first_and_question_marks_are_no_values() -> None:
    header = "Date;Time;Global_active_power;Voltage"
    rows = offer(meter_table.decode, f"{header}\n2/1/2007;17:24:00;4.216;?\n".encode()).frames["readings"].rows()
    assert [row[:4] for row in rows] == [
        ("meter:unnamed:Global_active_power", "kW", datetime(2007, 1, 2, 9, 24, tzinfo=UTC), 4.216)
    ]


def test_a_table_whose_units_nobody_states_is_refused(shared_data: Path) -> None:
    water = (shared_data / "meters" / "water_ciws_site019_events.csv").read_bytes()
    assert "no column tells a value with its unit" in reasons(offer(meter_table.decode, water))[0]
    wide = b"meter,date,00:30\nM1,2026-01-01,1\n"
    assert "no column unit" in reasons(offer(meter_table.decode, wide))[0]


def values(decoded_rows: pl.DataFrame) -> dict[str, float]:
    return dict(decoded_rows.select("point_id", "value").rows())


@pytest.mark.parametrize("version", ["V2_2", "V3", "V4_2", "V5", "V5_TWO_MBUS", "UNPADDED_CRC", "V5_EON_HU"])
def test_every_captured_telegram_is_read_without_a_refusal(shared_data: Path, version: str) -> None:
    decoded = offer(dsmr.decode, telegrams(shared_data)[f"TELEGRAM_{version}"])
    assert decoded.refused.is_empty()
    assert decoded.frames["readings"].height > 0


def test_a_telegram_tells_both_meters_under_their_serials(shared_data: Path) -> None:
    readings = offer(dsmr.decode, telegrams(shared_data)["TELEGRAM_V5"]).frames["readings"]
    told = values(readings)
    assert told["urn:dev:ser:K8EG004046395507:1-0:1.8.1"] == 4.426
    assert told["urn:dev:ser:2222ABCD123456789:7-0:3.0.0"] == 0.107
    gas = readings.filter(pl.col("point_id").str.ends_with("7-0:3.0.0"))["time"]
    assert gas.to_list() == [datetime(2017, 1, 2, 15, 10, 5, tzinfo=UTC)]


def test_summer_and_winter_hours_are_told_apart_by_their_letter() -> None:
    telegrams_ = [f"/X\n0-0:1.0.0(251026023000{s})\n0-0:96.1.1(5A)\n1-0:1.8.1(1*kWh)\n!\n".encode() for s in "SW"]
    times = offer(dsmr.decode, *telegrams_).frames["readings"]["time"].to_list()
    assert times == [datetime(2025, 10, 26, h, 30, tzinfo=UTC) for h in (0, 1)]


def test_an_old_telegram_is_dated_by_its_arrival_and_its_gas_by_its_own_time(shared_data: Path) -> None:
    readings = offer(dsmr.decode, telegrams(shared_data)["TELEGRAM_V3"]).frames["readings"]
    assert readings["time"][0] == ARRIVAL
    assert readings.filter(pl.col("unit") == "m3")["time"][0] == datetime(2009, 2, 12, 15, tzinfo=UTC)


def test_a_telegram_that_a_text_file_gave_other_line_ends_is_whole_still(shared_data: Path) -> None:
    sound = telegrams(shared_data)["TELEGRAM_V5"]
    readings = offer(dsmr.decode, sound.replace(b"\r\n", b"\n")).frames["readings"]
    assert readings.equals(offer(dsmr.decode, sound).frames["readings"])


def test_a_damaged_telegram_is_refused_and_its_neighbour_is_not(shared_data: Path) -> None:
    sound = telegrams(shared_data)["TELEGRAM_V5"]
    damaged = sound.replace(b"000004.426", b"000009.426")
    decoded = offer(dsmr.decode, sound + damaged)
    assert "it was damaged on its way" in reasons(decoded)[0]
    assert decoded.frames["readings"].equals(offer(dsmr.decode, sound).frames["readings"])


@pytest.mark.parametrize(("fields", "taken"), [(8, False), (9, True), (10, True)])
def test_a_200_record_has_nine_fields_and_may_have_a_tenth(fields: int, taken: bool) -> None:  # noqa: FBT001
    head = ",".join(["200", "NMI0000001", "E1", "E1", "E1", "", "SER1", "KWH", "60", "20260101"][:fields])
    decoded = offer(nem12.decode, f"{head}\n300,20250406,{','.join(['1.5'] * 24)},A".encode())
    assert (decoded.frames["readings"].height, decoded.refused.height) == ((24, 0) if taken else (0, 1))
    if not taken:
        assert reasons(decoded) == ["nem12: a 200 record of 8 fields where 9 are asked"]


@pytest.mark.parametrize(("values", "taken"), [(23, False), (24, True)])
def test_a_day_has_its_values_and_a_quality_and_may_have_nothing_more(values: int, taken: bool) -> None:  # noqa: FBT001
    head = "200,NMI0000001,E1,E1,E1,,SER1,KWH,60"
    decoded = offer(nem12.decode, f"{head}\n300,20250406,{','.join(['1.5'] * values)},A".encode())
    assert (decoded.frames["readings"].height, decoded.refused.height) == ((24, 0) if taken else (0, 1))
