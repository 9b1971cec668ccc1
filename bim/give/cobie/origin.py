"""Who made a thing, when and with what: COBie's CreatedBy, CreatedOn, ExtSystem; and the contacts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from bim.give.cobie.template import NONE, UNKNOWN_TIME, Row

FILE_SAYS = "STEP header"


class Origin:
    """The owner histories of a file, else what its header says of author, organization, time and system."""

    def __init__(self, model: Any) -> None:
        self._model = model
        header = model.header.file_name
        self._author = _first(header.author) or _first(header.organization)
        self._organization = _first(header.organization)
        self._time = _stamp(str(header.time_stamp or ""))
        self._system = str(header.originating_system or "") or NONE

    def made(self, thing: Any) -> Row:
        """CreatedBy and CreatedOn of an IfcRoot."""
        history = getattr(thing, "OwnerHistory", None)
        by = self.key(history.OwningUser) if history and history.OwningUser else self._header_key
        return {"CreatedBy": by, "CreatedOn": _time(getattr(history, "CreationDate", None)) or self._time}

    def system(self, thing: Any) -> str:
        """The program that wrote it."""
        history = getattr(thing, "OwnerHistory", None)
        application = history.OwningApplication if history else None
        return str(application.ApplicationFullName) if application else self._system

    def from_(self, thing: Any) -> Row:
        """ExtSystem, ExtObject and ExtIdentifier."""
        return {
            "ExtSystem": self.system(thing),
            "ExtObject": thing.is_a(),
            "ExtIdentifier": getattr(thing, "GlobalId", None) or NONE,
        }

    def key(self, actor: Any) -> str:
        """What a contact goes by: its e-mail address, else its name."""
        return _email(actor) or _called(actor) or f"#{actor.id()}"

    def contacts(self, named: Iterable[str]) -> list[Row]:
        """Those of the owner histories and actors, those `named` elsewhere (makers, guarantors), and the file's own."""
        rows: dict[str, Row] = {}
        for actor in self._actors():
            rows.setdefault(self.key(actor), self._contact(actor))
        used = {self._header_key} if self._header_key != NONE or not rows else set()
        for name in sorted({*named} - rows.keys() - {NONE, ""}) + sorted(used - rows.keys()):
            rows[name] = self._named(name)
        return list(rows.values())

    @cached_property
    def _header_key(self) -> str:
        """The contact for what has no owner history: the project's, else the file's author."""
        project = next(iter(self._model.by_type("IfcProject")), None)
        history = getattr(project, "OwnerHistory", None)
        if history is not None and history.OwningUser is not None:
            return self.key(history.OwningUser)
        return self._author or NONE

    def _actors(self) -> Iterator[Any]:
        for history in self._model.by_type("IfcOwnerHistory"):
            if history.OwningUser:
                yield history.OwningUser
        for actor in self._model.by_type("IfcActor"):
            yield actor.TheActor

    def _contact(self, actor: Any) -> Row:
        person, organization = _person(actor), _organization(actor)
        history = next((h for h in self._model.by_type("IfcOwnerHistory") if h.OwningUser == actor), None)
        address = _address(actor, "IfcPostalAddress")
        phone = _address(actor, "IfcTelecomAddress")
        return {
            "Email": self.key(actor),
            "CreatedBy": self.key(actor),
            "CreatedOn": _time(getattr(history, "CreationDate", None)) or self._time,
            "Category": _roles(actor) or NONE,
            "Company": str(getattr(organization, "Name", None) or NONE),
            "Phone": _listed(getattr(phone, "TelephoneNumbers", None)),
            "ExternalSystem": self._system,
            "ExternalObject": actor.is_a(),
            "ExternalIdentifier": self.key(actor),
            "Department": str(getattr(address, "InternalLocation", None) or NONE),
            "OrganizationCode": str(
                getattr(organization, "Identification", None) or getattr(organization, "Id", None) or NONE
            ),
            "GivenName": str(getattr(person, "GivenName", None) or NONE),
            "FamilyName": str(getattr(person, "FamilyName", None) or NONE),
            "Street": _listed(getattr(address, "AddressLines", None)),
            "PostalBox": str(getattr(address, "PostalBox", None) or NONE),
            "Town": str(getattr(address, "Town", None) or NONE),
            "StateRegion": str(getattr(address, "Region", None) or NONE),
            "PostalCode": str(getattr(address, "PostalCode", None) or NONE),
            "Country": str(getattr(address, "Country", None) or NONE),
        }

    def _named(self, name: str) -> Row:
        """A contact of which the file has the name only."""
        company = self._organization if name == self._header_key else name
        made = {"CreatedBy": name, "CreatedOn": self._time, "Category": NONE, "Company": company or NONE}
        return {"Email": name, **made, "Phone": NONE, "ExternalSystem": self._system, "ExternalObject": FILE_SAYS}


def _time(seconds: int | None) -> str | None:
    """An IfcTimeStamp, ISO 8601 in UTC; 0 is none."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") if seconds and seconds > 0 else None


def _stamp(text: str) -> str:
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return UNKNOWN_TIME


def _person(actor: Any) -> Any:
    return actor.ThePerson if actor.is_a("IfcPersonAndOrganization") else actor if actor.is_a("IfcPerson") else None


def _organization(actor: Any) -> Any:
    both = actor.is_a("IfcPersonAndOrganization")
    return actor.TheOrganization if both else actor if actor.is_a("IfcOrganization") else None


def _addresses(actor: Any, kind: str) -> Iterator[Any]:
    for holder in (_person(actor), _organization(actor)):
        yield from (one for one in getattr(holder, "Addresses", None) or () if one.is_a(kind))


def _address(actor: Any, kind: str) -> Any:
    return next(_addresses(actor, kind), None)


def _email(actor: Any) -> str | None:
    found = (mail for one in _addresses(actor, "IfcTelecomAddress") for mail in one.ElectronicMailAddresses or ())
    return next((str(mail) for mail in found if mail), None)


def _called(actor: Any) -> str:
    person, organization = _person(actor), _organization(actor)
    names = [getattr(person, name, None) for name in ("GivenName", "FamilyName")]
    identity = getattr(person, "Identification", None) or getattr(person, "Id", None)
    own = " ".join(str(name) for name in names if name) or str(identity or "")
    return " ".join(
        part for part in (own, f"({organization.Name})" if organization and organization.Name else "") if part
    )


def _roles(actor: Any) -> str:
    held = [actor, _person(actor), _organization(actor)]
    roles = [role for one in held for role in getattr(one, "Roles", None) or ()]
    told = (str(role.UserDefinedRole if role.Role == "USERDEFINED" else role.Role) for role in roles)
    return ", ".join(dict.fromkeys(word for word in told if word != "None"))


def _listed(values: Any) -> str:
    return ", ".join(str(one) for one in values or () if one) or NONE


def _first(values: Any) -> str:
    return next((str(one).strip() for one in values or () if str(one).strip()), "")
