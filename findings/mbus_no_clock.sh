#!/usr/bin/env bash
# pyMeterBus 0.8.5 (M-Bus, EN 13757-3; heat, water and gas meters): what a meter says when it has no value becomes one.
# - Date type G FFFFh (invalid: the meter has no clock) is read as "2027-15-31", a month that does not exist.
# - Date and time type F with its invalid bit (80h of the minute) set is read as the time, as if it were good.
# - A BCD volume FFFFFFh (no valid digits) is read as -151.515 m3: F in the first digit is the minus sign, the others 15.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyMeterBus==0.8.5
"$work/venv/bin/python" - <<'PY'
import json
from importlib.metadata import version

import meterbus

print("pyMeterBus", version("pyMeterBus"))


def read(record: str) -> object:
    """The value of one record in a response of a water meter (RSP_UD with a long header)."""
    body = bytes([0x08, 0x01, 0x72]) + bytes.fromhex("7856341224230107550000" + "00") + bytes.fromhex(record)
    frame = bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])
    return json.loads(meterbus.load(frame).to_JSON())["body"]["records"][0]["value"]


sound = {"volume": read("0B13453412"), "date": read("426C0C33"), "time": read("046D0F080C33")}
print("sound  ", sound)
assert (round(sound["volume"], 3), sound["date"], sound["time"]) == (123.445, "2024-03-12", "2024-03-12T08:15")
unset = {"volume": read("0B13FFFFFF"), "date": read("426CFFFF"), "time": read("046D8F080C33")}
print("no value", unset)
assert (round(unset["volume"], 3), unset["date"], unset["time"]) == (-151.515, "2027-15-31", "2024-03-12T08:15")
PY
