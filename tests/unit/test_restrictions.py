"""Restrictions add up, never loosen, and stop what breaks them: in English and French, denied, disguised or hostile."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.text import meaning
from engine.text.check import MOST_TOKENS, Company, Spoken, Use, Which, check_prompt, check_result
from engine.text.encoder import LONGEST, readable, vector
from engine.text.evaluate import Case, cases
from engine.text.pool import in_pool
from engine.text.preferences import check_preferences, unsupported_preferences, validate_preferences
from engine.text.restrictions import (
    SILENCE,
    OtherPeople,
    Restrictions,
    Topic,
    add,
    canonical,
    narrower,
    restrictions_of,
)
from engine.text.wishes import not_understood, wishes

TEXTS = (
    "no clowns", "never in a bathtub", "pas de chiens", "only in French", "only in English", "no strangers",
    "don't make me say anything about my job", "be kind to me", "no politics\nno dogs", "",
)  # fmt: skip
PROMPTS = (
    "a clown in a bathtub", "un chien danse sur la plage", "she says “vote for me”", "she says « bonjour à tous »",
    "a man with a gun", "a cat sleeps", "elle parle de son travail avec un homme", "rain over a claymation city",
)  # fmt: skip

rules = st.builds(
    Restrictions,
    topics=st.lists(st.sampled_from(Topic), max_size=3).map(tuple),
    places=st.lists(st.sampled_from(["beach", "Beach", "plage", "a bathtub", "Forêt"]), max_size=3).map(tuple),
    styles=st.lists(st.sampled_from(["clay", "noir", "neon"]), max_size=2).map(tuple),
    other_people=st.sampled_from(OtherPeople),
    languages=st.lists(st.sampled_from(["en", "fr", "de", SILENCE]), max_size=3).map(tuple),
    text=st.lists(st.sampled_from(TEXTS), max_size=2).map("\n".join),
)


@given(rules, rules, rules)
def test_restrictions_add_up_in_any_order_and_grouping(
    one: Restrictions, two: Restrictions, three: Restrictions
) -> None:
    assert add(one, two) == add(two, one)
    assert add(add(one, two), three) == add(one, add(two, three)) == add(one, two, three)
    assert add(one, one) == add(one) == canonical(one)
    assert add(one, Restrictions()) == canonical(one)


@given(rules, rules)
def test_a_change_is_narrower_exactly_when_it_forbids_something_new(one: Restrictions, two: Restrictions) -> None:
    assert not narrower(one, one)
    assert not narrower(add(one, two), one)
    assert narrower(one, add(one, two)) == (add(one, two) != canonical(one))


@given(rules)
def test_restrictions_survive_being_stored(one: Restrictions) -> None:
    assert restrictions_of(one.as_dict()) == one


@settings(max_examples=15, deadline=None)
@given(rules, rules, st.sampled_from(PROMPTS), st.sampled_from(Company))
def test_adding_a_restriction_never_allows_more(
    one: Restrictions, two: Restrictions, prompt: str, company: Company
) -> None:
    use = Use(prompt=prompt, other_people=company)
    broken = {(breach.rule, breach.detail) for breach in check_prompt(one, use)}
    broken_by_both = {(breach.rule, breach.detail) for breach in check_prompt(add(one, two), use)}
    assert not broken or broken_by_both
    assert {rule for rule, _ in broken} - {"LANGUAGE"} <= {rule for rule, _ in broken_by_both}


def test_languages_without_one_in_common_leave_silence() -> None:
    both = add(Restrictions(languages=("fr",)), Restrictions(languages=("en",)))
    assert both.languages == (SILENCE,)
    assert add(both, Restrictions(languages=("fr",))).languages == (SILENCE,)
    spoken = Use(prompt="she waves", spoken=(Spoken("mira", "bonjour", "fr"),))
    assert [breach.rule for breach in check_prompt(both, spoken)] == ["LANGUAGE"]
    assert check_prompt(both, Use(prompt="she waves")) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Restrictions(text="x" * 501), "restrictions.text"),
        (Restrictions(places=("",)), "restrictions.places"),
        (Restrictions(places=("…!",)), "restrictions.places"),
        (Restrictions(places=tuple(f"place {n}" for n in range(31))), "restrictions.places"),
        (Restrictions(styles=("no such style",)), "restrictions.styles"),
        (Restrictions(languages=("French",)), "restrictions.languages"),
    ],
)
def test_input_nobody_could_mean_is_refused_by_its_field(wrong: Restrictions, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        wrong.validate(styles=("clay", "noir"))
    assert refused.value.field == field


def test_stored_nonsense_is_refused_and_never_read_as_no_restriction() -> None:
    for stored in ({"topics": ["NO_SUCH"]}, {"topcs": ["POLITICS"]}, "[]", {"other_people": "SOME"}, "{"):
        with pytest.raises(InvalidRequest):
            restrictions_of(stored)


def test_what_restricts_nothing_stops_nothing() -> None:
    assert not Restrictions(text=" \n ")
    assert check_prompt(Restrictions(), Use(prompt="a politician with a gun")) == []


NAMED = [case for case in cases("dev") if case.kind in {"plain", "evade"}]


@pytest.mark.parametrize("case", NAMED, ids=[case.prompt for case in NAMED])
def test_a_forbidden_thing_is_found_by_its_words_and_in_disguise(case: Case) -> None:
    assert case.right


@pytest.mark.parametrize(
    ("prompt", "stopped"),
    [
        ("a meadow without guns", False),
        ("no guns or knives, just flowers", False),
        ("pas d'arme dans le salon", False),
        ("she is never without her gun", True),
        ("not only guns but roses", True),
        ("no shortage of guns", True),
        ("why not guns", True),
        ("no, guns everywhere", True),
        ("a gun-free street", False),
        ("she says “no guns in our schools”", True),
    ],
)
def test_a_denial_excuses_what_is_shown_but_not_what_is_said(prompt: str, *, stopped: bool) -> None:
    assert bool(check_prompt(Restrictions(topics=(Topic.WEAPONS,)), Use(prompt=prompt))) is stopped


@pytest.mark.parametrize(
    "prompt", ["gun@home", "home!gun", "gun*gun", "a$gun", "ka-lash-gun", "gun’s", "l'arme", "GUN!!!"]
)
def test_signs_between_words_hide_nothing(prompt: str) -> None:
    assert check_prompt(Restrictions(topics=(Topic.WEAPONS,)), Use(prompt=prompt))


def test_a_negative_prompt_breaks_nothing() -> None:
    use = Use(prompt="a quiet street", negative_prompt="guns, blood, politicians")
    assert check_prompt(Restrictions(topics=(Topic.WEAPONS, Topic.POLITICS)), use) == []


def test_each_rule_is_told_by_its_code_with_what_broke_it() -> None:
    strict = Restrictions(
        topics=(Topic.POLITICS,),
        places=("plage",),
        styles=("clay",),
        other_people=OtherPeople.NO_STRANGERS,
        languages=("fr",),
        text="no clowns",
    )
    use = Use(
        prompt="a clown at the seaside in claymation says “please vote for my friend”",
        cast_names=("bob",),
        other_people=Company.STRANGERS,
    )
    found = {breach.rule: breach for breach in check_prompt(strict, use)}
    assert set(found) == {"TOPIC:POLITICS", "PLACE", "STYLE", "PEOPLE", "LANGUAGE", "TEXT"}
    assert "vote" in found["TOPIC:POLITICS"].excerpt
    assert found["PLACE"].detail == "plage"
    assert found["PEOPLE"].excerpt == "bob"
    assert found["TEXT"].detail == "clowns"
    assert {breach.which for breach in found.values()} == {Which.PROMPT}


@pytest.mark.parametrize(
    ("rule", "company", "names", "stopped"),
    [
        (OtherPeople.ANYONE, Company.STRANGERS, ("bob",), False),
        (OtherPeople.NO_STRANGERS, Company.MUTUALS, ("bob",), False),
        (OtherPeople.NO_STRANGERS, Company.STRANGERS, ("bob",), True),
        (OtherPeople.NOBODY, Company.MUTUALS, ("bob",), True),
        (OtherPeople.NOBODY, Company.NONE, (), False),
    ],
)
def test_company_is_kept_as_the_person_shown_said(
    rule: OtherPeople, company: Company, names: tuple[str, ...], *, stopped: bool
) -> None:
    use = Use(prompt="dances in the rain", cast_names=names, other_people=company)
    assert bool(check_prompt(Restrictions(other_people=rule), use)) is stopped


@pytest.mark.parametrize(
    ("prompt", "stopped"),
    [
        ("a young woman walks in the rain", False),
        ("un homme danse", False),
        ("a woman walks with a man", True),
        ("@mira walks, a woman follows", True),
        ("with a woman on a bench", True),
        ("two men in a boat", True),
        ("her husband cooks", True),
        ("nobody but a dog, no people", False),
    ],
)
def test_who_opens_a_prompt_is_the_person_shown_and_all_others_are_company(prompt: str, *, stopped: bool) -> None:
    broken = check_prompt(Restrictions(other_people=OtherPeople.NOBODY), Use(prompt=prompt))
    assert [breach.rule for breach in broken[:1]] == (["PEOPLE"] if stopped else [])


def test_what_was_made_is_checked_for_what_is_in_it() -> None:
    recipe = {
        "brief": {
            "subjects": [
                {"art": "dog", "word": "companion", "kind": "animal", "cast": None},
                {"art": "man-standing", "word": "someone", "kind": "person", "cast": None},
                {"art": "man-standing", "word": "mira", "kind": "person", "cast": 0},
            ],
            "lines": [{"text": "vote for me", "language": "en", "speaker": 2}],
            "place": "beach",
            "style": "noir",
        }
    }
    strict = Restrictions(
        topics=(Topic.POLITICS,),
        places=("seaside",),
        styles=("noir",),
        other_people=OtherPeople.NOBODY,
        languages=("fr",),
        text="pas de chien",
    )
    broken = check_result(strict, recipe)
    assert {breach.rule for breach in broken} == {"TOPIC:POLITICS", "PLACE", "STYLE", "PEOPLE", "LANGUAGE", "TEXT"}
    assert {breach.which for breach in broken} == {Which.RESULT}
    harmless = {"brief": {"subjects": recipe["brief"]["subjects"][2:], "place": "meadow", "style": "plain"}}
    assert check_result(strict, harmless) == []
    assert [one.rule for one in check_result(strict, harmless, [Spoken(None, "votez pour moi", "fr")])] == [
        "TOPIC:POLITICS"
    ]


@pytest.mark.parametrize("recipe", [{}, {"brief": None}, {"subjects": "none", "lines": [1], "place": 3, "style": []}])
def test_a_recipe_of_another_engine_is_read_as_far_as_it_goes(recipe: dict) -> None:
    heard = [Spoken(None, "we drink vodka", "en")]
    assert check_result(Restrictions(topics=(Topic.ALCOHOL,)), recipe) == []
    assert len(check_result(Restrictions(topics=(Topic.ALCOHOL,)), recipe, heard)) == 1


@pytest.mark.parametrize(
    ("text", "topics", "about"),
    [
        ("no politics, religion or weapons", (Topic.POLITICS, Topic.RELIGION, Topic.WEAPONS), ()),
        ("sans alcool ni tabac", (Topic.ALCOHOL, Topic.TOBACCO), ()),
        ("Alcohol is not allowed", (Topic.ALCOHOL,), ()),
        ("everything but religion", (Topic.RELIGION,), ()),
        ("please keep me away from fire", (), (("fire",),)),
        ("je ne veux pas qu'on me montre en train de pleurer", (), (("pleurer",),)),
        ("no sports cars and no spiders", (), (("sports", "cars"), ("spiders",))),
    ],
)
def test_bans_in_words_are_understood(text: str, topics: tuple[Topic, ...], about: tuple[tuple[str, ...], ...]) -> None:
    read = wishes(text)
    assert read.topics == topics
    assert tuple(ban.words for ban in read.bans) == about
    assert read.not_understood == ()


def test_wishes_about_company_languages_and_silence_are_understood() -> None:
    assert wishes("no strangers").other_people is OtherPeople.NO_STRANGERS
    assert wishes("jamais avec d'autres personnes").other_people is OtherPeople.NOBODY
    assert wishes("only in French").languages == ("fr",)
    assert wishes("never in English").unspoken == ("en",)
    assert wishes("only in French. only in English").silent
    assert wishes("ne me faites pas parler").silent
    assert "kitchen" in wishes("only outdoors").places


@pytest.mark.parametrize(
    "text",
    ["be nice to me", "no problem with politics", "never without my glasses", "not after 10pm", "never alone", "🤷"],
)
def test_what_makes_no_rule_is_told_to_the_owner(text: str) -> None:
    assert not_understood(text) == [text]
    assert not_understood(f"no clowns. {text}") == [text]


def test_a_ban_on_talking_about_something_leaves_it_to_be_shown() -> None:
    silent = Restrictions(text="don't make me say anything about my job")
    assert check_prompt(silent, Use(prompt="she walks past an office tower")) == []
    assert check_prompt(silent, Use(prompt="she talks about her boss"))
    assert check_prompt(silent, Use(prompt="she says “I hate my boss”"))


HOSTILE = (
    "😀" * 2_000, "a" * 2_000, "\u202e" + "مرحبا " * 300, "a b " * 500, "no " * 660, "g*n " * 500, "(" * 2_000,
    '"' * 2_000, "«" * 2_000, "1@$" * 660, "-".join("ab" * 500), "without not " * 160, "\0\ud800\ufffe", "ﷺ" * 500,
    "never " * 80 + "sans " * 80, "\u0300" * 2_000, "no guns, " * 200,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_read_to_its_end(text: str) -> None:
    strict = Restrictions(topics=(Topic.RELIGION,), places=(text[:60],), languages=("fr",), text=text[:500])
    assert isinstance(check_prompt(strict, Use(prompt=text)), list)
    assert check_prompt(Restrictions(topics=(Topic.RELIGION,)), Use(prompt=f"{text} ; a priest"))
    assert isinstance(not_understood(text), list)


@given(st.text(max_size=200) | st.text("\ufdfa\ufdfb\u3300\ufb03", max_size=60))
def test_nothing_expands_in_the_encoder_after_we_read_it(text: str) -> None:
    # Its buffer has room for four code points a byte; U+FDFA alone would be 18 in three.
    seen = readable(text)
    assert len(unicodedata.normalize("NFKC", seen)) <= len(seen.encode()) <= 4 * LONGEST


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=500))
def test_any_text_can_be_a_restriction(text: str) -> None:
    read = wishes(text)
    assert all(part.strip() for part in read.not_understood)
    assert all(ban.words in ban.alike for ban in read.bans)


def test_a_preference_is_stored_clean_and_says_what_cannot_be_drawn() -> None:
    assert validate_preferences(" always wears\n a \u202efedora ") == "always wears a fedora"
    assert unsupported_preferences("a red hat, toujours avec une écharpe") == ["toujours avec une écharpe"]
    assert check_preferences("no swastikas") == []


@pytest.mark.parametrize("text", ["always naked", "with @bob's hat", "x" * 301, "un brassard nazi", "w3aring a th0ng"])
def test_a_preference_that_others_would_suffer_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate_preferences(text)
    assert refused.value.field == "preferences"


async def test_texts_are_read_beside_the_event_loop() -> None:
    assert await in_pool(check_prompt, Restrictions(topics=(Topic.HORROR,)), Use(prompt="a zombie"))


def test_reading_texts_loads_no_torch_and_no_engine() -> None:
    code = "import engine.text.check, engine.text.preferences, engine.text.names, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "cv2", "engine.diorama", "engine.backends"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("wish", "prompt"),
    [("never with dogs", "she plays with her 🐕"), ("no hats", "she wears a 🎩"), ("no guns", "she holds a 🔫")],
)
def test_an_emoji_is_what_it_is_called(wish: str, prompt: str) -> None:
    restrictions = Restrictions(text=wish)
    assert [breach.rule for breach in check_prompt(restrictions, Use(prompt=prompt))] == ["TEXT"]
    assert check_prompt(restrictions, Use(prompt="she smiles at the 🌊 😀")) == []


@pytest.mark.parametrize("prompt", ["她裸体", "a dance, голая", "رقص", "벌거벗은 여자", "γυμνή γυναίκα"])
def test_words_in_letters_that_no_rule_reads_are_not_allowed(prompt: str) -> None:
    rules = [breach.rule for breach in check_prompt(Restrictions(topics=(Topic.NUDITY,)), Use(prompt=prompt))]

    assert "UNREADABLE" in rules


def test_words_of_no_sense_that_would_hold_a_core_are_refused_unread_but_long_prose_is_read() -> None:
    restrictions = Restrictions(topics=(Topic.NUDITY,))
    nonsense = " ".join(f"x{place * 7919:x}qz" for place in range(400))[:2000]
    prose = "A small ginger cat walks slowly through the snow while its grandmother bakes an enormous cake, then it "
    assert meaning.cost(nonsense) > MOST_TOKENS > meaning.cost((prose * 20)[:2000])
    vector.cache_clear()
    assert [breach.rule for breach in check_prompt(restrictions, Use(prompt=nonsense))] == ["UNREADABLE"]
    assert vector.cache_info().misses == 0


def test_several_readings_of_a_text_share_the_sentences_in_which_nothing_is_left_out() -> None:
    text = "a quiet cat sits on the old wall. no hot dogs are here today at all. a bird sings in the tall tree"
    whole = meaning.sentences(text)
    start = text.index("hot")
    some = meaning.sentences(text, without=[(start, start + 8)])
    assert len(whole) == len(some) == 3
    assert (whole[0], whole[2]) == (some[0], some[2])
    assert "hot" not in some[1]


@pytest.mark.parametrize("prompt", ["a fox at the café 🦊, 3 × 4", "l'été, ça danse", "ｆｏｘ", "Größe, ñandú"])
def test_accents_signs_and_emoji_can_be_read(prompt: str) -> None:
    assert check_prompt(Restrictions(topics=(Topic.NUDITY,)), Use(prompt=prompt)) == []
