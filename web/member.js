// Another member: following, blocking, and asking for their cameos.

import { graphql, mutate } from "./api.js";
import { mishaps, sure, told } from "./ask.js";
import { ask } from "./cast.js";
import { avatar } from "./discover.js";
import { h } from "./dom.js";
import { PEOPLE, people } from "./people.js";
import { TILE, wall } from "./tiles.js";
import { t } from "./words.js";

const MEMBER = `query ($handle: String!) { account(handle: $handle) {
  id handle displayName bio isViewer viewerFollows followsViewer isMutual viewerBlocks
  cameos { id handle kind viewerHasAsked viewerMayUse { face voice reason } }
  avatarUrl viewerMutes videoCount
} }`;
const SHELVES = {
  videos: `query ($handle: String!, $after: String) { account(handle: $handle) {
    videos(first: 18, after: $after) { edges { node { ${TILE} } } pageInfo { hasNextPage endCursor } }
  } }`,
  remixes: `query ($handle: String!, $after: String) { account(handle: $handle) {
    remixes(first: 18, after: $after) { edges { node { ${TILE} } } pageInfo { hasNextPage endCursor } }
  } }`,
  shownAppearances: `query ($handle: String!, $after: String) { account(handle: $handle) {
    shownAppearances(first: 18, after: $after) { edges { node { ${TILE} } } pageInfo { hasNextPage endCursor } }
  } }`,
};
const CIRCLES = {
  followers: `query ($handle: String!, $after: String) { account(handle: $handle) {
    followers(first: 30, after: $after) { ${PEOPLE} }
  } }`,
  following: `query ($handle: String!, $after: String) { account(handle: $handle) {
    following(first: 30, after: $after) { ${PEOPLE} }
  } }`,
};
const TITLES = { videos: "theirClips", remixes: "theirRemixes", shownAppearances: "theirAppearances", followers: "theirFollowers", following: "theyFollow" };
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
    h(
      "header",
      { class: "row start" },
      avatar(account),
      h("h1", {}, account.displayName, " ", h("span", { class: "handle" }, `@${account.handle}`)),
    ),
    account.bio ? h("p", {}, account.bio) : "",
    h("p", { class: "faint" }, [t("clips", account.videoCount), relation].filter(Boolean).join(" · ")),
    account.isViewer ? "" : standing(account, changed),
    h(
      "ul",
      { class: "plain" },
      account.cameos.map((cameo) => lent(cameo, changed)),
    ),
    shelves(account),
  ];
}

/** What they published, what of it are remixes, where others show them, who follows whom; one at a time. */
function shelves({ handle }) {
  const place = h("div", {});
  const tabs = Object.keys(TITLES).map((name) => {
    const tab = h("button", { type: "button", class: "quiet" }, t(TITLES[name]));
    tab.onclick = () => {
      for (const each of tabs) each.removeAttribute("aria-current");
      tab.setAttribute("aria-current", "true");
      const fill = SHELVES[name] ? wall : people;
      place.replaceChildren(fill(SHELVES[name] ?? CIRCLES[name], { handle }, (data) => data.account?.[name]));
    };
    return tab;
  });
  tabs[0].click();
  return h("section", {}, h("nav", { class: "shelftabs", ariaLabel: t("theirClips") }, tabs), place);
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
  const muting = account.viewerMutes ? "unmute" : "mute";
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
      h("button", { type: "button", onclick: act(muting) }, t(muting)),
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
