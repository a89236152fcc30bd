"""The SDL snapshot that clients and tests rely on: ``python -m schema.snapshot`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from schema.root import build_schema

SNAPSHOT = Path(__file__).with_name("schema.graphql")


def sdl() -> str:
    """The schema in the schema definition language, with every description."""
    return build_schema(production=False).as_str() + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(sdl())
