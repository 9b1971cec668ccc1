"""Texts of the car parks' message signs (TCMSV_allCMSavailable, XML in Big5) to states.

    <cms:CmsData><cms:CmsID>P006</cms:CmsID><cms:ContentPark>設備斷線</cms:ContentPark>…</cms:CmsData>

    cms:<id>:park, cms:<id>:message     what the sign shows; an empty text is a dark sign and none is counted

`ExchangeTime` is local Taipei time and dates every sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell
from events.feeds.refusals import Refused
from events.feeds.xml_texts import name_of, root_of

SHOWN = {"ContentPark": "park", "ContentMsg": "message"}


def is_signs(content: bytes) -> bool:
    """Whether the bytes are XML, which no other document of the car parks is."""
    return content.lstrip()[:1] == b"<"


def signs(content: bytes) -> Iterator[Cell | Refused]:
    """States of the signs; PayloadError when it is no such document."""
    root = root_of(content)
    data, time = [e for e in root.iter() if name_of(e) == "CmsData"], _text(root, "ExchangeTime")
    if not data:
        raise PayloadError(f"XML <{name_of(root)}> without CmsData: the twin reads TCMSV_allCMSavailable")
    for sign in data:
        name = _text(sign, "CmsID")
        document = _alone(time, sign)
        if not name:
            yield Refused(0, "a sign without a CmsID", document)
        for member, word in SHOWN.items():
            if name and (text := _text(sign, member)):
                yield Cell(f"cms:{name}:{word}", STATE, time, text, document)


def _text(parent: ElementTree.Element, name: str) -> str:
    found = next((e for e in parent.iter() if name_of(e) == name), None)
    return (found.text or "").strip() if found is not None else ""


def _alone(time: str, sign: ElementTree.Element) -> bytes:
    """A document of this sign alone, in UTF-8."""
    root = ElementTree.Element("ExchangeData")
    ElementTree.SubElement(root, "ExchangeTime").text = time
    root.append(sign)
    return bytes(ElementTree.tostring(root, encoding="utf-8"))
