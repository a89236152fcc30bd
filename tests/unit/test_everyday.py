"""How people really type: in haste, with wishes, names, feasts, feelings and characters that belong to somebody."""

from __future__ import annotations

import pytest

from engine.diorama.art import pack
from engine.diorama.scene import MOODS, MOTIONS, PLACES, TIMES, WEATHERS
from engine.diorama.words import understand
from engine.diorama.words.lexicon import read
from engine.diorama.words.senses import NO_PICTURE


def arts(prompt: str) -> list[str]:
    return [one.art for one in understand(prompt).subjects]


def test_a_feast_brings_its_things_where_few_are_named_and_none_where_many_are() -> None:
    assert {"dog", "birthday-cake", "balloon"} <= set(arts("it's my dog's birthday"))
    assert arts("an elephant, a lion, a tiger and a bear at a birthday") == ["elephant", "lion", "tiger", "bear"]


@pytest.mark.parametrize(("prompt", "art"), [("freedom", "eagle"), ("la liberté", "eagle"), ("lundi matin", "sloth")])
def test_an_idea_alone_shows_what_stands_for_it(prompt: str, art: str) -> None:
    assert arts(prompt)[0] == art


def test_an_idea_says_nothing_where_somebody_is_named() -> None:
    assert arts("a cat dreams of freedom") == ["cat"]


def test_father_christmas_is_no_feast() -> None:
    assert arts("le père noël danse") == ["santa-claus"]


def test_every_occasion_names_art_and_circumstances_that_exist() -> None:
    known = {"place": PLACES, "time": TIMES, "weather": WEATHERS, "mood": MOODS}
    for entry in read("occasions").values():
        assert {*entry.get("brings", ()), *(art for art, _ in entry.get("alone", ()))} <= set(pack.index())
        assert {motion for _, motion in entry.get("alone", ())} <= set(MOTIONS)
        assert all(entry[key] in values for key, values in known.items() if key in entry)


def test_every_sense_names_art_that_exists() -> None:
    for words in read("senses").values():
        for senses in words.values():
            arts = {cues if art == "else" else art for art, cues in senses.items()}
            assert arts <= {*pack.index(), NO_PICTURE}


def test_a_word_of_several_pictures_follows_the_rest_of_the_prompt() -> None:
    assert arts("un enfant mange une glace")[1] == "ice-cream"
    assert arts("des ballons pour un anniversaire")[0] == "balloon"
    assert arts("un garçon tape dans un ballon")[1] == "soccer-ball"


def test_a_wish_is_said_aloud_by_a_narrator_with_whom_it_is_for() -> None:
    line = understand("joyeux anniversaire Léo ! un chien danse").lines[0]
    assert (line.text, line.language, line.speaker) == ("joyeux anniversaire Léo", "fr", None)


def test_a_wish_in_quotes_is_said_once() -> None:
    assert [one.text for one in understand('a dog says "happy birthday"').lines] == ["happy birthday"]


@pytest.mark.parametrize(
    ("prompt", "name"), [("my cat mittens sleeps", "mittens"), ("a dog named biscuit runs", "biscuit")]
)
def test_what_a_pet_is_called_is_no_thing(prompt: str, name: str) -> None:
    brief = understand(prompt)
    assert len(brief.subjects) == 1
    assert name in brief.unsupported


def test_a_character_that_belongs_to_somebody_is_not_drawn_but_reported() -> None:
    brief = understand("pikachu and a turtle run")
    assert [one.art for one in brief.subjects] == ["turtle"]
    assert "pikachu" in brief.unsupported


def test_a_part_that_only_such_a_character_plays_is_played_by_somebody() -> None:
    brief = understand("batman dances in the rain")
    assert [(one.kind, one.motions) for one in brief.subjects] == [("person", ("dance",))]
    assert "batman" in brief.unsupported


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("a dog in a supermarket", "room"),
        ("un chat au restaurant", "kitchen"),
        ("a fox in the metro", "city"),
        ("un singe dans un gymnase", "stadium"),
        ("a bat in a cave", "mountains"),
    ],
)
def test_a_place_that_is_not_drawn_is_shown_by_the_nearest_and_reported(prompt: str, place: str) -> None:
    brief = understand(prompt)
    assert brief.place == place
    assert place in brief.nearest.values()


@pytest.mark.parametrize(("one", "other"), [("arc-en-ciel", "arc en ciel"), ("ice-cream", "ice cream")])
def test_hyphens_make_no_difference(one: str, other: str) -> None:
    assert arts(one) == arts(other)


def test_haste_and_misspelt_circumstances_are_put_right() -> None:
    brief = understand("a ghost thru the forest on haloween lol")
    assert (arts("a ghost thru the forest"), brief.time, brief.place) == (["ghost"], "night", "forest")
    assert brief.unsupported == ()


def test_nobody_holds_what_is_bigger_than_they_are() -> None:
    child, snowman = understand("a child builds a snowman").subjects
    assert (child.relation, snowman.art) == ("beside", "snowman-without-snow")
    girl, horse = understand("a girl is holding a horse").subjects
    assert (girl.relation, horse.art) == ("beside", "horse")


def test_who_wears_something_keeps_it_when_a_second_relation_is_told() -> None:
    cat, hat, table = understand("a cat wearing a hat on a table").subjects
    assert {(cat.relation, cat.target), (hat.relation, hat.target), (table.relation, table.target)} >= {("holding", 1)}
    assert ("none", None) not in {(hat.relation, hat.target)} & {(table.relation, table.target)}


def test_one_becomes_another() -> None:
    frog, prince = understand("a frog turns into a prince").subjects
    assert (frog.motions, prince.motions) == (("vanish",), ("appear",))


def test_a_couple_is_a_woman_and_a_man() -> None:
    assert sorted(arts("deux amoureux dansent")) == ["man-standing", "woman-standing"]
