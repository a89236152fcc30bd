"""The law's row on exports: withdrawn is a tombstone, others' cameos need DOWNLOAD, a revoke voids what was built."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from tortoise import connections

from models.cameo import ALL_SCOPES, Cameo, Scope
from models.errors import NotFound
from models.export import Export
from models.grant import Audience, Grant
from models.likeness import Approval
from models.storage import MediaStore
from models.video import AuthorState, ModerationState, Rendition, Video, VideoVisibility
from resolvers.export import open_export
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import chores_of, do_chores
from tests.consent import FACE_AND_ALL, account, make_cameo, make_grant, make_video, mutuals, shift_clock
from tests.exports import ask, built, fetched, get, look

NEEDS = "needs the download scope"
Act = Callable[[Api, Api, Cameo, Grant, Video], Awaitable[None]]


def mutation(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename ... on Error {{ code message }} }} }}"
    )


async def act(who: Api, name: str, **request: object) -> None:
    payload = await who.mutate(mutation(name), **request)
    assert payload["__typename"].endswith("Success"), payload


async def revoke_withdraw(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "revokeGrant", grantId=global_id("Grant", grant.id), mode="WITHDRAW")


async def revoke_stop_future(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "revokeGrant", grantId=global_id("Grant", grant.id), mode="STOP_FUTURE")


async def block(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "block", accountId=global_id("Account", account(bob).id))


async def erase(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "revokeCameo", cameoId=global_id("Cameo", cameo.id), mode="ERASE")


async def pause(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "pauseCameo", cameoId=global_id("Cameo", cameo.id))


async def remove(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await act(ada, "withdrawLikeness", videoId=global_id("Video", video.id), cameoId=global_id("Cameo", cameo.id))


async def run_out(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await connections.get("default").execute_query("UPDATE export SET expires_at = yume_now() + interval '9 days'")
    await shift_clock("2 days")


async def moderated(ada: Api, bob: Api, cameo: Cameo, grant: Grant, video: Video) -> None:
    await VideoVisibility.filter(id=video.id).update(moderation=ModerationState.HIDDEN)


VOIDING: list[Act] = [revoke_withdraw, revoke_stop_future, block, erase, pause, remove, run_out, moderated]


async def lent(server: Server, ada: Api, bob: Api) -> tuple[Cameo, Grant, Video]:
    """Ada's cameo in a clip of Bob's, who may download it, for a day."""
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob, ALL_SCOPES, expires_at=datetime.now(UTC) + timedelta(days=1))
    return cameo, grant, await make_video(server.stores, bob, [cameo])


async def test_export_withdrawn_is_a_tombstone_with_its_author_s_own_words(server: Server, ada: Api, bob: Api) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    await Video.filter(id=video.id).update(caption="mine", recipe={"secret": "scene"})
    await revoke_withdraw(ada, bob, cameo, grant, video)
    bundle = await fetched(server, (await built(server, bob))["url"])
    found = bundle.clip(video)
    assert (found.pop("created_at") is not None, found) == (
        True, {"id": str(video.id), "tombstone": True, "prompt": "a fox", "caption": "mine"},
    )  # fmt: skip
    assert not bundle.holds(video)
    assert "secret" not in json.dumps(bundle.said["videos"])


@pytest.mark.parametrize("scopes", [FACE_AND_ALL, Scope.DOWNLOAD, Scope.VOICE | Scope.DOWNLOAD])
async def test_export_of_another_s_cameo_needs_the_download_scope_beside_those_it_uses(
    server: Server, ada: Api, bob: Api, scopes: Scope
) -> None:
    cameo = await make_cameo(ada)
    old = await make_grant(cameo, bob, ALL_SCOPES)
    video = await make_video(server.stores, bob, [cameo])
    await Grant.filter(id=old.id).update(state="REVOKED")
    await make_grant(cameo, bob, scopes)
    bundle = await fetched(server, (await built(server, bob))["url"])
    assert not bundle.holds(video)
    assert (bundle.clip(video)["file"], bundle.clip(video)["why_no_file"]) == (None, NEEDS)
    assert (bundle.clip(video)["prompt"], bundle.clip(video)["recipe"]) == ("a fox", None)


async def test_export_needs_the_download_scope_of_everybody_shown(server: Server, ada: Api, bob: Api) -> None:
    cass = await server.member("cass")
    hers, cameo = await make_cameo(cass), await make_cameo(ada)
    await make_grant(cameo, bob, ALL_SCOPES)
    await make_grant(hers, bob, FACE_AND_ALL)
    both = await make_video(server.stores, bob, [cameo, hers])
    one = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, bob, parent=both)
    bundle = await fetched(server, (await built(server, bob))["url"])
    assert [bundle.holds(each) for each in (both, one, remix)] == [False, True, False]
    assert bundle.clip(remix)["why_no_file"] == NEEDS


async def test_export_of_one_s_own_cameo_needs_nobody_else_nor_that_it_serves(server: Server, ada: Api) -> None:
    cameo = await make_cameo(ada)
    video = await make_video(server.stores, ada, [cameo])
    await act(ada, "pauseCameo", cameoId=global_id("Cameo", cameo.id))
    assert (await fetched(server, (await built(server, ada))["url"])).holds(video)


async def test_export_leaves_out_what_somebody_shown_has_not_approved(server: Server, ada: Api, bob: Api) -> None:
    cameo, _, video = await lent(server, ada, bob)
    await VideoVisibility.filter(id=video.id).update(author_state=AuthorState.AWAITING_APPROVAL)
    await Approval.create(
        video_id=video.id, cameo_id=cameo.id, draft_hash="0" * 64, expires_at=datetime.now(UTC) + timedelta(days=7)
    )
    bundle = await fetched(server, (await built(server, bob))["url"])
    assert not bundle.holds(video)
    assert "approved" in bundle.clip(video)["why_no_file"]


@pytest.mark.parametrize("ends", VOIDING)
async def test_export_a_revoke_voids_bundles_already_built(server: Server, ada: Api, bob: Api, ends: Act) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    export = await built(server, bob)
    assert (await fetched(server, export["url"])).holds(video)
    await ends(ada, bob, cameo, grant, video)
    assert (await look(bob, export["id"]))["state"] == "VOID"
    assert (await look(bob, export["id"]))["url"] is None
    if ends is not run_out:  # then the address itself is over as well
        assert (await get(server, export["url"])).status_code == 404
    await do_chores(server.stores)
    assert [key async for key in server.stores.media.list("exports/")] == []
    assert server.stores.vault.subjects("export/") == []
    assert (await Export.get()).state.value == "VOID"


async def test_export_an_end_of_mutuals_voids_it_and_following_again_brings_nothing_back(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=ALL_SCOPES)
    await mutuals(ada, bob)
    video = await make_video(server.stores, bob, [cameo])
    export = await built(server, bob)
    assert (await fetched(server, export["url"])).holds(video)
    await act(ada, "unfollow", accountId=global_id("Account", account(bob).id))
    assert (await get(server, export["url"])).status_code == 404
    await act(ada, "follow", accountId=global_id("Account", account(bob).id))
    assert (await get(server, export["url"])).status_code == 404
    assert (await look(bob, export["id"]))["state"] == "VOID"


async def test_export_granting_again_brings_no_old_bundle_back(server: Server, ada: Api, bob: Api) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    export = await built(server, bob)
    await revoke_stop_future(ada, bob, cameo, grant, video)
    await make_grant(cameo, bob, ALL_SCOPES)
    assert (await get(server, export["url"])).status_code == 404
    again = await built(server, bob)
    assert (await fetched(server, again["url"])).holds(video)


async def test_export_bundles_of_others_and_without_the_cameo_stay(server: Server, ada: Api, bob: Api) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    cass = await server.member("cass")
    await make_grant(cameo, cass, ALL_SCOPES)
    hers = await make_video(server.stores, cass, [cameo])
    export = await built(server, cass)
    await revoke_withdraw(ada, bob, cameo, grant, video)
    assert (await fetched(server, export["url"])).holds(hers)


async def test_export_a_revoke_while_it_is_built_leaves_the_clip_out(
    server: Server, ada: Api, bob: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    export_id = (await ask(bob))["export"]["id"]
    stream, revoked = MediaStore.stream, False

    async def slow(self: MediaStore, key: str) -> AsyncIterator[bytes]:
        nonlocal revoked
        async for piece in stream(self, key):
            yield piece
        if not revoked:
            revoked = True
            await revoke_stop_future(ada, bob, cameo, grant, video)

    with monkeypatch.context() as patched:
        patched.setattr(MediaStore, "stream", slow)
        await chores_of(server.stores).export()
    assert revoked
    export = await look(bob, export_id)
    assert export["state"] == "READY"
    assert not (await fetched(server, export["url"])).holds(video)
    assert (await Export.get()).fence == 2


async def test_export_a_revoke_while_it_is_fetched_ends_the_download(server: Server, ada: Api, bob: Api) -> None:
    cameo, grant, video = await lent(server, ada, bob)
    row = await Rendition.get(video_id=video.id, kind="MP4")
    await server.stores.media.put_bytes(row.key, bytes(5 << 20), "video/mp4")
    found = await open_export(server.stores, (await built(server, bob))["url"].rpartition("/")[2])
    first = await anext(aiter(found.pieces))
    assert 0 < len(first) < found.bytes
    await revoke_stop_future(ada, bob, cameo, grant, video)
    with pytest.raises(NotFound, match="took consent back"):
        await anext(aiter(found.pieces))
