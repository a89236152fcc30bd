// A clip that plays while it is still being made, and its hand-over to the finished one.

import { here } from "./api.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const HLS = "application/vnd.apple.mpegurl";
const LEAD_SECONDS = 0.4;
const MOST_LEAD_SECONDS = 3;
const SAFE_SECONDS = 1.4;

/**
 * Plays the pieces of a clip as they come. `show(video)` is called when it begins: again with another video when a new
 * attempt starts over. The playlist holds every piece so far, so an event that was missed costs nothing.
 *
 * `pace(secondsLeft)` tells how long the rest of the work will take. A clip that is made more slowly than it plays would
 * stop at every piece; it begins only when what is left takes no longer than its `seconds`, and with more in hand when it
 * is not much faster.
 */
export function livePlayer(seconds, show) {
  let attempt;
  let more = () => {};
  let video;
  let left = 0;
  const consider = () => {
    if (!video?.paused || video.isConnected || left > seconds) return;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const { buffered } = video;
    if (left > seconds / 2 && (!buffered.length || buffered.end(0) < SAFE_SECONDS)) return;
    show(video);
    play(video);
  };
  return {
    hear(event) {
      if (attempt !== event.attempt) {
        video = h("video", { playsInline: true, class: "live", "aria-label": t("live") });
        video.addEventListener("loadeddata", consider);
        more = begin(video, event);
      }
      attempt = event.attempt;
      more();
    },
    pace(secondsLeft) {
      left = secondsLeft ?? 0;
      consider();
    },
  };
}

/** Give `video` its source, for one attempt; returns what to call when there may be more of it. */
function begin(video, { playlistUrl, mimeType }) {
  if (window.MediaSource?.isTypeSupported(mimeType)) return feed(video, here(playlistUrl), mimeType);
  // Safari on a telephone plays, and reloads, the playlist by itself. Elsewhere the small pictures have to do.
  if (video.canPlayType(HLS)) video.src = here(playlistUrl);
  return () => {};
}

function feed(video, playlist, mimeType) {
  const source = new MediaSource();
  const opened = new Promise((resolve) => {
    source.addEventListener("sourceopen", () => resolve(source.addSourceBuffer(mimeType)), { once: true });
  });
  video.src = URL.createObjectURL(source);
  let appended = 0;
  const catchUp = async () => {
    const buffer = await opened;
    const text = await (await fetched(playlist)).text();
    for (const name of pieces(text).slice(appended)) {
      await append(buffer, await (await fetched(new URL(name, new URL(playlist, location.href)))).arrayBuffer());
      appended += 1;
    }
    if (text.includes("#EXT-X-ENDLIST") && source.readyState === "open") source.endOfStream();
  };
  // One after another. A refusal means that the attempt is over: what has been shown stays until its end is told.
  let queue = Promise.resolve();
  return () => {
    queue = queue.then(catchUp).catch(() => {});
  };
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

/** Names of what a player needs in order: the beginning, then every segment. */
function pieces(playlist) {
  const [, beginning] = playlist.match(/#EXT-X-MAP:URI="([^"]+)"/);
  return [beginning, ...playlist.split("\n").filter((line) => line && !line.startsWith("#"))];
}

function append(buffer, bytes) {
  return new Promise((resolve, reject) => {
    buffer.addEventListener("updateend", resolve, { once: true });
    buffer.addEventListener("error", reject, { once: true });
    buffer.appendBuffer(bytes);
  });
}

/** With sound where the browser lets it, else without. */
function play(video) {
  return video.play().catch(() => {
    video.muted = true;
    return video.play().catch(() => {});
  });
}

/**
 * Let `final` go on where `live`, lying over it, is: it waits at a moment just ahead and starts when `live` gets there.
 * Their pictures are the same, so nothing is seen of it.
 */
export function handOver(live, final) {
  // One that has run out of pieces, because the clip was finished meanwhile, gets nowhere any more.
  const coming = () => !live.paused && live.readyState > HTMLMediaElement.HAVE_CURRENT_DATA;
  const aim = (lead) => {
    final.addEventListener("seeked", () => arrive(lead), { once: true });
    if (live.ended) final.currentTime = 0;
    else final.currentTime = coming() ? Math.min(live.currentTime + lead, final.duration) : live.currentTime;
  };
  const arrive = (lead) => {
    // A busy machine finds the place when `live` is past it already: further ahead, then.
    if (coming() && live.currentTime > final.currentTime && lead < MOST_LEAD_SECONDS) aim(2 * lead);
    else meet();
  };
  const meet = () => {
    if (coming() && live.currentTime < final.currentTime) return requestAnimationFrame(meet);
    final.muted = live.muted;
    play(final).then(() => live.remove());
  };
  final.addEventListener("loadedmetadata", () => aim(LEAD_SECONDS), { once: true });
  final.addEventListener("error", () => live.remove(), { once: true });
}
