"""The clauses of a prompt: who acts on whom, who says what, and the setting they name in passing."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.diorama.art import pack
from engine.diorama.words.deeds import relate, suited
from engine.diorama.words.items import MODIFIERS, Item, is_foreign, noun_ahead
from engine.diorama.words.lexicon import actions, listed, motion_relations, wishes
from engine.diorama.words.meaning import Finder
from engine.diorama.words.mentions import Reading

MOST_MOTIONS = 4
NARRATOR = -1
"""Who says what nobody in the picture says."""

OF = frozenset({"of", "de", "du", "des", "d'"})
NEGATIONS = frozenset({"not", "never", "don", "doesn", "didn", "isn", "aren", "won", "cannot", "ne", "n'"})
CAUSES = frozenset({"make", "makes", "making", "made", "watches", "watching", "sees", "seeing"})
MAKES = frozenset({"fait", "font", "faire", "faisant", "laisse", "laissent"})
TALKERS = frozenset({"animal", "person", "flyer", "swimmer"})
OF_THINGS = frozenset({"fall", "bounce", "roll", "spin", "explode", "grow", "shrink", "float", "fly", "shake"} | {
    "appear", "vanish", "hover", "idle", "drive", "slide", "orbit",
})  # fmt: skip
ANIMATE = frozenset({"animal", "person", "flyer", "swimmer", "vehicle"})


@dataclass
class Pending:
    """What was read and waits for its noun."""

    count: int | None = None
    colour: str | None = None
    size: float | None = None
    motions: list[str] = field(default_factory=list[str])
    definite: bool = False
    negated: bool = False


class Clauses:
    """The half of a reader that knows verbs, relations, speech and setting; noun phrases are the other half."""

    def __init__(self, items: list[Item], language: str, find: Finder) -> None:
        self.items = items
        self.language = language
        self.find = find
        self.out = Reading()
        self.foreign = is_foreign(items)
        self.at = 0
        self.item = Item("end", "", "", "", [])
        self.pending = Pending()
        self.actors: list[int] = []
        self.last: int | None = None
        self.verb = False
        self.joined = False
        self.fresh_sentence = True
        self.link: tuple[str, list[int], dict[str, str]] | None = None
        self.aimed: list[int] = []
        self.compared = False
        self.causing = False
        self.passive: tuple[str, str, list[int]] | None = None
        self.quote: int | None = None
        self.saying = False
        self.wished = False

    # --- who acts on whom ---

    def _place(self, index: int, known: int) -> None:
        """Give a noun its part: the object of what went before, one more actor, or the start of a new clause."""
        if self.passive is not None:
            self._do_by(known)
            return
        if self.link is not None:
            relation, sources, action = self.link
            self.link = None
            relate(self.out, relation, sources, known, action)
            return
        worn = self.out.mentions[known].art in listed("clothes")
        if self.actors and (worn or self._is_complement()):
            return
        if not self.actors or self.fresh_sentence or (not self.verb and self.last is not None):
            companion = self.actors and not self.verb and not self.fresh_sentence
            self.actors = [*self.actors, known] if companion and known not in self.actors else [known]
            self.verb = False
            return
        following = self.items[index + 1].role if index + 1 < len(self.items) else ""
        starts_clause = self._verb_ahead(index, known) if self.joined else following in {"motion", "action", "say"}
        if starts_clause:
            self.actors = [known]
            self.verb = False
        elif not self.joined and known not in self.actors:
            for actor in self.actors:
                if self.out.mentions[actor].relation == "none":
                    self.out.mentions[actor].relation, self.out.mentions[actor].target = "beside", known

    def _do_by(self, agent: int) -> None:
        """Let the noun after "by" do what the passive verb before it says to whom it was said of."""
        motion, relation, patients = self.passive or ("idle", "none", [])
        self.passive = None
        here = self.out.mentions[agent]
        here.motions.append(suited(self.out, self.item, motion, here))
        if patients and patients[0] != agent:
            relate(self.out, relation, [agent], patients[0], {"object": "flee"} if motion == "chase" else {})

    def _is_complement(self) -> bool:
        """Whether this noun only tells more of the one before: "le chat du voisin", "the king of the lions"."""
        back = self.at - 1
        while back > 0 and self.items[back].role in MODIFIERS and self.items[back].form not in OF:
            back -= 1
        return back > 0 and self.items[back].form in OF and self.items[back - 1].role in {"subject", "colour", "size"}

    def _verb_ahead(self, index: int, known: int) -> bool:
        """Whether the noun at ``index`` starts a clause: things do not walk while somebody is there who can."""
        alive = self.out.mentions[known].kind in ANIMATE
        if self.out.mentions[known].art in listed("clothes"):
            return False
        somebody = any(self.out.mentions[one].kind in ANIMATE for one in self.actors)
        for item in self.items[index + 1 :]:
            if item.role in {"motion", "action", "say"}:
                return alive or not somebody or item.value in OF_THINGS
            if item.role in {"conjunction", "sequence", "end", "comma"}:
                return False
        return False

    def _on_likeness(self) -> None:
        """What something is made of or looks like has no picture of its own."""
        self.compared = True

    def _on_relation(self) -> None:
        if self.item.form == "en" and self._tells_material():
            self.compared = True
            return
        if self.item.value == "without":
            self.pending.negated = True
            return
        if self.passive is not None:
            return
        if self.link is not None and self.item.value in {"in", "beside", "with"} and self.link[2]:
            # "plays with a ball", "looks at the moon": the preposition belongs to the verb before it.
            return
        if self.aimed and self.item.value in {"on", "over", "beside", "in", "in_front_of"}:
            self.link = ("toward", self.aimed, {})
            return
        sources = list(self.actors) if self.verb else ([] if self.last is None else [self.last])
        if not self.verb and self.item.value in {"on", "under"} and self.last in self.actors:
            # "An owl and its mother on a branch": both are there.
            sources = list(self.actors)
        taken = sources and self.out.mentions[sources[0]].relation != "none"
        if taken and self.last is not None and self.item.value != "around":
            sources = [self.last]
        self.link = (self.item.value, sources, {}) if sources else None

    def _on_borne(self) -> None:
        """Let what was named last be on the head, or in the arms, of whoever was there before it."""
        thing, people = self.last, [at for at, one in enumerate(self.out.mentions) if one.kind in TALKERS]
        owner = next((at for at in people if at != thing), None)
        if thing is None or owner is None:
            return
        self.link = None
        held = self.item.value == "holding" or self.out.mentions[thing].art in listed("clothes")
        first, second = (owner, thing) if held else (thing, owner)
        here, there = self.out.mentions[first], self.out.mentions[second]
        if held and here.relation == "holding" and here.target != thing:
            return
        if there.target == first:
            there.relation, there.target = "none", None
        here.relation, here.target = "holding" if held else "on", second

    # --- verbs ---

    def _on_motion(self) -> None:
        if self._prenominal(self.at):
            self.pending.motions.append(self.item.value)
            return
        if self._is_passive(self.item.value, motion_relations().get(self.item.value, "beside")):
            return
        if self.at and self.items[self.at - 1].form in MAKES and self.item.form.endswith(("er", "ir", "re")):
            # "Fait disparaître un lapin": it is the rabbit that vanishes.
            self.verb = True
            self.link = ("beside", list(self.actors), {"object": self.item.value})
            return
        if self.item.value == "explode" and noun_ahead(self.items, self.at):
            # "Pops the champagne": it is the bottle that bursts.
            self.verb = bool(self.actors)
            self.pending.motions += [] if self.actors else [self.item.value]
            self.link = ("beside", list(self.actors), {"object": self.item.value}) if self.actors else None
            return
        entry = motion_relations().get(self.item.value)
        self._act(self.at, self.item, self.item.value)
        self.link = (
            (entry, list(self.actors), {"object": "flee"} if self.item.value == "chase" else {})
            if entry and self.actors
            else None
        )

    def _on_action(self) -> None:
        action = dict(actions()[self.item.value])
        if self._is_passive(action["motion"], action["relation"]):
            return
        if "place" in action:
            self.out.setting.setdefault("place_hint", action["place"])
        has_object = noun_ahead(self.items, self.at) or self._object_after_preposition(self.at)
        causing = self.item.form in CAUSES
        self._act(self.at, self.item, action["motion"] if has_object else action.get("alone", action["motion"]))
        self.link = (action["relation"], list(self.actors), action) if self.actors and has_object else None
        self.aimed = list(self.actors) if "aim" in action else []
        self.causing = causing and has_object

    def _is_passive(self, motion: str, relation: str) -> bool:
        """Whether the verb here is said of who suffers it: "is chased by", "poursuivi par"."""
        follows = self.items[self.at + 1] if self.at + 1 < len(self.items) else None
        if follows is None or follows.form not in {"by", "par"} or self.item.form.endswith(("ing", "ant")):
            return False
        self.passive = (motion, relation, list(self.actors) if self.verb or self.last is None else [self.last])
        return True

    def _object_after_preposition(self, index: int) -> bool:
        follows = self.items[index + 1] if index + 1 < len(self.items) else None
        return follows is not None and follows.role == "relation" and noun_ahead(self.items, index + 1)

    def _prenominal(self, index: int) -> bool:
        """Whether a participle stands before its noun: "a dancing robot"."""
        before = self.items[index - 1].role if index else "determiner"
        form = self.items[index].form
        return form.endswith(("ing", "ed")) and before in MODIFIERS and noun_ahead(self.items, index)

    def _act(self, index: int, item: Item, motion: str) -> None:
        before = self.items[index - 1] if index else None
        attached = (
            item.form.endswith(("ing", "ant")) and before is not None and before.role in {"subject", "colour", "size"}
        )
        relative = before is not None and before.form in {"who", "that", "which", "qui"}
        # "Un panda qui mange et qui éternue": the second "qui" goes back to where the first went.
        earlier = self.items[max(0, index - 2)].role if index else ""
        relative = relative and not (earlier == "conjunction" and self.verb)
        attached = attached and self.last is not None and self.out.mentions[self.last].kind in ANIMATE
        if (attached or relative) and self.last is not None and self.last not in self.actors:
            self.actors = [self.last]
        if self.causing and self.last is not None and self.last not in self.actors:
            self.actors = [self.last]
        self.causing = False
        if self._negated():
            self.verb = True
            self.link = None
            return
        if not self.actors:
            # "Jumping over a log, a fox …" waits for its actor; "make a video of …" is addressed to us.
            if item.form.endswith(("ing", "ant")):
                self.pending.motions.append(motion)
            return
        for actor in self.actors:
            motions = self.out.mentions[actor].motions
            own = suited(self.out, item, motion, self.out.mentions[actor])
            if (not motions or motions[-1] != own) and len(motions) < MOST_MOTIONS:
                motions.append(own)
        self.verb = True
        self.link = None

    def _negated(self) -> bool:
        """Whether the verb here is denied: "does not move", "ne bouge pas"."""
        back = self.at - 1
        while back >= 0 and self.items[back].form in {"se", "s'", "le", "la", "les", "ever"}:
            back -= 1
        return back >= 0 and self.items[back].form in NEGATIONS

    # --- speech ---

    def _on_say(self) -> None:
        back = [one.form for one in self.items[max(0, self.at - 2) : self.at]]
        if self.last is not None and {"who", "that", "which", "qui"} & set(back):
            self.actors = [self.last]
        self.saying = True
        self.verb = True
        nearby = self.items[self.at + 1] if self.at + 1 < len(self.items) else None
        inverted = self.quote is not None and (nearby is None or nearby.role in {"determiner", "subject", "unknown"})
        if not inverted:
            self.quote = None

    def _on_quote(self) -> None:
        line = int(self.item.value)
        if self.saying and self.actors:
            self.out.speakers[line] = self.actors[0]
            self.saying = False
            return
        if self.at and self.items[self.at - 1].role == "colon" and self.last is not None:
            named = [*reversed(self.actors), self.last, *range(len(self.out.mentions))]
            self.out.speakers[line] = next((one for one in named if self.out.mentions[one].kind in TALKERS), self.last)
        self.quote = line

    def _on_interjection(self) -> None:
        if self.saying and not any(one.role == "quote" for one in self.items[self.at + 1 : self.at + 4]):
            meaning = self.item.meaning("interjection")
            language = meaning.language if meaning else self.language
            self.out.exclaimed.append((self.item.text, language, self.actors[0] if self.actors else None))
            self.saying = False
        elif self.item.form in wishes() and not self.saying and not self._quotes_follow():
            self._wish()

    def _quotes_follow(self) -> bool:
        return any(one.role == "quote" for one in self.items)

    def _wish(self) -> None:
        """Have a narrator say the wish here, and to whom: "happy birthday Leo", "joyeux anniversaire mamie !"."""
        meaning = self.item.meaning("interjection")
        addressed = self.items[self.at + 1 : self.at + 2]
        known = bool(addressed) and addressed[0].role in {"subject", "unknown", "famous"} and not addressed[0].plural
        self.wished = known
        text = f"{self.item.text} {addressed[0].text}" if known else self.item.text
        self.out.exclaimed.append((text, meaning.language if meaning else self.language, NARRATOR))

    # --- the setting, and what ends a clause ---

    def _on_place(self) -> None:
        if self.item.near and self.item.role not in self.out.setting:
            self.out.nearest.setdefault(self.item.text, self.item.value)
        self.out.setting.setdefault(self.item.role, self.item.value)
        self.out.setting.setdefault(f"{self.item.role}_word", self.item.text)
        if self.item.role in {"weather", "time"} and noun_ahead(self.items, self.at):
            # "On a snowy hill": only an adjective, the hill is still to come.
            return
        self.link = None
        self.pending = Pending()

    _on_time = _on_weather = _on_camera = _on_style = _on_place

    def _on_mood(self) -> None:
        self.out.setting.setdefault("mood", self.item.value)

    def _on_season(self) -> None:
        self.out.seasons.append(self.item.value)
        self.link = None
        self.pending = Pending()

    def _tells_material(self) -> bool:
        """Whether a French "en" here names what the noun before it is made of: "une voiture en chocolat"."""
        around = self.items[max(0, self.at - 1) : self.at], self.items[self.at + 1 : self.at + 2]
        if not (around[0] and around[1]) or around[0][0].role != "subject" or around[1][0].role != "subject":
            return False
        art = around[1][0].value
        return pack.index()[art]["kind"] in {"food", "plant", "object"} and art not in listed("clothes")

    def _on_conjunction(self) -> None:
        self.joined = True
        self.link = None

    _on_comma = _on_sequence = _on_conjunction

    def _on_end(self) -> None:
        self.aimed, self.passive, self.compared = [], None, False
        self.fresh_sentence = True
        self.link = None
        self.pending = Pending()
