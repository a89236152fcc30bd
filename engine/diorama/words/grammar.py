"""Reads the items of a prompt in order into mentions: who there is, what each does, and how they stand together."""

from __future__ import annotations

from engine.diorama.art import pack
from engine.diorama.words.clauses import OF, Clauses, Pending
from engine.diorama.words.deeds import relate, stand_on_sides
from engine.diorama.words.items import Item, noun_ahead
from engine.diorama.words.lexicon import actions, colours, foreign, ideas, listed, mixed, naturals, persons
from engine.diorama.words.meaning import NOUN_NEAR, NOUN_SURE
from engine.diorama.words.members import NEUTRAL
from engine.diorama.words.mentions import Mention, Reading
from engine.diorama.words.reading import fold

GROUP = 3
MALE, FEMALE = ("man-", "boy", "prince-", "old-man"), ("woman-", "girl", "princess", "old-woman")
LONGEST_CHAIN = 3
"""Unknown words in a row that may name one thing together."""

ABSTRACT = (
    "tion",
    "sion",
    "tions",
    "isme",
    "ism",
    "ité",
    "ity",
    "tude",
    "ness",
    "ance",
    "ence",
    "logie",
    "logy",
    "ement",
)
SHORTEST_ABSTRACT = 8
"""Letters from which an unknown word with such an ending names an idea, of which there is no picture."""

SHORTEST_VERB = 5
SHORTEST_FOREIGN = {True: 3}
"""Least letters of a plain Latin word of a third language that is looked up; signs of other scripts always are."""

POSSESSIVES = frozenset({"his", "her", "its", "their", "my", "your", "our", "son", "sa", "ses", "leur", "leurs", "mon"})
VERB_ENDINGS = {"en": ("s", "ing", "ed"), "fr": ("e", "ent", "ant", "it", "ait", "aient", "oit", "ut", "er", "ir")}
BEFORE_NOUNS = frozenset(
    {"", "determiner", "count", "relation", "action", "conjunction", "comma", "end", "size", "colour", "stop"}
)
KNOWN_NOUNS = frozenset({"subject", "place", "undrawn", "group", "weather", "time", "season"})
CREATURES = frozenset({"animal", "flyer", "swimmer"})
NAMING = frozenset({"named", "called", "nomme", "nommee", "appele", "appelee", "appelle", "surnomme", "surnommee"})
VARIED = {"person-standing": ("woman-standing", "man-standing")}
"""How several people of no told sex look, in turn."""


class Reader(Clauses):
    """One pass over the items. ``find`` gives the art nearest to an unknown word, or None where nothing is near."""

    def read(self) -> Reading:
        """Read every item; roles without a method carry no meaning of their own."""
        for at, item in enumerate(self.items):
            self.at, self.item = at, item
            if self.foreign and item.form in foreign() and item.role in {"motion", "action", "subject"}:
                continue
            handler = getattr(self, f"_on_{item.role}", None)
            if handler is not None:
                handler()
        stand_on_sides(self.out, self.items)
        return self.out

    # --- noun phrases ---

    def _on_determiner(self) -> None:
        indefinite = self.item.meaning("count") is not None
        self.pending.definite = not indefinite and self.item.form not in POSSESSIVES
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
        if not self._describes_last(self.at) or self.last is None:
            self.pending.colour = self.item.value
        elif self._describes_setting():
            self.out.unsupported.append(self.item.text)
        else:
            mention = self.out.mentions[self.last]
            mention.colour = None if self.item.value in naturals().get(mention.art, ()) else self.item.value

    def _describes_setting(self) -> bool:
        """Whether the adjective here tells of a place: "un océan violet" repaints nobody."""
        back = self.at - 1
        while back >= 0 and self.items[back].role in {"colour", "size", "mood"}:
            back -= 1
        return back >= 0 and self.items[back].role in {"place", "weather", "time", "undrawn"}

    def _on_size(self) -> None:
        if self._describes_last(self.at) and self.last is not None:
            self.out.mentions[self.last].size = float(self.item.value)
        else:
            self.pending.size = float(self.item.value)

    def _on_subject(self) -> None:
        if self.compared:
            self.compared, self.pending = False, Pending()
            self.out.unsupported.append(self.item.text)
            return
        if self._is_name() or self._merges_with_last() or self._tells_of_clothes():
            return
        self._mention(self.at, self.item, self.item.value)

    def _on_kit(self) -> None:
        """Let who was named last, or acts, have the thing that goes with them; it plays no further part."""
        holders = self.actors or ([] if self.last is None else [self.last])
        if self.last is not None and self.items[self.at - 1].role == "subject":
            holders = [self.last]
        if holders:
            index = self._add(self.item, self.item.value, Pending(count=1))
            relate(self.out, actions()[self.item.form]["relation"], holders, index, dict(actions()[self.item.form]))

    def _is_name(self) -> bool:
        """Whether the noun here is what somebody is called: "my cat mittens", "a dog named biscuit"."""
        before = self.items[max(0, self.at - 2) : self.at]
        if self.last is None or not before or self.item.cast is not None:
            return False
        owned = len(before) > 1 and before[0].form in POSSESSIVES and before[1].role == "subject"
        pet = self.out.mentions[self.last].kind in CREATURES and not before[-1].plural and before[-1].cast is None
        art = pack.index().get(self.item.value)
        called = art is not None and str(art["kind"]) not in {*CREATURES, "person"} and owned and pet
        if not (called or before[-1].form in NAMING):
            return False
        self.out.unsupported.append(self.item.text)
        return True

    def _merges_with_last(self) -> bool:
        """Whether two nouns in a row are one ("race car", "chat détective"): one is shown, the other is reported."""
        before = self.items[self.at - 1] if self.at else None
        if before is None or self.last is None or before.role != "subject" or before.plural:
            return False
        if not (before.text[0].isalpha() and self.item.text[0].isalpha()) or {before.cast, self.item.cast} != {None}:
            return False
        mention = self.out.mentions[self.last]
        second_shows = self.language == "fr" and _outshines(self.item.value, mention.art)
        if (self.language == "fr" and not second_shows) or _outshines(mention.art, self.item.value):
            # A cat chef is a cat: what it is stays, what it does for a living has no picture of its own.
            self.out.unsupported.append(self.item.text)
            return True
        self.out.unsupported.append(mention.word)
        self.out.nearest.pop(mention.word, None)
        mention.art, mention.word, mention.near = self.item.value, self.item.text, self.item.near
        mention.kind = str(pack.index()[mention.art]["kind"])
        mention.count = None if self.item.plural and mention.count == 1 else mention.count
        if mention.near:
            self.out.nearest.setdefault(mention.word, mention.art)
        return True

    def _tells_of_clothes(self) -> bool:
        """In "un costume de détective" there is no detective, only what he wears."""
        before = self.items[self.at - 2 : self.at]
        worn = len(before) == 2 and before[0].role == "subject" and before[0].value in listed("clothes")
        if not worn or before[1].form not in OF or self.item.plural:
            return False
        self.out.unsupported.append(self.item.text)
        return True

    def _on_pronoun(self) -> None:
        """In "bats fly around it" the pronoun stands for somebody else named before."""
        if self._names_nobody_yet() and self.at + 1 < len(self.items):
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

    def _on_famous(self) -> None:
        """Leave out who belongs to somebody else; somebody neutral plays a part that would be nobody's."""
        self.out.unsupported.append(self.item.text)
        self.pending = Pending()
        follows = self.items[self.at + 1] if self.at + 1 < len(self.items) else None
        if not self.out.mentions and follows is not None and follows.role in {"motion", "action", "say"}:
            self._mention(self.at, Item("subject", NEUTRAL, self.item.text, self.item.form, []), NEUTRAL)

    def _names_nobody_yet(self) -> bool:
        """Whether the pronoun here cannot go back to anybody: "he" where only women were named."""
        if not self.out.mentions:
            return True
        art = persons().get(self.item.form, "")
        people = [one.art for one in self.out.mentions if one.kind == "person" and one.cast is None]
        only_people = len(people) == len(self.out.mentions)
        if art.startswith("woman"):
            return only_people and all(one.startswith(MALE) for one in people)
        return art.startswith("man") and only_people and all(one.startswith(FEMALE) for one in people)

    def _on_undrawn(self) -> None:
        self.out.unsupported.append(self.item.text)
        follows = self.items[self.at + 1] if self.at + 1 < len(self.items) else None
        if follows is None or follows.form not in OF:
            # "On the nose of a dog" still leads to the dog.
            self.link = None
        self.pending = Pending()

    def _on_group(self) -> None:
        """In "a duck family" the ducks are several; a family alone is people."""
        before = self.items[self.at - 1] if self.at else None
        if before is not None and before.role == "subject" and self.last is not None:
            self.out.mentions[self.last].count = None
            return
        follows = self.items[self.at + 1] if self.at + 1 < len(self.items) else None
        if follows is not None and follows.form in OF:
            self.pending.count = GROUP
            return
        art = persons()["they"]
        two = self.item.form in {"duo", "duet", "pair"} or self.item.form in mixed()
        self.pending.count = 2 if two else GROUP
        self._mention(self.at, Item("subject", art, self.item.text, self.item.form, [], near=True), art)

    def _on_unknown(self) -> None:
        if self.foreign:
            self._read_foreign()
            return
        if self._is_name() or (self.at and self.items[self.at - 1].role == "interjection"):
            # "Happy birthday leo": who is wished well has no picture.
            self.out.unsupported += [self.item.text] if not self.wished else []
            return
        start = self.at
        while start and self.items[start - 1].role == "unknown":
            start -= 1
        if (self.at - start) % LONGEST_CHAIN:
            return
        if self._acts_unknown():
            return
        chain = self._chain(self.at)
        after = self.at + len(chain)
        follows = self.items[after].role if after < len(self.items) else ""
        words = [self.items[one].text for one in chain]
        known_follows = follows in KNOWN_NOUNS
        if self._role_before(self.at) not in BEFORE_NOUNS or known_follows or not self._mention_unknown(words):
            self.out.unsupported += words

    def _mention_unknown(self, words: list[str]) -> bool:
        """Mention the thing that unknown ``words`` name together, or else the one that their head names."""
        noun = " ".join(words)
        heads = words if self.language == "fr" else list(reversed(words))
        if fold(noun) in ideas():
            return False
        if len(words) == 1 and len(noun) >= SHORTEST_ABSTRACT and noun.endswith(ABSTRACT):
            return False
        for name in dict.fromkeys([noun, *heads]):
            # One word of several must be sure of its meaning; all of them together need only be near one.
            art = self.find.noun(name, self.language, least=NOUN_NEAR if name == noun else NOUN_SURE)
            if art is not None:
                self.out.nearest[noun] = art
                self._mention(self.at, Item("subject", art, noun, noun, [], near=True), art)
                return True
        return False

    def _acts_unknown(self) -> bool:
        """Take an unknown word for a verb where only a verb fits: after who acts, and with a verb's ending."""
        before = self.items[self.at - 1] if self.at else None
        if before is None or (
            before.role not in {"subject", "pronoun"} and before.form not in {"se", "s'", "to", "and"}
        ):
            return False
        if not self.item.form.endswith(VERB_ENDINGS[self.language]) or len(self.item.form) < SHORTEST_VERB:
            return False
        return self._act_as(self.item.text)

    def _act_as(self, word: str) -> bool:
        found = self.find.verb(word, self.language)
        if found is None:
            return False
        self.item.role, self.item.value = found
        self.item.near = True
        if self.item.role == "motion":
            self._on_motion()
        else:
            self._on_action()
        return True

    def _read_foreign(self) -> None:
        """Find what a word of a third language shows or does; its grammar is not known, so that order alone counts."""
        word = self.item.text
        if self.item.form in foreign() or len(self.item.form) < SHORTEST_FOREIGN.get(word.isascii(), 1):
            return
        art, told = self.find.either(word)
        if art is not None:
            self.out.nearest[word] = art
            self._mention(self.at, Item("subject", art, word, word, [], near=True), art)
        if told is not None and self.out.mentions:
            self.actors = self.actors or [len(self.out.mentions) - 1]
            self._act(self.at, Item("motion", told, word, word, []), told)
        if art is None and told is None:
            self.out.unsupported.append(word)

    def _chain(self, index: int) -> list[int]:
        end = index
        while end < len(self.items) and self.items[end].role == "unknown":
            end += 1
        return list(range(index, min(end, index + LONGEST_CHAIN)))

    def _role_before(self, index: int) -> str:
        back = index - 1
        while back >= 0 and self.items[back].role in {"filler", "mood", "stop"}:
            back -= 1
        return self.items[back].role if back >= 0 else ""

    def _mention(self, index: int, item: Item, art: str) -> None:
        pending, self.pending = self.pending, Pending()
        if pending.negated:
            return
        refers = (pending.definite and pending.count is None) or item.cast is not None
        known = self._same(art, item) if refers else None
        if known is None:
            known = self._add(item, art, pending)
        elif pending.motions:
            self.out.mentions[known].motions += pending.motions
        owns = item.owner and index + 1 < len(self.items) and self.items[index + 1].role in {"subject", "unknown"}
        if not owns:
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
            if item.cast is not None or one.cast is not None:
                if item.cast == one.cast:
                    return index
                continue
            if (
                one.art == art
                or one.word == item.text
                or (one.word.split()[0] == item.text.split()[0] and not item.near)
            ):
                return index
        return None

    def _add(self, item: Item, art: str, pending: Pending) -> int:
        count = pending.count
        paired = art in listed("clothes") or art in listed("pairs")
        if count is None and (paired or not item.plural):
            count = 1
        mention = Mention(art, item.text, str(pack.index()[art]["kind"]), count, near=item.near, cast=item.cast)
        mention.colour = pending.colour or _colour_in(item.form)
        if mention.colour in naturals().get(art, ()):
            mention.colour = None
        mention.varied = VARIED.get(art, ())
        if item.form in mixed():
            mention.count = 2
        mention.size = (pending.size or 1.0) * item.scale
        mention.motions += pending.motions
        self.out.mentions.append(mention)
        return len(self.out.mentions) - 1


def _outshines(first: str, second: str) -> bool:
    """Whether of two nouns in a row the first says what is seen: an animal or a fabled being before a human's part."""
    kinds = pack.index()[first]["kind"], pack.index()[second]["kind"]
    fabled = listed("fabled")
    if kinds[0] == "food" and second in listed("containers"):
        return True
    return kinds[1] == "person" and (kinds[0] in CREATURES or (first in fabled and second not in fabled))


def _colour_in(form: str) -> str | None:
    """The colour inside a name of several words: "black cat" is black."""
    words = form.split()
    return next((colours()[word] for word in words if word in colours()), None) if len(words) > 1 else None
