"""Who may see a video: the author's, the consent and the moderation column must all allow it.

Each rule is an SQL fragment over the table ``video_visibility``. ``viewer`` is an expression that names an account, as
`models.rules.sql.account` makes of an id; NULL stands for somebody who is not signed in.
"""

from __future__ import annotations

from models.policy import rule_in_sql
from models.rules.account import apart, follows, in_good_standing, mutes, mutual, of_age
from models.rules.grant import VISIBLE_BY

_V = "video_visibility"

RAN_OUT = f"""EXISTS (
    SELECT 1 FROM lineage t
    JOIN video_likeness l ON l.video_id = ANY (t.path || t.id)
    JOIN cameo_grant g ON g.id = {VISIBLE_BY}
    WHERE t.id = {_V}.id AND g.on_expiry = 'WITHDRAW' AND g.expires_at <= yume_now()
)"""
"""Is there a likeness, here or in an ancestor, whose grant has run out and takes its videos with it?"""

UNRESTRICTED = f"({_V}.consent = 'LIVE' AND {_V}.moderation = 'CLEAR' AND NOT {RAN_OUT})"
"""Do the people shown and the moderators leave it visible?"""


_FILTERED = f"ARRAY(SELECT jsonb_array_elements_text({rule_in_sql('teen_filtered_topics')}))"


def fits_tier(viewer: str) -> str:
    """Is it for a viewer of this age? Lists of teens leave out what is about policy's topics, or was not read yet.

    Visitors who are not signed in tell no age: for them the topics are left out as well.
    """
    read = f"SELECT 1 FROM video_text x WHERE x.id = {_V}.id"
    # OFFSET 0: each is looked up. Without, the planner may read all of the table first, to hash it for a page of rows.
    return f"""(
        {of_age(viewer)} OR {_V}.author_id = {viewer} OR EXISTS ({read} AND NOT x.topics && {_FILTERED} OFFSET 0)
        OR ({viewer} IS NULL AND NOT EXISTS ({read} OFFSET 0))
    )"""


def may_be_listed(viewer: str) -> str:
    """May this video appear where the viewer did not ask for it by name: the feed, a profile?"""
    return f"""(
        {_V}.consent = 'LIVE' AND {_V}.moderation = 'CLEAR'
        AND {_V}.author_state = 'PUBLISHED' AND {_V}.audience = 'PUBLIC'
        AND {in_good_standing(f"{_V}.author_id")} AND NOT {RAN_OUT} AND NOT {apart(f"{_V}.author_id", viewer)}
        AND {fits_tier(viewer)}
    )"""


def chosen(viewer: str) -> str:
    """Did its author pick this viewer by name?"""
    return f"EXISTS (SELECT 1 FROM chosen_viewer _w WHERE _w.video_id = {_V}.id AND _w.account_id = {viewer})"


def addresses(viewer: str) -> str:
    """Did its author name this viewer, or a circle that they are in, when choosing whom it is for?"""
    author = f"{_V}.author_id"
    return f"""(
        {_V}.audience IN ('PUBLIC', 'LINK')
        OR ({_V}.audience = 'FOLLOWERS' AND {follows(viewer, author)})
        OR ({_V}.audience = 'MUTUALS' AND {mutual(viewer, author)})
        OR ({_V}.audience = 'CHOSEN' AND {chosen(viewer)})
    )"""


def published_to(viewer: str) -> str:
    """Is it published to this viewer, who knows its id?"""
    author = f"{_V}.author_id"
    return f"""(
        {UNRESTRICTED} AND {_V}.author_state = 'PUBLISHED'
        AND {in_good_standing(author)} AND NOT {apart(author, viewer)}
        AND {addresses(viewer)}
    )"""


def may_be_on_profile(viewer: str) -> str:
    """May this viewer find it on its author's profile? What goes by link only its author finds there."""
    return f"""(
        {_V}.consent = 'LIVE' AND {_V}.moderation = 'CLEAR' AND {_V}.author_state = 'PUBLISHED'
        AND ({_V}.author_id = {viewer} OR ({_V}.audience <> 'LINK' AND {addresses(viewer)}))
        AND {in_good_standing(f"{_V}.author_id")} AND NOT {RAN_OUT} AND NOT {apart(f"{_V}.author_id", viewer)}
        AND {fits_tier(viewer)}
    )"""


def may_be_met(viewer: str, published: str | None = None) -> str:
    """May this public video be put before this viewer unasked: in a feed, a search, a trend?

    ``published`` stands for `published_to` where a statement has evaluated it already.
    """
    author = f"{_V}.author_id"
    told = f"({published} AND {_V}.audience = 'PUBLIC' AND {fits_tier(viewer)})"
    public = may_be_listed(viewer) if published is None else told
    return f"({public} AND NOT {mutes(viewer, author)})"


def published_by_followed(viewer: str, published: str | None = None) -> str:
    """Did somebody whom this viewer follows, and does not mute, publish it to them? What goes by link is in no list."""
    author = f"{_V}.author_id"
    told = published or published_to(viewer)
    return f"""(
        {_V}.audience <> 'LINK' AND {follows(viewer, author)} AND {told} AND NOT {mutes(viewer, author)}
        AND {fits_tier(viewer)}
    )"""


def published_by_friend(viewer: str, published: str | None = None) -> str:
    """The same of somebody who follows this viewer too."""
    return f"({published_by_followed(viewer, published)} AND {follows(f'{_V}.author_id', viewer)})"


def shows(viewer: str) -> str:
    """Does it carry a likeness of this viewer's? Blocks and visibility settings do not hide it from them."""
    return f"""EXISTS (
        SELECT 1 FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
        WHERE l.video_id = {_V}.id AND c.owner_id = {viewer}
    )"""


def casts(viewer: str) -> str:
    """Did its author cast this viewer, who still agrees? What a remix inherited is not theirs to show."""
    return f"""({_V}.author_id <> {viewer} AND EXISTS (
        SELECT 1 FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
        WHERE l.video_id = {_V}.id AND c.owner_id = {viewer} AND l.via = 'SHOWN' AND l.withdrawn_at IS NULL
    ))"""


def _own(viewer: str) -> str:
    return f"({_V}.author_id = {viewer} OR {shows(viewer)})"


def may_be_seen_by(viewer: str, published: str | None = None) -> str:
    """May this viewer watch this video when they know its id?"""
    return f"""(
        {published or published_to(viewer)} OR ({UNRESTRICTED} AND {_V}.author_state <> 'DELETED' AND {_own(viewer)})
    )"""


def may_be_told_of(viewer: str, published: str | None = None) -> str:
    """May this viewer know that it exists? Its author and the people shown may, also when it is hidden."""
    return f"""(
        {published or published_to(viewer)}
        OR ({_V}.author_state <> 'DELETED' AND {_own(viewer)})
    )"""


def may_be_named_in_chain(viewer: str) -> str:
    """May a chain name it to this viewer? What goes by link a public remix gives away to nobody else."""
    return f"({may_be_told_of(viewer)} AND ({_V}.audience <> 'LINK' OR {_own(viewer)}))"


def open_to(viewer: str) -> str:
    """May strangers build on it, or is this viewer none? What a teen published is for their mutuals to remix.

    It stays so when they come of age: they open it by publishing it again.
    """
    author = f"{_V}.author_id"
    grown = of_age(author, f"coalesce({_V}.published_at, yume_now())")
    return f"({author} = {viewer} OR {grown} OR {mutual(viewer, author)})"


def may_be_remixed_by(viewer: str) -> str:
    """May this viewer build on it: is it published to them, or their own? Its author may still have said no."""
    own = f"({_V}.author_id = {viewer} AND {_V}.author_state <> 'DELETED' AND {UNRESTRICTED})"
    return f"(({published_to(viewer)} AND {open_to(viewer)}) OR {own})"


def bytes_may_be_served() -> str:
    """May the bytes leave the origin for whoever holds a token? A token is only given to who may see the video."""
    return f"""(
        {UNRESTRICTED} AND {_V}.author_state <> 'DELETED'
        AND ({_V}.author_state <> 'PUBLISHED' OR {in_good_standing(f"{_V}.author_id")})
    )"""
