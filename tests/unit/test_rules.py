"""Rules as SQL keep their own tables apart from the columns that they are asked about."""

from __future__ import annotations

import re

import pytest

from models.rules import account, comment, leader


@pytest.mark.parametrize(
    "rule",
    [
        account.in_good_standing("a.id"), account.follows("f.id", "a.id"), account.mutual("f.id", "a.id"),
        account.blocks("b.id", "a.id"), account.apart("b.id", "a.id"), account.mutes("m.id", "a.id"),
        account.of_age("o.id"), leader.may_be_ranked("k.id"), comment.may_hide("v.id"),
    ],
)  # fmt: skip
def test_no_column_of_a_caller_is_mistaken_for_one_of_the_rule(rule: str) -> None:
    names = re.findall(r"\b(?:FROM|JOIN) \w+ (\w+)", rule)
    assert names
    assert all(name.startswith("_") for name in names), rule
