#!/usr/bin/env bash
# DLMS/COSEM date-time: the last byte is the clock status, and FFh says that it is not specified (Blue Book, date-time), as
# meters do that keep no such flags. dlms-cosem 25.1.0 reads FFh as every flag at once: invalid, doubtful, another time base
# and summer time. Who drops readings of an invalid clock drops all of such a meter, and who honours the summer-time flag
# moves them by an hour. The deviation beside it (8000h: not specified) is told as unknown.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet dlms-cosem==25.1.0
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from dlms_cosem.time import datetime_from_bytes

print("dlms-cosem", version("dlms-cosem"))
flags = ("invalid", "doubtful", "different_base", "invalid_status", "daylight_saving_active")
for name, last in (("no flag", "00"), ("not specified", "ff")):
    time, status = datetime_from_bytes(bytes.fromhex("07ea0314ff080f0000fe20" + last))
    told = {flag: getattr(status, flag) for flag in flags}
    print(f"{name:14}", time.isoformat(), told)
    assert time.isoformat() == "2026-03-20T08:15:00+08:00"
    assert set(told.values()) == {last == "ff"}
time, _ = datetime_from_bytes(bytes.fromhex("07ea0314ff080f00008000ff"))
assert time.tzinfo is None
PY
