"""Who stands how to whom: each rule is an SQL fragment over two expressions that name accounts."""

from __future__ import annotations

from models.policy import rule_in_sql


def in_good_standing(who: str) -> str:
    """Is this account neither suspended nor deleted?"""
    return f"EXISTS (SELECT 1 FROM account a WHERE a.id = {who} AND a.suspended_at IS NULL AND a.deleted_at IS NULL)"


def follows(follower: str, followee: str) -> str:
    """Does the one follow the other?"""
    return f"EXISTS (SELECT 1 FROM follow f WHERE f.follower_id = {follower} AND f.followee_id = {followee})"


def mutual(one: str, other: str) -> str:
    """Do the two follow each other?"""
    return f"({follows(one, other)} AND {follows(other, one)})"


def blocks(blocker: str, blocked: str) -> str:
    """Does the one block the other?"""
    return f"EXISTS (SELECT 1 FROM block b WHERE b.blocker_id = {blocker} AND b.blocked_id = {blocked})"


def apart(one: str, other: str) -> str:
    """Does either block the other?"""
    return f"({blocks(one, other)} OR {blocks(other, one)})"


def mutes(muter: str, muted: str) -> str:
    """Does the one not want to meet the other's videos and comments? By name they are still found."""
    return f"EXISTS (SELECT 1 FROM mute m WHERE m.muter_id = {muter} AND m.muted_id = {muted})"


def adult(birth_date: str, at: str = "yume_now()") -> str:
    """Was somebody born on this date of age at that moment? An unknown date is an adult's: the local owner has none."""
    years = f"make_interval(years => {rule_in_sql('adult_age')}::int)"
    return f"coalesce({birth_date} <= ({at} - {years})::date, true)"


def of_age(who: str, at: str = "yume_now()") -> str:
    """Was this account's member of age at that moment? Nobody's is not."""
    return f"coalesce((SELECT {adult('o.birth_date', at)} FROM account o WHERE o.id = {who}), false)"
