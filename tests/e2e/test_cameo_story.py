"""A face is lent, cast, remixed, taken back: two web servers, a real worker and engine, and clients over the wire."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import av
import httpx
import numpy as np
import pytest

from app.settings import Settings
from engine.capture.spec import Turn
from engine.identity.face import MAY_BE_SAME, SAME_FACE, Faces, likeness
from models.base import new_id
from models.keys import load_keys
from resolvers.invite import create_invite
from tests.captures import Picture, Pose, person, picture, record
from tests.jobs_stack import until
from tests.live import ROOT, LiveServer, live_server, live_worker, until_ready
from tests.recording import FINISH, START
from tests.recording import WATCH as WATCH_CAPTURE
from tests.story import (
    FEED,
    INVITE,
    WATCH,
    Json,
    Person,
    befriend,
    newcomer,
    refused,
    stranger,
)
from tests.voices import say_digits

PROMPT = "@ada stands in the park, looks at the camera and says 'good morning'"
CAMEO = """
query($id: ID!) { node(id: $id) { ... on Cameo {
  state version audience scopes perUseApproval grants { edges { node { id } } } viewerMayUse { face voice reason }
  decisions(first: 50) { edges { node { allowed rule actor { handle } } } }
  withdrawals { edges { node { videos purgedAt receiptUrl destroyed { name objects bytes } } } }
} } }
"""
SET = """
mutation($input: SetCameoAccessInput!) { setCameoAccess(input: $input) {
  ... on SetCameoAccessSuccess { cameo { audience scopes } } %s
} }
"""
GRANT = """
mutation($input: GrantCameoInput!) { grantCameo(input: $input) { ... on GrantCameoSuccess { grant { state } } %s } }
"""
REVOKE = """
mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) {
  ... on RevokeCameoSuccess { cameo { state audience } withdrawnVideos stoppedJobs } %s
} }
"""
APPEARANCES = """
query { viewer { appearances { edges { node { id state prompt author { handle } } } } } }
"""
NOTICES = """
query { notifications(first: 50) { edges { node { __typename actor { handle } video { id } cameo { id } } } } }
"""
VERIFY = "query($sha256: String!) { verify(sha256: $sha256) { answer videoId receipt } }"

SILENCE_SECONDS = 1.0
"""How long is listened for what must not come."""


@dataclass
class Town:
    """Two processes of one server, and who lives there."""

    a: LiveServer
    b: LiveServer
    ada: Person
    ben: Person
    cleo: Person
    folder: Path
    closing: AsyncExitStack
    cameo: str = ""
    addresses: list[str] = field(default_factory=list[str])

    def everybody(self) -> list[Person]:
        """Each member and a passer-by, at each process."""
        people = (self.ada, self.ben, self.cleo, stranger(self.a))
        return [who.at(server) for who in people for server in (self.a, self.b)]


@pytest.fixture
async def town(settings: Settings, tmp_path: Path) -> AsyncIterator[Town]:
    """Ada owns a face; Ben will be her friend, Cleo nobody's. They live on both processes."""
    async with AsyncExitStack() as closing:
        a = await closing.enter_async_context(live_server(settings))
        b = await closing.enter_async_context(live_server(settings))
        await closing.enter_async_context(live_worker(settings))
        ada = await newcomer(a, "ada", await create_invite(load_keys(settings.keys), None))
        codes = [(await ada.act(INVITE, idempotencyKey=str(new_id())))["inviteCode"] for _ in range(2)]
        ben, cleo = await newcomer(b, "ben", codes[0]), await newcomer(a, "cleo", codes[1])
        await until_ready(a)
        yield Town(a, b, ada, ben, cleo, tmp_path, closing)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_face_is_lent_cast_remixed_and_taken_back(town: Town) -> None:
    await record_oneself(town)
    await lend_to_friends_only(town)
    clip = await be_cast_and_shown(town)
    copy = await look_at(town, clip)
    remix = await be_remixed_by_a_third(town, clip)
    draft = await town.ben.made("@ada waves", cast=[{"cameoId": town.cameo, "scopes": ["FACE"]}])
    await take_it_all_back(town, [clip, remix, draft])
    await keep_the_proof(town, copy, 3)


async def record_oneself(town: Town) -> None:
    """A recording of a face that turns and a voice that reads makes a cameo that nobody else may use."""
    started = await town.ada.act(START, consentVersion=1, idempotencyKey=str(new_id()))
    capture, asked, ticket = started["capture"]["id"], started["challenge"], started["upload"]
    voice = await asyncio.to_thread(say_digits, asked["digits"])
    turns = [Turn(turn) for turn in asked["turns"]]
    clip = await asyncio.to_thread(record, town.folder / "phone.mp4", 1, turns, wav=voice)
    headers = {header["name"]: header["value"] for header in ticket["headers"]}
    headers["authorization"] = f"Bearer {town.ada.client.token}"
    async with httpx.AsyncClient(trust_env=False) as http:
        sent = await http.put(ticket["url"], content=clip.read_bytes(), headers=headers)
    assert sent.is_success, sent.text
    async with town.ada.at(town.b).listening(WATCH_CAPTURE, id=capture) as heard:
        finished = await town.ada.act(FINISH, captureId=capture, nonce=asked["nonce"])
        assert finished["__typename"] == "FinishCaptureSuccess", finished
        await heard.until_complete(120)
    assert [event["check"]["code"] for event in heard.of("CaptureChecked") if not event["check"]["passed"]] == []
    assert (heard.events[-1]["__typename"], heard.events[-1]["version"]) == ("CaptureAccepted", 1)
    town.cameo = heard.events[-1]["cameo"]["id"]
    seen = (await town.ada.ask(CAMEO, id=town.cameo))["node"]
    assert (seen["state"], seen["audience"], seen["scopes"]) == ("ACTIVE", "ONLY_ME", [])
    assert (await town.cleo.ask(CAMEO, id=town.cameo))["node"] is None


async def lend_to_friends_only(town: Town) -> None:
    """Ben, who becomes a friend, may; Cleo, to whom nothing is said of why, may not, and nothing is made."""
    cast = [{"cameoId": town.cameo, "scopes": ["FACE", "VOICE"]}]
    for who in (town.ben, town.cleo):
        payload = await who.make(PROMPT, cast=cast)
        assert payload["__typename"] == "ConsentError", payload
        assert await who.spent() == 0
    scopes = ["FACE", "VOICE", "REMIX", "PUBLISH"]
    done = await town.ada.act(SET, cameoId=town.cameo, audience="MUTUALS", scopes=scopes)
    assert done["cameo"] == {"audience": "MUTUALS", "scopes": scopes}
    payload = await town.ben.make(PROMPT, cast=cast)
    assert payload["__typename"] == "ConsentError", "not a friend yet"
    await befriend(town.ben, town.ada)
    assert (await town.cleo.make(PROMPT, cast=cast))["__typename"] == "ConsentError"


async def be_cast_and_shown(town: Town) -> str:
    """Ben's clip is seen by Ada, with its prompt, while it is a draft; then by everybody."""
    cast = [{"cameoId": town.cameo, "scopes": ["FACE", "VOICE"]}]
    clip = await town.ben.made(PROMPT, cast=cast, seconds=2.0)
    [shown] = (await town.ada.at(town.b).ask(APPEARANCES))["viewer"]["appearances"]["edges"]
    assert shown["node"] == {"id": clip, "state": "DRAFT", "prompt": PROMPT, "author": {"handle": "ben"}}
    told = [edge["node"] for edge in (await town.ada.ask(NOTICES))["notifications"]["edges"]]
    used = [notice for notice in told if notice["__typename"] == "CameoUsed"]
    assert used == [
        {"__typename": "CameoUsed", "actor": {"handle": "ben"}, "video": {"id": clip}, "cameo": {"id": town.cameo}}
    ]
    assert await town.cleo.video(clip) is None
    await town.ben.publish(clip)
    for who in town.everybody():
        assert await who.glimpses([clip], ["ben"]), f"{who.handle} at {who.client.server}"
    return clip


async def look_at(town: Town, clip: str) -> bytes:
    """The file that a passer-by downloads shows Ada's face, and can be heard."""
    seen = await stranger(town.b).video(clip)
    assert seen is not None
    assert (seen["prompt"], [one["cameo"]["id"] for one in seen["likenesses"]]) == (None, [town.cameo])
    town.addresses += [seen["media"][name] for name in ("url", "posterUrl", "previewUrl")]
    async with httpx.AsyncClient(trust_env=False) as http:
        copy = (await http.get(seen["media"]["url"])).content
    path = town.folder / "copy.mp4"
    path.write_bytes(copy)
    pictures, loudness = await asyncio.to_thread(decoded, path)
    assert loudness > 0.01
    own, other = await asyncio.to_thread(likenesses, pictures, 1), await asyncio.to_thread(likenesses, pictures[:4], 2)
    assert len(own) > len(pictures) / 2, "a face is found in most pictures"
    assert (median(own) >= SAME_FACE, max(other) < MAY_BE_SAME) == (True, True), (own, other)
    return copy


def decoded(path: Path) -> tuple[list[Picture], float]:
    """Every fourth picture of a clip (BGR), and the root mean square of its sound."""
    with av.open(str(path)) as clip:
        shots = [frame.to_ndarray(format="bgr24") for n, frame in enumerate(clip.decode(video=0)) if n % 4 == 0]
        clip.seek(0)
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in clip.decode(audio=0)])
    return [np.asarray(shot, np.uint8) for shot in shots], float(np.sqrt(np.mean(sound**2)))


def likenesses(pictures: list[Picture], number: int) -> list[float]:
    """How much each face found in ``pictures`` is that of the person ``number`` of `tests/captures.py`."""
    faces = Faces()
    before = picture(person(number), Pose())
    own = faces.embed(before, faces.detect(before)[0])
    return [likeness(own, faces.embed(shot, found)) for shot in pictures for found in faces.detect(shot)]


async def be_remixed_by_a_third(town: Town, clip: str) -> str:
    """Cleo needs a permission of her own, and it is Ada's to give; the remix carries Ada on."""
    wish = {"remixOf": clip, "remixStrength": 0.4, "seconds": 2.0}
    assert (await town.cleo.make("at night", **wish))["__typename"] == "ConsentError"
    scopes = ["FACE", "VOICE", "REMIX", "PUBLISH"]
    given = await town.ada.act(
        GRANT, cameoId=town.cameo, subject=town.cleo.id, scopes=scopes, idempotencyKey=str(new_id())
    )
    assert given["grant"] == {"state": "ACTIVE"}
    remix = await town.cleo.made("at night", **wish)
    await town.cleo.publish(remix)
    seen = await stranger(town.a).video(remix)
    assert seen is not None
    assert seen["likenesses"] == [{"via": "INHERITED", "cameo": {"id": town.cameo, "handle": "ada"}}]
    town.addresses += [seen["media"][name] for name in ("url", "posterUrl", "previewUrl")]
    return remix


async def take_it_all_back(town: Town, videos: list[str]) -> None:
    """One tap on one process: nobody sees any of it on any, who watched is told, and what was at work stops."""
    draft = await town.ben.video(videos[-1])
    assert draft is not None
    town.addresses += [draft["media"][name] for name in ("url", "posterUrl", "previewUrl")]
    spent = await town.ben.spent()
    job = await town.ben.make(PROMPT, seconds=10.0, cast=[{"cameoId": town.cameo, "scopes": ["FACE", "VOICE"]}])
    assert await town.ben.spent() > spent
    async with (
        town.cleo.at(town.b).listening(FEED) as feed,
        town.ben.at(town.b).listening(WATCH, id=job["generation"]["id"]) as work,
    ):
        piece = await work.until("GenerationSegment")
        steps = [event["preview"]["url"] for event in work.of("GenerationStep") if event["preview"] is not None]
        town.addresses += [piece["url"], piece["initUrl"], piece["playlistUrl"], steps[-1]]
        for address in town.addresses:
            assert not await refused(address, town.a), address
        done = await town.ada.act(REVOKE, cameoId=town.cameo, mode="WITHDRAW")
        for who in town.everybody():
            assert await who.glimpses(videos, ["ada", "ben", "cleo"]) == [], f"{who.handle} at {who.client.server}"
        for address in town.addresses:
            assert await refused(address, town.a, town.b), address
        assert done == {
            "cameo": {"state": "ACTIVE", "audience": "ONLY_ME"}, "withdrawnVideos": len(videos), "stoppedJobs": 1,
        }  # fmt: skip
        await feed.until("VideoGone", 2)
        await work.until_complete()
        await asyncio.sleep(SILENCE_SECONDS)
    assert [event["__typename"] for event in feed.events] == ["VideoGone"] * 2
    assert {event["id"] for event in feed.events} == set(videos[:2])
    last = work.events[-1]
    assert (last["__typename"], last["failure"]["code"]) == ("GenerationFailed", "CONSENT_ENDED")
    assert (last["failure"]["appealable"], "ada" in last["failure"]["message"].lower()) == (False, False)
    assert await town.ben.spent() == spent


async def keep_the_proof(town: Town, copy: bytes, videos: int) -> None:
    """The receipt is checked when the server is no more; the file that somebody kept is a use without consent."""
    found = (await stranger(town.b).ask(VERIFY, sha256=hashlib.sha256(copy).hexdigest()))["verify"]
    assert found == {"answer": "NOT_CONSENTED", "videoId": None, "receipt": None}

    async def purged() -> Json | None:
        cameo = (await town.ada.ask(CAMEO, id=town.cameo))["node"]
        newest = cameo["withdrawals"]["edges"][0]["node"]
        return newest if newest["purgedAt"] else None

    one = await until(purged, seconds=60, what="the bytes are purged")
    assert one["videos"] == videos
    destroyed = {part["name"]: part["objects"] for part in one["destroyed"]}
    assert destroyed["MP4"] == videos
    async with httpx.AsyncClient(trust_env=False) as http:
        receipt = (await http.get(one["receiptUrl"])).json()
        keys = (await http.get(f"{town.b.url}/.well-known/yume/keys.json")).json()
    await town.closing.aclose()
    (town.folder / "keys.json").write_text(json.dumps(keys))
    for document, genuine in ((receipt, True), (receipt | {"objects": 0}, False)):
        path = town.folder / "receipt.json"
        path.write_text(json.dumps(document))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "receipt", "verify", str(path), "--keys", str(town.folder / "keys.json"),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert (process.returncode == 0) is genuine, said.decode()
