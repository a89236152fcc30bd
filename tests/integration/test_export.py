"""Taking one's own data away: what is in a bundle, who gets it, and what a crash or a change of mind leaves of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise import connections

from app.embedded import Stores as RunningStores
from jobs.export.build import build_pending
from jobs.export.end import sweep_exports
from models.audit import append, chain_of
from models.cameo import ALL_SCOPES
from models.export import Export, ExportPart, ExportState
from models.grant import OnExpiry
from models.lineage import Lineage
from models.notification import NotificationKind, notify
from models.report import Report, ReportReason
from models.storage import MediaStore
from models.video import Rendition, RenditionKind, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import chores_of, do_chores
from tests.consent import account, follow, make_cameo, make_grant, make_video, shift_clock
from tests.exports import ask, built, fetched, get, look
from tests.jobs_stack import Worker, until
from tests.traces import leave_traces


async def objects(server: Server) -> list[str]:
    return [key async for key in server.stores.media.list("exports/")]


async def test_a_bundle_holds_everything_that_is_the_member_s_own(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob, ALL_SCOPES, note="for Bob")
    draft = await make_video(server.stores, ada, published=False)
    shown = await make_video(server.stores, ada, [cameo])
    of_bob = await make_video(server.stores, bob, [cameo])
    await follow(ada, bob)
    await leave_traces(server, ada, bob, "my own words", own=[draft, shown], others=[of_bob, of_bob])
    for who, words in ((ada, "it is not true"), (bob, "nobody else reads this")):
        await Report.create(
            reporter_id=account(who).id, video_id=of_bob.id, reason=ReportReason.DECEPTION, text=words,
            note="a word among moderators", idempotency_key=words, request_hash="",
        )  # fmt: skip
    await VideoVisibility.filter(id=of_bob.id).update(consent="WITHDRAWN")
    connection = connections.get("default")
    await append(connection, chain_of(cameo.id), "TEST_ENTRY", {"video": shown.id})
    await notify(connection, account(ada).id, NotificationKind.CAMEO_USED, actor=account(bob).id, cameo=cameo.id)
    export = await built(server, ada)
    assert (export["state"], export["progress"]) == ("READY", 1.0)
    bundle = await fetched(server, export["url"])
    said = bundle.said
    assert (said["schema"], said["account"]["handle"]) == ("yume/export/2", "ada")
    assert set(bundle.files) == {
        "bundle.json", "avatar.webp", f"videos/{draft.id}.mp4", f"videos/{shown.id}.mp4",
    }  # fmt: skip
    assert (bundle.files[f"videos/{draft.id}.mp4"], bundle.files["avatar.webp"]) == (b"mp4", b"my own words")
    clip = bundle.clip(draft)
    assert (clip["prompt"], clip["author_state"], clip["recipe"]) == ("a fox", "DRAFT", {"subjects": ["fox"]})
    [appearance] = said["appearances"]
    assert (appearance["video"], appearance["cameo"]) == (str(of_bob.id), str(cameo.id))
    assert {"FACE", "DOWNLOAD"} <= set(
        next(each for each in said["grants_given"] if each["id"] == str(grant.id))["scopes"]
    )
    assert [each["kind"] for each in said["consent_log"]] == ["TEST_ENTRY"]
    assert [each["handle"] for each in said["follows"]] == ["bob"]
    assert [each["kind"] for each in said["notifications"]] == ["CAMEO_USED"]
    _is_social(said, draft, of_bob)
    [report] = said["reports"]
    assert (report["video"], report["reason"], report["text"]) == (str(of_bob.id), "DECEPTION", "it is not true")
    assert not [words for words in ("among moderators", "nobody else") if words in json.dumps(said)]


def _is_social(said: dict[str, Any], draft: Video, withdrawn: Video) -> None:
    """Own words and likes are there, also under a video that was withdrawn; the answers of others are not."""
    assert [each["body"] for each in said["comments"]] == ["oh, my own words", "and my own words"]
    assert {each["video"] for each in said["comments"] + said["likes"]} == {str(withdrawn.id)}
    assert "thank you" not in json.dumps(said)
    assert said["account"]["on_leaderboards"] is True
    assert [each["handle"] for each in said["mutes"]] == ["bob"]
    [chosen] = said["chosen_viewers"]
    assert (chosen["video"], chosen["handle"]) == (str(draft.id), "bob")
    assert [each["video"] for each in said["shown_appearances"]] == [str(withdrawn.id)]
    assert [each["kind"] for each in said["see_less"]] == ["AUTHOR"]
    assert said["feed_weights"][0]["steer"] == "more my own words"
    assert (said["impressions"][0]["seconds"], len(said["taste"][0]["liking"])) == (4, 384)


async def test_nothing_of_anybody_else_is_in_it(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, restrictions={"text": "never at sea"}, preferences="in blue")
    await make_grant(cameo, bob, ALL_SCOPES, note="my friend", restrictions={"text": "never drunk"})
    await make_video(server.stores, ada, [cameo])
    export = await built(server, bob)
    bundle = await fetched(server, export["url"])
    assert set(bundle.files) == {"bundle.json"}
    assert (bundle.said["videos"], bundle.said["consent_log"], bundle.said["decisions"]) == ([], [], [])
    [received] = bundle.said["grants_received"]
    assert received["cameo_id"] == str(cameo.id)
    text = json.dumps(bundle.said)
    assert not [word for word in ("never at sea", "in blue", "never drunk", "my friend", "a fox") if word in text]


async def test_only_its_owner_sees_it(server: Server, ada: Api, bob: Api) -> None:
    export = await built(server, ada)
    for other in (bob, server.anyone):
        assert await look(other, export["id"]) is None
    assert (await ask(server.anyone))["code"] == "UNAUTHENTICATED"
    assert await Export.all().count() == 1


async def test_the_same_key_gives_the_same_bundle_and_one_is_built_at_a_time(server: Server, ada: Api) -> None:
    first = (await ask(ada, "one"))["export"]
    assert (first["state"], first["url"]) == ("QUEUED", None)
    assert (await ask(ada, "two"))["export"]["id"] == first["id"]
    await chores_of(server.stores).export()
    assert (await ask(ada, "one"))["export"]["id"] == first["id"]
    assert (await ask(ada, "two"))["export"]["id"] != first["id"]
    assert (await ask(ada, ""))["field"] == "idempotencyKey"


async def test_three_bundles_a_day(server: Server, ada: Api) -> None:
    for _ in range(3):
        await built(server, ada)
    refused = await ask(ada)
    assert refused["code"] == "RATE_LIMITED"
    assert 86_000 < refused["retryAfterSeconds"] <= 86_400
    assert await Export.all().count() == 3
    await shift_clock("25 hours")
    assert (await ask(ada))["__typename"] == "ExportMyDataSuccess"


async def test_an_address_that_was_forged_or_is_over_gives_nothing(server: Server, ada: Api) -> None:
    url: str = (await built(server, ada))["url"]
    head, _, token = url.rpartition("/")
    forged = f"{head}/{'A' if token[10] != 'A' else 'B'}{token[1:]}"
    assert (await get(server, forged)).status_code == 404
    await shift_clock("16 minutes")
    assert (await get(server, url)).status_code == 404
    assert (await get(server, url.replace(token, ""))).status_code == 404


async def test_a_bundle_is_destroyed_after_a_day(server: Server, ada: Api) -> None:
    export = await built(server, ada)
    assert await objects(server) != []
    await shift_clock("25 hours")
    assert (await look(ada, export["id"]))["state"] == "EXPIRED"
    await do_chores(server.stores)
    assert (await objects(server), server.stores.vault.subjects("export/")) == ([], [])
    gone = await look(ada, export["id"])
    assert (gone["state"], gone["url"]) == ("EXPIRED", None)
    assert await ExportPart.all().count() == 0


async def test_a_bundle_lies_sealed_in_pieces(server: Server, ada: Api) -> None:
    video = await make_video(server.stores, ada)
    big = bytes(range(256)) * 20_000  # 5 MB: more than one piece
    row = await Rendition.get(video_id=video.id, kind=RenditionKind.MP4)
    await server.stores.media.put_bytes(row.key, big, "video/mp4")
    export = await built(server, ada)
    keys = await objects(server)
    assert len(keys) == 2
    for key in keys:
        assert b"bundle.json" not in b"".join([part async for part in server.stores.media.stream(key)])
    bundle = await fetched(server, export["url"])
    assert bundle.files[f"videos/{video.id}.mp4"] == big
    assert export["bytes"] == float((await Export.get()).bytes or 0)


async def test_a_builder_that_died_is_succeeded_by_another(server: Server, ada: Api) -> None:
    await make_video(server.stores, ada)
    export_id = (await ask(ada))["export"]["id"]
    await Export.all().update(state=ExportState.BUILDING, fence=1)
    await connections.get("default").execute_query("UPDATE export SET claimed_at = yume_now()")
    assert await build_pending(server.stores.media, server.stores.vault) == 0, "its lease is not over"
    await connections.get("default").execute_query("UPDATE export SET claimed_at = yume_now() - interval '1 hour'")
    assert await build_pending(server.stores.media, server.stores.vault) == 1
    assert (await look(ada, export_id))["state"] == "READY"
    assert (await Export.get()).fence == 2


def away(self: MediaStore, key: str) -> AsyncIterator[bytes]:
    raise OSError(f"the disk with {key} is away")


async def test_storage_that_stays_away_ends_in_failed_and_nothing_is_left(
    server: Server, ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_video(server.stores, ada)
    export_id = (await ask(ada))["export"]["id"]
    with monkeypatch.context() as broken:
        broken.setattr(MediaStore, "stream", away)
        for _ in range(5):
            with pytest.raises(OSError, match="is away"):
                await build_pending(server.stores.media, server.stores.vault)
            await connections.get("default").execute_query("UPDATE export SET claimed_at = '2020-01-01'")
    assert await build_pending(server.stores.media, server.stores.vault) == 0
    assert await sweep_exports() == 1
    await do_chores(server.stores)
    assert (await look(ada, export_id))["state"] == "FAILED"
    assert (await objects(server), server.stores.vault.subjects("export/")) == ([], [])


async def test_deleting_the_account_destroys_its_bundles(server: Server, ada: Api) -> None:
    await make_video(server.stores, ada)
    url = (await built(server, ada))["url"]
    deleted = await ada.mutate(
        "mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }", handle="ada"
    )
    assert deleted["__typename"] == "DeleteAccountSuccess"
    assert (await get(server, url)).status_code == 404
    assert server.stores.vault.subjects("export/") == []
    await do_chores(server.stores)
    assert (await objects(server), await Export.all().count()) == ([], 0)


async def test_a_clip_its_author_deleted_voids_the_bundle(server: Server, ada: Api) -> None:
    video = await make_video(server.stores, ada)
    assert await Lineage.filter(id=video.id).exists()
    export = await built(server, ada)
    await VideoVisibility.filter(id=video.id).update(author_state="DELETED")
    assert (await get(server, export["url"])).status_code == 404
    assert (await look(ada, export["id"]))["state"] == "VOID"


async def test_a_bundle_of_another_kind_of_id_is_no_bundle(server: Server, ada: Api) -> None:
    export = await Export.create(account_id=account(ada).id, idempotency_key="k")
    assert await look(ada, global_id("Video", export.id)) is None


async def test_a_worker_builds_what_was_asked_for(
    server: Server, ada: Api, database: str, stores: RunningStores, tmp_path: Path
) -> None:
    video = await make_video(server.stores, ada)
    export_id = (await ask(ada))["export"]["id"]
    worker = await Worker(database, stores.urls.redis_url, tmp_path).start()

    async def ready() -> bool:
        return (await look(ada, export_id))["state"] == "READY"

    try:
        await until(ready, seconds=60.0, what=worker.log)
    finally:
        worker.kill()
        await worker.ended()
    assert (await fetched(server, (await look(ada, export_id))["url"])).holds(video)


async def test_a_clip_whose_permission_ran_out_is_a_tombstone_before_anybody_swept_it(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada)
    ended = datetime.now(UTC) - timedelta(hours=1)
    grant = await make_grant(cameo, bob, ALL_SCOPES, expires_at=ended, on_expiry=OnExpiry.WITHDRAW)
    video = await make_video(server.stores, bob, [cameo], grants={cameo.id: grant})
    bundle = await fetched(server, (await built(server, bob))["url"])
    clip = bundle.clip(video)
    assert (clip["tombstone"], clip["prompt"], "recipe" in clip) == (True, "a fox", False)
    assert not bundle.holds(video)
