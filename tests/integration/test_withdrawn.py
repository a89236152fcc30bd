"""After a withdrawal: feeds and people are told, bytes are destroyed, a receipt is signed; whatever crashes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise.transactions import in_transaction

from jobs.consent.change import withdraw_for
from jobs.consent.withdrawn import purge_withdrawn, tell_withdrawn
from jobs.feed.stream import FeedChange, tell
from jobs.queue import enqueue_purge
from models.account import Role, Session
from models.base import new_id
from models.block import Block
from models.cameo import Cameo
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.likeness import VideoLikeness, WithdrawalReason
from models.receipt import verify_receipt
from models.storage import MediaStore
from models.video import Rendition, Video, VideoVisibility
from models.withdrawal import Withdrawal
from schema.node import global_id
from tests.api import Api, Refused, Server
from tests.chores import chores_of, do_chores
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_video
from tests.jobs_stack import PATIENCE, until_listening

FEED = """subscription { feedUpdates(kind: LATEST) {
  __typename cursor ... on VideoGone { id } ... on VideoAdded { video { id } }
} }"""
RECEIPTS = """query($handle: String!) { cameo(handle: $handle) {
  withdrawals { edges { node { reason videos purgedAt receiptUrl destroyed { name objects bytes } } } }
} }"""


@pytest.fixture
async def cass(server: Server) -> Api:
    return await server.member("cass")


@pytest.fixture
async def clip(server: Server, ada: Api, bob: Api) -> tuple[Cameo, Video]:
    """Bob's published video with Ada's cameo."""
    cameo = await make_cameo(ada, handle="ada")
    await make_grant(cameo, bob, FACE_AND_ALL)
    return cameo, await make_video(server.stores, bob, [cameo])


async def withdraw_all(cameo: Cameo) -> None:
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo.id])
        await withdraw_for(connection, cameo.id, WithdrawalReason.REVOKED, Reach())


async def keys_of(media: MediaStore) -> list[str]:
    return [key async for key in media.list("videos/")]


async def heard(stream: AsyncIterator[dict[str, Any]], *, seconds: float = PATIENCE) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        [event] = (await anext(stream)).values()
        return event


async def test_the_purge_destroys_every_byte_counts_them_and_signs(
    server: Server, ada: Api, clip: tuple[Cameo, Video]
) -> None:
    cameo, video = clip
    assert len(await keys_of(server.stores.media)) == 4
    await withdraw_all(cameo)
    await do_chores(server.stores)
    assert await keys_of(server.stores.media) == []
    assert await Rendition.filter(video_id=video.id).count() == 0
    assert await Video.filter(id=video.id).exists()
    data = await ada.run(RECEIPTS, handle="ada")
    [edge] = data["cameo"]["withdrawals"]["edges"]
    node = edge["node"]
    assert (node["reason"], node["videos"]) == ("REVOKED", 1)
    assert node["purgedAt"] is not None
    counts = {each["name"]: (each["objects"], each["bytes"]) for each in node["destroyed"]}
    assert counts["MP4"] == counts["POSTER"] == counts["PREVIEW"] == counts["LATENT"] == (1, 3)
    row = await Withdrawal.get(cameo_id=cameo.id)
    assert row.receipt is not None
    body = verify_receipt(server.stores.keys.published, row.receipt)
    assert (body["kind"], body["subject"], body["objects"], body["bytes"]) == ("DELETION", f"cameo/{cameo.id}", 4, 12)


async def test_nobody_but_the_owner_reads_a_cameos_withdrawals(
    server: Server, bob: Api, clip: tuple[Cameo, Video]
) -> None:
    await withdraw_all(clip[0])
    await do_chores(server.stores)
    for caller in (bob, server.anyone):
        data = await caller.run(RECEIPTS, handle="ada")
        assert (data["cameo"] or {"withdrawals": None})["withdrawals"] is None


async def test_a_purge_that_storage_interrupts_counts_nothing_twice(
    server: Server, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    await withdraw_all(clip[0])
    chores = chores_of(server.stores)
    await chores.tell()
    delete_under = MediaStore.delete_under

    async def fails(self: MediaStore, prefix: str) -> int:
        raise OSError("the disk went away")

    monkeypatch.setattr(MediaStore, "delete_under", fails)
    with pytest.raises(OSError, match="the disk"):
        await purge_withdrawn(server.stores.media, server.stores.redis, server.stores.keys, server.stores.vault)
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert (row.purged_at, row.receipt, row.purged) == (None, None, {})
    monkeypatch.setattr(MediaStore, "delete_under", delete_under)
    assert await purge_withdrawn(server.stores.media, server.stores.redis, server.stores.keys, server.stores.vault) == 1
    assert await purge_withdrawn(server.stores.media, server.stores.redis, server.stores.keys, server.stores.vault) == 0
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert row.receipt is not None
    assert row.receipt["objects"] == 4


async def test_two_workers_purge_a_withdrawal_once(server: Server, clip: tuple[Cameo, Video]) -> None:
    await withdraw_all(clip[0])
    await asyncio.gather(*(tell_withdrawn(server.stores.redis) for _ in range(3)))
    stores = server.stores
    done = await asyncio.gather(
        *(purge_withdrawn(stores.media, stores.redis, stores.keys, stores.vault) for _ in range(3))
    )
    assert sum(done) == 1
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert row.receipt is not None
    assert row.receipt["objects"] == 4


async def test_while_redis_is_away_nothing_is_forgotten(server: Server, clip: tuple[Cameo, Video]) -> None:
    await withdraw_all(clip[0])
    nobody = Redis(port=1)
    with pytest.raises(RedisError):
        await tell_withdrawn(nobody)
    await nobody.aclose()
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert (row.told_at, row.purged_at) == (None, None)
    await do_chores(server.stores)
    assert (await Withdrawal.get(cameo_id=clip[0].id)).purged_at is not None


async def test_a_large_withdrawal_is_marked_before_it_is_purged(
    server: Server, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.consent.withdraw.MARKED_AT_ONCE", 0)
    cameo, video = clip
    await withdraw_all(cameo)
    assert (await VideoLikeness.get(video_id=video.id)).withdrawn_at is None
    await do_chores(server.stores)
    assert (await VideoLikeness.get(video_id=video.id)).withdrawn_at is not None
    assert await keys_of(server.stores.media) == []


async def test_an_open_feed_hears_of_what_is_gone_from_any_process(
    server: Server, cass: Api, clip: tuple[Cameo, Video]
) -> None:
    cameo, video = clip
    stream = cass.subscribe(FEED)
    other = Server(server.stores).anyone.subscribe(FEED)
    waiting = [asyncio.ensure_future(heard(each)) for each in (stream, other)]
    await until_listening(server.stores.feed, 2)
    await withdraw_all(cameo)
    await chores_of(server.stores).tell()
    for event in await asyncio.gather(*waiting):
        assert (event["__typename"], event["id"]) == ("VideoGone", global_id("Video", video.id))


@pytest.mark.parametrize("most", [1000, 1])
async def test_an_open_feed_hears_of_what_the_suspended_published_but_never_of_a_link(
    server: Server, cass: Api, ada: Api, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.feed.stream.FEED_MOST", most)
    root = await server.member("root", role=Role.ADMIN)
    public, followers, by_link = [await make_video(server.stores, ada) for _ in range(3)]
    await make_video(server.stores, ada, published=False)
    await VideoVisibility.filter(id=followers.id).update(audience="FOLLOWERS")
    await VideoVisibility.filter(id=by_link.id).update(audience="LINK")
    stream = cass.subscribe(FEED)
    waiting = asyncio.ensure_future(heard(stream))
    await until_listening(server.stores.feed)
    suspend = "mutation($input: SuspendAccountInput!) { suspendAccount(input: $input) { __typename } }"
    for _ in range(2):
        await root.mutate(suspend, accountId=global_id("Account", public.author_id))
        await chores_of(server.stores).tell()
    await tell(server.stores.redis, FeedChange.GONE, [end := new_id()])
    told = [await waiting]
    while told[-1].get("id") != global_id("Video", end):
        told.append(await heard(stream))
    if most == 1:
        assert [each["__typename"] for each in told] == ["FeedStale", "VideoGone"], "too many are read anew"
    else:
        gone = {each["id"] for each in told[:-1]}
        assert gone == {global_id("Video", each.id) for each in (public, followers)}


async def test_a_feed_resumes_from_its_cursor_without_a_gap(server: Server, clip: tuple[Cameo, Video]) -> None:
    ids = [new_id() for _ in range(5)]
    stream = server.anyone.subscribe(FEED)
    first = asyncio.ensure_future(heard(stream))
    await until_listening(server.stores.feed)
    await tell(server.stores.redis, FeedChange.GONE, ids[:3])
    await tell(server.stores.redis, FeedChange.GONE, ids[3:])
    event = await first
    resumed = server.anyone.subscribe(FEED.replace("LATEST", f'LATEST, after: "{event["cursor"]}"'))
    got = [event["id"], *[(await heard(resumed))["id"] for _ in range(4)]]
    assert got == [global_id("Video", each) for each in ids]


async def test_a_cursor_whose_history_is_gone_is_told_to_read_again(server: Server, cass: Api) -> None:
    stream = cass.subscribe(FEED.replace("LATEST", 'LATEST, after: "99999999999999-0"'))
    assert (await heard(stream))["__typename"] == "FeedStale"


async def test_an_addition_is_judged_anew_for_each_viewer(
    server: Server, bob: Api, cass: Api, clip: tuple[Cameo, Video]
) -> None:
    _, video = clip
    assert bob.viewer is not None
    assert cass.viewer is not None
    await Block.create(blocker_id=cass.viewer.id, blocked_id=bob.viewer.id)
    blind, seeing = cass.subscribe(FEED), server.anyone.subscribe(FEED)
    waiting = [asyncio.ensure_future(heard(each)) for each in (blind, seeing)]
    await until_listening(server.stores.feed, 2)
    await tell(server.stores.redis, FeedChange.ADDED, [video.id])
    assert (await waiting[1])["video"]["id"] == global_id("Video", video.id)
    await tell(server.stores.redis, FeedChange.GONE, [video.id])
    assert (await waiting[0])["__typename"] == "VideoGone"


async def test_a_feed_ends_with_its_session(server: Server, cass: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.feed_event._TRUST_SECONDS", 0.0)
    stream = cass.subscribe(FEED)
    waiting = asyncio.ensure_future(heard(stream))
    await until_listening(server.stores.feed)
    await Session.filter(account_id=cass.viewer.id).delete()  # type: ignore[union-attr]
    await tell(server.stores.redis, FeedChange.GONE, [new_id()])
    with pytest.raises(Refused, match="UNAUTHENTICATED"):
        await waiting


async def test_a_withdrawal_that_cannot_be_purged_does_not_keep_the_others(
    server: Server, ada: Api, bob: Api, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    cameo, video = clip
    other = await make_video(server.stores, bob, [cameo])
    for each in (video, other):
        async with in_transaction() as connection:
            await lock_for_change(connection, [cameo.id])
            await withdraw_for(connection, cameo.id, WithdrawalReason.REMOVED, Reach(videos=[each.id]))
    await chores_of(server.stores).tell()
    delete_under = MediaStore.delete_under

    async def fails_for_one(self: MediaStore, prefix: str) -> int:
        if str(video.generation_id) in prefix:
            raise OSError("this folder cannot be removed")
        return await delete_under(self, prefix)

    monkeypatch.setattr(MediaStore, "delete_under", fails_for_one)
    with pytest.raises(OSError, match="this folder"):
        await purge_withdrawn(server.stores.media, server.stores.redis, server.stores.keys, server.stores.vault)
    assert [row.purged_at is None for row in await Withdrawal.all().order_by("id")] == [True, False]


async def test_batches_go_through_a_withdrawal_to_its_end(
    server: Server, bob: Api, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.consent.withdrawn.BATCH", 2)
    for _ in range(4):
        await make_video(server.stores, bob, [clip[0]])
    await withdraw_all(clip[0])
    await do_chores(server.stores)
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert row.receipt is not None
    assert (row.videos, row.receipt["objects"]) == (5, 20)


async def test_media_that_cannot_be_deleted_does_not_keep_withdrawals_from_their_purge(
    server: Server, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = MediaStore.delete

    async def fails_for_one(self: MediaStore, keys: Iterable[str]) -> None:
        given = list(keys)
        if "stuck" in given:
            raise OSError("this object cannot be deleted")
        await delete(self, given)

    monkeypatch.setattr(MediaStore, "delete", fails_for_one)
    async with in_transaction() as connection:
        await enqueue_purge(connection, ["stuck"])
    await withdraw_all(clip[0])
    chores = chores_of(server.stores)
    await chores.tell()
    with pytest.raises(OSError, match="this object"):
        await chores.destroy()
    assert (await Withdrawal.get(cameo_id=clip[0].id)).purged_at is not None
