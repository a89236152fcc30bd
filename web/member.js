// Another member: following, blocking, and asking for their cameos.

import { graphql, here, mutate } from "./api.js";
import { mishaps, sure, told } from "./ask.js";
import { ask } from "./cast.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const MEMBER = `query ($handle: String!) { account(handle: $handle) {
  id handle displayName bio isViewer viewerFollows followsViewer isMutual viewerBlocks
  cameos { id handle kind viewerHasAsked viewerMayUse { face voice reason } }
  videos(first: 12) { edges { node { id caption media { posterUrl } } } }
} }`;
const change = (name) => `mutation ($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) {
  ${name}(input: $input) { ... on ${name[0].toUpperCase()}${name.slice(1)}Success { account { id } } ... on Error { code message } }
}`;

/** The view of the member that the address names, and what to do when it is left. */
export function memberView(page) {
  const root = h("section", { class: "you member" }, h("p", { class: "faint" }, t("more")));
  const load = async () => {
    try {
      const { account } = await graphql(MEMBER, { handle: page.place });
      root.replaceChildren(
        ...(account ? shown(account, load) : [h("p", { class: "note" }, t("nobodyCalled", page.place))]),
      );
    } catch (error) {
      root.replaceChildren(h("p", { class: "note", role: "alert" }, told(error)));
    }
  };
  load();
  return [root, () => {}];
}

function shown(account, changed) {
  const relation = account.isMutual
    ? t("mutual")
    : account.followsViewer
      ? `@${account.handle} ${t("followsYou")}`
      : "";
  return [
    h("h1", {}, account.displayName, " ", h("span", { class: "handle" }, `@${account.handle}`)),
    account.bio ? h("p", {}, account.bio) : "",
    relation ? h("p", { class: "faint" }, relation) : "",
    account.isViewer ? "" : standing(account, changed),
    h(
      "ul",
      { class: "plain" },
      account.cameos.map((cameo) => lent(cameo, changed)),
    ),
    h(
      "div",
      { class: "tiles" },
      account.videos.edges
        .filter(({ node }) => node.media)
        .map(({ node }) =>
          h("img", { class: "tile", src: here(node.media.posterUrl), alt: node.caption, loading: "lazy" }),
        ),
    ),
  ];
}

function standing(account, changed) {
  const { note, attempt } = mishaps();
  const act = (name) =>
    attempt(async () => {
      if (name === "block" && !(await sure(t("block"), [t("blockSure", account.handle)], t("block")))) return;
      await mutate(change(name), { input: { accountId: account.id } });
      await changed();
    });
  const following = account.viewerFollows ? "unfollow" : "follow";
  const blocking = account.viewerBlocks ? "unblock" : "block";
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "row start" },
      account.viewerBlocks
        ? null
        : h(
            "button",
            { type: "button", class: following === "follow" ? "primary" : "", onclick: act(following) },
            t(following),
          ),
      h(
        "button",
        { type: "button", class: blocking === "block" ? "danger" : "", onclick: act(blocking) },
        t(blocking),
      ),
    ),
    account.isMutual ? h("p", { class: "faint" }, t("unfollowHint")) : null,
    note,
  );
}

function lent(cameo, changed) {
  const { face, voice } = cameo.viewerMayUse;
  const may = [face && t("face"), voice && t("voice")].filter(Boolean).join(" + ");
  const tool = may
    ? h("span", { class: "badge done" }, may)
    : cameo.viewerHasAsked
      ? h("span", { class: "faint" }, t("askedAlready"))
      : h("button", { type: "button", onclick: () => ask(cameo, changed) }, t("castAsk", cameo.handle));
  return h("li", { class: "row" }, h("span", {}, `@${cameo.handle} · ${t(cameo.kind)}`), tool);
}
