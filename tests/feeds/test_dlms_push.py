"""DLMS/COSEM push: what dlms-cosem writes is read, whatever structure it stands in; clocks, units, what is cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from dlms_cosem import dlms_data as data
from dlms_cosem.protocol.xdlms.data_notification import DataNotification, LongInvokeIdAndPriority
from dlms_cosem.time import datetime_to_bytes

from events.feeds.meters.dlms import push
from events.feeds.meters.dlms.clock import instant_of
from tests.feeds.offering import ARRIVAL, offer, reasons

TAIPEI = timezone(timedelta(hours=8))
MOMENT = datetime(2026, 3, 20, 8, 15, tzinfo=TAIPEI)
OCTETS = datetime_to_bytes(MOMENT)
SERIAL = "urn:dev:ser:TPC1234567"


def obis(text: str) -> Any:
    return data.OctetStringData(bytes(int(group) for group in text.split(".")))


def scaled(scaler: int, unit: int) -> Any:
    return data.DataStructure([data.IntegerData(scaler), data.EnumData(unit)])


class Null:
    """null-data, which dlms-cosem reads and does not write."""

    def to_bytes(self) -> bytes:
        return b"\0"


METER = [obis("0.0.96.1.0.255"), data.OctetStringData(b"TPC1234567")]
ENERGY = [obis("1.0.1.8.0.255"), data.DoubleLongUnsignedData(1_234_567), scaled(-1, 30)]
VOLTS = [obis("1.0.32.7.0.255"), data.UnsignedLongData(2301), scaled(-1, 35)]
DRAWN = [obis("1.0.16.7.0.255"), data.DoubleLongData(-1500), scaled(0, 27)]


def apdu(*values: Any, moment: bytes = b"", body: Any = None) -> bytes:
    written = (body or data.DataStructure(list(values))).to_bytes()
    sent: bytes = DataNotification(LongInvokeIdAndPriority(7), None, written).to_bytes()
    return sent[:5] + bytes([len(moment)]) + moment + sent[6:]


def told(*payloads: bytes) -> list[tuple[object, ...]]:
    decoded = offer(push.decode, *payloads)
    assert decoded.refused.is_empty(), reasons(decoded)
    return decoded.frames["readings"].select("point_id", "unit", "value", "time").rows()


VALUES = [
    (f"{SERIAL}:1-0:1.8.0", "Wh", 123_456.7, MOMENT),
    (f"{SERIAL}:1-0:32.7.0", "V", 230.1, MOMENT),
    (f"{SERIAL}:1-0:16.7.0", "W", -1500.0, MOMENT),
]
CLOCK = [obis("0.0.1.0.0.255"), data.OctetStringData(OCTETS)]


def described() -> bytes:
    """As a push that lists what it holds (class, code, attribute, index), scalers as attributes of their own."""

    def one(kind: int, code: str, attribute: int) -> Any:
        return data.DataStructure(
            [data.UnsignedLongData(kind), obis(code), data.IntegerData(attribute), data.UnsignedLongData(0)]
        )

    codes = ["1.0.1.8.0.255", "1.0.32.7.0.255", "1.0.16.7.0.255"]
    listed = data.DataArray(
        [
            one(40, "0.0.25.9.0.255", 2), one(8, "0.0.1.0.0.255", 2), one(1, "0.0.96.1.0.255", 2),
            *(one(3, code, 2) for code in codes), *(one(3, code, 3) for code in codes),
        ]
    )  # fmt: skip
    values = [ENERGY, VOLTS, DRAWN]
    return apdu(listed, CLOCK[1], METER[1], *(v[1] for v in values), *(v[2] for v in values))


@pytest.mark.parametrize(
    "document",
    [
        apdu(*METER, *ENERGY, *VOLTS, *DRAWN, moment=OCTETS),
        apdu(*(data.DataStructure(one) for one in (METER, CLOCK, ENERGY, VOLTS, DRAWN))),
        apdu(body=data.DataArray([data.DataStructure(one) for one in (METER, CLOCK, ENERGY, VOLTS, DRAWN)])),
        described(),
        apdu(*METER, *ENERGY, *VOLTS, *DRAWN, moment=OCTETS).hex().upper().encode() + b"\r\n",
        (lambda sent: b"\x00\x01\x00\x01\x00\x10" + len(sent).to_bytes(2, "big") + sent)(
            apdu(*METER, *CLOCK, *ENERGY, *VOLTS, *DRAWN)
        ),
    ],
    ids=["flat", "structures", "array", "described", "hexadecimal", "wrapper"],
)
def test_registers_are_read_whatever_structure_they_stand_in(document: bytes) -> None:
    assert told(document) == VALUES


def test_what_the_library_writes_for_a_date_time_is_read() -> None:
    sent = DataNotification(
        LongInvokeIdAndPriority(7), MOMENT, data.DataStructure([*METER, *ENERGY]).to_bytes()
    ).to_bytes()
    assert told(sent) == VALUES[:1]  # it writes 1, as of an optional part, where the standard has the length


def test_a_push_without_any_time_is_dated_by_its_arrival() -> None:
    assert told(apdu(*METER, *ENERGY))[0][3] == ARRIVAL


@pytest.mark.parametrize(
    ("octets", "instant"),
    [
        ("07ea0314 05 080f1e ff fe20 00", datetime(2026, 3, 20, 0, 15, 30, tzinfo=UTC)),
        ("07ea0314 ff 080f00 00 ff c4 80", datetime(2026, 3, 20, 7, 15, tzinfo=UTC)),
        ("07ea0314 ff 080f00 00 8000 ff", datetime(2026, 3, 20, 0, 15, tzinfo=UTC)),
        ("07ea0314 ff 080fff ff 012c 00", datetime(2026, 3, 20, 13, 15, tzinfo=UTC)),
    ],
    ids=["Taiwan", "summer in London", "not specified", "New York"],
)
def test_a_deviation_leads_from_local_time_to_utc(octets: str, instant: datetime) -> None:
    assert told(apdu(*METER, *ENERGY, moment=bytes.fromhex(octets)))[0][3] == instant


@pytest.mark.parametrize(
    "octets", ["07ea0314050800000000 0001", "ffff0314050800000000 0000", "07ea0d14050800000000 0000"]
)
def test_a_clock_that_tells_no_instant_dates_nothing(octets: str) -> None:
    decoded = offer(push.decode, apdu(*METER, *ENERGY, moment=bytes.fromhex(octets)))
    assert decoded.refused.height == 1
    assert octets.replace(" ", "") in reasons(decoded)[0]


def test_a_clock_of_which_the_status_is_not_specified_is_not_invalid() -> None:
    assert instant_of(bytes.fromhex("07ea031405080f1e00fe20ff")) == "2026-03-20T08:15:30+08:00"


@pytest.mark.parametrize(
    ("register", "why"),
    [
        ([obis("1.0.2.8.0.255"), data.DoubleLongUnsignedData(5)], "1-0:2.8.0: 5 without scaler and unit"),
        ([obis("1.0.2.8.0.255"), data.DoubleLongUnsignedData(5), scaled(0, 10)], "unit 10 is not known"),
    ],
)
def test_a_register_of_unknown_unit_is_refused_alone(register: list[Any], why: str) -> None:
    decoded = offer(push.decode, apdu(*METER, *ENERGY, *register, *VOLTS))
    assert decoded.frames["readings"]["value"].to_list() == [123_456.7, 230.1]
    assert why in reasons(decoded)[0]


def test_texts_are_states_and_what_the_meter_has_no_value_for_is_none() -> None:
    document = apdu(
        *METER, obis("0.0.96.13.0.255"), data.VisibleStringData("TARIFF 2"), obis("1.0.31.7.0.255"),
        Null(), scaled(0, 33),
    )  # fmt: skip
    decoded = offer(push.decode, document)
    assert decoded.frames["states"].select("point_id", "text").rows() == [(f"{SERIAL}:0-0:96.13.0", "TARIFF 2")]
    assert decoded.offered == 1


WHOLE = apdu(*METER, *ENERGY, *VOLTS, moment=OCTETS)


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_a_push_that_is_cut_off_anywhere_is_refused_whole(end: int) -> None:
    decoded = offer(push.decode, WHOLE[:end])
    assert decoded.frames["readings"].is_empty()
    assert decoded.refused.height == decoded.offered == 1


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"\xdb\x08SYSTITLE", "a ciphered APDU"),
        (b"\x7e\xa0\x0a", "an APDU of type 126"),
        (apdu(*ENERGY), "names no meter"),
        (apdu(data.DoubleLongUnsignedData(5)), "without an OBIS code"),
        (b"0f0", "odd number"),
        (b"\x0f\x00\x00\x00\x01\x00" + b"\x01\x01" * 40 + b"\x00", "more than 16 deep"),
        (b"\x0f\x00\x00\x00\x01\x00\x01\x84\x7f\xff\xff\xff", "was cut off"),
    ],
)
def test_what_is_no_push_says_why(document: bytes, why: str) -> None:
    assert why in reasons(offer(push.decode, document))[0]


def test_a_line_that_is_no_push_is_refused_alone() -> None:
    lines = [WHOLE.hex().encode(), b"0f00", WHOLE.hex().encode()]
    decoded = offer(push.decode, b"\n".join(lines))
    assert decoded.frames["readings"].height == 4
    assert decoded.refused["payload"].to_list() == [b"0f00"]
