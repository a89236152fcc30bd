"""The ranker: the same candidates give the same order, spread over authors and topics, and every score adds up."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy import RULES
from resolvers.feed.rank import FEW_VIEWS, Candidate, Rules, explain, rank
from resolvers.feed.weights import KNOBS, defaults, going
from resolvers.feed.why import Feature, Reason

USUAL = defaults({key: rule.default for key, rule in RULES.items()})
RULES_OF_FEED = Rules(half_life=36.0, gap=4)
AXES = np.eye(6, dtype=np.float32)


def candidate(number: int, author: int = 0, hours: float = 1.0, **known: object) -> Candidate:
    return replace(Candidate(UUID(int=number), UUID(int=10_000 + author), hours), **known)  # type: ignore[arg-type]


@st.composite
def worlds(draw: st.DrawFn) -> list[Candidate]:
    unit = st.floats(0, 1)
    return [
        candidate(
            number + 1, draw(st.integers(0, 5)), draw(st.floats(-1, 10_000)), quality=draw(unit),
            views=draw(st.integers(0, 2 * FEW_VIEWS)), follows=draw(st.booleans()), likes=draw(st.integers(0, 300)),
            taste=draw(st.floats(-1, 1)), less=draw(unit), steer=draw(st.floats(-1, 1)),
            meaning=draw(st.sampled_from([None, *AXES])),
        )
        for number in range(draw(st.integers(0, 24)))
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    worlds(),
    st.randoms(use_true_random=False),
    st.fixed_dictionaries({feature: st.floats(knob.least, knob.most) for feature, knob in KNOBS.items()}),
)
def test_any_ranking_has_each_video_once_in_one_order_with_scores_that_add_up(
    world: list[Candidate], chance: object, own: dict[Feature, float]
) -> None:
    weights = USUAL | own
    taken = rank(world, weights, RULES_OF_FEED)
    assert sorted(each.candidate.id for each in taken) == sorted(each.id for each in world)
    shuffled = world.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [each.candidate.id for each in rank(shuffled, weights, RULES_OF_FEED)] == [e.candidate.id for e in taken]
    for each in taken:
        why = explain(each.reason, each.parts, weights, each.candidate.author_id)
        assert why.score == pytest.approx(sum(value * weights[feature] for feature, value in each.parts.items()))
        shares = [part.share for part in why.contributions]
        assert not shares or sum(shares) == pytest.approx(1.0)
        assert all(-1 <= value <= 1 for value in each.parts.values())
    places = {each.candidate.id: place for place, each in enumerate(taken)}
    for place, each in enumerate(taken):
        near = {other.candidate.author_id for other in taken[max(0, place - RULES_OF_FEED.gap) : place]}
        left = {other.author_id for other in world if places[other.id] >= place}
        if each.reason is not Reason.EXPLORING and left - near:
            assert each.candidate.author_id not in near
    allowed = int(len(taken) * weights[Feature.EXPLORATION])
    assert sum(each.reason is Reason.EXPLORING for each in taken) <= allowed


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        ({"hours": 0.0}, {"hours": 90.0}, Reason.FRESH),
        ({"quality": 0.9, "hours": 900.0}, {"quality": 0.1, "hours": 900.0}, Reason.RECEIVED_WELL),
        ({"follows": True, "hours": 900.0}, {"hours": 900.0}, Reason.AUTHOR),
        ({"likes": 3, "hours": 900.0}, {"hours": 900.0}, Reason.AUTHOR),
        ({"taste": 0.6, "hours": 900.0}, {"taste": -0.2, "hours": 900.0}, Reason.TOPIC),
        ({"steer": 1.0}, {"steer": -1.0}, Reason.STEER),
        ({"less": 0.0}, {"less": 0.5}, Reason.FRESH),
        ({"hours": 9_000.0, "quality": 0.01}, {"hours": 9_000.0}, Reason.REST),
    ],
)
def test_each_feature_moves_a_video_up_and_is_named_as_the_reason(
    better: dict[str, object], worse: dict[str, object], reason: Reason
) -> None:
    first, _ = rank([candidate(1, 1, **worse), candidate(2, 2, **better)], USUAL, RULES_OF_FEED)  # type: ignore[arg-type]
    assert first.candidate.id == UUID(int=2)
    assert first.reason is reason


def test_a_weight_of_nothing_takes_the_feature_out() -> None:
    old, new = candidate(1, 1, 5_000.0, quality=0.4), candidate(2, 2, 0.0, quality=0.1)
    unhurried = USUAL | {Feature.FRESHNESS: 0.0}
    assert rank([old, new], USUAL, RULES_OF_FEED)[0].candidate is new
    [first, _] = rank([old, new], unhurried, RULES_OF_FEED)
    assert first.candidate is old
    why = explain(first.reason, first.parts, unhurried, first.candidate.author_id)
    assert Feature.FRESHNESS not in {part.feature for part in why.contributions}


def test_a_topic_is_not_shown_in_a_row_where_another_is_nearly_as_good() -> None:
    cats = [candidate(number, number, quality=0.5, meaning=AXES[0]) for number in range(1, 5)]
    seas = [candidate(number, number, quality=0.4, meaning=AXES[1]) for number in range(5, 9)]
    mixed = rank(cats + seas, USUAL, RULES_OF_FEED)
    assert [each.candidate.meaning is AXES[0] for each in mixed[:4]] != [True] * 4
    alone = rank(cats + seas, USUAL | {Feature.DIVERSITY: 0.0}, RULES_OF_FEED)
    assert all(each.candidate.quality == 0.5 for each in alone[:4])


def test_a_share_of_the_places_is_for_what_few_have_met_also_in_later_parts_of_a_scroll() -> None:
    known = [candidate(number, number, quality=0.9, views=1_000) for number in range(1, 61)]
    unknown = [candidate(number, number, 500.0, quality=0.15) for number in range(61, 91)]
    top = rank(known + unknown, USUAL | {Feature.EXPLORATION: 0.2}, RULES_OF_FEED)[:40]
    assert sum(each.reason is Reason.EXPLORING for each in top) == 8
    assert all(each.candidate.views < FEW_VIEWS for each in top if each.reason is Reason.EXPLORING)
    none = rank(known + unknown, USUAL | {Feature.EXPLORATION: 0.0}, RULES_OF_FEED)[:40]
    assert all(each.candidate.views == 1_000 for each in none)
    before = [UUID(int=1)] * 9
    assert rank(known + unknown, USUAL, RULES_OF_FEED, before=before)[0].reason is Reason.EXPLORING


def test_an_author_of_the_last_places_waits_in_the_next_part() -> None:
    mine, other = candidate(1, 1, 0.0, quality=1.0), candidate(2, 2, 400.0)
    first, _ = rank([mine, other], USUAL, RULES_OF_FEED, before=[UUID(int=10_001)])
    assert first.candidate is other


def test_what_a_member_sets_holds_and_the_rest_is_policys() -> None:
    rules = {key: rule.default for key, rule in RULES.items()}
    found = going(rules, {"TOPIC": 0.25, "NONSENSE": 3}, "")
    assert found.weights == USUAL | {Feature.TOPIC: 0.25}
    assert found.own == {Feature.TOPIC}
    for feature, knob in KNOBS.items():
        assert knob.least <= USUAL[feature] <= knob.most
        assert RULES[knob.policy_key(feature)].allows(knob.least)
        assert RULES[knob.policy_key(feature)].allows(knob.most)
