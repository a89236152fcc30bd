"""Groups tokens into items, each with the one role its neighbours give it: "the duck" swims, but "they duck"."""

from __future__ import annotations

from dataclasses import dataclass

from engine.diorama.words.lexicon import Lexicon, Meaning, foreign
from engine.diorama.words.members import NEUTRAL, Members
from engine.diorama.words.reading import QUOTE, Token, fold

NOUNS = frozenset({"subject", "unknown", "undrawn"})
# What may stand between a determiner and its noun.
MODIFIERS = frozenset({"colour", "size", "count", "filler", "mood", "determiner"})
_NOUN_ROLES = frozenset({"subject", "place", "place_in", "place_on", "undrawn", "group"})
_NOUNLIKE = ("subject", "place", "weather", "time", "undrawn", "season")
_VERBS = frozenset({"motion", "action", "say"})
_ARTICLES = frozenset({"the", "le", "la", "les", "l'", "his", "her", "its", "their", "son", "sa", "ses", "ma", "mon"})
_BEING = frozenset({"is", "are", "was", "were", "keeps", "starts", "be"})
_LATIN = 0x24F
"""The last code point of Latin letters."""

_FEW = 2
_FAR = frozenset({"moon", "volcano"})
_AT = frozenset({"at", "à", "au"})
_AT_THE = frozenset({"a", "au", "aux", "en"})
# The order in which roles win when nothing nearby decides.
_RANK = (
    "famous", "camera", "style", "likeness", "group", "time", "season", "weather", "place", "interjection", "subject",
    "say", "action", "motion", "undrawn",
    "relation", "sequence", "conjunction", "pronoun", "count", "size", "colour", "mood", "determiner",
    "filler", "stop",
)  # fmt: skip
_MARKS = {",": "comma", ".": "end", ";": "end", "!": "end", "?": "end", ":": "colon", "…": "end"}


@dataclass
class Item:
    """A phrase read as one role; ``value`` is the meaning's value, or the quotation's index for role "quote"."""

    role: str
    value: str
    text: str
    form: str
    meanings: list[Meaning]
    plural: bool = False
    near: bool = False
    cast: int | None = None
    owner: bool = False
    scale: float = 1.0
    """How much bigger than usual it is, besides any adjective."""

    def meaning(self, *roles: str) -> Meaning | None:
        """The first meaning with one of ``roles``."""
        return next((one for one in self.meanings if one.role in roles), None)

    def take(self, meaning: Meaning) -> None:
        """Settle on ``meaning``."""
        self.role, self.value, self.plural, self.near = meaning.role, meaning.value, meaning.plural, meaning.near


def read_items(tokens: list[Token], book: Lexicon, language: str, cast: Members | None = None) -> list[Item]:
    """Longest-match reading of ``tokens``, then one role for each item; the names in ``cast`` come before all."""
    items: list[Item] = []
    place = quotes = 0
    while place < len(tokens):
        token = tokens[place]
        member = cast.match(tokens, place) if cast is not None else None
        if cast is not None and member is not None:
            index, length = member
            name, owner = cast.names[index], tokens[place + length - 1].owner
            items.append(Item("subject", NEUTRAL, name, fold(name), [], cast=index, owner=owner))
            place += length
            continue
        if token.text == QUOTE:
            items.append(Item("quote", str(quotes), "", "", []))
            quotes, place = quotes + 1, place + 1
            continue
        length, meanings = _match(tokens, place, book, language)
        if length > 1 and items and _is_noun_first(items[-1], meanings, book.table.get((token.form,), [])):
            # "A giant wave at sunset" is no waving at anybody.
            length, meanings = 1, book.table[(token.form,)]
        elif length > 1 and _steals(tokens, place, length, book):
            length, meanings = length - 1, book.table[tuple(one.form for one in tokens[place : place + length - 1])]
        text = " ".join(one.text for one in tokens[place : place + max(length, 1)])
        text = text.replace("' ", "'").replace("- ", "-").rstrip("-")
        form = " ".join(one.form for one in tokens[place : place + max(length, 1)])
        role = "" if meanings else _role_of_unknown(token, book)
        if role != "mark":
            items.append(Item(role, "", text, form, meanings))
        place += max(length, 1)
    for index in range(len(items)):
        _settle(items, index, language)
    return items


def _is_noun_first(before: Item, phrase: list[Meaning], word: list[Meaning]) -> bool:
    """Whether a phrase that is only a verb begins with what is a noun after ``before``: an article, an adjective."""
    described = before.meaning("determiner", "count", "size", "colour") is not None
    return described and all(one.role in _VERBS for one in phrase) and any(one.role in _NOUN_ROLES for one in word)


def _steals(tokens: list[Token], place: int, length: int, book: Lexicon) -> bool:
    """Whether the last word of a phrase begins a preposition of its own: in "balancing on top of", "on" does."""
    longer, meanings = book.match(tokens, place + length - 1)
    shorter = tuple(one.form for one in tokens[place : place + length - 1])
    return longer > 1 and any(one.role == "relation" for one in meanings) and shorter in book.table


def _match(tokens: list[Token], place: int, book: Lexicon, language: str) -> tuple[int, list[Meaning]]:
    """The longest phrase here in the prompt's language, else in the other one."""
    length, meanings = book.match(tokens, place)
    while length:
        own = [one for one in meanings if one.language == language]
        if length == 1 and tokens[place].form in book.stops[language]:
            # "des" folds like "dés" and "the" like "thé": a function word is never a thing.
            own = [
                one for one in own if one.role != "subject" and (one.role != "action" or "à" not in tokens[place].text)
            ]
        if own:
            return length, own
        if length > 1 or tokens[place].form not in book.stops[language]:
            shorter = book.table.get((tokens[place].form,), []) if length > 1 else []
            if not any(one.language == language for one in shorter):
                return length, meanings
        length -= 1
        meanings = book.table.get(tuple(one.form for one in tokens[place : place + length]), []) if length else []
    return 0, []


def _role_of_unknown(token: Token, book: Lexicon) -> str:
    if token.text in _MARKS:
        return _MARKS[token.text]
    if token.form.isdigit():
        return "number"
    if any(token.form in words for words in book.stops.values()):
        return "stop"
    return "unknown" if len(token.form) > 1 and any(char.isalpha() for char in token.form) else "mark"


def _settle(items: list[Item], index: int, language: str) -> None:
    """Choose the role of ``items[index]`` by what stands before and after it."""
    item = items[index]
    if not item.meanings:
        return
    before = items[index - 1].role if index else ""
    chosen = (
        _as_place(items, index)
        or _as_adjective(items, index, before, language)
        or _as_verb_or_noun(items, index, before, language)
    )
    if chosen is not None:
        item.take(chosen)
        return
    ranked = sorted((one for one in item.meanings if one.role in _RANK), key=lambda one: _RANK.index(one.role))
    item.take(ranked[0] if ranked else item.meanings[0])
    if item.role in {"place_in", "place_on"}:
        item.role = "place"


def _as_place(items: list[Item], index: int) -> Meaning | None:
    """In "in the castle" the noun is a place though "a castle" is a thing."""
    meaning = items[index].meaning("place_in", "place_on")
    if meaning is None:
        return None
    back = index - 1
    while back >= 0 and items[back].role in MODIFIERS and items[back].text.casefold() not in _AT:
        back -= 1
    if back >= 0:
        # One howls at the moon from elsewhere.
        within = items[back].role == "relation" and items[back].value == "in"
        inside = within or (meaning.value not in _FAR and items[back].text.casefold() in _AT)
        upon = items[back].role == "relation" and items[back].value == "on" and meaning.role == "place_on"
        if inside or upon:
            return Meaning("place", meaning.value, meaning.language, near=meaning.near)
    # "Pigs building a house": whether it is a verb is told later.
    return None if items[index].meaning(*_VERBS) else items[index].meaning("subject")


def _as_adjective(items: list[Item], index: int, before: str, language: str) -> Meaning | None:
    """The words "an orange cat" have a colour, "an orange" is a fruit; in French the colour follows its noun."""
    item = items[index]
    adjective = item.meaning("colour", "size", "mood")
    if adjective is None or not item.meaning("subject", "style"):
        return adjective if adjective is not None and adjective.role == "colour" else None
    following = items[index + 1] if index + 1 < len(items) else None
    ahead = following.meanings if following is not None else []
    noun_follows = any(one.role in _NOUN_ROLES for one in ahead) or (
        following is not None and following.role == "unknown"
    )
    noun_follows = noun_follows and (language == "en" or adjective.role != "colour")
    noun_before = before in {"subject", "colour", "size"} or (before == "unknown" and language == "fr")
    return adjective if noun_follows or noun_before else None


def _as_verb_or_noun(items: list[Item], index: int, before: str, language: str) -> Meaning | None:
    """Tell "the fly" from "they fly": a noun after a determiner, a verb after a subject or a pronoun."""
    item = items[index]
    verb, noun = item.meaning(*_VERBS), item.meaning(*_NOUNLIKE)
    if verb is None:
        return None
    between = item.meaning("relation")
    if between is not None and item.form == "entre" and _noun_next(items, index):
        return between
    mood = item.meaning("mood")
    if mood is not None and noun is None and language == "fr" and before in {"subject", "place", "unknown", "colour"}:
        return mood
    if len(item.meanings) == 1 and _only_a_noun_fits(items, index):
        return Meaning("unknown", "", language)
    if noun is not None and not _verbal(items, index, before, language):
        return noun
    return _verb(items, index)


def _noun_next(items: list[Item], index: int) -> bool:
    """Whether a noun phrase follows at once: "entre deux arbres" goes nowhere, "entre au café" and "entre dans" do."""
    if index + 1 >= len(items) or items[index + 1].form in _AT_THE:
        return False
    follows = items[index + 1]
    return bool(({one.role for one in follows.meanings} | {follows.role}) & (NOUNS | {"determiner", "count"}))


def _only_a_noun_fits(items: list[Item], index: int) -> bool:
    """Whether an article stands right before ``items[index]`` and no clitic is meant: "la gare", but "il la garde"."""
    if not index or items[index - 1].form not in _ARTICLES or items[index].form.endswith(("ing", "ed", "ant")):
        return False
    before = items[index - 2].role if index > 1 else ""
    return before not in {"subject", "pronoun", "unknown"} and (index < 2 or items[index - 2].form not in {"ne", "n'"})


def _verbal(items: list[Item], index: int, before: str, language: str) -> bool:
    """Whether a word that may be a noun or a verb is a verb here."""
    if before in {"subject", "pronoun", "motion", "unknown", "sequence"}:
        return True
    if index and items[index - 1].form in {"to", "se", "s'"}:
        return True
    if index and items[index - 1].form in _BEING and items[index].form.endswith("ing"):
        return True
    if language == "fr" and before in {"colour", "size", "mood"}:
        back = index - 1
        while back >= 0 and items[back].role in {"colour", "size", "mood"}:
            back -= 1
        return back >= 0 and items[back].role == "subject"
    if before not in {"conjunction", "comma"}:
        return False
    # French nouns want a determiner; a bare English one after "and" is a verb when something follows it.
    following = items[index + 1] if index + 1 < len(items) else None
    return language == "fr" or (following is not None and following.meaning("relation", "determiner") is not None)


def _verb(items: list[Item], index: int) -> Meaning | None:
    """Speech where something is said next to it, an action where an object follows, else a motion."""
    item = items[index]
    say, action, motion = item.meaning("say"), item.meaning("action"), item.meaning("motion")
    if say is not None and (_said(items, index) or not (action or motion)):
        return say
    if action is not None and (motion is None or _object_follows(items, index)):
        return action
    return motion or action


def _said(items: list[Item], index: int) -> bool:
    """Whether a quotation or a greeting stands within reach of the verb of speech at ``index``."""
    near = items[max(0, index - 2) : index] + items[index + 1 : index + 8]
    return any(one.role == "quote" or one.meaning("interjection") for one in near)


def _object_follows(items: list[Item], index: int) -> bool:
    """Whether the verb at ``index`` has a direct object."""
    for item in items[index + 1 : index + 5]:
        roles = {one.role for one in item.meanings} or {item.role}
        if roles & NOUNS:
            return True
        if not roles & (MODIFIERS | {"stop"}):
            return False
    return False


def noun_ahead(items: list[Item], index: int) -> bool:
    """Whether only modifiers stand between ``items[index]`` and a following noun."""
    for item in items[index + 1 :]:
        if item.role in NOUNS:
            return True
        if item.role not in MODIFIERS:
            return False
    return False


def is_foreign(items: list[Item]) -> bool:
    """Whether a prompt is in neither language: in another script, or mostly unknown around function words of others."""
    words = [item for item in items if item.form[:1].isalpha()]
    strange = [item for item in words if item.role == "unknown"]
    if any(ord(item.form[0]) > _LATIN for item in strange):
        return True
    told = any(item.form in foreign() for item in words)
    return told and len(strange) >= _FEW and len(strange) * 2 >= len(words)
