"""How the repository is laid out: what loads what, who reads the environment, how long a file may be."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "schema", "resolvers", "models", "jobs", "engine")
LINES_MAX = 400
LONGER: dict[str, str] = {}
"""Files that may be longer, with the reason; at most three."""


def sources(*folders: str) -> list[Path]:
    return [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts
    ]


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that ``statement`` loads in a fresh interpreter."""
    code = f"{statement}\nimport sys; print(*{{name for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", PACKAGES)
def test_a_root_package_is_this_repositorys_and_nobody_elses(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_the_api_process_loads_no_torch_no_backend_and_no_task() -> None:
    loaded = loaded_by("import app.asgi; from app.settings import Settings; app.asgi.create_app(Settings())")
    heavy = {"torch", "diffusers", "cv2", "av", "onnxruntime", "engine.backends", "engine.diorama", "jobs.tasks"}
    assert loaded & heavy == set()


def test_the_command_line_says_its_help_without_loading_the_server() -> None:
    loaded = loaded_by("import app.cli")
    assert (
        loaded & {"torch", "tortoise", "strawberry", "uvicorn", "httpx", "redis", "asyncpg", "pydantic_settings"}
        == set()
    )


def test_only_settings_reads_the_environment() -> None:
    reads = re.compile(r"os\.(environ|getenv)\b")
    found = {str(path.relative_to(ROOT)) for path in sources(*PACKAGES) if reads.search(path.read_text())}
    assert found <= {"app/settings.py"}


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(*PACKAGES, "tests", "bench")
        if (lines := len(path.read_text().splitlines())) > LINES_MAX
    }
    assert long.keys() == LONGER.keys(), long
    assert len(LONGER) <= 3
