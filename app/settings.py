"""Where things are: the only file that reads the environment. What is allowed is policy, in `models/policy.py`."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings, each read from ``YUME_<NAME>``. Paths are relative to the working folder."""

    model_config = SettingsConfigDict(env_prefix="YUME_", extra="ignore")

    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the web server listens on.")
    data_dir: Path = Field(default=Path("var"), description="Folder of everything that must be kept.")
    database_url: SecretStr | None = Field(
        default=None, description="A Postgres ≥ 16 to use instead of the embedded one."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="A Redis or Valkey to use instead of the embedded one."
    )
    env: Literal["development", "production"] = "development"
    public_url: str | None = Field(default=None, description="Address users see, when a proxy stands in front.")
    regions: str = Field(
        default="US,CA", description="Regions that seed the policy row at the first start, comma separated."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses and networks of proxies whose X-Forwarded-For is believed, comma separated.",
    )
    region_db: Path | None = Field(
        default=None, description="A country database (.mmdb) that newcomers' addresses are looked up in."
    )
    media_url: str | None = Field(
        default=None, description="s3://bucket/prefix for media; a folder in data_dir when unset."
    )
    key_dir: Path | None = Field(default=None, description="Folder of all keys; data_dir/keys when unset.")
    master_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that wrap every data key; the file master.key in key_dir when unset.",
    )
    ledger_copy: Path | None = Field(
        default=None, description="A second file for the erasure ledger, on another disk or a network share."
    )
    allowed_origins: str = Field(default="", description="Further web origins that may open sockets, comma separated.")
    device: str = Field(default="cpu", description="Device of this host's worker: cpu, cuda:0, …")
    engine: str = Field(default="diorama", description="Backend of this host's worker.")
    workers: int = Field(default=1, ge=0, le=64, description="Worker processes started by `yume up`.")
    api_processes: int = Field(default=1, ge=1, le=64, description="API processes started by `yume up`.")
    house_cast: bool = Field(
        default=True, description="Install a drawn cast of the house's own, which everybody may use."
    )
    starter_clips: int | None = Field(
        default=None,
        ge=0,
        le=24,
        description="Clips that the server makes by itself after its first start; 24 in development, else none.",
    )
    metrics_port: int | None = Field(
        default=None, description="Port where `yume worker` answers scrapes; none when unset."
    )
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def production(self) -> bool:
        """True where members of the public are served: no introspection, no local owner, secure cookies."""
        return self.env == "production"

    @property
    def starters(self) -> int:
        """How many starter clips there shall be: a newcomer's feed is not empty where somebody tries this out."""
        if self.starter_clips is not None:
            return self.starter_clips
        return 0 if self.production else 24

    @property
    def keys(self) -> Path:
        """Folder that holds the purpose keys, the vault's data keys and the erasure ledger."""
        return self.key_dir or self.data_dir / "keys"

    @property
    def region_codes(self) -> list[str]:
        """The seed of the region policy, as ISO 3166-1 alpha-2 codes."""
        return [code.strip().upper() for code in self.regions.split(",") if code.strip()]

    @property
    def address(self) -> str:
        """What a person types into a browser."""
        return self.public_url or f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104


def tell_libraries(variable: str, value: str) -> None:
    """Set an environment variable that a library reads when it is imported, here and in processes started later."""
    os.environ[variable] = value


@cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
