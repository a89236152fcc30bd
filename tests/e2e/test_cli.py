"""One evening with the command line: start everything, make clips through trouble, cancel one, stop, start again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import httpx
import numpy as np
import psutil
import pytest

from app.cli.progress import PHASES

REPOSITORY = Path(__file__).parents[2]
PROMPT = "a red fox jumps over a log in the rain at night and says 'bonjour'"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Yume:
    """The command line on a data folder and a port of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start `yume`; what it says on standard error goes to its pipe."""
        settings = {"YUME_DATA_DIR": str(self.folder / "var"), "YUME_PORT": str(self.port)}
        settings |= {"YUME_HOUSE_CAST": "off", "YUME_STARTER_CLIPS": "0"}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *arguments,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", **settings, **self.extra},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run `yume` to its end: exit status, what it printed, what it said."""
        process = await self.start(*arguments)
        out, said = await asyncio.wait_for(process.communicate(), 90)
        assert process.returncode is not None
        return process.returncode, out.decode(), said.decode()


async def hear(process: asyncio.subprocess.Process, word: str, seconds: float = 60) -> str:
    """Everything `process` says until ``word`` comes."""
    assert process.stderr is not None
    heard = b""
    async with asyncio.timeout(seconds):
        while word.encode() not in heard:
            piece = await process.stderr.read(4096)
            assert piece, f"it ended without saying {word!r}:\n{heard.decode()}"
            heard += piece
    return heard.decode()


async def child_of(up: asyncio.subprocess.Process, command: str, seconds: float = 60) -> psutil.Process:
    """The running process of this server that was started as ``command``, once there is one."""
    async with asyncio.timeout(seconds):
        while True:
            for child in psutil.Process(up.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if command in " ".join(child.cmdline()[:4]):
                        return child
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def yume(tmp_path_factory: pytest.TempPathFactory) -> Yume:
    return Yume(tmp_path_factory.mktemp("evening"))


@pytest.fixture(scope="module")
async def up(yume: Yume) -> AsyncIterator[asyncio.subprocess.Process]:
    """A whole server, started as a person starts it."""
    process = await yume.start("up")
    process.welcome = await hear(process, "Stop: Ctrl-C")  # type: ignore[attr-defined]
    yield process
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 60)


def check_clip(path: Path, *, seconds: float, size: tuple[int, int]) -> None:
    """One picture stream that moves and is not black, one sound stream that is not silent, of the asked length."""
    with av.open(str(path)) as clip:
        assert [stream.type for stream in clip.streams] == ["video", "audio"]
        assert clip.duration is not None
        assert abs(clip.duration / av.time_base - seconds) <= 0.1
        frames = [frame.to_ndarray(format="gray").astype(np.float32) for frame in clip.decode(video=0)]
        assert (frames[0].shape[1], frames[0].shape[0]) == size
        assert frames[0].std() > 10
        assert np.abs(frames[0] - frames[-1]).mean() > 1
        clip.seek(0)
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in clip.decode(audio=0)])
        assert float(np.sqrt(np.mean(sound**2))) > 0.001


async def test_up_says_where_it_is_and_invites_the_first_admin(yume: Yume, up: asyncio.subprocess.Process) -> None:
    welcome: str = up.welcome  # type: ignore[attr-defined]
    assert yume.address in welcome
    assert re.search(r"[A-Z2-7]{5}(-[A-Z2-7]{1,5}){5}", welcome)
    async with httpx.AsyncClient(base_url=yume.address) as client:
        assert (await client.get("/readyz")).status_code == 200


async def test_a_clip_is_made_watched_and_saved(yume: Yume, up: asyncio.subprocess.Process) -> None:
    status, _, said = await yume.run("make", PROMPT, "--seconds", "2", "--seed", "7", "--out", "fox.mp4")
    assert status == 0, said
    assert "fox.mp4" in said
    check_clip(yume.folder / "fox.mp4", seconds=2, size=(720, 1280))


async def test_a_clip_survives_the_death_of_every_process_one_after_another(
    yume: Yume, up: asyncio.subprocess.Process
) -> None:
    make = await yume.start("make", PROMPT, "--seconds", "5", "--landscape", "--out", "survivor.mp4")
    for command in ("engine.child", "worker", "serve", "valkey-server", "postgres"):
        await asyncio.sleep(2.0)  # another moment of the clip for each
        (await child_of(up, command)).kill()
    _, said = await asyncio.wait_for(make.communicate(), 110)
    assert make.returncode == 0, said.decode()
    check_clip(yume.folder / "survivor.mp4", seconds=5, size=(1280, 720))


async def test_ctrl_c_cancels_the_clip(yume: Yume, up: asyncio.subprocess.Process) -> None:
    make = await yume.start("make", "a whale sings in the deep sea", "--seconds", "10", "--out", "never.mp4")
    await hear(make, PHASES["DENOISE"])
    make.send_signal(signal.SIGINT)
    _, said = await asyncio.wait_for(make.communicate(), 30)
    assert make.returncode == 130, said.decode()
    assert "Cancelled" in said.decode()
    assert not (yume.folder / "never.mp4").exists()


async def test_a_refused_wish_is_told_in_words(yume: Yume, up: asyncio.subprocess.Process) -> None:
    status, _, said = await yume.run("make", "a red fox", "--seconds", "11")
    assert status == 1
    assert "seconds" in said
    assert list(yume.folder.glob("a-red-fox*")) == []


async def test_the_doctor_finds_nothing_amiss_and_the_operator_can_invite(
    yume: Yume, up: asyncio.subprocess.Process
) -> None:
    (status, _, said), (invited, code, _), (looked, tree, _) = await asyncio.gather(
        yume.run("doctor"), yume.run("invite"), yume.run("invite", "tree")
    )
    assert status == 0, said
    assert said.count("✓") == 17
    assert invited == 0
    assert re.fullmatch(r"[A-Z2-7]{5}(-[A-Z2-7]{1,5}){5}\n", code)
    assert (looked, "@owner" in tree) == (0, True)


async def test_a_second_server_on_the_port_or_the_folder_is_refused_with_a_way_out(
    yume: Yume, up: asyncio.subprocess.Process
) -> None:
    elsewhere = yume.folder / "elsewhere"
    elsewhere.mkdir()
    same_port, same_folder = await asyncio.gather(Yume(elsewhere, yume.port).run("up"), Yume(yume.folder).run("up"))
    assert same_port[0] == same_folder[0] == 1
    assert "PortBusy" in same_port[2]
    assert "YUME_PORT" in same_port[2]
    assert "DataFolderBusy" in same_folder[2]


async def test_ctrl_c_stops_everything_and_the_next_start_has_the_data(
    yume: Yume, up: asyncio.subprocess.Process
) -> None:
    family = psutil.Process(up.pid).children(recursive=True)
    assert len(family) > 4
    up.send_signal(signal.SIGINT)
    _, said = await asyncio.wait_for(up.communicate(), 60)
    assert up.returncode == 0, said.decode()
    assert "Your data is kept" in said.decode()
    assert [process for process in family if process.is_running()] == []
    assert not (yume.folder / "var" / "run" / "stores.json").exists()

    token = (yume.folder / "var" / "owner.token").read_text()
    again = await Yume(yume.folder, yume.port, {"YUME_WORKERS": "0"}).start("up")
    try:
        await hear(again, "Stop: Ctrl-C")
        query = {"query": "{ viewer { handle drafts { edges { node { prompt } } } } }"}
        async with httpx.AsyncClient(base_url=yume.address) as client:
            answer = await client.post("/graphql", json=query, headers={"authorization": f"Bearer {token}"})
        viewer = answer.json()["data"]["viewer"]
        assert viewer["handle"] == "owner"
        assert [edge["node"]["prompt"] for edge in viewer["drafts"]["edges"]] == [PROMPT, PROMPT]
    finally:
        again.send_signal(signal.SIGINT)
        await asyncio.wait_for(again.communicate(), 60)


async def test_up_goes_on_when_nobody_reads_its_remarks_any_more(tmp_path: Path) -> None:
    yume = Yume(tmp_path, extra={"YUME_WORKERS": "0"})
    process = await yume.start("up")
    await hear(process, "Stop: Ctrl-C")
    # The reading end of its standard error goes away, as under `yume up 2>&1 | head`.
    process._transport.get_pipe_transport(2).close()  # type: ignore[attr-defined]
    [api] = [child for child in psutil.Process(process.pid).children() if "serve" in child.cmdline()]
    api.kill()
    async with httpx.AsyncClient(base_url=yume.address, timeout=20) as client:
        assert (await client.get("/healthz")).status_code == 200
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_in_production_there_is_no_local_owner(tmp_path: Path) -> None:
    alone = {"YUME_WORKERS": "0"}
    developer, public = Yume(tmp_path, extra=alone), Yume(tmp_path, extra={"YUME_ENV": "production", **alone})
    tokens: list[str] = []
    for yume in (developer, public):
        process = await yume.start("up")
        try:
            await hear(process, "Stop: Ctrl-C")
            file = tmp_path / "var" / "owner.token"
            tokens += [file.read_text()] if file.exists() else []
            async with httpx.AsyncClient(base_url=yume.address) as client:
                headers = {"authorization": f"Bearer {tokens[0]}"}
                answer = await client.post("/graphql", json={"query": "{ viewer { handle } }"}, headers=headers)
            viewer = json.loads(answer.text)["data"]["viewer"]
            assert (viewer is not None) == (yume is developer)
        finally:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.communicate(), 60)
    assert len(tokens) == 1
