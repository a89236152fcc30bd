"""Faults planted in the product, one at a time: the machine must notice every one of them.

Rules are SQL fragments that were put together when their modules were imported, so a fault in a rule is planted in
every statement that contains it. A fault that finds nothing to change raises: it would prove nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tortoise import connections

import jobs.clip.draft
import jobs.consent.change
import models.consent.epochs
import models.consent.gates
import models.consent.standing
import models.rules.account
import models.rules.video
import resolvers.block
import resolvers.cameo_access
import resolvers.cast
import resolvers.follow
import resolvers.grant
import resolvers.remix
import resolvers.suspension
from models.cameo import Scope
from models.consent.withdraw import Reach
from models.grant import RevokeMode
from models.likeness import WithdrawalReason

_PACKAGES = ("models.", "jobs.", "resolvers.", "tests.machine.world")


class Surgery:
    """Changes the running product, and puts everything back."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def text(self, old: str, new: str, *, within: str = "") -> None:
        """Replace ``old`` in every SQL constant (of modules whose name contains ``within``)."""
        found = 0
        for module in _modules():
            if within not in module.__name__:
                continue
            for name, value in list(vars(module).items()):
                if isinstance(value, str) and not name.startswith("__") and old in value:
                    self._set(module, name, value.replace(old, new))
                    found += 1
        if not found:
            raise LookupError(f"no statement contains {old!r}")

    def function(self, original: Any, replacement: Any) -> None:
        """Call ``replacement`` wherever ``original`` was called by its name."""
        found = 0
        for module in _modules():
            for name, value in list(vars(module).items()):
                if value is original:
                    self._set(module, name, replacement)
                    found += 1
        if not found:
            raise LookupError(f"nobody calls {original!r}")

    def only_in(self, module: Any, name: str, replacement: Any) -> None:
        """Replace what one module calls ``name``."""
        if not hasattr(module, name):
            raise LookupError(f"{module.__name__} knows no {name}")
        self._set(module, name, replacement)

    def rule(self, original: Callable[..., str], old: str, new: str) -> None:
        """Replace ``old`` in what a rule says."""

        def changed(*arguments: Any) -> str:
            said = original(*arguments)
            if old not in said:
                raise LookupError(f"{original.__name__} does not say {old!r}")
            return said.replace(old, new)

        self.function(original, changed)

    def _set(self, module: Any, name: str, value: Any) -> None:
        before = getattr(module, name)
        self._undo.append(lambda: setattr(module, name, before))
        setattr(module, name, value)

    def close(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()


def _modules() -> list[Any]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(_PACKAGES)]


@dataclass(frozen=True)
class Mutant:
    """A fault: its name is the sentence that its author would have to admit."""

    name: str
    plant: Callable[[Surgery], None]


@contextmanager
def planted(mutant: Mutant) -> Generator[None]:
    """Run with the fault in place."""
    surgery = Surgery()
    try:
        mutant.plant(surgery)
        yield
    finally:
        surgery.close()


async def _nothing(*_: Any, **__: Any) -> None:
    """Done, says nobody."""


async def _no_effects(*_: Any, **__: Any) -> jobs.consent.change.Effects:
    return jobs.consent.change.Effects()


_LIVE_BY_TIME = "coalesce(g.expires_at > yume_now(), true)"
_EPOCHS = "c.epoch = l.cameo_epoch AND coalesce(e.epoch, 0) = l.account_epoch"
_BY_PUBLISHING = " OR l.publish_grant_id IN (SELECT id FROM named)"
_OWN_EPOCH = " AND coalesce(e.epoch, 0) = l.account_epoch"


def _checked_at_the_request_only(surgery: Surgery) -> None:
    surgery.function(models.consent.gates.consent_has_ended, _nothing)
    start = models.consent.gates._LIVE_ROWS.rindex("AND (" + _EPOCHS)
    surgery.only_in(models.consent.gates, "_LIVE_ROWS", models.consent.gates._LIVE_ROWS[:start])


def _epochs_only(surgery: Surgery) -> None:
    for name in ("_ENDED", "_LIVE_ROWS"):
        said = getattr(models.consent.gates, name)
        surgery.only_in(models.consent.gates, name, said.replace(f"{_EPOCHS} AND (", f"{_EPOCHS} AND (true OR "))


def _granting_restores(surgery: Surgery) -> None:
    original = resolvers.cameo_access.store_terms

    async def store(connection: Any, cameo_id: Any, *arguments: Any, **more: Any) -> Any:
        await connection.execute_query(
            "UPDATE video_visibility SET consent = 'LIVE' WHERE id IN "
            "(SELECT video_id FROM video_likeness WHERE cameo_id = $1)",
            [cameo_id],
        )
        return await original(connection, cameo_id, *arguments, **more)

    surgery.function(original, store)


def _unsuspending_restores(surgery: Surgery) -> None:
    original = resolvers.suspension.unsuspend

    async def unsuspend(context: Any, account_id: Any) -> Any:
        await connections.get("default").execute_query(
            "UPDATE video_visibility SET consent = 'LIVE', moderation = 'CLEAR' WHERE author_id = $1", [account_id]
        )
        return await original(context, account_id)

    surgery.only_in(resolvers.suspension, "unsuspend", unsuspend)


def _new_cast_drops_inherited(surgery: Surgery) -> None:
    original = resolvers.remix.parent_for

    async def parent_for(*arguments: Any, **more: Any) -> Any:
        found = await original(*arguments, **more)
        return resolvers.remix.Parent(found.video_id, {})

    surgery.function(original, parent_for)
    surgery.only_in(jobs.clip.draft, "_check_closed", _nothing)


def _stale_standing(surgery: Surgery) -> None:
    original, kept = models.consent.standing.standings, dict[Any, Any]()

    async def standings(connection: Any, account_id: Any, wanted: Any) -> Any:
        key = (account_id, tuple(sorted(wanted.items())))
        if key not in kept:
            kept[key] = await original(connection, account_id, wanted)
        return kept[key]

    surgery.only_in(resolvers.cast, "standings", standings)


def _raises_for_everybody(surgery: Surgery) -> None:
    async def for_all(connection: Any, cameo_id: Any, _: Any) -> None:
        await models.consent.epochs.raise_for_all(connection, [cameo_id])

    surgery.function(models.consent.epochs.raise_for_each, for_all)


def _remixing_needs_no_scope(surgery: Surgery) -> None:
    original = resolvers.remix.parent_for

    async def parent_for(*arguments: Any, **more: Any) -> Any:
        found = await original(*arguments, **more)
        likenesses = {cameo: scopes & ~Scope.REMIX for cameo, scopes in found.likenesses.items()}
        return resolvers.remix.Parent(found.video_id, likenesses)

    surgery.function(original, parent_for)


def _stopping_withdraws(surgery: Surgery) -> None:
    original = resolvers.cameo_access.revoke_all

    async def revoke_all(context: Any, cameo_id: Any, _: RevokeMode) -> Any:
        return await original(context, cameo_id, RevokeMode.WITHDRAW)

    surgery.only_in(resolvers.cameo_access, "revoke_all", revoke_all)


def _always(value: Any) -> Callable[..., Awaitable[Any]]:
    async def said(*_: Any, **__: Any) -> Any:
        return value

    return said


def _removing_one_removes_all(surgery: Surgery) -> None:
    original = jobs.consent.change.withdraw_for

    async def withdraw_for(connection: Any, cameo_id: Any, reason: WithdrawalReason, _: Reach) -> Any:
        return await original(connection, cameo_id, reason, Reach())

    surgery.function(original, withdraw_for)


def _text(old: str, new: str, within: str = "") -> Callable[[Surgery], None]:
    return lambda surgery: surgery.text(old, new, within=within)


def _widening_text(old: str, new: str) -> Callable[[Surgery], None]:
    def plant(surgery: Surgery) -> None:
        said = models.consent.gates._WIDENING
        if old not in said:
            raise LookupError(f"the gate of widening does not say {old!r}")
        surgery.only_in(models.consent.gates, "_WIDENING", said.replace(old, new))

    return plant


def _permits(scopes: str) -> Callable[[Surgery], None]:
    """Ask ``scopes`` of a grant instead of all that are wanted."""
    return _text("AND (g.scopes & w.scopes) = w.scopes", f"AND {scopes}")


def _in(module: Any, name: str, replacement: Any) -> Callable[[Surgery], None]:
    return lambda surgery: surgery.only_in(module, name, replacement)


def _anybody_is_chosen(surgery: Surgery) -> None:
    surgery.rule(models.rules.video.chosen, "AND _w.account_id", "AND true OR _w.account_id")


def _never(*_: Any) -> bool:
    return False


def _mutual_never_ends(surgery: Surgery) -> None:
    surgery.function(resolvers.follow.end_mutual, _always((jobs.consent.change.Effects(), [])))


def _blocked_lose_sight(surgery: Surgery) -> None:
    shown = "SELECT 1 FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id"
    blocked = "EXISTS (SELECT 1 FROM block b WHERE b.blocker_id = v.author_id AND b.blocked_id = c.owner_id)"
    watched = f"{shown} JOIN video v ON v.id = l.video_id AND NOT {blocked}"
    surgery.rule(models.rules.video.may_be_seen_by, shown, watched)


def _bytes_after_withdrawal(surgery: Surgery) -> None:
    surgery.rule(models.rules.video.bytes_may_be_served, "video_visibility.consent = 'LIVE'", "true")


def _drafts_unseen(surgery: Surgery) -> None:
    surgery.rule(models.rules.video.may_be_seen_by, "<> 'DELETED' AND", "= 'PUBLISHED' AND")


def _no_gate(surgery: Surgery) -> None:
    surgery.function(models.consent.gates.may_widen, _nothing)


_OWNER_BLOCKS = "NOT " + models.rules.account.blocks("c.owner_id", "?").partition(" AND ")[0]
_OWNER_STANDS = models.rules.account.in_good_standing("c.owner_id")

MUTANTS = (
    Mutant("snapshot checked at the request only", _checked_at_the_request_only),
    Mutant("only epochs are checked at the finish", _epochs_only),
    Mutant("no epochs are checked at the finish", _text(_EPOCHS, "true")),
    Mutant("only the epoch for everybody is checked", _text(_OWN_EPOCH, "")),
    Mutant("a grant ends by a timer, not when it is read", _text(_LIVE_BY_TIME, "true")),
    Mutant("granting again brings withdrawn videos back", _granting_restores),
    Mutant("ending a suspension restores what others withdrew", _unsuspending_restores),
    Mutant(
        "a withdrawal skips drafts", _text("AND v.consent = 'LIVE'", "AND v.author_state = 'PUBLISHED'", "withdraw")
    ),
    Mutant("a withdrawal skips remixes", _text("ON t.parent_id = r.id", "ON t.parent_id = r.id AND false")),
    Mutant("inherited likenesses are dropped", _new_cast_drops_inherited),
    Mutant("the standing at gate 1 is cached", _stale_standing),
    Mutant("one account's end stops another's job", _raises_for_everybody),
    Mutant("voice implies the face", _permits("((g.scopes | (g.scopes & 2) / 2) & w.scopes) = w.scopes")),
    Mutant("the face implies the voice", _permits("((g.scopes | (g.scopes & 1) * 2) & w.scopes) = w.scopes")),
    Mutant("scopes are not looked at", _permits("true")),
    Mutant("an ended mutual lets jobs go on", _mutual_never_ends),
    Mutant("anybody counts as a mutual", _text("g.audience = 'MUTUALS' AND (", "g.audience = 'MUTUALS' AND (true OR ")),
    Mutant("a block is ignored by grants", _text(_OWNER_BLOCKS, _OWNER_BLOCKS.replace("WHERE", "WHERE false AND"))),
    Mutant("a block leaves videos where they are", _in(resolvers.block, "withdraw_for", _no_effects)),
    Mutant("a block by the author takes the shown person's sight", _blocked_lose_sight),
    Mutant("narrowing lets running jobs go on", _in(resolvers.cameo_access, "narrows", _never)),
    Mutant("narrowing one account's grant lets its jobs go on", _in(resolvers.grant, "narrows", _never)),
    Mutant("bytes are served after a withdrawal", _bytes_after_withdrawal),
    Mutant("approval is not waited for", _widening_text(") AS approved", ") OR true AS approved")),
    Mutant("publishing passes no gate", _no_gate),
    Mutant("publishing needs no scope of its own", _widening_text("| $3::int", "| $3::int * 0")),
    Mutant("remixing needs no scope of its own", _remixing_needs_no_scope),
    Mutant("a pause lets running jobs go on", _in(resolvers.cameo_access, "raise_for_all", _nothing)),
    Mutant("stopping future use withdraws", _stopping_withdraws),
    Mutant("a revocation spares what forerunners allowed", _text("g.supersedes_id IS NOT NULL", "false", "withdraw")),
    Mutant("a revocation spares what was published by it", _text(_BY_PUBLISHING, "", "withdraw")),
    Mutant("being for oneself alone leaves named grants", _in(resolvers.cameo_access, "_revoke_named", _no_effects)),
    Mutant("a suspended owner's cameo can be used", _text(_OWNER_STANDS, "true")),
    Mutant("a remix outlives its parent", _text("gen.parent_id IS NOT NULL AND NOT EXISTS", "false AND NOT EXISTS")),
    Mutant("what runs out stays to be seen", _text("AND g.on_expiry = 'WITHDRAW'", "AND false", "rules.video")),
    Mutant(
        "what runs out leaves its remixes", _text("l.video_id = ANY (t.path || t.id)", "l.video_id = t.id", "rules")
    ),
    Mutant("removing one video removes them all", _removing_one_removes_all),
    Mutant("the shown person does not see drafts", _drafts_unseen),
    Mutant("anybody counts as chosen", _anybody_is_chosen),
)
"""Every one must be killed."""
