"""Terms of a grant: what widens and what narrows, told from the terms alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.restrictions import Restrictions, Topic, canonical
from models.cameo import ALL_SCOPES, Scope
from models.grant import Audience
from resolvers.terms import Terms, narrows, widens

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BASE = Terms(audience=Audience.MUTUALS, scopes=Scope.FACE, expires_at=NOW + timedelta(days=2))

moments = st.none() | st.integers(0, 3).map(lambda days: NOW + timedelta(days=days))
terms = st.builds(
    Terms,
    audience=st.sampled_from(Audience),
    scopes=st.integers(0, int(ALL_SCOPES)).map(Scope),
    restrictions=st.lists(st.sampled_from([Topic.POLITICS, Topic.DRUGS]), unique=True).map(
        lambda topics: canonical(Restrictions(topics=tuple(topics)))
    ),
    not_before=moments,
    expires_at=moments,
    per_use_approval=st.booleans(),
)


@pytest.mark.parametrize(
    ("change", "wider", "narrower"),
    [
        ({"audience": Audience.EVERYONE}, True, False),
        ({"audience": Audience.APPROVED}, False, True),
        ({"audience": Audience.ONLY_ME, "scopes": ALL_SCOPES, "expires_at": None}, False, True),
        ({"scopes": Scope.FACE | Scope.VOICE}, True, False),
        ({"scopes": Scope.VOICE}, True, True),
        ({"expires_at": None}, True, False),
        ({"expires_at": NOW + timedelta(days=1)}, False, True),
        ({"not_before": NOW}, False, True),
        ({"per_use_approval": True}, False, True),
        ({"restrictions": Restrictions(topics=(Topic.POLITICS,))}, False, True),
        ({"preferences": "a red hat"}, False, False),
    ],
)
def test_a_change_widens_or_narrows(change: dict[str, Any], wider: bool, narrower: bool) -> None:  # noqa: FBT001
    new = replace(BASE, **change)
    assert (widens(BASE, new), narrows(BASE, new)) == (wider, narrower)


def allowed(one: Terms, audience: Audience, scope: Scope, topic: Topic | None, day: int) -> bool:
    """May somebody of this audience use this scope for this topic, on this day, without being asked first?"""
    moment = NOW + timedelta(days=day, hours=12)
    admitted = list(Audience).index(audience) <= list(Audience).index(one.audience or Audience.ONLY_ME)
    return (
        audience is not Audience.ONLY_ME
        and admitted
        and scope in one.scopes
        and topic not in one.restrictions.topics
        and (one.not_before is None or one.not_before <= moment)
        and (one.expires_at is None or one.expires_at > moment)
        and not one.per_use_approval
    )


@given(old=terms, new=terms)
def test_what_is_newly_allowed_is_widening_and_what_no_longer_is_narrowing(old: Terms, new: Terms) -> None:
    uses = [
        (audience, scope, topic, day)
        for audience in Audience for scope in ALL_SCOPES for topic in (None, Topic.POLITICS, Topic.DRUGS)
        for day in range(-1, 4)
    ]  # fmt: skip
    before = {use for use in uses if allowed(old, *use)}
    after = {use for use in uses if allowed(new, *use)}
    assert widens(old, new) or not after - before
    assert narrows(old, new) or not before - after
