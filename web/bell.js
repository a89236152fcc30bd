// News: the bell in the header, what happened in words, and telling the views when something did.

import { graphql, mutate, subscribe } from "./api.js";
import { dialog, told } from "./ask.js";
import { h, say } from "./dom.js";
import { day, t } from "./words.js";

const FIELDS = `__typename id cursor createdAt count unread actor { handle } video { id author { isViewer } }
  ... on CameoRefused { rule } ... on VideoWithdrawn { makeAgainWithout { handle } makeAgainAsOriginal }`;
const UNREAD = "{ notifications(first: 1) { unreadCount } }";
const LIST = `{ notifications(first: 40) { edges { node { ${FIELDS} } } } }`;
const WATCH = `subscription ($after: String) { notifications(after: $after) { ${FIELDS} } }`;
const READ = `mutation ($input: MarkNotificationsReadInput!) {
  markNotificationsRead(input: $input) {
    ... on MarkNotificationsReadSuccess { unreadCount } ... on Error { code message }
  }
}`;
const PLACES = {
  CameoRefused: "#cameo",
  CameoRequested: "#cameo",
  CaptureAcceptedNotification: "#cameo",
  CameoRequestAnswered: "#make",
  GrantChanged: "#make",
  ApprovalAnswered: "#you",
};
const OF_CLIPS = ["Liked", "Commented", "Replied", "Remixed"];

/** Told on `document` when something happened to the viewer; `detail` is the notification. */
export const NEWS = "yume-news";

/** Follow the viewer's news and show them at `button`. Returns a function that stops. */
export function startNews(button) {
  const badge = h("span", { class: "count", ariaHidden: "true" });
  const mark = (count) => {
    badge.textContent = count ? String(Math.min(count, 99)) : "";
    button.ariaLabel = count ? t("newsCount", count) : t("news");
    button.title = button.ariaLabel;
  };
  const count = async () => {
    try {
      mark((await graphql(UNREAD)).notifications.unreadCount);
    } catch {
      mark(0); // the list itself says what is wrong
    }
  };
  const open = async () => {
    const list = h("ul", { class: "plain news" });
    const front = dialog({ ariaLabel: t("news"), class: "side" }, h("h2", {}, t("news")), list);
    front.append(h("button", { type: "button", onclick: () => front.close() }, t("close")));
    try {
      const { edges } = (await graphql(LIST)).notifications;
      list.replaceChildren(...edges.map(({ node }) => line(node, front)));
      if (!edges.length) list.append(h("li", { class: "faint" }, t("newsNone")));
      else mark((await mutate(READ, { input: { through: edges[0].node.cursor } })).unreadCount);
    } catch (error) {
      list.replaceChildren(h("li", { class: "wrong" }, told(error)));
    }
  };
  button.querySelector(".count")?.remove();
  button.append(badge);
  button.hidden = false;
  button.onclick = open;
  count();
  const stop = subscribe(WATCH, {}, (event) => {
    say(words(event));
    count();
    document.dispatchEvent(new CustomEvent(NEWS, { detail: event }));
  });
  return () => {
    stop();
    button.hidden = true;
  };
}

function words({ __typename: kind, actor, rule, count, makeAgainWithout: without }) {
  const who = actor ? `@${actor.handle}` : t("somebodyUnknown");
  const said = t(kind, who, rule) + (count > 1 ? t("newsMany", count) : "");
  return without ? `${said}: ${t("againWithout", without.handle)}` : said;
}

function placeOf({ __typename: kind, actor, video, makeAgainWithout: without }) {
  if (kind === "Followed" && actor) return `#member/${actor.handle}`;
  if (OF_CLIPS.includes(kind) && video) return `#v/${video.id}`;
  // What became of one's own clip is told where one's own clips are, and of others' where one appears.
  return PLACES[kind] ?? (without || video?.author.isViewer ? "#you" : "#appearances");
}

function line(event, front) {
  const place = placeOf(event);
  return h(
    "li",
    { class: event.unread ? "unread" : "" },
    h("a", { href: place, onclick: () => front.close() }, words(event)),
    h("span", { class: "faint" }, day(event.createdAt)),
  );
}
