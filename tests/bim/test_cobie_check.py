"""Each rule of a register's quality control against a small register written by hand: just its findings, no others."""

from __future__ import annotations

from typing import Any

import pytest

from bim.give.cobie.check import findings
from bim.give.cobie.template import NONE, SHEETS, Row, Sheets, is_date, is_number

BY = {"CreatedBy": "a@example.org", "CreatedOn": "2026-01-01T00:00:00"}


def row(sheet: str, **told: str) -> Row:
    """A row with every column of its sheet; what is not told is `x` where a value may be anything."""
    return dict.fromkeys(SHEETS[sheet], "") | BY | {"Category": "c", "Description": "d"} | told


def register(**changed: list[Row]) -> Sheets:
    """A register without a fault; sheets may be given otherwise."""
    sound: Sheets = {name: [] for name in SHEETS}
    sound |= {
        "Contact": [row("Contact", Email="a@example.org", Company="A", Phone="1")],
        "Facility": [
            row("Facility", Name="F", ProjectName="P", SiteName="S", LinearUnits="meters", AreaUnits="m2",
                VolumeUnits="m3", CurrencyUnit="D", AreaMeasurement="net")
        ],
        "Floor": [row("Floor", Name="1F", Elevation="0.0", Height="3")],
        "Space": [row("Space", Name="101", FloorName="1F"), row("Space", Name="102", FloorName="1F")],
        "Zone": [row("Zone", Name="Z", SpaceNames="101,102")],
        "Type": [row("Type", Name="T", AssetType="Fixed", Manufacturer=NONE)],
        "Component": [row("Component", Name="C", TypeName="T", Space="101, 102")],
        "System": [row("System", Name="S", ComponentNames="C")],
    }  # fmt: skip
    return sound | changed


def told(sheets: Sheets) -> list[tuple[Any, ...]]:
    return findings(sheets).select("rule", "severity", "sheet", "row", "column", "value").rows()


def test_a_register_without_a_fault_has_no_finding() -> None:
    assert told(register()) == []


def test_a_name_that_holds_a_comma_is_that_row_and_not_two() -> None:
    spaces = [row("Space", Name="101, south", FloorName="1F")]
    sound = register(
        Space=spaces,
        Zone=[row("Zone", Name="Z", SpaceNames="101, south")],
        Component=[row("Component", Name="C", TypeName="T", Space="101, south")],
    )
    assert told(sound) == []


@pytest.mark.parametrize(
    ("sheets", "found"),
    [
        (
            {"Floor": [row("Floor", Name="1F"), row("Floor", Name="1F")]},
            [("keys", "error", "Floor", "1F", "Name", "1F")],
        ),
        (
            {"Type": [row("Type", Name="T", AssetType="Fixed", Manufacturer="b@example.org")]},
            [("references", "error", "Type", "T", "Manufacturer", "b@example.org")],
        ),
        ({"Type": [row("Type", Name="T", AssetType="Fixed", Manufacturer="")]}, []),
        (
            {"Component": [row("Component", Name="C", TypeName="T", Space="101, nowhere, 102")]},
            [("references", "error", "Component", "C", "Space", "nowhere")],
        ),
        (
            {"Component": [row("Component", Name="C", TypeName="T", Space=NONE)]},
            [("references", "error", "Component", "C", "Space", NONE)],
        ),
        (
            {"Document": [row("Document", Name="D", SheetName="Space", RowName="103", File="f")]},
            [("references", "error", "Document", "D", "RowName", "103")],
        ),
        ({"Document": [row("Document", Name="D", SheetName="Space", RowName="102", File="f")]}, []),
        (
            {"Floor": [row("Floor", Name="1F", Category="")]},
            [("required", "error", "Floor", "1F", "Category", "")],
        ),
        (
            {"Floor": [row("Floor", Name="1F", Category=NONE)]},
            [("required", "advice", "Floor", "1F", "Category", NONE)],
        ),
        (
            {"Floor": [row("Floor", Name="1F", CreatedOn="2026-13-01", Elevation="1,5", Height=NONE)]},
            [
                ("dates", "error", "Floor", "1F", "CreatedOn", "2026-13-01"),
                ("numbers", "error", "Floor", "1F", "Elevation", "1,5"),
            ],
        ),
        (
            {"Type": [row("Type", Name="T", AssetType="fixed", Manufacturer=NONE)]},
            [("words", "error", "Type", "T", "AssetType", "fixed")],
        ),
        ({"Facility": []}, [("facility", "error", "Facility", "", "Name", "0")]),
        ({"System": []}, [("belonging", "advice", "Component", "C", "Name", "C")]),
        (
            {"Zone": [row("Zone", Name="Z", SpaceNames="102")]},
            [("belonging", "advice", "Space", "101", "Name", "101")],
        ),
    ],
)
def test_each_fault_is_told_once_with_its_row_and_value(sheets: Sheets, found: list[tuple[str, ...]]) -> None:
    assert told(register(**sheets)) == found


def test_reasons_are_told_in_both_languages() -> None:
    no_facility = findings(register(Facility=[])).select("reason_zh", "reason_en").rows()
    assert no_facility == [("0 個設施，一份清冊應只有一個", "0 facilities; a register is of one")]
    twice = findings(register(Floor=[row("Floor", Name="1F"), row("Floor", Name="1F")]))
    assert twice.select("reason_zh", "reason_en").rows() == [("重複 2 次", "2 rows have this key")]


def test_a_contact_without_an_address_is_advised_and_named_by_it() -> None:
    spoken = [
        row("Contact", Email="a@example.org", Company="A", Phone="1")
        | {"Email": "the office"}
        | {"CreatedBy": "the office"}
    ]
    sheets = {
        name: [one | {"CreatedBy": "the office"} for one in rows] for name, rows in register(Contact=spoken).items()
    }
    assert told(sheets) == [("emails", "advice", "Contact", "the office", "Email", "the office")]


@pytest.mark.parametrize(
    ("text", "number"), [("1.5", True), ("-2e3", True), ("nan", False), ("inf", False), ("1_000", False)]
)
def test_a_number_is_one_that_a_spreadsheet_has(text: str, *, number: bool) -> None:
    assert is_number(text) == number


@pytest.mark.parametrize(("text", "date"), [("2026-02-28", True), ("2026-02-28T10:00:00", True), ("2026-02-30", False)])
def test_a_date_is_one_of_the_calendar(text: str, *, date: bool) -> None:
    assert is_date(text) == date
