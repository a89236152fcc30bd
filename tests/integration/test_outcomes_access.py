"""Rows of the law's table of outcomes that follow from what members do to permissions, each named by its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise import connections

from models.account import Role
from models.audit import chain_of
from models.cameo import Cameo, Scope
from models.generation import GenerationState, QuotaCharge
from models.grant import Audience, Grant, OnExpiry
from models.likeness import Approval, ApprovalState, VideoLikeness, WithdrawalReason
from models.video import AuthorState, Rendition, RenditionKind, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import (
    account,
    audited,
    consent_of,
    epochs,
    follow,
    make_cameo,
    make_grant,
    make_job,
    make_video,
    mutuals,
    outcome,
)

VIDEO = "query($id: ID!) { video(id: $id) { id state } }"


def mutation(name: str, success: str = "__typename") -> str:
    """The document of a mutation with one input."""
    kind = name[0].upper() + name[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename ... on {kind}Success {{ {success} }} "
        "... on Error { code field } } }"
    )


BLOCK, UNBLOCK = mutation("block"), mutation("unblock")
FOLLOW, UNFOLLOW = mutation("follow"), mutation("unfollow")
SUSPEND, UNSUSPEND = mutation("suspendAccount"), mutation("unsuspendAccount")
REVOKE = mutation("revokeGrant")
SET = mutation("setCameoAccess", "cameo { breaking { edges { node { id } } } }")
ANSWER = mutation("answerAppearance")
REMOVE = mutation("withdrawLikeness", "withdrawnVideos")
PUBLISH = mutation("publishVideo")


def of(row: Cameo | Grant | Video | Api) -> str:
    return global_id("Account", account(row).id) if isinstance(row, Api) else global_id(type(row).__name__, row.id)


async def sees(who: Api, video: Video) -> str | None:
    """What somebody is told of a video's state; None: nothing."""
    found = (await who.run(VIDEO, id=of(video)))["video"]
    return found and found["state"]


async def awaiting(server: Server, author: Api, cameo: Cameo, *, recipe: dict[str, Any] | None = None) -> Video:
    """A draft that waits for the cameo's owner."""
    video = await make_video(server.stores, author, [cameo], published=False)
    if recipe is not None:
        await Video.filter(id=video.id).update(recipe=recipe)
    await VideoVisibility.filter(id=video.id).update(author_state=AuthorState.AWAITING_APPROVAL)
    mp4 = await Rendition.get(video_id=video.id, kind=RenditionKind.MP4)
    await Approval.create(
        video_id=video.id, cameo_id=cameo.id, draft_hash=mp4.sha256, expires_at=datetime.now(UTC) + timedelta(days=7)
    )
    return video


async def refunded(video: Video) -> bool:
    return (await QuotaCharge.get(generation_id=video.generation_id)).refunded_at is not None


async def test_two_shown_one_revokes_hidden_for_all(server: Server, ada: Api, bob: Api) -> None:
    carl = await server.member("carl")
    hers = await make_cameo(ada, audience=Audience.APPROVED)
    his = await make_cameo(bob, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH)
    grant = await make_grant(hers, carl)
    video = await make_video(server.stores, carl, [hers, his])
    assert [await sees(who, video) for who in (ada, bob, carl, server.anyone)] == ["PUBLISHED"] * 4
    await ada.mutate(REVOKE, grantId=of(grant))
    # The author and the people shown are told that it is withdrawn; everybody else is told nothing.
    assert [await sees(who, video) for who in (ada, bob, carl, server.anyone)] == ["WITHDRAWN"] * 3 + [None]
    rows = {row.cameo_id: row.withdrawn_for for row in await VideoLikeness.filter(video_id=video.id)}
    assert rows == {hers.id: WithdrawalReason.REVOKED, his.id: None}


async def test_owner_blocks_author_jobs_stop_and_that_authors_videos_with_the_likeness_are_withdrawn(
    server: Server, ada: Api, bob: Api
) -> None:
    carl = await server.member("carl")
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX | Scope.PUBLISH)
    await mutuals(ada, bob)
    hit = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, carl, parent=hit)
    other, without = await make_video(server.stores, carl, [cameo]), await make_video(server.stores, bob)
    jobs = [await make_job(bob, [cameo]), await make_job(carl, [cameo]), await make_job(bob)]
    for _ in range(2):  # twice is once
        assert (await ada.mutate(BLOCK, accountId=of(bob)))["__typename"] == "BlockSuccess"
    assert await consent_of(hit, remix, other, without) == ["WITHDRAWN", "WITHDRAWN", "LIVE", "LIVE"]
    assert [(await outcome(job)) for job in jobs] == [
        ("FAILED", "CONSENT_ENDED", True), ("QUEUED", None, False), ("QUEUED", None, False),
    ]  # fmt: skip
    assert (await epochs(cameo, bob), await epochs(cameo, carl)) == ((0, 1), (0, 0))
    assert await audited(chain_of(cameo.id)) == ["ACCOUNT_BLOCKED"]
    assert (await bob.run("query($h: String!) { cameo(handle: $h) { id } }", h="ada"))["cameo"] is None
    assert (await bob.mutate(FOLLOW, accountId=of(ada)))["code"] == "NOT_FOUND"
    # What was withdrawn does not come back with the block's end.
    await ada.mutate(UNBLOCK, accountId=of(bob))
    assert await consent_of(hit, remix) == ["WITHDRAWN", "WITHDRAWN"]
    assert await audited(chain_of(cameo.id)) == ["ACCOUNT_BLOCKED", "ACCOUNT_UNBLOCKED"]
    assert (await bob.mutate(FOLLOW, accountId=of(ada)))["__typename"] == "FollowSuccess"


async def test_author_blocks_owner_changes_nothing_for_what_the_owner_sees_and_removes(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH)
    video, draft = [await make_video(server.stores, bob, [cameo], published=shown) for shown in (True, False)]
    await bob.mutate(BLOCK, accountId=of(ada))
    assert await consent_of(video, draft) == ["LIVE", "LIVE"]
    assert (await epochs(cameo, bob), await audited(chain_of(cameo.id))) == ((0, 0), [])
    uses = (await ada.run('{ cameo(handle: "ada") { uses { edges { node { video { id } } } } } }'))["cameo"]["uses"]
    assert [edge["node"]["video"]["id"] for edge in uses["edges"]] == [of(draft), of(video)]
    for each in (video, draft):
        assert (await ada.mutate(REMOVE, videoId=of(each)))["withdrawnVideos"] == 1
    assert await consent_of(video, draft) == ["WITHDRAWN", "WITHDRAWN"]


@pytest.mark.parametrize("on_expiry", [OnExpiry.KEEP, OnExpiry.WITHDRAW])
async def test_unfollow_ends_a_mutual_mid_job_stops_it_and_published_stays_unless_withdraw(
    server: Server, ada: Api, bob: Api, on_expiry: OnExpiry
) -> None:
    carl = await server.member("carl")
    cameo = await make_cameo(
        ada, audience=Audience.MUTUALS, scopes=Scope.FACE | Scope.PUBLISH | Scope.REMIX, on_expiry=on_expiry
    )
    await mutuals(ada, bob)
    await mutuals(ada, carl)
    published, draft = [await make_video(server.stores, bob, [cameo], published=shown) for shown in (True, False)]
    his = await make_video(server.stores, carl, [cameo])
    job, running, other = (
        await make_job(bob, [cameo]), await make_job(bob, [cameo], state=GenerationState.RUNNING),
        await make_job(carl, [cameo]),
    )  # fmt: skip
    # Either of the two ends it; this time it is the one who was admitted.
    await bob.mutate(UNFOLLOW, accountId=of(ada))
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    assert ((await outcome(running))[0], (await outcome(other))[0]) == ("RUNNING", "QUEUED")
    assert (await epochs(cameo, bob), await epochs(cameo, carl)) == ((0, 1), (0, 0))
    gone = "WITHDRAWN" if on_expiry is OnExpiry.WITHDRAW else "LIVE"
    assert await consent_of(published, draft, his) == [gone, gone, "LIVE"]
    assert (await bob.mutate(PUBLISH, videoId=of(draft)))["__typename"] != "PublishVideoSuccess"
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.DRAFT
    assert await audited(chain_of(cameo.id)) == ["MUTUAL_ENDED"]


async def test_unfollow_that_ends_no_mutual_stops_nothing(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    await follow(bob, ada)
    job = await make_job(bob, [cameo])
    for _ in range(2):
        assert (await bob.mutate(UNFOLLOW, accountId=of(ada)))["__typename"] == "UnfollowSuccess"
    assert (await outcome(job))[0] == "QUEUED"
    assert (await epochs(cameo, bob), await audited(chain_of(cameo.id))) == ((0, 0), [])


async def test_mutuals_only_rejects_one_way_follow(ada: Api, bob: Api) -> None:
    await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    may = '{ cameo(handle: "ada") { viewerMayUse { face reason } } }'
    assert (await bob.mutate(FOLLOW, accountId=of(ada)))["__typename"] == "FollowSuccess"
    assert (await bob.run(may))["cameo"]["viewerMayUse"] == {"face": False, "reason": "ASK"}
    await ada.mutate(FOLLOW, accountId=of(bob))
    assert (await bob.run(may))["cameo"]["viewerMayUse"] == {"face": True, "reason": "OK"}


async def test_restrictions_change_while_approval_is_pending_failing_is_declined_and_quota_comes_back(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH, per_use_approval=True)
    beach = await awaiting(server, bob, cameo, recipe={"brief": {"place": "beach", "subjects": []}})
    forest = await awaiting(server, bob, cameo, recipe={"brief": {"place": "forest", "subjects": []}})
    done = await ada.mutate(
        SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE", "PUBLISH"], perUseApproval=True,
        restrictions={"places": ["beach"]},
    )  # fmt: skip
    assert done["__typename"] == "SetCameoAccessSuccess"
    states = {row.video_id: row.state for row in await Approval.all()}
    assert states == {beach.id: ApprovalState.DECLINED, forest.id: ApprovalState.PENDING}
    assert (await refunded(beach), await refunded(forest)) == (True, False)
    assert await consent_of(beach, forest) == ["WITHDRAWN", "LIVE"]


async def test_approval_binds_the_drafts_hash(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH, per_use_approval=True)
    draft = await awaiting(server, bob, cameo)
    assert (await ada.mutate(ANSWER, videoId=of(draft), approve=True, draftHash="1" * 64))["code"] == "CONFLICT"
    assert (await bob.mutate(ANSWER, videoId=of(draft), approve=True))["code"] == "NOT_FOUND"
    assert (await Approval.get()).state is ApprovalState.PENDING
    assert (await ada.mutate(ANSWER, videoId=of(draft), approve=True, draftHash="0" * 64))["__typename"] == (
        "AnswerAppearanceSuccess"
    )
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.DRAFT
    assert (await ada.mutate(ANSWER, videoId=of(draft), approve=False))["code"] == "CONFLICT"
    # Another file in the draft's place is not what was approved.
    await Rendition.filter(video_id=draft.id, kind=RenditionKind.MP4).update(sha256="2" * 64)
    assert (await bob.mutate(PUBLISH, videoId=of(draft)))["__typename"] == "ConsentError"
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.DRAFT


async def test_no_answer_in_seven_days_is_no_yes(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH, per_use_approval=True)
    draft = await awaiting(server, bob, cameo)
    await Approval.filter(video_id=draft.id).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (await ada.mutate(ANSWER, videoId=of(draft), approve=True))["code"] == "CONFLICT"
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.AWAITING_APPROVAL


async def test_a_draft_that_was_taken_away_waits_for_no_answer(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH, per_use_approval=True)
    removed, deleted = await awaiting(server, bob, cameo), await awaiting(server, bob, cameo)
    await ada.mutate(REMOVE, videoId=of(removed))
    await VideoVisibility.filter(id=deleted.id).update(author_state=AuthorState.DELETED)
    for draft in (removed, deleted):
        assert (await ada.mutate(ANSWER, videoId=of(draft), approve=True))["code"] == "CONFLICT"
        assert (await Approval.get(video_id=draft.id)).state is ApprovalState.PENDING
    assert "DRAFT_APPROVED" not in await audited(chain_of(cameo.id))


async def test_quota_comes_back_for_a_declined_approval_and_the_draft_is_withdrawn(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH, per_use_approval=True)
    draft = await awaiting(server, bob, cameo)
    await ada.mutate(ANSWER, videoId=of(draft), approve=False)
    assert await refunded(draft)
    assert await consent_of(draft) == ["WITHDRAWN"]
    assert (await VideoLikeness.get(video_id=draft.id)).withdrawn_for == WithdrawalReason.DECLINED
    assert await audited(chain_of(cameo.id)) == ["DRAFT_DECLINED"]


async def test_restrictions_narrowed_already_published_stays_and_the_owner_gets_the_list_with_one_tap_removal(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH)
    beach, forest = [await make_video(server.stores, bob, [cameo]) for _ in range(2)]
    for video, place in ((beach, "beach"), (forest, "forest")):
        await Video.filter(id=video.id).update(recipe={"brief": {"place": place, "subjects": []}})
    done = await ada.mutate(
        SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE", "PUBLISH"], restrictions={"places": ["beach"]}
    )
    assert await consent_of(beach, forest) == ["LIVE", "LIVE"]
    assert [edge["node"]["id"] for edge in done["cameo"]["breaking"]["edges"]] == [of(beach)]
    assert (await ada.mutate(REMOVE, videoId=of(beach)))["withdrawnVideos"] == 1
    assert await consent_of(beach, forest) == ["WITHDRAWN", "LIVE"]


async def test_the_person_shown_removes_any_video_alone_with_its_descendants(
    server: Server, ada: Api, bob: Api
) -> None:
    carl = await server.member("carl")
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX | Scope.PUBLISH)
    root = await make_video(server.stores, bob, [cameo])
    child = await make_video(server.stores, carl, parent=root)
    grandchild = await make_video(server.stores, bob, parent=child)
    job = await make_job(bob, parent=grandchild)
    elsewhere = await make_job(bob, [cameo])
    for other in (bob, carl):  # not even its author removes the likeness of somebody else
        assert (await other.mutate(REMOVE, videoId=of(child)))["code"] == "NOT_FOUND"
    assert (await ada.mutate(REMOVE, videoId=of(child)))["withdrawnVideos"] == 2
    assert (await ada.mutate(REMOVE, videoId=of(child)))["withdrawnVideos"] == 0
    assert await consent_of(root, child, grandchild) == ["LIVE", "WITHDRAWN", "WITHDRAWN"]
    assert (await outcome(job), (await outcome(elsewhere))[0]) == (("FAILED", "CONSENT_ENDED", True), "QUEUED")
    assert await audited(chain_of(cameo.id)) == ["LIKENESS_WITHDRAWN"]


async def test_suspension_pauses_reversibly(server: Server, ada: Api, bob: Api) -> None:
    root = await server.member("root", role=Role.ADMIN)
    moderator = await server.member("mo", role=Role.MODERATOR)
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH)
    video = await make_video(server.stores, bob, [cameo])
    hers = await make_video(server.stores, ada)
    using, own = await make_job(bob, [cameo]), await make_job(ada)
    for other in (bob, moderator):
        assert (await other.mutate(SUSPEND, accountId=of(ada)))["code"] == "DENIED"
    assert (await root.mutate(SUSPEND, accountId=of(root)))["code"] == "CONFLICT"
    assert (await ada.run("{ viewer { handle } }"))["viewer"] is not None
    for _ in range(2):
        assert (await root.mutate(SUSPEND, accountId=of(ada)))["__typename"] == "SuspendAccountSuccess"
    assert await outcome(using) == ("FAILED", "CONSENT_ENDED", True)
    assert (await outcome(own))[0] == "CANCELLED"
    assert (await ada.run("{ viewer { handle } }"))["viewer"] is None
    assert (await sees(bob, hers), await sees(bob, video)) == (None, "PUBLISHED")
    assert (await bob.run('{ cameo(handle: "ada") { id } }'))["cameo"] is None
    assert await audited("server") == ["ACCOUNT_SUSPENDED"]
    await root.mutate(UNSUSPEND, accountId=of(ada))
    assert (await ada.run("{ viewer { handle } }"))["viewer"] is None  # signed out all the same
    assert (await sees(bob, hers), await consent_of(hers, video)) == ("PUBLISHED", ["LIVE", "LIVE"])
    assert (await bob.run('{ cameo(handle: "ada") { viewerMayUse { reason } } }'))["cameo"] is not None


async def test_blocking_or_following_oneself_or_nobody_changes_nothing(ada: Api) -> None:
    missing = global_id("Account", account(ada).id)[:-4] + "AAAA"
    for document in (BLOCK, FOLLOW):
        assert (await ada.mutate(document, accountId=of(ada)))["code"] == "INVALID"
        assert (await ada.mutate(document, accountId=missing))["code"] == "NOT_FOUND"
    [counts] = await connections.get("default").execute_query_dict(
        "SELECT (SELECT count(*) FROM block) AS blocks, (SELECT count(*) FROM follow) AS follows"
    )
    assert counts == {"blocks": 0, "follows": 0}


async def test_to_whom_somebody_blocks_they_are_not_there(ada: Api, bob: Api) -> None:
    ask = "query($handle: String!) { account(handle: $handle) { id } }"
    assert (await bob.run(ask, handle="ada"))["account"] is not None
    assert (await ada.mutate(BLOCK, accountId=of(bob)))["__typename"] == "BlockSuccess"

    assert (await bob.run(ask, handle="ada"))["account"] is None
    assert (await ada.run(ask, handle="bob"))["account"] is not None
