"""What subjects themselves sound like: animal calls, and engines that follow the subject's speed."""

# ruff: noqa: ARG001 -- every call has the same signature, with or without chance in it

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.dsp import (
    TAU,
    add,
    band,
    formant_tone,
    glide,
    noise,
    seconds,
    swell,
    tilted_noise,
    tone,
    unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.diorama.scene import Subject
    from engine.diorama.sound.dsp import Wave

    Call = Callable[[int, np.random.Generator], Wave]


def dog(rate: int, rng: np.random.Generator) -> Wave:
    """Two barks."""
    wave = np.zeros(round(0.62 * rate), np.float32)
    t = seconds(0.19, rate)
    for at, lift in ((0.0, 1.0), (0.32, 1.08)):
        phase = glide(t, ((0, 330 * lift), (0.05, 520 * lift), (0.19, 270 * lift)), rate)
        bark = formant_tone(phase, 420 * lift, ((700, 250, 1), (1300, 300, 0.8), (2600, 500, 0.3)))
        add(
            wave,
            (bark + 0.35 * tilted_noise(t.size, rate, rng, 400, 4000, 0.5)) * swell(t, 0.012, 0.11),
            round(at * rate),
        )
    return unit(wave)


def cat(rate: int, rng: np.random.Generator) -> Wave:
    """One meow."""
    t = seconds(0.75, rate)
    phase = glide(t, ((0, 520), (0.18, 760), (0.45, 700), (0.75, 430)), rate) + 0.15 * np.sin(TAU * 7 * t)
    closed = formant_tone(phase, 650, ((500, 200, 1), (2600, 400, 0.5)))
    open_ = formant_tone(phase, 650, ((1050, 300, 1), (1900, 400, 0.8), (3000, 500, 0.3)))
    arc = np.sin(np.clip(t / 0.75, 0, 1) * (TAU / 2)) ** 1.5
    return unit((closed * (1 - arc) + open_ * arc) * swell(t, 0.07, 0.3))


def bird(rate: int, rng: np.random.Generator) -> Wave:
    """A few chirps."""
    wave = np.zeros(round(0.8 * rate), np.float32)
    t = seconds(0.09, rate)
    for at in (0.0, 0.13, 0.3, 0.42, 0.55):
        top = float(rng.uniform(3400, 4800))
        phase = glide(t, ((0, top * 0.75), (0.03, top), (0.09, top * 0.6)), rate)
        add(wave, np.sin(phase) * swell(t, 0.01, 0.05), round(at * rate))
    return unit(wave)


def duck(rate: int, rng: np.random.Generator) -> Wave:
    """Three quacks."""
    wave = np.zeros(round(0.75 * rate), np.float32)
    t = seconds(0.17, rate)
    for at in (0.0, 0.24, 0.48):
        phase = glide(t, ((0, 300), (0.17, 230)), rate)
        quack = formant_tone(phase, 270, ((1200, 250, 1), (2300, 350, 0.7)), 28)
        add(wave, np.tanh(2 * quack) * swell(t, 0.012, 0.07), round(at * rate))
    return unit(wave)


def cow(rate: int, rng: np.random.Generator) -> Wave:
    """A long moo."""
    t = seconds(1.2, rate)
    phase = glide(t, ((0, 120), (0.3, 165), (0.9, 160), (1.2, 110)), rate)
    return unit(formant_tone(phase, 150, ((300, 120, 1), (700, 200, 0.5), (2200, 400, 0.12))) * swell(t, 0.2, 0.4))


def roar(rate: int, rng: np.random.Generator) -> Wave:
    """A lion, a bear, a dragon, a monster."""
    t = seconds(1.3, rate)
    phase = (
        glide(t, ((0, 85), (0.25, 150), (1.3, 60)), rate)
        + 0.8 * np.cumsum(noise(t.size, rng)).astype(np.float32) * 0.01
    )
    voice = formant_tone(phase, 110, ((450, 200, 1), (900, 300, 0.7), (1900, 500, 0.35)), 30)
    breath = tilted_noise(t.size, rate, rng, 120, 2800, 0.6)
    growl = 0.6 + 0.4 * np.sin(TAU * 27 * t)
    return unit(np.tanh(2.5 * (voice + 0.6 * breath) * growl) * swell(t, 0.1, 0.7))


def sheep(rate: int, rng: np.random.Generator) -> Wave:
    """A bleat with its tremor."""
    t = seconds(0.8, rate)
    phase = glide(t, ((0, 330), (0.8, 290)), rate)
    bleat = formant_tone(phase, 310, ((800, 250, 1), (1700, 300, 0.7)), 26)
    return unit(bleat * (0.6 + 0.4 * np.sin(TAU * 9 * t)) * swell(t, 0.05, 0.25))


def pig(rate: int, rng: np.random.Generator) -> Wave:
    """Two oinks."""
    wave = np.zeros(round(0.7 * rate), np.float32)
    t = seconds(0.24, rate)
    for at in (0.0, 0.36):
        phase = glide(t, ((0, 140), (0.12, 230), (0.24, 180)), rate)
        oink = formant_tone(phase, 180, ((600, 200, 1), (1500, 300, 0.9)), 26) + 0.5 * tilted_noise(
            t.size, rate, rng, 300, 2500, 0.5
        )
        add(wave, oink * (0.6 + 0.4 * np.sign(np.sin(TAU * 45 * t))) * swell(t, 0.03, 0.1), round(at * rate))
    return unit(band(wave, rate, 100, 5000))


def horse(rate: int, rng: np.random.Generator) -> Wave:
    """A whinny falling in trembling steps."""
    t = seconds(1.2, rate)
    phase = glide(t, ((0, 900), (0.2, 1150), (1.2, 420)), rate) + 1.4 * np.sin(TAU * 11 * t)
    return unit(formant_tone(phase, 800, ((1000, 400, 1), (2400, 500, 0.6)), 12) * swell(t, 0.06, 0.4))


def frog(rate: int, rng: np.random.Generator) -> Wave:
    """Two croaks."""
    wave = np.zeros(round(0.8 * rate), np.float32)
    t = seconds(0.28, rate)
    for at in (0.0, 0.42):
        croak = formant_tone(glide(t, ((0, 95), (0.28, 125)), rate), 110, ((600, 150, 1), (1500, 250, 0.6)), 28)
        add(wave, croak * (0.5 + 0.5 * np.sign(np.sin(TAU * 32 * t))) * swell(t, 0.04, 0.08), round(at * rate))
    return unit(band(wave, rate, 80, 4000))


def rooster(rate: int, rng: np.random.Generator) -> Wave:
    """Cock-a-doodle-doo."""
    t = seconds(1.3, rate)
    points = ((0, 500), (0.12, 700), (0.2, 620), (0.35, 900), (0.45, 760), (0.6, 1050), (1.0, 1000), (1.3, 600))
    crow = formant_tone(glide(t, points, rate), 850, ((1100, 350, 1), (2500, 500, 0.6)), 14)
    gaps = np.interp(t, (0, 0.13, 0.17, 0.22, 0.38, 0.42, 0.47), (1, 1, 0.1, 1, 1, 0.1, 1)).astype(np.float32)
    return unit(crow * gaps * swell(t, 0.02, 0.35))


def owl(rate: int, rng: np.random.Generator) -> Wave:
    """Hoo, hoo-hoo."""
    wave = np.zeros(round(1.4 * rate), np.float32)
    for at, length in ((0.0, 0.3), (0.55, 0.2), (0.85, 0.5)):
        t = seconds(length, rate)
        add(
            wave,
            tone(glide(t, ((0, 360), (length, 330)), rate), (1, 0.1, 0.05)) * swell(t, 0.06, 0.12),
            round(at * rate),
        )
    return unit(wave)


def elephant(rate: int, rng: np.random.Generator) -> Wave:
    """A trumpet blast."""
    t = seconds(1.0, rate)
    phase = glide(t, ((0, 320), (0.2, 560), (0.7, 600), (1.0, 380)), rate) + 0.5 * np.sin(TAU * 22 * t)
    return unit(np.tanh(3 * formant_tone(phase, 500, ((1000, 500, 1), (2400, 700, 0.7)), 20)) * swell(t, 0.06, 0.3))


def mouse(rate: int, rng: np.random.Generator) -> Wave:
    """Tiny squeaks."""
    wave = np.zeros(round(0.45 * rate), np.float32)
    t = seconds(0.09, rate)
    for at in (0.0, 0.14, 0.3):
        add(
            wave,
            tone(glide(t, ((0, 2400), (0.04, 3100), (0.09, 2500)), rate), (1, 0.2)) * swell(t, 0.015, 0.04),
            round(at * rate),
        )
    return unit(wave)


def wolf(rate: int, rng: np.random.Generator) -> Wave:
    """A howl that rises and hangs."""
    t = seconds(1.8, rate)
    phase = glide(t, ((0, 280), (0.45, 560), (1.3, 540), (1.8, 360)), rate) + 0.3 * np.sin(TAU * 5 * t)
    return unit(formant_tone(phase, 520, ((600, 200, 1), (1100, 300, 0.4)), 10) * swell(t, 0.25, 0.6))


def fox(rate: int, rng: np.random.Generator) -> Wave:
    """Three short yaps."""
    wave = np.zeros(round(0.6 * rate), np.float32)
    t = seconds(0.11, rate)
    for at in (0.0, 0.2, 0.4):
        yap = formant_tone(
            glide(t, ((0, 640), (0.03, 900), (0.11, 560)), rate), 750, ((1100, 300, 1), (2400, 500, 0.5)), 14
        )
        add(
            wave, (yap + 0.2 * tilted_noise(t.size, rate, rng, 800, 5000, 0.3)) * swell(t, 0.01, 0.06), round(at * rate)
        )
    return unit(wave)


def bee(rate: int, rng: np.random.Generator) -> Wave:
    """A buzz passing by."""
    t = seconds(1.2, rate)
    phase = glide(t, ((0, 205), (0.6, 240), (1.2, 195)), rate) + 0.5 * np.sin(TAU * 8 * t)
    return unit(formant_tone(phase, 220, ((900, 600, 1), (2600, 900, 0.4)), 26) * swell(t, 0.3, 0.4))


def monkey(rate: int, rng: np.random.Generator) -> Wave:
    """Oo-oo-ah-ah."""
    wave = np.zeros(round(0.95 * rate), np.float32)
    t = seconds(0.15, rate)
    for at, hertz, formant in ((0.0, 420, 550), (0.2, 470, 600), (0.42, 640, 1100), (0.62, 700, 1200)):
        hoot = formant_tone(
            glide(t, ((0, hertz * 0.8), (0.15, hertz * 1.1)), rate), hertz, ((formant, 250, 1), (2300, 500, 0.3)), 16
        )
        add(wave, hoot * swell(t, 0.02, 0.06), round(at * rate))
    return unit(wave)


def horn(rate: int, rng: np.random.Generator) -> Wave:
    """A friendly double toot."""
    wave = np.zeros(round(0.5 * rate), np.float32)
    t = seconds(0.16, rate)
    toot = tone(TAU * 392 * t, (1, 0.6, 0.5, 0.3, 0.2)) + tone(TAU * 494 * t, (1, 0.6, 0.5, 0.3, 0.2))
    for at in (0.0, 0.24):
        add(wave, toot * swell(t, 0.01, 0.04), round(at * rate))
    return unit(wave)


def robot(rate: int, rng: np.random.Generator) -> Wave:
    """Beeps and bloops."""
    wave = np.zeros(round(0.7 * rate), np.float32)
    t = seconds(0.09, rate)
    for at in np.arange(0.0, 0.6, 0.11):
        hertz = float(rng.choice((523, 659, 784, 1047, 1319)))
        add(
            wave,
            tone(TAU * np.float32(hertz) * t, (1, 0, 0.3, 0, 0.15)) * swell(t, 0.01, 0.03),
            round(float(at) * rate),
        )
    return unit(wave)


def ghost(rate: int, rng: np.random.Generator) -> Wave:
    """A wavering boo."""
    t = seconds(1.4, rate)
    phase = glide(t, ((0, 330), (0.5, 440), (1.4, 260)), rate) + 0.9 * np.sin(TAU * 5 * t)
    return unit(tone(phase, (1, 0.15, 0.05)) * swell(t, 0.35, 0.6))


_CALLS: tuple[tuple[str, Call], ...] = (
    (r"dogs?|pupp\w*|poodle|corgi|hound|chiens?|chienne|chiot|caniche|toutou", dog),
    (r"(?<!pole)cats?|kitt\w*|chats?|chatte|chaton|minou", cat),
    (r"ducks?|duckling|goose|swan|canards?|caneton|oie|cygne", duck),
    (r"chicken|rooster|hen|cock|coq|poule|poulet", rooster),
    (r"owls?|hiboux?|chouette", owl),
    (r"birds?|parrot|eagle|sparrow|chick|penguin|flamingo|toucan", bird),
    (r"oiseaux?|perroquet|aigle|moineau|poussin|manchot|pingouin", bird),
    (r"cows?|ox|bull|buffalo|bison|vaches?|boeuf|bœuf|taureau|veau", cow),
    (r"lions?|tigers?|bears?|dragons?|dinosaurs?|monsters?|rex|panther|leopard|gorilla", roar),
    (r"tigres?|ours|dinosaure|monstre|panda|yeti|werewolf", roar),
    (r"sheep|lambs?|rams?|goats?|ewe|moutons?|brebis|agneau|chèvre|bouc", sheep),
    (r"pigs?|piglet|boar|hog|cochons?|porc|porcelet|sanglier", pig),
    (r"horses?|pony|unicorns?|donkey|zebra|chevaux|cheval|poney|licorne|âne|zèbre", horse),
    (r"frogs?|toads?|grenouilles?|crapaud", frog),
    (r"elephants?|mammoth|éléphants?|mammouth", elephant),
    (r"mouse|mice|rats?|hamsters?|squirrel|rabbits?|bunny|hedgehog|souris|écureuil|lapins?|hérisson|chipmunk", mouse),
    (r"wolf|wolves|loups?|husky", wolf),
    (r"fox|foxes|renards?|raccoon|raton", fox),
    (r"bees?|honeybee|wasp|fly|flies|mosquito|abeilles?|guêpe|mouche|moustique|beetle", bee),
    (r"monkeys?|apes?|chimpanzee|orangutan|singes?|chimpanzé", monkey),
    (r"robots?|android|alien|extraterrestre|ufo|ovni", robot),
    (r"ghosts?|fantômes?|spook", ghost),
)  # fmt: skip
_COMPILED = tuple((re.compile(rf"(?<![a-zà-ÿ])(?:{words})(?![a-zà-ÿ])"), call) for words, call in _CALLS)


def call_of(subject: Subject) -> tuple[str, Call] | None:
    """(name, call) of what ``subject`` says without words, or None when nothing is known of it."""
    for words in (subject.word, subject.art):
        for pattern, call in _COMPILED:
            if pattern.search(words.lower().replace("_", " ")):
                return call.__name__, call
    return (
        ("horn", horn)
        if subject.kind == "vehicle" and re.search(r"car|taxi|bus|truck|voiture|camion", subject.word.lower())
        else None
    )


def engine(subject: Subject, speed: Wave, approach: Wave, rate: int, rng: np.random.Generator) -> Wave:
    """The motor of a vehicle over a whole clip, (n,) float32.

    ``speed`` (frame widths a second) sets the revolutions, ``approach`` (−1 leaving … 1 coming) shifts pitch a little.
    """
    words = f"{subject.word} {subject.art}".lower()
    revs = (52 + 60 * np.minimum(np.abs(speed), 1.5)) * (1 + 0.06 * approach)
    if re.search(r"rocket|fusée|plane|jet|avion|airplane|shuttle|spaceship", words):
        air = tilted_noise(speed.size, rate, rng, 60, 3000, 0.8)
        whine = np.sin((np.cumsum(700 + 500 * np.minimum(np.abs(speed), 1.5)) * (2 * np.pi / rate)).astype(np.float32))
        return unit(air * (0.5 + 0.5 * np.minimum(np.abs(speed), 1.0)) + 0.06 * whine)
    if re.search(r"helicopter|hélicoptère", words):
        t = seconds(speed.size / rate, rate)[: speed.size]
        chop = np.maximum(np.sin(TAU * 11 * t), 0) ** 3
        return unit(tilted_noise(speed.size, rate, rng, 60, 1500, 0.8) * (0.2 + chop))
    if re.search(
        r"bicycle|bike|vélo|bicyclette|skateboard|sled|sail|canoe|kayak|boat|bateau|voilier|trottinette|scooter", words
    ):
        return 0.4 * unit(tilted_noise(speed.size, rate, rng, 300, 4000, 0.9) * np.minimum(np.abs(speed) * 2, 1.0))
    train = re.search(r"train|locomotive|tram", words) is not None
    phase = (np.cumsum(revs) * (2 * np.pi / rate)).astype(np.float32)
    motor = tone(phase, (0.3, 0.8, 0.6, 0.8, 0.35, 0.5, 0.25, 0.3, 0.15, 0.2))
    road = tilted_noise(speed.size, rate, rng, 80, 1500, 0.7) * np.minimum(np.abs(speed), 1.0)
    if train:
        road += 0.8 * tilted_noise(speed.size, rate, rng, 200, 3500, 0.7) * np.maximum(np.sin(phase / 9), 0) ** 4
    return unit(np.tanh(motor) + road)
