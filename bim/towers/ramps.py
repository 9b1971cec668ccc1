"""The ramps of a tower: the street lies below its floor, and a ramp leads up to each of its exits, so that none has a
step."""

from __future__ import annotations

import math

from bim.author import Drafted
from bim.towers.stairs import exit_y_m, wells_m

PLINTH_M = 0.15
"""ASSUMPTION of ours: how far the ground floor is above the street."""

SLOPE = 1 / 12
"""Of the ramps: the steepest that is barrier-free (建築物無障礙設施設計規範; from copies of it, see docs/bim.md)."""

WIDTH_M = 1.8


def ramps(begun: Drafted) -> None:
    """A ramp outside each exit of the ground floor, as wide as the widest of these."""
    draft, frame = begun.draft, begun.storeys["1F"].ObjectPlacement
    run_m = round(PLINTH_M / SLOPE, 4)
    flights, whole = [], []
    for end in wells_m(begun):
        for name, y_m in ((f"{end}大門", 0.0), (f"{end}梯出口", exit_y_m() - WIDTH_M / 2)):
            path = f"1F/{name}坡道"
            foot_m = begun.plan.west_m - run_m
            if end == "西":
                placed = draft.placed(frame, foot_m, round(y_m - WIDTH_M / 2, 4), -PLINTH_M)
            else:
                placed = draft.placed(frame, -foot_m, round(y_m + WIDTH_M / 2, 4), -PLINTH_M, 180.0)
            ramp = draft.add(
                "IfcRamp", draft.guid(path), None, path, None, None, placed, None, None, "STRAIGHT_RUN_RAMP"
            )
            shape = draft.wedge(run_m, PLINTH_M, WIDTH_M)
            flight = draft.add(
                "IfcRampFlight", draft.guid(f"{path}/flight"), None, f"{path}段", None, None, placed, shape, None,
                "STRAIGHT",
            )  # fmt: skip
            draft.aggregate(path, ramp, [flight])
            begun.contents["1F"].append(ramp)
            flights.append(flight)
            whole.append(ramp)
    angle = ("IfcPlaneAngleMeasure", math.atan(SLOPE))
    draft.describe("ramps", whole, "Pset_RampCommon", {"HandicapAccessible": ("IfcBoolean", True)})
    draft.describe("ramp flights", flights, "Pset_RampFlightCommon", {"Slope": angle})
