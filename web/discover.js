// Finding: search by words and by meaning, what is rising, and who leads among those who wish to be ranked.

import { graphql, here } from "./api.js";
import { mishaps, told } from "./ask.js";
import { h } from "./dom.js";
import { TILE, tile, wall } from "./tiles.js";
import { t } from "./words.js";

const SCOPES = ["VIDEOS", "ACCOUNTS", "CAMEOS"];
const BOARDS = ["MOST_REMIXED", "MOST_LIKED"];
const PERIODS = ["WEEK", "MONTH", "ALL"];
const SEARCH = `query ($text: String!, $in: SearchScope!, $after: String) {
  search(text: $text, in: $in, first: 24, after: $after) {
    edges { matchedOn node { __typename
      ... on Video { ${TILE} }
      ... on Account { id handle displayName avatarUrl }
      ... on Cameo { id cameoHandle: handle kind owner { handle } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const TRENDS = `{ trends(first: 12) { edges { node { id title kind videoCount sample { ${TILE} } } } } }`;
const TREND = `query ($id: ID!, $after: String) { node(id: $id) { ... on Trend {
  title kind videoCount
  videos(first: 24, after: $after) { edges { node { ${TILE} } } pageInfo { hasNextPage endCursor } }
} } }`;
const LEADERS = `query ($kind: LeaderboardKind!, $period: LeaderboardPeriod!) {
  leaderboard(kind: $kind, period: $period, first: 10) { edges { rank score node { handle displayName avatarUrl } } }
}`;

/** The view, and what to do when it is left. */
export function discoverView(page) {
  const results = h("div", { class: "results" });
  const input = h("input", {
    type: "search",
    name: "text",
    required: true,
    maxLength: 200,
    placeholder: t("searchHint"),
    ariaLabel: t("search"),
    value: page.place ? decodeURIComponent(page.place) : "",
  });
  const scopes = SCOPES.map((name, index) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "in", value: name, checked: index === 0 }),
      t(`IN_${name}`),
    ),
  );
  const { note, attempt } = mishaps();
  const find = attempt(async () => {
    history.replaceState(null, "", `#discover/${encodeURIComponent(input.value)}`);
    const scope = form.elements.in.value;
    results.replaceChildren(await found(input.value, scope, null, results));
  });
  const form = h(
    "form",
    {
      class: "searchbox",
      onsubmit: find,
      onchange: ({ target }) => target.name === "in" && input.value && form.requestSubmit(),
    },
    h("div", { class: "find" }, input, h("button", { class: "primary" }, t("search"))),
    h("fieldset", { class: "row start" }, h("legend", { class: "visually-hidden" }, t("searchIn")), scopes),
    note,
  );
  const root = h("section", { class: "you discover" }, form, results, rising(), leaders());
  if (input.value) form.requestSubmit();
  return [root, () => {}];
}

async function found(text, scope, after) {
  const { edges, pageInfo } = (await graphql(SEARCH, { text, in: scope, after })).search;
  const nodes = edges.map(({ node }) => node);
  const box =
    scope === "VIDEOS"
      ? h("div", { class: "tiles" }, nodes.filter(({ media }) => media).map(tile))
      : h("ul", { class: "plain people" }, nodes.map(person));
  const section = h(
    "section",
    {},
    h("p", { class: "faint", role: "status" }, nodes.length || after ? "" : t("searchNone", text)),
    box,
  );
  if (pageInfo.hasNextPage) {
    const more = h("button", { type: "button" }, t("showMore"));
    more.onclick = async () => more.replaceWith(await found(text, scope, pageInfo.endCursor));
    section.append(more);
  }
  return section;
}

/** A member, or a cameo by its owner, as a line that leads to them. */
function person(node) {
  const handle = node.owner ? node.owner.handle : node.handle;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "person", href: `#member/${handle}` },
      avatar(node),
      h(
        "span",
        {},
        h("strong", {}, node.displayName || `@${node.cameoHandle ?? handle}`),
        " ",
        h("span", { class: "handle" }, node.kind ? `${t(node.kind)} · @${handle}` : `@${handle}`),
      ),
    ),
  );
}

/** A member's portrait, or the first letter of their name. */
export function avatar({ avatarUrl, displayName, handle }) {
  const letter = h(
    "span",
    { class: "avatar", ariaHidden: "true" },
    (displayName || handle || "?").slice(0, 1).toUpperCase(),
  );
  return avatarUrl ? h("img", { class: "avatar", src: here(avatarUrl), alt: "", loading: "lazy" }) : letter;
}

function rising() {
  const list = h("ul", { class: "plain trends" });
  const root = h("section", {}, h("h2", {}, t("trends")), list);
  graphql(TRENDS).then(
    ({ trends }) => {
      list.replaceChildren(...trends.edges.map(({ node }) => trendLine(node)));
      if (!trends.edges.length) list.append(h("li", { class: "faint" }, t("trendsNone")));
    },
    (error) => list.replaceChildren(h("li", { class: "wrong" }, told(error))),
  );
  return root;
}

function trendLine({ id, title, kind, videoCount, sample }) {
  return h(
    "li",
    {},
    h(
      "a",
      { class: "trend", href: `#trend/${id}` },
      sample?.media
        ? h("img", { src: here(sample.media.posterUrl), alt: "", loading: "lazy" })
        : h("span", { class: "tomb" }),
      h(
        "span",
        { class: "stack" },
        h("strong", {}, title),
        h("span", { class: "faint" }, `${t(`TREND_${kind}`)} · ${t("clips", videoCount)}`),
      ),
    ),
  );
}

/** The clips of the trend that the address names, and joining it. */
export function trendView(page) {
  const root = h("section", { class: "you" }, h("p", { class: "faint" }, t("more")));
  const head = h("header", { class: "row" });
  graphql(TREND, { id: page.place, after: null }).then(
    ({ node }) => {
      if (!node) return root.replaceChildren(h("p", { class: "note" }, t("trendOver")));
      const join = () => {
        sessionStorage.setItem("yume-trend", JSON.stringify({ id: page.place, title: node.title }));
        location.hash = "#make";
      };
      head.replaceChildren(
        h("h1", {}, node.title),
        h("button", { type: "button", class: "primary", onclick: join }, t("trendJoin")),
      );
      return root.replaceChildren(
        head,
        h("p", { class: "faint" }, `${t(`TREND_${node.kind}`)} · ${t("clips", node.videoCount)}`),
        wall(TREND, { id: page.place }, (data) => data.node?.videos),
      );
    },
    (error) => root.replaceChildren(h("p", { class: "note", role: "alert" }, told(error))),
  );
  return [root, () => {}];
}

function leaders() {
  const list = h("ol", { class: "plain people" });
  const choose = (name, values) =>
    h(
      "select",
      { name, ariaLabel: t(name) },
      values.map((value) => h("option", { value }, t(`${name}_${value}`))),
    );
  const kind = choose("BOARD", BOARDS);
  const period = choose("PERIOD", PERIODS);
  const load = async () => {
    try {
      const { edges } = (await graphql(LEADERS, { kind: kind.value, period: period.value })).leaderboard;
      list.replaceChildren(
        ...edges.map(({ rank, score, node }) =>
          h(
            "li",
            { class: "row" },
            h(
              "a",
              { class: "person", href: `#member/${node.handle}` },
              h("span", { class: "rank" }, rank),
              avatar(node),
              h("span", {}, node.displayName || node.handle),
            ),
            h("span", { class: "faint" }, score),
          ),
        ),
      );
      if (!edges.length) list.append(h("li", { class: "faint" }, t("leadersNone")));
    } catch (error) {
      list.replaceChildren(h("li", { class: "wrong" }, told(error)));
    }
  };
  kind.onchange = load;
  period.onchange = load;
  load();
  return h(
    "section",
    {},
    h("div", { class: "row" }, h("h2", {}, t("leaders")), h("div", { class: "row start" }, kind, period)),
    list,
  );
}
