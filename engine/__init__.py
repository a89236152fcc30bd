"""What makes clips: it knows prompts, frames and waveforms, and nothing of accounts, stores or the web."""

from __future__ import annotations

import os

# ONNX Runtime names this machine and tells its maker of its use, unless it finds this when it is loaded.
os.putenv("ORT_DISABLE_TELEMETRY", "1")
