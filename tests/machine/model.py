"""What each verb of consent does to the state, and when it is refused: verbs return whether they are allowed."""

from __future__ import annotations

from tests.machine.state import (
    APPROVAL_DAYS,
    FACE,
    PUBLISH,
    REMIX,
    VOICE,
    Approval,
    Grant,
    Job,
    Likeness,
    Snapshot,
    State,
    Video,
)

ACCOUNTS = 4
OWNERS = {0: 0, 1: 1}
"""Cameo → its owner: two members lend a likeness, two only use them."""


class Shown(State):
    """Verbs of the person shown."""

    def set_access(
        self, cameo: int, audience: str, scopes: int, expires: float | None, *, withdraws: bool, asks: bool
    ) -> bool:
        """Replace the access grant; narrowing raises the cameo's epoch."""
        old, row = self.access(cameo), self.cameos[cameo]
        if self.gone(row.owner) or (expires is not None and expires <= self.now):
            return False
        scopes = 0 if audience == "ONLY_ME" else scopes
        new = Grant(
            next(self.ids), cameo, scopes, audience=audience, expires=expires, withdraws=withdraws, asks=asks,
            supersedes=old.id,
        )  # fmt: skip
        if new.terms == old.terms:
            return True
        old.state = "SUPERSEDED"
        self.grants[new.id] = new
        if audience == "ONLY_ME":
            self._revoke_named(cameo)
        if self._narrower(old, new):
            row.epoch += 1
        self.transitions += 1
        return True

    def grant(self, cameo: int, subject: int, scopes: int, expires: float | None, *, withdraws: bool) -> int | None:
        """Permit one account, in place of what it was permitted; not while the cameo is for its owner alone.

        Who blocks the owner is not there for them, so is given nothing more; what they have is narrowed all the same.
        """
        row = self.cameos[cameo]
        if self.gone(row.owner) or self.gone(subject) or subject == row.owner:
            return None
        if self.access(cameo).audience == "ONLY_ME" or (row.owner, subject) in self.blocks:
            return None
        if expires is not None and expires <= self.now:
            return None
        new = Grant(next(self.ids), cameo, scopes, subject=subject, expires=expires, withdraws=withdraws)
        held = [g for g in self.grants.values() if (g.cameo, g.subject, g.state) == (cameo, subject, "ACTIVE")]
        widens = not held or self._narrower(new, held[-1])
        if widens and (subject, row.owner) in self.blocks:
            return None
        for old in self.grants.values():
            if old.cameo == cameo and old.subject == subject and old.state == "ACTIVE":
                old.state, new.supersedes = "SUPERSEDED", old.id
                if self._narrower(old, new):
                    self._raise_for(cameo, subject)
        self.grants[new.id] = new
        self.transitions += 1
        return new.id

    def revoke_grant(self, grant: int, *, withdraw: bool) -> bool:
        """End one account's grant; with ``withdraw`` what it and its forerunners allowed goes, descendants too."""
        last = self.grants[grant]
        if self.gone(self.cameos[last.cameo].owner) or last.subject is None:
            return False
        while newer := [g for g in self.grants.values() if g.supersedes == last.id]:
            last = newer[0]
        if last.state == "ACTIVE":
            last.state = "REVOKED"
            self._raise_for(last.cameo, last.subject or 0)
        if withdraw:
            named = {last.id}
            older = last.supersedes
            while older is not None:
                named.add(older)
                older = self.grants[older].supersedes
            carrying = [v for v in self.videos.values() if last.cameo in v.likenesses]
            self._withdraw({v.id for v in carrying if v.likenesses[last.cameo].grants & named})
        self.transitions += 1
        return True

    def revoke_cameo(self, cameo: int, *, withdraw: bool) -> bool:
        """Stop everything: every grant of it ends, and it is for its owner alone."""
        if self.gone(self.cameos[cameo].owner):
            return False
        old = self.access(cameo)
        if old.audience != "ONLY_ME":
            old.state = "SUPERSEDED"
            new = Grant(
                next(self.ids), cameo, 0, audience="ONLY_ME", withdraws=old.withdraws, asks=old.asks, supersedes=old.id
            )
            self.grants[new.id] = new
        self._revoke_named(cameo)
        self.cameos[cameo].epoch += 1
        if withdraw:
            self._withdraw({v.id for v in self.videos.values() if cameo in v.likenesses})
        self.transitions += 1
        return True

    def pause(self, cameo: int) -> bool:
        """Nobody uses it for now."""
        row = self.cameos[cameo]
        if self.gone(row.owner):
            return False
        if row.state == "ACTIVE":
            row.state = "PAUSED"
            row.epoch += 1
            self.transitions += 1
        return True

    def resume(self, cameo: int) -> bool:
        """Grants are as they were; jobs that were stopped stay stopped."""
        row = self.cameos[cameo]
        if self.gone(row.owner):
            return False
        if row.state == "PAUSED":
            row.state = "ACTIVE"
            self.transitions += 1
        return True

    def withdraw_likeness(self, cameo: int, video: int) -> bool:
        """The person shown removes one video, and what was made from it; whatever else became of it."""
        if self.gone(self.cameos[cameo].owner) or cameo not in self.videos[video].likenesses:
            return False
        self._withdraw({video})
        return True

    def answer(self, cameo: int, video: int, *, yes: bool) -> bool:
        """Agree to a draft, or not; no answer in time is a no."""
        row = self.videos[video]
        approval = row.approvals.get(cameo)
        if self.gone(self.cameos[cameo].owner) or approval is None:
            return False
        if approval.state != "PENDING" or approval.expires <= self.now:
            return False
        approval.state = "APPROVED" if yes else "DECLINED"
        if not yes:
            self._withdraw({video})
        elif row.author_state == "AWAITING" and all(a.state == "APPROVED" for a in row.approvals.values()):
            row.author_state = "DRAFT"
        self.transitions += 1
        return True


class Members(Shown):
    """Verbs among members."""

    def follow(self, one: int, other: int) -> bool:
        """Follow somebody who does not block, and is not blocked by, the follower."""
        if self.gone(one) or self.gone(other) or one == other:
            return False
        if (one, other) in self.blocks or (other, one) in self.blocks:
            return False
        self.follows.add((one, other))
        return True

    def unfollow(self, one: int, other: int) -> bool:
        """May end a mutual, and with it what an audience of mutuals allowed. Who blocks is not there to be left."""
        if self.gone(one) or ((one, other) not in self.follows and (other, one) in self.blocks):
            return False
        was = self.mutual(one, other)
        self.follows.discard((one, other))
        if was:
            self._mutual_ended(one, other)
        return True

    def block(self, one: int, other: int) -> bool:
        """The other's jobs with the blocker's cameos stop, and their videos with them go."""
        if self.gone(one) or one == other:
            return False
        if (one, other) in self.blocks:
            return True
        was = self.mutual(one, other)
        self.blocks.add((one, other))
        self.follows -= {(one, other), (other, one)}
        if was:
            self._mutual_ended(one, other, but=one)
        for cameo in self.cameos.values():
            if cameo.owner == one:
                self._raise_for(cameo.id, other)
                self._withdraw(
                    {v.id for v in self.videos.values() if v.author == other and cameo.id in v.likenesses},
                )
        return True

    def unblock(self, one: int, other: int) -> bool:
        """What was withdrawn stays withdrawn, and follows do not come back."""
        if self.gone(one) or ((one, other) not in self.blocks and (other, one) in self.blocks):
            return False
        self.blocks.discard((one, other))
        return True

    def suspend(self, account: int) -> bool:
        """Pauses everything of this account, reversibly."""
        if account in self.suspended:
            return True
        self.suspended.add(account)
        for job in self.active():
            if job.author == account:
                job.state = "STOPPED"
        for cameo in self.cameos.values():
            if cameo.owner == account:
                cameo.epoch += 1
        return True

    def unsuspend(self, account: int) -> bool:
        """Ends a suspension."""
        self.suspended.discard(account)
        return True


class Model(Members):
    """Verbs of creators, moderators and time."""

    def request(self, author: int, cast: dict[int, int], parent: int | None) -> int | None:
        """Gate 1."""
        if author in self.suspended:
            return None
        wanted = {cameo: (scopes, "SHOWN") for cameo, scopes in cast.items()}
        if parent is not None:
            row = self.videos[parent]
            if not self.buildable(author, row) or not (row.remixable or row.author == author):
                return None
            for cameo, likeness in row.likenesses.items():
                scopes, via = wanted.get(cameo, (0, "INHERITED"))
                wanted[cameo] = (scopes | (likeness.scopes & (FACE | VOICE)) | REMIX, via)
        snaps = {}
        for cameo, (scopes, via) in wanted.items():
            if not self.permitted(author, cameo, scopes):
                return None
            row = self.cameos[cameo]
            grant = None if row.owner == author else self.permitting(author, cameo, scopes)[0].id
            snaps[cameo] = Snapshot(grant, scopes, row.epoch, row.epochs.get(author, 0), via)
        job = Job(next(self.ids), author, parent, snaps)
        self.jobs[job.id] = job
        return job.id

    def work(self, job: int) -> bool:
        """Gates 2 and 3: the worker starts, or looks again."""
        row = self.jobs[job]
        if row.state not in ("QUEUED", "RUNNING"):
            return False
        row.state = "RUNNING" if self.consented(row) else "STOPPED"
        return row.state == "RUNNING"

    def finish(self, job: int) -> int | None:
        """Gate 4a: the draft, or a stop."""
        row = self.jobs[job]
        if row.state not in ("QUEUED", "RUNNING"):
            return None
        if not self.consented(row):
            row.state = "STOPPED"
            return None
        row.state = "DONE"
        likenesses: dict[int, Likeness] = {}
        approvals: dict[int, Approval] = {}
        for cameo, snap in row.cast.items():
            grant = None
            if self.cameos[cameo].owner != row.author:
                named = snap.grant is not None and self.live(self.grants[snap.grant])
                named = named and self.admits(self.grants[snap.grant or 0], row.author)
                grant = snap.grant if named else self.permitting(row.author, cameo, snap.scopes)[0].id
                if self.access(cameo).asks:
                    approvals[cameo] = Approval("PENDING", self.now + APPROVAL_DAYS)
            likenesses[cameo] = Likeness(snap.scopes, snap.via, grant)
        video = Video(next(self.ids), row.author, row.parent, likenesses, approvals)
        video.author_state = "AWAITING" if approvals else "DRAFT"
        self.videos[video.id] = video
        row.video = video.id
        return video.id

    def publish(self, video: int, audience: str, *, remixable: bool) -> bool:
        """Gate 4b."""
        row = self.videos[video]
        if row.author_state != "DRAFT" or row.author in self.suspended or not self.unrestricted(row):
            return False
        if row.parent is not None and not self.buildable(row.author, self.videos[row.parent]):
            return False
        picked = self.picked_by(row.author)
        if audience == "CHOSEN" and (self.gone(picked) or self.apart(row.author, picked)):
            return False
        for cameo, likeness in row.likenesses.items():
            if not self.permitted(row.author, cameo, likeness.scopes | PUBLISH):
                return False
        for cameo, likeness in row.likenesses.items():
            if self.cameos[cameo].owner != row.author:
                likeness.publish_grant = self.permitting(row.author, cameo, likeness.scopes | PUBLISH)[0].id
        row.author_state, row.audience, row.remixable = "PUBLISHED", audience, remixable
        row.chosen = self.picked_by(row.author)
        return True

    def delete(self, video: int) -> bool:
        """The author's end of it; what others made of it stays."""
        row = self.videos[video]
        if row.author_state == "DELETED" or row.moderation != "CLEAR" or self.gone(row.author):
            return False
        row.author_state = "DELETED"
        return True

    def moderate(self, video: int, state: str) -> bool:
        """The moderators' column."""
        self.videos[video].moderation = state
        return True

    def wait(self, days: float) -> bool:
        """Time passes."""
        self.now += days
        return True

    def sweep(self) -> bool:
        """A worker writes down what time has done: answers that never came, grants that took their videos along."""
        for video in list(self.videos.values()):
            late = [a for a in video.approvals.values() if a.state == "PENDING" and a.expires <= self.now]
            for approval in late:
                approval.state = "DECLINED"
            if late or self.ran_out(video.id):
                self._withdraw({video.id})
        return True
