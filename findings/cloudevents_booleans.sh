#!/usr/bin/env bash
# cloudevents 2.2.0: a boolean extension attribute goes out as `True` or `False` in binary mode (Kafka headers, HTTP headers).
# CloudEvents 1.0 has the canonical strings "true" and "false" (section "Type System"), and in structured mode the same
# library writes them so: a receiver that filters on the attribute sees two values of one event.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cloudevents==2.2.0
"$work/venv/bin/python" - <<'PY'
import json
from importlib.metadata import version

from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

print("cloudevents", version("cloudevents"))
attributes = {"id": "1", "source": "/gateway", "type": "t", "specversion": "1.0", "estimated": True, "final": False}
event = CloudEvent(attributes=attributes, data={"kwh": 1})
by_kafka = kafka.to_binary_event(event, JSONFormat()).headers
by_http = http.to_binary_event(event, JSONFormat()).headers
structured = json.loads(JSONFormat().write(event))
print("kafka headers", by_kafka["ce_estimated"], by_kafka["ce_final"])
print("http headers ", by_http["ce-estimated"], by_http["ce-final"])
print("structured   ", structured["estimated"], structured["final"])
assert (by_kafka["ce_estimated"], by_kafka["ce_final"]) == (b"True", b"False")
assert (by_http["ce-estimated"], by_http["ce-final"]) == ("True", "False")
assert (structured["estimated"], structured["final"]) == (True, False)
back = kafka.from_binary_event(kafka.to_binary_event(event, JSONFormat()), JSONFormat())
print("read back    ", repr(back.get_extension("estimated")))
assert back.get_extension("estimated") == "True"
PY
