"""What a backend refuses, and what a spec means."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.progress import PHASES, PhaseTimes, Progress
from engine.spec import (
    Capabilities,
    CastMember,
    FaceCrop,
    FacePoints,
    GenerationSpec,
    Phase,
    PreviewSettings,
    Quality,
    Source,
)

SPEC = GenerationSpec(prompt="a fox", seconds=2.0, width=720, height=1280, fps=30, seed=1)
LIMITS = Capabilities(
    title="Test",
    audio=True,
    first_frame=False,
    cast=False,
    remix_strength=True,
    streaming=False,
    preview=True,
    min_seconds=1.0,
    max_seconds=10.0,
    sizes=((720, 1280),),
    fps=(24, 30),
    steps=(2, 32),
    styles=("plain",),
    quality_steps={Quality.DRAFT: 4, Quality.STANDARD: 8, Quality.HIGH: 16},
)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seconds": 10.1}, "seconds"),
        ({"seconds": 0.5}, "seconds"),
        ({"seconds": math.nan}, "seconds"),
        ({"width": 1280}, "size"),
        ({"fps": 25}, "fps"),
        ({"steps": 33}, "steps"),
        ({"steps": 1}, "steps"),
        ({"style": "oil"}, "style"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"prompt": " \n"}, "prompt"),
        ({"guidance_scale": -1.0}, "guidanceScale"),
        ({"guidance_scale": math.inf}, "guidanceScale"),
        ({"first_frame": "start.png"}, "startFrame"),
        ({"last_frame": "end.png"}, "endFrame"),
        ({"cast": (CastMember(cameo_id="c", version=1, name="Ada"),)}, "cast"),
        ({"source": Source(recipe={}, latent=None, strength=1.5)}, "remixStrength"),
        ({"preview": PreviewSettings(long_side=4)}, "preview"),
        ({"preview": PreviewSettings(max_bytes=10)}, "preview"),
    ],
)
def test_each_thing_out_of_bounds_is_refused_by_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        LIMITS.validate(msgspec.structs.replace(SPEC, **changes))
    assert caught.value.field == field


@pytest.mark.parametrize("changes", [{}, {"seconds": 10.0, "fps": 24}, {"seconds": 1.0, "steps": 2, "style": "plain"}])
def test_what_lies_on_the_bounds_is_accepted(changes: dict[str, object]) -> None:
    LIMITS.validate(msgspec.structs.replace(SPEC, **changes))


def cast(*faces: FaceCrop) -> GenerationSpec:
    return msgspec.structs.replace(SPEC, cast=(CastMember(cameo_id="c", version=1, name="Ada", faces=faces),))


def points(**changes: tuple[float, float]) -> FacePoints:
    plain = FacePoints(
        left_eye=(0.3, 0.5), right_eye=(0.7, 0.5), mouth_left=(0.4, 0.75), mouth_right=(0.6, 0.75),
        upper_lip=(0.5, 0.76), lower_lip=(0.5, 0.76), chin=(0.5, 1.0),
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        ((FaceCrop(path="a.png", yaw=math.nan),), "turned"),
        ((FaceCrop(path="a.png", yaw=-91.0),), "turned"),
        ((FaceCrop(path="a.png", points=points(chin=(0.5, 1.01))),), "outside"),
        ((FaceCrop(path="a.png", points=points(left_eye=(math.nan, 0.5))),), "outside"),
        ((FaceCrop(path="a.png"),) * 9, "too many"),
    ],
)
def test_a_cast_that_cannot_be_is_refused_before_a_file_is_opened(faces: tuple[FaceCrop, ...], words: str) -> None:
    limits = msgspec.structs.replace(LIMITS, cast=True, max_cast=2)
    limits.validate(cast(FaceCrop(path="a.png", yaw=-90.0, points=points())))
    with pytest.raises(InvalidRequest, match=words) as caught:
        limits.validate(cast(*faces))
    assert caught.value.field == "cast"


def test_frame_rule_refuses_counts_between_its_multiples() -> None:
    limits = msgspec.structs.replace(LIMITS, frame_multiple=8, frame_offset=1, fps=(24,))
    limits.validate(msgspec.structs.replace(SPEC, seconds=49 / 24, fps=24))
    with pytest.raises(InvalidRequest, match="8n \\+ 1"):
        limits.validate(msgspec.structs.replace(SPEC, seconds=2.0, fps=24))


def test_steps_come_from_the_spec_then_from_its_quality() -> None:
    assert LIMITS.resolve_steps(msgspec.structs.replace(SPEC, steps=5, quality=Quality.HIGH)) == 5
    assert LIMITS.resolve_steps(msgspec.structs.replace(SPEC, quality=Quality.HIGH)) == 16
    assert msgspec.structs.replace(LIMITS, quality_steps={}).resolve_steps(SPEC) == 2


@given(seconds=st.floats(1.0, 10.0), fps=st.sampled_from([24, 30]))
def test_frames_last_as_long_as_asked_to_half_a_frame(seconds: float, fps: int) -> None:
    count = msgspec.structs.replace(SPEC, seconds=seconds, fps=fps).frame_count
    assert abs(count / fps - seconds) <= 0.5 / fps + 1e-9


def test_specs_survive_json() -> None:
    rich = msgspec.structs.replace(SPEC, source=Source(recipe={"a": [1]}, latent="x", strength=0.5), filters=("m",))
    assert msgspec.json.decode(msgspec.json.encode(rich), type=GenerationSpec) == rich


@given(data=st.data())
def test_progress_never_falls_and_ends_at_one(data: st.DataObject) -> None:
    now = 0.0
    progress = Progress(PhaseTimes().expect(SPEC, 8), clock=lambda: now)
    seen = [0.0]
    for phase in PHASES:
        total = data.draw(st.integers(1, 5))
        for index in range(1, total + 1):
            now += data.draw(st.floats(0.0, 3.0))
            fraction, left = progress.advance(phase, index, total)
            seen.append(fraction)
            assert left >= 0.0
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert math.isclose(sum(progress.seconds.values()), now, abs_tol=1e-6)


def test_time_left_is_right_once_a_clip_has_been_measured() -> None:
    times = PhaseTimes()
    truth = {Phase.LOADING: 0.0, Phase.TEXT: 1.0, Phase.DENOISE: 2.0, Phase.DECODE: 3.0, Phase.ENCODE: 14.0}
    for _ in range(12):
        times.learn(SPEC, 8, truth)
    now = 0.0
    progress = Progress(times.expect(SPEC, 8), clock=lambda: now)
    for phase in (Phase.LOADING, Phase.TEXT, Phase.DENOISE):
        now += truth[phase]
        fraction, left = progress.advance(phase, 1, 1)
    assert left == pytest.approx(17.0, rel=0.05)
    assert fraction == pytest.approx(3 / 20, rel=0.05)


def test_expectation_grows_with_the_clip() -> None:
    times = PhaseTimes()
    long = msgspec.structs.replace(SPEC, seconds=10.0)
    assert times.expect(long, 8)[Phase.ENCODE] == pytest.approx(5 * times.expect(SPEC, 8)[Phase.ENCODE])
    assert times.expect(long, 8)[Phase.TEXT] == times.expect(SPEC, 8)[Phase.TEXT]
