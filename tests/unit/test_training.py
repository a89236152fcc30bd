"""Training scenes obey the animator's rules, and a short training makes weights that direct."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.diorama.model.condition import Actor, Condition, Cue
from engine.diorama.scene import KEYS, MOTIONS, RELATIONS, Brief, Subject
from engine.train.acting import IMPACT, OPACITY, SCALE, SQUASH, X, Y
from engine.train.adherence import motion_shown, relation_shown
from engine.train.measure import measure
from engine.train.scenes import choose, direct, held_out


def drawn(condition: Condition, seed: int) -> np.ndarray:
    return direct(condition, np.random.default_rng(seed))[0]


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_can_be_read_from_its_scenes(motion: str) -> None:
    condition = Condition((Actor((motion,)),), seconds=4.0)
    shown = [motion_shown(condition, drawn(condition, seed), 0, 0) for seed in range(12)]
    assert np.mean(shown) >= 0.8


@pytest.mark.parametrize("relation", RELATIONS[1:])
@pytest.mark.parametrize("aspect", [9 / 16, 16 / 9])
def test_every_relation_is_true_in_the_picture(relation: str, aspect: float) -> None:
    motion = "jump" if relation == "over" else "run" if relation == "chasing" else "idle"
    condition = Condition((Actor((motion,), relation, 1), Actor(("idle",), kind="object", size=0.25)), aspect=aspect)
    shown = [relation_shown(condition, drawn(condition, seed), 0) for seed in range(12)]
    assert np.mean(shown) >= 0.9


def test_a_leap_over_something_clears_it_and_lands_beyond() -> None:
    condition = Condition((Actor(("jump",), "over", 1), Actor(kind="object", size=0.2)), seconds=5.0)
    for seed in range(8):
        fox, log = drawn(condition, seed)
        assert (fox[0, X] - log[0, X]) * (fox[-1, X] - log[-1, X]) < 0
        above = fox[np.abs(fox[:, X] - log[:, X]) < 0.03]
        assert len(above)
        assert (above[:, Y] < log[0, Y] - 0.2 * condition.aspect * log[0, SCALE]).all()


@pytest.mark.parametrize("motion", ["jump", "bounce"])
def test_an_impact_falls_on_the_key_where_the_foot_is_down(motion: str) -> None:
    condition = Condition((Actor((motion,)),), seconds=5.0)
    for seed in range(6):
        (track,) = drawn(condition, seed)
        hits = np.flatnonzero(track[:, IMPACT] > 0.5)
        assert len(hits) >= 2
        assert (track[:, Y].max() - track[hits, Y] < 0.03).all()


def test_a_jump_is_prepared_stretched_and_absorbed() -> None:
    (track,) = drawn(Condition((Actor(("jump",)),), seconds=2.0), 1)
    top, landing = int(track[:, Y].argmin()), int(track[:, IMPACT].argmax())
    assert track[:top, SQUASH].min() < -0.2
    assert track[:top, SQUASH].max() > 0.15
    assert track[landing : landing + 8, SQUASH].min() < -0.2


def test_actors_stay_in_the_frame_and_strangers_apart() -> None:
    rng = np.random.default_rng(4)
    for seed in range(150):
        condition = choose(rng)
        tracks = drawn(condition, seed)
        assert np.isfinite(tracks).all()
        assert tracks[..., X].min() >= 0.02
        assert tracks[..., X].max() <= 0.98
        assert tracks[..., Y].max() <= 0.86
    crowd = Condition((Actor(), Actor(("walk",)), Actor(("dance",))), aspect=9 / 16)
    for seed in range(10):
        tracks = drawn(crowd, seed)
        for a, b in ((0, 1), (0, 2), (1, 2)):
            touch = (crowd.extent(a)[0] * tracks[a, :, SCALE] + crowd.extent(b)[0] * tracks[b, :, SCALE]) / 2
            assert (np.abs(tracks[a, :, X] - tracks[b, :, X]) > 0.72 * touch).all()


def test_what_vanishes_is_gone_and_what_appears_is_there() -> None:
    gone, come = (drawn(Condition((Actor((m,)),)), 2)[0][:, OPACITY] for m in ("vanish", "appear"))
    assert gone[0] == come[-1] == 1
    assert gone[-1] < 0.05 > come[0]


def test_scenes_follow_from_their_seed_and_seeds_differ() -> None:
    condition = Condition((Actor(("run", "jump")), Actor(("fly",), kind="flyer")))
    assert np.array_equal(drawn(condition, 7), drawn(condition, 7))
    assert not np.allclose(drawn(condition, 7), drawn(condition, 8), atol=0.01)


def test_a_part_of_the_combinations_is_held_out() -> None:
    rng = np.random.default_rng(0)
    assert 0.05 < np.mean([held_out(choose(rng)) for _ in range(500)]) < 0.35
    assert not held_out(Condition((Actor(("jump",)),)))


def test_a_cue_settles_the_way_and_the_place() -> None:
    asked = (Actor(("walk",)),)
    for way in (-1.0, 1.0):
        track = drawn(Condition(asked, cues=(Cue(way, 0.5),), seconds=3.0), 1)[0]
        assert way * (track[-1, X] - track[0, X]) > 0.1
    pair = (Actor(), Actor(("dance",)))
    for spot in (0.1, 0.9):
        first, second = drawn(Condition(pair, cues=(Cue(1.0, spot), Cue(1.0, 0.5))), 1)
        assert (first[:, X].mean() < second[:, X].mean()) == (spot < 0.5)


def test_a_small_one_behind_a_large_one_peeps_out() -> None:
    condition = Condition((Actor(("idle",), "behind", 1, size=0.3), Actor(kind="object", size=0.6)))
    for seed in range(6):
        own, other = drawn(condition, seed)
        assert np.abs(own[:, X] - other[:, X]).min() > 0.5 * 0.6 * other[:, SCALE].min() - 0.02


def test_every_row_of_the_measure_has_the_cases_it_claims() -> None:
    found = measure(lambda c, s: direct(c, np.random.default_rng(s))[0], cases=3, unseen=True, seed=1)
    assert all(len(rows) == 3 for rows in (*found.motions.values(), *found.relations.values()))
    assert set(found.motions) == set(MOTIONS)
    assert found.motion > 0.9
    assert 0 <= found.chance < 0.3


def test_a_short_training_lowers_the_loss_and_makes_weights_that_direct(tmp_path: Path) -> None:
    import torch

    from engine.diorama.model.direct import Director
    from engine.train.__main__ import save
    from engine.train.fit import draw, fit

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seen = list(fit(draw(60, 3), steps=30, seed=0, every=1))
    finally:
        torch.set_num_threads(threads)
    losses = [progress.loss for progress, _ in seen]
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    save(seen[-1][1], tmp_path)
    brief = Brief("a fox", "en", (Subject("fox", "fox", "animal", 0.3),))
    *_, last = Director(weights=tmp_path).direct(brief, seconds=3.0, seed=1, steps=2)
    assert last.final
    assert last.scene.tracks.shape == (1, KEYS, 8)
