"""The sound of a scene: speech, effects, ambience and music."""

from engine.diorama.sound.soundtrack import load, score

__all__ = ["load", "score"]
