"""A capture's challenge in words for people, in English and French."""

from __future__ import annotations

from engine.capture.spec import CameoKind, Challenge, Gesture, Step, Turn

_LOOK = {
    "en": "Look straight at the camera, alone, in good light, for three seconds.",
    "fr": "Regarde bien en face la caméra, seul·e, dans une bonne lumière, pendant trois secondes.",
}
_SHOW = {
    "en": "Show it from all sides, or send a picture of it. No human face may be seen.",
    "fr": "Montre-le de tous les côtés, ou envoie une image. Aucun visage humain ne doit être visible.",
}
_TURNS = {
    "en": ("Turn your head and come back to the middle each time: {}.", "then"),
    "fr": ("Tourne la tête et reviens au milieu à chaque fois : {}.", "puis"),
}
_GESTURES = {
    "en": ("While you look at the camera: {}.", "then"),
    "fr": ("En regardant la caméra : {}.", "puis"),
}
_DIGITS = {"en": "Read aloud, digit by digit: {}.", "fr": "Lis à voix haute, chiffre par chiffre : {}."}
_PHRASE = {"en": "Read aloud: “{}”", "fr": "Lis à voix haute : « {} »"}
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        Turn.LEFT: "to your left", Turn.RIGHT: "to your right", Turn.UP: "up", Turn.DOWN: "down",
        Gesture.BLINK: "blink", Gesture.SMILE: "smile",
    },
    "fr": {
        Turn.LEFT: "à gauche", Turn.RIGHT: "à droite", Turn.UP: "vers le haut", Turn.DOWN: "vers le bas",
        Gesture.BLINK: "cligne des yeux", Gesture.SMILE: "souris",
    },
}  # fmt: skip


def in_words(challenge: Challenge) -> str:
    """What to do, a line a step, in the challenge's language."""
    return "\n".join(line for step in challenge.steps for line in _lines(challenge, step))


def _lines(challenge: Challenge, step: Step) -> list[str]:
    language = challenge.language
    if step is Step.LOOK:
        if challenge.kind is not CameoKind.PERSON:
            return [_SHOW[language]]
        return [_LOOK[language], *_in_order(_GESTURES[language], challenge.gestures, language)]
    if step is Step.TURNS:
        return _in_order(_TURNS[language], challenge.turns, language)
    if challenge.phrase is not None:
        return [_PHRASE[language].format(challenge.phrase)]
    return [_DIGITS[language].format(" ".join(challenge.digits or ""))]


def _in_order(words: tuple[str, str], moves: tuple[Turn, ...] | tuple[Gesture, ...], language: str) -> list[str]:
    sentence, then = words
    return [sentence.format(f", {then} ".join(_WORDS[language][move] for move in moves))] if moves else []
