"""Which server the command line talks to, as whom, and what it calls its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from app.cli.make import free_name
from app.cli.session import Client, NotSignedIn, find_client, local_address, save_client, server_file
from app.local_owner import is_local, token_file
from app.private import write_private
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(typer, "get_app_dir", lambda _: str(tmp_path / "config"))
    return Settings(data_dir=tmp_path / "var")


def start_local_server(settings: Settings) -> Client:
    write_private(server_file(settings.data_dir), json.dumps({"server": "http://127.0.0.1:8123", "pid": 1}))
    write_private(token_file(settings.data_dir), "owners-token")
    return Client("http://127.0.0.1:8123", "owners-token")


def test_beside_a_local_server_the_owner_needs_no_sign_in(settings: Settings) -> None:
    local = start_local_server(settings)
    assert find_client(settings, None) == local
    assert find_client(settings, "http://127.0.0.1:8123/") == local


def test_the_owners_token_never_goes_to_another_server(settings: Settings) -> None:
    start_local_server(settings)
    with pytest.raises(NotSignedIn, match="https://elsewhere"):
        find_client(settings, "https://elsewhere")


def test_a_left_over_token_is_not_used_once_the_local_server_is_down(settings: Settings) -> None:
    write_private(token_file(settings.data_dir), "owners-token")
    with pytest.raises(NotSignedIn, match="not signed in"):
        find_client(settings, None)


def test_the_last_login_is_the_default_and_every_login_is_kept_in_private(settings: Settings) -> None:
    first, second = Client("https://one", "a"), Client("https://two", "b")
    save_client(first)
    path = save_client(second)
    assert find_client(settings, None) == second
    assert find_client(settings, "https://one/") == first
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000"), ("example.org", "http://example.org:8000")],
)
def test_the_local_address_is_one_that_this_machine_can_open(host: str, address: str) -> None:
    assert local_address(Settings(host=host, public_url="https://public")) == address


@pytest.mark.parametrize(
    ("changes", "local"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "example.org"}, False),
        ({"env": "production"}, False),
        ({"public_url": "https://public"}, False),
    ],
)
def test_there_is_a_local_owner_on_loopback_in_development_only(changes: dict[str, str], local: bool) -> None:  # noqa: FBT001
    assert is_local(Settings(**changes)) is local  # type: ignore[arg-type]


def test_a_clip_is_named_after_its_prompt_and_replaces_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert free_name("Un renard roux, l'été, dit « bonjour » !") == Path("un-renard-roux-l-ete-dit-bonjour.mp4")
    assert free_name("狐") == Path("clip.mp4")
    Path("clip.mp4").touch()
    assert free_name("狐") == Path("clip-2.mp4")
