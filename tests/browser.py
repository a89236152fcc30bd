"""A real headless Chromium, driven over its DevTools protocol, where the machine has one."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_START_SECONDS = 30.0


def chromium() -> str | None:
    """The browser's program, or None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab. ``problems`` collects what its console and its network complain about."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.problems: list[str] = []
        self.requests: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One DevTools command. Raises `RuntimeError` when the browser refuses it."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        message = await asyncio.wait_for(answer, 30)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    async def open(self, url: str) -> None:
        """Go to ``url``."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, condition: str, seconds: float = 15) -> None:
        """Wait for a JavaScript expression to become true. Raises `TimeoutError` with what the page shows."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await self.run(f"Boolean({condition})"):
            if asyncio.get_running_loop().time() > deadline:
                shown = await self.run("document.body.innerText")
                raise TimeoutError(f"never true: {condition}\n{shown}\n{self.problems}")
            await asyncio.sleep(0.05)

    async def type(self, selector: str, text: str) -> None:
        """Focus an input and type into it as a keyboard would."""
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press and let go of a key without a text, such as ``Tab``, or ``Enter``."""
        code = {"Enter": 13, "Tab": 9, "ArrowDown": 40}[key]
        extra = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **extra)

    async def size(self, width: int, height: int, *, dark: bool = True) -> None:
        """The window's size in CSS pixels, and whether the person likes the dark."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self) -> bytes:
        """What is seen, as a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def choose(self, selector: str, file: Path) -> None:
        """Give a file to an input, as a person's file dialog would."""
        found = await self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        await self.call("DOM.setFileInputFiles", files=[str(file)], objectId=found["result"]["objectId"])

    async def leave(self) -> None:
        """Stop listening to the browser."""
        self._reader.cancel()
        await asyncio.wait([self._reader])

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.problems.append(str(message["params"]["exceptionDetails"]))
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.problems.append(str(message["params"]["entry"]))
            elif message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])


@asynccontextmanager
async def browser(folder: Path, *, camera: Path | None = None) -> AsyncIterator[Page]:
    """A fresh browser with one page, its profile in ``folder``. ``camera`` is a Y4M film that its camera sees."""
    program = chromium()
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--no-first-run",
        "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", f"--user-data-dir={folder}",
        "--lang=en", *_camera(camera), "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = await _page_address(folder / "DevToolsActivePort")
        async with connect(address, max_size=None) as socket:
            page = Page(socket)
            try:
                yield page
            finally:
                await page.leave()
    finally:
        process.terminate()
        await process.wait()


def _camera(film: Path | None) -> list[str]:
    if film is None:
        return []
    return [
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]  # fmt: skip


async def _page_address(port_file: Path) -> str:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while not _said(port_file):
        assert asyncio.get_running_loop().time() < deadline, "Chromium did not start"
        await asyncio.sleep(0.05)
    async with httpx.AsyncClient() as client:
        targets = (await client.get(f"http://127.0.0.1:{_said(port_file)}/json")).json()
    return next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")


def _said(port_file: Path) -> str:
    return port_file.read_text().split("\n")[0] if port_file.exists() else ""
