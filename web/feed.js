// The latest clips, one a screen, playing when they are in view.

import { graphql, here, subscribe } from "./api.js";
import { told } from "./ask.js";
import { CLIP, player } from "./clip.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const LATEST = `query ($after: String) {
  feed(kind: LATEST, first: 10, after: $after) { edges { node { ...Clip } } pageInfo { hasNextPage endCursor } }
}${CLIP}`;

const UPDATES = `subscription ($after: String) { feedUpdates(kind: LATEST, after: $after) {
  __typename cursor ... on VideoGone { id }
} }`;

const SPEAKER = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z"/>
  <path class="on" d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11"/><path class="off" d="m16 9.5 5 5m0-5-5 5"/></svg>`;

let muted = true;

/** The view, and what to do when it is left. */
export function feedView() {
  const root = h("section", {
    class: "feed",
    tabIndex: 0,
    ariaLabel: t("feed"),
    onkeydown: (event) => turn(root, event),
  });
  const seen = new IntersectionObserver(
    (entries) => entries.forEach(({ target, isIntersecting }) => play(target, isIntersecting)),
    { root, threshold: 0.6 },
  );
  let after = null;
  let loading = false;
  const ahead = new IntersectionObserver(([entry]) => entry.isIntersecting && load(), {
    root,
    rootMargin: "0px 0px 200% 0px",
  });
  const end = h("p", { class: "end faint" }, t("more"));

  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const { edges, pageInfo } = (await graphql(LATEST, { after })).feed;
      for (const { node } of edges) {
        if (!node.media) continue;
        const item = slide(node, root);
        end.before(item);
        seen.observe(item);
      }
      after = pageInfo.endCursor;
      if (!root.querySelector("article")) root.replaceChildren(empty());
      else if (!pageInfo.hasNextPage) end.remove();
    } catch (error) {
      end.replaceChildren(told(error), " ", h("button", { type: "button", onclick: load }, t("retry")));
    }
    loading = false;
    // The mark may still be in sight after a short page.
    if (end.isConnected) {
      ahead.unobserve(end);
      ahead.observe(end);
    }
  };
  root.append(end);
  load();
  // What is withdrawn goes at once, in the middle of its playing.
  const stop = subscribe(UPDATES, {}, (event) => {
    if (event.__typename !== "VideoGone") return;
    root.querySelector(`article[data-video="${CSS.escape(event.id)}"]`)?.remove();
    if (!root.querySelector("article") && !end.isConnected) root.replaceChildren(empty());
  });
  return [
    root,
    () => {
      stop();
      seen.disconnect();
      ahead.disconnect();
    },
  ];
}

function slide(video, root) {
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
  const who = video.author.displayName || video.author.handle;
  const back = h("img", { class: "back", src: here(video.media.posterUrl), alt: "", loading: "lazy" });
  const words = h(
    "div",
    { class: "words" },
    h("strong", {}, who),
    h("span", { class: "handle" }, `@${video.author.handle}`),
    video.caption ? h("p", {}, video.caption) : null,
    shown(video),
  );
  const article = h("article", { ariaLabel: t("clipBy", who) }, back, screen, words, sound);
  article.dataset.video = video.id;
  return article;
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

async function play(article, visible) {
  const screen = article.querySelector("video");
  if (!visible) return screen.pause();
  try {
    await screen.play();
  } catch {
    // Refused with sound before the first touch, or scrolled past meanwhile: the click on the clip plays it.
  }
}

function turn(root, event) {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (event.key === "m") root.querySelector(".sound")?.click();
  if (!step) return;
  event.preventDefault();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  root.scrollBy({ top: step * root.clientHeight, behavior: calm ? "auto" : "smooth" });
}

function empty() {
  return h(
    "div",
    { class: "center" },
    h("h1", {}, t("welcome")),
    h("p", { class: "faint" }, t("feedEmpty")),
    h("a", { class: "button primary", href: "#make" }, t("feedMake")),
  );
}
