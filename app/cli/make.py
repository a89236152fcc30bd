"""`yume make`: from a prompt to an MP4 on disk, with live progress that survives a dropped connection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.cli.progress import Display
    from app.cli.session import Client

VIDEO = "video { id media { url seconds width height } }"
CREATE = """
mutation Make($input: CreateGenerationInput!) {
  createGeneration(input: $input) {
    ... on CreateGenerationSuccess { generation { id cursor } }
    ... on Error { code message field }
  }
}
"""
CANCEL = """
mutation Cancel($input: CancelGenerationInput!) {
  cancelGeneration(input: $input) { ... on Error { code message field } }
}
"""
WATCH = f"""
subscription Watch($id: ID!, $after: String) {{
  generation(id: $id, after: $after) {{
    __typename cursor attempt
    ... on GenerationQueued {{ position }}
    ... on GenerationStep {{ phase step total fraction etaSeconds preview {{ url }} }}
    ... on GenerationFinished {{ {VIDEO} }}
    ... on GenerationFailed {{ failure {{ code message }} }}
    ... on GenerationSnapshot {{ generation {{ state progress cursor {VIDEO} failure {{ code message }} }} }}
  }}
}}
"""
FINAL = {"GenerationFinished", "GenerationFailed", "GenerationCancelled"}
CANCELLED_STATUS = 130
"""Exit status after Ctrl-C, as shells have it."""


def make(
    prompt: Annotated[str, typer.Argument(help="What to show, in English or French; quoted words are spoken.")],
    seconds: Annotated[float | None, typer.Option(help="Length; the server's default when left out.")] = None,
    portrait: Annotated[bool, typer.Option("--portrait/--landscape", help="720×1280 or 1280×720.")] = True,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed makes the same clip.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to save; named after the prompt when left out.")] = None,
    server: Annotated[str | None, typer.Option(help="Address of the server; the local one when left out.")] = None,
) -> None:
    """Make a clip and save it as an MP4. Ctrl-C cancels it."""
    import asyncio

    from app.cli.session import find_client
    from app.settings import settings

    wish: dict[str, Any] = {"prompt": prompt, "orientation": "PORTRAIT" if portrait else "LANDSCAPE"}
    wish |= {name: value for name, value in (("seconds", seconds), ("seed", seed)) if value is not None}
    client = find_client(settings(), server)
    raise typer.Exit(asyncio.run(_make(client, wish, out or free_name(prompt))))


async def _make(client: Client, wish: dict[str, Any], out: Path) -> int:
    """Create, watch, download; returns the exit status."""
    import asyncio
    import uuid

    from app.cli.client import send, success
    from app.cli.progress import Display

    key = str(uuid.uuid4())
    created = success((await send(client, CREATE, {"input": wish | {"idempotencyKey": key}}))["createGeneration"])
    generation = created["generation"]
    with Display() as display:
        canceller = asyncio.create_task(_cancel_on_interrupt(client, generation["id"], display))
        try:
            outcome = await _watch(client, generation, display)
        finally:
            canceller.cancel()
        match outcome["__typename"]:
            case "GenerationFinished":
                await _save(client, (outcome["video"] or {}).get("media"), out, display)
                return 0
            case "GenerationCancelled":
                display.say("Cancelled; its quota is given back.")
                return CANCELLED_STATUS
            case _:
                failure = outcome["failure"] or {"code": "INTERNAL", "message": "It failed."}
                display.say(f"[red]It failed[/red] ({failure['code']}): {failure['message']}")
                return 1


async def _watch(client: Client, generation: dict[str, Any], display: Display) -> dict[str, Any]:
    """Show every event until the last one, which is returned."""
    from app.cli.client import Refused, subscribe

    cursor: str = generation["cursor"]

    def heard() -> str:
        return cursor

    async for data in subscribe(client, WATCH, {"id": generation["id"]}, on_drop=display.dropped, resume=heard):
        event = data["generation"]
        cursor = event["cursor"]
        if event["__typename"] == "GenerationSnapshot":
            event = _ended(event["generation"]) or event
        display.show(event)
        if event["__typename"] in FINAL:
            return event
    raise Refused("The server ended the subscription without a result.", mend="Look at your drafts.")


def _ended(generation: dict[str, Any]) -> dict[str, Any] | None:
    """The last event that a snapshot stands for, or None while the generation goes on."""
    names = {"SUCCEEDED": "GenerationFinished", "CANCELLED": "GenerationCancelled"}
    names |= dict.fromkeys(("FAILED", "BLOCKED"), "GenerationFailed")
    name = names.get(generation["state"])
    return None if name is None else generation | {"__typename": name}


async def _cancel_on_interrupt(client: Client, generation_id: str, display: Display) -> None:
    """Turn the first Ctrl-C into a cancellation, whose event ends the watching; a second one leaves at once."""
    import asyncio
    import signal

    from app.cli.client import send, success
    from app.trouble import Trouble

    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    try:
        await interrupted.wait()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    display.say("Cancelling")
    try:
        success((await send(client, CANCEL, {"input": {"generationId": generation_id}}))["cancelGeneration"])
    except Trouble as trouble:
        display.say(f"[yellow]It could not be cancelled:[/yellow] {trouble.message}")


async def _save(client: Client, media: dict[str, Any] | None, out: Path, display: Display) -> None:
    from app.cli.client import Refused
    from app.cli.download import download

    if media is None:
        raise Refused("The clip is finished but not visible to you.", mend="Look at your drafts.")
    size = await download(client.server, media["url"], out, display.downloaded)
    display.say(
        f"[green]{out}[/green]  {media['seconds']:.1f} s, {media['width']}×{media['height']}, {size / 1e6:.1f} MB"
    )


def free_name(prompt: str) -> Path:
    """A file name from the prompt's first words that no file has yet."""
    import re
    import unicodedata
    from itertools import count

    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain)[:8])[:60] or "clip"
    names = (Path(f"{stem}{'' if number == 1 else f'-{number}'}.mp4") for number in count(1))
    return next(name for name in names if not name.exists())
