// Remixing: what the composer is to build on, kept until the clip is asked for.

import { here } from "./api.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const KEPT = "yume-remix";

/** Open the composer on `video`. */
export function remixOf({ id, author, media, caption }) {
  sessionStorage.setItem(KEPT, JSON.stringify({ id, handle: author.handle, poster: media.posterUrl, caption }));
  sessionStorage.removeItem("yume-prompt");
  location.hash = "#make";
}

/** Forget what was to be remixed. */
export const forgetRemix = () => sessionStorage.removeItem(KEPT);

/**
 * What the composer shows of the clip it builds on: the element, `value()` for `createGeneration`, and `id`. `changed()`
 * is called when the remix is dropped.
 */
export function remixCard(changed) {
  const parent = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!parent) return { element: null, id: null, value: () => ({}) };
  const strength = h("input", {
    type: "range",
    name: "remixStrength",
    min: 0,
    max: 1,
    step: 0.05,
    value: 0.5,
    disabled: true,
    ariaLabel: t("remixStrength"),
  });
  const own = h("input", {
    type: "checkbox",
    onchange: () => {
      strength.disabled = !own.checked;
    },
  });
  const drop = () => {
    forgetRemix();
    changed();
  };
  const element = h(
    "section",
    { class: "remixing" },
    h("img", { src: here(parent.poster), alt: "" }),
    h(
      "div",
      { class: "stack" },
      h("strong", {}, t("remixOfWhom", parent.handle)),
      parent.caption ? h("p", { class: "faint" }, parent.caption) : null,
      h("p", { class: "faint" }, t("remixHint")),
      h("label", { class: "choice" }, own, h("span", {}, t("remixStrength"))),
      strength,
    ),
    h("button", { type: "button", class: "quiet", ariaLabel: t("remixDrop"), onclick: drop }, "✕"),
  );
  const value = () => ({
    remixOf: parent.id,
    ...(own.checked ? { remixStrength: Number(strength.value) } : {}),
  });
  return { element, id: parent.id, value };
}
