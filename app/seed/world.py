"""A seeded world as rows: every table with its columns, in the order in which they may be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson

from app.seed import columns as c
from app.seed.bank import load_bank, meanings
from app.seed.people import DAY, Follows, Ints, People, make_follows, make_people
from app.seed.reactions import SECONDS, Comments, Likes, Meetings, make_comments, make_likes, make_meetings
from app.seed.videos import AUDIENCES, Videos, make_videos, words_of
from app.seed.words import COMMENTS, REPLIES
from jobs.derived.taste import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.seed.media import SharedClip

ENGINE = "diorama"


@dataclass(frozen=True)
class Table:
    """Rows for one table: its columns by name."""

    name: str
    count: int
    columns: dict[str, c.Column]


@dataclass(frozen=True, eq=False)
class World:
    """Everything there is in a seeded world, by numbers; `tables` makes rows of it."""

    people: People
    follows: Follows
    videos: Videos
    met: Meetings
    likes: Likes
    comments: Comments
    now: int
    rng: np.random.Generator


def make_world(accounts: int, videos: int, *, density: float, seed: int, now: int) -> World:
    """A world that ends ``now`` (ms since 1970), the same for the same arguments.

    ``density`` scales how many members meet a video and, with that, likes and comments.
    """
    rng = np.random.default_rng(seed)
    people = make_people(accounts, now, rng)
    follows = make_follows(people, rng)
    made = make_videos(videos, people, now, rng)
    met = make_meetings(people, follows, made, now, density, rng)
    likes = make_likes(people, made, met, rng)
    return World(people, follows, made, met, likes, make_comments(met, rng), now, rng)


def tables(world: World, clips: Sequence[SharedClip]) -> Iterator[Table]:
    """Every table of ``world``, each after those that it refers to; videos show ``clips``."""
    clip = world.videos.topic % len(clips)  # there is one a topic, in the order of topics
    captions, prompts = words_of(world.videos, world.rng)
    yield _accounts(world.people)
    yield _invites(world)
    yield _follows(world)
    yield _generations(world, prompts)
    yield _videos(world, clips, clip, captions, prompts)
    yield _visibility(world)
    yield _lineage(world.videos)
    yield _counts(world)
    yield _texts(world, captions, prompts)
    yield _tastes(world.people)
    yield from _renditions(world, clips, clip)
    yield from _reactions(world)


def _accounts(people: People) -> Table:
    invited = people.inviter >= 0
    return Table(
        "account",
        len(people),
        {
            "id": c.uuids(people.ids),
            "created_at": c.times(people.joined),
            "invited_by_id": c.maybe(c.uuids(people.ids[np.maximum(people.inviter, 0)]), invited),
            "handle": c.texts(people.handles),
            "display_name": c.texts(people.names),
            "bio": c.texts(people.bios),
            "region": c.chosen([c.constant("US"), c.constant("CA")], people.language),
        },
    )


def _invites(world: World) -> Table:
    people = world.people
    invited = np.flatnonzero(people.inviter >= 0)
    joined = people.joined[invited]
    codes = world.rng.integers(0, 256, (len(invited), 32), np.uint8).tobytes().hex()
    return Table(
        "invite",
        len(invited),
        {
            "id": c.uuids(c.uuid7(joined - DAY, world.rng)),
            "created_at": c.times(joined - DAY),
            "used_at": c.times(joined),
            "created_by_id": c.uuids(people.ids[people.inviter[invited]]),
            "used_by_id": c.uuids(people.ids[invited]),
            "code_hmac": c.texts([codes[at : at + 64] for at in range(0, len(codes), 64)]),
        },
    )


def _follows(world: World) -> Table:
    follows, ids = world.follows, world.people.ids
    return Table(
        "follow",
        len(follows.since),
        {
            "id": c.uuids(c.uuid7(follows.since, world.rng)),
            "created_at": c.times(follows.since),
            "follower_id": c.uuids(ids[follows.follower]),
            "followee_id": c.uuids(ids[follows.followee]),
        },
    )


def _generations(world: World, prompts: list[str]) -> Table:
    videos = world.videos
    specs = [c.constant(b"\1" + orjson.dumps({"prompt": prompt, "seconds": 5.0})) for prompt in prompts]
    return Table(
        "generation",
        len(videos),
        {
            "id": c.uuids(videos.jobs),
            "created_at": c.times(videos.made - 40_000),
            "started_at": c.times(videos.made - 39_000),
            "finished_at": c.times(videos.made),
            "account_id": c.uuids(world.people.ids[videos.author]),
            "parent_id": c.maybe(c.uuids(videos.ids[np.maximum(videos.parent, 0)]), videos.parent >= 0),
            "idempotency_key": c.texts([f"seed-{at}" for at in range(len(videos))]),
            "request_hash": c.constant(""),
            "engine": c.constant(ENGINE),
            "spec": specs,
            "state": c.constant("SUCCEEDED"),
            "cost_seconds": c.constant(5.0),
            "fraction": c.constant(1.0),
        },
    )


def _videos(
    world: World, clips: Sequence[SharedClip], clip: np.ndarray, captions: list[str], prompts: list[str]
) -> Table:
    videos = world.videos
    return Table(
        "video",
        len(videos),
        {
            "id": c.uuids(videos.ids),
            "created_at": c.times(videos.made),
            "generation_id": c.uuids(videos.jobs),
            "author_id": c.uuids(world.people.ids[videos.author]),
            "seconds": c.real(np.array([one.seconds for one in clips])[clip]),
            "width": c.whole(np.array([one.width for one in clips])[clip]),
            "height": c.whole(np.array([one.height for one in clips])[clip]),
            "fps": c.whole(np.array([one.fps for one in clips])[clip]),
            "remixable": c.truth(videos.remixable),
            "prompt_public": c.truth(videos.prompt_public),
            "has_audio": c.TRUE,
            "recipe": c.json("{}"),
            "waveform": c.chosen([c.json(one.waveform) for one in clips], clip),
            "caption": c.texts(captions),
            "prompt": c.texts(prompts),
        },
    )


def _visibility(world: World) -> Table:
    videos = world.videos
    states = [c.constant("PUBLISHED"), c.constant("DRAFT")]
    return Table(
        "video_visibility",
        len(videos),
        {
            "id": c.uuids(videos.ids),
            "author_id": c.uuids(world.people.ids[videos.author]),
            "consent": c.constant("LIVE"),
            "moderation": c.constant("CLEAR"),
            "created_at": c.times(videos.made),
            "published_at": c.maybe(c.times(videos.published), ~videos.draft),
            "author_state": c.chosen(states, videos.draft.astype(np.int64)),
            "audience": c.chosen([c.constant(one) for one in AUDIENCES], videos.audience),
        },
    )


def _lineage(videos: Videos) -> Table:
    return Table(
        "lineage",
        len(videos),
        {
            "id": c.uuids(videos.ids),
            "root_id": c.uuids(videos.ids[videos.root]),
            "depth": c.whole(videos.depth),
            "parent_id": c.maybe(c.uuids(videos.ids[np.maximum(videos.parent, 0)]), videos.parent >= 0),
            "path": c.uuid_lists(videos.paths),
        },
    )


def _counts(world: World) -> Table:
    """``quality`` and ``hot`` are left to the job that keeps them: a row without ``refreshed_at`` is due."""
    videos, met, size = world.videos, world.met, len(world.videos)
    finished = met.video[met.seconds >= WHOLE * SECONDS]
    shown = np.flatnonzero(~videos.draft)

    def counted(of: Ints) -> Ints:
        return np.bincount(of, minlength=size)[shown]

    return Table(
        "video_counts",
        len(shown),
        {
            "id": c.uuids(videos.ids[shown]),
            "like_count": c.whole(counted(world.likes.video)),
            "comment_count": c.whole(counted(world.comments.video)),
            "view_count": c.whole(counted(met.video), ">i8"),
            "finish_count": c.whole(counted(finished), ">i8"),
            "remix_count": c.whole(videos.direct_remixes()[shown]),
            "tree_count": c.whole(videos.descendants()[shown]),
            "counted": c.truth(videos.listed[shown]),
        },
    )


def _texts(world: World, captions: list[str], prompts: list[str]) -> Table:
    """Into a table of the loader's own: Postgres makes the words of `video_text` from what is said."""
    videos = world.videos
    shown = np.flatnonzero(~videos.draft)
    # What is nobody else's to read is not found by its words either.
    said = [f"{captions[at]}. {prompts[at]}" if videos.prompt_public[at] else captions[at] for at in shown.tolist()]
    return Table(
        "seed_text",
        len(shown),
        {
            "id": c.uuids(videos.ids[shown]),
            "meaning": c.halves(meanings(load_bank(), videos.subject[shown], world.rng)),
            "language": c.chosen([c.constant("en"), c.constant("fr")], videos.language[shown]),
            "said": c.texts(said),
        },
    )


def _tastes(people: People) -> Table:
    """What members like is left to the job that works it out."""
    return Table("account_taste", len(people), {"id": c.uuids(people.ids), "due": c.TRUE})


def _renditions(world: World, clips: Sequence[SharedClip], clip: np.ndarray) -> Iterator[Table]:
    videos = world.videos
    for kind in clips[0].objects:
        objects = [one.objects[kind] for one in clips]
        yield Table(
            "rendition",
            len(videos),
            {
                "id": c.uuids(c.uuid7(videos.made, world.rng)),
                "video_id": c.uuids(videos.ids),
                "created_at": c.times(videos.made),
                "kind": c.constant(kind),
                "bytes": c.whole(np.array([one.bytes for one in objects])[clip], ">i8"),
                "content_type": c.constant(objects[0].content_type),
                "key": c.chosen([c.constant(one.key) for one in objects], clip),
                "sha256": c.chosen([c.constant(one.sha256) for one in objects], clip),
            },
        )


def _reactions(world: World) -> Iterator[Table]:
    people, videos, met, likes = world.people.ids, world.videos.ids, world.met, world.likes
    yield Table(
        "impression",
        len(met.at),
        {
            "account_id": c.uuids(people[met.account]),
            "video_id": c.uuids(videos[met.video]),
            "seen_at": c.times(met.at),
            "seconds": c.real(met.seconds, ">f4"),
        },
    )
    yield Table(
        "video_like",
        len(likes.at),
        {
            "id": c.uuids(likes.ids),
            "created_at": c.times(likes.at),
            "account_id": c.uuids(people[likes.account]),
            "video_id": c.uuids(videos[likes.video]),
        },
    )
    yield _comments(world)


def _comments(world: World) -> Table:
    comments = world.comments
    answers = comments.parent >= 0
    bodies = [c.constant(one) for one in (*COMMENTS, *REPLIES)]
    return Table(
        "comment",
        len(comments.at),
        {
            "id": c.uuids(comments.ids),
            "created_at": c.times(comments.at),
            "author_id": c.uuids(world.people.ids[comments.account]),
            "video_id": c.uuids(world.videos.ids[comments.video]),
            "reply_count": c.whole(comments.replies()),
            "parent_id": c.maybe(c.uuids(comments.ids[np.maximum(comments.parent, 0)]), answers),
            "body": c.chosen(bodies, comments.words + answers * len(COMMENTS)),
        },
    )
