"""Who is who in everyday wording: costumes, animals' families, players' things, the body, idioms, senses, the moon."""

from __future__ import annotations

import tomllib

import pytest

from engine.diorama.art import pack
from engine.diorama.scene import Subject
from engine.diorama.words import understand
from engine.diorama.words.lexicon import FOLDER, actions, read
from engine.diorama.words.revise import revise


def subjects(prompt: str) -> tuple[Subject, ...]:
    return understand(prompt).subjects


def arts(prompt: str) -> list[str]:
    return [one.art for one in subjects(prompt)]


@pytest.mark.parametrize(
    ("prompt", "art"),
    [
        ("my little brother dressed as a superhero jumps", "superhero"),
        ("un garçon déguisé en astronaute court", "astronaut"),
        ("a girl in a ninja costume", "ninja"),
    ],
)
def test_somebody_in_a_costume_is_one_figure_and_says_so(prompt: str, art: str) -> None:
    brief = understand(prompt)
    assert [one.art for one in brief.subjects] == [art]
    assert art in brief.nearest.values()


def test_a_costume_keeps_the_size_of_who_wears_it() -> None:
    worn, dinosaur = subjects("a child dressed as a dinosaur")[0], subjects("a dinosaur")[0]
    assert worn.art == dinosaur.art
    assert worn.size < dinosaur.size


def test_an_animal_in_a_costume_stays_and_wears_or_reports_it() -> None:
    cat, crown = subjects("a cat dressed as a king")
    assert (cat.art, cat.relation, crown.art) == ("cat", "holding", "crown")
    brief = understand("un chien déguisé en fantôme")
    assert [one.art for one in brief.subjects] == ["dog"]
    assert brief.unsupported == ("fantôme",)


def test_a_member_in_a_costume_keeps_their_face() -> None:
    brief = understand("Mira dressed as a dinosaur dances", cast=["Mira"])
    assert [one.cast for one in brief.subjects] == [0]
    assert brief.subjects[0].kind == "person"


def test_an_animals_mother_is_a_bigger_one_of_its_kind_and_a_girls_is_a_woman() -> None:
    young, mother = subjects("a duckling and its mom cross the road")
    assert (young.art, mother.art) == ("duck", "duck")
    assert mother.size > young.size
    assert arts("un poussin et sa mère") == ["baby-chick", "chicken"]
    assert arts("a girl and her mom") == ["girl", "woman-standing"]


def test_young_animals_are_small_beside_a_grown_one() -> None:
    mother, *young = subjects("une maman canard et ses canetons")
    assert len(young) == 3
    assert all(one.art == mother.art and one.size < mother.size for one in young)


@pytest.mark.parametrize(
    ("prompt", "relation", "thing"),
    [
        ("a drummer on stage", "holding", "drum"),
        ("un pianiste", "holding", "musical-keyboard"),
        ("a skateboarder waves", "on", "skateboard"),
        ("a skateboarding cat", "on", "skateboard"),
    ],
)
def test_who_has_a_thing_by_trade_has_it_unnamed(prompt: str, relation: str, thing: str) -> None:
    who, what = subjects(prompt)
    assert (who.relation, who.target, what.art) == (relation, 1, thing)


def test_a_thing_that_is_named_is_not_brought_twice() -> None:
    assert arts("a drummer plays a drum").count("drum") == 1


def test_what_is_brought_leaves_the_story_to_who_brought_it() -> None:
    drummer, drum = subjects("a drummer jumps")
    assert (drummer.motions, drum.motions) == (("jump",), ("idle",))


def test_a_place_on_somebodys_body_leads_back_to_them() -> None:
    girl, parrot = subjects("a girl with a parrot on her shoulder")
    assert (girl.relation, parrot.relation, parrot.target) == ("none", "on", 0)
    assert [one.relation for one in subjects("a pirate with a parrot on his shoulder")] == ["holding", "none", "on"]
    man, cat = subjects("grandpa sleeps with the cat on his lap")
    assert (man.relation, man.target, cat.relation) == ("holding", 1, "none")


@pytest.mark.parametrize("prompt", ["a cat looks at the camera", "un chat regarde la caméra", "un chat face caméra"])
def test_who_looks_at_the_camera_sees_no_camera(prompt: str) -> None:
    assert arts(prompt) == ["cat"]


def test_a_siren_beside_an_engine_is_heard_and_one_on_a_rock_is_seen() -> None:
    brief = understand("un camion de pompier avec la sirène")
    assert [one.art for one in brief.subjects] == ["fire-engine"]
    assert brief.unsupported == ("sirène",)
    assert arts("une sirène sur un rocher") == ["mermaid", "rock"]


@pytest.mark.parametrize(
    "prompt",
    ["a wolf under the full moon", "un loup au clair de lune", "un loup hurle à la lune", "a cat and the stars"],
)
def test_the_moon_and_stars_bring_the_night(prompt: str) -> None:
    assert understand(prompt).time == "night"


@pytest.mark.parametrize(
    "prompt", ["brume matinale, un cerf", "un cerf dans un brouillard dense", "a deer in thick fog"]
)
def test_fog_keeps_its_adjectives(prompt: str) -> None:
    brief = understand(prompt)
    assert (brief.weather, [one.art for one in brief.subjects]) == ("fog", ["deer"])


def test_a_match_between_two_sides_is_played_with_its_ball() -> None:
    brief = understand("un match de rugby entre une vache et un cochon")
    assert [one.art for one in brief.subjects] == ["rugby-football", "cow", "pig"]
    assert [one.motions for one in brief.subjects] == [("bounce",), ("jump",), ("jump",)]
    assert understand("un chat entre dans la maison").subjects[0].motions == ("walk",)


def test_who_gets_chased_in_french_is_told() -> None:
    woman, goose = subjects("ma soeur se fait poursuivre par une oie")
    assert (woman.art, goose.relation, goose.target) == ("woman-standing", "chasing", 0)


def test_weather_as_an_adjective_leaves_the_preposition_to_its_noun() -> None:
    brief = understand("a wolf howling at the moon on top of a snowy hill")
    assert (brief.weather, brief.time, brief.subjects[0].relation) == ("snow", "night", "on")


def test_a_verb_does_not_take_the_first_word_of_a_preposition() -> None:
    elephant, ball = subjects("an elephant balancing on top of a ball")
    assert (elephant.relation, elephant.target, ball.art) == ("on", 1, "soccer-ball")


def test_every_table_of_figures_names_what_exists() -> None:
    known = set(pack.index())
    kit = read("kit")
    assert {*kit, *(entry["as"] for entry in kit.values() if "as" in entry)} <= known
    assert {entry["how"] for entry in kit.values()} <= set(actions())
    worn = tomllib.loads((FOLDER / "costumes.toml").read_text("utf-8"))["worn"]
    assert {*worn, *worn.values()} <= known
    kin = read("kinship")
    assert {*kin["grown"], *kin["grown"].values(), *kin["small"], *kin["small"].values()} <= known


def test_one_thing_is_turned_into_another_by_somebody_who_stays() -> None:
    wizard, car, pumpkin = subjects("a wizard turns a car into a pumpkin")
    assert (wizard.motions, car.motions, pumpkin.motions) == (("idle",), ("vanish",), ("appear",))


def test_what_is_blown_up_bursts_and_not_who_does_it() -> None:
    man, balloon = subjects("un homme fait exploser un ballon")
    assert (man.motions, balloon.motions) == (("idle",), ("explode",))


def test_whose_pet_it_is_is_told_but_not_drawn() -> None:
    brief = understand("le chat de ma voisine dort")
    assert ([one.art for one in brief.subjects], brief.unsupported) == (["cat"], ("voisine",))


def test_who_speaks_in_a_relative_clause_is_who_it_tells_of() -> None:
    assert understand('un chien rencontre une baleine qui lui dit "salut"').lines[0].speaker == 1


def test_both_of_two_that_are_joined_sit_on_the_bench() -> None:
    assert [one.relation for one in subjects("a boy and a girl on a bench")] == ["on", "on", "none"]


def test_a_birthdays_ordinal_counts_nothing() -> None:
    brief = understand("happy 30th birthday Tom")
    assert brief.lines[0].text == "happy birthday Tom"
    assert [one.art for one in brief.subjects] == ["birthday-cake", "balloon"]


def test_a_missing_apostrophe_makes_no_new_word() -> None:
    assert understand("un chat dans leau").nearest == understand("un chat dans l'eau").nearest
    assert arts("un chat mange lorange") == arts("un chat mange l'orange")


def test_a_remix_knows_a_drummer_again_and_brings_no_second_drum() -> None:
    parent = understand("a drummer and a dog dance in a garden")
    again = revise(parent, "then the drummer jumps").brief
    assert [one.art for one in again.subjects] == ["man-standing", "drum", "dog"]
    assert again.subjects[0].motions == ("jump",)
    assert [one.art for one in revise(understand("a fox jumps"), "make it a drummer").brief.subjects] == [
        "man-standing"
    ]
