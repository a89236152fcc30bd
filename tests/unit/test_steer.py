"""Sentences that steer the feed: read in English and French, honest about what they do, harmless whatever they say."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.text.meaning import meaning
from engine.text.steer import MOST_TOPICS, MOST_WISHES, Direction, Kind, Wish, steering, topic_meaning
from models.errors import Invalid
from resolvers.feed.steer import LONGEST_STEER, Facts, Steer, check_steer, pace_of
from resolvers.feed.why import Feature

ADA, BOB = UUID(int=1), UUID(int=2)
USUAL = dict.fromkeys(Feature, 1.0)


def facts(**known: object) -> Facts:
    plain: dict[str, object] = {"author_id": ADA, "follows": False, "hours": 1.0, "seconds": 4.0, "has_audio": True}
    return Facts(**(plain | known))  # type: ignore[arg-type]


def steer(text: str, **authors: UUID) -> Steer:
    read = steering(text)
    topics = {wish.value: topic_meaning(wish.value) for wish in read.wishes if wish.kind is Kind.TOPIC}
    return Steer(text, read.wishes, read.not_understood, authors, topics)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("more nature, no politics, slower", "TOPIC MORE nature, TOPIC NEVER politics, PACE MORE CALM"),
        ("plus de nature, pas de politique, plus lent", "TOPIC MORE nature, TOPIC NEVER politics, PACE MORE CALM"),
        ("no politics, violence or ads", "TOPIC NEVER politics, TOPIC NEVER violence, TOPIC NEVER ads"),
        ("moins de pubs et plus d'animaux", "TOPIC LESS ads, TOPIC MORE animals"),
        ("less @Bob, @carol. newest", "AUTHOR LESS bob, AUTHOR LESS carol, FRESHNESS MORE NEW"),
        ("cats more, @bob less", "TOPIC MORE cats, AUTHOR LESS bob"),
        ("only in French", "LANGUAGE ONLY fr"),
        ("en français, moins rapide", "LANGUAGE MORE fr, PACE LESS LIVELY"),
        ("French food", "TOPIC MORE French food"),
        ("pas de vidéos longues", "LENGTH NEVER LONG"),
        ("cats in space and dogs", "TOPIC MORE cats in space, TOPIC MORE dogs"),
        ("clay animation, no neon", "STYLE MORE clay, STYLE NEVER neon"),
        ("surprise me with silent films", "EXPLORATION MORE UNKNOWN, SOUND MORE SILENT"),
        ("people I follow", "AUTHOR MORE FOLLOWED"),
        ("", ""),
    ],
)
def test_what_is_asked_for_is_read(text: str, read: str) -> None:
    found = steering(text)
    assert ", ".join(f"{wish.kind} {wish.direction} {wish.value}" for wish in found.wishes) == read
    assert found.not_understood == ()


def test_what_is_not_understood_is_said() -> None:
    assert steering("more").not_understood == ("more",)
    assert steering("x, cats").not_understood == ("x",)
    many = steering(", ".join(f"{letter * 3} stories" for letter in "abcdefgh"))
    assert len(many.wishes) == MOST_TOPICS
    assert len(many.not_understood) == 8 - MOST_TOPICS
    reading = Steer("@bob", steering("@bob").wishes).reading
    assert reading is not None
    assert "no member @bob" in reading.parts[0].effect


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=LONGEST_STEER), st.text(alphabet="no more less @,'.plus de ", max_size=LONGEST_STEER))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    if "\0" in text:
        with pytest.raises(Invalid):
            check_steer(text)
        return
    clean = check_steer(text)
    found = steering(clean)
    assert len(found.wishes) <= MOST_WISHES
    reading = Steer(clean, found.wishes, found.not_understood).reading
    assert (reading is None) == (not clean)
    assert all(part.effect.endswith(".") for part in (reading.parts if reading else ()))


@pytest.mark.parametrize("text", ["x" * (LONGEST_STEER + 1), "no\0thing"])
def test_too_long_and_nul_are_named(text: str) -> None:
    with pytest.raises(Invalid):
        check_steer(text)


def test_topics_count_by_meaning_in_both_languages_and_leave_out_what_is_about_them() -> None:
    river, debate = meaning("a river in the mountains"), meaning("un débat électoral au parlement")
    said = steer("more nature, no politics")
    assert (said.judge(facts(meaning=river)) or 0) > 0.3
    assert said.judge(facts(meaning=debate)) is None
    assert said.judge(facts(topics=frozenset({"POLITICS"}))) is None  # marked by a worker, whatever its vector
    marked = facts(meaning=river, topics=frozenset({"POLITICS"}))  # by its private prompt: that is nobody's to find
    for text in ("more politics", "less politics", "only politics"):
        assert steer(text).judge(marked) == steer(text).judge(facts(meaning=river)), text
    assert said.judge(facts()) == 0.0
    assert (steer("less nature").judge(facts(meaning=river)) or 0) < -0.3
    assert steer("only nature").judge(facts(meaning=-river)) is None
    assert np.isclose(np.linalg.norm(said.sought[0]), 1, atol=1e-3)
    assert len(said.sought) == 1


@pytest.mark.parametrize(
    ("text", "liked", "other"),
    [
        ("more @ada", {}, {"author_id": BOB}),
        ("people I follow", {"follows": True}, {}),
        ("in French", {"languages": frozenset({"fr"})}, {"languages": frozenset({"en"})}),
        ("clay", {"style": "clay"}, {"style": "neon"}),
        ("slower", {"pace": 0.1}, {"pace": 0.9}),
        ("faster", {"pace": 0.9}, {"pace": 0.1}),
        ("plus court", {"seconds": 2.0}, {"seconds": 9.0}),
        ("sans son", {"has_audio": False}, {}),
    ],
)
def test_facts_count_for_and_against(text: str, liked: dict[str, object], other: dict[str, object]) -> None:
    said = steer(text, ada=ADA)
    assert (said.judge(facts(**liked)) or 0) > (said.judge(facts(**other)) or 0)
    unknown = steer("slower, in French, clay")
    assert unknown.judge(facts()) == 0.0  # what the recipe does not tell counts neither way


@pytest.mark.parametrize(
    ("text", "left", "out"),
    [
        ("no @bob", {}, {"author_id": BOB}),
        ("only @bob", {"author_id": BOB}, {}),
        ("only in French", {"languages": frozenset({"fr"})}, {"languages": frozenset({"en"})}),
        ("no neon", {"style": "clay"}, {"style": "neon"}),
        ("only new", {}, {"hours": 500.0}),
        ("no old", {}, {"hours": 500.0}),
        ("only old", {"hours": 500.0}, {}),
    ],
)
def test_never_and_only_leave_out(text: str, left: dict[str, object], out: dict[str, object]) -> None:
    said = steer(text, bob=BOB)
    assert said.judge(facts(**left)) is not None
    assert said.judge(facts(**out)) is None


def test_some_words_turn_weights() -> None:
    assert steer("newest").weights(USUAL)[Feature.FRESHNESS] > 1
    assert steer("classics").weights(USUAL)[Feature.FRESHNESS] == 0
    assert steer("popular").weights(USUAL)[Feature.QUALITY] > 1
    assert steer("surprise me").weights(USUAL)[Feature.EXPLORATION] == 0.4
    assert steer("cats").weights(USUAL) == USUAL


def test_pace_comes_from_what_the_recipe_shows() -> None:
    sleeping, chase = pace_of(["sleep"], "calm", "static"), pace_of(["run", "chase"], "tense", "shake")
    assert sleeping is not None
    assert chase is not None
    assert sleeping < 0.2
    assert chase > 0.9
    assert pace_of([], "calm", "static") is None
    assert Wish("slower", Kind.PACE, Direction.MORE, "CALM") in steering("slower").wishes
