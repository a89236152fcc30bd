"""A person watches the clip in the page while it is still being made, and goes on watching when it is finished."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.settings import Settings
from models.generation import Generation
from tests.browser import Page, browser, chromium
from tests.jobs_stack import Worker, until_state
from tests.live import link_of, live_server, member, until_ready

# The page's own scripts draw nothing of this: a canvas reads back what the video element shows.
BRIGHTNESS = """(() => {
  const video = document.querySelector('.frame video'), canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.reduce((sum, value, place) => sum + (place % 4 === 3 ? 0 : value), 0) / (pixels.length * 0.75);
})()"""
VIDEO = "document.querySelector('.frame video')"
VIDEOS = "[...document.querySelectorAll('.frame video')]"


@pytest.fixture
async def worker(settings: Settings, tmp_path: Path) -> AsyncIterator[Worker]:
    """An engine whose clips can be held in the middle."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    urls = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    running = await Worker(*urls, tmp_path).start()
    yield running
    running.kill()
    await running.ended()


async def dream(page: Page, prompt: str, seconds: int) -> Generation:
    """Ask for a clip in the page; its row, once the engine is at it."""
    await page.until("document.querySelector('textarea')", 30)
    await page.type("textarea", prompt)
    await page.run(f"document.querySelector('input[type=range]').value = {seconds}")
    await page.run("document.querySelector('form').requestSubmit()")
    await page.until("document.querySelector('.forming')")
    generation = await Generation.first()
    assert generation is not None
    await until_state(generation.id, "RUNNING")
    return generation


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_a_clip_plays_before_it_is_finished_also_after_a_reload_and_goes_on_without_a_jump(
    settings: Settings, worker: Worker, tmp_path: Path
) -> None:
    account, _ = await member()
    link, gate = await link_of(account), tmp_path / "gate"
    async with live_server(settings) as server, browser(tmp_path / "profile") as page:
        await until_ready(server)
        await page.size(1280, 800)
        await page.open(f"{server.url}/login#token={link}")
        generation = await dream(page, f"hold at 24 until {gate}", 3)

        await page.until(f"{VIDEO}?.currentTime > 0.3", 30)
        await page.call("Page.reload")
        await page.until("document.readyState === 'complete' && document.querySelector('.forming')", 30)
        # It plays what there is, 1.5 of 3 seconds, and waits there.
        await page.until(f"{VIDEO}?.currentTime > 1.3", 30)
        assert await page.run(f"{VIDEO}.src.startsWith('blob:')")
        assert await page.run(BRIGHTNESS) > 40
        await generation.refresh_from_db()
        assert generation.state == "RUNNING"
        assert not await page.run(f"{VIDEO}.ended")
        before = await page.run(f"{VIDEO}.currentTime")

        gate.touch()
        await page.until(f"{VIDEOS}.length === 1 && {VIDEO}.currentSrc.includes('clip.mp4')", 30)
        assert await page.run(f"{VIDEO}.currentTime") >= before
        assert await page.run(BRIGHTNESS) > 40
        assert await page.run(f"{VIDEO}.controls")
        # A reload and the clip's end may cut requests short; scripts must not stumble over it.
        assert [problem for problem in page.problems if "'source': 'network'" not in problem] == []
