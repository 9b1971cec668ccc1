#!/usr/bin/env bash
# cloudevents 2.2.0 (CNCF's Python SDK): from_binary_event gives a payload of content type application/x-protobuf or
# application/octet-stream back as str where its bytes happen to be UTF-8, and as bytes where they do not. The same stream of
# GTFS-Realtime or Sparkplug messages thus comes as two types: whatever calls ParseFromString on it works until a message is
# small enough to be text. Both bindings, Kafka and HTTP.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cloudevents==2.2.0
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

print("cloudevents", version("cloudevents"))
text_like, binary = b"\x08\x01\x12\x02ok", b"\x08\x96\x01"  # two valid protobuf messages: {1: 1, 2: "ok"} and {1: 150}
seen = {}
for kind in ("application/x-protobuf", "application/octet-stream"):
    for payload in (text_like, binary):
        event = CloudEvent(
            attributes={"id": "1", "source": "/gateway", "type": "t", "specversion": "1.0", "datacontenttype": kind},
            data=payload,
        )
        for name, binding in (("kafka", kafka), ("http", http)):
            back = binding.from_binary_event(binding.to_binary_event(event, JSONFormat()), JSONFormat())
            seen[name, kind, payload] = type(back.get_data()).__name__
            print(name, kind, payload, "->", type(back.get_data()).__name__)
assert {found for (_, _, payload), found in seen.items() if payload == text_like} == {"str"}
assert {found for (_, _, payload), found in seen.items() if payload == binary} == {"bytes"}
PY
