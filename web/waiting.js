// Waiting for an invite, and no longer wishing to.

import { mutate } from "./api.js";
import { mishaps } from "./ask.js";
import { field, h } from "./dom.js";
import { day, language, t } from "./words.js";

const JOIN = `mutation ($input: JoinWaitingListInput!) {
  joinWaitingList(input: $input) {
    ... on JoinWaitingListSuccess { leaveToken keptUntil } ... on Error { code message field }
  }
}`;
const LEAVE = `mutation ($input: LeaveWaitingListInput!) {
  leaveWaitingList(input: $input) { ... on LeaveWaitingListSuccess { left } ... on Error { code message field } }
}`;

/** The regions that a server with these `rules` admits, by their names. */
export function regionsOf(rules) {
  const names = new Intl.DisplayNames([language()], { type: "region" });
  const options = (rules.regions ?? []).map((code) => h("option", { value: code }, names.of(code)));
  return h("select", { name: "region" }, options);
}

/** Asking to be admitted to a server with these `rules`. */
export function waitForm(rules) {
  const regions = regionsOf(rules);
  const contact = field("contact", t("waitContact"), { required: true, maxLength: 200, autocomplete: "email" });
  const region = field("region", t("region"), {}, regions);
  const words = field("note", t("waitNote"), {}, h("textarea", { name: "note", rows: 2, maxLength: 500 }));
  const { note, attempt } = mishaps(contact, region, words);
  const key = crypto.randomUUID();
  const root = h("div", { class: "stack" });
  const join = attempt(async () => {
    for (const box of [contact, region, words]) box.clear();
    const { leaveToken, keptUntil } = await mutate(JOIN, {
      input: {
        contact: contact.input.value,
        region: regions.value,
        note: words.input.value,
        idempotencyKey: key,
      },
    });
    root.replaceChildren(
      h(
        "div",
        { class: "card", role: "status" },
        h("h2", {}, t("waitTitle")),
        h("p", {}, t("waiting1", day(keptUntil))),
        h("p", { class: "code" }, h("code", {}, leaveToken)),
      ),
    );
  });
  root.append(
    h(
      "form",
      { class: "card", onsubmit: join },
      h("h2", {}, t("waitTitle")),
      h("p", { class: "faint" }, t("waitWhat")),
      contact,
      region,
      words,
      note,
      h("button", { class: "primary" }, t("waitGo")),
    ),
    leaving(),
  );
  return root;
}

function leaving() {
  const code = field("token", t("waitCode"), { required: true, autocomplete: "off", spellcheck: false });
  const { note, attempt } = mishaps(code);
  const said = h("p", { class: "fine", role: "status" });
  const leave = attempt(async () => {
    code.clear();
    said.textContent = "";
    await mutate(LEAVE, { input: { token: code.input.value.trim() } });
    said.textContent = t("waitLeft");
    code.input.value = "";
  });
  return h(
    "details",
    {},
    h("summary", {}, t("waitLeave")),
    h("form", { class: "stack", onsubmit: leave }, code, note, said, h("button", {}, t("waitLeave"))),
  );
}
