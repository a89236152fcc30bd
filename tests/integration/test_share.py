"""Share links: what anybody with the link sees, what other sites read of it, and that nothing else leaks a word."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from app.middleware import Around
from app.routes.share import oembed, share, share_file, share_player
from models.account import Account
from models.base import new_id
from models.video import AuthorState, ConsentState, ModerationState, Rendition, Video, VideoVisibility, Visibility
from resolvers.share import share_url
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, make_cameo, make_video

HOSTILE = "</title><script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(2)>\u202egnp\u2069\nsecond"
VOID = {"meta", "link", "img", "br"}
URL = "query($id: ID!) { video(id: $id) { shareUrl } }"


class Document(HTMLParser):
    """A page as a browser reads it: elements with their attributes, and the text of each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "everything that was opened is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def metas(self) -> dict[str, str | None]:
        named = [attrs for tag, attrs in self.elements if tag == "meta"]
        return {str(a.get("property") or a.get("name")): a.get("content") for a in named}

    def of(self, tag: str, **wanted: str) -> dict[str, str | None]:
        [found] = [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]
        return found


@pytest.fixture
async def web(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route("/v/{code}", share), Route("/v/{code}/player", share_player), Route("/v/{code}/{name}", share_file),
        Route("/oembed", oembed),
    ]  # fmt: skip
    app = Starlette(routes=routes, middleware=[Middleware(Around, https=False)])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address) as client:
        yield client


async def test_a_shared_video_reads_without_scripts_and_tells_other_sites_what_it_is(
    server: Server, ada: Api, web: httpx.AsyncClient
) -> None:
    video = await make_video(server.stores, ada)
    await Video.filter(id=video.id).update(caption=HOSTILE)
    await Account.filter(id=account(ada).id).update(display_name='Ada <b>"B"</b>')
    url = (await server.anyone.run(URL, id=global_id("Video", video.id)))["video"]["shareUrl"]
    answer = await web.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    page = Document(answer.text)
    assert {tag for tag, _ in page.elements} <= {
        "html", "head", "body", "meta", "title", "link", "main", "h1", "p", "video", "a", "bdi", "time",
    }  # fmt: skip
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not any(mark in answer.text for mark in ("\u202e", "\u2069", "\0"))
    metas = page.metas()
    title = metas["og:title"]
    assert title is not None
    assert title.startswith("</title><script>alert(1)</script> \"quoted\" 'single' & <img")
    assert (page.texts["h1"], page.texts["title"]) == (title, f"{title} · Yume")
    assert 'Ada <b>"B"</b>' in page.texts["bdi"]
    assert metas["og:url"] == url == share_url(server.stores, video.id)
    assert metas["og:video"] == f"{url}/clip.mp4"
    assert metas["twitter:player"] == f"{url}/player"
    assert metas["twitter:card"] == "player"
    for name in ("og:description", "twitter:description", "description"):
        assert "Generated video, made with Yume" in str(metas[name])
    assert "Generated video, made with Yume" in page.texts["p"]
    assert "noindex" not in str(metas.get("robots"))
    assert page.of("a", **{"class": "button"})["href"] == f"/#v/{global_id('Video', video.id)}"
    assert page.of("video")["poster"] == urlsplit(url).path + "/poster.webp"
    for kind in ("og:image", "og:video"):
        found = await web.get(str(metas[kind]))
        assert (found.status_code, found.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
    assert (await web.get(str(metas["og:video"]), headers={"range": "bytes=0-0"})).status_code == 206
    french = Document((await web.get(url, headers={"accept-language": "de;q=1, fr-CA;q=0.8, en"})).text)
    assert french.of("html")["lang"] == "fr"
    await _embeds(web, page, url)


async def _embeds(web: httpx.AsyncClient, page: Document, url: str) -> None:
    """What other sites do with the page: ask for the frame, and show it."""
    link = str(page.of("link", rel="alternate")["href"])
    assert parse_qs(urlsplit(link).query) == {"url": [url]}
    body = json.loads((await web.get(link)).content)
    assert (body["version"], body["type"], body["thumbnail_url"]) == ("1.0", "video", f"{url}/poster.webp")
    frame = Document(body["html"]).of("iframe")
    assert (frame["src"], frame["title"]) == (f"{url}/player", body["title"])
    small = json.loads((await web.get(link + "&maxwidth=90&maxheight=9999999&format=json")).content)
    assert small["width"] <= 90
    player = await web.get(f"{url}/player")
    assert "frame-ancestors *" in player.headers["content-security-policy"]
    assert "x-frame-options" not in player.headers
    assert Document(player.text).of("body") == {"class": "framed"}
    assert (await web.get(link + "&format=xml")).status_code == 501
    for other in ("https://elsewhere.example/v/x", "not an address", "http://[", url.replace("/v/", "/w/"), ""):
        assert (await web.get("/oembed", params={"url": other})).status_code == 404


HIDDEN: dict[str, dict[str, Any]] = {
    "draft": {"author_state": AuthorState.DRAFT}, "deleted": {"author_state": AuthorState.DELETED},
    "followers": {"audience": Visibility.FOLLOWERS}, "chosen": {"audience": Visibility.CHOSEN},
    "withdrawn": {"consent": ConsentState.WITHDRAWN}, "hidden": {"moderation": ModerationState.HIDDEN},
    "removed": {"moderation": ModerationState.REMOVED},
}  # fmt: skip


async def test_what_not_everybody_with_the_link_may_see_is_one_and_the_same_nothing(
    server: Server, ada: Api, web: httpx.AsyncClient
) -> None:
    video = await make_video(server.stores, ada, [await make_cameo(ada)])
    await Video.filter(id=video.id).update(caption="SECRET")
    url, vid = share_url(server.stores, video.id), global_id("Video", video.id)
    shared = {"author_state": AuthorState.PUBLISHED, "consent": ConsentState.LIVE, "moderation": ModerationState.CLEAR}

    async def seen() -> tuple[int, bytes]:
        answers = [await web.get(url + end) for end in ("", "/player", "/clip.mp4", "/poster.webp")]
        answers.append(await web.get("/oembed", params={"url": url}))
        [status] = {each.status_code for each in answers}
        assert not any(b"SECRET" in each.content for each in answers) or status == 200
        return status, answers[0].content

    nothing = (await web.get(f"/v/{'A' * 22}")).content
    for reason, columns in HIDDEN.items():
        await VideoVisibility.filter(id=video.id).update(**shared, audience=Visibility.PUBLIC)
        assert (await seen())[0] == 200
        await VideoVisibility.filter(id=video.id).update(**columns)
        assert await seen() == (404, nothing), reason
        told = (await ada.run(URL, id=vid))["video"]
        assert told is None or told["shareUrl"] is None
    for code in ("", "x", "A" * 23, "A" * 21 + "*", str(new_id()), "..%2f..%2fetc", "%00" * 22, "é" * 22):
        answer = await web.get(f"/v/{code}")
        assert answer.status_code == 404
        assert answer.content == nothing or code == "" or "%2f" in code
    assert (await web.get(f"{url}/latent.bin")).status_code == 404
    await VideoVisibility.filter(id=video.id).update(**shared, audience=Visibility.LINK)
    assert "noindex" in str(Document((await web.get(url)).text).metas()["robots"])
    await Rendition.filter(video_id=video.id).delete()
    assert await seen() == (404, nothing)
