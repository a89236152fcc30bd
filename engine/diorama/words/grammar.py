"""Reads the items of a prompt in order into mentions: who there is, what each does, and how they stand together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.diorama.art import pack
from engine.diorama.words.deeds import relate, stand_on_sides, suited
from engine.diorama.words.items import MODIFIERS, Item, noun_ahead
from engine.diorama.words.lexicon import actions, colours, motion_relations, persons
from engine.diorama.words.mentions import Mention, Reading

MOST_MOTIONS = 4
OF = frozenset({"of", "de", "du", "des", "d'"})
ANIMATE = frozenset({"animal", "person", "flyer", "swimmer", "vehicle"})

Find = Callable[[str], str | None]


@dataclass
class _Pending:
    """What was read and waits for its noun."""

    count: int | None = None
    colour: str | None = None
    size: float | None = None
    motions: list[str] = field(default_factory=list[str])
    definite: bool = False
    negated: bool = False


class Reader:
    """One pass over the items. ``find`` gives the art nearest to an unknown word, or None where nothing is near."""

    def __init__(self, items: list[Item], language: str, find: Find) -> None:
        self.items = items
        self.language = language
        self.find = find
        self.out = Reading()
        self.at = 0
        self.item = Item("end", "", "", "", [])
        self.pending = _Pending()
        self.actors: list[int] = []
        self.last: int | None = None
        self.verb = False
        self.joined = False
        self.fresh_sentence = True
        self.link: tuple[str, list[int], dict[str, str]] | None = None
        self.quote: int | None = None
        self.saying = False

    def read(self) -> Reading:
        """Read every item; roles without a method carry no meaning of their own."""
        for at, item in enumerate(self.items):
            self.at, self.item = at, item
            handler = getattr(self, f"_on_{item.role}", None)
            if handler is not None:
                handler()
        stand_on_sides(self.out, self.items)
        return self.out

    # --- noun phrases ---

    def _on_determiner(self) -> None:
        indefinite = self.item.meaning("count") is not None
        self.pending.definite = not indefinite
        if indefinite:
            self.pending.count = 1

    def _on_count(self) -> None:
        if self.item.form in {"other", "another", "autre"} and self.pending.count:
            return
        self.pending.count = int(self.item.value)
        self.pending.definite = False

    def _on_number(self) -> None:
        self.pending.count = max(1, int(self.item.form[:4]))

    def _describes_last(self, index: int) -> bool:
        """Whether an adjective here belongs to the noun before it rather than to one that follows."""
        if self.last is None:
            return False
        back = index - 1
        while back >= 0 and self.items[back].role in {"colour", "size", "mood", "filler"}:
            back -= 1
        after_noun = back >= 0 and self.items[back].role in {"subject", "unknown"}
        if self.language == "fr" and after_noun:
            return True
        return not noun_ahead(self.items, index)

    def _on_colour(self) -> None:
        if self._describes_last(self.at) and self.last is not None:
            self.out.mentions[self.last].colour = self.item.value
        else:
            self.pending.colour = self.item.value

    def _on_size(self) -> None:
        if self._describes_last(self.at) and self.last is not None:
            self.out.mentions[self.last].size = float(self.item.value)
        else:
            self.pending.size = float(self.item.value)

    def _on_subject(self) -> None:
        if self._merges_with_last():
            return
        self._mention(self.at, self.item, self.item.value)

    def _merges_with_last(self) -> bool:
        """Whether two nouns in a row are one ("ninja cat", "chat détective"): the head stays, the other is reported."""
        before = self.items[self.at - 1] if self.at else None
        if before is None or self.last is None or before.role != "subject" or before.plural:
            return False
        if not (before.text[0].isalpha() and self.item.text[0].isalpha()):
            return False
        if self.language == "fr":
            self.out.unsupported.append(self.item.text)
            return True
        mention = self.out.mentions[self.last]
        self.out.unsupported.append(mention.word)
        mention.art, mention.word, mention.near = self.item.value, self.item.text, self.item.near
        mention.kind = str(pack.index()[mention.art]["kind"])
        mention.count = None if self.item.plural and mention.count == 1 else mention.count
        return True

    def _on_pronoun(self) -> None:
        """In "bats fly around it" the pronoun stands for somebody else named before."""
        if not self.out.mentions and self.at + 1 < len(self.items):
            art = persons().get(self.item.form)
            if art and self.items[self.at + 1].role in {"motion", "action", "say"}:
                self._mention(self.at, Item("subject", art, self.item.text, self.item.form, []), art)
            return
        if self.link is None or self.item.form in {"who", "which", "that", "qui"}:
            return
        relation, sources, action = self.link
        others = [one for one in range(len(self.out.mentions)) if one not in sources]
        if others:
            self.link = None
            relate(self.out, relation, sources, others[-1], action)

    def _on_undrawn(self) -> None:
        self.out.unsupported.append(self.item.text)
        self.link = None
        self.pending = _Pending()

    def _on_unknown(self) -> None:
        chain = self._chain(self.at)
        if self.at and self.items[self.at - 1].role == "unknown":
            return
        after = self.at + len(chain)
        before = self._role_before(self.at)
        known_follows = after < len(self.items) and self.items[after].role == "subject"
        stands_as_noun = before in {
            "",
            "determiner",
            "count",
            "relation",
            "action",
            "conjunction",
            "comma",
            "end",
            "size",
            "colour",
        }
        words = [self.items[one].text for one in chain]
        noun = " ".join(words)
        art = None
        if stands_as_noun and not known_follows:
            art = next((found for one in dict.fromkeys([noun, *words]) if (found := self.find(one))), None)
        if art is None:
            self.out.unsupported += words
            return
        self.out.nearest[noun] = art
        self._mention(self.at, Item("subject", art, noun, noun, [], near=True), art)

    def _chain(self, index: int) -> list[int]:
        end = index
        while end < len(self.items) and self.items[end].role == "unknown":
            end += 1
        return list(range(index, min(end, index + 3)))

    def _role_before(self, index: int) -> str:
        back = index - 1
        while back >= 0 and self.items[back].role in {"filler", "mood", "stop"}:
            back -= 1
        return self.items[back].role if back >= 0 else ""

    def _mention(self, index: int, item: Item, art: str) -> None:
        pending, self.pending = self.pending, _Pending()
        if pending.negated:
            return
        known = self._same(art, item) if pending.definite and pending.count is None else None
        if known is None:
            known = self._add(item, art, pending)
        elif pending.motions:
            self.out.mentions[known].motions += pending.motions
        self._place(index, known)
        if item.near:
            self.out.nearest.setdefault(item.text, art)
        if self.saying and self.quote is not None:
            self.out.speakers[self.quote] = known
            self.saying, self.quote = False, None
        self.last = known
        self.joined = self.fresh_sentence = False

    def _same(self, art: str, item: Item) -> int | None:
        """The mention that "the fox" goes back to."""
        for index, one in enumerate(self.out.mentions):
            if one.art == art or (one.word.split()[0] == item.text.split()[0] and not item.near):
                return index
        return None

    def _add(self, item: Item, art: str, pending: _Pending) -> int:
        count = pending.count
        if count is None and not item.plural:
            count = 1
        mention = Mention(art, item.text, str(pack.index()[art]["kind"]), count, near=item.near)
        mention.colour = pending.colour or _colour_in(item.form)
        mention.size = pending.size or 1.0
        mention.motions += pending.motions
        self.out.mentions.append(mention)
        return len(self.out.mentions) - 1

    # --- who acts on whom ---

    def _place(self, index: int, known: int) -> None:
        """Give a noun its part: the object of what went before, one more actor, or the start of a new clause."""
        if self.link is not None:
            relation, sources, action = self.link
            self.link = None
            relate(self.out, relation, sources, known, action)
            return
        if self.actors and self._is_complement():
            return
        if not self.actors or self.fresh_sentence or (not self.verb and self.last is not None):
            companion = self.actors and not self.verb and not self.fresh_sentence
            self.actors = [*self.actors, known] if companion and known not in self.actors else [known]
            self.verb = False
            return
        following = self.items[index + 1].role if index + 1 < len(self.items) else ""
        starts_clause = self._verb_ahead(index) if self.joined else following in {"motion", "action", "say"}
        if starts_clause:
            self.actors = [known]
            self.verb = False
        elif not self.joined and known not in self.actors:
            for actor in self.actors:
                if self.out.mentions[actor].relation == "none":
                    self.out.mentions[actor].relation, self.out.mentions[actor].target = "beside", known

    def _is_complement(self) -> bool:
        """Whether this noun only tells more of the one before: "le chat du voisin", "the king of the lions"."""
        back = self.at - 1
        while back > 0 and self.items[back].role in MODIFIERS and self.items[back].form not in OF:
            back -= 1
        return back > 0 and self.items[back].form in OF and self.items[back - 1].role in {"subject", "colour", "size"}

    def _verb_ahead(self, index: int) -> bool:
        for item in self.items[index + 1 :]:
            if item.role in {"motion", "action", "say"}:
                return True
            if item.role in {"conjunction", "sequence", "end", "comma"}:
                return False
        return False

    def _on_relation(self) -> None:
        if self.item.value == "without":
            self.pending.negated = True
            return
        if self.link is not None and self.item.value in {"in", "beside", "with"} and self.link[2]:
            # "plays with a ball", "looks at the moon": the preposition belongs to the verb before it.
            return
        sources = list(self.actors) if self.verb else ([] if self.last is None else [self.last])
        taken = sources and self.out.mentions[sources[0]].relation != "none"
        if taken and self.last is not None and self.item.value != "around":
            sources = [self.last]
        self.link = (self.item.value, sources, {}) if sources else None

    # --- verbs ---

    def _on_motion(self) -> None:
        if self._prenominal(self.at):
            self.pending.motions.append(self.item.value)
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
        has_object = noun_ahead(self.items, self.at) or self._object_after_preposition(self.at)
        self._act(self.at, self.item, action["motion"] if has_object else action.get("alone", action["motion"]))
        self.link = (action["relation"], list(self.actors), action) if self.actors and has_object else None

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
        attached = attached and self.last is not None and self.out.mentions[self.last].kind in ANIMATE
        if (attached or relative) and self.last is not None and self.last not in self.actors:
            self.actors = [self.last]
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

    # --- speech ---

    def _on_say(self) -> None:
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
            self.out.speakers[line] = self.last
        self.quote = line

    def _on_interjection(self) -> None:
        if self.saying and not any(one.role == "quote" for one in self.items[self.at + 1 : self.at + 4]):
            meaning = self.item.meaning("interjection")
            language = meaning.language if meaning else self.language
            self.out.exclaimed.append((self.item.text, language, self.actors[0] if self.actors else None))
            self.saying = False

    # --- the setting, and what ends a clause ---

    def _on_place(self) -> None:
        self.out.setting.setdefault(self.item.role, self.item.value)
        self.out.setting.setdefault(f"{self.item.role}_word", self.item.text)
        self.link = None
        self.pending = _Pending()

    _on_time = _on_weather = _on_camera = _on_style = _on_place

    def _on_mood(self) -> None:
        self.out.setting.setdefault("mood", self.item.value)

    def _on_season(self) -> None:
        self.out.seasons.append(self.item.value)
        self.link = None
        self.pending = _Pending()

    def _on_conjunction(self) -> None:
        self.joined = True
        self.link = None

    _on_comma = _on_sequence = _on_conjunction

    def _on_end(self) -> None:
        self.fresh_sentence = True
        self.link = None
        self.pending = _Pending()


def _colour_in(form: str) -> str | None:
    """The colour inside a name of several words: "black cat" is black."""
    words = form.split()
    return next((colours()[word] for word in words if word in colours()), None) if len(words) > 1 else None
