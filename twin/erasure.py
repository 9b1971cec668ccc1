"""A household leaves, or is erased: its keys in the vault are ended or destroyed, and an event says which numbers.

The order makes every step safe to repeat: first the keys are ended, so that what comes now gets new ones; then the
event is appended, and every reader of the log drops the names; then the keys are destroyed. Who dies in between gives
the command again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from events import batch
from events.clock import micros
from events.entities import ENTITIES, PRIVATE, SEALED, names_schema, sealed_schema
from events.errors import DomainError, UsageError
from events.former import HOUSEHOLD_ERASED, TENANCY_ENDED, former_entities
from events.ids import Position
from events.log import Log
from events.observations import FAMILIES, READINGS
from events.quarantine import quarantined
from events.units import scale
from events.vault import Key, Vault
from twin.aggregates import household
from twin.aggregates.household import HOUSEHOLDS, EndTenancy, EraseHousehold, FormerMeter, FormerPoints
from twin.codec import encode, tags
from twin.dwelling_points import DwellingPoint, dwelling_points
from twin.points import register_of
from twin.projections.register import Register
from twin.repository import Step, execute

TOKENS: dict[str, pl.DataType] = {
    "family": pl.String(),
    "entity": pl.UInt32(),
    "token": pl.Int64(),
    "unit": pl.String(),
}
"""Columns of `token_entities`."""


@dataclass(frozen=True)
class Done:
    """What became of a dwelling's keys: entities that bear no name any more, the events' positions, and entries in
    quarantine whose payload mentions one of the dwelling's points or serials (`twin quarantine show`)."""

    entities: int
    positions: list[Position]
    quarantined: list[str]
    words: list[str]
    """Names of the points, serials, and the dwelling's id: for `twin.erasure_files`; never to be kept."""


class Households:
    """Commands about the households of one city. Every command may be given again."""

    def __init__(self, log: Log, now: Callable[[], datetime]) -> None:
        if log.vault is None:
            raise UsageError("the log was opened without its vault of names; open the city (`--city DIR`)")
        self._log, self._vault, self._now = log, log.vault, now

    def keys(self, building_id: str, dwelling_id: str) -> list[Key]:
        """The keys of the dwelling's points, present and former; none when all are destroyed."""
        return self._vault.keys([p.name for p in self._points(building_id, dwelling_id)])

    def moved_in(self, building_id: str, dwelling_id: str) -> Done:
        """A new household moves in: what comes from now on is its own; the former one's keys stay until erased."""
        return self._over(building_id, dwelling_id, lambda key: key.until is None, None)

    def erase(self, building_id: str, dwelling_id: str, reason: str = "", ended_by: datetime | None = None) -> Done:
        """Destroy the keys of every household of the dwelling so far, or only of tenancies over by `ended_by`.

        DomainError when the dwelling has no points, when the log itself names them, or when the reason names one.
        """
        limit = None if ended_by is None else micros(ended_by)
        return self._over(
            building_id,
            dwelling_id,
            lambda key: limit is None or (key.until is not None and key.until <= limit),
            reason,
        )

    def _over(self, building_id: str, dwelling_id: str, which: Callable[[Key], bool], reason: str | None) -> Done:
        points = self._points(building_id, dwelling_id)
        words = [dwelling_id, *(p.name for p in points), *(p.serial for p in points if p.serial)]
        _check_reason(reason or "", words)
        self._check_sealed([p.name for p in points])
        keys = [key for key in self._vault.keys([p.name for p in points]) if which(key)]
        moment = self._now()
        former = self._former(building_id, points, keys)
        self._vault.end([key.token for key in keys], micros(moment))
        if reason is None:
            command: object = EndTenancy(former, moment, moment)
        else:
            command = EraseHousehold(former, reason, moment, moment)
        positions = execute(self._log, [Step(household.stream(building_id), HOUSEHOLDS, command)])
        if isinstance(command, EraseHousehold):
            self._destroy(command, keys)
        return Done(sum(map(len, former.entities.values())), positions, self._mentioned(points), words)

    def _destroy(self, command: EraseHousehold, keys: Sequence[Key]) -> None:
        """Destroy keys; their facts stay, so that a log restored from before can be told again (`erase_again`)."""
        facts = encode(HOUSEHOLDS.decide(command, HOUSEHOLDS.initial)[0]).decode() if command.points.entities else "{}"
        self._vault.destroy([key.token for key in keys], facts)

    def _points(self, building_id: str, dwelling_id: str) -> list[DwellingPoint]:
        register = Register.empty().fold(self._log.read(tags=tags()))
        points = dwelling_points(register.told["bound"], building_id, dwelling_id)
        if not points:
            raise DomainError(
                f"building {building_id!r} has no dwelling {dwelling_id!r} with a device that reports; "
                "`twin show BUILDING` and the model's table of dwellings have the ids"
            )
        return points

    def _former(self, building_id: str, points: Sequence[DwellingPoint], keys: Sequence[Key]) -> FormerPoints:
        """What the event may tell of these keys' entities."""
        point_of = {p.name: p for p in points}
        name_of = {key.token: key.name for key in keys}
        found = token_entities(self._log).filter(pl.col("token").is_in(list(name_of)))
        entities = {str(f): tuple(part["entity"]) for (f,), part in found.sort("entity").group_by("family")}
        meters = [
            _meter(row["entity"], row["unit"], point_of[name_of[row["token"]]])
            for row in found.filter(family=READINGS.name).sort("entity").iter_rows(named=True)
        ]
        return FormerPoints(
            building_id=building_id,
            community_id=points[0].community_id,
            entities=dict(sorted(entities.items())),
            meters=tuple(m for m in meters if m is not None),
        )

    def _check_sealed(self, names: Sequence[str]) -> None:
        """DomainError when the log itself names one of the points: then no key can be destroyed."""
        for event in self._log.read(tags=[ENTITIES]):
            family = FAMILIES[batch.header_of(event.state).family]
            if family.name in PRIVATE:
                named = batch.decode(event.state, names_schema(family))
                if named["point_id"].is_in(list(names)).any():
                    raise DomainError(
                        f"position {event.position} names points of this dwelling in the log itself: it was written "
                        "before there was a vault; move the city to a sealed log: twin log copy --seal CITY NEW_LOG"
                    )

    def _mentioned(self, points: Sequence[DwellingPoint]) -> list[str]:
        words = [(p.serial or p.name).encode() for p in points]
        return [e.name for e in quarantined(self._log) if any(word in e.refusal.payload for word in words)]


def token_entities(log: Log) -> pl.DataFrame:
    """Which entities of the log bear which token (TOKENS)."""
    frames = [pl.DataFrame(schema=TOKENS)]
    for event in log.read(tags=[SEALED]):
        family = FAMILIES[batch.header_of(event.state).family]
        frame = batch.decode(event.state, sealed_schema(family)).with_columns(pl.lit(family.name).alias("family"))
        frames.append(frame.select("family", "entity", "token", *(["unit"] if "unit" in frame.columns else [])))
    return pl.concat(frames, how="diagonal")


def nameless(log: Log) -> dict[str, set[tuple[str, int]]]:
    """Entities (family and number) by the tag of the event that took their name."""
    found: dict[str, set[tuple[str, int]]] = {TENANCY_ENDED: set(), HOUSEHOLD_ERASED: set()}
    for event in log.read(tags=list(found)):
        for family, entities in former_entities(event.state).items():
            found[event.tag] |= {(family, entity) for entity in entities}
    return found


def kept_keys_of_erased(log: Log, vault: Vault) -> list[int]:
    """Tokens of erased entities that the vault still has: an erasure died before its end; give it again."""
    erased = nameless(log)[HOUSEHOLD_ERASED]
    rows = token_entities(log).select("family", "entity", "token").iter_rows()
    tokens = {token for family, entity, token in rows if (family, entity) in erased}
    return sorted(tokens & set(vault.names()["token"]))


def _meter(entity: int, unit: str, point: DwellingPoint) -> FormerMeter | None:
    """The entity as a register that counts in totals, None when it is none or its device was taken out."""
    register = register_of(point.kind)
    if register is None or point.retired or scale(unit)[0] != scale(register.unit)[0]:
        return None
    return FormerMeter(entity, point.kind, point.bound_at, point.bound_position)


def _check_reason(reason: str, words: Sequence[str]) -> None:
    for word in words:
        if word and word in reason:
            raise DomainError(f"the reason names {word!r}, and the log keeps it for good; say it without the name")
