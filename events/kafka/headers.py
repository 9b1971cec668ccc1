"""Headers of a message by one spelling: CloudEvents' own, whatever the gateway writes."""

from __future__ import annotations

CONTENT_TYPE, CE_TYPE, CE_SOURCE, CE_ID = "content-type", "ce_type", "ce_source", "ce_id"

_SPELT = {"content_type": CONTENT_TYPE, "contenttype": CONTENT_TYPE} | {n: n for n in (CE_TYPE, CE_SOURCE, CE_ID)}
"""Names in small letters with underscores, and the binding's name for each. Gateways write Content-Type (HTTP bridges),
contentType (Spring Cloud Stream), ce-type (bindings of other protocols)."""


def spelt(name: str) -> str:
    """A header's name as the Kafka binding of CloudEvents has it; one that we do not read stays as it is.

    >>> spelt("Content-Type"), spelt("contentType"), spelt("ce-type"), spelt("traceparent")
    ('content-type', 'content-type', 'ce_type', 'traceparent')
    """
    return _SPELT.get(name.lower().replace("-", "_"), name)


def text_of(value: bytes | None) -> str:
    """A header's value; one without bytes is as good as none."""
    return (value or b"").decode(errors="replace")
