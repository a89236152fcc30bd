"""What time ends by itself: how it reads at once, and what a worker's sweep makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.consent.change import TOPIC_WITHDRAWN
from jobs.consent.sweep import sweep_consent
from models.cameo import Cameo
from models.generation import Outbox, QuotaCharge
from models.grant import Audience, OnExpiry
from models.likeness import Approval, ApprovalState, VideoLikeness, WithdrawalReason
from models.notification import Notification
from models.video import AuthorState, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import (
    account,
    audited,
    consent_of,
    make_cameo,
    make_grant,
    make_video,
    shift_clock,
)

SEE = "query($id: ID!) { video(id: $id) { state media { url } } }"
PUBLISH = "mutation($input: PublishVideoInput!) { publishVideo(input: $input) { __typename } }"


def vid(video: Video) -> str:
    return global_id("Video", video.id)


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


async def waiting_draft(server: Server, ada: Api, bob: Api) -> tuple[Cameo, Video]:
    cameo = await make_cameo(ada, audience=Audience.APPROVED, per_use_approval=True)
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=False)
    await VideoVisibility.filter(id=video.id).update(author_state=AuthorState.AWAITING_APPROVAL)
    await Approval.create(
        video_id=video.id, cameo_id=cameo.id, draft_hash="0" * 64, expires_at=datetime.now(UTC) + timedelta(days=7)
    )
    return cameo, video


async def test_no_answer_in_seven_days_is_declined_the_draft_withdrawn_and_the_quota_back(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo, video = await waiting_draft(server, ada, bob)
    await shift_clock("6 days")
    await sweep_consent()
    assert (await Approval.get(video_id=video.id)).state is ApprovalState.PENDING
    await shift_clock("7 days 1 minute")
    effects = await sweep_consent()
    assert effects.videos == 1
    assert (await Approval.get(video_id=video.id)).state is ApprovalState.DECLINED
    assert await consent_of(video) == ["WITHDRAWN"]
    assert (await VideoLikeness.get(video_id=video.id)).withdrawn_for == WithdrawalReason.DECLINED
    assert (await QuotaCharge.get(generation_id=video.generation_id)).refunded_at is not None
    assert await Outbox.filter(topic=TOPIC_WITHDRAWN).count() == 1
    assert await audited(f"cameo/{cameo.id}") == ["DRAFTS_LAPSED"]
    assert (await Notification.get(account_id=account(bob).id, kind="APPROVAL_ANSWERED")).video_id == video.id
    assert (await sweep_consent()).videos == 0
    assert await audited(f"cameo/{cameo.id}") == ["DRAFTS_LAPSED"]


async def test_a_draft_whose_permission_took_it_along_is_not_brought_back_by_another(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob, expires_at=tomorrow(), on_expiry=OnExpiry.WITHDRAW)
    draft = await make_video(server.stores, bob, [cameo], published=False)
    await shift_clock("2 days")
    await make_grant(cameo, bob)
    assert (await bob.mutate(PUBLISH, videoId=vid(draft)))["__typename"] == "ConsentError"
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.DRAFT
