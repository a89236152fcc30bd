"""Gate 4b: nothing is shown to more people unless everybody in it agrees at that instant; less is always possible."""

from __future__ import annotations

from typing import Any

import pytest
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.consent.change import withdraw_for
from models.cameo import ALL_SCOPES, Cameo, CameoState, Scope
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.decision import Decision
from models.generation import Outbox
from models.grant import Audience, Grant, GrantState
from models.likeness import Approval, ApprovalState, VideoLikeness, WithdrawalReason
from models.notification import Notification
from models.video import AuthorState, Video, VideoVisibility, Visibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, audited, follow, make_cameo, make_grant, make_video

PUBLISH = """
mutation($input: PublishVideoInput!) { publishVideo(input: $input) {
  __typename ... on PublishVideoSuccess { video { state visibility } }
  ... on ConsentError { reason cameo } ... on Error { code field message }
} }
"""
UPDATE = """
mutation($input: UpdateVideoInput!) { updateVideo(input: $input) {
  __typename ... on UpdateVideoSuccess { video { state visibility caption remixable } }
  ... on ConsentError { reason cameo } ... on Error { code field message }
} }
"""

WATCH = "query($id: ID!) { video(id: $id) { id media { url } } }"


def vid(video: Video) -> str:
    return global_id("Video", video.id)


async def standing_of(video: Video) -> tuple[str, str]:
    row = await VideoVisibility.get(id=video.id)
    return row.author_state.name, row.audience.value


async def refused(api: Api, video: Video, **more: Any) -> str:
    """The reason of a refused publication, after which nothing has changed."""
    payload = await api.mutate(PUBLISH, videoId=vid(video), **more)
    assert payload["__typename"] == "ConsentError", payload
    assert (await VideoVisibility.get(id=video.id)).author_state is not AuthorState.PUBLISHED
    assert (await VideoLikeness.filter(video_id=video.id).first()).publish_grant_id is None  # type: ignore[union-attr]
    return payload["reason"]


@pytest.fixture
async def cameo(ada: Api) -> Cameo:
    return await make_cameo(ada, audience=Audience.APPROVED)


async def test_publishing_names_the_grant_tells_the_person_shown_and_is_audited(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    made_under = await make_grant(cameo, bob, Scope.FACE)
    video = await make_video(server.stores, bob, [cameo], published=False)
    may_publish = await make_grant(cameo, bob, Scope.FACE | Scope.PUBLISH)
    payload = await bob.mutate(PUBLISH, videoId=vid(video))
    assert payload["video"] == {"state": "PUBLISHED", "visibility": "PUBLIC"}
    row = await VideoLikeness.get(video_id=video.id)
    assert (row.grant_id, row.publish_grant_id) == (made_under.id, may_publish.id)
    assert (await Notification.get(account_id=account(ada).id)).kind == "CAMEO_PUBLISHED"
    assert await audited(f"cameo/{cameo.id}") == ["VIDEO_PUBLISHED"]
    assert await Outbox.filter(topic="feed").count() == 1


async def test_a_grant_without_publish_keeps_a_draft_a_draft(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await make_grant(cameo, bob, Scope.FACE | Scope.REMIX)
    video = await make_video(server.stores, bob, [cameo], published=False)
    assert await refused(bob, video) == "ASK"
    [decision] = await Decision.all()
    assert (decision.stage, decision.allowed, decision.actor_id) == ("PUBLISH", False, account(bob).id)
    assert await audited(f"cameo/{cameo.id}") == []


@pytest.mark.parametrize("change", ["revoked", "expired", "paused", "blocked", "voice only"])
async def test_what_was_allowed_when_it_was_made_is_asked_again_when_it_is_published(
    server: Server, ada: Api, bob: Api, cameo: Cameo, change: str
) -> None:
    from models.block import Block

    grant = await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    match change:
        case "paused":
            await Cameo.filter(id=cameo.id).update(state=CameoState.PAUSED)
        case "blocked":
            await Block.create(blocker_id=account(ada).id, blocked_id=account(bob).id)
        case _:
            await Grant.filter(id=grant.id).update(state=GrantState.REVOKED)
    if change == "expired":
        await make_grant(cameo, bob, expires_at=grant.created_at)
    if change == "voice only":
        await make_grant(cameo, bob, ALL_SCOPES & ~Scope.FACE)
    assert await refused(bob, video) == "ASK"


async def test_a_withdrawn_draft_is_never_published_not_even_under_a_new_grant(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo.id])
        await withdraw_for(connection, cameo.id, WithdrawalReason.REVOKED, Reach(videos=[video.id]))
    await make_grant(cameo, bob)
    assert await refused(bob, video) == "UNAVAILABLE"


@pytest.mark.parametrize("state", [ApprovalState.PENDING, ApprovalState.DECLINED])
async def test_a_draft_that_waits_for_approval_is_not_published(
    server: Server, ada: Api, bob: Api, cameo: Cameo, state: ApprovalState
) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    row = await approval(video, cameo, state)
    await VideoVisibility.filter(id=video.id).update(author_state=AuthorState.AWAITING_APPROVAL)
    assert await refused(bob, video) == "APPROVAL"
    row.state = ApprovalState.APPROVED
    await row.save()
    assert (await bob.mutate(PUBLISH, videoId=vid(video)))["__typename"] == "PublishVideoSuccess"


async def test_a_draft_from_before_somebody_wished_to_be_asked_waits_for_them_too(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    video = await make_video(server.stores, bob, [cameo], published=False)
    await Grant.filter(cameo_id=cameo.id).update(state=GrantState.SUPERSEDED)
    await Grant.create(cameo_id=cameo.id, audience=Audience.EVERYONE, scopes=ALL_SCOPES, per_use_approval=True)
    for _ in range(2):
        assert await refused(bob, video) == "APPROVAL"
    assert (await VideoVisibility.get(id=video.id)).author_state is AuthorState.AWAITING_APPROVAL
    asked = await Approval.get(video_id=video.id)
    assert (asked.state, asked.draft_hash) == (ApprovalState.PENDING, "0" * 64)
    assert (await Notification.get(account_id=account(ada).id)).kind == "APPROVAL_ASKED"
    assert await audited(f"cameo/{cameo.id}") == ["APPROVAL_ASKED"]
    asked.state = ApprovalState.APPROVED
    await asked.save()
    assert (await bob.mutate(PUBLISH, videoId=vid(video)))["__typename"] == "PublishVideoSuccess"


async def test_an_approval_is_for_one_draft_and_no_other(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    await approval(video, cameo, ApprovalState.APPROVED, draft_hash="f" * 64)
    assert await refused(bob, video) == "APPROVAL"


async def test_a_draft_that_breaks_what_was_ruled_out_since_is_not_published(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    await Video.filter(id=video.id).update(recipe={"lines": [{"text": "fire the machine gun", "language": "en"}]})
    await make_grant(cameo, bob, restrictions={"topics": ["WEAPONS"]})
    assert await refused(bob, video) == "RESTRICTED"
    assert [one.rule for one in await Decision.all()] == ["TOPIC:WEAPONS"]


async def test_less_is_at_once_and_more_passes_the_gate(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    grant = await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo])
    await Grant.filter(id=grant.id).update(state=GrantState.REVOKED)

    async def change(**more: Any) -> str:
        return (await bob.mutate(UPDATE, videoId=vid(video), **more))["__typename"]

    assert await change(visibility="FOLLOWERS", remixable=False, caption="hello") == "UpdateVideoSuccess"
    assert await standing_of(video) == ("PUBLISHED", "FOLLOWERS")
    assert await change(visibility="PUBLIC") == "ConsentError"
    assert await change(visibility="LINK") == "ConsentError"
    assert await change(remixable=True) == "ConsentError"
    assert await standing_of(video) == ("PUBLISHED", "FOLLOWERS")
    assert (await Video.get(id=video.id)).remixable is False
    assert await change(caption="only words") == "UpdateVideoSuccess"
    assert await change(visibility="MUTUALS") == "UpdateVideoSuccess"
    assert await change(unpublish=True) == "UpdateVideoSuccess"
    assert (await standing_of(video))[0] == "DRAFT"
    assert await refused_again(bob, video) == "ConsentError"
    assert await audited(f"cameo/{cameo.id}") == ["VIDEO_NARROWED"] * 3
    lasting = await make_grant(cameo, bob)
    assert (await bob.mutate(PUBLISH, videoId=vid(video)))["__typename"] == "PublishVideoSuccess"
    assert (await VideoLikeness.get(video_id=video.id)).publish_grant_id == lasting.id


async def refused_again(api: Api, video: Video) -> str:
    return (await api.mutate(PUBLISH, videoId=vid(video)))["__typename"]


async def test_only_the_author_changes_a_video(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo])
    for caller in (ada, await server.member("cleo")):
        payload = await caller.mutate(UPDATE, videoId=vid(video), visibility="LINK")
        assert payload["__typename"] == "NotFoundError"
    assert await standing_of(video) == ("PUBLISHED", "PUBLIC")


@pytest.mark.parametrize(
    ("audience", "relation", "sees"),
    [
        (Visibility.FOLLOWERS, "followed", ""), (Visibility.FOLLOWERS, "follows", "member"),
        (Visibility.MUTUALS, "follows", ""), (Visibility.MUTUALS, "mutual", "member"),
        (Visibility.LINK, "none", "anybody"), (Visibility.PUBLIC, "none", "anybody"),
    ],
)  # fmt: skip
async def test_an_audience_is_who_it_says(
    server: Server, ada: Api, bob: Api, audience: Visibility, relation: str, sees: str
) -> None:
    video = await make_video(server.stores, bob, published=False)
    await bob.mutate(PUBLISH, videoId=vid(video), visibility=audience.value)
    if relation in ("follows", "mutual"):
        await follow(ada, bob)
    if relation in ("followed", "mutual"):
        await follow(bob, ada)
    found = [(await who.run(WATCH, id=vid(video)))["video"] is not None for who in (ada, server.anyone)]
    assert found == [sees != "", sees == "anybody"]


async def approval(video: Video, cameo: Cameo, state: ApprovalState, *, draft_hash: str = "0" * 64) -> Approval:
    [now] = await connections.get("default").execute_query_dict("SELECT yume_now() + interval '7 days' AS later")
    return await Approval.create(
        video_id=video.id, cameo_id=cameo.id, draft_hash=draft_hash, state=state, expires_at=now["later"]
    )


async def test_a_prompt_is_read_by_all_when_its_author_says_so_and_by_nobody_else_when_not(
    server: Server, ada: Api, bob: Api
) -> None:
    read = "query($id: ID!) { video(id: $id) { prompt promptPublic } }"
    video = await make_video(server.stores, bob, published=False)
    await bob.mutate(PUBLISH, videoId=vid(video))
    secret, told = {"prompt": None, "promptPublic": False}, {"prompt": "a fox", "promptPublic": True}
    assert (await ada.run(read, id=vid(video)))["video"] == secret
    assert (await ada.mutate(UPDATE, videoId=vid(video), promptPublic=True))["__typename"] == "NotFoundError"
    assert (await ada.run(read, id=vid(video)))["video"] == secret
    for public, seen in ((True, told), (False, secret), (True, told)):
        await bob.mutate(UPDATE, videoId=vid(video), promptPublic=public)
        assert [(await each.run(read, id=vid(video)))["video"] for each in (ada, server.anyone)] == [seen, seen]
    await bob.mutate(UPDATE, videoId=vid(video), caption="words change nothing else")
    assert (await ada.run(read, id=vid(video)))["video"] == told
    await VideoVisibility.filter(id=video.id).update(moderation="HIDDEN")
    assert (await ada.run(read, id=vid(video)))["video"] is None
    other = await make_video(server.stores, bob, published=False)
    await bob.mutate(PUBLISH, videoId=vid(other), promptPublic=True)
    assert (await server.anyone.run(read, id=vid(other)))["video"] == told
