"""`understand`: a prompt in English or French, in any wording, becomes a `Brief`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from engine.diorama.art import pack
from engine.diorama.scene import SLOTS, STYLES, Brief, Line, Subject
from engine.diorama.words.bearing import bear
from engine.diorama.words.changes import change
from engine.diorama.words.clauses import NARRATOR
from engine.diorama.words.costume import dress
from engine.diorama.words.grammar import Reader
from engine.diorama.words.items import read_items
from engine.diorama.words.kinship import relate_kin
from engine.diorama.words.kit import equip
from engine.diorama.words.lexicon import language_of, lexicon, listed, read
from engine.diorama.words.meaning import Finder
from engine.diorama.words.members import Members, enlist
from engine.diorama.words.mentions import Mention, Reading
from engine.diorama.words.occasions import celebrate
from engine.diorama.words.reading import clean, split_speech, straighten, tokenize
from engine.diorama.words.senses import choose
from engine.diorama.words.spelling import mended

MOST_CHARACTERS = 2_000
MOST_LOOKUPS = 10
"""Unknown words looked up by meaning in one prompt (about 10 ms each); further ones are unsupported."""

MOST_LINES = 4
SIZES = (0.05, 1.0)
FRAMING = 0.6
"""Exponent that brings sizes closer together: beside an elephant a mouse must be small, but never a dot."""

LARGE = 0.62
"""The size that framing leaves as it is; what is naturally smaller grows, as if the camera stood nearer."""

CROWD = 1.7
"""Sum of sizes, in widths of an upright frame, above which everybody steps back."""

TALKERS = frozenset({"animal", "person", "flyer", "swimmer"})


def understand(prompt: str, *, style: str | None = None, cast: Sequence[str] = ()) -> Brief:
    """What ``prompt`` asks for. ``style`` (one of scene.STYLES) wins over a style named in the prompt.

    ``cast`` are the names of the members who play in it: "@mira" or "Mira" in the prompt is the subject played by her
    (`Subject.cast` is the index of her name); who is not named takes over the first person, or joins in front.

    Never raises on any text: what finds no meaning is in ``Brief.unsupported``, and a prompt without a subject gets
    one that suits its place. Takes a few milliseconds warm; the encoder is loaded only for unknown nouns.
    """
    reading, quotes, language = reading_of(prompt, cast=cast, kits=True)
    celebrate(reading, reading.forms, language)
    setting = _setting(reading)
    enlist(reading, cast)
    if not reading.mentions:
        reading.mentions.append(_guest(reading, setting))
    place = setting.get("place") or setting.get("place_hint") or _home(reading.mentions, setting)
    spans, left_over = _slots(reading.mentions)
    subjects = _subjects(reading.mentions, spans, reading.seasons)
    return Brief(
        prompt=prompt,
        language=language,
        subjects=tuple(subjects),
        lines=tuple(lines_of(reading, quotes, spans, subjects, language)),
        place=place,
        time=setting.get("time", "day"),
        weather=setting.get("weather", "clear"),
        camera=setting.get("camera", "static"),
        style=style if style in STYLES else setting.get("style", "plain"),
        mood=setting.get("mood") or _mood(subjects, setting),
        unsupported=tuple(dict.fromkeys([*reading.unsupported, *left_over, *quotes[MOST_LINES:]])),
        nearest=reading.nearest,
    )


def reading_of(
    prompt: str, language: str | None = None, *, cast: Sequence[str] = (), kits: bool = False
) -> tuple[Reading, list[str], str]:
    """What ``prompt`` names and nothing else, its quotations in order, and its language ("en" or "fr").

    ``language`` is known to who asks about a part of a prompt ("chat" alone could be either's). With ``kits`` things
    are there that nobody names: the drum of a drummer.
    """
    text, quotes = split_speech(clean(prompt[:MOST_CHARACTERS]))
    tokens = straighten(tokenize(text))
    if language is None:
        language = language_of(tokens, default=language_of(tokenize(" ".join(quotes))))
    tokens = mended(tokens, language)
    items = read_items(tokens, lexicon(), language, Members(cast) if cast else None)
    choose(items, tokens, language)
    bear(items)
    change(items)
    dress(items)
    relate_kin(items)
    equip(items, bring=kits)
    reading = Reader(items, language, Finder(MOST_LOOKUPS)).read()
    reading.forms = tuple(token.form for token in tokens)
    return reading, quotes, language


def _setting(reading: Reading) -> dict[str, str]:
    """Place, time, weather … as named, completed by the seasons, and by the moon unless it acts itself."""
    setting = dict(reading.setting)
    if any(one.art in listed("nightly") for one in reading.mentions[1:]):
        setting.setdefault("time", "night")
    seasons = read_cached("seasons")
    for season in reading.seasons:
        for key in ("place", "time", "weather", "mood"):
            if key in seasons[season]:
                setting.setdefault(key, seasons[season][key])
    return setting


@cache
def read_cached(name: str) -> dict[str, dict[str, str]]:
    """A lexicon file, parsed once."""
    return read(name)


def _guest(reading: Reading, setting: dict[str, str]) -> Mention:
    """Who shows up when the prompt names nobody; the reading's ``nearest`` tells."""
    place = setting.get("place", "meadow")
    art, motion = read_cached("habitats")["guest"][place]
    word = setting.get("place_word", art)
    if word != art:
        reading.nearest[word] = art
    return Mention(art, word, str(pack.index()[art]["kind"]), motions=[motion], near=True)


def _home(mentions: list[Mention], setting: dict[str, str]) -> str:
    """Where the first subject that has a home is at home; snow and space-farers have a say."""
    scenery = read_cached("habitats")["scenery"]
    framed = next((scenery[one.art] for one in mentions if one.art in scenery), None)
    if framed is not None:
        return framed
    homes = [pack.index()[one.art]["place"] for one in mentions]
    if "space" in homes[:1]:
        return "space"
    if setting.get("weather") == "snow":
        return "snowfield"
    targets = {one.target for one in mentions}
    acting = [
        home
        for index, (home, one) in enumerate(zip(homes, mentions, strict=True))
        if home and one.kind not in {"food", "object", "sky"} and index not in targets
    ]
    found = next(iter([*acting, *(home for home in homes if home)]), None)
    kinds = read_cached("habitats")["kind"]
    return found or kinds[mentions[0].kind]


def _slots(mentions: list[Mention]) -> tuple[list[range], list[str]]:
    """Which subject indices each mention gets, at most SLOTS in all, and the words that found no slot.

    Every mention keeps at least one slot as long as there are any; plain plurals give way before counted ones.
    """
    plural = int(read("counts")["plural"])
    wanted = [one.count or plural for one in mentions[:SLOTS]]
    while sum(wanted) > SLOTS:
        loose = [index for index, one in enumerate(mentions[:SLOTS]) if one.count is None and wanted[index] > 1]
        most = max(loose or range(len(wanted)), key=lambda index: (wanted[index], -index))
        wanted[most] -= 1
    spans: list[range] = []
    start = 0
    for count in wanted:
        spans.append(range(start, start + count))
        start += count
    return spans, [one.word for one in mentions[SLOTS:]]


def _subjects(mentions: list[Mention], spans: list[range], seasons: list[str]) -> list[Subject]:
    targets = {one.target for one in mentions if one.target is not None}
    subjects: list[Subject] = []
    for index, (one, span) in enumerate(zip(mentions, spans, strict=False)):
        target = one.target if one.target is not None and one.target < len(spans) else None
        entry = pack.index()[one.art]
        subject = Subject(
            art=one.art,
            word=one.word,
            kind=one.kind,
            size=entry["size"] * one.size,
            colour=one.colour or _season_colour(one, seasons),
            motions=tuple(motion for motion in one.motions if motion != "idle" or set(one.motions) == {"idle"})
            or (_resting(one, is_target=index in targets),),
            relation=one.relation if target is not None else "none",
            target=spans[target].start if target is not None else None,
            nearest=one.near,
            cast=one.cast,
        )
        looks = one.varied if one.varied and one.cast is None and len(span) > 1 else (one.art,)
        alike = [replace(subject, art=looks[place % len(looks)]) for place in range(len(span))]
        if subject.relation == "holding" and target is not None and len(spans[target]) == 1:
            # One watch among three penguins: the first has it, the others stand by.
            alike[1:] = [replace(other, relation="beside") for other in alike[1:]]
        subjects += alike
    return _framed(subjects)


def _framed(subjects: list[Subject]) -> list[Subject]:
    """The subjects as large as a camera would show them: in their natural order of size, filling the frame."""
    sizes = [framed_size(subject.size) for subject in subjects]
    back = min(1.0, CROWD / max(sum(sizes), CROWD))
    return [
        replace(subject, size=round(min(max(size * back, SIZES[0]), SIZES[1]), 3))
        for subject, size in zip(subjects, sizes, strict=True)
    ]


def framed_size(natural: float) -> float:
    """The size at which something of ``natural`` size is shown: both in fractions of the frame's shorter side."""
    return LARGE * (natural / LARGE) ** FRAMING


def _season_colour(one: Mention, seasons: list[str]) -> str | None:
    colours = [read_cached("seasons")[season].get("plants") for season in seasons]
    return next(iter([colour for colour in colours if colour]), None) if one.kind == "plant" else None


def _resting(one: Mention, *, is_target: bool) -> str:
    """Without a verb, a bird flies and a car drives, unless it is only somebody's landmark."""
    if is_target or one.relation in {"on", "under"}:
        return "idle"
    resting = read_cached("habitats")["resting"]
    return resting.get(one.art) or resting.get(one.kind, "idle")


def _mood(subjects: list[Subject], setting: dict[str, str]) -> str:
    """The mood that what happens suggests."""
    moods = read_cached("moods")
    for mood, entry in moods.items():
        if any(one.art in entry.get("arts", []) for one in subjects):
            return mood
    if setting.get("weather") == "storm":
        return "tense"
    for mood, entry in moods.items():
        if any(motion in entry.get("motions", []) for one in subjects for motion in one.motions):
            return mood
    return "calm"


def lines_of(
    reading: Reading, quotes: list[str], spans: list[range], subjects: list[Subject], language: str
) -> list[Line]:
    """What is said, by whom, in which language; without a named speaker the first character speaks."""
    first = next((index for index, one in enumerate(subjects) if one.kind in TALKERS), 0)

    def speaker(mention: int | None) -> int | None:
        if mention == NARRATOR:
            return None
        return spans[mention].start if mention is not None and mention < len(spans) else first

    said = [
        Line(text, language_of(tokenize(text), default=language), speaker(reading.speakers.get(index)))
        for index, text in enumerate(quotes)
    ]
    said += [Line(text, spoken, speaker(mention)) for text, spoken, mention in reading.exclaimed]
    return said[:MOST_LINES]
