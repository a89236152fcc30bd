"""Profiles: words, the portrait and its address, what others find there, and the appearances a member shows."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import httpx
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Route

from app.routes.avatar import avatar
from jobs.outbox import purge_pending
from jobs.queue import TOPIC_PURGE_LATER
from models.account import Account
from models.base import new_id
from models.cameo import ALL_SCOPES
from models.generation import Outbox
from models.grant import Audience
from models.sealed_media import SealedMedia
from models.upload import Upload, UploadPurpose, upload_folder, upload_subject
from models.video import Video, VideoVisibility, Visibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, follow, make_cameo, make_video, mutuals

UPDATE = """
mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
  __typename ... on UpdateProfileSuccess { account { displayName bio avatarUrl remixableDefault onLeaderboards } }
  ... on Error { code field message }
} }
"""
SHOW = """
mutation($input: ShowAppearanceInput!) { showAppearance(input: $input) {
  __typename ... on ShowAppearanceSuccess { account { shownAppearances { edges { node { id } } } } }
  ... on Error { code field }
} }
"""
LOOK = """
query($handle: String!) { account(handle: $handle) {
  avatarUrl remixableDefault onLeaderboards videoCount
  videos { edges { node { id } } } remixes { edges { node { id } } } shownAppearances { edges { node { id } } }
} }
"""
PUBLISH = """
mutation($input: PublishVideoInput!) { publishVideo(input: $input) {
  __typename ... on PublishVideoSuccess { video { remixable } }
} }
"""


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 70), (10, 200, 10)).save(out, "PNG")
    return out.getvalue()


async def sent(server: Server, who: Api, content: bytes, purpose: UploadPurpose = UploadPurpose.AVATAR) -> str:
    """An upload that has arrived; its opaque id."""
    row = await Upload.create(
        account_id=account(who).id, purpose=purpose, token_hash=new_id().hex, max_bytes=5 << 20, bytes=len(content),
        expires_at="2100-01-01T00:00:00Z", received_at="2026-01-01T00:00:00Z",
    )  # fmt: skip

    async def pieces() -> Any:
        yield content

    server.stores.vault.create(upload_subject(row.id))
    sealed = SealedMedia(server.stores.media, server.stores.vault)
    await sealed.keep(upload_subject(row.id), upload_folder(row.id), pieces())
    await Upload.filter(id=row.id).update(key=upload_folder(row.id))
    return global_id("Upload", row.id)


async def fetch(server: Server, url: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[Route("/media/avatar/{account}/{name}", avatar, methods=["GET"])])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url, headers=headers)


async def test_a_portrait_is_made_anew_replaced_and_gone_with_its_account(server: Server, ada: Api, bob: Api) -> None:
    upload = await sent(server, ada, png())
    stolen = await bob.mutate(UPDATE, avatarUploadId=upload)
    assert (stolen["code"], stolen["field"]) == ("NOT_FOUND", "avatarUploadId")
    first = (await ada.mutate(UPDATE, displayName=" Ada L. ", bio="I dream.", avatarUploadId=upload))["account"]
    assert (first["displayName"], first["bio"]) == ("Ada L.", "I dream.")
    again = await ada.mutate(UPDATE, avatarUploadId=upload)
    assert (again["code"], again["field"]) == ("CONFLICT", "avatarUploadId")
    answer = await fetch(server, first["avatarUrl"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.size, image.format) == ((256, 256), "WEBP")
    assert (await fetch(server, first["avatarUrl"], **{"if-none-match": answer.headers["etag"]})).status_code == 304
    second = (await ada.mutate(UPDATE, avatarUploadId=await sent(server, ada, png())))["account"]
    assert (await fetch(server, first["avatarUrl"])).status_code == 404
    await purge_pending(server.stores.media)
    [key] = [key async for key in server.stores.media.list("")]
    assert second["avatarUrl"].endswith(key.removeprefix("avatars/"))
    assert (await bob.run(LOOK, handle="ada"))["account"]["avatarUrl"] == second["avatarUrl"]
    await Account.filter(id=account(ada).id).update(suspended_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert (await fetch(server, second["avatarUrl"])).status_code == 404
    await Account.filter(id=account(ada).id).update(suspended_at=None)
    assert (await ada.mutate(UPDATE, removeAvatar=True))["account"]["avatarUrl"] is None
    await purge_pending(server.stores.media)
    assert [key async for key in server.stores.media.list("")] == []
    assert await Outbox.filter(topic=TOPIC_PURGE_LATER).count() == 0
    for name in ("../../x", "nothing.webp", f"{new_id()}.webp"):
        assert (await fetch(server, f"http://x/media/avatar/{account(ada).id}/{name}")).status_code == 404


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"displayName": "\u200d"}, "displayName"), ({"displayName": "\u3164 \xad"}, "displayName"),
    ({"displayName": "a\u2028b"}, "displayName"),
    ({"displayName": "  "}, "displayName"), ({"displayName": "a\nb"}, "displayName"),
    ({"displayName": "x" * 61}, "displayName"), ({"displayName": "\u202eadA"}, "displayName"),
    ({"bio": "nul\0"}, "bio"), ({"bio": "x" * 301}, "bio"),
)  # fmt: skip


async def test_a_bad_change_changes_nothing(server: Server, ada: Api) -> None:
    text = await sent(server, ada, b"<svg onload=alert(1)>")
    capture = await sent(server, ada, png(), UploadPurpose.CAPTURE)
    pictures: list[tuple[dict[str, Any], str]] = [
        ({"avatarUploadId": text}, "avatarUploadId"), ({"avatarUploadId": capture}, "avatarUploadId"),
        ({"avatarUploadId": capture, "removeAvatar": True}, "removeAvatar"),
    ]  # fmt: skip
    for change, field in (*BAD, *pictures):
        payload = await ada.mutate(UPDATE, **{"bio": "new"} | change)
        assert (payload["__typename"] in ("InvalidError", "NotFoundError"), payload["field"]) == (True, field), change
    row = await Account.get(id=account(ada).id)
    assert (row.display_name, row.bio, row.avatar_key) == ("ada", "", None)
    assert [key async for key in server.stores.media.list("avatars")] == []


async def test_a_profile_shows_each_viewer_what_is_for_them(server: Server, ada: Api, bob: Api) -> None:
    friend, fan = await server.member("friend"), await server.member("fan")
    await mutuals(friend, bob)
    await follow(fan, bob)
    origin = await make_video(server.stores, ada)
    videos: dict[str, Video] = {}
    for audience in Visibility:
        made = await make_video(server.stores, bob, parent=origin if audience is Visibility.PUBLIC else None)
        await VideoVisibility.filter(id=made.id).update(audience=audience)
        videos[audience.value] = made
    names = {global_id("Video", video.id): name for name, video in videos.items()}

    async def found(who: Api, field: str = "videos") -> list[str]:
        look = (await who.run(LOOK, handle="bob"))["account"]
        assert (look["remixableDefault"] is None) == (who is not bob)
        assert look["videoCount"] == 1, "the same for all, whatever else is for them"
        return [names[edge["node"]["id"]] for edge in look[field]["edges"]]

    assert await found(bob) == ["LINK", "CHOSEN", "MUTUALS", "FOLLOWERS", "PUBLIC"]
    assert await found(friend) == ["MUTUALS", "FOLLOWERS", "PUBLIC"]
    assert await found(fan) == ["FOLLOWERS", "PUBLIC"]
    assert await found(server.anyone) == ["PUBLIC"]
    assert await found(fan, "remixes") == ["PUBLIC"]
    assert (await bob.mutate(UPDATE, remixableDefault=False, onLeaderboards=True))["account"]["onLeaderboards"] is True
    draft = await make_video(server.stores, bob, published=False)
    assert (await bob.mutate(PUBLISH, videoId=global_id("Video", draft.id)))["video"] == {"remixable": False}
    for hides, counted in (({"moderation": "HIDDEN"}, 1), ({"consent": "WITHDRAWN"}, 0)):
        await VideoVisibility.filter(id=(draft if counted else videos["PUBLIC"]).id).update(**hides)
        assert (await fan.run(LOOK, handle="bob"))["account"]["videoCount"] == counted


async def test_a_member_shows_what_they_were_cast_in_while_it_is_public(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    video = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, bob, parent=video)
    private = await make_video(server.stores, bob, [cameo])
    own = await make_video(server.stores, ada, [cameo])
    await VideoVisibility.filter(id=private.id).update(audience=Visibility.FOLLOWERS)
    vid = global_id("Video", video.id)

    async def shown(who: Api) -> list[str]:
        edges = (await who.run(LOOK, handle="ada"))["account"]["shownAppearances"]["edges"]
        return [edge["node"]["id"] for edge in edges]

    async def toggle(who: Api, of: Video = video) -> bool | None:
        asked = "query($id: ID!) { video(id: $id) { viewerShows } }"
        return (await who.run(asked, id=global_id("Video", of.id)))["video"]["viewerShows"]

    assert [await toggle(ada, each) for each in (video, remix, private, own)] == [False, None, None, None]
    for refused in (remix, private, own, await make_video(server.stores, bob)):
        payload = await ada.mutate(SHOW, videoId=global_id("Video", refused.id), shown=True)
        assert (payload["code"], payload["field"]) == ("NOT_FOUND", "videoId")
    assert (await bob.mutate(SHOW, videoId=vid, shown=True))["code"] == "NOT_FOUND"
    assert await shown(ada) == []
    for _ in range(2):
        assert (await ada.mutate(SHOW, videoId=vid, shown=True))["__typename"] == "ShowAppearanceSuccess"
    assert await shown(bob) == await shown(server.anyone) == [vid]
    assert [await toggle(each) for each in (ada, bob, server.anyone)] == [True, None, None]
    await VideoVisibility.filter(id=video.id).update(audience=Visibility.MUTUALS)
    assert await shown(server.anyone) == []
    assert await toggle(ada), "what is for fewer people now can be taken off, before it is public again"
    await VideoVisibility.filter(id=video.id).update(audience=Visibility.PUBLIC)
    assert await shown(server.anyone) == [vid]
    await ada.mutate(SHOW, videoId=vid, shown=False)
    assert await shown(server.anyone) == []
