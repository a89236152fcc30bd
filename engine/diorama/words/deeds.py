"""What verbs and prepositions do to mentions: who stands how to whom, and how each kind of actor moves."""

from __future__ import annotations

from engine.diorama.art import pack
from engine.diorama.words.items import Item
from engine.diorama.words.lexicon import listed
from engine.diorama.words.mentions import Mention, Reading

LARGE = 0.4
"""Natural size from which nobody smaller holds a thing."""

MIRRORED = {
    "on": "under", "in": "under", "over": "under", "under": "over", "behind": "in_front_of", "in_front_of": "behind",
    "left_of": "right_of", "right_of": "left_of", "beside": "beside", "holding": "beside",
}  # fmt: skip
"""How the target of a relation stands to its source."""

HELD = frozenset({"object", "food", "plant"})
MOVING = frozenset({"walk", "run", "fly", "drive", "swim", "float", "spin", "orbit", "idle"})
GAITS = {"vehicle": "drive", "swimmer": "swim", "sky": "float"}
CARRY = {"vehicle": "drive", "flyer": "fly", "swimmer": "swim", "animal": "run", "person": "walk"}


def relate(out: Reading, relation: str, sources: list[int], target: int, action: dict[str, str]) -> None:
    """Let ``sources`` stand to ``target`` as ``relation`` says; ``action`` is the entry of the verb between them."""
    there = out.mentions[target]
    if action.get("object"):
        by_itself = action["object"] == "carry" or (action["object"] == "flee" and there.kind in CARRY)
        motion = _carried(there) if by_itself else action["object"].replace("flee", "roll")
        if not there.motions:
            there.motions.append(motion)
    for source in sources:
        if source == target:
            continue
        here = _mount(out, source) if relation != "on" else out.mentions[source]
        if here is not there:
            _stand(out, relation, here, target)


def _stand(out: Reading, relation: str, here: Mention, target: int) -> None:
    """Let ``here`` stand to the mention ``target`` as the preposition or verb ``relation`` says."""
    there = out.mentions[target]
    if relation == "toward":
        # Fire spat at a castle: who spits holds the fire, so that the castle takes its place beside it.
        if there.relation == "none":
            there.relation, there.target = "beside", _index(out, here)
    elif relation == "around":
        here.relation, here.target = "beside", target
        if not here.motions or here.motions[-1] in MOVING:
            here.motions[-1:] = ["orbit"]
    elif relation == "in" and there.art in listed("clothes"):
        here.relation, here.target = "holding", target
    elif relation == "with":
        if here.relation == "holding" and here.target not in {None, target}:
            there.relation, there.target = "beside", _index(out, here)
            return
        held = there.kind in HELD or there.art in listed("handheld")
        here.relation = "holding" if held and here.kind not in HELD else "beside"
        here.target = target
    elif relation == "holding" and _too_big(here, there):
        here.relation, here.target = "beside", target
    elif _stands_already(here, target) and there.relation == "none" and relation in MIRRORED:
        # A cat in a hat that stands on a table: it keeps the hat, and the table is under it.
        there.relation, there.target = MIRRORED[relation], _index(out, here)
    else:
        here.relation = {"in": "on"}.get(relation, relation)
        here.target = target


def _index(out: Reading, here: Mention) -> int:
    return next(index for index, one in enumerate(out.mentions) if one is here)


def _carried(there: Mention) -> str:
    """How ``there`` goes with somebody on it: what has wheels or runners rolls, what lives walks."""
    return "drive" if there.art in listed("rolling") else CARRY.get(there.kind, "idle")


def _too_big(here: Mention, there: Mention) -> bool:
    """Whether ``there`` cannot be held: whoever builds a snowman or feeds an elephant stands beside it."""
    sizes = [pack.index()[one.art]["size"] * one.size for one in (here, there)]
    return sizes[1] >= LARGE and sizes[1] > sizes[0] and there.art not in listed("clothes")


def _stands_already(here: Mention, target: int) -> bool:
    return here.relation in {"holding", "on", "chasing"} and here.target is not None and here.target != target


def _mount(out: Reading, rider: int) -> Mention:
    """Who moves when ``rider`` does: the horse or the car that carries it, else the rider."""
    here = out.mentions[rider]
    if here.relation == "on" and here.target is not None and out.mentions[here.target].kind in CARRY:
        carrier = out.mentions[here.target]
        carrier.motions = carrier.motions or [CARRY[carrier.kind]]
        return carrier
    return here


def gait(actor: Mention, motion: str) -> str:
    """How ``actor`` goes where people walk: ships float, cars drive, suns drift; everybody else does ``motion``.

    A ship that is told to drive, speed or cruise gets ahead: floating it would bob where it is, also on land.
    """
    if motion != "drive" and actor.kind == "vehicle" and pack.index()[actor.art]["place"] in {"sea", "river"}:
        return "float"
    return GAITS.get(actor.kind, motion)


def suited(out: Reading, item: Item, motion: str, actor: Mention) -> str:
    """The motion as this kind of actor does it; a sun that rises or sets also tells the time of day."""
    if actor.art == "sun":
        motion = "fall" if item.form.startswith("couch") else motion
        if motion in {"grow", "fall"}:
            out.setting.setdefault("time", "dawn" if motion == "grow" else "dusk")
    if motion == "drive" and actor.kind not in {"vehicle", "person"} and "roll" in {one.value for one in item.meanings}:
        return "roll"
    if (
        motion == "drive"
        and actor.kind not in {"vehicle", "person"}
        and item.form.startswith(("sk", "patin", "sled", "lug"))
    ):
        return "slide"
    if motion == "climb" and actor.kind in {"flyer", "sky"}:
        return "fly" if actor.kind == "flyer" else "float"
    if motion in {"walk", "run"} and actor.kind == "flyer" and pack.index()[actor.art]["place"] in {"sky", "space"}:
        return "fly"
    if motion in {"walk", "run", "drive"} or (motion == "fall" and item.form.startswith("descend")):
        return gait(actor, motion)
    return motion


def stand_on_sides(out: Reading, items: list[Item]) -> None:
    """Let "a cat on the left and a dog on the right" refer to each other."""
    for index, item in enumerate(items):
        if item.role != "relation" or item.value not in {"left_of", "right_of"}:
            continue
        named = [one for one, mention in enumerate(out.mentions) if _read_before(mention, items[:index])]
        others = [one for one in range(len(out.mentions)) if named and one != named[-1]]
        if named and others and out.mentions[named[-1]].relation == "none":
            out.mentions[named[-1]].relation = item.value
            out.mentions[named[-1]].target = others[0]


def _read_before(mention: Mention, items: list[Item]) -> bool:
    return any(item.text == mention.word for item in items)
