"""What a clip is asked to be (`GenerationSpec`), what a backend can do (`Capabilities`), and what it yields."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from engine.errors import InvalidRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECIPE_SCHEMA = 1


class Quality(StrEnum):
    """How much work to spend: few sampler steps, the usual number, or many."""

    DRAFT = "DRAFT"
    STANDARD = "STANDARD"
    HIGH = "HIGH"


class Phase(StrEnum):
    """Where a generation is. Backends emit the first four; the child adds ENCODE, the worker CHECK and STORE."""

    LOADING = "LOADING"
    TEXT = "TEXT"
    DENOISE = "DENOISE"
    DECODE = "DECODE"
    ENCODE = "ENCODE"
    CHECK = "CHECK"
    STORE = "STORE"


class FacePoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where a face's features are: (x, y) in fractions of its crop, left and right as seen in the picture.

    ``upper_lip`` and ``lower_lip`` are the middles of the lips' inner edges, which meet in a closed mouth.
    """

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    mouth_left: tuple[float, float]
    mouth_right: tuple[float, float]
    upper_lip: tuple[float, float]
    lower_lip: tuple[float, float]
    chin: tuple[float, float]


class FaceCrop(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of a head, cut out: the path of an RGBA PNG or WebP in the scratch folder, alpha = head with hair.

    ``yaw`` is how far the head is turned, in degrees: negative looks to the picture's left, 0 at us. Without
    ``points`` the features are looked for where a head usually has them.
    """

    path: str
    yaw: float = 0.0
    points: FacePoints | None = None


class CastMember(msgspec.Struct, frozen=True, kw_only=True):
    """One consented likeness handed to the engine: crops and samples, never accounts.

    ``faces`` are crops of the head, ``voice`` the path of a sample in the job's scratch folder; either may be
    missing, because the two scopes are separate. ``preferences`` is free text ("always wears a fedora").
    """

    cameo_id: str
    version: int
    name: str
    faces: tuple[FaceCrop, ...] = ()
    voice: str | None = None
    preferences: str | None = None

    def validate(self) -> None:
        """Raise `InvalidRequest` for what is wrong before any file is opened."""
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise InvalidRequest(f"A cast member's name has 1 to {LONGEST_NAME} characters.", field="cast")
        if len(self.faces) > MOST_FACES:
            raise InvalidRequest(f"{self.name} has too many face pictures: at most {MOST_FACES}.", field="cast")
        for face in self.faces:
            if not -90.0 <= face.yaw <= 90.0:
                raise InvalidRequest(f"A face of {self.name} is turned by more than 90 degrees.", field="cast")
            places = () if face.points is None else msgspec.structs.astuple(face.points)
            if not all(0.0 <= value <= 1.0 for place in places for value in place):
                raise InvalidRequest(f"A feature of {self.name}'s face lies outside its picture.", field="cast")


LONGEST_NAME = 80
MOST_FACES = 8
"""Crops of one head: enough to turn it, few enough to keep memory flat."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A remix's parent: its recipe, its latent (a safetensors path in the scratch folder) and how far to go (0–1).

    ``strength`` None leaves it to the backend: as far as the prompt asks. ``credits`` are ids of the videos it comes
    from, the parent first, for the recipe and the file's own words.
    """

    recipe: dict[str, Any]
    latent: str | None
    strength: float | None = None
    credits: tuple[str, ...] = ()


class PreviewSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How previews are made: their longer side in pixels and their greatest size in bytes."""

    long_side: int = 320
    max_bytes: int = 24_000


class GenerationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides a clip. The same spec and build give the same bytes.

    ``seconds`` is the length of the clip, ``width`` × ``height`` are pixels, ``fps`` frames per second, ``seed``
    0 … 2³¹−1, ``guidance_scale`` the classifier-free guidance weight (None: the backend's default). ``mood`` is what
    its music is to be like, for backends that know it; None: as the words say.
    """

    prompt: str
    seconds: float
    width: int
    height: int
    fps: int
    seed: int
    steps: int | None = None
    guidance_scale: float | None = None
    quality: Quality = Quality.STANDARD
    negative_prompt: str | None = None
    style: str | None = None
    mood: str | None = None
    first_frame: str | None = None
    last_frame: str | None = None
    cast: tuple[CastMember, ...] = ()
    source: Source | None = None
    preview: PreviewSettings = PreviewSettings()
    filters: tuple[str, ...] = ()

    @property
    def frame_count(self) -> int:
        """Number of frames: the length rounded to the nearest whole frame."""
        return round(self.seconds * self.fps)


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a backend declares; requests are validated against it before any work."""

    title: str
    audio: bool
    first_frame: bool
    cast: bool
    remix_strength: bool
    streaming: bool
    preview: bool
    min_seconds: float
    max_seconds: float
    sizes: tuple[tuple[int, int], ...]
    fps: tuple[int, ...]
    steps: tuple[int, int]
    styles: tuple[str, ...] = ()
    size_multiple: int = 2
    frame_multiple: int = 1
    frame_offset: int = 0
    max_cast: int = 0
    last_frame: bool = False
    quality_steps: dict[Quality, int] = msgspec.field(default_factory=dict[Quality, int])
    """Sampler steps for each quality when the spec names none; what is missing falls back to the fewest steps."""

    def resolve_steps(self, spec: GenerationSpec) -> int:
        """How many DENOISE steps ``spec`` takes here: its own number, or its quality's."""
        return spec.steps if spec.steps is not None else self.quality_steps.get(spec.quality, self.steps[0])

    def validate(self, spec: GenerationSpec) -> None:
        """Raise `InvalidRequest` (with its field) for the first thing in ``spec`` that this backend cannot do."""
        self._validate_shape(spec)
        self._validate_sampling(spec)
        self._validate_conditioning(spec)

    def _validate_shape(self, spec: GenerationSpec) -> None:
        if not self.min_seconds <= spec.seconds <= self.max_seconds:
            raise InvalidRequest(
                f"This engine makes clips of {self.min_seconds:g} to {self.max_seconds:g} seconds.", field="seconds"
            )
        if (spec.width, spec.height) not in self.sizes:
            offered = ", ".join(f"{w}×{h}" for w, h in self.sizes)
            raise InvalidRequest(f"This engine makes pictures of {offered}.", field="size")
        if spec.fps not in self.fps:
            raise InvalidRequest(f"This engine makes {', '.join(map(str, self.fps))} frames a second.", field="fps")
        if (spec.frame_count - self.frame_offset) % self.frame_multiple:
            raise InvalidRequest(
                f"This engine makes clips of {self.frame_multiple}n + {self.frame_offset} frames.", field="seconds"
            )
        if spec.preview.long_side < 16 or spec.preview.max_bytes < 1_000:
            raise InvalidRequest(
                "A preview is at least 16 pixels long and may take at least 1000 bytes.", field="preview"
            )

    def _validate_sampling(self, spec: GenerationSpec) -> None:
        if not spec.prompt.strip():
            raise InvalidRequest("Say what the clip should show.", field="prompt")
        if spec.steps is not None and not self.steps[0] <= spec.steps <= self.steps[1]:
            raise InvalidRequest(f"Choose {self.steps[0]} to {self.steps[1]} steps.", field="steps")
        if spec.style is not None and spec.style not in self.styles:
            raise InvalidRequest(f"Unknown style. Choose one of: {', '.join(self.styles) or 'none'}.", field="style")
        if not 0 <= spec.seed < 2**31:
            raise InvalidRequest("A seed is a whole number from 0 to 2147483647.", field="seed")
        if spec.guidance_scale is not None and not (math.isfinite(spec.guidance_scale) and spec.guidance_scale >= 0):
            raise InvalidRequest("Guidance is a number from 0 up.", field="guidanceScale")

    def _validate_conditioning(self, spec: GenerationSpec) -> None:
        if spec.first_frame is not None and not self.first_frame:
            raise InvalidRequest("This engine cannot start from a picture.", field="startFrame")
        if spec.last_frame is not None and not self.last_frame:
            raise InvalidRequest("This engine cannot end on a picture.", field="endFrame")
        if len(spec.cast) > self.max_cast or (spec.cast and not self.cast):
            raise InvalidRequest(f"This engine takes at most {self.max_cast} cast members.", field="cast")
        for member in spec.cast:
            member.validate()
        strength = None if spec.source is None else spec.source.strength
        if strength is not None and not 0.0 <= strength <= 1.0:
            raise InvalidRequest("Remix strength goes from 0 (keep all) to 1 (all new).", field="remixStrength")


@dataclass(frozen=True)
class Step:
    """One visible step of the work.

    ``index`` counts from 1 to ``total`` inside ``phase``; ``preview`` is an RGB picture (H, W, 3) uint8 or None.
    """

    phase: Phase
    index: int
    total: int
    preview: NDArray[np.uint8] | None = None


@dataclass
class Clip:
    """A clip ready to be encoded.

    ``frames`` yields exactly ``spec.frame_count`` pictures (height, width, 3) uint8 **BGR**, each valid until the next
    is drawn (backends may reuse one buffer). ``waveform`` is (2, n) float32 in −1 … 1 at ``sample_rate`` Hz, as
    long as the picture, or None for a silent backend. ``latent`` holds the arrays a remix starts from,
    ``latent_format`` says what they are and in which version ("diorama-scene/1").
    """

    frames: Iterator[NDArray[np.uint8]]
    waveform: NDArray[np.float32] | None
    sample_rate: int
    recipe: dict[str, Any]
    latent: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    latent_format: str = ""


class Backend(Protocol):
    """A clip maker. One file in `engine/backends/` holds one, registered with `engine.registry.register`.

    Importing that file must be cheap: torch and weights are touched in `load` only.
    """

    name: str
    capabilities: Capabilities
    weights: str
    """SHA-256 (hex) of the weights in use; empty before `load`, and for a backend that has none."""

    def load(self, device: str) -> None:
        """Bring weights into memory on ``device`` ("cpu", "cuda:0"). Raises `BackendUnavailable`."""
        ...

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Yield steps and at last one `Clip`. The caller cancels by closing or throwing at a step boundary."""
        ...
