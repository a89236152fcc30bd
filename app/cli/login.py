"""`yume login`: a session on a server, kept in this user's configuration."""

from __future__ import annotations

from typing import Annotated

import typer

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    ... on SignInSuccess { token expiresAt account { handle } }
    ... on Error { code message field }
  }
}
"""


def login(
    server: Annotated[str, typer.Option(help="Address of the server.", prompt="Server")] = "http://127.0.0.1:8000",
    handle: Annotated[str, typer.Option(help="Your handle.", prompt="Handle")] = "",
) -> None:
    """Sign in to a server with handle and password; the session is kept for `yume make`."""
    import asyncio

    from app.cli.client import send, success
    from app.cli.session import Client, save_client
    from app.cli.terminal import report

    server = server.rstrip("/")
    password = typer.prompt("Password", hide_input=True)
    variables = {"input": {"handle": handle, "password": password}}
    session = success(asyncio.run(send(server, SIGN_IN, variables))["signIn"])
    path = save_client(Client(server, session["token"]))
    report(f"Signed in to {server} as @{session['account']['handle']} until {session['expiresAt']} ({path}).")
