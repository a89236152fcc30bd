// A member's data: taking all of it along, and leaving for good.

import { graphql, here, mutate } from "./api.js";
import { dialog, mishaps, steppedUp } from "./ask.js";
import { field, h } from "./dom.js";
import { receiptLink } from "./stop.js";
import { day, t } from "./words.js";

const KEPT = "yume-export";
const LOOK_MS = 1500;
const EXPORT = `mutation ($input: ExportMyDataInput!) {
  exportMyData(input: $input) { ... on ExportMyDataSuccess { export { id } } ... on Error { code message field } }
}`;
const BUNDLE = `query ($id: ID!) { node(id: $id) { ... on Export { id state progress url expiresAt bytes } } }`;
const LEAVE = `mutation ($input: DeleteAccountInput!) {
  deleteAccount(input: $input) {
    ... on DeleteAccountSuccess { erasure { receiptUrl } } ... on Error { code message field }
  }
}`;

/** Open it for `viewer`; `gone()` follows when the account is deleted. */
export function showMyData(viewer, gone) {
  const front = dialog({ ariaLabel: t("myData"), class: "side" }, h("h2", {}, t("myData")));
  front.append(
    taking(front),
    leaving(viewer, front, gone),
    h("button", { type: "button", onclick: () => front.close() }, t("close")),
  );
}

/** The bundle: asking for one, how far it is, and fetching it. */
function taking(front) {
  const { note, attempt } = mishaps();
  const place = h("div", { class: "stack", role: "status" });
  const bar = h("progress", { max: 1, ariaLabel: t("exportBUILDING") });
  const start = h("button", { type: "button" }, t("exportStart"));
  let timer;
  const look = attempt(async () => {
    const id = sessionStorage.getItem(KEPT);
    const found = id && (await graphql(BUNDLE, { id })).node;
    if (!found) return;
    const { state, progress, url, expiresAt, bytes } = found;
    const ready = state === "READY";
    const underway = state === "QUEUED" || state === "BUILDING";
    start.hidden = underway;
    start.textContent = t(ready ? "exportAgain" : "exportStart");
    bar.value = progress;
    place.replaceChildren(
      h("p", {}, ready ? t("exportREADY", (bytes / 1e6).toFixed(1), day(expiresAt)) : t(`export${state}`)),
      underway ? bar : "",
      // The address is good for minutes: a fresh one is asked for when it is wanted.
      ready ? h("button", { type: "button", class: "primary", onclick: attempt(fetchIt) }, t("exportFetch")) : "",
    );
    clearTimeout(timer);
    if (underway && front.isConnected) timer = setTimeout(look, LOOK_MS);
    if (ready && !url) timer = setTimeout(look, LOOK_MS);
  });
  const fetchIt = async () => {
    const { node } = await graphql(BUNDLE, { id: sessionStorage.getItem(KEPT) });
    if (!node?.url) return look();
    const link = h("a", { href: here(node.url), download: "" });
    document.body.append(link);
    link.click();
    return link.remove();
  };
  start.onclick = attempt(async () => {
    const { export: asked } = await mutate(EXPORT, { input: { idempotencyKey: crypto.randomUUID() } });
    sessionStorage.setItem(KEPT, asked.id);
    await look();
  });
  front.addEventListener("close", () => clearTimeout(timer));
  look();
  return h(
    "section",
    { class: "stack" },
    h("h3", {}, t("exportTitle")),
    h("p", { class: "faint" }, t("exportWhat")),
    place,
    start,
    note,
  );
}

/** Deleting the account: in plain words, the handle typed once more, then the password. */
function leaving({ handle }, front, gone) {
  const name = field("handle", t("leaveType", handle), {
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
    required: true,
  });
  const { note, attempt } = mishaps(name);
  const leave = attempt(async () => {
    name.clear();
    const typed = name.input.value.trim().replace(/^@/, "").toLowerCase();
    if (typed !== handle) return name.error(t("leaveWrong"));
    const done = await steppedUp(() => mutate(LEAVE, { input: { handle: typed } }));
    if (!done) return undefined;
    sessionStorage.clear();
    front.close();
    return farewell(done.erasure.receiptUrl, gone);
  });
  return h(
    "details",
    { class: "leaving" },
    h("summary", {}, t("leaveTitle")),
    h(
      "form",
      { class: "stack", onsubmit: leave },
      h("p", {}, t("leaveWhat")),
      h("p", { class: "faint" }, t("stopAllHonest")),
      name,
      note,
      h("button", { class: "stop" }, t("leaveGo")),
    ),
  );
}

/** Nobody is signed in any more: the receipt's address is all that is left, and good once everything is destroyed. */
function farewell(url, gone) {
  const place = h("p", { class: "faint", role: "status" }, t("receiptWait"));
  const last = dialog(
    { ariaLabel: t("leaveTitle"), onclose: gone },
    h("p", { role: "status" }, t("left")),
    h("p", { class: "code" }, h("code", {}, url)),
    place,
    h("button", { type: "button", onclick: () => last.close() }, t("close")),
  );
  const look = async () => {
    const answer = await fetch(here(url)).catch(() => null); // away for a moment: it is asked again
    if (answer?.ok) place.replaceChildren(receiptLink(url));
    else if (last.isConnected) setTimeout(look, LOOK_MS);
  };
  look();
}
