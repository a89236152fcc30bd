"""Who stands how to whom: each rule is an SQL fragment over two expressions that name accounts.

Their own tables have names that begin with an underscore, so that no caller's column is mistaken for one of theirs.
"""

from __future__ import annotations

from models.policy import rule_in_sql


def in_good_standing(who: str) -> str:
    """Is this account neither suspended nor deleted?"""
    return (
        f"EXISTS (SELECT 1 FROM account _a WHERE _a.id = {who} AND _a.suspended_at IS NULL AND _a.deleted_at IS NULL)"
    )


def follows(follower: str, followee: str) -> str:
    """Does the one follow the other?"""
    return f"EXISTS (SELECT 1 FROM follow _f WHERE _f.follower_id = {follower} AND _f.followee_id = {followee})"


def mutual(one: str, other: str) -> str:
    """Do the two follow each other?"""
    return f"({follows(one, other)} AND {follows(other, one)})"


def blocks(blocker: str, blocked: str) -> str:
    """Does the one block the other?"""
    return f"EXISTS (SELECT 1 FROM block _b WHERE _b.blocker_id = {blocker} AND _b.blocked_id = {blocked})"


def apart(one: str, other: str) -> str:
    """Does either block the other?"""
    return f"({blocks(one, other)} OR {blocks(other, one)})"


def mutes(muter: str, muted: str) -> str:
    """Does the one not want to meet the other's videos and comments? By name they are still found."""
    return f"EXISTS (SELECT 1 FROM mute _m WHERE _m.muter_id = {muter} AND _m.muted_id = {muted})"


def adult(birth_date: str, at: str = "yume_now()") -> str:
    """Was somebody born on this date of age at that moment? An unknown date is an adult's: the local owner has none."""
    years = f"make_interval(years => {rule_in_sql('adult_age')}::int)"
    return f"coalesce({birth_date} <= ({at} - {years})::date, true)"


def of_age(who: str, at: str = "yume_now()") -> str:
    """Was this account's member of age at that moment? Nobody's is not."""
    return f"coalesce((SELECT {adult('_o.birth_date', at)} FROM account _o WHERE _o.id = {who}), false)"
