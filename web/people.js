// Members in a list, page by page.

import { graphql } from "./api.js";
import { told } from "./ask.js";
import { avatar } from "./discover.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** What a line shows of a member. */
export const PEOPLE = "edges { node { id handle displayName avatarUrl } } pageInfo { hasNextPage endCursor }";

/**
 * A list of what `read(data)` finds in the answer to `query` (a connection of members), which takes `$after`. Each leads
 * to their profile, `leave()` first. `tool(member, gone)` stands beside each, if given; `gone()` takes the line away.
 */
export function people(query, variables, read, { leave = () => {}, tool = () => null } = {}) {
  const none = () => h("li", { class: "faint" }, t("none"));
  const list = h("ul", { class: "plain people" }, h("li", { class: "faint" }, t("more")));
  const line = (member) => {
    const gone = () => {
      item.remove();
      if (!list.children.length) list.append(none());
    };
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
      tool(member, gone),
    );
    return item;
  };
  const load = async (after) => {
    try {
      const found = read(await graphql(query, { ...variables, after }));
      list.querySelector(".faint, .further")?.remove();
      list.append(...(found?.edges ?? []).map(({ node }) => line(node)));
      if (!list.children.length) list.append(none());
      if (!found?.pageInfo.hasNextPage) return;
      const more = h("button", { type: "button", onclick: () => load(found.pageInfo.endCursor) }, t("showMore"));
      list.append(h("li", { class: "further" }, more));
    } catch (error) {
      list.replaceChildren(h("li", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  load(null);
  return list;
}
