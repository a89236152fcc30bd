"""What an access would mean, before it is set: how many people it admits, and to what, in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass

from tortoise import connections

from models.cameo import Cameo, Scope
from models.grant import Audience
from models.rules.account import blocks, in_good_standing, mutual
from models.rules.grant import LIVE
from resolvers.cameo import own_cameo
from resolvers.context import Context


@dataclass(frozen=True)
class UsePreview:
    """``admitted``: members it would let in; ``named``: how many of them were permitted one by one."""

    admitted: int
    named: int
    sentences: list[str]


async def use_preview(context: Context, cameo: Cameo, audience: Audience, scopes: Scope) -> UsePreview:
    """Who could use a cameo of the viewer's under this access as the server is today. Raises `NotFound`."""
    await own_cameo(context, cameo.id)
    if audience is Audience.ONLY_ME:
        return UsePreview(0, 0, [_ONLY_ME])
    [row] = await connections.get("default").execute_query_dict(_COUNTS, [cameo.id, audience.value])
    return UsePreview(row["admitted"], row["named"], _sentences(audience, scopes, row["admitted"], row["named"]))


def _sentences(audience: Audience, scopes: Scope, admitted: int, named: int) -> list[str]:
    said = [_WHO[audience].format(people=_people(admitted - named))]
    if named:
        said.append(_NAMED.format(people=_people(named)))
    if audience is not Audience.APPROVED:
        said += [sentence for scope, sentence in _MAY.items() if scope in scopes] or [_NOTHING]
        said += [sentence for scope, sentence in _MAY_NOT.items() if scopes and scope not in scopes]
    return [*said, _ALWAYS]


def _people(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"


_ONLY_ME = "Nobody but you can use it. Everything you permitted by name ends; what exists stays."
_NOTHING = "They may do nothing with it yet."
_ALWAYS = "You see each clip as soon as it is finished, before it is published, and can remove any at any time."
_WHO = {
    Audience.APPROVED: "Nobody can use it unless you approve them by name; anyone can ask you.",
    Audience.MUTUALS: "{people} who follow you, and whom you follow, can use it, and whoever becomes one later.",
    Audience.EVERYONE: "All {people} of this server can use it, and whoever joins later; those you block cannot.",
}
_NAMED = "{people} can use it because you permitted them by name, as you set it for each."
_MAY = {
    Scope.FACE: "They can show your face in clips they make.",
    Scope.VOICE: "They can make clips in which your voice says words that they choose.",
    Scope.REMIX: "They can build on videos that you are in.",
    Scope.PUBLISH: "They can publish those clips without asking you, unless you want to approve each one.",
    Scope.DOWNLOAD: "They can take those clips out of this server: copies elsewhere cannot be called back.",
}
_MAY_NOT = {
    Scope.VOICE: "They cannot use your voice.",
    Scope.PUBLISH: "They cannot publish those clips: drafts stay theirs, and yours to see and remove.",
}

_COUNTS = f"""
    SELECT count(*)::int AS admitted, (count(*) FILTER (WHERE named))::int AS named FROM (
        SELECT EXISTS (
            SELECT 1 FROM cameo_grant g WHERE g.cameo_id = c.id AND g.subject_id = m.id AND {LIVE}
        ) AS named, $2::text = 'EVERYONE' OR ($2::text = 'MUTUALS' AND {mutual("m.id", "c.owner_id")}) AS belongs
        FROM cameo c JOIN account m ON m.id <> c.owner_id
        WHERE c.id = $1 AND {in_good_standing("m.id")} AND NOT {blocks("c.owner_id", "m.id")}
    ) AS each WHERE named OR belongs
"""  # noqa: S608 - rules
