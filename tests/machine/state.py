"""The law of consent as a small program over plain values: what the product must do, said a second time.

It shares no code with the product. Times are days; ``None`` as a grant stands for the cameo's owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

FACE, VOICE, REMIX, PUBLISH, DOWNLOAD = 1, 2, 4, 8, 16
ALL = 31
APPROVAL_DAYS = 7


@dataclass
class Grant:
    """One permission; ``subject`` or ``audience`` is set."""

    id: int
    cameo: int
    scopes: int
    subject: int | None = None
    audience: str | None = None
    expires: float | None = None
    withdraws: bool = False
    asks: bool = False
    state: str = "ACTIVE"
    supersedes: int | None = None

    @property
    def terms(self) -> tuple[object, ...]:
        """What it says, apart from when and whence."""
        return (self.subject, self.audience, self.scopes, self.expires, self.withdraws, self.asks)


@dataclass
class Cameo:
    """One likeness of ``owner``."""

    id: int
    owner: int
    state: str = "ACTIVE"
    version: int = 1
    epoch: int = 0
    epochs: dict[int, int] = field(default_factory=dict)


@dataclass
class Snapshot:
    """What gate 1 remembered of one likeness."""

    grant: int | None
    scopes: int
    epoch: int
    own_epoch: int
    via: str


@dataclass
class Job:
    """One generation."""

    id: int
    author: int
    parent: int | None
    cast: dict[int, Snapshot]
    state: str = "QUEUED"
    video: int | None = None


@dataclass
class Likeness:
    """One cameo in one video."""

    scopes: int
    via: str
    grant: int | None
    publish_grant: int | None = None

    @property
    def grants(self) -> set[int]:
        """Every grant whose revocation reaches the video."""
        return {grant for grant in (self.grant, self.publish_grant) if grant is not None}

    @property
    def holds(self) -> int | None:
        """The grant by which it is visible."""
        return self.grant if self.publish_grant is None else self.publish_grant


@dataclass
class Approval:
    """One wish to be asked."""

    state: str
    expires: float


@dataclass
class Video:
    """One clip."""

    id: int
    author: int
    parent: int | None
    likenesses: dict[int, Likeness]
    approvals: dict[int, Approval]
    author_state: str = "DRAFT"
    audience: str = "PUBLIC"
    chosen: int | None = None
    remixable: bool = True
    consent: str = "LIVE"
    moderation: str = "CLEAR"


class State:
    """Everything that is so, and the questions that may be asked of it."""

    def __init__(self, accounts: int, cameos: dict[int, int]) -> None:
        self.ids: Iterator[int] = count(1)
        self.now = 0.0
        self.accounts = list(range(accounts))
        self.suspended: set[int] = set()
        self.follows: set[tuple[int, int]] = set()
        self.blocks: set[tuple[int, int]] = set()
        self.cameos = {number: Cameo(number, owner) for number, owner in cameos.items()}
        self.grants: dict[int, Grant] = {}
        self.jobs: dict[int, Job] = {}
        self.videos: dict[int, Video] = {}
        self.transitions = 0
        for number in self.cameos:
            self.grants[-1 - number] = Grant(-1 - number, number, 0, audience="ONLY_ME")

    # what is so

    def access(self, cameo: int) -> Grant:
        """The cameo's access grant."""
        return next(g for g in self.grants.values() if g.cameo == cameo and g.audience and g.state == "ACTIVE")

    def gone(self, account: int) -> bool:
        """Is this account unable to do anything?"""
        return account in self.suspended

    def apart(self, one: int, other: int) -> bool:
        """Does either block the other?"""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def picked_by(self, author: int) -> int:
        """Whom this account picks when it publishes for chosen people."""
        return (author + 1) % len(self.accounts)

    def mutual(self, one: int, other: int) -> bool:
        """Do they follow each other?"""
        return (one, other) in self.follows and (other, one) in self.follows

    def usable(self, cameo: int) -> bool:
        """May anybody use it?"""
        row = self.cameos[cameo]
        return row.state == "ACTIVE" and row.owner not in self.suspended

    def live(self, grant: Grant) -> bool:
        """Is it in force?"""
        return grant.state == "ACTIVE" and (grant.expires is None or grant.expires > self.now)

    def admits(self, grant: Grant, account: int) -> bool:
        """Does it reach this account?"""
        owner = self.cameos[grant.cameo].owner
        if (owner, account) in self.blocks:
            return False
        if grant.subject is not None:
            return grant.subject == account
        return grant.audience == "EVERYONE" or (grant.audience == "MUTUALS" and self.mutual(owner, account))

    def permitting(self, account: int, cameo: int, scopes: int) -> list[Grant]:
        """Every grant that allows all these scopes, named ones first."""
        found = [
            g for g in self.grants.values()
            if g.cameo == cameo and self.live(g) and self.admits(g, account) and g.scopes & scopes == scopes
        ]  # fmt: skip
        return sorted(found, key=lambda g: (g.subject is None, g.id))

    def permitted(self, account: int, cameo: int, scopes: int) -> bool:
        """May this account use the cameo with all these scopes?"""
        if not self.usable(cameo) or account in self.suspended:
            return False
        return self.cameos[cameo].owner == account or bool(self.permitting(account, cameo, scopes))

    def line(self, video: int | None) -> Iterator[Video]:
        """The video and its ancestors."""
        while video is not None:
            yield self.videos[video]
            video = self.videos[video].parent

    def descendants(self, videos: set[int]) -> set[int]:
        """The videos and everything made from them."""
        grown = set(videos)
        while True:
            more = {v.id for v in self.videos.values() if v.parent in grown} - grown
            if not more:
                return grown
            grown |= more

    def ran_out(self, video: int) -> bool:
        """Has a grant run out that takes its videos with it, here or in an ancestor?"""
        holding = [likeness.holds for row in self.line(video) for likeness in row.likenesses.values()]
        grants = [self.grants[number] for number in holding if number is not None]
        return any(g.withdraws and g.expires is not None and g.expires <= self.now for g in grants)

    def unrestricted(self, video: Video) -> bool:
        """Do the people shown and the moderators leave it visible?"""
        return video.consent == "LIVE" and video.moderation == "CLEAR" and not self.ran_out(video.id)

    def published_to(self, video: Video, viewer: int | None) -> bool:
        """Is it published to this viewer?"""
        author = video.author
        if not self.unrestricted(video) or video.author_state != "PUBLISHED" or author in self.suspended:
            return False
        if viewer is None:
            return video.audience in ("PUBLIC", "LINK")
        if self.apart(author, viewer):
            return False
        return video.audience in ("PUBLIC", "LINK") or (
            (video.audience == "FOLLOWERS" and (viewer, author) in self.follows)
            or (video.audience == "MUTUALS" and self.mutual(viewer, author))
            or (video.audience == "CHOSEN" and viewer == video.chosen)
        )

    def shows(self, video: Video, viewer: int | None) -> bool:
        """Does it carry this viewer's likeness?"""
        return any(self.cameos[cameo].owner == viewer for cameo in video.likenesses)

    def sees(self, viewer: int | None, video: Video) -> bool:
        """May this viewer watch it?"""
        if self.published_to(video, viewer):
            return True
        if viewer is None or video.author_state == "DELETED" or not self.unrestricted(video):
            return False
        return video.author == viewer or self.shows(video, viewer)

    def served(self, video: Video) -> bool:
        """May its bytes leave for whoever holds an address?"""
        hidden = video.author_state == "DELETED" or not self.unrestricted(video)
        return not hidden and (video.author_state != "PUBLISHED" or video.author not in self.suspended)

    def buildable(self, author: int, parent: Video) -> bool:
        """May this author build on it?"""
        own = parent.author == author and parent.author_state != "DELETED" and self.unrestricted(parent)
        return self.published_to(parent, author) or own

    def consented(self, job: Job) -> bool:
        """Do all people shown consent to this job now, and is its parent still there?"""
        if job.parent is not None and not self.buildable(job.author, self.videos[job.parent]):
            return False
        return all(
            self.permitted(job.author, cameo, snap.scopes)
            and self.cameos[cameo].epoch == snap.epoch
            and self.cameos[cameo].epochs.get(job.author, 0) == snap.own_epoch
            for cameo, snap in job.cast.items()
        )

    def active(self) -> list[Job]:
        """Jobs that have not ended."""
        return [job for job in self.jobs.values() if job.state in ("QUEUED", "RUNNING")]

    # what verbs are made of

    def _narrower(self, old: Grant, new: Grant) -> bool:
        order = ["ONLY_ME", "APPROVED", "MUTUALS", "EVERYONE"]
        if old.audience == "ONLY_ME":
            return False
        return (
            (new.audience is not None and order.index(new.audience) < order.index(old.audience or "ONLY_ME"))
            or bool(old.scopes & ~new.scopes)
            or (new.expires is not None and (old.expires is None or new.expires < old.expires))
            or (new.asks and not old.asks)
        )

    def _revoke_named(self, cameo: int) -> None:
        for grant in self.grants.values():
            if grant.cameo == cameo and grant.subject is not None and grant.state == "ACTIVE":
                grant.state = "REVOKED"
                self._raise_for(cameo, grant.subject)

    def _raise_for(self, cameo: int, account: int) -> None:
        epochs = self.cameos[cameo].epochs
        epochs[account] = epochs.get(account, 0) + 1

    def _withdraw(self, videos: set[int]) -> None:
        for video in self.descendants(videos):
            self.videos[video].consent = "WITHDRAWN"

    def _mutual_ended(self, one: int, other: int, *, but: int | None = None) -> None:
        for owner, friend in ((one, other), (other, one)):
            for cameo in self.cameos.values():
                access = self.access(cameo.id)
                if cameo.owner != owner or access.audience != "MUTUALS" or owner == but:
                    continue
                self._raise_for(cameo.id, friend)
                theirs = [v for v in self.videos.values() if v.author == friend and cameo.id in v.likenesses]
                self._withdraw({v.id for v in theirs if self._leaves_with_mutual(v.likenesses[cameo.id].holds)})

    def _leaves_with_mutual(self, holds: int | None) -> bool:
        """Each video goes by the terms of the grant it is visible by, also where another has taken that one's place."""
        grant = None if holds is None else self.grants[holds]
        return grant is not None and grant.audience == "MUTUALS" and grant.withdraws
