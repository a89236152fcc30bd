// One clip on a screen of its own: who made it and from what, and all that can be done with it.

import { here } from "./api.js";
import { player } from "./clip.js";
import { h } from "./dom.js";
import { CARD, rail } from "./rail.js";
import { t } from "./words.js";

export { CARD };

const SPEAKER = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z"/>
  <path class="on" d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11"/><path class="off" d="m16 9.5 5 5m0-5-5 5"/></svg>`;

let muted = true;

/** The screen of `video` within `root`; `why` is why it is here, `page` knows the viewer, `gone` takes it away. */
export function slide(video, root, { page, why = null, gone = () => {} }) {
  const screen = player(video, { controls: false, muted, preload: "none" });
  const sound = h("button", {
    type: "button",
    class: "sound",
    onclick: () => {
      muted = !muted;
      for (const element of root.querySelectorAll("video")) element.muted = muted;
      for (const button of root.querySelectorAll(".sound")) mark(button);
    },
  });
  sound.innerHTML = SPEAKER;
  mark(sound);
  screen.addEventListener("click", () => (screen.paused ? screen.play() : screen.pause()));
  const tools = rail(video, { page, why, gone });
  const back = h("img", { class: "back", src: here(video.media.posterUrl), alt: "", loading: "lazy" });
  const article = h(
    "article",
    { ariaLabel: t("clipBy", video.author.displayName || video.author.handle) },
    back,
    screen,
    words(video),
    tools.element,
    sound,
  );
  article.dataset.video = video.id;
  article.counted = tools.counted;
  return article;
}

/** Start or stop the clip of a screen that came into view or left it. */
export async function play(article, visible) {
  const screen = article.querySelector("video");
  if (!visible) return screen.pause();
  try {
    await screen.play();
  } catch {
    // Refused with sound before the first touch, or scrolled past meanwhile: the click on the clip plays it.
  }
}

function words(video) {
  const { author } = video;
  return h(
    "div",
    { class: "words" },
    h(
      "a",
      { class: "by", href: `#member/${author.handle}` },
      h("strong", {}, author.displayName || author.handle),
      h("span", { class: "handle" }, `@${author.handle}`),
    ),
    video.caption ? h("p", {}, video.caption) : null,
    from(video),
    shown(video),
  );
}

/** What it was made from: a clip, or one that is gone. */
function from({ id, parent }) {
  if (!parent) return null;
  const said = parent.author ? t("remixOfWhom", parent.author.handle) : t("remixOfGone");
  return h("p", { class: "from" }, h("a", { href: `#v/${id}` }, said));
}

/** Who is in it, for everybody to read: each of them allows it. */
function shown({ likenesses }) {
  const names = likenesses.filter(({ cameo }) => cameo.handle).map(({ cameo }) => `@${cameo.handle}`);
  return names.length ? h("p", { class: "shown" }, t("shownConsents", names.join(", "))) : null;
}

function mark(button) {
  button.setAttribute("aria-pressed", String(!muted));
  button.ariaLabel = t("sound");
}
