"""Spelling becomes sound: dictionary, rules, numbers, liaison, and never a symbol the voice does not know."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diorama.sound import english, french, numerals
from engine.diorama.sound.phonemes import PAUSES, VOCAB, phonemes, tokens
from engine.diorama.sound.spelling import Spelling


def plain(symbols: str) -> str:
    """Phonemes without stress marks."""
    return symbols.replace("ˈ", "").replace("ˌ", "")


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("hello", "həlˈO"),
        ("fox", "fˈɑks"),
        ("little", "lˈɪɾəl"),
        ("nature", "nˈAʧəɹ"),
        ("the", "ðə"),
        ("kittens", "kˈɪɾənz"),
    ],
)
def test_english_dictionary_words_have_kokoros_symbols(word: str, sounds: str) -> None:
    assert english.pronounce(word) == sounds


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("zorblax", "zɔɹblæks"),
        ("snorfing", "snɔɹfɪŋ"),
        ("phake", "fAk"),
        ("glimbtion", "ɡlɪmbʃən"),
        ("blorple", "blɔɹpᵊl"),
    ],
)
def test_unknown_english_words_are_sounded_out_by_rule(word: str, sounds: str) -> None:
    assert plain(english.pronounce(word)) == sounds


def test_the_before_a_vowel_changes_its_vowel() -> None:
    assert english.phrase(["the", "apple"])[0] == "ði"
    assert english.phrase(["the", "pear"])[0] == "ðə"


def test_british_english_drops_the_r_that_no_vowel_follows() -> None:
    assert phonemes("The car is far", "en", british=True).endswith("fˈɑː")
    assert "ɹ" in phonemes("The car is red", "en", british=True)


def test_acronyms_are_read_by_letters_and_shouted_words_as_words() -> None:
    assert plain(phonemes("DVD", "en")) == "dividi"
    assert phonemes("STOP", "en") == phonemes("stop", "en")


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("bonjour", "bɔ̃ʒuʁ"), ("grenouille", "ɡʁənuj"), ("oiseau", "wazo"), ("château", "ʃato"), ("famille", "famij"),
        ("ville", "vil"), ("montagne", "mɔ̃taɲ"), ("vraiment", "vʁɛmɑ̃"), ("mangent", "mɑ̃ʒ"), ("parlent", "paʁl"),
        ("monsieur", "məsjø"), ("femme", "fam"), ("feuille", "fœj"), ("guitare", "ɡitaʁ"), ("station", "stasjɔ̃"),
        ("question", "kɛstjɔ̃"), ("examen", "ɛɡzamɛ̃"), ("écureuil", "ekyʁœj"), ("pluie", "plɥi"), ("chien", "ʃjɛ̃"),
        ("soleil", "sɔlɛj"), ("beaucoup", "boku"), ("dessert", "dɛsɛʁ"), ("hiver", "ivɛʁ"), ("manger", "mɑ̃ʒe"),
        ("nuages", "nɥaʒ"), ("rouge", "ʁuʒ"), ("vieux", "vjø"), ("fleur", "flœʁ"), ("européen", "øʁɔpeɛ̃"),
    ],
)  # fmt: skip
def test_french_words_sound_as_they_are_said(word: str, sounds: str) -> None:
    assert french.pronounce(word) == sounds


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("les enfants", "lez ɑ̃fɑ̃"), ("les héros", "le eʁo"), ("un ami", "œ̃n ami"), ("vous avez", "vuz ave"),
        ("petit oiseau", "pətit wazo"), ("des hiboux", "de ibu"), ("neuf heures", "nœv œʁ"), ("six chats", "si ʃa"),
        ("six amis", "siz ami"), ("l'histoire", "listwaʁ"), ("c'est", "sɛ"), ("aujourd'hui", "oʒuʁdɥi"),
    ],
)  # fmt: skip
def test_french_liaison_links_where_custom_asks_for_it(text: str, sounds: str) -> None:
    assert plain(phonemes(text, "fr")) == sounds


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zéro"), (21, "vingt et un"), (71, "soixante et onze"), (80, "quatre-vingt"), (91, "quatre-vingt-onze"),
     (100, "cent"), (200, "deux cent"), (1999, "mille neuf cent quatre-vingt-dix-neuf"), (2_000_000, "deux million")],
)  # fmt: skip
def test_french_numbers_are_spelled_out(number: int, words: str) -> None:
    assert numerals.french(number) == words


def test_english_numbers_years_clocks_and_money_are_spelled_out() -> None:
    spelled = numerals.spell_out_english("In 1984 at 3:05 $20 and 1,250").split()
    assert " ".join(spelled) == (
        "In nineteen eighty four at three oh five twenty dollars and one thousand two hundred fifty"
    )
    assert numerals.english_ordinal(22) == "twenty second"


def test_punctuation_becomes_pauses_and_nothing_sayable_is_empty() -> None:
    assert phonemes("Wait... what?", "en").count("…") == 1
    assert phonemes("🦊🔥 ---", "en") == ""
    assert phonemes("!!!", "fr") == ""
    assert phonemes("日本語", "en") == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "fr", "de"]), st.booleans())
def test_any_text_gives_only_symbols_of_the_vocabulary(text: str, language: str, british: bool) -> None:  # noqa: FBT001
    symbols = phonemes(text, language, british=british)
    assert set(symbols) <= set(VOCAB)
    assert len(tokens(symbols)) == len(symbols)
    assert not symbols or symbols[0] not in PAUSES


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[a-zàâçéèêëîïôùûœ'\-]{1,14}", fullmatch=True))
def test_any_word_in_latin_letters_with_a_vowel_is_said(word: str) -> None:
    if any(letter in "aiouyàâéèêîôùû" for letter in word):
        assert phonemes(word, "fr")


def test_a_line_that_is_no_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="not a spelling rule"):
        Spelling("a = b")
