"""The biometric consent text: what a person agrees to before a face or a voice is measured, apart from all other terms.

Change a word, and `VERSION` must rise: captures keep the version and the digest of what they were made under.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

VERSION = 1

Language = Literal["en", "fr"]


@dataclass(frozen=True)
class ConsentText:
    """One version in one language: ``purpose`` and ``retention`` are parts of ``text``, for clients to show first."""

    version: int
    language: Language
    purpose: str
    retention: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the whole text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


_PURPOSE = {
    "en": "Your recording is used to make sure that it shows you, live and now, and to let you appear in clips: your "
    "face and voice are measured, and pictures of your head and a sample of your voice are kept for the clips you "
    "allow. Nothing else is done with them: no model is trained on them, and nobody else is given them.",
    "fr": "Ton enregistrement sert à vérifier qu’il te montre, toi, en direct, et à te faire apparaître dans des "
    "clips : ton visage et ta voix sont mesurés, et des images de ta tête ainsi qu’un échantillon de ta voix sont "
    "gardés pour les clips que tu autorises. Rien d’autre : aucun modèle n’est entraîné avec, personne d’autre ne les "
    "reçoit.",
}
_RETENTION = {
    "en": "The recording itself is destroyed when it has been checked. What is kept of it lies encrypted under a key "
    "of its own, for as long as this version of your cameo serves; that key is destroyed when you record again, erase "
    "the cameo or delete your account. A recording that fails is destroyed at once.",
    "fr": "L’enregistrement lui-même est détruit dès qu’il est vérifié. Ce qui en est gardé est chiffré sous sa propre "
    "clé, tant que cette version de ton caméo sert ; cette clé est détruite quand tu enregistres à nouveau, effaces le "
    "caméo ou supprimes ton compte. Un enregistrement refusé est détruit aussitôt.",
}
_REST = {
    "en": "Your measurements are compared with those of other members and of people who asked to be protected, so "
    "that nobody can register somebody else. When they are alike, a moderator of this server looks at the recording, "
    "and you can read in your decision log that it was opened. Your consent is free: without it you have no cameo and "
    "lose nothing else. You can take it back at any time by erasing the cameo. By recording you confirm that the face "
    "and the voice are yours.",
    "fr": "Tes mesures sont comparées à celles des autres membres et des personnes qui ont demandé à être protégées, "
    "pour que personne ne puisse inscrire quelqu’un d’autre. En cas de ressemblance, une modératrice ou un modérateur "
    "de ce serveur regarde l’enregistrement, et ton journal des décisions dit qu’il a été ouvert. Ton consentement est "
    "libre : sans lui tu n’as pas de caméo et ne perds rien d’autre. Tu peux le retirer à tout moment en effaçant le "
    "caméo. En enregistrant, tu confirmes que le visage et la voix sont les tiens.",
}


def consent_text(language: Language) -> ConsentText:
    """The text in force."""
    purpose, retention = _PURPOSE[language], _RETENTION[language]
    return ConsentText(VERSION, language, purpose, retention, f"{purpose}\n\n{retention}\n\n{_REST[language]}")
