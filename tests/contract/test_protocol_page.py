"""The documents of the web page are valid against the schema that serves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from schema.extensions.cost import measure
from schema.root import build_schema

WEB = Path(__file__).parents[2] / "web"
SCHEMA = build_schema(production=True)._schema
_DOCUMENT = re.compile(r"= `((?:query|mutation|subscription)\b[^`]*|\{[^`]*)`")
_PART = re.compile(r"const ([A-Z_]+) =\s*(?:`([^`]*)`|\"([^\"]*)\")")
_USE = re.compile(r"\$\{([A-Z_]+)\}")


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
