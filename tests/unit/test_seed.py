"""A seeded world before it is written: the same for the same number, and true to the rules of the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cli import seed as command
from app.seed.bank import load_bank, meanings
from app.seed.people import INVITES
from app.seed.reactions import SECONDS
from app.seed.videos import DEEPEST, words_of
from app.seed.words import bank_sentences
from app.seed.world import World, make_world
from app.settings import Settings
from app.trouble import Trouble
from engine.text.meaning import meaning

NOW = 1_790_000_000_000


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(80, 600, density=1.0, seed=3, now=NOW)


def test_the_same_number_makes_the_same_world_and_another_makes_another(world: World) -> None:
    again, other = (make_world(80, 600, density=1.0, seed=number, now=NOW) for number in (3, 4))
    assert (again.videos.ids == world.videos.ids).all()
    assert again.people.handles == world.people.handles
    assert (again.likes.ids == world.likes.ids).all()
    assert words_of(again.videos, np.random.default_rng(1)) == words_of(world.videos, np.random.default_rng(1))
    assert not (other.videos.ids == world.videos.ids).all()


def test_nobody_invites_more_than_they_may_and_everybody_was_there_first(world: World) -> None:
    people = world.people
    assert np.bincount(people.inviter[people.inviter >= 0]).max() <= INVITES
    invited = np.flatnonzero(people.inviter >= 0)
    assert (people.joined[people.inviter[invited]] < people.joined[invited]).all()
    assert people.joined.max() < world.videos.made.min()
    assert len(set(people.handles)) == len(people)


def test_a_few_are_known_by_many_and_nobody_follows_themselves(world: World) -> None:
    follows = world.follows
    fans = np.diff(follows.start)
    assert fans.max() > 4 * np.median(fans)
    assert (follows.follower != follows.followee).all()
    assert len(np.unique(follows.follower * len(world.people) + follows.followee)) == len(follows.since)


def test_remixes_are_later_than_their_parents_some_are_liked_by_many_and_some_chains_are_deep(world: World) -> None:
    videos = world.videos
    remixes = np.flatnonzero(videos.parent >= 0)
    parents = videos.parent[remixes]
    assert (videos.made[parents] < videos.made[remixes]).all()
    assert videos.listed[parents].all()
    assert videos.remixable[parents].all()
    assert (videos.depth[remixes] == videos.depth[parents] + 1).all()
    assert [len(path) // 16 for path in videos.paths] == videos.depth.tolist()
    assert 3 < videos.depth.max() <= DEEPEST
    assert videos.direct_remixes().max() > 5
    assert videos.descendants().max() >= videos.direct_remixes().max()


def test_what_is_not_published_to_all_meets_nobody_and_nobody_meets_their_own(world: World) -> None:
    met = world.met
    assert world.videos.listed[met.video].all()
    assert (world.videos.author[met.video] != met.account).all()
    assert (met.at >= world.videos.published[met.video]).all()
    assert met.at.max() < NOW
    assert 0 < (met.seconds >= SECONDS).mean() < 0.5


def test_the_bank_holds_what_the_grammar_can_say_and_meanings_stay_near_it() -> None:
    bank, said = load_bank(), bank_sentences()
    assert bank.shape == (len(said), 384)
    for at in (0, len(said) // 2):
        assert float(bank[at] @ meaning(said[at])) > 0.99
    near = meanings(bank, np.array([5, 5]), np.random.default_rng(1))
    assert np.linalg.norm(near, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert (near @ bank.T).argmax(axis=1).tolist() == [5, 5]


def test_production_is_not_seeded_unless_somebody_insists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.settings.settings", lambda: Settings(env="production", data_dir=tmp_path / "var"))
    with pytest.raises(Trouble, match="production"):
        command.seed()
    assert not (tmp_path / "var").exists()
