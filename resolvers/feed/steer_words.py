"""What each wish of a viewer's sentence does, in words for the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from engine.text.languages import NAMES
from engine.text.steer import Direction, Kind, Wish, is_known

_POINTS = {
    Direction.MORE: "counts for videos {what}",
    Direction.LESS: "counts against videos {what}",
    Direction.NEVER: "leaves out videos {what}",
    Direction.ONLY: "leaves out everything but videos {what}",
}
_WEIGHTS = {
    (Kind.FRESHNESS, "NEW"): ("freshness weighs most", "freshness does not count"),
    (Kind.FRESHNESS, "OLD"): ("freshness does not count", "freshness weighs most"),
    (Kind.QUALITY, "LIKED"): ("what was received well weighs most", "how a video was received does not count"),
    (Kind.EXPLORATION, "UNKNOWN"): ("four places in ten are for what few have met", "no places for what few have met"),
}
_PACE_KNOWN = "told from the movements in their recipes, where the engine wrote them down"
_WHAT = {
    (Kind.PACE, "CALM"): f"in which little happens, against lively ones ({_PACE_KNOWN})",
    (Kind.PACE, "LIVELY"): f"in which much happens, against calm ones ({_PACE_KNOWN})",
    (Kind.LENGTH, "SHORT"): "shorter than five seconds, against longer ones",
    (Kind.LENGTH, "LONG"): "longer than five seconds, against shorter ones",
    (Kind.SOUND, "SOUND"): "with sound",
    (Kind.SOUND, "SILENT"): "without sound",
    (Kind.AUTHOR, "FOLLOWED"): "of members whom you follow",
}
_CODES = {code: name for name, code in reversed(list(NAMES.items()))}


def effect(wish: Wish, authors: Mapping[str, UUID | None]) -> str:
    """One sentence. It names what is not known too: no such member, a recipe that does not tell."""
    if wish.kind is Kind.AUTHOR and wish.value != "FOLLOWED" and authors.get(wish.value) is None:
        return f"Nothing: there is no member @{wish.value}."
    turned = _WEIGHTS.get((wish.kind, wish.value))
    if turned is not None:
        wanted = wish.direction in {Direction.MORE, Direction.ONLY}
        said = turned[0 if wanted else 1]
        if wish.kind is Kind.FRESHNESS and wish.direction in {Direction.ONLY, Direction.NEVER}:
            newer = wanted == (wish.value == "NEW")
            said += f", and nothing {'older' if newer else 'newer'} than a week is shown"
        return f"{said[0].upper()}{said[1:]}."
    way = wish.direction
    if wish.kind in {Kind.PACE, Kind.LENGTH}:
        # Of these there is no bound to leave out from.
        way = Direction.MORE if way in {Direction.MORE, Direction.ONLY} else Direction.LESS
    said = _POINTS[way].format(what=_what(wish))
    return f"{said[0].upper()}{said[1:]}."


def _what(wish: Wish) -> str:
    if wish.kind is Kind.TOPIC:
        how = "by what they mean" if is_known(wish.value) else "by the meaning of these words"
        return f"about “{wish.value if is_known(wish.value) else wish.words}”, {how}"
    if wish.kind is Kind.AUTHOR and wish.value != "FOLLOWED":
        return f"of @{wish.value}"
    if wish.kind is Kind.LANGUAGE:
        return f"in {_CODES.get(wish.value, wish.value).capitalize()} (those without words stay as they are)"
    if wish.kind is Kind.STYLE:
        return f"in the style “{wish.value}”, where the engine wrote it down"
    return _WHAT[wish.kind, wish.value]
