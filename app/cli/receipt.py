"""`yume receipt`: check a receipt without the server that signed it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from models.keys import PublicKey

program = typer.Typer(help="Check receipts.", no_args_is_help=True)


@program.callback()
def receipts() -> None:
    """Check receipts of deletions and of consent, without any server."""


@program.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt, as JSON.")],
    keys: Annotated[
        Path | None,
        typer.Option(help="The server's /.well-known/yume/keys.json, saved; this machine's own keys when left out."),
    ] = None,
) -> None:
    """Say whether a server signed FILE as it is, and what it says; the exit status is 1 when it did not."""
    from rich.markup import escape

    from app.cli.terminal import console
    from models.receipt import verify_receipt
    from models.signed import NotSigned

    receipt = _read(file)
    try:
        body = verify_receipt(_published(keys), receipt)
    except NotSigned as error:
        console().print(f"[red]✗ Not genuine.[/red] {escape(str(error))}")
        raise typer.Exit(1) from error
    console().print(f"[green]✓ Genuine[/green], signed with the key {escape(str(receipt['kid']))}.")
    for name, value in body.items():
        console().print(f"  [bold]{escape(name)}[/bold]  {escape(_said(value))}", soft_wrap=True)


def _read(file: Path) -> dict[str, Any]:
    import json

    from app.trouble import FileUnfit

    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise FileUnfit(f"{file} cannot be read as JSON: {error}.", mend="Download it again.") from error
    if not isinstance(content, dict):
        raise FileUnfit(f"{file} is JSON, but not what this server writes.", mend="Download it again.")
    return content


def _published(path: Path | None) -> dict[str, PublicKey]:
    from app.settings import settings
    from app.trouble import FileUnfit
    from models.keys import PublicKey, load_public_keys

    if path is None:
        return load_public_keys(settings().keys)
    try:
        found = [PublicKey.from_jwk(jwk) for jwk in _read(path)["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileUnfit(
            f"{path} holds no public keys: {error}.", mend="Save /.well-known/yume/keys.json of the server again."
        ) from error
    return {key.kid: key for key in found}


def _said(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
