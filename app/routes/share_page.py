"""What a share link shows: a page that reads without scripts, and a bare player for other sites.

Built as a tree and serialised, never pasted together: whatever a caption holds, it is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree as ET

from resolvers.share import SharedVideo
from schema.node import global_id

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LONGEST_TITLE, LONGEST_DESCRIPTION = 90, 300


@dataclass(frozen=True)
class Words:
    """What the page says by itself, in one language."""

    language: str
    locale: str
    label: str
    by: str
    open: str
    watch: str
    gone: str
    gone_more: str


ENGLISH = Words(
    "en", "en_US", "Generated video, made with Yume", "by", "Open in Yume", "Watch the video",
    "There is nothing here.", "The link may be mistyped, or what it led to is not there any more.",
)  # fmt: skip
FRENCH = Words(
    "fr", "fr_CA", "Vidéo générée, faite avec Yume", "de", "Ouvrir dans Yume", "Regarder la vidéo",
    "Il n’y a rien ici.", "Le lien est peut-être mal écrit, ou ce qu’il montrait n’est plus là.",
)  # fmt: skip


def words_for(accepted: str) -> Words:
    """The page's language, by an ``Accept-Language`` header: the first of the two that it names."""
    for part in accepted.lower().split(","):
        tag = part.partition(";")[0].strip().partition("-")[0]
        if tag in ("en", "fr"):
            return FRENCH if tag == "fr" else ENGLISH
    return ENGLISH


def plain(text: str) -> str:
    """``text`` without what cannot be shown, or would turn the words that stand after it."""
    return _UNSHOWABLE.sub("", text)


def title_of(video: SharedVideo) -> str:
    """The caption's first line, or whose video it is."""
    name = plain(video.author_name) or video.author_handle
    first = plain(video.caption).strip().partition("\n")[0]
    title = first or f"{name} (@{video.author_handle})"
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def page(video: SharedVideo, words: Words, *, home: str) -> bytes:
    """The page of a video. ``home`` is the server's address."""
    title = title_of(video)
    html, head, body = _document(words, title)
    if not video.listed:
        _add(head, "meta", name="robots", content="noindex")
    _add(head, "link", rel="canonical", href=video.url)
    oembed = f"{home}/oembed?url={quote(video.url, safe='')}"
    _add(head, "link", rel="alternate", type="application/json+oembed", href=oembed, title=title)
    for name, content in _open_graph(video, words, title).items():
        _add(head, "meta", property=name, content=content)
    for name, content in _card(video, words, title).items():
        _add(head, "meta", name=name, content=content)
    main = _add(body, "main", **{"class": "tall" if video.height > video.width else "wide"})
    _player(main, video, words)
    _add(main, "h1", title, dir="auto")
    caption = plain(video.caption).strip()
    if further := caption.removeprefix(title).strip():
        _add(main, "p", further, **{"class": "caption", "dir": "auto"})
    author = _add(main, "p", f"{words.by} ", **{"class": "by"})
    _add(author, "bdi", plain(video.author_name) or video.author_handle).tail = f" @{video.author_handle} · "
    at = video.published_at
    _add(author, "time", at.date().isoformat(), datetime=at.isoformat(timespec="seconds"))
    _add(main, "p", words.label, **{"class": "label"})
    _add(main, "a", words.open, **{"class": "button", "href": f"/#v/{global_id('Video', video.id)}"})
    return _said(html)


def player(video: SharedVideo, words: Words) -> bytes:
    """The picture and its controls alone, to be framed by other sites."""
    html, head, body = _document(words, title_of(video))
    _add(head, "meta", name="robots", content="noindex")
    body.set("class", "framed")
    _player(body, video, words)
    return _said(html)


def nothing(words: Words) -> bytes:
    """What every link shows that leads to nothing the reader may see, whatever the reason."""
    html, head, body = _document(words, words.gone)
    _add(head, "meta", name="robots", content="noindex")
    main = _add(body, "main")
    _add(main, "h1", words.gone)
    _add(main, "p", words.gone_more)
    _add(main, "a", words.open, **{"class": "button", "href": "/"})
    return _said(html)


def frame(video: SharedVideo, width: int, height: int) -> str:
    """The HTML by which another site embeds the player."""
    box = ET.Element("iframe")
    attributes = {
        "src": f"{video.url}/player", "width": str(width), "height": str(height), "title": title_of(video),
        "style": "border:0", "allow": "fullscreen", "allowfullscreen": "", "loading": "lazy",
        "referrerpolicy": "no-referrer",
    }  # fmt: skip
    for name, value in attributes.items():
        box.set(name, value)
    return ET.tostring(box, encoding="unicode", method="html")


def _open_graph(video: SharedVideo, words: Words, title: str) -> dict[str, str]:
    size = {"width": str(video.width), "height": str(video.height)}
    secure = {"og:video:secure_url": f"{video.url}/clip.mp4"} if video.url.startswith("https://") else {}
    return {
        "og:site_name": "Yume",
        "og:type": "video.other",
        "og:locale": words.locale,
        "og:url": video.url,
        "og:title": title,
        "og:description": _description(video, words),
        "og:image": f"{video.url}/poster.webp",
        "og:image:type": "image/webp",
        **{f"og:image:{name}": pixels for name, pixels in size.items()},
        "og:image:alt": title,
        "og:video": f"{video.url}/clip.mp4",
        **secure,
        "og:video:type": "video/mp4",
        **{f"og:video:{name}": pixels for name, pixels in size.items()},
        "video:duration": str(max(1, round(video.seconds))),
        "video:release_date": video.published_at.isoformat(timespec="seconds"),
    }


def _card(video: SharedVideo, words: Words, title: str) -> dict[str, str]:
    return {
        "description": _description(video, words),
        "twitter:card": "player",
        "twitter:title": title,
        "twitter:description": _description(video, words),
        "twitter:image": f"{video.url}/poster.webp",
        "twitter:image:alt": title,
        "twitter:player": f"{video.url}/player",
        "twitter:player:width": str(video.width),
        "twitter:player:height": str(video.height),
        "twitter:player:stream": f"{video.url}/clip.mp4",
        "twitter:player:stream:content_type": "video/mp4",
    }


def _description(video: SharedVideo, words: Words) -> str:
    """The caption, by whom, and always that it was generated."""
    end = f"{words.label} {words.by} @{video.author_handle}."
    said = " ".join(plain(video.caption).split())
    room = LONGEST_DESCRIPTION - len(end) - 3
    said = said if len(said) <= room else said[: room - 1].rstrip() + "…"
    return f"{said} · {end}" if said else end


def _player(parent: ET.Element, video: SharedVideo, words: Words) -> None:
    shown = _add(
        parent, "video", controls="", loop="", playsinline="", preload="metadata", poster=f"{video.path}/poster.webp",
        src=f"{video.path}/clip.mp4", width=str(video.width), height=str(video.height),
    )  # fmt: skip
    shown.set("aria-label", title_of(video))
    _add(shown, "a", words.watch, href=f"{video.path}/clip.mp4")


def _document(words: Words, title: str) -> tuple[ET.Element, ET.Element, ET.Element]:
    html = ET.Element(
        "html", {"lang": words.language, "prefix": "og: https://ogp.me/ns# video: https://ogp.me/ns/video#"}
    )
    head, body = _add(html, "head"), _add(html, "body")
    _add(head, "meta", charset="utf-8")
    _add(head, "meta", name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover")
    _add(head, "meta", name="color-scheme", content="dark light")
    _add(head, "title", f"{title} · Yume")
    _add(head, "link", rel="icon", href="/web/icon.svg", type="image/svg+xml")
    _add(head, "link", rel="stylesheet", href="/web/share.css")
    return html, head, body


def _add(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text
    return child


def _said(html: ET.Element) -> bytes:
    return b"<!doctype html>\n" + ET.tostring(html, encoding="utf-8", method="html")
