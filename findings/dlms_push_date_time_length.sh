#!/usr/bin/env bash
# DLMS/COSEM data-notification (a smart meter's push): its date-time is an octet string, whose first byte is its length, 12
# (0Ch). dlms-cosem 25.1.0 takes that byte for a flag on reading and writes 01h instead: a push that it has read and written
# again is another one, and gurux-dlms 1.0.203 refuses it ("Invalid data type.") where it reads the meter's own. A head-end
# that forwards pushes through this library breaks those that are dated; undated ones (00h) pass.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet dlms-cosem==25.1.0 gurux-dlms==1.0.203
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from dlms_cosem.protocol.xdlms.data_notification import DataNotification
from gurux_dlms import GXDLMSTranslator

print("dlms-cosem", version("dlms-cosem"), "gurux-dlms", version("gurux-dlms"))
# tag 0Fh, long-invoke-id 7, 12 bytes of date-time (2026-03-20 08:15:00, deviation -480: Taiwan), double-long-unsigned 5
meter = bytes.fromhex("0f00000007" "0c" "07ea0314ff080f0000fe2000" "0600000005")
undated = bytes.fromhex("0f00000007" "00" "0600000005")
read = DataNotification.from_bytes(meter)
written = read.to_bytes()
print("meter  ", meter.hex(), read.date_time)
print("written", written.hex())
assert written == meter[:5] + b"\x01" + meter[6:]
assert DataNotification.from_bytes(undated).to_bytes() == undated
told = str(GXDLMSTranslator().pduToXml(meter))
assert "07EA0314FF080F0000FE2000" in told and 'UInt32 Value="00000005"' in told
try:
    GXDLMSTranslator().pduToXml(written)
except ValueError as error:
    print("gurux-dlms reads the meter's, and of the written one says:", error)
else:
    raise AssertionError("gurux-dlms reads it now")
PY
