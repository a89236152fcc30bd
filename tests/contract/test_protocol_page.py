"""The documents of the web page are valid against the schema that serves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, parse, validate

from schema.extensions.cost import measure
from schema.root import build_schema

WEB = Path(__file__).parents[2] / "web"
SCHEMA = build_schema(production=True)._schema  # pyright: ignore[reportPrivateUsage]
_DOCUMENT = re.compile(r"= `((?:query|mutation|subscription)\b[^`]*|\{[^`]*)`")
_PART = re.compile(r"const ([A-Z_]+) =\s*(?:`([^`]*)`|\"([^\"]*)\")")
_USE = re.compile(r"\$\{([A-Z_]+)\}")
_WORD = re.compile(r"^    (\w+):", re.MULTILINE)
_SAID = re.compile(r'\bt\("(\w+)"')
_ENUMS = [
    ("", "VideoState"), ("VISIBLE_", "Visibility"), ("REPORT_", "ReportReason"), ("VERDICT_", "ReportVerdict"),
    ("NOTICE_", "NoticeState"), ("CAUSE_", "ReviewCause"), ("export", "ExportState"), ("FEED_", "FeedKind"),
    ("FEATURE_", "FeedFeature"), ("LESS_", "SeeLessOf"), ("TREND_", "TrendKind"), ("IN_", "SearchScope"),
    ("BOARD_", "LeaderboardKind"), ("PERIOD_", "LeaderboardPeriod"), ("", "VerificationAnswer"), ("", "CameoKind"),
    ("", "GenerationPhase"), ("stage_", "DecisionStage"),
    ("reason_", "WithdrawalReason"), ("check_", "CaptureCheckName"), ("topic_", "Topic"),
]  # fmt: skip
"""What the page says of the values of an enum: the key is the prefix and the value."""


def parts(text: str) -> dict[str, str]:
    """What a module puts into documents, by the constant's name."""
    return {name: (long or short) for name, long, short in _PART.findall(text)}


def filled(source: str, known: dict[str, str]) -> str:
    """``source`` with the parts that it names, and the fragment it spreads, which a module may add when it sends it."""
    while _USE.search(source):
        source = _USE.sub(lambda use: known[use[1]], source)
    missing = "...Clip" in source and "fragment Clip" not in source
    return source + known["CLIP"] if missing else source


def documents() -> list[tuple[str, str]]:
    """(file and line, document) of every document in the page's modules, with the parts it is sent with."""
    scripts = {script.name: script.read_text() for script in sorted(WEB.glob("*.js"))}
    shared = {name: part for text in scripts.values() for name, part in parts(text).items()}
    return [
        (f"{name}:{text.count(chr(10), 0, match.start()) + 1}", filled(match.group(1), shared | parts(text)))
        for name, text in scripts.items()
        for match in _DOCUMENT.finditer(text)
    ]


def test_the_documents_are_found() -> None:
    assert len(documents()) >= 12


@pytest.mark.parametrize("source", [source for _, source in documents()], ids=[place for place, _ in documents()])
def test_a_document_of_the_page_is_valid_and_affordable(source: str) -> None:
    document = parse(source)

    assert [error.message for error in validate(SCHEMA, document)] == []
    # Half of what a server allows in one operation: a page of forty clips, each with who is shown in it.
    assert measure(SCHEMA, document, None, {}).nodes < 2_500


def words() -> dict[str, tuple[set[str], set[str]]]:
    """(English keys, French keys) of every file of words."""
    found = {}
    for script in sorted(WEB.glob("words*.js")):
        english, french = script.read_text().split("\n  fr: {\n")
        found[script.name] = set(_WORD.findall(english)), set(_WORD.findall(french))
    return found


def test_every_word_is_there_once_in_both_languages() -> None:
    # What the server says in English is put into French only.
    assert {name: sorted(en ^ fr) for name, (en, fr) in words().items() if en != fr and name != "words_server.js"} == {}
    every = [key for _, french in words().values() for key in french]
    assert sorted(key for key in set(every) if every.count(key) > 1) == []

    said = {key for script in WEB.glob("*.js") for key in _SAID.findall(script.read_text())}
    assert len(said) > 200
    assert sorted(said - set(every)) == []


def test_what_the_server_names_is_in_words() -> None:
    known = {key for english, _ in words().values() for key in english}
    kinds = [name for name, kind in SCHEMA.type_map.items() if "Notification" in _interfaces(kind)]
    named = {f"{prefix}{value}" for prefix, enum in _ENUMS for value in _values(enum)}

    assert len(kinds) > 12
    assert sorted({*kinds, *named} - known) == []


def _interfaces(kind: object) -> list[str]:
    return [each.name for each in kind.interfaces] if isinstance(kind, GraphQLObjectType) else []


def _values(enum: str) -> list[str]:
    kind = SCHEMA.type_map[enum]
    assert isinstance(kind, GraphQLEnumType)
    return list(kind.values)
