"""Drawing what happens next: verbs that make sense in the state that is, and compound rules that lead somewhere.

A machine that draws blindly hardly ever gets a video published with somebody's likeness in it, let alone revoked and
granted again while a remix of it is being made. So most draws are short stories, told one action at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from tests.machine.state import ALL, FACE, PUBLISH, REMIX, VOICE, State, Video

T = TypeVar("T")
Act = Callable[..., Any]
"""``act(verb, **arguments)``: does it in both worlds, compares them, and returns what the model said."""

SCOPES = (FACE, VOICE, FACE | VOICE, FACE | PUBLISH, FACE | REMIX | PUBLISH, VOICE | REMIX | PUBLISH, ALL)
AUDIENCES = ("ONLY_ME", "APPROVED", "MUTUALS", "EVERYONE")
DAYS = (None, None, 1.0, 10.0)


class Draw(Protocol):
    """Chooses one of some things; hypothesis shrinks towards the first."""

    def __call__(self, choices: Sequence[T]) -> T: ...


def lend(state: State, act: Act, draw: Draw) -> None:
    """Somebody permits something, in one of the ways there are."""
    cameo = draw(list(state.cameos.values()))
    other = draw([one for one in state.accounts if one != cameo.owner])
    way = draw(("everyone", "mutuals", "named"))
    expires, withdraws, asks = _until(state, draw), draw((False, True)), draw((False, False, False, True))
    if way == "mutuals":
        act("follow", one=cameo.owner, other=other)
        act("follow", one=other, other=cameo.owner)
    audience = {"everyone": "EVERYONE", "mutuals": "MUTUALS", "named": "APPROVED"}[way]
    scopes = draw((ALL, *SCOPES)) if way != "named" else 0
    act("set_access", cameo=cameo.id, audience=audience, scopes=scopes,
        expires=expires if way != "named" else None, withdraws=withdraws, asks=asks)  # fmt: skip
    if way == "named":
        act("grant", cameo=cameo.id, subject=other, scopes=draw((ALL, *SCOPES)), expires=expires, withdraws=withdraws)


def ask(state: State, act: Act, draw: Draw) -> int | None:
    """Somebody asks for a clip; mostly something they may have, of somebody else."""
    lent = [
        (account, cameo.id, scopes)
        for account in state.accounts
        for cameo in state.cameos.values()
        for scopes in (FACE, VOICE, FACE | VOICE)
        if account != cameo.owner and state.permitted(account, cameo.id, scopes)
    ]
    cast: dict[int, int] = {}
    if lent and draw((True, True, False)):
        author, cameo, scopes = draw(lent)
        cast[cameo] = scopes
    else:
        author = draw(state.accounts)
        for cameo in draw(([], list(state.cameos)[:1], list(state.cameos))):
            cast[cameo] = draw((FACE, VOICE, FACE | VOICE))
    parent = draw([None, None, *_buildable(state, author)])
    return act("request", author=author, cast=cast, parent=parent)


def make(state: State, act: Act, draw: Draw) -> int | None:
    """A clip from the request to the draft, with something happening in between now and then."""
    job = ask(state, act, draw)
    if job is None:
        return None
    if draw((True, False)):
        act("work", job=job)
    if draw((False, True)):
        restrict(state, act, draw)
        if draw((False, True)):
            lend(state, act, draw)
    if state.jobs[job].state in ("QUEUED", "RUNNING"):
        return act("finish", job=job)
    return None


def show(state: State, act: Act, draw: Draw) -> int | None:
    """A clip that is made, agreed to when somebody wants to be asked, and published."""
    video = make(state, act, draw)
    if video is None:
        return None
    for cameo in state.videos[video].approvals:
        act("answer", cameo=cameo, video=video, yes=draw((True, True, False)))
    if draw((False, True)):
        restrict(state, act, draw)
    act("publish", video=video, audience=draw(("PUBLIC", "LINK", "FOLLOWERS", "MUTUALS", "CHOSEN")), remixable=True)
    return video


def chain(state: State, act: Act, draw: Draw) -> None:
    """A published clip, remixed by somebody else, and then something is taken back."""
    lend(state, act, draw)
    parent = show(state, act, draw)
    if parent is None:
        return
    author = draw(state.accounts)
    job = act("request", author=author, cast={}, parent=parent)
    if job is not None:
        child = act("finish", job=job)
        if child is not None and draw((True, False)):
            act("publish", video=child, audience="PUBLIC", remixable=True)
    restrict(state, act, draw)


def restrict(state: State, act: Act, draw: Draw) -> None:
    """Somebody takes something back, or its time is over."""
    cameo = draw(list(state.cameos.values()))
    other = draw([one for one in state.accounts if one != cameo.owner])
    named = [g.id for g in state.grants.values() if g.subject is not None and g.state == "ACTIVE"]
    carrying = [v.id for v in state.videos.values() if cameo.id in v.likenesses]
    verb = draw(
        ["revoke_cameo", "pause", "unfollow", "block", "narrow", "suspend", "wait"]
        + ["revoke_grant"] * bool(named) + ["withdraw_likeness"] * bool(carrying)
    )  # fmt: skip
    if verb == "revoke_cameo":
        act("revoke_cameo", cameo=cameo.id, withdraw=draw((True, False)))
    elif verb == "wait":
        act("wait", days=draw((2.0, 8.0, 0.5)))
    elif verb == "pause":
        act("pause", cameo=cameo.id)
        if draw((True, False)):
            act("resume", cameo=cameo.id)
    elif verb == "narrow":
        access = state.access(cameo.id)
        act(
            "set_access", cameo=cameo.id, audience=draw(("ONLY_ME", "APPROVED", access.audience)),
            scopes=access.scopes & draw(SCOPES), expires=access.expires, withdraws=access.withdraws, asks=access.asks,
        )  # fmt: skip
    elif verb == "revoke_grant":
        act("revoke_grant", grant=draw(named), withdraw=draw((True, False)))
    elif verb == "withdraw_likeness":
        act("withdraw_likeness", cameo=cameo.id, video=draw(carrying))
    elif verb == "suspend":
        account = draw(state.accounts)
        if act("suspend", account=account) and draw((True, False)):
            act("unsuspend", account=account)
    else:
        one, two = draw(((cameo.owner, other), (other, cameo.owner)))
        act(verb, one=one, other=two)
        if verb == "block" and draw((True, False)):
            act("unblock", one=one, other=two)


def settle(state: State, act: Act, draw: Draw) -> None:
    """Something happens to a video that is there."""
    if not state.videos:
        return
    video: Video = draw(list(state.videos.values()))
    verb = draw(("publish", "answer", "moderate", "delete"))
    if verb == "publish":
        act("publish", video=video.id, audience=draw(("PUBLIC", "FOLLOWERS")), remixable=draw((True, False)))
    elif verb == "answer" and video.approvals:
        act("answer", cameo=draw(list(video.approvals)), video=video.id, yes=draw((True, False)))
    elif verb == "moderate":
        act("moderate", video=video.id, state=draw(("HIDDEN", "CLEAR")))
    elif verb == "delete":
        act("delete", video=video.id)


def overstay(state: State, act: Act, draw: Draw) -> None:
    """A permission for a short time, a clip that takes longer, and perhaps one that was out before."""
    lend(state, act, lambda choices: 1.0 if choices is DAYS else draw(choices))
    if draw((False, True)):
        show(state, act, draw)
    job = ask(state, act, draw)
    act("wait", days=draw((2.0, 0.5)))
    if draw((False, True)):
        act("sweep")
    if job is not None and state.jobs[job].state in ("QUEUED", "RUNNING"):
        act("finish", job=job)


def interrupt(state: State, act: Act, draw: Draw) -> None:
    """Several jobs are under way when something is taken back, perhaps given again, and then they want to finish."""
    jobs = [ask(state, act, draw) for _ in draw(((1,), (1, 2)))]
    restrict(state, act, draw)
    draw((_leave, recover, lend))(state, act, draw)
    for job in jobs:
        if job is not None and state.jobs[job].state in ("QUEUED", "RUNNING"):
            act("finish", job=job)


def blink(state: State, act: Act, draw: Draw) -> None:
    """Taken back and given again to the same person while their clip is made: all is as it was, but for that."""
    lend(state, act, draw)
    lent = [
        (account, cameo, scopes)
        for account in state.accounts
        for cameo in state.cameos.values()
        for scopes in (FACE, VOICE)
        if account != cameo.owner and state.permitted(account, cameo.id, scopes)
    ]
    if not lent:
        return
    author, cameo, scopes = draw(lent)
    job = act("request", author=author, cast={cameo.id: scopes}, parent=None)
    if job is not None and draw((True, False)):
        act("work", job=job)
    named = [g for g in state.permitting(author, cameo.id, scopes) if g.subject is not None]
    way = draw(("block", "unfollow", *(("revoke",) * bool(named)), "suspend"))
    if way == "revoke":
        act("revoke_grant", grant=named[0].id, withdraw=False)
        act("grant", cameo=cameo.id, subject=author, scopes=ALL, expires=None, withdraws=False)
    elif way == "suspend":
        act("suspend", account=cameo.owner)
        act("unsuspend", account=cameo.owner)
    else:
        act(way, one=cameo.owner, other=author)
        if way == "block":
            act("unblock", one=cameo.owner, other=author)
        act("follow", one=cameo.owner, other=author)
        act("follow", one=author, other=cameo.owner)
    if job is not None and state.jobs[job].state in ("QUEUED", "RUNNING"):
        act("finish", job=job)


def succeed(state: State, act: Act, draw: Draw) -> None:
    """A clip made under one grant and published under the next, which then ends."""
    cameo = draw(list(state.cameos.values()))
    author = draw([one for one in state.accounts if one != cameo.owner])
    audience = draw(("EVERYONE", "APPROVED"))
    act(
        "set_access", cameo=cameo.id, audience=audience, scopes=FACE | VOICE if audience == "EVERYONE" else 0,
        expires=None, withdraws=False, asks=False,
    )  # fmt: skip
    if audience == "APPROVED":
        act("grant", cameo=cameo.id, subject=author, scopes=FACE | VOICE, expires=None, withdraws=False)
    job = act("request", author=author, cast={cameo.id: FACE}, parent=None)
    video = None if job is None else act("finish", job=job)
    late = act("request", author=author, cast={cameo.id: draw((FACE, VOICE))}, parent=None)
    if late is not None:
        act("work", job=late)
    grant = act("grant", cameo=cameo.id, subject=author, scopes=draw((ALL, FACE)), expires=None, withdraws=False)
    if video is not None:
        act("publish", video=video, audience="PUBLIC", remixable=True)
    if grant is not None:
        act("revoke_grant", grant=grant, withdraw=True)


def _leave(*_: object) -> None:
    """Nothing more happens."""


def recover(state: State, act: Act, draw: Draw) -> None:
    """What was restricted for a while is not any more: nothing that is gone may come back by it."""
    for cameo in state.cameos.values():
        if cameo.state == "PAUSED":
            act("resume", cameo=cameo.id)
    for account in sorted(state.suspended):
        act("unsuspend", account=account)
    for one, other in sorted(state.blocks):
        act("unblock", one=one, other=other)
    lend(state, act, draw)


def wait(_: State, act: Act, draw: Draw) -> None:
    """Days go by, and a worker may or may not have written down what that means."""
    act("wait", days=draw((0.5, 2.0, 8.0)))
    if draw((False, True)):
        act("sweep")


Story = Callable[[State, Act, Draw], Any]
STORIES: tuple[Story, ...] = (
    lend,
    make,
    show,
    chain,
    overstay,
    interrupt,
    blink,
    succeed,
    restrict,
    settle,
    recover,
    wait,
)


def _until(state: State, draw: Draw) -> float | None:
    days = draw(DAYS)
    return None if days is None else state.now + days


def _buildable(state: State, author: int) -> list[int]:
    return [v.id for v in state.videos.values() if state.buildable(author, v)]
