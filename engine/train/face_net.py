"""Writes dlib's face recognition network as ONNX, its weights as small as they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

MEAN_RGB = (122.782, 117.001, 104.298)
BLOCKS = (
    "32_1", "32_2", "32_3", "64_down", "64_1", "64_2", "64_3", "128_down", "128_1", "128_2", "256_down", "256_1",
    "256_2", "256_down_out",
)  # fmt: skip


@dataclass(frozen=True)
class Weight:
    """One packed array, kernels as (row, column, in, out): the values are ``array * scale + least``."""

    array: np.ndarray
    scale: float = 1.0
    least: float = 0.0

    @property
    def values(self) -> np.ndarray:
        """The values as float32."""
        return (self.array * np.float32(self.scale) + np.float32(self.least)).astype(np.float32)


@dataclass
class _Graph:
    weights: dict[str, Weight]
    nodes: list[Any] = field(default_factory=list)
    stored: list[Any] = field(default_factory=list)

    def constant(self, name: str, value: Any) -> str:
        self.stored.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def packed(self, name: str, order: tuple[int, ...]) -> str:
        """A large weight, stored in 8 or 16 bits; a runtime unfolds it once, when it loads."""
        weight = self.weights[name]
        array = np.ascontiguousarray(weight.array.transpose(order))
        if array.dtype == np.float32:
            return self.op("Cast", self.constant(name, array.astype(np.float16)), to=TensorProto.FLOAT)
        wide = self.op("Cast", self.constant(name, array), to=TensorProto.FLOAT)
        scaled = self.op("Mul", wide, self.constant(name + ":scale", np.float32(weight.scale)))
        return self.op("Add", scaled, self.constant(name + ":least", np.float32(weight.least)))

    def conv(self, x: str, name: str, *, stride: int = 1) -> str:
        side = self.weights[f"{name}/conv/filters"].array.shape[0]
        pad = (side - 1) // 2 if stride == 1 else 0
        bias = self.constant(f"{name}/conv/bias", self.weights[f"{name}/conv/bias"].values)
        y = self.op(
            "Conv", x, self.packed(f"{name}/conv/filters", (3, 2, 0, 1)), bias, strides=[stride] * 2, pads=[pad] * 4
        )
        for kind, part in (("Mul", "weights"), ("Add", "biases")):
            values = self.weights[f"{name}/scale/{part}"].values.reshape(1, -1, 1, 1)
            y = self.op(kind, y, self.constant(f"{name}/scale/{part}", values))
        return y

    def block(self, x: str, name: str) -> str:
        y = self.op("Relu", self.conv(x, f"{name}/conv1"))
        return self.op("Relu", self.op("Add", self.conv(y, f"{name}/conv2"), x))

    def halving_block(self, x: str, name: str, *, rows: int, channels: int) -> str:
        """A block that halves the picture; where branch and shortcut differ by ``rows`` or ``channels``, zeros fill."""
        y = self.op("Relu", self.conv(x, f"{name}/conv1", stride=2))
        y = self.conv(y, f"{name}/conv2")
        if rows:
            y = self.op("Pad", y, self.constant(f"{name}:rows", np.array([0, 0, 0, 0, 0, 0, rows, rows])))
        short = self.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        if channels:
            short = self.op("Pad", short, self.constant(f"{name}:more", np.array([0, 0, 0, 0, 0, channels, 0, 0])))
        return self.op("Relu", self.op("Add", y, short))


def recognition(weights: dict[str, Weight]) -> bytes:
    """The ResNet of dlib as ONNX: RGB (n, 150, 150, 3) float32, 0 … 255, in; (n, 128) out, of no fixed length.

    The layout follows face-api's `FaceRecognitionNet`, which is dlib's `dnn_face_recognition_ex.cpp`.
    """
    graph = _Graph(weights)
    x = graph.op("Sub", "rgb", graph.constant("mean", np.array(MEAN_RGB, np.float32)))
    x = graph.op("Mul", x, graph.constant("range", np.float32(1 / 256)))
    x = graph.op("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.op("Relu", graph.conv(x, "conv32_down", stride=2))  # (n, 32, 72, 72)
    x = graph.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])  # (n, 32, 35, 35)
    side, channels = 35, 32
    for name in (f"conv{block}" for block in BLOCKS):
        if "down" not in name:
            x = graph.block(x, name)
            continue
        made, halved = weights[f"{name}/conv2/conv/filters"].array.shape[3], side // 2
        x = graph.halving_block(x, name, rows=halved - ((side - 3) // 2 + 1), channels=made - channels)
        side, channels = halved, made
    x = graph.op("ReduceMean", x, graph.constant("places", np.array([2, 3])), keepdims=0)  # (n, 256)
    graph.op("MatMul", x, graph.packed("fc", (0, 1)), out="embedding")
    made_of = helper.make_graph(
        graph.nodes,
        "dlib_face_recognition_resnet_v1",
        [helper.make_tensor_value_info("rgb", TensorProto.FLOAT, ["n", 150, 150, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 128])],
        graph.stored,
    )
    model = helper.make_model(made_of, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
