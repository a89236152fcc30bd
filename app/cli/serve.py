"""`yume serve`: one web server process over stores that run already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.trouble import PortBusy

if TYPE_CHECKING:
    import socket

MESSAGE_BYTES_MAX = 64 * 1024
"""Longest websocket message: a GraphQL document with its variables, no more."""
GRACEFUL_SECONDS = 10


def serve(
    fd: Annotated[int | None, typer.Option(hidden=True, help="A listening socket to inherit.")] = None,
) -> None:
    """Run one API process (YUME_HOST, YUME_PORT) over the stores that are given or that `yume up` runs."""
    import socket

    import uvicorn

    from app.embedded import store_urls
    from app.heads import BoundedHead
    from app.logging import configure_logging
    from app.settings import settings
    from app.shared_metrics import share_metrics

    own = settings()
    configure_logging(own)
    share_metrics(own.data_dir)
    store_urls(own)
    config = uvicorn.Config(
        "app.asgi:create_app",
        factory=True,
        loop="uvloop",
        http=BoundedHead,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=own.trusted_proxies,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    listening = socket.socket(fileno=fd) if fd is not None else listen(own.host, own.port)
    uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortBusy`."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortBusy(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            mend="Stop what listens there, or choose another port, for example YUME_PORT=8001.",
        ) from error
