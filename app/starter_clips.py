"""The clips that a new server makes by itself, so that a newcomer's feed is not empty: what the engine does best.

Their keys are for ever: a clip whose key was used is never made again on that server, also when it was deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.house import ATELIER, HOUSE, STUDIO, HouseAccount


@dataclass(frozen=True)
class StarterClip:
    """One clip. ``remix_of`` is the key of an earlier one; ``cast`` names members of the house cast."""

    key: str
    author: HouseAccount
    prompt: str
    caption: str
    remix_of: str | None = None
    cast: tuple[str, ...] = ()
    portrait: bool = True
    seed: int = 7


STARTER_CLIPS = (
    StarterClip(
        "fox", STUDIO, "a red fox jumps over a log in the forest in the rain", "Even foxes have places to be."
    ),
    StarterClip(
        "hello", HOUSE, "@mochi and @bolt dance in the city and @mochi says 'hello everybody'",
        "Mochi and Bolt are in the house cast: put them into a clip of yours.", cast=("mochi", "bolt"),
    ),
    StarterClip("fox-night", STUDIO, "the same but at night", "Same fox, later.", remix_of="fox"),
    StarterClip("whale", ATELIER, "une baleine nage dans la mer au coucher du soleil", "Elle prend son temps."),
    StarterClip("fox-neon", ATELIER, "make it neon", "Le même, branché.", remix_of="fox-night"),
    StarterClip(
        "moon", STUDIO, "an astronaut waves on the moon and says 'anybody there?', zoom in", "Waiting for an answer."
    ),
    StarterClip("fox-snow", STUDIO, "now in the snow", "Four remixes deep. Yours is the fifth.", remix_of="fox-neon"),
    StarterClip(
        "moonlight", HOUSE, "@luma and @pip walk in the forest at night and @pip says 'bonsoir la lune'",
        "Luma et Pip, bien réveillés.", cast=("luma", "pip"),
    ),
    StarterClip("penguins", STUDIO, "two penguins dance in the snow", "Friday."),
    StarterClip(
        "dragon", STUDIO, "a green dragon flies over a castle in a storm at night", "Somebody is home.", portrait=False
    ),
    StarterClip(
        "chef", ATELIER, "un chef danse dans la cuisine et dit 'bon appétit'", "La recette est dans le rythme."
    ),
    StarterClip("penguins-sea", ATELIER, "the same but underwater", "Ils savent bien nager.", remix_of="penguins"),
    StarterClip(
        "taxi", STUDIO, "a yellow taxi drives through the city in the rain at night, the camera follows",
        "Last ride.", portrait=False,
    ),
    StarterClip("robots", STUDIO, "two robots dance in the living room and say 'hello friend'", "Living room, 3 a.m."),
    StarterClip("trumpet", ATELIER, "un chat joue de la trompette dans la ville la nuit, style néon", "Avec le son."),
    StarterClip("ducks", STUDIO, "six yellow ducks dance on the beach at sunset", "One of them knows the steps."),
    StarterClip(
        "wave", HOUSE, "@koa dances on the beach at sunset and says 'vive les vagues'", "Koa, côté mer.", cast=("koa",)
    ),
    StarterClip("elephant", ATELIER, "un éléphant marche dans le désert au coucher du soleil", "Rien ne presse."),
    StarterClip("frog", STUDIO, "a frog jumps in a green garden in clay style", "Made of clay, all of it."),
    StarterClip(
        "train", STUDIO, "a red train crosses the mountains at sunset in watercolour style", "Watercolour line.",
        portrait=False,
    ),
    StarterClip("rocket", ATELIER, "une fusée décolle dans la prairie, style papier découpé", "Trois, deux, un…"),
    StarterClip("unicorn", STUDIO, "a unicorn runs through the city at night in neon style", "Nobody looked up."),
    StarterClip("shark", ATELIER, "un requin nage sous la mer, la caméra tremble", "On a bien fait de rester au bord."),
    StarterClip(
        "balloon", STUDIO, "a hot air balloon flies over the mountains at sunrise", "Up before all.", portrait=False
    ),
)  # fmt: skip
"""In the order in which they are made; a remix comes after what it is made from."""
