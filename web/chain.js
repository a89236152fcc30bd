// One clip by its address: the clip, the chain that it stands in, and what was made from it.

import { graphql, here, subscribe } from "./api.js";
import { told } from "./ask.js";
import { h } from "./dom.js";
import { CARD, play, slide } from "./slide.js";
import { TILE, wall } from "./tiles.js";
import { t } from "./words.js";

const ONE = `query ($id: ID!) { video(id: $id) {
  ...Card createdAt treeCount creditLine
  ancestors { __typename ... on Video { id author { handle } media { posterUrl } } ... on Tombstone { id } }
} }${CARD}`;
const REMIXES = `query ($id: ID!, $after: String) { video(id: $id) {
  remixes(first: 18, after: $after) { edges { node { ${TILE} } } pageInfo { hasNextPage endCursor } }
} }`;
const GONE = `subscription ($after: String) { feedUpdates(kind: LATEST, after: $after) {
  __typename cursor ... on VideoGone { id } ... on CountsChanged { id likeCount commentCount remixCount }
} }`;

/** The view of the clip that the address names, and what to do when it is left. */
export function chainView(page) {
  const root = h("section", { class: "onclip" }, h("p", { class: "faint" }, t("more")));
  const gone = () => root.replaceChildren(h("p", { class: "note", role: "alert" }, t("clipGone")));
  const load = async () => {
    try {
      const { video } = await graphql(ONE, { id: page.place });
      if (!video?.media) return gone();
      const stage = h("div", { class: "feed one" });
      const article = slide(video, stage, { page, gone });
      stage.append(article);
      root.replaceChildren(stage, h("div", { class: "beside" }, story(video), made(video)));
      play(article, true);
    } catch (error) {
      root.replaceChildren(h("p", { class: "note", role: "alert" }, told(error)));
    }
    return undefined;
  };
  load();
  const stop = subscribe(GONE, {}, (event) => {
    if (event.__typename === "VideoGone" && event.id === page.place) gone();
    else if (event.__typename === "CountsChanged" && event.id === page.place) {
      const { likeCount, commentCount, remixCount } = event;
      root.querySelector("article")?.counted({ likeCount, commentCount, remixCount });
    }
  });
  return [root, stop];
}

/** From the first clip to this one; what is gone stays as an empty place that tells nothing. */
function story(video) {
  if (!video.ancestors.length) return null;
  const links = video.ancestors.map((link, index) =>
    h(
      "li",
      {},
      link.media
        ? h(
            "a",
            { href: `#v/${link.id}`, ariaLabel: t("clipBy", link.author.handle) },
            h("img", { src: here(link.media.posterUrl), alt: "", loading: "lazy" }),
            h("span", {}, `@${link.author.handle}`),
          )
        : h("span", { class: "tomb", title: t("chainGone") }, t("chainGone")),
      index === 0 ? h("span", { class: "faint" }, t("chainFirst")) : null,
    ),
  );
  return h(
    "section",
    {},
    h("h2", {}, t("chain")),
    h("ol", { class: "plain chain" }, links),
    video.creditLine ? h("p", { class: "faint" }, t("CREDIT", video.creditLine) ?? video.creditLine) : null,
  );
}

function made(video) {
  return h(
    "section",
    {},
    h("h2", {}, video.remixCount ? `${t("remixes")} · ${video.remixCount}` : t("remixes")),
    video.treeCount > video.remixCount ? h("p", { class: "faint" }, t("treeCount", video.treeCount)) : null,
    wall(REMIXES, { id: video.id }, (data) => data.video?.remixes, t("remixesNone")),
  );
}
