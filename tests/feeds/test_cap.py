"""CAP alerts: periods, languages, areas, what ends what, and that no drill counts. Texts of CAP 1.2, appendix A."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from events.feeds.alerts import cap
from events.feeds.alerts.cap_alert import area_of
from events.feeds.decoded import Decoded, Payload
from tests.feeds.offering import ARRIVAL, offer, reasons

HEAD = '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
EARTHQUAKE = (
    f"{HEAD}<identifier>TRI13970876.2</identifier><sender>trinet@caltech.edu</sender>"
    "<sent>2003-06-11T20:56:00-07:00</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>"
    "<references>trinet@caltech.edu,TRI13970876.1,2003-06-11T20:30:00-07:00</references>"
    "<info><category>Geo</category><event>Earthquake</event><urgency>Past</urgency><severity>Minor</severity>"
    "<certainty>Observed</certainty><headline>EQ 3.4 Imperial County CA</headline><area>"
    "<areaDesc>1 mi. WSW of Brawley, CA</areaDesc><circle>32.9525,-115.5527 0</circle></area></info></alert>"
)
"""CAP 1.2, appendix A.3, abridged."""

AMBER = (
    f"{HEAD}<identifier>KAR0-0306112239-SW</identifier><sender>KARO@CLETS.DOJ.CA.GOV</sender>"
    "<sent>2003-06-11T22:39:00-07:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
    "<info><language>en-US</language><category>Rescue</category><event>Child Abduction</event>"
    "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>"
    "<headline>Amber Alert in Los Angeles County</headline>"
    "<area><areaDesc>Los Angeles County</areaDesc><geocode><valueName>SAME</valueName><value>006037</value></geocode>"
    "</area></info><info><language>es-US</language><category>Rescue</category><event>Abducción de Niño</event>"
    "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>"
    "<headline>Amber Alert en el condado de Los Angeles</headline><area><areaDesc>condado de Los Angeles</areaDesc>"
    "<geocode><valueName>SAME</valueName><value>006037</value></geocode></area></info></alert>"
)
"""CAP 1.2, appendix A.4, abridged."""


def alert(identifier: str = "a", message: str = "Alert", status: str = "Actual", info: str = "", refs: str = "") -> str:
    return (
        f"{HEAD}<identifier>{identifier}</identifier><sender>s</sender><sent>2026-07-07T16:00:00+08:00</sent>"
        f"<status>{status}</status><msgType>{message}</msgType><references>{refs}</references>"
        f"<info><language>zh-TW</language><event>雷雨</event>{info}</info></alert>"
    )


def told(found: Decoded, name: str = "a", kind: str = "alert") -> dict[str, str]:
    """The newest text of each state of an alert, not of what it ends."""
    rows = found.frames["states"].filter(pl.col("point_id").str.starts_with(f"{kind}:{name}:")).sort("time")
    return {p.removeprefix(f"{kind}:{name}:"): t for p, t in rows.select("point_id", "text").iter_rows()}


def force(found: Decoded, name: str = "a") -> list[tuple[str, str]]:
    rows = found.frames["states"].filter(pl.col("point_id") == f"alert:{name}:in_force").sort("time")
    return [(f"{t:%dT%H:%M}", text) for t, text in rows.select("time", "text").iter_rows()]


def test_an_update_ends_what_it_refers_to() -> None:
    found = offer(cap.decode, EARTHQUAKE.encode())
    first = told(found, "TRI13970876.1")
    assert first == {"in_force": "false", "ended_by": "Update TRI13970876.2"}
    second = told(found, "TRI13970876.2")
    assert second["in_force"] == "true"
    assert (second["event"], second["severity"], second["informed"]) == (
        "Earthquake", "Minor", "area 1 mi. WSW of Brawley, CA"
    )  # fmt: skip
    assert second["active"] == "2003-06-12T03:56:00Z/"


def test_each_language_stands_beside_the_others_and_areas_are_told_once() -> None:
    found = told(offer(cap.decode, AMBER.encode()), "KAR0-0306112239-SW")
    assert found["header"] == found["header:en-us"] == "Amber Alert in Los Angeles County"
    assert found["header:es-us"] == "Amber Alert en el condado de Los Angeles"
    assert found["informed"] == "SAME 006037"


def test_an_alert_for_tomorrow_is_not_in_force_today_and_one_that_expired_is_no_more() -> None:
    times = "<effective>2026-07-07T16:00:00+08:00</effective><onset>2026-07-08T06:00:00+08:00</onset>"
    document = alert(info=f"{times}<expires>2026-07-08T18:00:00+08:00</expires>").encode()
    found = offer(cap.decode, document)
    assert force(found) == [("07T08:00", "false"), ("07T22:00", "true"), ("08T10:00", "false")]
    assert told(found)["active"] == "2026-07-07T22:00:00Z/2026-07-08T10:00:00Z"
    assert told(found)["communication"] == "2026-07-07T08:00:00Z/2026-07-08T10:00:00Z"
    early = cap.decode([Payload(document, datetime(2026, 7, 7, 9, tzinfo=UTC))])
    assert force(early) == [("07T08:00", "false")]
    assert early.frames["states"]["time"].max() == datetime(2026, 7, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize(("message", "ends"), [("Cancel", True), ("Update", True), ("Ack", False), ("Error", False)])
def test_what_a_message_does_to_an_earlier_one(message: str, *, ends: bool) -> None:
    found = offer(cap.decode, alert("b", message, refs="s,a,2026-07-07T15:00:00+08:00").encode())
    assert (told(found) == {"in_force": "false", "ended_by": f"{message} b"}) is ends
    assert told(found, "b")["in_force"] == ("true" if message == "Update" else "false")


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_a_drill_is_never_counted_and_ends_no_alert(status: str) -> None:
    found = offer(cap.decode, alert("b", "Update", status, refs="s,a,2026-07-07T15:00:00+08:00").encode())
    assert told(found, "b") == told(found, "a") == {}
    drill = told(found, "b", "drill")
    assert (drill["in_force"], drill["status"]) == ("false", status)


def test_a_drill_under_an_actual_status_is_told_by_its_name() -> None:
    found = offer(cap.decode, alert(info="<headline>119介接測試</headline>").encode())
    assert told(found) == {}
    assert told(found, "a", "drill")["in_force"] == "false"


def test_towns_are_those_of_the_twin_s_maps(shared_data: Path) -> None:
    rows = [
        line.split("\t")
        for line in (shared_data / "alerts" / "ncdr_geocode_103town.txt").read_text(encoding="utf-8").splitlines()
    ]
    towns = {area_of("Taiwan_Geocode_103", row[0]): row[2] for row in rows}
    villages = pl.read_csv(shared_data / "population" / "taipei_villages_2021-03.csv", infer_schema=False)
    ours = set(villages[_code_column(villages)].str.slice(0, 8))
    taipei = {name.removeprefix("town ") for name, town in towns.items() if town.startswith("臺北市")}
    assert taipei == ours
    assert towns["town 63000020"] == "臺北市信義區"
    assert len(towns) == 368


def _code_column(villages: pl.DataFrame) -> str:
    return next(c for c in villages.columns if villages[c].str.contains(r"^63000\d{3}").all())


def test_an_entry_of_ncdr_s_list(shared_data: Path) -> None:
    found = offer(cap.decode, (shared_data / "alerts" / "ncdr_feed_entry_2026-07-07.json").read_bytes())
    name = "cwa.gov.tw_thunderstorm_20260707155908_000"
    states = told(found, name)
    assert (states["event"], states["header"], states["status"]) == ("雷雨", "雷雨", "Actual")
    assert states["active"] == "2026-07-07T07:59:00Z/2026-07-07T08:59:00Z"
    assert force(found, name) == [("07T08:00", "true"), ("07T08:59", "false")]


def entry(**more: Any) -> dict[str, Any]:
    told = {"id": "a", "title": "停水", "updated": "2026-07-07T16:00:00+08:00", "status": "Actual", "msgType": "Alert"}
    return told | {"effective": "2026/7/7 上午 09:00:00", "expires": "2026/7/9 下午 05:00:00"} | more


def listing(*entries: Any) -> bytes:
    return json.dumps({"feed": {"id": "x", "updated": "2026-07-07T21:18:00+08:00", "entry": list(entries)}}).encode()


def test_entries_of_one_alert_are_told_together_and_the_odd_one_alone_is_refused() -> None:
    later = entry(summary="大安區", expires="2026/7/10 下午 05:00:00")
    found = offer(cap.decode, listing(entry(summary="信義區"), later, entry(id="b", status="Real"), 7))
    assert told(found)["description"] == "信義區\n大安區"
    assert (
        told(found)["active"] == "2026-07-07T01:00:00Z/2026-07-09T09:00:00Z;2026-07-07T01:00:00Z/2026-07-10T09:00:00Z"
    )
    assert [why.partition(": ")[2][:20] for why in reasons(found)] == ["alert b: status 'Rea", "an entry 7 that is n"]


def test_a_list_says_what_it_lists_and_a_part_of_one_says_nothing() -> None:
    whole = Payload(listing(entry()), ARRIVAL, "https://alerts.ncdr.nat.gov.tw")
    marks = cap.decode([whole]).frames["states"].filter(pl.col("point_id").str.starts_with("listing:"))
    assert marks["text"].to_list() == ["complete"] + ["listed"] * (marks.height - 1)
    assert marks.height > 5
    parts = [
        Payload(p, ARRIVAL, "x")
        for p in cap.split(listing(*[entry(id=f"{n}", summary="水" * 900) for n in range(900)]))
    ]
    assert len(parts) > 1
    split = cap.decode(parts).frames["states"]
    assert not split["point_id"].str.starts_with("listing:").any()
    assert split.filter(pl.col("point_id").str.ends_with(":header")).height == 900


@pytest.mark.parametrize("inside", ["<a>" * 100_000 + "</a>" * 100_000, "<a/>" * 500_000])
def test_elements_without_end_are_one_refusal(inside: str) -> None:
    document = EARTHQUAKE.replace("<status>Actual</status>", inside).encode()
    (reason,) = reasons(offer(cap.decode, document))
    assert "more than 100 elements within each other" in reason or "tags, where 400000 are allowed" in reason


def test_no_entities_are_read() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "b">]>' + EARTHQUAKE.partition("?>")[2]
    assert "document type" in reasons(offer(cap.decode, bomb.encode()))[0]
