"""What can go wrong while a clip is made, in words that may be shown to the member who asked for it."""

from __future__ import annotations


class EngineError(Exception):
    """A failure the engine foresaw.

    ``code`` is stable and upper-case (it becomes ``Failure.code`` in the API); ``retryable`` says whether the same
    request may succeed on another attempt; the message is for people: what happened, what to do.
    """

    code = "ENGINE_FAILED"
    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(EngineError):
    """The spec asks for something the backend does not declare. ``field`` names the offending part."""

    code = "INVALID_REQUEST"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class OutOfMemory(EngineError):
    """The device or the host ran out of memory."""

    code = "OUT_OF_MEMORY"
    retryable = True


class BackendUnavailable(EngineError):
    """The backend cannot be loaded here: weights, a package or a device is missing."""

    code = "BACKEND_UNAVAILABLE"
    retryable = True


class ChildDied(EngineError):
    """The engine's child process ended without an answer (killed, crashed, out of memory)."""

    code = "ENGINE_DIED"
    retryable = True


class TimedOut(EngineError):
    """The clip took longer than its time limit and was stopped."""

    code = "TIMED_OUT"


class GenerationCancelled(EngineError):
    """The clip was cancelled before it was done: how the driver of an engine child reports `Cancelled`."""

    code = "CANCELLED"


class Cancelled(BaseException):
    """Raised inside the engine at a step boundary once cancellation was asked for.

    Derived from ``BaseException`` so that no ``except Exception`` in a backend or a library swallows it.
    """
