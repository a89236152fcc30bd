"""The words diorama's parts share: a `Brief` (what the prompt asks) and a `Scene` (what the model directs).

words → Brief → model → Scene → sound and paint. Positions are fractions of the frame: x 0 (left) … 1 (right), y 0
(top) … 1 (bottom). A sprite's (x, y) is the point where it touches the ground (the middle of its foot line).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEYS = 64
"""Key poses along a clip, evenly spaced from its first to its last frame."""

SLOTS = 6
"""Most actors a scene directs. Further subjects are listed as unsupported."""

MOTIONS = (
    "idle", "walk", "run", "jump", "bounce", "fly", "swim", "fall", "spin", "dance", "wave", "chase", "orbit", "float",
    "drive", "grow", "shrink", "explode", "shake", "climb", "roll", "slide", "appear", "vanish", "hover", "sleep",
)  # fmt: skip
RELATIONS = (
    "none",
    "left_of",
    "right_of",
    "behind",
    "in_front_of",
    "on",
    "over",
    "under",
    "holding",
    "chasing",
    "beside",
)
PLACES = (
    "meadow", "forest", "beach", "sea", "underwater", "city", "street", "desert", "mountains", "snowfield", "space",
    "room", "kitchen", "stage", "sky", "farm", "jungle", "river", "castle", "stadium", "moon", "volcano", "garden",
    "road", "school",
)  # fmt: skip
TIMES = ("dawn", "day", "dusk", "night")
WEATHERS = ("clear", "rain", "snow", "fog", "storm", "wind")
CAMERAS = ("static", "pan_left", "pan_right", "zoom_in", "zoom_out", "follow", "shake")
MOODS = ("calm", "happy", "sad", "tense", "epic", "funny", "romantic", "spooky")
STYLES = ("plain", "clay", "paper", "pixel", "noir", "watercolour", "neon")
COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gold",
    "turquoise",
)  # fmt: skip
KINDS = ("animal", "person", "flyer", "swimmer", "vehicle", "plant", "food", "object", "sky")

TRACK_CHANNELS = ("x", "y", "scale", "rotation", "squash", "facing", "opacity", "impact")
"""What the model directs for each actor at each key: ``scale`` 1 = natural size, ``rotation`` radians clockwise,
``squash`` −1 (flat) … 0 … 1 (stretched), ``facing`` −1 left / +1 right, ``opacity`` 0 … 1, ``impact`` 0 … 1: how hard
it hits something at that moment (a landing, a bump)."""

CAMERA_CHANNELS = ("x", "y", "zoom", "shake")
"""Centre of view in fractions of the frame (0.5, 0.5 = middle), ``zoom`` ≥ 1, ``shake`` 0 … 1."""


@dataclass(frozen=True)
class Subject:
    """One thing the prompt names. ``art`` is an asset id of the art pack; ``word`` is how the prompt called it."""

    art: str
    word: str
    kind: str
    size: float
    """Height in fractions of the frame's shorter side at scale 1."""
    colour: str | None = None
    motions: tuple[str, ...] = ("idle",)
    """Successive motions ("runs then jumps"), each taking an even share of the clip."""
    relation: str = "none"
    target: int | None = None
    """Index of the subject that ``relation`` and ``chase`` refer to."""
    nearest: bool = False
    """True when ``word`` is not in the art pack and ``art`` is only its nearest known neighbour."""
    cast: int | None = None
    """Which cast member plays it (an index into the spec's cast), or None for drawn art."""


@dataclass(frozen=True)
class Line:
    """Something said aloud. ``speaker`` is an index into the subjects, or None for a narrator."""

    text: str
    language: str
    speaker: int | None


@dataclass(frozen=True)
class Brief:
    """A prompt understood. ``unsupported`` lists the words that found no meaning, ``nearest`` maps word → art used."""

    prompt: str
    language: str
    subjects: tuple[Subject, ...]
    lines: tuple[Line, ...] = ()
    place: str = "meadow"
    time: str = "day"
    weather: str = "clear"
    camera: str = "static"
    style: str = "plain"
    mood: str = "calm"
    unsupported: tuple[str, ...] = ()
    nearest: dict[str, str] = field(default_factory=dict)


@dataclass
class Scene:
    """A brief, directed: everything sound and paint need, and what a remix starts from.

    ``tracks`` is (len(subjects), KEYS, 8) float32 as `TRACK_CHANNELS`; ``camera`` is (KEYS, 4) as `CAMERA_CHANNELS`.
    Keys are evenly spaced over ``seconds``; read between them with `at`.
    """

    brief: Brief
    seconds: float
    seed: int
    tracks: NDArray[np.float32]
    camera: NDArray[np.float32]


@dataclass(frozen=True)
class Speech:
    """A line as it sounds: when it starts (s), how long it lasts (s), and how far the mouth opens.

    ``mouth`` is (m,) float32 0 … 1 at `MOUTH_RATE` values a second from ``start``.
    """

    line: Line
    start: float
    seconds: float
    mouth: NDArray[np.float32]


MOUTH_RATE = 60


@dataclass
class Soundtrack:
    """(2, n) float32 stereo at ``sample_rate`` Hz, what was said and when, and the sound events."""

    waveform: NDArray[np.float32]
    sample_rate: int
    speeches: tuple[Speech, ...]
    events: list[dict[str, Any]]
    """Each ``{"time": s, "sound": name, "subject": index | None}``."""
