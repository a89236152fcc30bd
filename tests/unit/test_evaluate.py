"""SceneEval's judges call clips that are right by construction right, and what was spoilt on purpose wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.diorama.paint.light import light_for
from engine.diorama.paint.puppet import Puppet
from engine.diorama.paint.raster import bgr
from engine.diorama.scene import Subject
from engine.diorama.words import understand
from engine.evaluate import report, results
from engine.evaluate.blobs import divided, settled
from engine.evaluate.hearing import low, onsets, wrong_sounds, wrong_words
from engine.evaluate.hues import likeliest
from engine.evaluate.judge import judge, landings
from engine.evaluate.mismatch import mismatched
from engine.evaluate.nets import Ear, Find, Look, Setting, Watch
from engine.evaluate.pairs import SHOWN, pair
from engine.evaluate.prompts import ATTRIBUTES, Ask, Prompt, composed, free
from engine.evaluate.render import Clip, drawn
from engine.evaluate.sight import Oracle, oracle
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import Track
from engine.evaluate.views import filled, masked
from engine.evaluate.vocabulary import class_of, classes, nouns, words
from engine.evaluate.wording import one as a
from engine.evaluate.wording import related, several


def asked(*asks: Ask) -> Prompt:
    return Prompt("test", "", "en", False, "test", asks)


CAR = Ask("subject", "car")


def clip_of(*asks: Ask, seed: int = 3) -> Clip:
    return drawn(asked(*asks), seed=seed)


def verdicts(clip: Clip, *asks: Ask) -> list[bool | None]:
    return [one.right for one in judge(asked(*asks), clip, oracle(), None)]


@pytest.fixture(scope="module")
def red_car_left_of_penguin() -> Clip:
    return clip_of(
        CAR, Ask("subject", "penguin"), Ask("colour", "red", "car"), Ask("relation", "left_of", "car", "penguin"),
        Ask("background", "desert"), Ask("time", "day"),
    )  # fmt: skip


def test_what_is_shown_is_seen(red_car_left_of_penguin: Clip) -> None:
    asks = (
        CAR, Ask("subject", "penguin"), Ask("colour", "red", "car"), Ask("relation", "left_of", "car", "penguin"),
        Ask("count", "1", "car"), Ask("background", "desert"), Ask("time", "day"),
    )  # fmt: skip
    assert verdicts(red_car_left_of_penguin, *asks) == [True] * len(asks)


def test_what_is_not_shown_is_not_seen(red_car_left_of_penguin: Clip) -> None:
    asks = (
        Ask("subject", "whale"), Ask("colour", "blue", "car"), Ask("relation", "right_of", "car", "penguin"),
        Ask("relation", "on", "car", "penguin"), Ask("count", "2", "car"), Ask("background", "snowfield"),
        Ask("time", "night"), Ask("weather", "snow"), Ask("motion", "explode", "car"), Ask("sound", "dog", "car"),
    )  # fmt: skip
    assert dict(zip(asks, verdicts(red_car_left_of_penguin, *asks), strict=True)) == dict.fromkeys(asks, False)


def test_a_mirrored_clip_has_its_relation_wrong(red_car_left_of_penguin: Clip) -> None:
    clip = red_car_left_of_penguin
    mirrored = replace(clip, frames=clip.frames[:, :, ::-1].copy(), plates=clip.plates[:, :, ::-1].copy())
    left, right = Ask("relation", "left_of", "car", "penguin"), Ask("relation", "right_of", "car", "penguin")
    assert verdicts(mirrored, left, right) == [False, True]


def test_exchanged_colours_are_noticed(red_car_left_of_penguin: Clip) -> None:
    clip = red_car_left_of_penguin
    blue = replace(clip, frames=clip.frames[..., ::-1].copy(), plates=clip.plates[..., ::-1].copy())
    assert verdicts(blue, Ask("colour", "red", "car")) == [False]


@pytest.mark.parametrize("kind", ["black", "empty"])
def test_a_clip_without_actors_shows_none(red_car_left_of_penguin: Clip, kind: str) -> None:
    clip = red_car_left_of_penguin
    shown = {"black": np.zeros_like(clip.frames), "empty": clip.plates}[kind]
    asks = CAR, Ask("count", "1", "car"), Ask("colour", "red", "car"), Ask("relation", "left_of", "car", "penguin")
    assert verdicts(replace(clip, frames=shown), *asks) == [False] * 4


def test_the_empty_stage_differs_where_an_actor_is_and_nowhere_else(red_car_left_of_penguin: Clip) -> None:
    sheet = masked(red_car_left_of_penguin.frames[20], red_car_left_of_penguin.plates[20])
    share = float((sheet[:, :, 3] > 0).mean())
    assert 0.03 < share < 0.4
    assert not sheet[: HEIGHT // 4, :, 3].any()


def test_holes_in_a_figure_are_filled_and_gaps_between_two_are_not() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[100:200, 50:90] = mask[100:200, 93:140] = 255
    mask[120:125, 60:65] = mask[150:170, 55:75] = 0
    holes = filled(mask) > mask
    assert holes.sum() == 25  # the eye, not the open arm, and nothing between the two
    assert holes[120:125, 60:65].all()


def test_a_crowd_is_counted_neither_short_nor_over() -> None:
    six = clip_of(Ask("subject", "kangaroo"), Ask("count", "6", "kangaroo"))
    assert verdicts(six, *(Ask("count", str(count), "kangaroo") for count in (5, 6, 7))) == [False, True, False]


def test_figures_that_touch_are_divided_at_their_centres() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[100:200, 50:150] = mask[150:250, 140:240] = 255
    mask[400:440, 20:60] = 255
    mask[10:13, 10:13] = 255
    centres = [(100.0, 150.0, 100.0, 100.0), (190.0, 200.0, 100.0, 100.0)]
    pair_of, single = divided(mask, centres)
    assert [(one.x, one.y, one.alone) for one in pair_of[1:]] == [(100, 150, False), (190, 200, False)]
    assert [(one.x, one.y, one.alone) for one in single] == [(40, 420, True)]
    assert [len(group) for group in divided(mask, centres[:1])] == [1, 1]

    def sure(*shares: tuple[float, float]) -> list[int]:
        return settled(pair_of, np.log(np.array([[*one, 1.01 - sum(one)] for one in shares], np.float32) + 1e-6))

    assert sure((0.7, 0.1), (0.9, 0.0), (0.0, 0.9)) == [1, 2]  # two things that are both known
    assert sure((0.3, 0.3), (0.9, 0.0), (0.9, 0.0)) == [1, 2]  # twins
    assert sure((0.9, 0.0), (0.4, 0.3), (0.3, 0.35)) == [0]  # one thing, of which parts resemble nothing


@pytest.mark.parametrize("painted", ["red", "blue", "yellow"])
def test_a_colour_is_told_from_the_others_in_the_light_of_night(painted: str) -> None:
    car = nouns()["car"]
    night = light_for("night", "clear")
    drawn_car = (
        Puppet(Subject(car.arts[0], "car", "vehicle", 0.4, painted), night, "plain", 90).drawn("idle", 0).picture
    )
    assert likeliest(drawn_car[drawn_car[:, :, 3] > 250][:, :3], "car", night) == painted


def test_a_colour_is_told_behind_mist() -> None:
    dawn, wolf = light_for("dawn", "fog"), nouns()["wolf"]
    picture = Puppet(Subject(wolf.arts[0], "wolf", "animal", 0.4, "black"), dawn, "plain", 90).drawn("idle", 0).picture
    tone = (bgr(dawn.haze) + bgr(dawn.sky[-1])) / 2
    seen = np.asarray(0.55 * picture[picture[:, :, 3] > 250][:, :3] + 0.45 * tone, np.uint8)
    assert likeliest(seen, "wolf", dawn, mist=True) == "black"
    assert likeliest(seen, "wolf", dawn) != "black"


@pytest.fixture(scope="module")
def bouncing() -> Clip:
    return clip_of(Ask("subject", "drum"), Ask("motion", "bounce", "drum"), Ask("sound", "landing", "drum"))


LANDING = Ask("sound", "landing", "drum")


def test_landings_are_seen_and_heard_together(bouncing: Clip) -> None:
    assert verdicts(bouncing, Ask("motion", "bounce", "drum"), LANDING) == [True, True]


@pytest.mark.parametrize("spoil", ["muted", "late"])
def test_landings_out_of_time_are_noticed(bouncing: Clip, spoil: str) -> None:
    wave = bouncing.waveform
    late = np.roll(wave, bouncing.rate // 5, axis=1)
    spoilt = {"muted": np.zeros_like(wave), "late": late}[spoil]
    assert verdicts(replace(bouncing, waveform=spoilt), LANDING) == [False]


def test_a_frozen_clip_does_not_move(bouncing: Clip) -> None:
    frames, plates = (np.repeat(one[:1], len(one), axis=0) for one in (bouncing.frames, bouncing.plates))
    assert verdicts(replace(bouncing, frames=frames, plates=plates), Ask("motion", "bounce", "drum"), LANDING) == [
        False,
        False,
    ]


def test_a_call_is_heard_only_where_it_is_made() -> None:
    bark = Ask("sound", "dog", "dog")
    clip = clip_of(Ask("subject", "dog"), bark)
    assert verdicts(clip, bark, Ask("sound", "cow", "dog")) == [True, False]
    assert verdicts(replace(clip, waveform=np.zeros_like(clip.waveform)), bark) == [False]


def test_speech_is_left_open_without_a_recogniser(red_car_left_of_penguin: Clip) -> None:
    assert verdicts(red_car_left_of_penguin, Ask("speech", "hello", "car")) == [None]


def track(x: list[float], foot: list[float], tall: float = 0.2) -> Track:
    ones = np.ones(len(x))
    middle, wide = np.array(foot) - tall / 2, ones * tall * HEIGHT / WIDTH
    pose, shape = np.zeros((len(x), 3)), np.zeros((len(x), 4))
    return Track(np.array(x), middle, wide, ones * tall, ones, pose, shape, 0 * ones, ones > 0, "car")


def still(x: float, foot: float, tall: float = 0.2) -> Track:
    return track([x] * 20, [foot] * 20, tall)


@pytest.mark.parametrize(
    ("relation", "first", "second"),
    [
        ("left_of", still(0.25, 0.8), still(0.75, 0.8)), ("right_of", still(0.75, 0.8), still(0.25, 0.8)),
        ("behind", still(0.5, 0.75), still(0.55, 0.8)), ("in_front_of", still(0.5, 0.8), still(0.55, 0.75)),
        ("on", still(0.5, 0.6), still(0.5, 0.8)), ("under", still(0.5, 0.85), still(0.5, 0.6)),
        ("beside", still(0.3, 0.8), still(0.7, 0.8)), ("holding", still(0.5, 0.8, 0.3), still(0.6, 0.72, 0.08)),
        ("over", track(list(np.linspace(0.1, 0.9, 20)), [0.8 - 0.3 * np.sin(np.pi * k / 19) for k in range(20)]),
         still(0.5, 0.8, 0.1)),
        ("chasing", track(list(np.linspace(0.1, 0.6, 20)), [0.8] * 20),
         track(list(np.linspace(0.4, 0.9, 20)), [0.8] * 20)),
    ],
)  # fmt: skip
def test_a_relation_holds_one_way_only(relation: str, first: Track, second: Track) -> None:
    there, back = pair(first, second), pair(second, first)
    assert there is not None
    assert back is not None
    assert SHOWN[relation](there)
    assert relation == "beside" or not SHOWN[relation](back)


def test_a_landing_is_where_falling_stops() -> None:
    foot = [0.8 - 0.3 * abs(np.cos(np.pi * k / 24)) for k in range(72)]  # falls in half a second, lands, rises
    assert landings(track([0.5] * 72, foot), 24) == pytest.approx([0.5, 1.5, 2.5], abs=0.06)
    assert landings(still(0.5, 0.8), 24) == []


def test_word_errors_ignore_case_accents_and_marks() -> None:
    assert wrong_words("J'ai très FAIM, aujourd’hui !", "j'ai tres faim aujourd'hui") == 0
    assert wrong_words("the cat sat", "the dog sat") == pytest.approx(1 / 3)
    assert wrong_words("", "the dog sat") == 1


def test_a_line_is_its_sounds_however_they_are_spelt() -> None:
    assert wrong_sounds("Regarde ce bel arc anciel.", "Regarde ce bel arc-en-ciel", "fr") == 0
    assert wrong_sounds("On va à la page", "On va tous à la plage", "fr") > 0.1
    for language, halves in words()["lines"].items():
        lines = [line for half in halves for line in half]
        assert min(wrong_sounds(a, b, language) for a in lines for b in lines if a != b) > 0.6


def test_sounds_are_timed_by_their_likeliest_moment() -> None:
    likely = np.zeros(300, np.float32)
    likely[98:104] = [0.5, 0.6, 0.9, 0.7, 0.5, 0.45]
    likely[200] = 0.3
    assert onsets(likely) == [1.0]


def test_what_is_heard_keeps_low_tones_and_loses_what_would_alias() -> None:
    at = np.arange(48_000) / 48_000
    for hertz, kept in ((440, True), (11_000, False)):
        wave = np.tile(np.sin(2 * np.pi * hertz * at), (2, 1)).astype(np.float32)
        assert bool(np.std(low(wave, 48_000)[500:-500]) > 0.6) is kept


def test_composed_prompts_are_many_and_halves_share_no_template_and_no_pair() -> None:
    prompts = composed()
    assert len(prompts) >= 400
    assert len({one.text for one in prompts}) == len(prompts)
    assert [one.text for one in composed()] == [one.text for one in prompts]
    for language in ("en", "fr"):
        halves = [[one for one in prompts if one.language == language and one.held_out is held] for held in (0, 1)]
        assert len(halves[0]) == len(halves[1])
        pairs = [
            {
                (ask.subject, ask.value)
                for one in half
                for ask in one.asks
                if ask.attribute == "motion" and ask.beat[1] == 1
            }
            for half in halves
        ]
        assert len(pairs[0] & pairs[1]) <= 3  # a thing with few motions may run out of its half's
    assert {ask.attribute for one in prompts for ask in one.asks} == set(ATTRIBUTES)


def test_what_is_asked_in_error_is_never_what_the_prompt_asks() -> None:
    for prompt in composed():
        wrong = mismatched(prompt)
        assert wrong == mismatched(prompt)
        assert not set(wrong) & set(prompt.asks)
        kinds = {ask.attribute for ask in prompt.asks if ask.value != "landing"}
        assert {ask.attribute for ask in wrong} == kinds


def test_handwritten_prompts_ask_for_what_the_oracle_knows() -> None:
    prompts = free()
    assert len(prompts) >= 60
    for one in prompts:
        assert {one.language} <= {"en", "fr"}
        for ask in one.asks:
            assert ask.attribute in ATTRIBUTES
            assert all(name in classes() for name in (ask.subject, ask.other))


def test_what_the_engine_draws_for_a_noun_answers_to_it() -> None:
    for name, noun in nouns().items():
        french = f"{'une' if noun.gender == 'f' else 'un'} {noun.fr} dans une prairie"
        for prompt in (f"a {name} in a meadow", french):
            assert class_of(understand(prompt).subjects[0].art) == name, prompt
    assert nouns()["train"].arts[0] == understand("a train").subjects[0].art


def test_french_articles_agree_and_are_elided() -> None:

    assert a(nouns()["car"], "fr", "green") == "une voiture verte"
    assert several(nouns()["horse"], 3, "fr", "white") == "trois chevaux blancs"
    assert a(nouns()["elephant"], "en") == "an elephant"
    assert a(nouns()["unicorn"], "en") == "a unicorn"
    assert related("un chat", "left_of", "une vache", "fr") == "un chat à gauche d'une vache"


def test_an_oracle_is_the_same_after_saving(tmp_path: Path) -> None:
    new = Oracle(Setting(), Find(), Look(len(classes())), Watch(), Ear())
    new.save(tmp_path / "oracle.safetensors")
    frames = np.random.default_rng(0).integers(0, 255, (3, HEIGHT, WIDTH, 3), dtype=np.uint8)
    again = Oracle.load(tmp_path / "oracle.safetensors")
    assert again.see(frames, frames, 12).setting["place"] == pytest.approx(
        new.see(frames, frames, 12).setting["place"], abs=5e-3
    )


def finding(attribute: str, right: bool | None) -> results.Finding:  # noqa: FBT001 - it reads well
    return results.Finding(attribute=attribute, wanted="a", found="b", right=right)


def result(name: str, *findings: results.Finding, held_out: bool = True) -> results.Result:
    return results.Result(
        name=name, text="t", language="en", held_out=held_out, family="count", seed=1, findings=findings
    )


def test_the_table_counts_what_was_judged_and_the_page_lists_what_was_wrong(tmp_path: Path) -> None:
    made = [
        result("x", finding("count", True), finding("speech", None)),
        result("y", finding("count", False), finding("colour", True)),
    ]
    ceiling = [result("x", finding("count", True))]
    rows = {row.split("|")[1].strip(): row for row in report.table(made, ceiling).splitlines()}
    assert "0.50 of 2" in rows["count"]
    assert "1.00 of 1" in rows["count"]
    assert "of" not in rows["speech"]
    assert "0.50 of 2" in rows["**all of a prompt**"]
    page = report.page(made, ceiling)
    assert "`y` t — count: wanted a, found b" in page
    assert "`x`" not in page
    assert "1 things could not be judged" in page
    fooled = [msgspec.structs.replace(ceiling[0], mismatched=(finding("count", True), finding("count", False)))]
    assert "| 0.50 of 2 |" in next(row for row in report.table(made, fooled).splitlines() if row.startswith("| count"))
    path = tmp_path / "stored.json"
    report.save(path, made, ceiling)
    assert report.stored_table(path) == report.table(made, ceiling)


def test_wilson_never_leaves_zero_to_one() -> None:
    assert report.wilson(0, 5)[0] == 0
    assert report.wilson(5, 5)[1] == pytest.approx(1)
    assert report.wilson(19, 20) == pytest.approx((0.764, 0.991), abs=2e-3)


def test_results_are_kept_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "made.jsonl"
    assert results.load(path) == []
    results.append(path, result("x", finding("count", True)))
    results.append(path, result("y"))
    assert [one.name for one in results.load(path)] == ["x", "y"]
