// Whom a clip is published to: everybody, a circle, or people chosen by name.

import { graphql } from "./api.js";
import { told } from "./ask.js";
import { avatar } from "./discover.js";
import { h, say } from "./dom.js";
import { t } from "./words.js";

const AUDIENCES = ["PUBLIC", "FOLLOWERS", "MUTUALS", "CHOSEN", "LINK"];
const FIND_MS = 200;
const MEMBERS = `query ($text: String!) { search(text: $text, in: ACCOUNTS, first: 8) { edges { node {
  ... on Account { id handle displayName avatarUrl isViewer }
} } } }`;

/** The choice, beginning as `now` says. `value()` is what publishing takes of it. */
export function audience(now = {}) {
  const people = chosenPeople(now.viewers ?? []);
  const select = h(
    "select",
    { name: "visibility", ariaLabel: t("visibility") },
    AUDIENCES.map((name) => h("option", { value: name }, t(`VISIBLE_${name}`))),
  );
  // A draft that was for chosen people once is not for everybody unless its author says so.
  select.value = now.visibility ?? (now.viewers?.length ? "CHOSEN" : "PUBLIC");
  const show = () => {
    people.element.hidden = select.value !== "CHOSEN";
  };
  select.addEventListener("input", show);
  show();
  const value = () => ({
    visibility: select.value,
    ...(select.value === "CHOSEN" ? { viewers: people.ids() } : {}),
  });
  return { element: h("div", { class: "stack audience" }, select, people.element), value };
}

/** Members picked by name, one after another. */
function chosenPeople(before) {
  const chosen = new Map(before.map((member) => [member.id, member]));
  const chips = h("ul", { class: "plain chips" });
  const found = h("ul", { class: "plain found" });
  const find = h("input", {
    type: "search",
    placeholder: t("chooseFind"),
    ariaLabel: t("chooseFind"),
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
  });
  const paint = () =>
    chips.replaceChildren(
      ...(chosen.size ? [...chosen.values()].map(chip) : [h("li", { class: "faint" }, t("chooseWho"))]),
    );
  const drop = (member) => {
    chosen.delete(member.id);
    paint();
    find.focus();
  };
  const chip = (member) =>
    h(
      "li",
      { class: "castchip" },
      h("strong", {}, `@${member.handle}`),
      h(
        "button",
        { type: "button", class: "quiet", ariaLabel: t("castDrop", member.handle), onclick: () => drop(member) },
        "✕",
      ),
    );
  const pick = (member) => {
    chosen.set(member.id, member);
    say(t("chooseAdded", member.handle));
    find.value = "";
    found.replaceChildren();
    paint();
    find.focus();
  };
  const offer = (member) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "person", onclick: () => pick(member) },
        avatar(member),
        h("span", {}, member.displayName || member.handle),
        h("span", { class: "faint" }, `@${member.handle}`),
      ),
    );
  let asked = 0;
  const look = async (text) => {
    asked += 1;
    const mine = asked;
    let lines = [];
    try {
      const { edges } = text ? (await graphql(MEMBERS, { text })).search : { edges: [] };
      const others = edges.map(({ node }) => node).filter(({ id, isViewer }) => !isViewer && !chosen.has(id));
      lines = others.map(offer);
      if (text && !lines.length) lines = [h("li", { class: "faint" }, t("searchNone", text))];
    } catch (error) {
      lines = [h("li", { class: "wrong", role: "alert" }, told(error))];
    }
    if (mine === asked) found.replaceChildren(...lines);
  };
  let timer;
  find.addEventListener("input", (event) => {
    event.stopPropagation(); // it is no part of what the form around it sends
    clearTimeout(timer);
    timer = setTimeout(() => look(find.value.trim().replace(/^@/, "")), FIND_MS);
  });
  find.addEventListener("keydown", (event) => {
    // Enter takes the first that was found; it must not send the form.
    if (event.key !== "Enter") return;
    event.preventDefault();
    found.querySelector("button")?.click();
  });
  paint();
  const element = h("fieldset", { class: "stack cast" }, h("legend", {}, t("chooseTitle")), chips, find, found);
  return { element, ids: () => [...chosen.keys()] };
}
