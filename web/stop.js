// Ending it: stop everything, pause, resume, erase. Restricting is one tap and never asks for a password.

import { graphql, here, mutate } from "./api.js";
import { dialog, mishaps, steppedUp, sure } from "./ask.js";
import { h, say } from "./dom.js";
import { t } from "./words.js";

const REVOKE = `mutation ($input: RevokeCameoInput!) {
  revokeCameo(input: $input) {
    ... on RevokeCameoSuccess { withdrawnVideos stoppedJobs }
    ... on Error { code message }
  }
}`;
const PAUSE = `mutation ($input: PauseCameoInput!) {
  pauseCameo(input: $input) { ... on PauseCameoSuccess { cameo { id state } } ... on Error { code message } }
}`;
const RESUME = `mutation ($input: ResumeCameoInput!) {
  resumeCameo(input: $input) { ... on ResumeCameoSuccess { cameo { id state } } ... on Error { code message } }
}`;
const ERASED = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Cameo {
  erasure { createdAt doneAt receiptUrl }
} } }`;
const KEPT = "yume-erased";
const LOOK_MS = 2000;
const OWN = "{ viewer { cameos { id state } } }";

/** Told on `document` when something of the viewer's own changed here, so that views read it again. */
export const CHANGED = "yume-changed";

/** "Stop everything" and, beside it, pause or resume, for one cameo. `changed()` follows. */
export function stopBar(cameo, changed) {
  const { note, attempt } = mishaps();
  const paused = cameo.state === "PAUSED";
  const pause = attempt(async () => {
    const input = { cameoId: cameo.id };
    const done = paused ? await steppedUp(() => mutate(RESUME, { input })) : await mutate(PAUSE, { input });
    if (done) finish(t(paused ? "resumed" : "paused"), changed);
  });
  return h(
    "div",
    { class: "stopbar", role: "group", ariaLabel: t("stopAll") },
    h(
      "button",
      { type: "button", class: "stop", onclick: attempt(() => stop([cameo.id], changed)) },
      t("stopAll"),
    ),
    h(
      "button",
      { type: "button", onclick: pause, title: paused ? "" : t("pauseHint") },
      t(paused ? "resumeIt" : "pauseIt"),
    ),
    note,
  );
}

/** The same from anywhere: one confirmation, then every cameo of the viewer's is stopped. */
export async function stopFromAnywhere() {
  const { viewer } = await graphql(OWN);
  const live = (viewer?.cameos ?? []).filter(({ state }) => state !== "EMPTY");
  await stop(
    live.map(({ id }) => id),
    () => document.dispatchEvent(new CustomEvent(CHANGED)),
  );
}

async function stop(ids, changed) {
  const honest = h("p", { class: "faint" }, t("stopAllHonest"));
  if (!(await sure(`${t("stopAll")}?`, [t("stopAllSure"), honest], t("stopAll")))) return;
  let videos = 0;
  let jobs = 0;
  for (const cameoId of ids) {
    const done = await mutate(REVOKE, { input: { cameoId, mode: "WITHDRAW" } });
    videos += done.withdrawnVideos;
    jobs += done.stoppedJobs;
  }
  finish(t("stopped", videos, jobs), changed);
}

/** Erase a cameo for ever; shows where its receipt is. `changed()` follows. */
export function eraseButton(cameo, changed) {
  const { note, attempt } = mishaps();
  const erase = attempt(async () => {
    const honest = h("p", { class: "faint" }, t("stopAllHonest"));
    if (!(await sure(`${t("erase")}?`, [t("eraseSure"), honest], t("erase")))) return;
    const done = await steppedUp(() => mutate(REVOKE, { input: { cameoId: cameo.id, mode: "ERASE" } }));
    if (!done) return;
    // An erased cameo is in no list any more; this browser remembers whose receipt to ask for.
    localStorage.setItem(KEPT, JSON.stringify([...new Set([...remembered(), cameo.id])]));
    const place = h("p", { class: "faint" }, t("receiptWait"));
    const look = async () => {
      const found = (await graphql(ERASED, { ids: [cameo.id] })).nodes[0]?.erasure;
      if (found?.doneAt) place.replaceChildren(receiptLink(found.receiptUrl));
      else if (place.isConnected) setTimeout(attempt(look), LOOK_MS);
    };
    const front = dialog(
      { ariaLabel: t("erase"), onclose: changed },
      h("p", { role: "status" }, t("erased")),
      place,
      h("button", { type: "button", onclick: () => front.close() }, t("close")),
    );
    await look();
  });
  return h(
    "div",
    { class: "stack" },
    h("button", { type: "button", class: "danger", onclick: erase }, t("erase")),
    note,
  );
}

/** Where a deletion receipt can be fetched, as a link. */
export const receiptLink = (url) => h("a", { class: "button", href: here(url), download: "" }, t("receipt"));

const remembered = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");

/** Erasures that were asked for in this browser, and are the viewer's to read: `{createdAt, doneAt, receiptUrl}`. */
export async function erasures() {
  const ids = remembered().slice(-20);
  if (!ids.length) return [];
  return (await graphql(ERASED, { ids })).nodes.map((node) => node?.erasure).filter(Boolean);
}

let fading;

function finish(words, changed) {
  say(words);
  toast(words);
  changed();
}

/** Words at the bottom of the page for a while, whatever the view becomes meanwhile. */
export function toast(words) {
  document.querySelector(".toast")?.remove();
  clearTimeout(fading);
  const box = h("p", { class: "toast", ariaHidden: "true" }, words);
  document.body.append(box);
  fading = setTimeout(() => box.remove(), 6000);
}
