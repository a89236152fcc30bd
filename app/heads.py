"""HTTP/1.1 with a bound on a request's head: the parser itself would keep whatever a client calls a header."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
"""Of a head that comes in several pieces, beyond the piece it began in (a read is at most 256 KB)."""


class BoundedHead(HttpToolsProtocol):
    """Refuses a request whose head does not end, whoever sends it: nobody has signed in at that point."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = False
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Parse what came; 400 and the end of the connection for a head beyond the bound."""
        went_on = self._in_head
        super().data_received(data)
        if went_on and self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self.send_400_response("The head of this request is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It has ended."""
        self._in_head = False
        super().on_headers_complete()
