"""What the words of a remix make of the clip they remix."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diorama.art import pack
from engine.diorama.scene import SLOTS, Brief
from engine.diorama.words import understand
from engine.diorama.words.instruction import Change, instruction
from engine.diorama.words.revise import Revision, revise

FOX = understand("a fox jumps over a log in the rain at night and says 'bonjour'")
CATS = understand("two cats dance in a garden")


def arts(brief: Brief) -> list[str]:
    return [one.art for one in brief.subjects]


def setting(brief: Brief) -> tuple[str, ...]:
    return brief.place, brief.time, brief.weather, brief.camera, brief.style


@pytest.mark.parametrize(
    "words",
    [
        *("make it a cat", "replace the fox with a cat", "a cat instead of the fox", "a cat", "with a cat instead"),
        *("remplace le renard par un chat", "un chat à la place du renard", "transforme le renard en chat"),
    ],
)
def test_another_subject_takes_over_the_part_and_moves_as_the_first_did(words: str) -> None:
    remix = revise(FOX, words)
    assert remix.change is Change.REPLACE
    assert arts(remix.brief) == ["cat", FOX.subjects[1].art]
    assert remix.brief.subjects[0].motions == FOX.subjects[0].motions
    assert remix.brief.subjects[0].relation == "over"
    assert remix.slots == (0, 1)
    assert remix.kept == {0, 1}
    assert remix.keep_camera
    assert setting(remix.brief) == setting(FOX)
    assert [line.text for line in remix.brief.lines] == ["bonjour"]


def test_all_of_a_kind_are_replaced_together() -> None:
    assert arts(revise(CATS, "replace the cats with dogs").brief) == ["dog", "dog"]


def test_who_takes_over_is_as_large_as_nature_has_it() -> None:
    giant, small = revise(FOX, "an elephant").brief.subjects[0], revise(FOX, "a mouse").brief.subjects[0]
    assert giant.size > FOX.subjects[0].size > small.size


@pytest.mark.parametrize(
    ("words", "place", "time", "weather"),
    [
        ("same but underwater", "underwater", "night", "rain"),
        ("at noon on the beach", "beach", "day", "rain"),
        ("pareil mais sous l'eau", "underwater", "night", "rain"),
        ("la même chose mais dans l'espace", "space", "night", "rain"),
        ("same but snowing", FOX.place, "night", "snow"),
        ("without rain", FOX.place, "night", "clear"),
    ],
)
def test_another_place_or_weather_keeps_the_cast_and_its_movement(
    words: str, place: str, time: str, weather: str
) -> None:
    remix = revise(FOX, words)
    assert remix.brief.subjects == FOX.subjects
    assert remix.kept == {0, 1}
    assert (remix.brief.place, remix.brief.time, remix.brief.weather) == (place, time, weather)


@pytest.mark.parametrize("words", ["in watercolour style", "en aquarelle"])
def test_another_style_changes_nothing_else(words: str) -> None:
    remix = revise(FOX, words)
    assert remix.brief.style == "watercolour"
    assert remix.brief.subjects == FOX.subjects
    assert setting(remix.brief)[:4] == setting(FOX)[:4]
    assert revise(FOX, words, style="neon").brief.style == "neon"


@pytest.mark.parametrize(
    "words",
    ["then it flies away", "and then the fox flies away", "ensuite il s'envole", "puis le renard s'envole"],
)
def test_a_story_goes_on_with_the_same_cast_from_where_it_ended(words: str) -> None:
    remix = revise(FOX, words)
    assert remix.continues
    assert remix.change is Change.CONTINUE
    assert arts(remix.brief) == arts(FOX)
    assert remix.brief.subjects[0].motions == ("fly",)
    assert remix.slots == (0, 1)
    assert not remix.kept
    assert setting(remix.brief) == setting(FOX)
    assert remix.brief.lines == ()


def test_in_a_story_that_goes_on_somebody_new_may_speak_or_come() -> None:
    said = revise(FOX, "then the fox says 'I am tired'").brief
    assert [(line.text, line.speaker) for line in said.lines] == [("I am tired", 0)]
    assert said.subjects[0].motions == ("idle",)
    came = revise(FOX, "suddenly a dragon appears")
    assert arts(came.brief)[2:] == ["dragon"]
    assert came.slots == (0, 1, None)


@pytest.mark.parametrize("words", ["make it dance", "he dances", "fais-le danser", "il danse"])
def test_one_actor_can_be_given_another_deed_while_the_others_go_on(words: str) -> None:
    remix = revise(FOX, words)
    assert remix.brief.subjects[0].motions == ("dance",)
    assert remix.kept == {1}
    assert remix.brief.lines == FOX.lines


def test_several_are_meant_by_they() -> None:
    assert all(one.motions == ("run",) for one in revise(CATS, "make them run").brief.subjects)
    assert all(one.colour == "blue" for one in revise(CATS, "make them blue").brief.subjects)


def test_colour_and_size_change_alone() -> None:
    blue, large = revise(FOX, "make the fox blue"), revise(FOX, "make it bigger")
    assert (blue.brief.subjects[0].colour, blue.kept) == ("blue", {0, 1})
    assert large.brief.subjects[0].size > FOX.subjects[0].size
    assert large.kept == {0, 1}


def test_subjects_join_and_leave() -> None:
    more = revise(FOX, "add two butterflies")
    assert arts(more.brief)[2:] == ["butterfly", "butterfly"]
    assert more.slots == (0, 1, None, None)
    fewer = revise(FOX, "remove the log")
    assert arts(fewer.brief) == ["fox"]
    assert fewer.brief.subjects[0].relation == "none"
    assert fewer.slots == (0,)
    assert len(revise(FOX, "add nine butterflies").brief.subjects) == SLOTS


def test_who_is_not_there_cannot_leave_and_is_reported() -> None:
    remix = revise(FOX, "remove the elephant")
    assert arts(remix.brief) == arts(FOX)
    assert "the elephant" in remix.brief.unsupported


def test_nobody_is_left_alone_with_an_empty_stage() -> None:
    lone = understand("a fox")
    assert arts(revise(lone, "remove the fox").brief) == ["fox"]


def test_a_prompt_of_its_own_inherits_what_it_does_not_name() -> None:
    remix = revise(FOX, "an astronaut walks on the moon")
    assert remix.change is Change.RETELL
    assert arts(remix.brief) == ["astronaut"]
    assert (remix.brief.place, remix.brief.weather) == ("moon", "rain")
    assert remix.slots == (0,)
    assert not remix.kept


def test_words_without_a_meaning_are_reported_and_change_nothing() -> None:
    remix = revise(FOX, "blorf zzyx")
    assert remix.brief.subjects == FOX.subjects
    assert set(remix.brief.unsupported) == {"blorf", "zzyx"}


def test_a_chain_of_remixes_holds_together() -> None:
    brief = FOX
    for words in ("make it a cat", "same but underwater", "add a fish", "then it sleeps", "en néon"):
        brief = revise(brief, words).brief
    assert arts(brief) == ["cat", FOX.subjects[1].art, "fish"]
    assert (brief.place, brief.style, brief.subjects[0].motions[-1]) == ("underwater", "neon", "sleep")


def valid(parent: Brief, remix: Revision) -> bool:
    subjects, count = remix.brief.subjects, len(remix.brief.subjects)
    return (
        0 < count <= SLOTS
        and len(remix.slots) == count
        and all(slot is None or 0 <= slot < len(parent.subjects) for slot in remix.slots)
        and all(remix.slots[k] is not None for k in remix.kept)
        and all(one.target is None or 0 <= one.target < count for one in subjects)
        and all(one.art in pack.index() for one in subjects)
        and all(line.speaker is None or line.speaker < count for line in remix.brief.lines)
    )


PIECES = [
    *(
        "replace",
        "make it",
        "then",
        "add",
        "remove",
        "same but",
        "ensuite",
        "ajoute",
        "sans",
        "instead of",
        "with",
        "par",
    ),
    *(
        "the fox",
        "a cat",
        "'hi'",
        "dances",
        "on the log",
        "blue",
        "three",
        "in space",
        "à la place de",
        "them",
        "🦊",
        "il",
    ),
]


@settings(deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)))
def test_any_words_give_a_valid_remix(words: str) -> None:
    assert valid(FOX, revise(FOX, words))
    assert revise(CATS, words) == revise(CATS, words)


def test_long_words_are_told_in_linear_patterns() -> None:
    assert instruction("instead of " * 180).change is Change.REPLACE
    assert instruction("make it " * 240).change is not Change.CONTINUE
