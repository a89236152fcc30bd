"""What a cast member always wears: free words in English or French become a hat, glasses and a colour of clothes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

HATS: dict[str, tuple[str, ...]] = {
    "fedora": ("fedora", "trilby", "feutre"),
    "top-hat": ("top hat", "haut-de-forme", "haut de forme"),
    "cowboy-hat": ("cowboy hat", "stetson", "chapeau de cowboy", "chapeau de cow-boy"),
    "graduation-cap": ("graduation cap", "mortarboard", "toque universitaire"),
    "rescue-workers-helmet": ("helmet", "hard hat", "casque de chantier"),
    "headphone": ("headphones", "headphone", "casque audio", "écouteurs"),
    "billed-cap": ("baseball cap", "cap", "casquette"),
    "crown": ("crown", "tiara", "couronne"),
    "womans-hat": ("sun hat", "straw hat", "chapeau de paille", "hat", "chapeau"),
    "ribbon": ("bow", "ribbon", "noeud", "nœud"),
}
"""Wearable → its names; an earlier entry wins, so that a "top hat" is not just a hat."""

GLASSES: dict[str, tuple[str, ...]] = {
    "sunglasses": ("sunglasses", "shades", "lunettes de soleil"),
    "glasses": ("glasses", "spectacles", "eyeglasses", "lunettes"),
}
COLOURS: dict[str, tuple[str, ...]] = {
    "red": ("red", "rouge", "rouges"),
    "orange": ("orange", "oranges"),
    "yellow": ("yellow", "jaune", "jaunes"),
    "green": ("green", "vert", "verte", "verts", "vertes"),
    "blue": ("blue", "bleu", "bleue", "bleus", "bleues"),
    "purple": ("purple", "violet", "violette", "violets", "violettes"),
    "pink": ("pink", "rose", "roses"),
    "brown": ("brown", "marron", "brun", "brune"),
    "black": ("black", "noir", "noire", "noirs", "noires"),
    "white": ("white", "blanc", "blanche", "blancs", "blanches"),
    "grey": ("grey", "gray", "gris", "grise", "grises"),
    "gold": ("gold", "golden", "doré", "dorée", "dorés"),
    "turquoise": ("turquoise", "teal", "cyan"),
}
CLOTHES = re.compile(
    r"\b(t-?shirt|shirt|tee|sweater|jumper|hoodie|pullover|jacket|coat|dress|suit|top|clothes|blouse|cardigan|"
    r"chemise|pull|veste|manteau|robe|costume|haut|vêtements|gilet)\b"
)
_FILLER = re.compile(
    r"\b(an?|the|always|wears?|wearing|usually|likes?|to|be|in|with|and|my|h(?:er|is)|their|of|has|have|i|s?he|they|"
    r"dressed|please|often|loves?|une?|des?|l[ea]s?|du|toujours|porte|portant|avec|m(?:on|a|es)|s(?:on|a|es)|en|"
    r"habillée?|aime|je|ils?|elles?|me)\b"
)


@dataclass(frozen=True)
class Outfit:
    """What is worn: names out of `HATS`, `GLASSES` and `COLOURS`, and the wishes that the art cannot fulfil."""

    hat: str | None = None
    hat_colour: str | None = None
    glasses: str | None = None
    clothes: str | None = None
    unsupported: tuple[str, ...] = ()


def outfit(preferences: str) -> Outfit:
    """Read ``preferences`` wish by wish (they are parted by commas, stops and "and"). Never raises."""
    worn = Outfit()
    for wish in re.split(r"[,;.\n]|\band\b|\bet\b", preferences[:500].lower()):
        worn = _granted(worn, " ".join(wish.split()))
    return worn


def _granted(worn: Outfit, wish: str) -> Outfit:
    bare = " ".join(_FILLER.sub(" ", wish).split())
    if not bare:
        return worn
    hat, glasses, colour = _named(wish, HATS), _named(wish, GLASSES), _named(wish, COLOURS)
    plain_colour = colour is not None and bare in COLOURS[colour]
    more: dict[str, str | None] = {}
    if glasses is not None and worn.glasses is None:
        more["glasses"] = glasses
    if hat is not None and worn.hat is None:
        more |= {"hat": hat, "hat_colour": colour}
    elif colour is not None and worn.clothes is None and (plain_colour or CLOTHES.search(wish)):
        more["clothes"] = colour
    if not more:
        return replace(worn, unsupported=(*worn.unsupported, wish[:60]))
    return replace(worn, **more)


def _named(wish: str, known: dict[str, tuple[str, ...]]) -> str | None:
    for thing, names in known.items():
        if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", wish) for name in names):
            return thing
    return None
