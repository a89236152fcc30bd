"""A remix is an edit in scene space: what its words leave alone stays exactly, the rest is directed to fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import safetensors.numpy

from engine.diorama.model.direct import Directed, Director
from engine.diorama.remix import Remix, plan
from engine.diorama.words import understand
from engine.errors import InvalidRequest
from engine.spec import CastMember, Source

PROMPT = "a fox jumps over a log in the rain at night"
SHAPE: dict[str, Any] = {"seconds": 5.0, "aspect": 9 / 16}


@pytest.fixture(scope="module")
def director() -> Director:
    return Director()


@pytest.fixture(scope="module")
def parent(director: Director) -> Directed:
    *_, last = director.direct(understand(PROMPT), seed=11, **SHAPE)
    return last


def recipe(directed: Directed, cast: tuple[str, ...] = ()) -> dict[str, Any]:
    brief = msgspec.json.decode(msgspec.json.encode(directed.scene.brief))
    return {"spec": {"prompt": PROMPT}, "brief": brief, "cast": [{"cameo": one, "version": 1} for one in cast]}


def stored(directed: Directed, folder: Path, kind: str | None = None) -> str:
    path = folder / "latent.safetensors"
    safetensors.numpy.save_file(directed.latent, path, {"format": kind or directed.latent_format})
    return str(path)


def remixed(director: Director, remix: Remix, seed: int = 77) -> Directed:
    *_, last = director.direct(remix.brief, seed=seed, **SHAPE, **remix.direction())
    return last


def planned(parent: Directed, folder: Path, words: str, strength: float | None = None) -> Remix:
    source = Source(recipe=recipe(parent), latent=stored(parent, folder), strength=strength)
    return plan(source, words, style=None, **SHAPE)


@pytest.mark.parametrize("words", ["make it a cat", "same but underwater", "in neon style", "make the fox blue"])
def test_what_the_words_leave_alone_moves_exactly_as_before(
    director: Director, parent: Directed, tmp_path: Path, words: str
) -> None:
    child = remixed(director, planned(parent, tmp_path, words))
    assert child.scene.brief != parent.scene.brief
    np.testing.assert_array_equal(child.scene.tracks, parent.scene.tracks)
    np.testing.assert_array_equal(child.scene.camera, parent.scene.camera)


def test_one_actor_gets_another_deed_and_the_other_stays(director: Director, parent: Directed, tmp_path: Path) -> None:
    child = remixed(director, planned(parent, tmp_path, "make it spin"))
    np.testing.assert_array_equal(child.scene.tracks[1], parent.scene.tracks[1])
    assert np.abs(child.scene.tracks[0] - parent.scene.tracks[0]).mean() > 0.02


def test_a_story_goes_on_from_the_last_pose(director: Director, parent: Directed, tmp_path: Path) -> None:
    child = remixed(director, planned(parent, tmp_path, "then it flies away"))
    first, last = child.scene.tracks[:, 0, :2], parent.scene.tracks[:, -1, :2]
    np.testing.assert_allclose(first, last, atol=0.02)
    assert np.abs(child.scene.tracks[0, -1, :2] - last[0]).max() > 0.1


def test_who_leaves_takes_only_their_own_row(director: Director, parent: Directed, tmp_path: Path) -> None:
    child = remixed(director, planned(parent, tmp_path, "remove the fox"))
    assert [one.art for one in child.scene.brief.subjects] == [parent.scene.brief.subjects[1].art]
    np.testing.assert_array_equal(child.scene.tracks[0], parent.scene.tracks[1])


def test_newcomers_join_without_disturbing_the_others(director: Director, parent: Directed, tmp_path: Path) -> None:
    child = remixed(director, planned(parent, tmp_path, "add two butterflies"))
    np.testing.assert_array_equal(child.scene.tracks[:2], parent.scene.tracks)
    assert np.isfinite(child.scene.tracks).all()
    assert np.ptp(child.scene.tracks[2:, :, 0], axis=1).max() > 0.03


def test_a_number_says_how_far_everything_goes(director: Director, parent: Directed, tmp_path: Path) -> None:
    def gone(strength: float) -> float:
        child = remixed(director, planned(parent, tmp_path, "make it a cat", strength))
        return float(np.abs(child.scene.tracks[0] - parent.scene.tracks[0]).mean())

    distances = [gone(strength) for strength in (0.0, 0.3, 1.0)]
    assert distances == sorted(distances)
    assert distances[0] < 0.3 * distances[2]


def test_a_remix_can_be_remixed(director: Director, parent: Directed, tmp_path: Path) -> None:
    child = remixed(director, planned(parent, tmp_path, "add a butterfly"))
    grandchild = remixed(director, planned(child, tmp_path, "same but in space"), seed=5)
    assert grandchild.scene.brief.place == "space"
    np.testing.assert_array_equal(grandchild.scene.tracks, child.scene.tracks)


def test_another_versions_latent_leaves_the_brief(parent: Directed, tmp_path: Path) -> None:
    source = Source(recipe=recipe(parent), latent=stored(parent, tmp_path, "other/9"))
    remix = plan(source, "make it a cat", style=None, **SHAPE)
    assert remix.brief.subjects[0].art == "cat"
    assert remix.direction() == {}
    assert remix.told(source)["from"] == "recipe"


def test_another_engines_recipe_leaves_the_prompt(tmp_path: Path) -> None:
    source = Source(recipe={"backend": "other"}, latent=None)
    remix = plan(source, "a cat in space", style=None, **SHAPE)
    assert remix.brief == understand("a cat in space")
    assert remix.told(source) == {"strength": None, "from": "prompt", "change": None, "kept": []}


def test_a_latent_that_is_not_its_recipes_is_refused(director: Director, parent: Directed, tmp_path: Path) -> None:
    *_, other = director.direct(understand("a cat"), seed=1, **SHAPE)
    source = Source(recipe=recipe(parent), latent=stored(other, tmp_path))
    with pytest.raises(InvalidRequest, match="damaged"):
        plan(source, "at night", style=None, **SHAPE)


@pytest.mark.parametrize("content", [b"", b"I am not a scene", b"\xff" * 400, None])
def test_a_file_that_is_no_latent_is_refused(content: bytes | None, parent: Directed, tmp_path: Path) -> None:
    path = Path(stored(parent, tmp_path))
    path.write_bytes(path.read_bytes()[:3000] if content is None else content)
    with pytest.raises(InvalidRequest, match="damaged"):
        plan(Source(recipe=recipe(parent), latent=str(path)), "at night", style=None, **SHAPE)


@pytest.mark.parametrize("name", ["scene", "actors", "tracks", "camera", "cues"])
@pytest.mark.parametrize("spoilt", [np.nan, 1e30, "short", "flat"])
def test_arrays_that_no_scene_has_are_refused(name: str, spoilt: float | str, parent: Directed, tmp_path: Path) -> None:
    arrays = dict(parent.latent)
    if spoilt == "short":
        arrays[name] = arrays[name][..., :-1]
    else:
        arrays[name] = np.zeros(1, np.float32) if spoilt == "flat" else np.full_like(arrays[name], spoilt)
    path = stored(replace(parent, latent=arrays), tmp_path)
    with pytest.raises(InvalidRequest, match="damaged"):
        plan(Source(recipe=recipe(parent), latent=path), "at night", style=None, **SHAPE)


@pytest.mark.parametrize(
    "odd",
    [
        {"spec": None},
        {"spec": {"prompt": 3}},
        {"brief": 7},
        {"brief": {"subjects": "none"}, "spec": {"prompt": ["a cat"]}},
    ],
)
def test_a_recipe_that_tells_nothing_leaves_the_prompt(odd: dict[str, Any]) -> None:
    remix = plan(Source(recipe=odd, latent=None), "a cat in space", style=None, **SHAPE)
    assert remix.brief == understand("a cat in space")


@pytest.mark.parametrize(
    "change",
    [
        {"place": "atlantis"},
        {"mood": "odd"},
        {"subjects": []},
        {"lines": [{"text": "x", "language": "en", "speaker": 9}]},
    ],
)
def test_a_brief_with_what_no_longer_exists_is_read_again_from_its_prompt(
    parent: Directed, change: dict[str, Any]
) -> None:
    told = recipe(parent)
    told["brief"] |= change
    remix = plan(Source(recipe=told, latent=None), "make it a cat", style=None, **SHAPE)
    assert [one.art for one in remix.brief.subjects] == ["cat", parent.scene.brief.subjects[1].art]
    assert remix.brief.place == understand(PROMPT).place


def test_art_that_left_the_pack_is_replaced_by_reading_the_prompt_again(parent: Directed) -> None:
    told = recipe(parent)
    told["brief"]["subjects"][0]["art"] = "dodo-of-another-year"
    remix = plan(Source(recipe=told, latent=None), "same but at noon", style=None, **SHAPE)
    assert remix.brief.subjects[0].art == "fox"


def test_the_recipe_says_what_was_changed_and_kept(parent: Directed, tmp_path: Path) -> None:
    remix = planned(parent, tmp_path, "make it dance")
    told = remix.told(Source(recipe={}, latent=None))
    assert told == {"strength": None, "from": "latent", "change": "adjust", "kept": ["log"]}


def test_a_negative_prompt_takes_rows_away_as_well(director: Director, parent: Directed, tmp_path: Path) -> None:
    remix = planned(parent, tmp_path, "same but underwater").without("log")
    child = remixed(director, remix)
    assert len(child.scene.tracks) == 1
    np.testing.assert_array_equal(child.scene.tracks[0], parent.scene.tracks[0])


def member(cameo: str, name: str) -> CastMember:
    return CastMember(cameo_id=cameo, version=1, name=name)


def test_members_keep_their_parts_and_who_is_missing_gives_way(director: Director, tmp_path: Path) -> None:
    brief = understand("Mira dances beside Otto", cast=["Mira", "Otto"])
    *_, first = director.direct(brief, seed=3, **SHAPE)
    source = Source(recipe=recipe(first, ("cameo-m", "cameo-o")), latent=stored(first, tmp_path))

    def cast_of(*cast: CastMember, words: str = "same but at night") -> list[int | None]:
        return [one.cast for one in plan(source, words, style=None, cast=cast, **SHAPE).brief.subjects]

    assert cast_of(member("cameo-m", "Mira"), member("cameo-o", "Otto")) == [0, 1]
    assert cast_of(member("cameo-o", "Otto"), member("cameo-m", "Mira")) == [1, 0]
    assert cast_of(member("cameo-o", "Otto")) == [None, 0]
    assert cast_of() == [None, None]
    assert cast_of(member("cameo-o", "Otto"), member("cameo-x", "Xenia")) == [1, 0]
    assert cast_of(member("cameo-x", "Xenia"), words="replace Mira with Xenia") == [0, None]
