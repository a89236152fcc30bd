"""Names are found however they are written, and nobody is taken for somebody else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.names import Certainty, Names, handles_in, mentions, normalise_name

BLOCKED = (
    "Jean Dupont",
    "Marie Curie",
    "Jean-Pierre de La Tour",
    "Zizou",
    "王小明",
    "한가인",
    "Анна Петрова",
    "Éloïse Ångström",
)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Jean Dupont dances", "Jean Dupont"),
        ("JEAN DUPONT", "Jean Dupont"),
        ("Dupont Jean court", "Jean Dupont"),
        ("dupont, jean court", "Jean Dupont"),
        ("a film with jean.dupont", "Jean Dupont"),
        ("@jean_dupont at the beach", "Jean Dupont"),
        ("#JeanDupont", "Jean Dupont"),
        ("jean-dupont", "Jean Dupont"),
        ("J e a n D u p o n t", "Jean Dupont"),
        ("Je an Du pont", "Jean Dupont"),
        ("Jéän Dùpönt", "Jean Dupont"),
        ("Jean\u200bDu\u200dpont", "Jean Dupont"),
        ("J3an Dup0nt", "Jean Dupont"),
        ("Jеаn Duроnt", "Jean Dupont"),
        ("Ｊｅａｎ Ｄｕｐｏｎｔ", "Jean Dupont"),
        ("Jeann Duppont", "Jean Dupont"),
        ("Jean Dupont's dog", "Jean Dupont"),
        ("le chien de Jean Dupont", "Jean Dupont"),
        ("Jean 'le fou' Dupont", "Jean Dupont"),
        ("Jean\nDupont", "Jean Dupont"),
        ("Marie Skłodowska Curie", "Marie Curie"),
        ("jean pierre de la tour", "Jean-Pierre de La Tour"),
        ("de La Tour Jean-Pierre", "Jean-Pierre de La Tour"),
        ("zizou scores", "Zizou"),
        ("王小明在跳舞", "王小明"),
        ("王 小 明", "王小明"),
        ("한가인이 춤춘다", "한가인"),
        ("Анна Петрова поёт", "Анна Петрова"),
        ("eloise angstrom", "Éloïse Ångström"),
    ],
)
def test_a_name_is_found_however_it_is_written(prompt: str, name: str) -> None:
    found = mentions(prompt, BLOCKED)
    assert [one.name for one in found] == [name]
    assert found[0].certainty is Certainty.FULL
    assert found[0].excerpt


@pytest.mark.parametrize(
    ("prompt", "name"),
    [("J. Dupont reads", "Jean Dupont"), ("Dupont J.", "Jean Dupont"), ("J.-P. de La Tour", "Jean-Pierre de La Tour")],
)
def test_initials_with_the_surname_count_and_say_so(prompt: str, name: str) -> None:
    assert [(one.name, one.certainty) for one in mentions(prompt, BLOCKED)] == [(name, Certainty.INITIALS)]


@pytest.mark.parametrize(
    "prompt",
    [
        "Dupont alone", "Jean alone", "Jean and Dupont", "Jean et Marie Dupont", "he met Dupont. Jean ran",
        "Jean! Dupont!", "M. Dupont", "Jeanne Dupond", "zi zou", "zizous", "Marie and the curies", "a tour of Jean's",
        "the tour Jean took", "小明", "", "😀😀",
    ],
)  # fmt: skip
def test_nobody_is_taken_for_somebody_else(prompt: str) -> None:
    assert mentions(prompt, BLOCKED) == []


def test_a_name_of_one_part_is_one_word() -> None:
    assert mentions("Ann a dancer", ["Anna"]) == []
    assert [one.name for one in mentions("a dancer called 4nna", ["Anna"])] == ["Anna"]


def test_every_place_is_told_with_the_text_as_written() -> None:
    prompt = "Jean Dupont meets Curie Marie; then jean dupont leaves"
    found = mentions(prompt, BLOCKED)
    assert [(one.name, prompt[one.start : one.end]) for one in found] == [
        ("Jean Dupont", "Jean Dupont"),
        ("Marie Curie", "Curie Marie"),
        ("Jean Dupont", "jean dupont"),
    ]


NAME = st.text("abcdefghijklmnopqrstuvwxyzéèüß", min_size=3, max_size=9)


@given(NAME, NAME, st.randoms(use_true_random=False))
def test_case_accents_order_and_joints_never_hide_a_name(given_name: str, surname: str, chance: random.Random) -> None:
    parts = [given_name, surname]
    chance.shuffle(parts)
    joint = chance.choice([" ", "-", "_", ".", "\u200b ", ", ", "  "])
    written = joint.join(chance.choice([str.upper, str.title, str.lower])(part) for part in parts)
    assert mentions(f"today {written} walks", [f"{given_name} {surname}"])


@given(st.lists(NAME, min_size=1, max_size=6))
def test_a_normal_name_stays_as_it_is(parts: list[str]) -> None:
    normal = normalise_name(" ".join(parts))
    assert normalise_name(normal) == normal
    assert normalise_name(normal.upper()) == normal


@given(st.text(max_size=400), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_may_be_looked_through_for_any_name(prompt: str, names: list[str]) -> None:
    for one in Names(names).mentions(prompt):
        assert one.name in names
        assert 0 <= one.start < one.end <= len(prompt)


@given(st.text(max_size=200))
def test_handles_are_words_after_a_sign(prompt: str) -> None:
    assert all(handle and "@" not in handle for handle in handles_in(prompt))


def test_handles_are_found_once_and_never_in_an_address() -> None:
    prompt = "@Mira and ＠bob_2 with @mira, (@zoé) write to ann@example.org, @ nobody, @@twice"
    assert handles_in(prompt) == ["mira", "bob_2", "zoé"]


@pytest.mark.parametrize(
    "prompt", ["Jean Dupont " * 160, "j3@n " * 400, "王小明" * 600, "@" * 2_000, "a " * 1_000], ids=range(5)
)
def test_long_and_hostile_prompts_are_read_to_their_end(prompt: str) -> None:
    ended = f"{prompt[:1_900]} ; Marie Curie"
    assert "Marie Curie" in {
        one.name for one in Names([*BLOCKED, *(f"Name{n} Family{n}" for n in range(500))]).mentions(ended)
    }
