"""What every resolver is given: this process's stores, who is asking, and the operation's loaders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.errors import Denied, Unauthenticated
from resolvers.loaders.operation import Loaders

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from jobs.progress import ProgressReader
    from jobs.queue import Doorbell
    from jobs.tail import Tail
    from models.account import Account, Session
    from models.keys import Keys
    from models.storage import MediaStore
    from models.vault import Vault
    from resolvers.region import RegionDatabase


@dataclass(frozen=True)
class Stores:
    """Connections of one API process, opened at its start and shared by all requests."""

    redis: Redis
    media: MediaStore
    progress: ProgressReader
    feed: Tail
    inbox: Tail
    doorbell: Doorbell
    keys: Keys
    vault: Vault
    production: bool
    address: str
    regions: RegionDatabase | None = None


@dataclass
class Context:
    """What one operation knows. ``client`` is the caller's address, used only to limit attempts.

    ``sign_in_cookie`` is set by signing in and out (empty: clear it); the HTTP view makes it a cookie for browsers.
    """

    stores: Stores
    viewer: Account | None
    session: Session | None
    client: str
    request_id: str
    loaders: Loaders = field(init=False)
    sign_in_cookie: str | None = None

    def __post_init__(self) -> None:
        self.renew_loaders()

    def renew_loaders(self) -> None:
        """Forget what was read: for each mutation of a document and each event of a stream the world is new."""
        self.loaders = Loaders(None if self.viewer is None else self.viewer.id)

    @property
    def member(self) -> Account:
        """Who is signed in. Raises `Unauthenticated` when nobody is."""
        if self.viewer is None:
            raise Unauthenticated
        return self.viewer

    @property
    def admin(self) -> Account:
        """The admin who is signed in. Raises `Unauthenticated` or `Denied`."""
        if self.member.role != "ADMIN":
            raise Denied("Only an admin of this server can do this.")
        return self.member

    @property
    def moderator(self) -> Account:
        """The moderator or admin who is signed in. Raises `Unauthenticated` or `Denied`."""
        if self.member.role not in ("MODERATOR", "ADMIN"):
            raise Denied("Only a moderator of this server can do this.")
        return self.member
