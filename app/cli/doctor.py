"""`yume doctor`: looks at every part of this machine and of the server on it, and says how to mend what is amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.cli.checks import Finding


def doctor() -> None:
    """Check every part and say how to mend what is amiss; the exit status is 1 when something is."""
    import asyncio

    from app.cli.checks import findings
    from app.cli.terminal import console
    from app.settings import settings

    async def show() -> bool:
        sound = True
        async for finding in findings(settings()):
            console().print(_line(finding))
            sound = sound and finding.ok
        return sound

    sound = asyncio.run(show())
    console().print("\n[green]All is well.[/green]" if sound else "\n[red]Something is amiss.[/red]")
    raise typer.Exit(0 if sound else 1)


def _line(finding: Finding) -> str:
    from rich.markup import escape

    mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
    line = f"{mark} [bold]{finding.part}[/bold]  {escape(finding.detail)}"
    return line if finding.ok else f"{line}\n    [yellow]mend:[/yellow] {escape(finding.mend)}"
