// One's own cameos: recording them, who may use them, what was decided, and ending it.

import { graphql, here, mutate } from "./api.js";
import { ACCESS, accessForm } from "./access.js";
import { mishaps, sure, told } from "./ask.js";
import { CAPTURE, capture } from "./capture.js";
import { h } from "./dom.js";
import { GRANTS, permissions, requests } from "./grants.js";
import { CHANGED, eraseButton, stopBar, toast } from "./stop.js";
import { day, t } from "./words.js";

const LIST = `{ viewer { handle cameos { id handle kind state } } }`;
const ONE = `query ($id: ID!) { node(id: $id) { ... on Cameo {
  id handle kind state version thumbnailUrl ${ACCESS} ${GRANTS} captures { ${CAPTURE} }
} } }`;
const LOG = `query ($id: ID!, $after: String) { node(id: $id) { ... on Cameo { decisions(first: 20, after: $after) {
  edges { node { id stage allowed rule createdAt actor { handle } } } pageInfo { hasNextPage endCursor }
} } } }`;
const BREAKING = `query ($id: ID!, $after: String) { node(id: $id) { ... on Cameo { breaking(first: 20, after: $after) {
  edges { rules node { id caption author { handle } media { posterUrl } } } pageInfo { hasNextPage endCursor }
} } } }`;
const WITHDRAW = `mutation ($input: WithdrawLikenessInput!) {
  withdrawLikeness(input: $input) {
    ... on WithdrawLikenessSuccess { withdrawnVideos } ... on Error { code message field }
  }
}`;

let chosen = null;

/** The view, and what to do when it is left. */
export function cameoView() {
  const root = h("section", { class: "you cameo" }, h("p", { class: "faint" }, t("more")));
  let leave = () => {};
  let left = false;
  let recording = false;

  const fill = (...content) => {
    leave();
    leave = () => {};
    root.replaceChildren(...content.filter(Boolean));
  };
  const record = (cameo, underway) => {
    recording = true;
    const done = (id) => {
      recording = false;
      chosen = id;
      document.dispatchEvent(new CustomEvent(CHANGED));
      toast(t("accepted"));
    };
    const [element, stop] = capture({ cameo, underway, done });
    const back = h("button", { type: "button", class: "quiet", onclick: abandon }, `← ${t("keepAsIs")}`);
    fill(h("h1", {}, t("myCameo")), cameo?.version || (!cameo && chosen) ? h("div", {}, back) : null, element);
    leave = stop;
  };
  const abandon = () => {
    recording = false;
    load();
  };
  const load = async () => {
    try {
      const { viewer } = await graphql(LIST);
      if (left) return;
      if (!viewer.cameos.length) {
        chosen = null;
        return record(null, null);
      }
      const shown = (test) => viewer.cameos.find(test)?.id;
      chosen = shown(({ id }) => id === chosen) ?? shown(({ state }) => state !== "EMPTY") ?? viewer.cameos[0].id;
      const { node } = await graphql(ONE, { id: chosen });
      if (left) return;
      const underway = node.captures.find(({ state }) => ["CHALLENGED", "CHECKING"].includes(state));
      if (node.state === "EMPTY") return record(node, underway);
      const pick = (id) => {
        chosen = id;
        load();
      };
      fill(
        h("h1", {}, t("myCameo")),
        tabs(viewer.cameos, pick, () => record(null, null)),
        head(node, () => record(node, null), load),
        underway ? goOn(() => record(node, underway)) : null,
        requests(node, load),
        h("section", { class: "card" }, h("h2", {}, t("access")), accessForm(node, load)),
        permissions(node, load),
        breaking(node, load),
        log(node),
        eraseButton(node, () => document.dispatchEvent(new CustomEvent(CHANGED))),
      );
    } catch (error) {
      fill(h("p", { class: "note", role: "alert" }, told(error)));
    }
  };
  const again = () => recording || load();
  document.addEventListener(CHANGED, again);
  load();
  return [
    root,
    () => {
      left = true;
      document.removeEventListener(CHANGED, again);
      leave();
    },
  ];
}

function tabs(cameos, pick, add) {
  const one = ({ id, handle }) =>
    h(
      "button",
      { type: "button", class: "tab", "aria-pressed": String(id === chosen), onclick: () => pick(id) },
      `@${handle}`,
    );
  return h(
    "div",
    { class: "tabs" },
    cameos.length > 1 ? cameos.map(one) : null,
    h("button", { type: "button", class: "quiet", onclick: add }, `+ ${t("cameoNew")}`),
  );
}

function head(cameo, record, changed) {
  const picture = cameo.thumbnailUrl
    ? h("img", { src: here(cameo.thumbnailUrl), alt: "", class: "face" })
    : h("span", { class: "face", ariaHidden: "true" });
  const state = h(
    "span",
    { class: `badge ${cameo.state === "ACTIVE" ? "done" : "wrong"}` },
    t(`state${cameo.state}`),
  );
  return h(
    "section",
    { class: "card" },
    h(
      "div",
      { class: "row" },
      h(
        "div",
        { class: "who" },
        picture,
        h(
          "div",
          { class: "stack" },
          h("h2", {}, `@${cameo.handle}`),
          h("span", {}, state, " ", h("span", { class: "faint" }, t(cameo.audience))),
          h("span", { class: "faint" }, t("version", cameo.version)),
        ),
      ),
      h("button", { type: "button", onclick: record }, t("recordAgain")),
    ),
    stopBar(cameo, changed),
    h("p", { class: "faint" }, t("pauseHint")),
  );
}

function goOn(record) {
  return h(
    "p",
    { class: "card row" },
    t("recordTitle"),
    h("button", { type: "button", class: "primary", onclick: record }, t("begin")),
  );
}

function breaking(cameo, changed) {
  const list = h("ul", { class: "plain" });
  const { note, attempt } = mishaps();
  let after = null;
  const found = ({ node, rules }) => {
    const remove = attempt(async () => {
      if (!(await sure(t("removeMeSure"), [t("removeMeHonest")], t("removeMe")))) return;
      const { withdrawnVideos } = await mutate(WITHDRAW, { input: { videoId: node.id, cameoId: cameo.id } });
      toast(t("removed", withdrawnVideos));
      changed();
    });
    return h(
      "li",
      { class: "row" },
      h("img", { class: "small", src: here(node.media?.posterUrl) ?? "", alt: "" }),
      h(
        "span",
        {},
        t("byWhom", node.author.handle),
        " ",
        node.caption,
        " ",
        h("span", { class: "faint" }, rules.join(", ")),
      ),
      h("button", { type: "button", class: "danger", onclick: remove }, t("removeMe")),
    );
  };
  const look = attempt(async () => {
    // A page may hold none while there are more to look through.
    do {
      const { edges, pageInfo } = (await graphql(BREAKING, { id: cameo.id, after })).node.breaking;
      list.append(...edges.filter(({ node }) => node?.media).map(found));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after && !list.children.length);
    if (!list.children.length) list.append(h("li", { class: "faint" }, t("breakingNone")));
    if (!after) button.remove();
  });
  const button = h("button", { type: "button", onclick: look }, t("breakingLook"));
  return h("section", { class: "stack" }, h("h2", {}, t("breaking")), list, note, h("div", {}, button));
}

function log(cameo) {
  const list = h("ul", { class: "plain log" });
  const { note, attempt } = mishaps();
  let after = null;
  const line = ({ node }) =>
    h(
      "li",
      {},
      h("strong", { class: node.allowed ? "fine" : "wrong" }, t(node.allowed ? "yes" : "no")),
      ` ${node.actor ? `@${node.actor.handle}` : ""} ${t(`stage_${node.stage}`)} `,
      h("span", { class: "faint" }, `${node.rule} · ${day(node.createdAt)}`),
    );
  const more = attempt(async () => {
    const { edges, pageInfo } = (await graphql(LOG, { id: cameo.id, after })).node.decisions;
    list.append(...edges.map(line));
    if (!list.children.length) list.append(h("li", { class: "faint" }, t("decisionsNone")));
    after = pageInfo.endCursor;
    button.hidden = !pageInfo.hasNextPage;
  });
  const button = h("button", { type: "button", hidden: true, onclick: more }, "…");
  const box = h("details", {}, h("summary", {}, t("decisions")), list, note, button);
  box.addEventListener("toggle", () => box.open && !list.children.length && more());
  return box;
}
