"""Gate 1: may this member use these likenesses for this prompt? And what of the answer a generation remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.spec import LONGEST_NAME, CastMember
from engine.text import check
from engine.text.names import handles_in
from engine.text.pool import in_pool
from jobs.clip.gate import binding
from models.base import new_id
from models.cameo import Scope
from models.consent.company import company
from models.consent.standing import Standing, standings
from models.decision import Decision, DecisionStage
from models.errors import ConsentMissing, Invalid
from models.likeness import GenerationLikeness, Via
from models.notification import NotificationKind, notify
from models.rules.grant import askable
from resolvers.context import Context
from resolvers.limit import Limit
from resolvers.remix import Parent, parent_for

PLAYED = Scope.FACE | Scope.VOICE
PERMISSION = "GRANT"
"""The rule of a decision that no restriction took: whether any permission covers the use."""
_FORBIDDEN = Limit("forbidden-uses", 10, 86_400)
"""Prompts refused by somebody's restrictions: asking costs nothing, so their rules could be probed for ever."""
_MISSING = Limit("missing-consent", 60, 3600)
_ASKED = Limit("consent-asked", 600, 3600)
"""Requests with somebody in them: reading a prompt costs tens of milliseconds, whatever comes of it."""


@dataclass(frozen=True)
class CastRequest:
    """One cameo that a member wants in a clip: what of it, and what it plays where the prompt does not name it."""

    cameo_id: UUID
    scopes: Scope
    role: str | None = None


@dataclass(frozen=True)
class Wish:
    """What gate 1 decides on, apart from the state of the world."""

    prompt: str
    negative_prompt: str | None
    style: str | None
    cast: tuple[CastRequest, ...]
    remix_of: UUID | None


@dataclass(frozen=True)
class Use:
    """How its author stands to everybody who would be in a clip: those cast, and those who come with the parent."""

    cast: tuple[CastRequest, ...]
    parent: Parent | None
    standing: dict[UUID, Standing]

    @property
    def cameo_ids(self) -> list[UUID]:
        """Everybody in it."""
        return list(self.standing)

    @property
    def parent_ids(self) -> list[UUID]:
        """The video it builds on, if any."""
        return [] if self.parent is None else [self.parent.video_id]

    def via(self, cameo_id: UUID) -> Via:
        """Cast, or come along."""
        return Via.SHOWN if any(one.cameo_id == cameo_id for one in self.cast) else Via.INHERITED

    def members(self, prompt: str) -> tuple[CastMember, ...]:
        """What is stored of the cast; the worker adds the files and their owners' preferences."""
        named = set(handles_in(prompt))
        return tuple(self._member(one, named) for one in self.cast)

    def _member(self, one: CastRequest, named: set[str]) -> CastMember:
        standing = self.standing[one.cameo_id]
        handle = standing.handle or ""
        return CastMember(
            cameo_id=str(one.cameo_id),
            version=standing.version,
            name=handle if handle in named else (one.role or handle),
        )


@dataclass(frozen=True)
class _No:
    """A "no" for the decision log of one cameo's owner."""

    cameo_id: UUID
    stage: DecisionStage
    rule: str


class _Refusal(Exception):
    """Why gate 1 stays shut: what the author is told, and what the owners are."""

    def __init__(self, told: ConsentMissing, noes: Sequence[_No]) -> None:
        super().__init__(told.message)
        self.told, self.noes = told, noes


def check_cast(cast: Sequence[CastRequest]) -> None:
    """Raise `Invalid` for a cast that makes no sense, whoever is in it."""
    if len({one.cameo_id for one in cast}) < len(cast):
        raise Invalid("A cameo can be cast once.", field="cast")
    for one in cast:
        if not one.scopes or one.scopes & ~PLAYED:
            raise Invalid("Say what to use of each cameo: FACE, VOICE or both.", field="cast")
        role = one.role
        if role is not None and (not role.strip() or len(role) > LONGEST_NAME or not role.isprintable()):
            raise Invalid(f"A role has 1 to {LONGEST_NAME} characters on one line.", field="cast")


async def stand(connection: BaseDBAsyncClient, account_id: UUID, wish: Wish, *, depth_max: int) -> Use:
    """How the author stands to everybody in the wish, now. Raises what `parent_for` raises."""
    parent = None
    if wish.remix_of is not None:
        parent = await parent_for(connection, account_id, wish.remix_of, depth_max=depth_max)
    wanted = {one.cameo_id: one.scopes for one in wish.cast}
    for cameo_id, scopes in ({} if parent is None else parent.likenesses).items():
        wanted[cameo_id] = wanted.get(cameo_id, Scope(0)) | scopes
    return Use(wish.cast, parent, await standings(connection, account_id, wanted))


async def consider(context: Context, wish: Wish, *, depth_max: int) -> Use:
    """Gate 1 before any lock: slow checks happen here. `settle` repeats under the locks what may have changed.

    Raises `Invalid` (cast), `ConsentMissing`, `RateLimited`, and what `parent_for` raises.
    """
    check_cast(wish.cast)
    account_id = context.member.id
    if wish.cast or wish.remix_of:
        await _FORBIDDEN.peek(context.stores.redis, str(account_id))
        await _MISSING.peek(context.stores.redis, str(account_id))
        await _ASKED.spend(context.stores.redis, str(account_id))
    use = await stand(connections.get("default"), account_id, wish, depth_max=depth_max)
    try:
        await _examine(connections.get("default"), account_id, wish, use)
    except _Refusal as refusal:
        await _log_refusal(context, refusal)
        raise refusal.told from None
    return use


async def settle(connection: BaseDBAsyncClient, account_id: UUID, wish: Wish, use: Use, *, depth_max: int) -> Use:
    """Gate 1 again, in the transaction that holds the locks on everybody of ``use``.

    Raises `ConsentMissing` when something was restricted in between; the owner's log then has the restriction itself.
    """
    now = await stand(connection, account_id, wish, depth_max=depth_max)
    if now != use:
        try:
            await _examine(connection, account_id, wish, now)
        except _Refusal as refusal:
            raise refusal.told from None
    return now


async def remember(connection: BaseDBAsyncClient, account_id: UUID, generation_id: UUID, use: Use) -> None:
    """Write the snapshot that later gates hold against the world, and a "yes" into each owner's decision log."""
    for one in use.standing.values():
        await GenerationLikeness.create(
            using_db=connection, generation_id=generation_id, cameo_id=one.cameo_id, grant_id=one.grant_id,
            version=one.version, cameo_epoch=one.cameo_epoch, account_epoch=one.account_epoch, scopes=one.wanted,
            via=use.via(one.cameo_id),
        )  # fmt: skip
        if not one.owned:
            await Decision.create(
                using_db=connection, id=new_id(), cameo_id=one.cameo_id, actor_id=account_id,
                stage=DecisionStage.REQUEST, allowed=True, rule=PERMISSION, generation_id=generation_id,
            )  # fmt: skip


async def _examine(connection: BaseDBAsyncClient, account_id: UUID, wish: Wish, use: Use) -> None:
    """Raise `_Refusal` unless every permission is there and no restriction forbids the prompt; `Invalid` for names."""
    missing = [
        cameo_id
        for cameo_id in ({one.cameo_id for one in use.cast} | set(use.standing))
        if cameo_id not in use.standing or not use.standing[cameo_id].permitted
    ]
    if missing:
        raise await _unpermitted(connection, account_id, use, sorted(missing))
    cast = {use.standing[one.cameo_id].handle for one in use.cast}
    if strangers := sorted(set(handles_in(wish.prompt)) - cast):
        raise Invalid(
            f"Naming somebody casts nobody: put @{strangers[0]} into `cast` as well, or write it without the @.",
            field="prompt",
        )
    await _check_restrictions(connection, wish, use)


async def _unpermitted(connection: BaseDBAsyncClient, account_id: UUID, use: Use, missing: Sequence[UUID]) -> _Refusal:
    first = missing[0]
    rows = await connection.execute_query_dict(
        f"SELECT c.handle FROM cameo c WHERE c.id = $1 AND {askable('$2::uuid')}",  # noqa: S608 - rules
        [first, account_id],
    )
    field = "cast" if any(one.cameo_id == first for one in use.cast) else "remixOf"
    if rows:
        words = f"You may not use @{rows[0]['handle']} like this. `requestCameo` asks its owner."
        told = ConsentMissing(words, cameo_id=first, reason="ASK", field=field)
    else:
        words = "This cameo cannot be used like this." if field == "cast" else "This video cannot be remixed by you."
        told = ConsentMissing(words, cameo_id=first if field == "cast" else None, reason="UNAVAILABLE", field=field)
    return _Refusal(told, [_No(one, DecisionStage.REQUEST, PERMISSION) for one in missing if one in use.standing])


async def _check_restrictions(connection: BaseDBAsyncClient, wish: Wish, use: Use) -> None:
    restricted = [one for one in use.standing.values() if binding(one)]
    if not restricted:
        return
    others = await company(connection, use.standing)
    breaches = await asyncio.gather(
        *(_breaches(one, wish, use, check.Company(others[one.cameo_id])) for one in restricted)
    )
    noes = [
        _No(one.cameo_id, DecisionStage.PROMPT, breach.rule)
        for one, found in zip(restricted, breaches, strict=True)
        for breach in found
    ]
    if noes:
        handle = use.standing[noes[0].cameo_id].handle
        told = ConsentMissing(
            f"@{handle} does not allow this. Change the prompt, or make it without @{handle}.",
            cameo_id=noes[0].cameo_id,
            reason="RESTRICTED",
            field="prompt",
        )
        raise _Refusal(told, noes)


async def _breaches(one: Standing, wish: Wish, use: Use, others: check.Company) -> list[check.Breach]:
    names = [standing.handle for standing in use.standing.values() if standing.cameo_id != one.cameo_id]
    asked = check.Use(
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        style=wish.style,
        cast_names=tuple(name for name in names if name),
        other_people=others,
    )
    return await in_pool(check.check_prompt, binding(one), asked)


async def _log_refusal(context: Context, refusal: _Refusal) -> None:
    account_id = context.member.id
    restricted = refusal.told.reason == "RESTRICTED"
    await (_FORBIDDEN if restricted else _MISSING).spend(context.stores.redis, str(account_id))
    async with in_transaction() as connection:
        for no in dict.fromkeys(refusal.noes):
            await Decision.create(
                using_db=connection, id=new_id(), cameo_id=no.cameo_id, actor_id=account_id, stage=no.stage,
                allowed=False, rule=no.rule,
            )  # fmt: skip
            if restricted:
                await _tell_owner(connection, account_id, no)


async def _tell_owner(connection: BaseDBAsyncClient, account_id: UUID, no: _No) -> None:
    [row] = await connection.execute_query_dict("SELECT owner_id FROM cameo WHERE id = $1", [no.cameo_id])
    await notify(
        connection, row["owner_id"], NotificationKind.CAMEO_REFUSED, actor=account_id, cameo=no.cameo_id, rule=no.rule
    )
