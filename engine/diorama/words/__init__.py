"""Understanding prompts: from free English or French wording to a `Brief`."""

from engine.diorama.words.refusal import without
from engine.diorama.words.understand import understand

__all__ = ["understand", "without"]
