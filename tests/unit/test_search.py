"""What is read out of searches, and of recipes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.derived.meaning import Said, read, things_in
from models.errors import Invalid
from resolvers.search.asked import LONGEST, read_name, read_search


@pytest.mark.parametrize(
    ("text", "head", "last", "exact"),
    [
        ("cat", "", "cat", False),
        ("  a   cat\tswims ", "a cat", "swims", False),
        ("a c", "a c", "", False),
        ("cat or do", "cat or do", "", False),
        ("décor do", "décor", "do", False),
        ('"a cat" swims', '"a cat" swims', "", True),
        ("cat -dog", "cat -dog", "", True),
        ("well-known", "well-known", "", False),
        ("ﬁsh", "", "fish", False),
        ("ca\u202et", "", "cat", False),
        ("cat\0dog", "cat", "dog", False),
        ("🦊", "🦊", "", False),
    ],
)
def test_the_last_word_may_not_be_whole_and_operators_mean_what_they_say(
    text: str, head: str, last: str, *, exact: bool
) -> None:
    asked = read_search(text)
    assert (asked.head, asked.last, asked.exact) == (head, last, exact)


@pytest.mark.parametrize("text", ["", " \n", "?!", "\0", "\ud800", "\u200b", "x" * (LONGEST + 1)])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_search(text)
    assert refused.value.field == "text"


def test_a_name_is_read_with_or_without_its_sign() -> None:
    assert read_name(" @Ada ") == read_name("Ada") == "Ada"
    with pytest.raises(Invalid):
        read_name("🦊")


@given(st.text())
def test_what_is_read_can_be_sent_to_postgres(text: str) -> None:
    try:
        asked = read_search(text)
    except Invalid:
        return
    assert len(asked.text) <= LONGEST
    assert "\0" not in asked.text
    assert asked.text.encode()
    assert asked.last == "" or asked.last.replace("_", "a").isalnum()


def test_a_recipe_tells_what_is_in_the_picture_never_how_the_prompt_called_it() -> None:
    assert (
        things_in({"subjects": [{"art": "animals/polar-bear", "word": "SECRET"}, {"art": "fox"}]}) == "polar bear, fox"
    )
    assert things_in({"subjects": ["fox", "fox", 3, {"art": None}]}) == "fox"
    assert things_in({}) == things_in({"subjects": "fox"}) == ""
    assert Said("", "SECRET", "", {"subjects": ["fox"]}).text == "fox"
    assert Said("A", "B", "B", {}).text == "A. B"


def test_topics_are_read_out_of_private_prompts_too() -> None:
    told = read(Said("Look at this", "two soldiers fire their rifles at a crowd", "", {}))
    assert {"WEAPONS", "MILITARY"} & set(told.topics)
    assert read(Said("Look at this", "a fox in the snow", "", {})).topics == []
    assert read(Said("", "a fox", "", {})).meaning is None
