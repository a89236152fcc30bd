"""English letter-to-sound rules for words that no dictionary holds (names, coinages, typos)."""

from __future__ import annotations

import re

from engine.diorama.sound.spelling import Spelling

RULES = """
# --- endings
_ [tion] s?$ = ʃən
_ [ssion] s?$ = ʃən
_ [sion] s?$ = ʒən
_ [ture] s?$ = ʧəɹ
_ [cious] $ = ʃəs
_ [tious] $ = ʃəs
_ [able] $ = əbᵊl
_ [ible] $ = əbᵊl
[^aeiou] [le] s?$ = ᵊl
. [ing] s?$ = ɪŋ
. [age] $ = ɪʤ
_ [ey] $ = i
[td] [ed] $ = ɪd
[pkfsx] [ed] $ = t
. [ed] $ = d
[sxz] [es] $ = ɪz
[aeiouylmnrbdgv] [es] $ = z
. [es] $ = s
[aeiouylmnrbdgvw] [s] $ = z
_ [mb] $ = m
. [er] $ = əɹ
. [or] $ = əɹ
. [ous] $ = əs
. [a] $ = ə
. [o] $ = O
. [i] $ = i
# --- consonants
^ [kn] _ = n
^ [gn] _ = n
^ [wr] _ = ɹ
^ [ps] _ = s
^ [x] _ = z
_ [tch] _ = ʧ
_ [sch] _ = sk
_ [sh] _ = ʃ
_ [ch] r = k
_ [ch] _ = ʧ
_ [ph] _ = f
_ [th] e[rn] = ð
_ [th] _ = θ
_ [gh] _ = ɡ
_ [ck] _ = k
_ [dge] _ = ʤ
_ [dg] _ = ʤ
_ [qu] _ = kw
_ [q] _ = k
_ [ng] $ = ŋ
_ [nk] _ = ŋk
_ [sc] [eiy] = s
_ [cc] [ei] = ks
_ [wh] _ = w
_ [bb] _ = b
_ [cc] _ = k
_ [dd] _ = d
_ [ff] _ = f
_ [gg] _ = ɡ
_ [kk] _ = k
_ [ll] _ = l
_ [mm] _ = m
_ [nn] _ = n
_ [pp] _ = p
_ [rr] _ = ɹ
_ [ss] _ = s
_ [tt] _ = t
_ [vv] _ = v
_ [zz] _ = z
_ [c] [eiy] = s
_ [c] _ = k
_ [g] [eiy] = ʤ
_ [g] _ = ɡ
[aeiou] [s] [aeiou] = z
_ [x] _ = ks
_ [j] _ = ʤ
_ [y] [aeiou] = j
# --- vowels
_ [igh] _ = I
_ [ough] t = ɔ
_ [ough] _ = O
_ [augh] _ = ɔ
_ [eigh] _ = A
_ [air] _ = ɛɹ
_ [are] $ = ɛɹ
_ [ear] _ = ɪɹ
_ [eer] _ = ɪɹ
_ [our] _ = ɔɹ
_ [oor] _ = ɔɹ
_ [ore] $ = ɔɹ
_ [ire] $ = Iəɹ
_ [ure] $ = jʊɹ
_ [ar] ([^aeiou]|$) = ɑɹ
_ [or] ([^aeiou]|$) = ɔɹ
_ [er] ([^aeiou]|$) = ɜɹ
_ [ir] ([^aeiou]|$) = ɜɹ
_ [ur] ([^aeiou]|$) = ɜɹ
_ [ai] _ = A
_ [ay] _ = A
_ [au] _ = ɔ
_ [aw] _ = ɔ
_ [ee] _ = i
_ [ea] _ = i
_ [ei] _ = i
_ [eu] _ = ju
_ [ew] _ = u
_ [ie] _ = i
_ [oa] _ = O
_ [oe] _ = O
_ [oi] _ = Y
_ [oy] _ = Y
_ [oo] k = ʊ
_ [oo] _ = u
_ [ow] $ = O
_ [ow] _ = W
_ [ou] _ = W
_ [ue] $ = u
_ [ui] _ = u
_ [ia] _ = iə
_ [io] _ = iO
# a vowel before one consonant and a silent e is long
_ [a] [^aeiouwxyr]e = A
_ [i] [^aeiouwxyr]e = I
_ [o] [^aeiouwxyr]e = O
_ [u] [^aeiouwxyr]e = u
_ [e] [^aeiouwxyr]e$ = i
_ [al] k = ɔ
^[^aeiouy]{1,2} [y] $ = I
_ [y] $ = i
_ [y] _ = ɪ
^[^aeiouy]{1,2} [e] $ = i
_ [e] $ = 0
_ [a] _ = æ
_ [e] _ = ɛ
_ [i] _ = ɪ
_ [o] _ = ɑ
_ [u] _ = ʌ
_ [r] _ = ɹ
V [h] $ = 0
_ [b] _ = b
_ [d] _ = d
_ [f] _ = f
_ [h] _ = h
_ [k] _ = k
_ [l] _ = l
_ [m] _ = m
_ [n] _ = n
_ [p] _ = p
_ [s] _ = s
_ [t] _ = t
_ [v] _ = v
_ [w] _ = w
_ [z] _ = z
"""

_SPELLING = Spelling(RULES)
_VOWEL = re.compile("[ɑæʌɔWIɛɜAɪiOYʊu]")


def sound_out(word: str) -> str:
    """Phonemes of a lower-case word by its spelling alone, stressed on the third vowel from the end, else the first."""
    sounds = _SPELLING.sound_out(word)
    vowels = [match.start() for match in _VOWEL.finditer(sounds)]
    if not vowels:
        return sounds
    at = vowels[-3] if len(vowels) > 3 else vowels[0]
    return f"{sounds[:at]}ˈ{sounds[at:]}"
