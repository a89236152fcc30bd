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
_FRAGMENT = re.compile(r"CLIP = `([^`]*)`")


def documents() -> list[tuple[str, str]]:
    """(file and line, document) of every document in the page's modules, with the fragment it is sent with."""
    fragment = _FRAGMENT.search((WEB / "clip.js").read_text())
    assert fragment is not None
    found: list[tuple[str, str]] = []
    for script in sorted(WEB.glob("*.js")):
        text = script.read_text()
        for match in _DOCUMENT.finditer(text):
            source = match.group(1).replace("${CLIP}", "")
            if "...Clip" in source:
                source += fragment.group(1)
            found.append((f"{script.name}:{text.count(chr(10), 0, match.start()) + 1}", source))
    return found


def test_the_documents_are_found() -> None:
    assert len(documents()) >= 12


@pytest.mark.parametrize("source", [source for _, source in documents()], ids=[place for place, _ in documents()])
def test_a_document_of_the_page_is_valid_and_affordable(source: str) -> None:
    document = parse(source)

    assert [error.message for error in validate(SCHEMA, document)] == []
    assert measure(SCHEMA, document, None, {}).nodes < 500
