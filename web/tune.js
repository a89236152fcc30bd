// How a member's own feed is ranked: every weight, what each means, and what they want less of.

import { graphql, mutate } from "./api.js";
import { dialog, mishaps, told } from "./ask.js";
import { h } from "./dom.js";
import { toast } from "./stop.js";
import { t } from "./words.js";

const WEIGHTS = `{ viewer {
  feedWeights { steer weights { feature about value default least most } }
  seeLess(first: 50) { edges { node { id of video { caption author { handle } } account { handle } } } }
} }`;
const SET = `mutation ($input: SetFeedWeightsInput!) {
  setFeedWeights(input: $input) { __typename ... on Error { code message field } }
}`;
const UNDO = `mutation ($input: UndoSeeLessInput!) {
  undoSeeLess(input: $input) { __typename ... on Error { code message field } }
}`;

/** Open the weights of the viewer's feed. */
export async function tuneFeed() {
  const box = h("div", { class: "stack" }, h("p", { class: "faint" }, t("more")));
  const front = dialog({ ariaLabel: t("tune"), class: "side" }, h("h2", {}, t("tune")), box);
  front.append(h("button", { type: "button", onclick: () => front.close() }, t("close")));
  try {
    const { viewer } = await graphql(WEIGHTS);
    box.replaceChildren(sliders(viewer.feedWeights, front), less(viewer.seeLess.edges.map(({ node }) => node)));
  } catch (error) {
    box.replaceChildren(h("p", { class: "wrong", role: "alert" }, told(error)));
  }
}

function sliders({ steer, weights }, front) {
  const { note, attempt } = mishaps();
  const rows = weights.map((one) => {
    const output = h("output", {}, one.value.toFixed(2));
    const input = h("input", {
      type: "range",
      name: one.feature,
      min: one.least,
      max: one.most,
      step: (one.most - one.least) / 40,
      value: one.value,
      oninput: () => {
        output.textContent = Number(input.value).toFixed(2);
      },
    });
    return {
      one,
      input,
      output,
      line: h(
        "label",
        { class: "field" },
        h("span", {}, h("strong", {}, t(`FEATURE_${one.feature}`)), " ", output),
        input,
        h("span", { class: "faint" }, t(`ABOUT_${one.feature}`) ?? one.about),
      ),
    };
  });
  const always = h("input", {
    type: "text",
    name: "steer",
    value: steer,
    maxLength: 300,
    placeholder: t("steerHint"),
  });
  const save = attempt(async () => {
    const chosen = rows.map(({ one, input }) => ({ feature: one.feature, value: Number(input.value) }));
    await mutate(SET, { input: { weights: chosen, steer: always.value } });
    toast(t("saved"));
    front.close();
  });
  const reset = () => {
    for (const { one, input, output } of rows) {
      input.value = one.default;
      output.textContent = one.default.toFixed(2);
    }
    always.value = "";
  };
  return h(
    "form",
    { class: "stack", onsubmit: save },
    h("p", { class: "faint" }, t("tuneWhat")),
    rows.map(({ line }) => line),
    h("label", { class: "field" }, h("span", {}, t("steerAlways")), always),
    note,
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: reset }, t("tuneReset")),
      h("button", { class: "primary" }, t("save")),
    ),
  );
}

function less(wishes) {
  if (!wishes.length) return null;
  const { note, attempt } = mishaps();
  const line = ({ id, of, video, account }) => {
    const what = account
      ? `@${account.handle}`
      : video
        ? video.caption || t("clipBy", video.author.handle)
        : t("clipGone");
    const item = h("li", { class: "row" }, h("span", {}, `${t(`LESS_${of}`)}: ${what}`));
    const undo = attempt(async () => {
      await mutate(UNDO, { input: { id } });
      item.remove();
    });
    item.append(h("button", { type: "button", onclick: undo }, t("undo")));
    return item;
  };
  return h("section", {}, h("h3", {}, t("seesLess")), h("ul", { class: "plain" }, wishes.map(line)), note);
}
