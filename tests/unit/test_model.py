"""The director turns briefs into scenes: exactly repeatable, true to what was asked, and open to remixes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.diorama.model.condition import ACTOR_FEATURES, GROUPS, Actor, Condition, Cue, condition_of, features
from engine.diorama.model.direct import Directed, Director, SourceLatent
from engine.diorama.model.latents import LATENT_FORMAT, decode, encode
from engine.diorama.model.pipeline import ScenePipeline
from engine.diorama.model.projection import IMPACT, SCALE, X, Y, project
from engine.diorama.scene import KEYS, Brief, Subject
from engine.errors import BackendUnavailable, InvalidRequest
from engine.train.adherence import motion_shown, relation_shown
from engine.train.scenes import choose, direct


def subject(
    *motions: str, relation: str = "none", target: int | None = None, kind: str = "animal", size: float = 0.3
) -> Subject:
    return Subject("art", "word", kind, size, motions=motions or ("idle",), relation=relation, target=target)


def brief(*subjects: Subject, camera: str = "static") -> Brief:
    return Brief("a prompt", "en", subjects, camera=camera)


FOX_OVER_LOG = brief(subject("jump", relation="over", target=1), subject(kind="object", size=0.2))


@pytest.fixture(scope="module")
def director() -> Director:
    torch.set_num_threads(1)
    return Director()


def final(director: Director, asked: Brief, seed: int, **more: object) -> Directed:
    *_, last = director.direct(asked, seconds=5.0, seed=seed, **more)  # type: ignore[arg-type]
    return last


def test_latents_give_back_the_scene_they_were_made_from() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        tracks, camera = direct(choose(rng), rng)
        again, filmed = decode(encode(tracks, camera))
        turned = (tracks - again)[..., 3] / (2 * np.pi)
        assert np.allclose(np.delete(again, 3, -1), np.delete(tracks, 3, -1), atol=1e-4)
        assert np.allclose(turned, np.round(turned), atol=1e-4)
        assert np.allclose(filmed, camera, atol=1e-4)


def test_a_condition_tells_every_actor_its_motion_at_every_token() -> None:
    told = features(Condition((Actor(("run", "jump")), Actor(relation="left_of", target=0))))
    assert told["actors"].shape == (2, ACTOR_FEATURES)
    assert told["targets"].tolist() == [-1, 0]
    assert told["beats"].shape[:2] == (2, GROUPS)
    assert not np.allclose(told["beats"][0, 0], told["beats"][0, -1])


def test_each_key_is_told_where_in_its_motion_and_its_cycle_it_is() -> None:
    condition = Condition((Actor(("walk", "jump", "sleep")),), seconds=6.0)
    walk, jump, sleep = condition.clocks(0)
    assert (walk.first, sleep.last) == (0, KEYS)
    assert (walk.last, jump.last) == (jump.first, sleep.first)
    assert walk.cycles > sleep.cycles
    progress = jump.progress(np.arange(jump.first, jump.last), condition.seconds)
    assert progress[0] == 0
    assert (np.diff(progress) > 0).all()
    assert progress[-1] > 0.9


def test_who_comes_later_starts_later_and_keeps_its_time() -> None:
    early, late = (Condition((Actor(("dance",)),) * 2, seconds=5.0).clocks(slot)[0] for slot in (0, 1))
    assert early.delay == 0 < late.delay
    assert late.progress(np.array([KEYS - 1]), 5.0) == pytest.approx(1.0)


def test_the_chased_moves_as_its_kind_does() -> None:
    condition = Condition((Actor(("chase",), "chasing", 1), Actor(("idle",), kind="vehicle")))
    assert condition.deeds(0) == ("run",)
    assert condition.deeds(1) == ("drive",)


def test_a_bee_beside_the_flower_it_circles_circles_the_flower() -> None:
    assert Condition((Actor(("orbit",), "beside", 1, "flyer"), Actor())).link(0) == ("orbit", 1)


@pytest.mark.parametrize("way", [-1.0, 1.0])
def test_a_cue_says_which_way_an_actor_goes(director: Director, way: float) -> None:
    condition = Condition((Actor(("walk",)),), cues=(Cue(way, 0.5),), seconds=3.0)
    for seed in range(4):
        latents = director.pipeline(condition, generator=torch.Generator().manual_seed(seed)).latents.numpy()
        (track,), _ = project(condition, *decode(latents))
        assert way * (track[KEYS // 2, X] - track[0, X]) > 0.05


def test_relations_that_chase_their_own_tail_are_cut() -> None:
    circle = brief(subject(relation="on", target=1), subject(relation="on", target=0))
    condition = condition_of(circle, seconds=5, aspect=1.0)
    assert [condition.link(s)[1] for s in range(2)].count(None) == 1


def test_each_step_is_shown_and_only_the_last_is_final(director: Director) -> None:
    shown = list(director.direct(FOX_OVER_LOG, seconds=5.0, seed=1, steps=5))
    assert [d.index for d in shown] == [1, 2, 3, 4, 5]
    assert [d.final for d in shown] == [False] * 4 + [True]
    assert shown[-1].scene.tracks.shape == (2, KEYS, 8)
    assert shown[-1].scene.camera.shape == (KEYS, 4)
    assert shown[-1].latent_format == LATENT_FORMAT
    errors = [np.abs(d.scene.tracks - shown[-1].scene.tracks).mean() for d in shown]
    assert errors[0] > errors[3]


def test_the_same_seed_gives_the_same_scene_and_another_seed_another(director: Director) -> None:
    first, again, other = (final(director, FOX_OVER_LOG, seed).scene for seed in (4, 4, 5))
    assert np.array_equal(first.tracks, again.tracks)
    assert np.array_equal(first.camera, again.camera)
    assert not np.allclose(first.tracks, other.tracks, atol=0.02)


def test_a_fox_told_to_jump_over_a_log_does(director: Director) -> None:
    condition = condition_of(FOX_OVER_LOG, seconds=5.0, aspect=9 / 16)
    scenes = [final(director, FOX_OVER_LOG, seed).scene.tracks for seed in range(8)]
    assert sum(relation_shown(condition, tracks, 0) for tracks in scenes) >= 7
    assert sum(bool((tracks[0, :, IMPACT] > 0.35).any()) for tracks in scenes) >= 7


@pytest.mark.parametrize("motion", ["walk", "run", "jump", "bounce", "fly", "spin", "grow", "vanish", "dance", "fall"])
def test_common_motions_are_directed_as_asked(director: Director, motion: str) -> None:
    asked = brief(subject(motion))
    condition = condition_of(asked, seconds=5.0, aspect=9 / 16)
    shown = [motion_shown(condition, final(director, asked, seed).scene.tracks, 0, 0) for seed in range(6)]
    assert sum(shown) >= 4


def test_scenes_are_valid_for_any_condition(director: Director) -> None:
    rng = np.random.default_rng(9)
    for seed in range(12):
        condition = choose(rng, count=1 + seed % 6)
        latents = director.pipeline(condition, generator=torch.Generator().manual_seed(seed)).latents.numpy()
        tracks, camera = project(condition, *decode(latents))
        assert np.isfinite(tracks).all()
        assert (tracks[..., X] >= 0.02).all()
        assert (tracks[..., Y] <= 0.86).all()
        assert set(np.unique(tracks[..., 5])) <= {-1.0, 1.0}
        assert (np.abs(camera[:, 0] - 0.5) <= 0.5 * (1 - 1 / camera[:, 2]) + 1e-6).all()


def test_strangers_do_not_stand_in_each_other(director: Director) -> None:
    asked = brief(subject(), subject("dance"), subject())
    condition = condition_of(asked, seconds=5.0, aspect=9 / 16)
    for seed in range(4):
        tracks = final(director, asked, seed).scene.tracks
        for a, b in ((0, 1), (0, 2), (1, 2)):
            touch = (condition.extent(a)[0] * tracks[a, :, SCALE] + condition.extent(b)[0] * tracks[b, :, SCALE]) / 2
            assert np.mean(np.abs(tracks[a, :, X] - tracks[b, :, X]) > 0.75 * touch) > 0.9


def test_a_large_flyer_climbs_and_sinks_as_far_as_a_small_one(director: Director) -> None:
    for size in (0.25, 0.6):
        for seed in range(4):
            flown = final(director, brief(subject("fly", kind="flyer", size=size)), seed).scene.tracks[0]
            assert np.ptp(flown[:, Y]) > 0.11


def test_a_runner_beside_a_thing_has_a_way_to_go(director: Director) -> None:
    asked = brief(subject("run", relation="beside", target=1), subject(kind="object", size=0.2))
    ways = [np.ptp(final(director, asked, seed).scene.tracks[0, :, X]) for seed in range(6)]
    assert np.median(ways) > 0.18


def test_a_fall_gathers_speed_until_it_hits(director: Director) -> None:
    for seed in range(4):
        track = final(director, brief(subject("fall", size=0.4)), seed).scene.tracks[0]
        touch = int(np.flatnonzero(track[:, IMPACT])[0])
        depth = track[touch, Y] - track[: touch + 1, Y].min()
        assert track[touch, Y] - track[touch - 6, Y] > 0.44 * depth


def test_a_static_camera_is_perfectly_still(director: Director) -> None:
    camera = final(director, FOX_OVER_LOG, 3).scene.camera
    assert (camera[:, :3] == np.array([0.5, 0.5, 1.0], np.float32)).all()


def test_a_zoom_comes_nearer(director: Director) -> None:
    camera = final(director, brief(subject(), camera="zoom_in"), 3).scene.camera
    assert camera[-1, 2] > camera[0, 2] + 0.1


def test_strength_says_how_far_a_remix_goes(director: Director) -> None:
    parent = final(director, FOX_OVER_LOG, 1)
    source = SourceLatent(parent.latent, parent.latent_format)
    far = [
        np.abs(final(director, FOX_OVER_LOG, 2, source=source, strength=s).scene.tracks - parent.scene.tracks).mean()
        for s in (0.0, 0.3, 0.95)
    ]
    assert far[0] == 0
    assert 0 < far[1] < far[2]


def test_a_remix_redirects_the_changed_actor_and_keeps_the_other(director: Director) -> None:
    parent = final(director, brief(subject("idle"), subject("jump")), 1)
    changed = brief(subject("idle"), subject("spin"))
    tracks = final(director, changed, 2, source=SourceLatent(parent.latent), strength=0.3).scene.tracks
    condition = condition_of(changed, seconds=5.0, aspect=9 / 16)
    assert motion_shown(condition, tracks, 1, 0)
    assert np.abs(tracks[0, :, X] - parent.scene.tracks[0, :, X]).mean() < 0.12


def test_what_is_kept_stays_exactly_and_the_others_change(director: Director) -> None:
    pair = brief(subject("walk"), subject("dance"))
    parent = final(director, pair, 1)
    new = brief(subject("walk"), subject("jump"))
    source = SourceLatent(parent.latent)
    child = final(director, new, 2, source=source, keep=frozenset({0}), keep_camera=True).scene
    assert np.array_equal(child.tracks[0], parent.scene.tracks[0])
    assert np.array_equal(child.camera, parent.scene.camera)
    assert motion_shown(condition_of(new, seconds=5.0, aspect=9 / 16), child.tracks, 1, 0)
    other = final(director, pair, 2, source=source, keep=frozenset({1})).scene
    assert np.array_equal(other.tracks[1], parent.scene.tracks[1])
    assert not np.allclose(other.tracks[0, :, X], parent.scene.tracks[0, :, X], atol=0.02)


def test_a_rider_comes_to_the_mount_that_is_kept(director: Director) -> None:
    parent = final(director, brief(subject("idle"), subject("idle", kind="object", size=0.4)), 1)
    asked = brief(subject("idle", relation="on", target=1), subject("idle", kind="object", size=0.4))
    child = final(director, asked, 2, source=SourceLatent(parent.latent), keep=frozenset({1})).scene
    assert np.array_equal(child.tracks[1], parent.scene.tracks[1])
    assert relation_shown(condition_of(asked, seconds=5.0, aspect=9 / 16), child.tracks, 0)


def test_a_story_goes_on_from_the_poses_it_is_given(director: Director) -> None:
    parent = final(director, brief(subject("walk"), subject("dance")), 1).scene
    start = parent.tracks[:, -1].copy()
    start[1] = np.nan
    asked = brief(subject("jump"), subject("idle"))
    on = final(director, asked, 2, start=start).scene.tracks
    assert np.allclose(on[0, 0, [X, Y, SCALE]], start[0, [X, Y, SCALE]], atol=1e-5)
    assert on[0, 0, 5] == start[0, 5]
    steps = np.abs(np.diff(on[0, :8, X]))
    assert steps.max() < 0.08
    assert motion_shown(condition_of(asked, seconds=5.0, aspect=9 / 16), on, 0, 0)


def test_keeping_what_the_source_lacks_is_refused(director: Director) -> None:
    parent = final(director, FOX_OVER_LOG, 1, steps=1)
    for wrong in ({"keep": frozenset({2})}, {"start": np.zeros((1, 8), np.float32)}):
        with pytest.raises(InvalidRequest):
            final(director, FOX_OVER_LOG, 1, steps=1, source=SourceLatent(parent.latent), **wrong)
    with pytest.raises(InvalidRequest):
        final(director, FOX_OVER_LOG, 1, steps=1, keep_camera=True)


def test_a_scene_of_the_first_days_is_still_read(director: Director) -> None:
    parent = final(director, FOX_OVER_LOG, 1)
    first = SourceLatent({name: parent.latent[name] for name in ("scene", "actors")}, "diorama-scene/1")
    same = final(director, FOX_OVER_LOG, 2, source=first, strength=0.0).scene
    assert np.array_equal(same.tracks, parent.scene.tracks)
    kept = final(director, FOX_OVER_LOG, 2, source=first, keep=frozenset({1})).scene
    assert np.abs(kept.tracks[1, :, X] - parent.scene.tracks[1, :, X]).max() < 1e-6


def test_a_latent_of_another_format_is_refused(director: Director) -> None:
    parent = final(director, FOX_OVER_LOG, 1, steps=1)
    with pytest.raises(InvalidRequest, match="format"):
        final(director, FOX_OVER_LOG, 1, source=SourceLatent(parent.latent, "other/9"))
    torn = SourceLatent({**parent.latent, "scene": np.zeros((1, 2, 3), np.float32)})
    with pytest.raises(InvalidRequest, match="damaged"):
        final(director, FOX_OVER_LOG, 1, source=torn)


def test_a_brief_without_subjects_is_refused(director: Director) -> None:
    with pytest.raises(InvalidRequest):
        final(director, brief(), 1)


def test_missing_weights_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"engine\.train"):
        Director(weights=tmp_path)


def test_the_pipeline_survives_saving_and_tells_its_callback_every_step(director: Director, tmp_path: Path) -> None:
    director.pipeline.save_pretrained(tmp_path)
    assert not list(tmp_path.rglob("*.bin"))
    again = ScenePipeline.from_pretrained(str(tmp_path), local_files_only=True)
    seen: list[int] = []

    def watch(pipe: ScenePipeline, step: int, timestep: object, tensors: dict[str, torch.Tensor]) -> None:
        seen.append(step)
        assert tensors["clean"].shape == tensors["latents"].shape

    condition = Condition((Actor(("run",)),))
    first = director.pipeline(condition, num_inference_steps=3, generator=torch.Generator().manual_seed(1)).latents
    second = again(
        condition, num_inference_steps=3, generator=torch.Generator().manual_seed(1), callback_on_step_end=watch
    ).latents
    assert torch.equal(first, second)
    assert seen == [0, 1, 2]
