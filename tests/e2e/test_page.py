"""A person opens the page, signs in by the login link, makes a clip, watches it form, publishes it, finds it.

Then they change who may see it.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from app.settings import Settings
from models.chosen import ChosenViewer
from models.video import VideoVisibility, Visibility
from models.waiting import WaitingEntry
from tests.browser import Page, browser, chromium
from tests.live import link_of, live_server, live_worker, member, until_ready

PLAYING = "document.querySelector('{0}') && document.querySelector('{0}').currentTime > 0.2"


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_a_clip_is_made_watched_published_and_found_in_a_browser(settings: Settings, tmp_path: Path) -> None:
    account, _ = await member()
    friend, _ = await member()
    link = await link_of(account)
    async with live_server(settings) as server, live_worker(settings), browser(tmp_path / "profile") as page:
        await until_ready(server)
        await page.size(1280, 800)
        await page.open(f"{server.url}/login#token={link}")
        await page.until("document.querySelector('textarea')")
        assert link not in await page.run("location.href")

        await page.type("textarea", "a red fox jumps over a log in the rain at night and says 'bonjour'")
        await page.run("document.querySelector('input[type=range]').value = 1")
        await page.run("document.querySelector('form').requestSubmit()")
        await page.until("document.querySelector('.frame img')?.naturalWidth > 0", 40)
        await page.until("document.querySelector('progress')?.value > 0 || document.querySelector('.frame video')", 40)
        await page.until(PLAYING.format(".frame video"), 60)
        assert await page.run("document.querySelector('.frame video').videoHeight") == 1280

        await page.until("document.querySelector('.actions input')", 60)  # it plays before it is finished
        await page.type(".actions input", "Bonjour")
        await page.run("document.querySelector('.actions').requestSubmit()")
        await page.until("document.querySelector('.badge.done')")
        await page.run("location.hash = '#feed'")
        await page.until(PLAYING.format(".feed video"))
        assert f"@{account.handle}" in await page.run("document.querySelector('.feed .words').innerText")

        await talk_about_it(page)
        await find_and_remix_it(page)
        await choose_who_sees_it(page, friend.handle)
        assert await VideoVisibility.filter(author_id=account.id, audience=Visibility.CHOSEN).count() == 1
        assert await ChosenViewer.filter(account_id=friend.id).count() == 1
        # The last pieces may be asked for in the moment in which the clip is finished and they are gone.
        assert [problem for problem in page.problems if "/media/live/" not in problem] == []
        assert {url for url in page.requests if not url.startswith((server.url, "data:", "blob:"))} == set()


async def talk_about_it(page: Page) -> None:
    await page.run("document.querySelector('.rail .like').click()")
    await page.until("document.querySelector('.rail .like .number').textContent === '1'")
    await page.run("document.querySelector('.rail .talk').click()")
    await page.until("document.querySelector('.say textarea') && document.querySelector('.threads .none')")
    await page.type(".say textarea", "Encore <b>!</b>")
    await page.run("document.querySelector('.say').requestSubmit()")
    await page.until("document.querySelector('.comment .body')?.textContent === 'Encore <b>!</b>'")


async def find_and_remix_it(page: Page) -> None:
    await page.run("location.hash = '#discover'")
    await page.type(".searchbox input", "bonjour")
    # A worker writes down what can be found, soon after.
    await page.run("window.asking = setInterval(() => document.querySelector('.searchbox').requestSubmit(), 1500)")
    await page.until("document.querySelector('.results a.tile')", 30)
    await page.run("clearInterval(window.asking)")
    await page.run("document.querySelector('a.tile').click()")
    await page.until(PLAYING.format(".onclip video"))
    await page.run("document.querySelector('.onclip .rail .remix').click()")
    await page.until("document.querySelector('.remixing img')?.naturalWidth > 0")


async def choose_who_sees_it(page: Page, name: str) -> None:
    await page.run("location.hash = '#you'")
    await page.until("document.querySelector('button.tile')")
    await page.run("document.querySelector('button.tile').click()")
    await page.until("document.querySelector('.managing [name=caption]')?.value === 'Bonjour'")
    # At once, as a hand does: the form fills itself in meanwhile, and leaves alone only what was touched.
    await page.run(
        "((select) => { select.value = 'CHOSEN'; select.dispatchEvent(new Event('input', {bubbles: true})); })"
        "(document.querySelector('.managing select'))"
    )
    await page.type(".audience [type=search]", name)
    await page.until("document.querySelector('.audience .found button')")
    await page.press("Enter")
    await page.run("document.querySelector('.managing form').requestSubmit()")
    await page.until("!document.querySelector('dialog[open]')")


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_the_page_speaks_french_and_lets_those_without_an_invite_wait(settings: Settings, tmp_path: Path) -> None:
    async with live_server(settings) as server, browser(tmp_path / "profile") as page:
        await page.size(390, 844, dark=False)
        await page.open(f"{server.url}/#make")
        await page.until("document.querySelector('form')")
        await page.run("document.querySelector('#language').click()")
        assert await page.run("document.documentElement.lang") == "fr"
        await page.run("document.querySelector('.forms > .quiet').click()")
        await page.type("[name=inviteCode]", "NOT-A-CODE")
        await page.type("[name=handle]", "zoe")
        await page.type("[name=password]", "a long enough password")
        await page.run("document.querySelector('[name=birthDate]').value = '1990-05-01'")
        await page.run("document.querySelector('form').requestSubmit()")

        await page.until("document.querySelector('[aria-invalid=true]')")
        assert await page.run("document.activeElement.name") == "inviteCode"
        assert await page.run("document.querySelector('label:has([name=inviteCode]) .wrong').textContent") == (
            "Ce code d’invitation est inconnu ou déjà utilisé. Demandez-en un autre."
        )

        await page.run("[...document.querySelectorAll('.forms > .quiet')].at(-1).click()")
        await page.type("[name=contact]", "zoe@example.org")
        await page.run("document.querySelector('form').requestSubmit()")
        await page.until("document.querySelector('.forms code')?.textContent.length > 20")
        assert await WaitingEntry.all().count() == 1


async def test_the_page_is_whole_and_asks_nobody_else_for_anything(settings: Settings) -> None:
    async with live_server(settings) as server, httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/")
        index = page.text
        assert "camera=(self)" in page.headers["permissions-policy"]
        assert "camera=()" in (await client.get("/healthz")).headers["permissions-policy"]
        found = set(re.findall(r'(?:src|href)="(/[^"]*)"', index))
        for script in [path for path in found if path.endswith(".js")]:
            found |= await _imports(client, script, set())
        texts = {path: await client.get(path) for path in sorted(found)}

        assert len(found) > 6
        assert {path: answer.status_code for path, answer in texts.items() if answer.status_code != 200} == {}
        for path, answer in texts.items():
            outside = re.findall(r"https?://[^\s\"'`)]+", answer.text)
            assert [url for url in outside if not url.startswith("http://www.w3.org/")] == [], path


async def _imports(client: httpx.AsyncClient, script: str, seen: set[str]) -> set[str]:
    if script in seen:
        return seen
    seen.add(script)
    for name in re.findall(r'from "(\./[^"]+)"', (await client.get(script)).text):
        await _imports(client, urljoin(script, name), seen)
    return seen
