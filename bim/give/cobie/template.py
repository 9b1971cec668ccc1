"""COBie 2.4's sheets: their columns in order, the keys of their rows, what refers to what, and what must be filled.

Columns: the COBie 2.4 spreadsheet (NBIMS-US V3, chapter 4.2); keys and references: its responsibility matrix, as the
COBie quality control tool (COBieRules, buildingSMART alliance) asks them.
"""

from __future__ import annotations

import math
from datetime import datetime

NONE = "n/a"
"""What COBie has where nothing is known."""

UNKNOWN_TIME = "1900-12-31T23:59:59"
"""COBie's time of what has none."""

_MADE = ("Name", "CreatedBy", "CreatedOn")
_FROM = ("ExtSystem", "ExtObject", "ExtIdentifier")

SHEETS: dict[str, tuple[str, ...]] = {
    "Instruction": ("Title", "Version", "Release", "Status", "Region"),
    "Contact": (
        "Email", "CreatedBy", "CreatedOn", "Category", "Company", "Phone", "ExternalSystem", "ExternalObject",
        "ExternalIdentifier", "Department", "OrganizationCode", "GivenName", "FamilyName", "Street", "PostalBox",
        "Town", "StateRegion", "PostalCode", "Country",
    ),
    "Facility": (
        *_MADE, "Category", "ProjectName", "SiteName", "LinearUnits", "AreaUnits", "VolumeUnits", "CurrencyUnit",
        "AreaMeasurement", "ExternalSystem", "ExternalProjectObject", "ExternalProjectIdentifier", "ExternalSiteObject",
        "ExternalSiteIdentifier", "ExternalFacilityObject", "ExternalFacilityIdentifier", "Description",
        "ProjectDescription", "SiteDescription", "Phase",
    ),
    "Floor": (*_MADE, "Category", *_FROM, "Description", "Elevation", "Height"),
    "Space": (
        *_MADE, "Category", "FloorName", "Description", *_FROM, "RoomTag", "UsableHeight", "GrossArea", "NetArea",
    ),
    "Zone": (*_MADE, "Category", "SpaceNames", *_FROM, "Description"),
    "Type": (
        *_MADE, "Category", "Description", "AssetType", "Manufacturer", "ModelNumber", "WarrantyGuarantorParts",
        "WarrantyDurationParts", "WarrantyGuarantorLabor", "WarrantyDurationLabor", "WarrantyDurationUnit", *_FROM,
        "ReplacementCost", "ExpectedLife", "DurationUnit", "WarrantyDescription", "NominalLength", "NominalWidth",
        "NominalHeight", "ModelReference", "Shape", "Size", "Color", "Finish", "Grade", "Material", "Constituents",
        "Features", "AccessibilityPerformance", "CodePerformance", "SustainabilityPerformance",
    ),
    "Component": (
        *_MADE, "TypeName", "Space", "Description", *_FROM, "SerialNumber", "InstallationDate", "WarrantyStartDate",
        "TagNumber", "BarCode", "AssetIdentifier",
    ),
    "System": (*_MADE, "Category", "ComponentNames", *_FROM, "Description"),
    "Assembly": (*_MADE, "SheetName", "ParentName", "ChildNames", "AssemblyType", *_FROM, "Description"),
    "Connection": (
        *_MADE, "ConnectionType", "SheetName", "RowName1", "RowName2", "RealizingElement", "PortName1", "PortName2",
        *_FROM, "Description",
    ),
    "Spare": (*_MADE, "Category", "TypeName", "Suppliers", *_FROM, "Description", "SetNumber", "PartNumber"),
    "Resource": (*_MADE, "Category", *_FROM, "Description"),
    "Job": (
        *_MADE, "Category", "Status", "TypeName", "Description", "Duration", "DurationUnit", "Start", "TaskStartUnit",
        "Frequency", "FrequencyUnit", *_FROM, "TaskNumber", "Priors", "ResourceNames",
    ),
    "Impact": (
        *_MADE, "ImpactType", "ImpactStage", "SheetName", "RowName", "Value", "ImpactUnit", "LeadInTime", "Duration",
        "LeadOutTime", *_FROM, "Description",
    ),
    "Document": (
        *_MADE, "Category", "ApprovalBy", "Stage", "SheetName", "RowName", "Directory", "File", *_FROM, "Description",
        "Reference",
    ),
    "Attribute": (
        *_MADE, "Category", "SheetName", "RowName", "Value", "Unit", *_FROM, "Description", "AllowedValues",
    ),
    "Coordinate": (
        *_MADE, "Category", "SheetName", "RowName", "CoordinateXAxis", "CoordinateYAxis", "CoordinateZAxis", *_FROM,
        "ClockwiseRotation", "ElevationalRotation", "YawRotation",
    ),
    "Issue": (
        *_MADE, "Type", "Risk", "Chance", "Impact", "SheetName1", "RowName1", "SheetName2", "RowName2", "Description",
        "Owner", "Mitigation", *_FROM,
    ),
    "PickLists": ("Sheet", "Column", "Value"),
}  # fmt: skip
"""Sheets in COBie's order, with their columns in order."""

KEYS: dict[str, tuple[str, ...]] = {
    "Contact": ("Email",),
    "Facility": ("Name",),
    "Floor": ("Name",),
    "Space": ("Name",),
    "Zone": ("Name", "Category", "SpaceNames"),
    "Type": ("Name",),
    "Component": ("Name",),
    "System": ("Name", "Category", "ComponentNames"),
    "Assembly": ("Name", "SheetName", "ParentName", "ChildNames"),
    "Connection": ("Name", "ConnectionType", "SheetName", "RowName1", "RowName2"),
    "Spare": ("Name", "Category", "TypeName"),
    "Resource": ("Name",),
    "Job": ("Name", "TypeName", "TaskNumber"),
    "Document": ("Name", "Stage", "SheetName", "RowName"),
    "Attribute": ("Name", "SheetName", "RowName"),
    "Coordinate": ("Name", "SheetName", "RowName"),
}
"""Columns that tell a sheet's rows apart."""

REFERENCES: dict[str, dict[str, str]] = {
    **{sheet: {"CreatedBy": "Contact"} for sheet in SHEETS if sheet not in ("Instruction", "PickLists")},
    "Space": {"CreatedBy": "Contact", "FloorName": "Floor"},
    "Zone": {"CreatedBy": "Contact", "SpaceNames": "Space"},
    "Type": {
        "CreatedBy": "Contact",
        "Manufacturer": "Contact",
        "WarrantyGuarantorParts": "Contact",
        "WarrantyGuarantorLabor": "Contact",
    },
    "Component": {"CreatedBy": "Contact", "TypeName": "Type", "Space": "Space"},
    "System": {"CreatedBy": "Contact", "ComponentNames": "Component"},
    "Spare": {"CreatedBy": "Contact", "TypeName": "Type"},
    "Job": {"CreatedBy": "Contact", "TypeName": "Type", "ResourceNames": "Resource"},
}
"""Columns that name rows of another sheet, one or several with commas between."""

ROW_REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "Assembly": (("SheetName", "ParentName"), ("SheetName", "ChildNames")),
    "Connection": (("SheetName", "RowName1"), ("SheetName", "RowName2")),
    "Impact": (("SheetName", "RowName"),),
    "Document": (("SheetName", "RowName"),),
    "Attribute": (("SheetName", "RowName"),),
    "Coordinate": (("SheetName", "RowName"),),
    "Issue": (("SheetName1", "RowName1"), ("SheetName2", "RowName2")),
}
"""Columns that name a row of the sheet that another column names."""

OPTIONAL_REFERENCES = {
    ("Type", "Manufacturer"), ("Type", "WarrantyGuarantorParts"), ("Type", "WarrantyGuarantorLabor"),
    ("Job", "ResourceNames"), ("Issue", "RowName2"),
}  # fmt: skip
"""References that may say that there is none."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "Contact": ("Email", "CreatedBy", "CreatedOn", "Category", "Company", "Phone"),
    "Facility": (
        *_MADE, "Category", "ProjectName", "SiteName", "LinearUnits", "AreaUnits", "VolumeUnits", "CurrencyUnit",
        "AreaMeasurement",
    ),
    "Floor": (*_MADE, "Category"),
    "Space": (*_MADE, "Category", "FloorName", "Description"),
    "Zone": (*_MADE, "Category", "SpaceNames"),
    "Type": (*_MADE, "Category", "Description", "AssetType"),
    "Component": (*_MADE, "TypeName", "Space", "Description"),
    "System": (*_MADE, "Category", "ComponentNames"),
    "Assembly": (*_MADE, "SheetName", "ParentName", "ChildNames"),
    "Connection": (*_MADE, "SheetName", "RowName1", "RowName2"),
    "Document": (*_MADE, "Category", "SheetName", "RowName", "File"),
    "Attribute": (*_MADE, "Category", "SheetName", "RowName", "Value"),
    "Coordinate": (*_MADE, "Category", "SheetName", "RowName", "CoordinateXAxis", "CoordinateYAxis", "CoordinateZAxis"),
}  # fmt: skip
"""Columns that may not be empty (COBie's yellow ones)."""

DATES = {"CreatedOn", "InstallationDate", "WarrantyStartDate"}
NUMBERS = {
    "Elevation", "Height", "UsableHeight", "GrossArea", "NetArea", "NominalLength", "NominalWidth", "NominalHeight",
    "ReplacementCost", "ExpectedLife", "WarrantyDurationParts", "WarrantyDurationLabor", "CoordinateXAxis",
    "CoordinateYAxis", "CoordinateZAxis",
}  # fmt: skip
WORDS = {
    ("Type", "AssetType"): ("Fixed", "Movable"),
    ("Facility", "LinearUnits"): ("millimeters", "centimeters", "meters", "kilometers", "inches", "feet", "miles"),
}
"""Columns with a list of words to choose from."""

Row = dict[str, str]
Sheets = dict[str, list[Row]]
"""Rows by sheet; each row has every column of its sheet."""


def fits(column: str, value: str) -> bool:
    """Whether a column can hold a value: dates are ISO 8601, numbers are numbers, of any other column all are text."""
    if value == NONE:
        return True
    return is_date(value) if column in DATES else is_number(value) if column in NUMBERS else True


def is_date(value: str) -> bool:
    """Whether it is an ISO 8601 date or time."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_number(value: str) -> bool:
    """Whether it is a number that a spreadsheet has: no NaN, no infinity, no `1_000` (which Python reads)."""
    try:
        return math.isfinite(float(value)) and "_" not in value
    except ValueError:
        return False
