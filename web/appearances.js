// Every video and draft that shows the viewer: looking at it, answering for it, removing it; and what was destroyed.

import { graphql, here, mutate } from "./api.js";
import { dialog, mishaps, sure, told } from "./ask.js";
import { CLIP, player } from "./clip.js";
import { h } from "./dom.js";
import { NEWS } from "./bell.js";
import { CHANGED, erasures, receiptLink, toast } from "./stop.js";
import { day, t } from "./words.js";

const SHOWN = `query ($after: String) { viewer { cameos { id state } appearances(first: 24, after: $after) {
  edges { node { ...Clip viewerShows answers: approvals { state draftHash expiresAt cameo { id owner { isViewer } } } } }
  pageInfo { hasNextPage endCursor }
} } }${CLIP}`;
const RECEIPTS = `{ viewer { cameos { handle withdrawals(first: 20) { edges { cursor node {
  createdAt reason videos receiptUrl
} } } } } }`;
const SHOW = `mutation ($input: ShowAppearanceInput!) {
  showAppearance(input: $input) { __typename ... on Error { code message field } }
}`;
const ANSWER = `mutation ($input: AnswerAppearanceInput!) {
  answerAppearance(input: $input) {
    ... on AnswerAppearanceSuccess { videoId } ... on Error { code message field }
  }
}`;
const WITHDRAW = `mutation ($input: WithdrawLikenessInput!) {
  withdrawLikeness(input: $input) {
    ... on WithdrawLikenessSuccess { withdrawnVideos } ... on Error { code message field }
  }
}`;

const RECEIPT_MS = 3000;

/** The view, and what to do when it is left. */
export function appearancesView() {
  const tiles = h("div", { class: "tiles" });
  const none = h("div", { class: "stack" });
  const receipts = h("section", { class: "stack" });
  const more = h("button", { type: "button", hidden: true }, "…");
  const { note, attempt } = mishaps();
  const known = new Map();
  let opened = null;
  let after = null;
  let left = false;
  let timer;

  const show = (video) => {
    opened = { id: video.id, box: look(video, reload), close: null };
    opened.box.addEventListener("close", () => {
      opened = null;
    });
  };
  const read = async () => {
    const { viewer } = await graphql(SHOWN, { after });
    if (left) return;
    for (const { node } of viewer.appearances.edges) {
      const tile = tileOf(node, () => show(node));
      if (known.has(node.id)) known.get(node.id).replaceWith(tile);
      else tiles.append(tile);
      known.set(node.id, tile);
      if (opened?.id === node.id && !node.media) opened.box.replaceChildren(...gone(opened.box));
    }
    const { hasNextPage, endCursor } = viewer.appearances.pageInfo;
    after = endCursor;
    more.hidden = !hasNextPage;
    none.replaceChildren(...(known.size ? [] : nothing(viewer)));
    await account();
  };
  // Nothing tells when the last byte is gone; it takes seconds.
  const account = async () => {
    const [content, waiting] = await destroyed();
    receipts.replaceChildren(...content);
    clearTimeout(timer);
    if (waiting && !left) timer = setTimeout(account, RECEIPT_MS);
  };
  const reload = async () => {
    after = null;
    tiles.replaceChildren();
    known.clear();
    await read();
  };
  more.addEventListener("click", attempt(read));
  const again = () => attempt(reload)();
  document.addEventListener(NEWS, again);
  document.addEventListener(CHANGED, again);
  attempt(read)();

  const root = h(
    "section",
    { class: "you appearances" },
    h("h1", {}, t("appearances")),
    h("p", { class: "faint" }, t("appearancesWhy")),
    note,
    none,
    tiles,
    h("div", {}, more),
    receipts,
  );
  return [
    root,
    () => {
      left = true;
      clearTimeout(timer);
      opened?.box.close();
      document.removeEventListener(NEWS, again);
      document.removeEventListener(CHANGED, again);
    },
  ];
}

function nothing(viewer) {
  if (viewer.cameos.length) return [h("p", { class: "faint" }, t("appearancesNone"))];
  return [
    h("p", { class: "faint" }, t("needCameo")),
    h("div", {}, h("a", { class: "button primary", href: "#cameo" }, t("needCameoMake"))),
  ];
}

const waitingOf = (video) =>
  (video.answers ?? []).find(({ state, cameo }) => state === "PENDING" && cameo.owner.isViewer);

/** Where it stands; a draft that waits for somebody else's answer is a draft to the viewer. */
const stateOf = (video) => t(video.state === "AWAITING_APPROVAL" && !waitingOf(video) ? "DRAFT" : video.state);

function tileOf(video, open) {
  const words = `${stateOf(video)}, ${t("byWhom", video.author.handle)}`;
  const waits = Boolean(waitingOf(video));
  return h(
    "figure",
    { class: `appearance ${waits ? "waits" : ""}` },
    h(
      "button",
      {
        type: "button",
        class: "tile",
        onclick: open,
        ariaLabel: `${words}. ${video.caption || video.prompt || ""}`,
      },
      video.media
        ? h("img", { src: here(video.media.posterUrl), alt: "", loading: "lazy" })
        : h("span", { class: "empty", ariaHidden: "true" }, "☾"),
    ),
    h(
      "figcaption",
      {},
      h("span", { class: `badge ${video.state === "PUBLISHED" ? "done" : ""}` }, stateOf(video)),
      h("span", { class: "faint" }, t("byWhom", video.author.handle)),
    ),
  );
}

/** A video in front of the page, with what the person shown can do about it. */
function look(video, changed) {
  const { note, attempt } = mishaps();
  const waiting = waitingOf(video);
  const answer = (approve) =>
    attempt(async () => {
      const input = { videoId: video.id, cameoId: waiting.cameo.id, approve, draftHash: waiting.draftHash };
      await mutate(ANSWER, { input });
      toast(t(approve ? "approved" : "declined"));
      box.close();
      await changed();
    });
  const remove = attempt(async () => {
    if (!(await sure(t("removeMeSure"), [t("removeMeHonest")], t("removeMe")))) return;
    const { withdrawnVideos } = await mutate(WITHDRAW, { input: { videoId: video.id } });
    toast(t("removed", withdrawnVideos));
    box.close();
    await changed();
  });
  const box = dialog({ ariaLabel: `${stateOf(video)}, ${t("byWhom", video.author.handle)}` });
  if (!video.media) {
    box.append(...gone(box, video));
    return box;
  }
  box.append(
    player(video, { autoplay: true }),
    h(
      "p",
      {},
      h("span", { class: "badge" }, stateOf(video)),
      " ",
      h(
        "a",
        { href: `#member/${video.author.handle}`, onclick: () => box.close() },
        t("byWhom", video.author.handle),
      ),
    ),
    video.caption ? h("p", {}, video.caption) : "",
    h("p", {}, h("span", { class: "faint" }, `${t("promptWas")}: `), video.prompt ?? ""),
  );
  if (waiting) {
    box.append(
      h("p", { class: "faint" }, t("answerBy", day(waiting.expiresAt))),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", onclick: answer(false) }, t("decline")),
        h("button", { type: "button", class: "primary", onclick: answer(true) }, t("approve")),
      ),
    );
  }
  if (video.viewerShows !== null) box.append(onProfile(video, attempt));
  box.append(
    note,
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: () => box.close() }, t("close")),
      h("button", { type: "button", class: "danger", onclick: remove }, t("removeMe")),
    ),
  );
  return box;
}

/** Whether it is on the viewer's profile, and changing that. */
function onProfile(video, attempt) {
  const toggle = h("input", { type: "checkbox", name: "shown", checked: video.viewerShows });
  toggle.onchange = attempt(async () => {
    const shown = toggle.checked;
    toggle.checked = !shown; // until the server agrees
    await mutate(SHOW, { input: { videoId: video.id, shown } });
    toggle.checked = video.viewerShows = shown;
    toast(t(shown ? "shownHere" : "hiddenHere"));
  });
  return h("label", { class: "choice" }, toggle, h("span", {}, t("showHere")));
}

function gone(box, video) {
  return [
    h("p", { role: "status" }, t("gone")),
    video ? h("p", { class: "faint" }, `${t(video.state)} · ${t("byWhom", video.author.handle)}`) : "",
    video?.prompt ? h("p", {}, h("span", { class: "faint" }, `${t("promptWas")}: `), video.prompt) : "",
    h("button", { type: "button", onclick: () => box.close() }, t("close")),
  ];
}

/** What was taken out of videos so far, and whether a receipt is still being waited for. */
async function destroyed() {
  let found;
  let erased;
  try {
    found = (await graphql(RECEIPTS)).viewer.cameos.flatMap(({ withdrawals }) => withdrawals.edges);
    erased = await erasures();
  } catch (error) {
    return [[h("p", { class: "wrong", role: "alert" }, told(error))], false];
  }
  if (!found.length && !erased.length) return [[], false];
  const row = (words, url) =>
    h(
      "li",
      { class: "row" },
      h("span", {}, words),
      url ? receiptLink(url) : h("span", { class: "faint" }, t("receiptWait")),
    );
  const line = ({ node }) =>
    row(`${t("withdrawal", day(node.createdAt), node.videos)} · ${t(`reason_${node.reason}`)}`, node.receiptUrl);
  const erasure = ({ createdAt, doneAt, receiptUrl }) =>
    row(`${day(createdAt)} · ${t("reason_ERASED")}`, doneAt && receiptUrl);
  const content = [
    h("h2", {}, t("receipts")),
    h("p", { class: "faint" }, t("receiptsWhy")),
    h("ul", { class: "plain" }, erased.map(erasure), found.map(line)),
  ];
  return [content, found.some(({ node }) => !node.receiptUrl) || erased.some(({ doneAt }) => !doneAt)];
}
