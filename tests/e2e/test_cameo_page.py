"""A member records a toy in the page, lends it, sees what is made with it, and stops everything."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from app.settings import Settings
from models.account import Account
from models.capture import Capture
from models.consent.withdraw import Reach, withdraw
from models.grant import Audience, Grant, GrantState
from models.likeness import WithdrawalReason
from models.video import Rendition, RenditionKind
from resolvers.password import hash_password
from tests.api import make_stores
from tests.browser import Page, browser, chromium
from tests.captures import Picture
from tests.consent import FACE_AND_ALL, make_cameo, make_video
from tests.jobs_stack import Worker, rows
from tests.live import link_of, live_server, member, until_ready

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")

PASSWORD = "a long enough password"
TELEPHONE = (390, 844)
NAMELESS = """[...document.querySelectorAll('input, select, textarea, button, a, dialog, [role=region]')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.innerText || one.ariaLabel || [...(one.labels ?? [])].some((label) => label.innerText)))
  .map((one) => one.outerHTML)"""
SMALL = """[...document.querySelectorAll('main :is(button, .button, label:has([type=checkbox], [type=radio])), nav a')]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 38)
  .map((one) => one.outerHTML)"""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
async def worker(settings: Settings, tmp_path: Path) -> AsyncIterator[Worker]:
    """A worker that checks recordings in earnest; its engine paints slides."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    urls = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    running = await Worker(*urls, tmp_path).start()
    yield running
    running.kill()
    await running.ended()


def toy(sway: float) -> Picture:
    """(480, 360, 3) uint8 BGR: a stuffed hare with stripes, before a plain wall."""
    made = np.full((480, 360, 3), (205, 200, 190), np.uint8)
    x = 180 + round(6 * sway)
    cv2.ellipse(made, (x, 280), (90, 110), 0, 0, 360, (60, 90, 200), -1, cv2.LINE_AA)
    cv2.circle(made, (x, 150), 58, (50, 70, 170), -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.ellipse(made, (x + side * 42, 95), (16, 40), side * 15, 0, 360, (50, 60, 150), -1, cv2.LINE_AA)
        cv2.rectangle(made, (x + side * 33 - 17, 370), (x + side * 33 + 17, 430), (40, 50, 120), -1)
    for stripe in range(5):
        cv2.line(made, (x - 80, 230 + stripe * 24), (x + 80, 240 + stripe * 20), (230, 220, 120), 5, cv2.LINE_AA)
    return made


def film(path: Path) -> Path:
    """Two seconds of the toy as Y4M, which a browser's false camera shows over and over."""
    frames = [cv2.cvtColor(toy(np.sin(index / 4)), cv2.COLOR_BGR2YUV_I420).tobytes() for index in range(20)]
    path.write_bytes(b"YUV4MPEG2 W360 H480 F10:1 Ip A1:1 C420jpeg\n" + b"".join(b"FRAME\n" + one for one in frames))
    return path


async def newcomer(name: str) -> tuple[Account, str]:
    """A member with a password, and the token of a sign-in link."""
    account, _ = await member()
    account.handle, account.display_name = name, name.title()
    account.password_hash = await hash_password(PASSWORD)
    await account.save()
    return account, await link_of(account)


async def enter(page: Page, url: str, link: str) -> None:
    """Sign in on a telephone."""
    await page.size(*TELEPHONE)
    await page.open(f"{url}/login#token={link}")
    await page.until("document.querySelector('.composer')", 30)


async def press(page: Page, selector: str, words: str = "") -> None:
    """Press the first that is there and says ``words``, once it is."""
    found = f"[...document.querySelectorAll({selector!r})].find((one) => one.innerText.includes({words!r}))"
    await page.until(found, 30)
    await page.run(f"{found}.click()")


async def at_hand(page: Page) -> None:
    """Everything has a name, is large enough for a thumb, and fits the width."""
    assert await page.run(NAMELESS) == []
    assert await page.run(SMALL) == []
    assert await page.run(WIDE) == 0


def complaints(page: Page) -> list[str]:
    """What scripts complained of; media that is withdrawn while it loads is cut off, as it should be."""
    return [problem for problem in page.problems if "/media/" not in problem]


async def test_a_toy_is_recorded_lent_seen_in_a_draft_and_stopped(
    settings: Settings, worker: Worker, tmp_path: Path
) -> None:
    (ada, adas), (_, bobs) = await newcomer("ada"), await newcomer("bob")
    camera = await asyncio.to_thread(film, tmp_path / "toy.y4m")
    async with (
        live_server(settings) as server,
        browser(tmp_path / "ada", camera=camera) as page,
        browser(tmp_path / "bob") as other,
    ):
        await until_ready(server)
        await enter(page, server.url, adas)
        await enter(other, server.url, bobs)
        await record(page)
        await lend(page)
        await page.run("location.hash = '#appearances'")
        await page.until("document.querySelector('.appearances .stack p')")

        await cast_and_publish(page, other)
        await page.until("document.querySelector('.appearance .badge.done')", 30)
        address = await other.run("document.querySelector('.feed video').src")
        async with httpx.AsyncClient() as client:
            assert (await client.head(address)).status_code == 200

        await press(page, "#stop")
        await press(page, "dialog .stop")
        await other.until("!document.querySelector('.feed article[data-video]')", 10)
        async with httpx.AsyncClient() as client:
            assert (await client.head(address)).status_code == 404
        await page.until("document.querySelector('.appearance .badge')?.innerText === 'Withdrawn'")
        [grant] = await Grant.filter(cameo__owner_id=ada.id, state=GrantState.ACTIVE)
        assert grant.audience == "ONLY_ME"
        receipt = "document.querySelector('.appearances a[download]')"
        await page.until(receipt, 30)
        assert await page.run(f"fetch({receipt}.href).then((answer) => answer.json()).then(({{id}}) => id)")

        await other.run("location.hash = '#you'")
        await press(other, ".you button", "Make again without @teddy")
        await other.until("document.querySelector('textarea')?.value.includes('somebody hops')")
        assert await other.run("document.querySelectorAll('.castchip').length") == 0
        assert complaints(page) == complaints(other) == []


async def record(page: Page) -> None:
    await page.run("location.hash = '#cameo'")
    await press(page, "[value=OBJECT]")
    await page.type("[name=handle]", "teddy")
    assert await page.run("document.querySelector('[name=agree]').checked") is False
    await page.until("document.querySelectorAll('.legal p').length > 1")
    await press(page, ".capture button.primary")
    assert await Capture.all().count() == 0
    await at_hand(page)
    await press(page, "[name=agree]")
    await press(page, ".capture button.primary")
    await press(page, ".capture button", "Record")
    await press(page, ".capture button", "Send it")
    await page.until("document.querySelector('.checks .passed')", 30)
    await page.until("document.querySelector('[name=audience]')", 60)
    assert await page.run("document.querySelector('[name=audience]:checked').value") == "ONLY_ME"
    assert await page.run("document.querySelectorAll('[name=scope]:checked').length") == 0
    await at_hand(page)


async def lend(page: Page) -> None:
    await rows("UPDATE session SET created_at = created_at - interval '1 hour' RETURNING id")
    for choice in ("EVERYONE", "FACE", "PUBLISH"):
        await press(page, f"[value={choice}]")
    await page.type("[name=text]", "no politics\nonly when the moon is made of cheese")
    await press(page, ".card form button.primary")
    await page.until("document.querySelector('dialog p')")
    assert "can use it" in await page.run("document.querySelector('dialog').innerText")
    await press(page, "dialog .primary")
    await page.until("document.querySelector('dialog [type=password]')")
    await page.type("dialog [type=password]", "not this one, surely")
    await press(page, "dialog .primary")
    await page.until("document.querySelector('dialog [aria-invalid=true]')")
    [grant] = await Grant.filter(state=GrantState.ACTIVE)
    assert grant.audience == "ONLY_ME"
    await page.run("document.querySelector('dialog [type=password]').value = ''")
    await page.type("dialog [type=password]", PASSWORD)
    await press(page, "dialog .primary")
    await page.until("document.querySelector('#access-result .fine')")
    assert "made of cheese" in await page.run("document.querySelector('#access-result').innerText")
    [grant] = await Grant.filter(state=GrantState.ACTIVE)
    assert grant.audience == "EVERYONE"


async def cast_and_publish(page: Page, other: Page) -> None:
    await other.type("textarea", "@ted")
    await press(other, ".found button", "@teddy")
    await other.run("document.querySelector('textarea').value = ''")
    await other.type("textarea", "@teddy hops")
    await other.until("document.querySelector('.notice').innerText.includes('@teddy sees this draft')")
    await other.run("document.querySelector('input[type=range]').value = 1")
    await at_hand(other)
    await press(other, ".composer button.primary")
    # The person shown sees the draft at once, without asking.
    await page.until("document.querySelector('.appearance .badge')?.innerText === 'Draft'", 60)
    await press(page, ".appearance .tile")
    await page.until("document.querySelector('dialog')?.innerText.includes('@teddy hops')")
    await at_hand(page)
    await press(page, "dialog button", "Close")
    await press(other, ".actions .primary")
    await other.until("document.querySelector('.badge.done')")
    await other.run("location.hash = '#feed'")
    await other.until("document.querySelector('.feed .shown')?.innerText.includes('@teddy')")


async def test_a_file_that_is_no_recording_is_refused_in_words_and_can_be_sent_anew(
    settings: Settings, worker: Worker, tmp_path: Path
) -> None:
    _, link = await newcomer("ada")
    text = tmp_path / "me.mp4"
    text.write_text("this is no film")
    async with live_server(settings) as server, browser(tmp_path / "profile") as page:
        await until_ready(server)
        await enter(page, server.url, link)
        await page.run("location.hash = '#cameo'")
        await press(page, "[value=PERSON]")
        await press(page, "[name=need][value=TURN]")
        await page.until("document.querySelectorAll('.legal p').length > 1")
        await press(page, "[name=agree]")
        await press(page, ".capture button.primary")
        await page.until("document.querySelector('.tasks')?.innerText.includes('blink')")
        [capture] = await Capture.all()
        asked = {"steps": capture.challenge["steps"], "digits": capture.challenge["digits"], "turns": []}
        asked["gestures"] = capture.challenge["gestures"]
        moments = f"import('/web/camera.js').then(({{momentsOf}}) => momentsOf({asked}))"
        length = sum(moment["seconds"] for moment in await page.run(moments))
        assert 8 < length < 15

        await page.choose("[name=recording]", text)
        await press(page, ".capture button", "Send it")
        await page.until("document.querySelector('.checks .failed')", 30)
        assert "not a recording" in await page.run("document.querySelector('.checks .failed').innerText")
        await press(page, ".capture button", "Record again")
        await page.until("document.querySelector('.tasks')")
        # A reload in the middle finds the same task again.
        await page.call("Page.reload")
        await page.until("document.readyState === 'complete' && document.querySelector('.tasks')", 30)


async def test_anybody_learns_from_a_file_alone_whether_its_use_is_still_allowed(
    settings: Settings, redis: Redis, tmp_path: Path
) -> None:
    (ada, _), (bob, _) = await newcomer("ada"), await newcomer("bob")
    stores = await make_stores(redis, tmp_path)
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=FACE_AND_ALL)
    video = await make_video(stores, bob, [cameo])
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"these very bytes")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    await Rendition.filter(video_id=video.id, kind=RenditionKind.MP4).update(sha256=digest)
    async with live_server(settings) as server, browser(tmp_path / "profile") as page:
        await page.size(*TELEPHONE)
        await page.open(f"{server.url}/#verify")
        await page.until("document.querySelector('[name=clip]')", 30)
        await at_hand(page)
        await page.choose("[name=clip]", clip)
        await page.until("document.querySelector('.verdict')?.innerText === 'Consented'")
        await page.until("document.querySelector('a[download]')")

        async with in_transaction() as connection:
            await withdraw(connection, cameo.id, WithdrawalReason.REVOKED, Reach())
        await page.choose("[name=clip]", clip)
        await page.until("document.querySelector('.verdict')?.innerText === 'Not consented'")
        assert await page.run("document.querySelector('a[download]')") is None
        assert not any("/uploads/" in url for url in page.requests)
    await stores.progress.stop()
