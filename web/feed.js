// The feeds: one clip a screen, playing when it is in view; which feed, and a sentence to steer it by.

import { graphql, mutate, subscribe } from "./api.js";
import { told } from "./ask.js";
import { h, say } from "./dom.js";
import { CARD, play, slide } from "./slide.js";
import { t } from "./words.js";

const KINDS = ["FOR_YOU", "FOLLOWING", "FRIENDS", "LATEST"];
const OWN = ["FOLLOWING", "FRIENDS"];
const KEPT = "yume-feed";
const SENT_EVERY = 4000;
const FEED = `query ($kind: FeedKind!, $steer: String, $after: String) {
  feed(kind: $kind, steer: $steer, first: 8, after: $after) {
    edges { node { ...Card } whyThis { reason sentence contributions { feature share } } }
    pageInfo { hasNextPage endCursor }
    interpretation { parts { words kind direction effect } notUnderstood } nudge { minutes words }
  }
}${CARD}`;
const UPDATES = `subscription ($kind: FeedKind!, $after: String) { feedUpdates(kind: $kind, after: $after) {
  __typename cursor ... on VideoGone { id } ... on CountsChanged { id likeCount commentCount remixCount }
} }`;
const VIEWS = `mutation ($input: NoteViewsInput!) {
  noteViews(input: $input) { __typename ... on Error { code message } }
}`;

/** The view, and what to do when it is left. */
export function feedView(page) {
  const [kept, steer] = JSON.parse(sessionStorage.getItem(KEPT) ?? '["FOR_YOU",""]');
  let kind = page.viewer || !OWN.includes(kept) ? kept : "FOR_YOU";
  let stop = () => {};
  const place = h("div", { class: "feedplace" });
  const tabs = KINDS.filter((name) => page.viewer || !OWN.includes(name)).map((name) =>
    h("button", { type: "button", onclick: () => open(name, box.input.value) }, t(`FEED_${name}`)),
  );
  const box = steering(steer, (sentence) => open("FOR_YOU", sentence));
  const open = (name, sentence) => {
    stop();
    kind = name;
    sessionStorage.setItem(KEPT, JSON.stringify([kind, sentence]));
    for (const [index, tab] of tabs.entries()) {
      const chosen = tab.textContent === t(`FEED_${kind}`) && index >= 0;
      if (chosen) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
    box.element.hidden = kind !== "FOR_YOU";
    const [root, done] = scroll(page, kind, kind === "FOR_YOU" ? sentence : "", box.read);
    stop = done;
    place.replaceChildren(root);
  };
  open(kind, steer);
  const head = h("div", { class: "feedhead" }, h("nav", { ariaLabel: t("feeds") }, tabs), box.element);
  return [h("section", { class: "feedpage" }, place, head), () => stop()];
}

/** The sentence that steers, and how it was read. */
function steering(sentence, steer) {
  const input = h("input", {
    type: "text",
    name: "steer",
    value: sentence,
    maxLength: 300,
    placeholder: t("steerHint"),
    ariaLabel: t("steer"),
    autocomplete: "off",
  });
  const said = h("div", {
    class: "read",
    role: "status",
    title: t("close"),
    onclick: () => said.replaceChildren(),
  });
  const read = (interpretation) => {
    const parts = (interpretation?.parts ?? []).map(
      ({ words, kind, direction, effect }) => `“${words}”: ${t("STEER_PART", kind, direction) ?? effect}`,
    );
    const lost = interpretation?.notUnderstood ?? [];
    if (lost.length) parts.push(`${t("notUnderstood")} ${lost.join(", ")}`);
    said.replaceChildren(...parts.map((words) => h("span", {}, words)));
  };
  const send = (event) => {
    event.preventDefault();
    input.blur();
    steer(input.value.trim());
  };
  return { element: h("form", { class: "steer", onsubmit: send }, input, said), input, read };
}

function scroll(page, kind, steer, read) {
  const root = h("section", {
    class: "feed",
    tabIndex: 0,
    ariaLabel: t(`FEED_${kind}`),
    onkeydown: (event) => turn(root, event),
  });
  const met = new Map();
  const since = new Map();
  const watching = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ target, isIntersecting }) => {
        play(target, isIntersecting);
        note(target.dataset.video, isIntersecting);
      }),
    { root, threshold: 0.6 },
  );
  const note = (id, visible) => {
    if (visible) since.set(id, performance.now());
    else if (since.has(id)) {
      met.set(id, (met.get(id) ?? 0) + (performance.now() - since.get(id)) / 1000);
      since.delete(id);
    }
  };
  const send = async () => {
    if (!page.viewer) return;
    for (const id of [...since.keys()]) {
      note(id, false);
      note(id, true);
    }
    const views = [...met].map(([videoId, seconds]) => ({ videoId, seconds }));
    met.clear();
    // What cannot be noted now is noted when the clip is met again: nothing depends on it.
    if (views.length) await mutate(VIEWS, { input: { views: views.slice(0, 50) } }).catch(() => {});
  };
  const clock = setInterval(send, SENT_EVERY);

  let after = null;
  let loading = false;
  const ahead = new IntersectionObserver(([entry]) => entry.isIntersecting && load(), {
    root,
    rootMargin: "0px 0px 200% 0px",
  });
  const end = h("p", { class: "end faint" }, t("more"));
  const take = (article) => {
    watching.unobserve(article);
    article.remove();
    if (!root.querySelector("article") && !end.isConnected) root.replaceChildren(empty(page, kind));
  };
  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const { edges, pageInfo, interpretation, nudge } = (
        await graphql(FEED, { kind, steer: steer || null, after })
      ).feed;
      read(interpretation);
      for (const { node, whyThis } of edges) {
        if (!node.media) continue;
        const article = slide(node, root, { page, why: whyThis, gone: () => take(article) });
        end.before(article);
        watching.observe(article);
      }
      if (nudge) end.before(rest(nudge));
      after = pageInfo.endCursor;
      if (!root.querySelector("article")) root.replaceChildren(empty(page, kind));
      else if (!pageInfo.hasNextPage) end.remove();
    } catch (error) {
      const again = () => {
        after = null;
        load();
      };
      end.replaceChildren(told(error), " ", h("button", { type: "button", onclick: again }, t("retry")));
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
  const found = (id) => root.querySelector(`article[data-video="${CSS.escape(id)}"]`);
  const stop = subscribe(UPDATES, { kind }, (event) => {
    // What is withdrawn goes at once, in the middle of its playing.
    if (event.__typename === "VideoGone") {
      const article = found(event.id);
      if (article) take(article);
    } else if (event.__typename === "CountsChanged") found(event.id)?.counted(counts(event));
  });
  const done = () => {
    stop();
    clearInterval(clock);
    send();
    watching.disconnect();
    ahead.disconnect();
  };
  return [root, done];
}

const counts = ({ likeCount, commentCount, remixCount }) => ({ likeCount, commentCount, remixCount });

/** A word after a long while, between two clips: it can be scrolled past. */
function rest({ minutes, words: english }) {
  const words = t("NUDGE", minutes) ?? english;
  say(words);
  return h("div", { class: "center nudge" }, h("p", {}, words));
}

function turn(root, event) {
  if (event.target.closest("input, textarea, button")) return;
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (event.key === "m") root.querySelector(".sound")?.click();
  if (!step) return;
  event.preventDefault();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  root.scrollBy({ top: step * root.clientHeight, behavior: calm ? "auto" : "smooth" });
}

function empty(page, kind) {
  const own = OWN.includes(kind);
  return h(
    "div",
    { class: "center" },
    h("h1", {}, t(own ? "feedNobody" : "welcome")),
    h("p", { class: "faint" }, t(own ? "feedNobodyMore" : "feedEmpty")),
    h("a", { class: "button primary", href: own ? "#discover" : "#make" }, t(own ? "discover" : "feedMake")),
  );
}
