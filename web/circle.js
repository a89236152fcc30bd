// Whom the viewer mutes or blocks, and taking that back.

import { graphql, mutate } from "./api.js";
import { dialog, mishaps, told } from "./ask.js";
import { avatar } from "./discover.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const PEOPLE = "edges { node { id handle displayName avatarUrl } } pageInfo { hasNextPage endCursor }";
const MUTED = `query ($after: String) { viewer { people: mutes(first: 30, after: $after) { ${PEOPLE} } } }`;
const BLOCKED = `query ($after: String) { viewer { people: blocks(first: 30, after: $after) { ${PEOPLE} } } }`;
const UNMUTE = `mutation ($input: UnmuteInput!) {
  unmute(input: $input) { __typename ... on Error { code message } }
}`;
const UNBLOCK = `mutation ($input: UnblockInput!) {
  unblock(input: $input) { __typename ... on Error { code message } }
}`;

/** Show them all, in front of the page. */
export function showCircle() {
  const front = dialog(
    { ariaLabel: t("circle"), class: "side" },
    h("h2", {}, t("circle")),
    people("circleMutes", MUTED, UNMUTE, () => front.close()),
    people("circleBlocks", BLOCKED, UNBLOCK, () => front.close()),
    h("button", { type: "button", onclick: () => front.close() }, t("close")),
  );
}

function people(title, query, undoing, leave) {
  const list = h("ul", { class: "plain people" }, h("li", { class: "faint" }, t("more")));
  const { note, attempt } = mishaps();
  const line = (member) => {
    const undo = attempt(async () => {
      await mutate(undoing, { input: { accountId: member.id } });
      item.remove();
      if (!list.children.length) list.append(h("li", { class: "faint" }, t("none")));
    });
    const item = h(
      "li",
      { class: "row" },
      h(
        "a",
        { class: "person", href: `#member/${member.handle}`, onclick: leave },
        avatar(member),
        h(
          "span",
          {},
          member.displayName || member.handle,
          " ",
          h("span", { class: "handle" }, `@${member.handle}`),
        ),
      ),
      h("button", { type: "button", ariaLabel: `${t("undo")}: @${member.handle}`, onclick: undo }, t("undo")),
    );
    return item;
  };
  const load = async (after) => {
    try {
      const { edges, pageInfo } = (await graphql(query, { after })).viewer.people;
      list.querySelector(".faint, .further")?.remove();
      list.append(...edges.map(({ node }) => line(node)));
      if (!list.children.length) list.append(h("li", { class: "faint" }, t("none")));
      if (!pageInfo.hasNextPage) return;
      const more = h("button", { type: "button", onclick: () => load(pageInfo.endCursor) }, t("showMore"));
      list.append(h("li", { class: "further" }, more));
    } catch (error) {
      list.replaceChildren(h("li", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  load(null);
  return h("section", {}, h("h3", {}, t(title)), h("p", { class: "faint" }, t(`${title}What`)), list, note);
}
