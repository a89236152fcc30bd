"""The one contract that every backend of the registry keeps."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from engine import registry
from engine.errors import Cancelled, InvalidRequest
from engine.media.encode import VideoSettings, fit_sound
from engine.media.probe import probe
from engine.media.stills import encode_preview
from engine.protocol import ClipMessage, SegmentMessage
from engine.runner import EngineChild
from engine.spec import Backend, CastMember, Clip, FaceCrop, GenerationSpec, Phase, Quality, Source, Step
from tests.faces import member, speak

NAMES = tuple(registry.discover())
PROMPT = "a red fox jumps in the rain"
pytestmark = [pytest.mark.parametrize("name", NAMES), pytest.mark.timeout(300)]


@cache
def loaded(name: str) -> Backend:
    backend = registry.create(name)
    backend.load("cpu")
    return backend


def smallest(name: str, **changes: object) -> GenerationSpec:
    """The cheapest spec the backend takes."""
    limits = registry.discover()[name].capabilities
    (width, height), fps = min(limits.sizes, key=lambda size: size[0] * size[1]), min(limits.fps)
    frames = round(limits.min_seconds * fps)
    frames += (limits.frame_offset - frames) % limits.frame_multiple
    plain = GenerationSpec(
        prompt=PROMPT, seconds=frames / fps, width=width, height=height, fps=fps, seed=11, steps=limits.steps[0]
    )
    return msgspec.structs.replace(plain, **changes)


def fingerprint(name: str, spec: GenerationSpec) -> tuple[str, int, str]:
    """Hash of all frames, their number, and hash of the sound."""
    *_, clip = loaded(name).generate(spec)
    assert isinstance(clip, Clip)
    pictures, count = hashlib.sha256(), 0
    for frame in clip.frames:
        assert frame.shape == (spec.height, spec.width, 3)
        assert frame.dtype == "uint8"
        pictures.update(frame)
        count += 1
    sound = b"" if clip.waveform is None else clip.waveform.tobytes()
    return pictures.hexdigest(), count, hashlib.sha256(sound).hexdigest()


def test_limits_are_declared_and_make_sense(name: str) -> None:
    backend = registry.discover()[name]
    limits = backend.capabilities
    assert backend.name == name
    assert 0 < limits.min_seconds <= limits.max_seconds <= 60
    assert limits.sizes
    assert limits.fps
    assert limits.title
    assert 1 <= limits.steps[0] <= limits.steps[1]
    assert all(side % limits.size_multiple == 0 and side % 2 == 0 for size in limits.sizes for side in size)
    assert all(limits.steps[0] <= limits.quality_steps[quality] <= limits.steps[1] for quality in Quality)
    assert limits.cast == (limits.max_cast > 0)
    limits.validate(smallest(name))
    with pytest.raises(InvalidRequest):
        limits.validate(smallest(name, seconds=limits.max_seconds + 1))


def test_importing_the_registry_stays_light(name: str) -> None:
    heavy = "torch", "diffusers", "onnxruntime", "cv2", "av"
    code = (
        f"import sys; from engine import registry; registry.create({name!r}); "
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"


def test_steps_are_counted_and_phases_keep_their_order(name: str) -> None:
    spec = smallest(name)
    wanted = registry.discover()[name].capabilities.steps[0] + 1
    seen = [
        item for item in loaded(name).generate(msgspec.structs.replace(spec, steps=wanted)) if isinstance(item, Step)
    ]
    assert [(s.index, s.total) for s in seen if s.phase is Phase.DENOISE] == [
        (index, wanted) for index in range(1, wanted + 1)
    ]
    order = [Phase.LOADING, Phase.TEXT, Phase.DENOISE, Phase.DECODE]
    places = [order.index(step.phase) for step in seen]
    assert places == sorted(places)
    for phase in order:
        steps = [s for s in seen if s.phase is phase]
        assert [s.index for s in steps] == list(range(1, len(steps) + 1))


def test_previews_are_pictures_that_fit_their_bounds(name: str) -> None:
    spec = smallest(name)
    pictures = [s.preview for s in loaded(name).generate(spec) if isinstance(s, Step) and s.preview is not None]
    assert bool(pictures) == loaded(name).capabilities.preview
    for picture in pictures:
        assert picture.dtype == "uint8"
        assert picture.shape[2] == 3
        assert max(picture.shape) <= 2 * spec.preview.long_side, "a preview is drawn small, not shrunk from full size"
        assert picture.shape[1] / picture.shape[0] == pytest.approx(spec.width / spec.height, rel=0.03)
        data = encode_preview(picture, long_side=spec.preview.long_side, max_bytes=spec.preview.max_bytes)
        assert len(data) <= spec.preview.max_bytes
        assert max(Image.open(io.BytesIO(data)).size) <= spec.preview.long_side
    assert pictures[-1].std() > 5, "the last preview shows something"


def test_seed_decides_every_byte(name: str) -> None:
    spec = smallest(name)
    once, again = fingerprint(name, spec), fingerprint(name, spec)
    assert once == again
    assert once[1] == spec.frame_count
    other = fingerprint(name, msgspec.structs.replace(spec, seed=12))
    assert other[0] != once[0]


def test_sound_lasts_as_long_as_the_picture(name: str) -> None:
    spec = smallest(name)
    *_, clip = loaded(name).generate(spec)
    assert isinstance(clip, Clip)
    assert (clip.waveform is not None) == loaded(name).capabilities.audio
    if clip.waveform is None:
        return
    assert clip.waveform.shape == (2, round(spec.frame_count * clip.sample_rate / spec.fps))
    assert abs(clip.waveform).max() <= 1.0
    assert abs(clip.waveform).max() > 0.01, "the clip is not silent"
    how = VideoSettings(width=spec.width, height=spec.height, fps=spec.fps, frame_count=spec.frame_count)
    assert fit_sound(clip.waveform, clip.sample_rate, how).shape[1] == round(spec.frame_count * 48_000 / spec.fps)


def test_cancelling_ends_within_one_step_and_leaves_the_backend_usable(name: str) -> None:
    steps = loaded(name).generate(smallest(name))
    after = 0
    for item in steps:
        assert isinstance(item, Step)
        if item.phase is Phase.DENOISE:
            break
    with pytest.raises((Cancelled, StopIteration)):
        after += count_after_cancel(steps)
    assert after == 0
    assert any(isinstance(item, Clip) for item in loaded(name).generate(smallest(name)))


def count_after_cancel(steps: Iterator[Step | Clip]) -> int:
    """Throw `Cancelled` at the step boundary; whatever the backend still yields would be counted."""
    steps.throw(Cancelled())  # type: ignore[attr-defined]
    return 1 + sum(1 for _ in steps)


def test_recipe_tells_how_the_clip_was_made(name: str) -> None:
    spec = smallest(name)
    *_, clip = loaded(name).generate(spec)
    assert isinstance(clip, Clip)
    recipe = clip.recipe
    assert (recipe["schema"], recipe["backend"], recipe["seed"], recipe["steps"]) == (1, name, spec.seed, spec.steps)
    assert recipe["weights"] == loaded(name).weights
    assert recipe["spec"]["prompt"] == PROMPT
    msgspec.json.encode(recipe)
    assert bool(clip.latent) == bool(clip.latent_format)


def test_remix_strength_goes_from_the_parents_scene_to_a_new_one(name: str, tmp_path: Path) -> None:
    if not loaded(name).capabilities.remix_strength:
        pytest.skip("this backend has no remix strength")
    spec = smallest(name)
    *_, parent = loaded(name).generate(spec)
    assert isinstance(parent, Clip)
    path = tmp_path / "latent.safetensors"
    save_file(parent.latent, path, {"format": parent.latent_format})
    distances: list[float] = []
    for strength in (0.0, 0.5, 1.0):
        source = Source(recipe=parent.recipe, latent=str(path), strength=strength)
        *_, child = loaded(name).generate(msgspec.structs.replace(spec, seed=99, source=source))
        assert isinstance(child, Clip)
        assert str(tmp_path) not in str(child.recipe)
        distances.append(sum(float(abs(child.latent[key] - parent.latent[key]).mean()) for key in parent.latent))
    assert distances[0] == pytest.approx(0.0, abs=1e-4)
    assert 0.0 < distances[1] < distances[2]


def test_a_latent_of_another_backend_falls_back_and_the_recipe_says_so(name: str, tmp_path: Path) -> None:
    if not loaded(name).capabilities.remix_strength:
        pytest.skip("this backend has no remix strength")
    path = tmp_path / "latent.safetensors"
    save_file({"z": np.zeros((1, 2), np.float32)}, path, {"format": "something-else/1"})
    source = Source(recipe={}, latent=str(path), strength=0.4)
    *_, clip = loaded(name).generate(smallest(name, source=source))
    assert isinstance(clip, Clip)
    assert (clip.recipe["remix"]["strength"], clip.recipe["remix"]["from"]) == (0.4, "prompt")


def played(name: str, prompt: str, *cast: CastMember) -> tuple[bytes, bytes, Clip]:
    """The first frame, the sound, and the clip of ``prompt`` with ``cast``."""
    *_, clip = loaded(name).generate(smallest(name, prompt=prompt, cast=cast))
    assert isinstance(clip, Clip)
    frame = next(clip.frames).tobytes()
    return frame, b"" if clip.waveform is None else clip.waveform.tobytes(), clip


def test_face_and_voice_of_a_likeness_are_separate(name: str, tmp_path: Path) -> None:
    if not loaded(name).capabilities.cast:
        pytest.skip("this backend has no cast")
    whole = member(tmp_path, voice=str(speak(tmp_path / "voice.wav", pitch=105.0)))
    face = msgspec.structs.replace(whole, voice=None)
    voice = msgspec.structs.replace(whole, faces=())
    nobody = msgspec.structs.replace(whole, faces=(), voice=None)
    drawn = played(name, "Mira waves", nobody)[0]
    assert played(name, "Mira waves", voice)[0] == drawn, "nothing of the capture is seen"
    assert played(name, "Mira waves", face)[0] != drawn
    spoken = [played(name, 'Mira says "hello there"', each) for each in (nobody, face, voice, whole)]
    assert spoken[1][1] == spoken[0][1], "a face changes nothing that is heard"
    assert spoken[2][1] != spoken[0][1]
    assert spoken[3][1] == spoken[2][1]


def test_nothing_of_a_likeness_stays_in_recipe_or_latent(name: str, tmp_path: Path) -> None:
    if not loaded(name).capabilities.cast:
        pytest.skip("this backend has no cast")
    mira = member(tmp_path, voice=str(speak(tmp_path / "voice.wav", pitch=105.0)), preferences="always wears a fedora")
    plain = played(name, "Mira waves", msgspec.structs.replace(mira, faces=(), voice=None, preferences=None))[2]
    _, _, clip = played(name, "Mira waves", mira)
    kept = msgspec.json.encode(clip.recipe)
    assert clip.recipe["cast"] == [{"cameo": mira.cameo_id, "version": mira.version}]
    assert not any(word in kept for word in (str(tmp_path).encode(), b".png", b".wav", b"fedora"))
    assert kept == msgspec.json.encode(plain.recipe), "likeness and preferences leave no trace"
    assert clip.latent.keys() == plain.latent.keys()
    assert all(np.array_equal(clip.latent[key], plain.latent[key]) for key in plain.latent)


def test_a_likeness_that_cannot_be_used_is_refused_before_the_first_step(name: str, tmp_path: Path) -> None:
    if not loaded(name).capabilities.cast:
        pytest.skip("this backend has no cast")
    broken = msgspec.structs.replace(member(tmp_path), faces=(FaceCrop(path=str(tmp_path / "nothing.png")),))
    with pytest.raises(InvalidRequest) as caught:
        next(iter(loaded(name).generate(smallest(name, cast=(broken,)))))
    assert caught.value.field == "cast"


async def test_its_child_turns_a_prompt_into_a_file_that_plays(name: str, tmp_path: Path) -> None:
    spec = smallest(name, filters=("visible-mark",))
    engine = await EngineChild.start(name)
    try:
        *steps, clip = [message async for message in engine.run(spec, tmp_path, timeout=120)]
    finally:
        await engine.close()
    assert isinstance(clip, ClipMessage)
    found = probe(Path(clip.path))
    assert (found.frames, found.sha256, found.video_codec) == (spec.frame_count, clip.sha256, "h264")
    assert found.seconds == pytest.approx(spec.frame_count / spec.fps, abs=1e-3)
    assert (found.video_streams, found.audio_streams) == (1, int(engine.capabilities.audio))
    assert clip.recipe["weights"] == engine.weights
    assert steps
    segments = [message for message in steps if isinstance(message, SegmentMessage)]
    assert bool(segments) == engine.capabilities.streaming
    assert not segments or sum(each.seconds for each in segments) == pytest.approx(spec.frame_count / spec.fps)
    for path in (clip.poster, clip.preview):
        with Image.open(path) as picture:
            assert np.asarray(picture.convert("L")).std() > 5, "something is to be seen"
