"""The terms of a grant: reading what an owner wrote, and telling what widens from what narrows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from engine.errors import InvalidRequest
from engine.text import wishes
from engine.text.pool import in_pool
from engine.text.preferences import unsupported_preferences, validate_preferences
from engine.text.restrictions import Restrictions, canonical, narrower, restrictions_of
from models.cameo import NO_SCOPES, Scope
from models.errors import Invalid
from models.grant import Audience, Grant, OnExpiry
from resolvers.engine import engines

_ANYTHING = Restrictions()
_WIDTH = list(Audience)
"""From the narrowest."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a grant allows: for an ``audience``, or (None) for the account it names."""

    audience: Audience | None = None
    scopes: Scope
    restrictions: Restrictions = _ANYTHING
    preferences: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    on_expiry: OnExpiry = OnExpiry.KEEP
    per_use_approval: bool = False

    @classmethod
    def of(cls, row: Grant) -> Terms:
        """The terms of a stored grant."""
        return cls(
            audience=None if row.audience is None else Audience(row.audience),
            scopes=Scope(row.scopes),
            restrictions=canonical(restrictions_of(row.restrictions)),
            preferences=row.preferences,
            not_before=row.not_before,
            expires_at=row.expires_at,
            on_expiry=row.on_expiry,
            per_use_approval=row.per_use_approval,
        )

    @property
    def nobody(self) -> bool:
        """Do they admit nobody?"""
        return self.audience is Audience.ONLY_ME


def widens(old: Terms, new: Terms) -> bool:
    """Does ``new`` allow anybody anything that ``old`` did not? Then its owner shows once more who they are."""
    return not new.nobody and _allows_more(old, new)


def narrows(old: Terms, new: Terms) -> bool:
    """Does ``new`` forbid anybody anything that ``old`` allowed? Then running jobs stop."""
    return not old.nobody and _allows_more(new, old)


def _allows_more(old: Terms, new: Terms) -> bool:
    return (
        _width(new) > _width(old)
        or bool(new.scopes & ~old.scopes)
        or _later(new.expires_at, old.expires_at)
        or _earlier(new.not_before, old.not_before)
        or narrower(new.restrictions, old.restrictions)
        or (old.per_use_approval and not new.per_use_approval)
    )


async def read_terms(terms: Terms) -> Terms:
    """``terms`` as they are stored. Raises `Invalid` for restrictions, preferences or times that cannot be meant.

    Takes tens of milliseconds of a core: before anything is locked.
    """
    forbids = terms.restrictions
    if any("\0" in words for words in (forbids.text, *forbids.places, *forbids.styles, *forbids.languages)):
        raise Invalid("Restrictions cannot hold the NUL character.", field="restrictions")
    known = [style for engine in await engines() for style in engine.capabilities.styles]
    try:
        forbids.validate(styles=known or None)
        preferences = await in_pool(validate_preferences, terms.preferences) if terms.preferences else ""
    except InvalidRequest as error:
        raise Invalid(error.message, field=error.field) from error
    return replace(
        terms,
        scopes=NO_SCOPES if terms.nobody else terms.scopes,
        restrictions=canonical(forbids),
        preferences=preferences,
        not_before=_moment(terms.not_before, "notBefore"),
        expires_at=_moment(terms.expires_at, "expiresAt"),
    )


async def check_times(connection: BaseDBAsyncClient, terms: Terms) -> None:
    """Raise `Invalid` for a permission that would be over before it begins, by the database's clock."""
    [row] = await connection.execute_query_dict(
        "SELECT $1::timestamptz <= yume_now() AS over, $1::timestamptz <= $2::timestamptz AS empty",
        [terms.expires_at, terms.not_before],
    )
    if row["over"] or row["empty"]:
        raise Invalid("A permission ends in the future, and after it begins.", field="expiresAt")


async def not_understood(restrictions: Restrictions) -> list[str]:
    """The parts of restrictions in words that nobody could turn into a rule."""
    return await in_pool(wishes.not_understood, restrictions.text) if restrictions.text else []


async def unsupported(preferences: str) -> list[str]:
    """The parts of preferences that nothing can be drawn for."""
    return await in_pool(unsupported_preferences, preferences) if preferences else []


def _moment(given: datetime | None, field: str) -> datetime | None:
    if given is None:
        return None
    if given.tzinfo is None:
        raise Invalid("Say in which time zone: end the time with Z, or with an offset such as +02:00.", field=field)
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise Invalid("This time is further away than anybody can mean.", field=field) from None


def _width(terms: Terms) -> int:
    return 0 if terms.audience is None else _WIDTH.index(terms.audience)


def _later(one: datetime | None, other: datetime | None) -> bool:
    """Does ``one`` end later? None: never."""
    return other is not None and (one is None or one > other)


def _earlier(one: datetime | None, other: datetime | None) -> bool:
    """Does ``one`` begin earlier? None: at once."""
    return other is not None and (one is None or one < other)
