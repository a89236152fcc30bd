"""By what a public video may belong to a trend: its tree of remixes, phrases that all may read, its sound.

Nothing here reads a prompt that its author keeps to themself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from engine.text.fold import fold
from models.account import Role
from models.rules.video import may_be_listed
from models.trend import TrendKind

BATCH = 5_000
MOST_PER_RUN = 100_000
"""Videos read in one run; the rest of a backlog waits for the next."""
MOST_PHRASES = 60
LONGEST_PHRASE = 4
"""Words."""
LONGEST_KEY = 120
_LONGEST_WORD, _MOST_DIGITS = 30, 4
_BREAKS = re.compile(r"[.,;:!?…()\[\]{}\"«»“”|/¡¿。、\n\r]+")
_TOKENS = re.compile(r"(?P<mark>[@#]?)(?P<word>[^\W_]+)")
_EMPTY = frozenset(
    """
    a an and are as at be been but by can do does for from had has have he her his i if in into is it its just me my no
    not of on or our out she so some than that the their them then there these they this to too up us very was we were
    what when where which who will with you your s t re ve ll m d
    à a ai as au aux avec c ce ces cet cette d dans de des du elle elles en est et eux il ils j je l la le les leur lui
    ma mais me mes moi mon n ne nos notre nous on ont ou où par pas pour qu que qui s sa sans se ses si son sont sur ta
    te tes toi ton tu un une vos votre vous y
    """.split()  # noqa: SIM905 - read as prose
)
"""Words that say nothing by themselves: no phrase begins or ends with one."""
_EMPTY_FOLDED = frozenset(fold(word) for word in _EMPTY)


@dataclass(frozen=True)
class Said:
    """What of one listed video all may know."""

    caption: str
    prompt: str | None
    """None unless its author shows it to all."""
    root_id: UUID | None
    """The first clip of its tree, for a remix."""
    sound: str | None

    def signs(self) -> list[str]:
        """What it may share with others, as `sign` writes it."""
        tree = [] if self.root_id is None else [sign(TrendKind.REMIX, str(self.root_id))]
        sound = [] if not self.sound else [sign(TrendKind.SOUND, fold(self.sound)[:LONGEST_KEY])]
        return tree + sound + [sign(TrendKind.PROMPT, key) for key in self.phrases()]

    def phrases(self) -> dict[str, str]:
        """Folded phrase or tag → how it is written here, at most `MOST_PHRASES`; what the caption says goes first."""
        found: dict[str, str] = {}
        for text in (self.caption, self.prompt or ""):
            for key, written in phrases_in(text):
                if len(found) == MOST_PHRASES:
                    return found
                found.setdefault(key, written)
        return found


def sign(kind: TrendKind, key: str) -> str:
    """How a trend's kind and key are written as one word."""
    return f"{kind.value}:{key}"


def parted(written: str) -> tuple[TrendKind, str]:
    """The kind and key of a sign."""
    kind, _, key = written.partition(":")
    return TrendKind(kind), key


def phrases_in(text: str) -> Iterator[tuple[str, str]]:
    """Tags, and phrases of two to four words that neither begin nor end with an empty one: (folded, as written).

    Names of members (@somebody) are no part of any, nor are long numbers.
    """
    for clause in _BREAKS.split(text):
        run: list[tuple[str, int, int]] = []
        for token in _TOKENS.finditer(clause):
            word, mark = fold(token["word"]), token["mark"]
            if mark == "#" and len(word) > 1 and _speaks(word):
                yield f"#{word}", f"#{token['word']}"
            if mark or not _speaks(word):
                run = []
                continue
            run.append((word, token.start(), token.end()))
            yield from _ending(run, clause)


def _ending(run: list[tuple[str, int, int]], clause: str) -> Iterator[tuple[str, str]]:
    """Phrases whose last word is the last of ``run``."""
    if run[-1][0] in _EMPTY_FOLDED:
        return
    for count in range(2, min(len(run), LONGEST_PHRASE) + 1):
        words = run[-count:]
        key = " ".join(word for word, _, _ in words)
        if words[0][0] not in _EMPTY_FOLDED and len(key) <= LONGEST_KEY:
            yield key, " ".join(clause[words[0][1] : words[-1][2]].split())


def _speaks(word: str) -> bool:
    return len(word) <= _LONGEST_WORD and sum(letter.isdigit() for letter in word) <= _MOST_DIGITS


def said_by(row: dict[str, Any]) -> Said:
    """Of a row of `PUBLIC_WORDS`."""
    return Said(row["caption"], row["prompt"], row["root_id"], row["sound"])


async def collect_signs(connection: BaseDBAsyncClient, since: datetime) -> int:
    """Write down the signs of videos that were published after ``since`` and have none yet; returns how many had none.

    What chores left undone, what was published meanwhile and what was put in from outside are all found the same way.
    """
    collected = 0
    until: datetime | None = None
    while collected < MOST_PER_RUN:
        rows = await connection.execute_query_dict(_UNREAD, [since, until, BATCH])
        if not rows:
            break
        until = rows[-1]["published_at"]
        signs = [{"id": str(row["id"]), "signs": said_by(row).signs()} for row in rows]
        await connection.execute_query(_WRITE, [orjson.dumps(signs).decode()])
        collected += len(rows)
    return collected


PUBLIC_WORDS = """
    v.caption, CASE WHEN v.prompt_public THEN v.prompt END AS prompt,
    CASE WHEN t.depth > 0 THEN t.root_id END AS root_id,
    CASE WHEN v.has_audio THEN v.recipe ->> 'mood' END AS sound
"""
"""Columns of `said_by`, over ``v`` (video) and ``t`` (its lineage)."""
_UNREAD = f"""
    SELECT v.id, video_visibility.published_at, {PUBLIC_WORDS} FROM video_visibility
    JOIN video v ON v.id = video_visibility.id LEFT JOIN lineage t ON t.id = v.id
    WHERE video_visibility.published_at > $1 AND video_visibility.published_at <= coalesce($2, 'infinity'::timestamptz)
        AND NOT EXISTS (SELECT 1 FROM trend_sign s WHERE s.id = video_visibility.id)
        AND {may_be_listed("NULL::uuid")}
    ORDER BY video_visibility.published_at DESC, video_visibility.id DESC LIMIT $3
"""  # noqa: S608 - rules
# A branch begins where an operator invited: those whom the operator let in are strangers to each other.
_WRITE = f"""
    INSERT INTO trend_sign (id, account_id, branch_id, published_at, signs)
    SELECT s.id, s.author_id,
        coalesce((SELECT i.id FROM account i WHERE i.id = a.invited_by_id AND i.role <> '{Role.ADMIN.value}'), a.id),
        s.published_at, said.signs
    FROM jsonb_to_recordset($1::jsonb) AS said (id uuid, signs text[])
    JOIN video_visibility s ON s.id = said.id JOIN account a ON a.id = s.author_id
    WHERE s.published_at IS NOT NULL
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - constants
