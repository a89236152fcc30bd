// Clips as a wall of pictures, page by page.

import { graphql, here } from "./api.js";
import { told } from "./ask.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** What a tile shows. */
export const TILE = "id caption author { handle } remixCount media { posterUrl }";

/** A tile that leads to the clip. */
export function tile(video) {
  const words = video.caption || t("clipBy", video.author.handle);
  return h(
    "a",
    { class: "tile", href: `#v/${video.id}`, ariaLabel: words, title: words },
    h("img", { src: here(video.media.posterUrl), alt: "", loading: "lazy" }),
    video.remixCount ? h("span", { class: "badge" }, `⟳ ${video.remixCount}`) : null,
  );
}

/**
 * A wall of what `read(data)` finds in the answer to `query` (a connection), which takes `$after`. `none` is said of an
 * empty one.
 */
export function wall(query, variables, read, none = t("none")) {
  const box = h("div", { class: "tiles" });
  const note = h("p", { class: "faint", role: "status" }, t("more"));
  const root = h("div", { class: "wall" }, box, note);
  const load = async (after) => {
    try {
      const found = read(await graphql(query, { ...variables, after }));
      const videos = (found?.edges ?? []).map(({ node }) => node).filter(({ media }) => media);
      box.append(...videos.map(tile));
      note.textContent = box.children.length ? "" : none;
      if (!found?.pageInfo.hasNextPage) return;
      const more = h("button", { type: "button" }, t("showMore"));
      more.onclick = () => {
        more.remove();
        load(found.pageInfo.endCursor);
      };
      root.append(more);
    } catch (error) {
      note.textContent = told(error);
    }
  };
  load(null);
  return root;
}
