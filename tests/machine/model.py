"""What each verb of consent does to the state, and when it is refused: verbs return whether they are allowed."""

from __future__ import annotations

from tests.machine.state import APPROVAL_DAYS, PUBLISH, REMIX, Approval, Grant, Job, Likeness, Snapshot, State, Video


class Shown(State):
    """Verbs of the person shown."""

    def set_access(
        self, cameo: int, audience: str, scopes: int, expires: float | None, *, withdraws: bool, asks: bool
    ) -> bool:
        """Replace the access grant; narrowing raises the cameo's epoch."""
        old, row = self.access(cameo), self.cameos[cameo]
        if row.state not in ("ACTIVE", "PAUSED"):
            return False
        order = ["ONLY_ME", "APPROVED", "MUTUALS", "EVERYONE"]
        narrower = (
            order.index(audience) < order.index(old.audience or "ONLY_ME")
            or (old.scopes & ~scopes) != 0
            or (expires is not None and (old.expires is None or expires < old.expires))
            or (asks and not old.asks)
        )
        old.state = "SUPERSEDED"
        self._add(
            Grant(
                next(self.ids), cameo, scopes, audience=audience, expires=expires, withdraws=withdraws, asks=asks,
                supersedes=old.id,
            )
        )  # fmt: skip
        if audience == "ONLY_ME":
            for grant in self.grants.values():
                if grant.cameo == cameo and grant.subject is not None and grant.state == "ACTIVE":
                    grant.state = "REVOKED"
        if narrower:
            row.epoch += 1
        self.transitions += 1
        return True

    def grant(self, cameo: int, subject: int, scopes: int, expires: float | None, *, withdraws: bool) -> int | None:
        """Permit one account; not while the cameo is for its owner alone."""
        row = self.cameos[cameo]
        if row.state not in ("ACTIVE", "PAUSED") or subject == row.owner or self.access(cameo).audience == "ONLY_ME":
            return None
        if (row.owner, subject) in self.blocks or (subject, row.owner) in self.blocks or subject in self.suspended:
            return None
        self.transitions += 1
        return self._add(Grant(next(self.ids), cameo, scopes, subject=subject, expires=expires, withdraws=withdraws)).id

    def revoke_grant(self, grant: int, *, withdraw: bool) -> bool:
        """End one account's grant; with ``withdraw`` its videos and their descendants go too."""
        row = self.grants[grant]
        if row.state != "ACTIVE" or row.subject is None:
            return False
        row.state = "REVOKED"
        self._raise_for(row.cameo, row.subject)
        if withdraw:
            named = {grant}
            while True:
                more = {self.grants[g].supersedes for g in named} - named - {None}
                if not more:
                    break
                named |= {g for g in more if g is not None}
            self._withdraw({v.id for v in self.videos.values() if row.cameo in v.likenesses
                 and v.likenesses[row.cameo].grants & named},
            )  # fmt: skip
        self.transitions += 1
        return True

    def revoke_cameo(self, cameo: int, *, withdraw: bool) -> bool:
        """Stop everything: every grant of it ends, and it is for its owner alone."""
        if self.cameos[cameo].state not in ("ACTIVE", "PAUSED"):
            return False
        old = self.access(cameo)
        for grant in self.grants.values():
            if grant.cameo == cameo and grant.subject is not None and grant.state in ("ACTIVE", "PENDING"):
                grant.state = "REVOKED"
        old.state = "SUPERSEDED"
        self._add(Grant(next(self.ids), cameo, 0, audience="ONLY_ME", asks=old.asks, supersedes=old.id))
        self.cameos[cameo].epoch += 1
        if withdraw:
            self._withdraw({v.id for v in self.videos.values() if cameo in v.likenesses})
        self.transitions += 1
        return True

    def pause(self, cameo: int) -> bool:
        """Nobody uses it for now."""
        if self.cameos[cameo].state != "ACTIVE":
            return False
        self.cameos[cameo].state = "PAUSED"
        self.cameos[cameo].epoch += 1
        self.transitions += 1
        return True

    def resume(self, cameo: int) -> bool:
        """Grants are as they were; jobs that were stopped stay stopped."""
        if self.cameos[cameo].state != "PAUSED":
            return False
        self.cameos[cameo].state = "ACTIVE"
        self.transitions += 1
        return True

    def withdraw_likeness(self, cameo: int, video: int) -> bool:
        """The person shown removes one video, and what was made from it."""
        row = self.videos[video]
        if cameo not in row.likenesses or row.consent != "LIVE" or row.author_state == "DELETED":
            return False
        self._withdraw({video})
        self.transitions += 1
        return True

    def answer(self, cameo: int, video: int, *, yes: bool) -> bool:
        """Agree to a draft, or not; no answer in time is a no."""
        row = self.videos[video]
        approval = row.approvals.get(cameo)
        if approval is None or approval.state != "PENDING" or approval.expires <= self.now:
            return False
        if row.consent != "LIVE" or row.author_state != "AWAITING":
            return False
        approval.state = "APPROVED" if yes else "DECLINED"
        if yes and all(a.state == "APPROVED" for a in row.approvals.values()):
            row.author_state = "DRAFT"
        self.transitions += 1
        return True


class Members(Shown):
    """Verbs among members."""

    def follow(self, one: int, other: int) -> bool:
        """Follow somebody who does not block, and is not blocked by, the follower."""
        if (one, other) in self.blocks or (other, one) in self.blocks or one == other:
            return False
        self.follows.add((one, other))
        return True

    def unfollow(self, one: int, other: int) -> bool:
        """May end a mutual, and with it what an audience of mutuals allowed."""
        was = self.mutual(one, other)
        self.follows.discard((one, other))
        if was:
            self._mutual_ended(one, other)
        return True

    def block(self, one: int, other: int) -> bool:
        """The other's jobs with the blocker's cameos stop, and their videos with them go."""
        if one == other:
            return False
        was = self.mutual(one, other)
        fresh = (one, other) not in self.blocks
        self.blocks.add((one, other))
        self.follows -= {(one, other), (other, one)}
        if was:
            self._mutual_ended(one, other, but=one)
        for cameo in self.cameos.values():
            if cameo.owner == one and fresh:
                self._raise_for(cameo.id, other)
                self._withdraw(
                    {v.id for v in self.videos.values() if v.author == other and cameo.id in v.likenesses},
                )
        return True

    def unblock(self, one: int, other: int) -> bool:
        """What was withdrawn stays withdrawn, and follows do not come back."""
        self.blocks.discard((one, other))
        return True

    def suspend(self, account: int) -> bool:
        """Pauses everything of this account, reversibly."""
        if account in self.suspended:
            return False
        self.suspended.add(account)
        for cameo in self.cameos.values():
            if cameo.owner == account:
                cameo.epoch += 1
        return True

    def unsuspend(self, account: int) -> bool:
        """Ends a suspension."""
        if account not in self.suspended:
            return False
        self.suspended.remove(account)
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
            if not self.buildable(author, row) or not row.remixable:
                return None
            for cameo, likeness in row.likenesses.items():
                scopes, via = wanted.get(cameo, (0, "INHERITED"))
                wanted[cameo] = (scopes | likeness.scopes | REMIX, via)
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
        row.state = "RUNNING" if self.consented(row) and row.author not in self.suspended else "STOPPED"
        return row.state == "RUNNING"

    def finish(self, job: int) -> int | None:
        """Gate 4a: the draft, or a stop."""
        row = self.jobs[job]
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
        for cameo, likeness in row.likenesses.items():
            if not self.permitted(row.author, cameo, likeness.scopes | PUBLISH):
                return False
        for cameo, likeness in row.likenesses.items():
            if self.cameos[cameo].owner != row.author:
                likeness.publish_grant = self.permitting(row.author, cameo, likeness.scopes | PUBLISH)[0].id
        row.author_state, row.audience, row.remixable = "PUBLISHED", audience, remixable
        return True

    def delete(self, video: int) -> bool:
        """The author's end of it; what others made of it stays."""
        row = self.videos[video]
        if row.author_state == "DELETED" or row.author in self.suspended or not self.unrestricted(row):
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
