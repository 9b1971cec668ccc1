"""What a type's properties say of the assets that are of it: the columns of COBie's sheet Type."""

from __future__ import annotations

from collections.abc import Sequence

from bim.give.cobie.template import Row
from bim.give.cobie.values import Said, first

GUARANTORS = ("Manufacturer", "WarrantyGuarantorParts", "WarrantyGuarantorLabor")
"""Columns that name contacts."""


def asset_columns(properties: Sequence[Said]) -> Row:
    """Maker, warranty, life, sizes and looks, by the names of buildingSMART's property sets and of Revit's COBie."""
    return {
        "Manufacturer": first(properties, "Manufacturer"),
        "ModelNumber": first(properties, "ModelLabel", "ModelReference", "ArticleNumber"),
        "WarrantyGuarantorParts": first(properties, "WarrantyGuarantorParts", "PointOfContact"),
        "WarrantyDurationParts": first(properties, "WarrantyDurationParts", "WarrantyPeriod"),
        "WarrantyGuarantorLabor": first(properties, "WarrantyGuarantorLabor", "PointOfContact"),
        "WarrantyDurationLabor": first(properties, "WarrantyDurationLabor", "WarrantyPeriod"),
        "WarrantyDescription": first(properties, "WarrantyDescription", "WarrantyContent"),
        "ReplacementCost": first(properties, "ReplacementCost"),
        "ExpectedLife": first(properties, "ServiceLifeDuration", "ExpectedLife"),
        "DurationUnit": first(properties, "DurationUnit"),
        "NominalLength": first(properties, "NominalLength", "OverallLength"),
        "NominalWidth": first(properties, "NominalWidth", "OverallWidth", "Width"),
        "NominalHeight": first(properties, "NominalHeight", "OverallHeight", "Height"),
        "ModelReference": first(properties, "ModelReference", "Reference"),
        "Shape": first(properties, "Shape"),
        "Size": first(properties, "Size"),
        "Color": first(properties, "Color", "Colour"),
        "Finish": first(properties, "Finish"),
        "Grade": first(properties, "Grade"),
        "Material": first(properties, "Material"),
        "Constituents": first(properties, "Constituents", "Parts"),
        "Features": first(properties, "Features"),
        "AccessibilityPerformance": first(properties, "AccessibilityPerformance", "HandicapAccessible"),
        "CodePerformance": first(properties, "CodePerformance", "FireRating"),
        "SustainabilityPerformance": first(properties, "SustainabilityPerformance"),
    }
