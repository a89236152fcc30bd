// What is the viewer's own: drafts, published clips, invites, signing out.

import { graphql, here, mutate } from "./api.js";
import { mishaps, sure, told } from "./ask.js";
import { makeAgainAlone, makeAgainWithout } from "./cast.js";
import { showCircle } from "./circle.js";
import { CLIP, player } from "./clip.js";
import { h } from "./dom.js";
import { showMyData } from "./mydata.js";
import { editProfile } from "./profile.js";
import { actions, DELETE } from "./publish.js";
import { tuneFeed } from "./tune.js";
import { t } from "./words.js";

const MINE = `{
  viewer {
    handle role displayName bio avatarUrl remixableDefault onLeaderboards
    drafts(first: 20) { edges { node { ...Clip } } pageInfo { hasNextPage endCursor } }
    videos(first: 20) { edges { node { ...Clip visibility } } pageInfo { hasNextPage endCursor } }
    invites { left }
  }
}${CLIP}`;
const DRAFTS = `query ($after: String) { viewer { found: drafts(first: 20, after: $after) {
  edges { node { ...Clip } } pageInfo { hasNextPage endCursor }
} } }${CLIP}`;
const VIDEOS = `query ($after: String) { viewer { found: videos(first: 20, after: $after) {
  edges { node { ...Clip visibility } } pageInfo { hasNextPage endCursor }
} } }${CLIP}`;
const TAKEN = `{
  notifications(first: 40) { edges { node { ... on VideoWithdrawn {
    makeAgainWithout { id handle } makeAgainAsOriginal video { id prompt state likenesses { via consented cameo { id handle kind } } }
  } } } }
}`;
const INVITE = `mutation ($input: CreateInviteInput!) {
  createInvite(input: $input) { ... on CreateInviteSuccess { inviteCode } ... on Error { code message field } }
}`;
const SIGN_OUT = `mutation { signOut { ... on SignOutSuccess { signedOut } ... on Error { code message field } } }`;

/** The view, and what to do when it is left. */
export function youView(_, refresh) {
  const root = h("section", { class: "you" }, h("p", { class: "faint" }, t("more")));
  const load = async () => {
    try {
      const [{ viewer }, { notifications }] = await Promise.all([graphql(MINE), graphql(TAKEN)]);
      root.replaceChildren(
        head(viewer, load, refresh),
        shelf(t("drafts"), viewer.drafts, DRAFTS, load),
        withdrawn([...viewer.drafts.edges.map(({ node }) => node), ...takenAway(notifications)], load),
        shelf(t("mine"), viewer.videos, VIDEOS, load),
        finding(),
        invites(viewer.invites),
        h("p", {}, h("a", { href: "#verify" }, t("verify"))),
      );
    } catch (error) {
      root.replaceChildren(h("p", { class: "note", role: "alert" }, told(error)));
    }
  };
  load();
  return [root, () => {}];
}

function head(viewer, changed, refresh) {
  const leave = async () => {
    await mutate(SIGN_OUT, {});
    await refresh();
  };
  return h(
    "header",
    { class: "row" },
    h("h1", {}, viewer.displayName, " ", h("span", { class: "handle" }, `@${viewer.handle}`)),
    h(
      "div",
      { class: "row start" },
      h("button", { type: "button", onclick: () => editProfile(viewer, changed) }, t("editProfile")),
      h("button", { type: "button", onclick: tuneFeed }, t("tune")),
      h("button", { type: "button", onclick: showCircle }, t("circle")),
      h("button", { type: "button", onclick: () => showMyData(viewer, refresh) }, t("myData")),
      viewer.role === "MEMBER" ? null : h("a", { class: "button", href: "#moderate" }, t("moderate")),
      h("button", { type: "button", onclick: leave }, t("signOut")),
    ),
  );
}

function shelf(title, first, query, reload) {
  const dialog = h("dialog", { class: "managing", onclick: (event) => event.target === dialog && dialog.close() });
  dialog.addEventListener("close", () => dialog.replaceChildren());
  const open = (video) => {
    const changed = () => {
      dialog.close();
      reload();
    };
    dialog.replaceChildren(
      player(video, { autoplay: true }),
      h("p", { class: "faint" }, video.prompt),
      actions(video, changed),
    );
    dialog.showModal();
  };
  const tile = (video) =>
    h(
      "button",
      { type: "button", class: "tile", onclick: () => open(video), ariaLabel: video.caption || video.prompt },
      h("img", { src: here(video.media.posterUrl), alt: "", loading: "lazy" }),
      video.visibility && video.visibility !== "PUBLIC"
        ? h("span", { class: "badge" }, t(`VISIBLE_${video.visibility}`))
        : null,
    );
  const tiles = h("div", { class: "tiles" });
  const more = h("button", { type: "button" }, t("showMore"));
  const { note, attempt } = mishaps();
  const put = ({ edges, pageInfo }) => {
    const videos = edges.map(({ node }) => node).filter(({ media }) => media);
    tiles.append(...videos.map(tile));
    more.hidden = !pageInfo.hasNextPage;
    more.onclick = attempt(async () => put((await graphql(query, { after: pageInfo.endCursor })).viewer.found));
  };
  put(first);
  return h(
    "section",
    {},
    h("h2", {}, title),
    tiles.children.length ? tiles : h("p", { class: "faint" }, t("none")),
    more,
    note,
    dialog,
  );
}

/** What was published is in no list of its author's once it is withdrawn; the news tell of it. */
const takenAway = ({ edges }) =>
  edges
    .filter(({ node }) => node.video && (node.makeAgainWithout || node.makeAgainAsOriginal))
    .map(({ node }) => ({ ...node.video, alone: node.makeAgainAsOriginal, left: node.makeAgainWithout }));

/** Clips that somebody shown no longer allows, each with the offer to make it again without them. */
function withdrawn(found, reload) {
  const videos = [...new Map(found.map((video) => [video.id, video])).values()].filter(
    ({ state }) => state === "WITHDRAWN",
  );
  if (!videos.length) return "";
  const line = (video) => {
    const out = video.likenesses.filter(
      ({ via, consented, cameo }) => via === "SHOWN" && consented === false && cameo.handle,
    );
    // Somebody who came with what it remixes, if the author may know who.
    const came = video.left && !out.some(({ cameo }) => cameo.id === video.left.id) ? video.left : null;
    const offers = out.map(({ cameo }) =>
      h(
        "button",
        { type: "button", onclick: () => makeAgainWithout(video, cameo) },
        t("againWithout", cameo.handle),
      ),
    );
    const { note, attempt } = mishaps();
    const remove = attempt(async () => {
      if (!(await sure(t("removeSure"), [], t("remove")))) return;
      await mutate(DELETE, { input: { videoId: video.id } });
      await reload();
    });
    return h(
      "li",
      { class: "card stack" },
      h("p", {}, h("strong", {}, t("withdrawnDraft"))),
      h("p", { class: "prompt" }, video.prompt),
      h(
        "div",
        { class: "row start" },
        offers,
        video.alone
          ? h(
              "button",
              { type: "button", onclick: () => makeAgainAlone(video, came) },
              came ? `${t("againWithout", came.handle)} · ${t("againAlone")}` : t("againAlone"),
            )
          : null,
        h("button", { type: "button", class: "danger", onclick: remove }, t("remove")),
      ),
      note,
    );
  };
  return h("section", {}, h("h2", {}, t("WITHDRAWN")), h("ul", { class: "plain" }, videos.map(line)));
}

function finding() {
  const name = h("input", {
    type: "search",
    name: "member",
    ariaLabel: t("findMember"),
    placeholder: t("findMember"),
    autocapitalize: "none",
    spellcheck: false,
    required: true,
  });
  const go = (event) => {
    event.preventDefault();
    location.hash = `#member/${name.value.trim().replace(/^@/, "").toLowerCase()}`;
  };
  return h("form", { class: "find", onsubmit: go }, name, h("button", {}, t("findMemberGo")));
}

function invites({ left }) {
  const result = h("div", {});
  const make = async () => {
    try {
      const { inviteCode: code } = await mutate(INVITE, { input: { idempotencyKey: crypto.randomUUID() } });
      const copy = h(
        "button",
        {
          type: "button",
          onclick: async () => {
            await navigator.clipboard.writeText(code);
            copy.textContent = t("copied");
          },
        },
        t("copy"),
      );
      result.replaceChildren(
        h("p", { class: "code" }, h("code", {}, code), copy),
        h("p", { class: "faint" }, t("inviteOnce")),
      );
    } catch (error) {
      result.replaceChildren(h("p", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  return h(
    "section",
    {},
    h("h2", {}, t("invites")),
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: make }, t("newInvite")),
      h("span", { class: "faint" }, t("invitesLeft", left)),
    ),
    result,
  );
}
