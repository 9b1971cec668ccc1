"""GBFS discovery: the documents that a gbfs.json names, and how long a document is good for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from events.connectors.address import SCHEMES
from events.feeds.packed import BOM, unpacked

WANTED = ("station_information", "station_status", "vehicle_status", "free_bike_status")
"""Documents that we read, descriptions before what refers to them."""

LANGUAGES = ("zh-TW", "zh-Hant", "zh", "en")
"""Languages of versions 1 and 2, best first; any other where none of these is there."""

TTL_LIMIT_S = 24 * 3600.0


def feeds(body: bytes, at: str) -> list[str] | None:
    """Addresses that the gbfs.json at `at` names, of the documents we read; None when `body` is no gbfs.json.

    Versions 1 and 2 have a list for each language (one is taken), version 3 has one list.
    """
    data = _fields(body).get("data")
    if not isinstance(data, Mapping):
        return None
    listed = data.get("feeds")
    if listed is None:
        by_language = {name: value["feeds"] for name, value in data.items() if _has_feeds(value)}
        listed = next((by_language[one] for one in (*LANGUAGES, *by_language) if one in by_language), None)
    if not isinstance(listed, list):
        return None
    named = dict(_named(listed, at))
    return [named[name] for name in WANTED if name in named]


def ttl_s(body: bytes) -> float:
    """Seconds for which a GBFS document stays as it is (`ttl`); 0 when it does not say."""
    told = _fields(body).get("ttl")
    return min(max(0.0, float(told)), TTL_LIMIT_S) if isinstance(told, int | float) else 0.0


def _named(listed: list[Any], at: str) -> Iterator[tuple[str, str]]:
    for one in listed:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str) and isinstance(one.get("url"), str):
            address = urljoin(at, one["url"])
            if urlsplit(address).scheme in SCHEMES:
                yield one["name"].removesuffix(".json"), address


def _has_feeds(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("feeds"), list)


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(unpacked(body).removeprefix(BOM))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
