"""The figures of the batteries as a page of the documentation."""

from __future__ import annotations

from typing import Any

HEAD = """# Proofs

What the reliability promises rest on, as measured by `make prove` on one machine. The same batteries run in small
(10 kills, 100 races) in `make test`.
"""


def report(record: dict[str, Any]) -> str:
    """Markdown for the recorded batteries."""
    parts = [HEAD]
    if crashes := record.get("crashes"):
        parts.append(_crashes(crashes))
    if races := record.get("races"):
        parts.append(_races(races))
    return "\n".join(parts)


def _crashes(figures: dict[str, Any]) -> str:
    kills = figures["kills"]
    told = ", ".join(f"{part} {count}" for part, count in sorted(kills.items()))
    ends = ", ".join(f"{kind.removeprefix('Generation').lower()} {count}" for kind, count in figures["ends"].items())
    restarts = figures["restarts"]
    return f"""## {sum(kills.values())} kills

Two workers, one API process, Postgres and Valkey; three members ask for clips without pause and watch each to its end
over a websocket, resuming from their cursor. Every part is sent SIGKILL in turn, at a random moment of some clip.

| | |
|---|---|
| killed | {told} |
| generations accepted | {figures["generations"]} |
| ends seen by clients | {ends} |
| progress events / dropped connections / snapshots | {figures["events"]} / {figures["drops"]} / {figures["snapshots"]} |
| restarts after a worker's death | {restarts["count"]}, slowest {restarts["slowest_seconds"]} s |
| gaps, repeats, lost or doubled clips, wrong charges, stray files | {_faults(figures)} |
| took | {figures["seconds"]} s on {figures["machine"]}, {figures["on"]} |

A generation may fail: one whose workers or engines were killed three times under it ends as `ENGINE_DIED`, refunded.
"""


def _races(figures: dict[str, Any]) -> str:
    ends = ", ".join(f"{state} {count}" for state, count in sorted(figures["ends"].items()))
    return f"""## {figures["races"]} races

Two processes claim one generation at the same moment, then finish, cancel, fail, hand back or sweep it in pairs within
4 ms of each other, and at last a zombie tries to finish beside the new owner.

| | |
|---|---|
| claims won | {figures["claims_won_by"]} |
| ends | {ends} |
| double claims, doubled clips, wrong charges, missing last words | {_faults(figures)} |
| took | {figures["seconds"]} s on {figures["machine"]}, {figures["on"]} |
"""


def _faults(figures: dict[str, Any]) -> str:
    return str(len(figures["faults"])) + "".join(f"<br>{fault}" for fault in figures["faults"][:10])
