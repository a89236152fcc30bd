"""Which server the command line talks to, and as whom: the local `yume up`, or what `yume login` saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from app.private import write_private
from app.trouble import Trouble

if TYPE_CHECKING:
    from app.settings import Settings

DEFAULT_SERVER = "http://127.0.0.1:8000"


class NotSignedIn(Trouble):
    """There is no token for the server."""


@dataclass(frozen=True)
class Client:
    """A server's address, without a slash at its end, and a session token for it."""

    server: str
    token: str


def server_file(data_dir: Path) -> Path:
    """Where a running `yume up` says which address it listens on."""
    return data_dir / "run" / "server.json"


def local_address(settings: Settings) -> str:
    """The address of the local server for programs on this machine, whatever proxy stands in front."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
    host = anywhere.get(settings.host, f"[{settings.host}]" if ":" in settings.host else settings.host)
    return f"http://{host}:{settings.port}"


def find_client(settings: Settings, server: str | None) -> Client:
    """Who to talk to: ``server`` when named, else the local `yume up`, else the last server signed in to.

    Raises `NotSignedIn`.
    """
    local = _read(server_file(settings.data_dir)).get("server")
    saved = _read(_config_file())
    target = (server or local or saved.get("last") or DEFAULT_SERVER).rstrip("/")
    owner = settings.data_dir / "owner.token"
    if target == local and owner.exists():
        return Client(target, owner.read_text().strip())
    token = saved.get("tokens", {}).get(target)
    if token is None:
        raise NotSignedIn(
            f"You are not signed in to {target}, and no `yume up` of yours runs on {settings.data_dir}.",
            mend=f"Run `yume login --server {target}`; beside a local `yume up`, run this where its data folder is.",
        )
    return Client(target, token)


def save_client(client: Client) -> Path:
    """Remember a session (0600) and make its server the default; returns the file."""
    path = _config_file()
    saved = _read(path)
    tokens = saved.get("tokens", {}) | {client.server: client.token}
    write_private(path, json.dumps({"last": client.server, "tokens": tokens}, indent=2))
    return path


def _config_file() -> Path:
    return Path(typer.get_app_dir("yume")) / "client.json"


def _read(path: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(path.read_text())) if path.exists() else {}
