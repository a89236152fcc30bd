"""`revise`: a parent's brief and the words of a remix become the brief of the remix, and what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.diorama.art import pack
from engine.diorama.scene import SLOTS, STYLES, Brief, Line, Subject
from engine.diorama.words.instruction import Change, Instruction, instruction
from engine.diorama.words.lexicon import colours, language_of
from engine.diorama.words.members import NEUTRAL
from engine.diorama.words.mentions import Mention, Reading
from engine.diorama.words.reading import clean, fold, split_speech, tokenize
from engine.diorama.words.refusal import only
from engine.diorama.words.understand import (
    MOST_CHARACTERS,
    SIZES,
    framed_size,
    lines_of,
    read_cached,
    reading_of,
    understand,
)

_SETTING = ("place", "time", "weather", "camera", "style", "mood")
_PRONOUNS = frozenset(
    {"it", "he", "she", "they", "him", "her", "them", "il", "elle", "ils", "elles", "le", "la", "les"}
)
OUTGROWN = 1.35
"""How much larger or smaller than its forerunner a stand-in may be."""

_USUAL = {"weather": "clear", "time": "day", "camera": "static", "style": "plain"}
_OF_MOTIONS = frozenset({"over", "chasing"})
"""Relations that a motion brings along ("jumps over", "chases") and takes away when it ends."""

_LASTING = frozenset(
    {"walk", "run", "fly", "swim", "dance", "float", "hover", "sleep", "drive", "spin", "orbit", "climb"}
)
_SEVERAL = frozenset({"they", "them", "both", "all", "ils", "elles", "les", "tous", "toutes"})


@dataclass(frozen=True)
class Revision:
    """A remix's brief and what it owes its parent.

    ``slots`` names for each subject the parent's subject whose movement it takes over, None for a newcomer. ``kept``
    are the subjects that were not asked to move otherwise, ``keep_camera`` says the same of the camera. ``continues``:
    the clip begins where the parent ended, so that nothing is kept but the place to start from.
    """

    brief: Brief
    change: Change
    slots: tuple[int | None, ...]
    kept: frozenset[int]
    keep_camera: bool
    continues: bool = False


def revise(parent: Brief, prompt: str, *, style: str | None = None, cast: Sequence[str] = ()) -> Revision:
    """What ``prompt`` makes of ``parent``: an instruction ("same but at night") or a prompt of its own.

    What it does not name stays as it was. Never raises on any text; words without a meaning are in
    ``brief.unsupported``. ``style`` (one of scene.STYLES) wins over one named in the prompt. ``cast`` are the names of
    the remix's members, to whom `Subject.cast` of ``parent`` refers already; who has no part yet is given one.
    """
    text = clean(prompt[:MOST_CHARACTERS])
    language = language_of(tokenize(split_speech(text)[0]), default=parent.language)
    asked = instruction(text)
    if asked.change is Change.RETELL:
        asked = _recast(parent, asked, language, cast)
    if asked.change is Change.RETELL:
        return _retold(parent, prompt, style, cast)
    draft = _Draft.of(parent, language, cast)
    reading, quotes = draft.apply(asked)
    draft.enlist()
    continues = asked.change is Change.CONTINUE
    setting = draft.reset | {key: reading.setting[key] for key in _SETTING if key in reading.setting}
    if style in STYLES:
        setting["style"] = style
    if continues:
        draft.settle({reading.speakers.get(line) for line in range(len(quotes))})
    lines = tuple(lines_of(reading, quotes, draft.spans, draft.subjects, language)) if quotes else draft.lines
    brief = replace(
        parent, **setting, prompt=prompt, language=language, subjects=tuple(draft.subjects),
        lines=() if continues and not quotes else lines,
        unsupported=tuple(dict.fromkeys([*draft.missing, *reading.unsupported])),
        nearest={**parent.nearest, **reading.nearest},
    )  # fmt: skip
    kept = {k for k, slot in enumerate(draft.slots) if slot is not None and k not in draft.moved}
    return Revision(
        brief, asked.change, tuple(draft.slots), frozenset() if continues else frozenset(kept),
        keep_camera=not continues and brief.camera == parent.camera, continues=continues,
    )  # fmt: skip


@dataclass
class _Draft:
    """The cast of a remix while it is being changed."""

    parent: Brief
    language: str
    cast: Sequence[str]
    subjects: list[Subject]
    slots: list[int | None]
    spans: list[range]
    """Which subjects each noun of the reading stands for."""
    moved: set[int] = field(default_factory=set[int])
    missing: list[str] = field(default_factory=list[str])
    reset: dict[str, str] = field(default_factory=dict[str, str])
    """What of the setting goes back to the ordinary: "without rain"."""

    @classmethod
    def of(cls, parent: Brief, language: str, cast: Sequence[str]) -> _Draft:
        return cls(parent, language, cast, list(parent.subjects), list(range(len(parent.subjects))), [])

    @property
    def lines(self) -> tuple[Line, ...]:
        """The parent's lines, without those of who left."""
        return only(self.parent, [slot for slot in self.slots if slot is not None]).lines

    def apply(self, asked: Instruction) -> tuple[Reading, list[str]]:
        """Make the change; returns what its words were read as."""
        if asked.change in {Change.ADJUST, Change.CONTINUE}:
            return self._adjust(asked.new)
        reading, quotes, _ = reading_of(asked.new, self.language, cast=self.cast)
        self.spans = [range(len(self.subjects))[:1]] * len(reading.mentions)
        if asked.change is Change.REMOVE:
            self._remove(asked.old)
        elif asked.change is Change.REPLACE:
            self._replace(asked.old, reading.mentions)
        else:
            self._add(reading.mentions)
        return reading, quotes

    def _remove(self, old: str) -> None:
        refused = reading_of(old, self.language)[0].setting
        self.reset = {key: usual for key, usual in _USUAL.items() if refused.get(key) == getattr(self.parent, key)}
        gone = [] if self.reset else self._chosen(old)
        left = [k for k in range(len(self.subjects)) if k not in gone]
        if not left:
            self.missing.append(old)  # somebody has to stay
            return
        self.subjects, self.slots = list(only(self.parent, left).subjects), list(left)

    def _replace(self, old: str, mentions: list[Mention]) -> None:
        """The first noun takes the place of ``old``, further ones join."""
        if not mentions:
            return
        chosen = self._chosen(old) or [0]
        for k in chosen:
            self.subjects[k] = _recast_as(self.subjects[k], mentions[0])
            if mentions[0].motions:
                self.moved.add(k)
        self.spans = [range(chosen[0], chosen[0] + 1)]
        self._add(mentions[1:])

    def _add(self, mentions: list[Mention]) -> None:
        for one in mentions:
            start = len(self.subjects)
            room = max(0, min(one.count or 2, SLOTS - start))
            if not room:
                self.missing.append(one.word)
            self.subjects += [_newcomer(one)] * room
            self.slots += [None] * room
            self.spans.append(range(start, start + room))

    def enlist(self) -> None:
        """Give every member without a part the first person's, or a new one."""
        for member in range(len(self.cast)):
            if any(one.cast == member for one in self.subjects):
                continue
            free = next((k for k, one in enumerate(self.subjects) if one.kind == "person" and one.cast is None), None)
            if free is not None:
                self.subjects[free] = replace(self.subjects[free], cast=member)
                continue
            name = self.cast[member].lstrip("@")
            self._add([Mention(NEUTRAL, name, "person", cast=member)])

    def settle(self, speakers: set[int | None]) -> None:
        """Nobody explodes twice: in a story that goes on, who has no new deed goes on resting or stands."""
        talking = {self.spans[one].start for one in speakers if one is not None and one < len(self.spans)}
        for k, one in enumerate(self.subjects):
            if k not in self.moved and self.slots[k] is not None:
                lasting = k not in talking and one.motions[-1] in _LASTING
                self.subjects[k] = replace(one, motions=(one.motions[-1] if lasting else "idle",))

    def _chosen(self, old: str) -> list[int]:
        """Which subjects ``old`` names: all of one art; the first for a pronoun; none (and reported) otherwise."""
        words = [token.form for token in tokenize(old)]
        if not words or (words[0] in _PRONOUNS and len(words) == 1):
            return [k for k in range(len(self.subjects)) if _alike(self.subjects[k], self.subjects[0])]
        named = reading_of(old, self.language, cast=self.cast)[0].mentions
        members, arts = {one.cast for one in named}, {one.art for one in named if one.cast is None}
        chosen = [
            k for k, one in enumerate(self.subjects)
            if (one.cast in members if one.cast is not None else one.art in arts) or fold(one.word) in words
        ]  # fmt: skip
        if not chosen:
            self.missing.append(old)
        return chosen

    def _adjust(self, text: str) -> tuple[Reading, list[str]]:
        """Read ``text`` as going on about the parent's subjects: its pronouns and definite nouns mean them."""
        groups = _groups(self.subjects)
        reading, quotes = _told([self.subjects[group[0]] for group in groups], text, self.language, self.cast)
        self.spans = [range(group[0], group[-1] + 1) for group in groups]
        colour = next((colours()[t.form] for t in tokenize(text) if t.form in colours()), None)
        self._add(reading.mentions[len(groups) :])
        for group, one in zip(groups, reading.mentions, strict=False):
            for k in group:
                self._change(k, one)
        plain = not any(one.motions or one.colour for one in reading.mentions) and len(reading.mentions) == len(groups)
        if plain and colour is not None and not reading.setting:
            self.subjects[0] = replace(self.subjects[0], colour=colour)
        return reading, quotes

    def _change(self, k: int, one: Mention) -> None:
        """Let subject ``k`` be as ``one`` says, where it says anything."""
        before = self.subjects[k]
        target = self.spans[one.target].start if one.target is not None and one.target < len(self.spans) else None
        related = one.relation != "none" and target is not None and target < len(self.subjects)
        bound = before.relation in _OF_MOTIONS and bool(one.motions)
        self.subjects[k] = replace(
            before,
            motions=tuple(one.motions) or before.motions,
            colour=one.colour or before.colour,
            size=round(min(max(before.size * one.size, SIZES[0]), SIZES[1]), 3),
            relation=one.relation if related else "none" if bound else before.relation,
            target=target if related else None if bound else before.target,
        )
        if one.motions or related:
            self.moved.add(k)


def _recast(parent: Brief, asked: Instruction, language: str, cast: Sequence[str]) -> Instruction:
    """What a bare phrase asks for: "a cat" recasts, "at night" and "he dances" adjust, a sentence retells."""
    reading = reading_of(asked.new, language, cast=cast)[0]
    first = next(iter(tokenize(split_speech(asked.new)[0])), None)
    if not reading.mentions or (first is not None and first.form in _PRONOUNS):
        return Instruction(Change.ADJUST, asked.new)
    only_noun = len(reading.mentions) == 1 and not reading.mentions[0].motions
    lead = next((one for one in parent.subjects), None)
    if only_noun and lead is not None:
        # "flies away" alone may be read as insects; said of somebody it is a verb.
        said = _told([lead], asked.new, language, cast, bare=True)[0].mentions
        if len(said) == 1 and said[0].motions:
            return Instruction(Change.ADJUST, asked.new)
    if only_noun and reading.mentions[0].art in {one.art for one in parent.subjects}:
        return Instruction(Change.ADJUST, asked.new)
    return Instruction(Change.REPLACE, asked.new) if only_noun else asked


def _retold(parent: Brief, prompt: str, style: str | None, cast: Sequence[str]) -> Revision:
    """A prompt of its own: its cast steps into the parent's parts, and what it does not name stays."""
    told, reading = understand(prompt, style=style, cast=cast), reading_of(prompt, cast=cast, kits=True)[0]
    inherited = {key: getattr(parent, key) for key in _SETTING if key not in reading.setting}
    if style in STYLES:
        inherited.pop("style", None)
    slots: list[int | None] = [None] * len(told.subjects)
    free = list(range(len(parent.subjects)))
    for same in (True, False):
        for k, one in enumerate(told.subjects):
            fits = [slot for slot in free if not same or parent.subjects[slot].art == one.art]
            if slots[k] is None and fits:
                slots[k] = fits[0]
                free.remove(fits[0])
    silent = {one.word for one in reading.mentions if not one.motions}
    subjects = [
        replace(one, motions=parent.subjects[slot].motions) if slot is not None and one.word in silent else one
        for one, slot in zip(told.subjects, slots, strict=True)
    ]
    brief = replace(told, subjects=tuple(subjects), **inherited)
    kept = frozenset(
        k for k, slot in enumerate(slots)
        if slot is not None and _part(subjects[k], slots) == _part(parent.subjects[slot], None)
    )  # fmt: skip
    return Revision(brief, Change.RETELL, tuple(slots), kept, keep_camera=brief.camera == parent.camera)


def _part(subject: Subject, slots: list[int | None] | None) -> tuple[object, ...]:
    """What a subject does and with whom, its target named by the parent's numbers."""
    target = subject.target if slots is None or subject.target is None else slots[subject.target]
    return subject.motions, subject.relation, target


def _recast_as(before: Subject, one: Mention) -> Subject:
    """``one`` in the part of ``before``: as large beside its fellows as nature has it."""
    entry, old = pack.index()[one.art], pack.index()[before.art]
    grown = framed_size(entry["size"] * one.size) / framed_size(old["size"])
    # The parent's composition stays, so nobody may outgrow it.
    size = before.size * min(max(grown, 1 / OUTGROWN), OUTGROWN)
    return replace(
        before, art=one.art, word=one.word, kind=str(entry["kind"]), colour=one.colour, nearest=one.near, cast=one.cast,
        size=round(min(max(size, SIZES[0]), SIZES[1]), 3), motions=tuple(one.motions) or before.motions,
    )  # fmt: skip


def _newcomer(one: Mention) -> Subject:
    size = framed_size(pack.index()[one.art]["size"] * one.size)
    resting = read_cached("habitats")["resting"].get(one.kind, "idle")
    return Subject(
        one.art, one.word, one.kind, round(min(max(size, SIZES[0]), SIZES[1]), 3), one.colour,
        tuple(one.motions) or (resting,), nearest=one.near, cast=one.cast,
    )  # fmt: skip


def _told(
    known: list[Subject], text: str, language: str, cast: Sequence[str], *, bare: bool = False
) -> tuple[Reading, list[str]]:
    """``text`` read after a sentence for each of ``known``, so that "it" and "the fox" find whom they mean.

    The reading's first mentions are ``known`` in its order. A ``bare`` verb ("flies away") is said of the last of them.
    """
    article, link = ("a", " and ") if language == "en" else ("un", " et ")
    nouns = [_called(one, article, language, cast) for one in known]
    several = any(token.form in _SEVERAL for token in tokenize(text))
    before = (link if several else ". ").join(nouns)
    reading, quotes, _ = reading_of(f"{before}{' ' if bare else '. '}{text}", language, cast=cast)
    deedless = not any(one.motions or one.relation != "none" for one in reading.mentions)
    if bare or not deedless or reading.setting:
        return reading, quotes
    said = _told(known, text, language, cast, bare=True)
    return said if len(said[0].mentions) >= len(known) else (reading, quotes)


def _called(subject: Subject, article: str, language: str, cast: Sequence[str]) -> str:
    """How a subject is named so that reading the name gives it back."""
    if subject.cast is not None and subject.cast < len(cast):
        return f"@{cast[subject.cast].lstrip('@')}"
    return f"{article} {pack.index()[subject.art][f'names_{language}'][0]}"


def _alike(one: Subject, other: Subject) -> bool:
    return (one.art, one.cast) == (other.art, other.cast)


def _groups(subjects: list[Subject]) -> list[list[int]]:
    """The subjects by art, colour and member, whoever comes first last: it is whom a pronoun means."""
    groups: dict[tuple[str, str | None, int | None], list[int]] = {}
    for k, one in enumerate(subjects):
        groups.setdefault((one.art, one.colour, one.cast), []).append(k)
    return list(groups.values())[::-1]
