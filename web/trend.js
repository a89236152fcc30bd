// The trend that the next clip joins, kept until it is asked for.

import { h } from "./dom.js";
import { t } from "./words.js";

const KEPT = "yume-trend";

/** Join nothing after all. */
export const forgetTrend = () => sessionStorage.removeItem(KEPT);

/** What the composer shows of it, and `value()` for `createGeneration`. `changed()` is called when it is dropped. */
export function trendCard(changed) {
  const trend = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!trend) return { element: null, value: () => ({}) };
  const drop = () => {
    forgetTrend();
    changed();
  };
  const words = h("strong", {}, t("trendJoining", trend.title));
  const element = h(
    "p",
    { class: "row remixing" },
    words,
    h("button", { type: "button", class: "quiet", ariaLabel: t("remixDrop"), onclick: drop }, "✕"),
  );
  return { element, value: () => ({ trendId: trend.id }) };
}
