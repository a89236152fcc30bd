"""One line before a clip is asked for: who else will see the draft, and what they can do with it."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.cameo import Scope
from models.consent.standing import Standing, standings
from models.generation import Generation
from models.likeness import GenerationLikeness, Via
from models.policy import policy_in_force
from resolvers.cast import CastRequest, Use, Wish, consider
from resolvers.context import Context


async def notice_before(context: Context, cast: tuple[CastRequest, ...], remix_of: UUID | None) -> str | None:
    """What to tell the viewer before they ask for a clip with this cast; None when nobody else is in it.

    Raises what asking for the clip would raise for the cast and the parent.
    """
    wish = Wish(prompt="", negative_prompt=None, style=None, cast=cast, remix_of=remix_of)
    policy = await policy_in_force()
    return _line(await consider(context, wish, depth_max=policy["remix_depth_max"]))


async def notice_of(generation: Generation) -> str | None:
    """The same line for a generation that was accepted."""
    rows = await GenerationLikeness.filter(generation_id=generation.id)
    wanted = {row.cameo_id: Scope(row.scopes) for row in rows}
    standing = await standings(connections.get("default"), generation.account_id, wanted)
    cast = tuple(CastRequest(row.cameo_id, Scope(row.scopes)) for row in rows if row.via is Via.SHOWN)
    return _line(Use(cast, None, standing))


def _line(use: Use) -> str | None:
    others = [one for one in use.standing.values() if not one.owned]
    if not others:
        return None
    names = _names(others)
    verb = "sees" if len(others) == 1 else "see"
    power = "and can remove it at any time, with everything made from it"
    said = [f"{names} {verb} this draft, with its prompt, as soon as it is finished, {power}."]
    if asked := [one for one in others if one.per_use_approval]:
        said.append(f"You can publish it once {_names(asked)} {'agrees' if len(asked) == 1 else 'agree'}.")
    if carried := [one for one in others if use.via(one.cameo_id) is Via.INHERITED]:
        said.append(f"It carries {_names(carried)} on from the video it remixes, whoever plays in it now.")
    return " ".join(said)


def _names(people: list[Standing]) -> str:
    names = sorted(f"@{one.handle}" for one in people)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
