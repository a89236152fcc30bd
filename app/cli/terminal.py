"""How the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from app.trouble import Trouble


def console() -> Console:
    """Where progress and remarks go."""
    from rich.console import Console

    class Words(Console):
        def on_broken_pipe(self) -> None:
            """Go on in silence: a server must not end because nobody reads its remarks any more."""
            self.quiet = True

    return Words(stderr=True, highlight=False)


def report(words: str) -> None:
    """Say what is being done."""
    console().print(f"[dim]·[/dim] {words}", soft_wrap=True)


def show_trouble(trouble: Trouble) -> None:
    """Show what is wrong and how to mend it."""
    from rich.markup import escape

    err = console()
    err.print(f"[bold red]{escape(type(trouble).__name__)}[/bold red]: {escape(trouble.message)}")
    err.print(f"[bold]Mend:[/bold] {escape(trouble.mend)}")
