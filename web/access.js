// Who may use a cameo: audience, scopes, end, preferences, restrictions in words and as rules, approval of each clip.

import { graphql, mutate } from "./api.js";
import { mishaps, steppedUp, sure } from "./ask.js";
import { field, h, say } from "./dom.js";
import { t } from "./words.js";

const SCOPES = ["FACE", "VOICE", "REMIX", "PUBLISH", "DOWNLOAD"];
const AUDIENCES = ["ONLY_ME", "APPROVED", "MUTUALS", "EVERYONE"];
const TOPICS = [
  "POLITICS", "RELIGION", "VIOLENCE", "WEAPONS", "SEXUAL", "NUDITY", "DRUGS", "ALCOHOL", "TOBACCO",
  "GAMBLING", "ADVERTISING", "HATE", "SELF_HARM", "MEDICAL", "MILITARY", "HORROR", "CRIME", "MONEY",
]; // prettier-ignore
const OTHERS = ["ANYONE", "NO_STRANGERS", "NOBODY"];
const PREVIEW = `query ($id: ID!, $audience: Audience!, $scopes: [CameoScope!]!) {
  node(id: $id) { ... on Cameo { usePreview(audience: $audience, scopes: $scopes) { sentences } } }
}`;
const SET = `mutation ($input: SetCameoAccessInput!) {
  setCameoAccess(input: $input) {
    ... on SetCameoAccessSuccess { notUnderstood unsupported }
    ... on Error { code message field }
  }
}`;
const PREVIEW_MS = 250;

/** What the form is filled from. */
export const ACCESS = `audience scopes expiresAt onExpiry perUseApproval preferences
  restrictions { topics places styles otherPeople languages text }`;

/** What can be allowed of a cameo of this kind: only a person has a voice. */
export const scopesOf = (kind) => (kind === "PERSON" ? SCOPES : SCOPES.filter((scope) => scope !== "VOICE"));

/** One scope in words. */
export const scopeWords = (kind, scope) =>
  t(kind !== "PERSON" && scope === "FACE" ? "scopeSHOW" : `scope${scope}`);

/** Checkboxes for what somebody may do with a cameo, `ticked` from the start; `only` leaves the others out. */
export function scopeBoxes(kind, ticked, only = scopesOf(kind)) {
  const boxes = only.map((value) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "checkbox", name: "scope", value, checked: ticked.includes(value) }),
      h("span", {}, scopeWords(kind, value)),
    ),
  );
  return h("fieldset", { class: "stack" }, h("legend", {}, t("scopes")), boxes);
}

/** The scopes that are ticked under `element`. */
export const scopesUnder = (element) =>
  [...element.querySelectorAll("[name=scope]:checked")].map(({ value }) => value);

/** A field for a last day, empty for none; its `moment()` is the end of that day for the API. */
export function untilField(expiresAt) {
  const box = field("expiresAt", t("expiry"), {
    type: "date",
    value: expiresAt ? localDay(new Date(expiresAt)) : "",
    min: localDay(new Date()),
  });
  box.append(h("span", { class: "faint" }, t("expiryHint")));
  box.moment = () => {
    // An end that was set stays to the minute as long as its day does.
    if (expiresAt && box.input.value === localDay(new Date(expiresAt))) return expiresAt;
    return box.input.value ? new Date(`${box.input.value}T23:59:59`).toISOString() : null;
  };
  return box;
}

const localDay = (date) => new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

/** The form for `cameo`, read with ACCESS. `saved()` follows a change. */
export function accessForm(cameo, saved) {
  const until = untilField(cameo.expiresAt);
  const restrictions = h("textarea", {
    rows: 3,
    maxLength: 500,
    placeholder: t("restrictionsHint"),
    value: cameo.restrictions.text,
    name: "text",
  });
  const fields = {
    preferences: field("preferences", t("preferences"), {
      maxLength: 300,
      placeholder: t("preferencesHint"),
      value: cameo.preferences,
    }),
    text: field("text", t("restrictions"), {}, restrictions),
  };
  const rules = ruleFields(cameo.restrictions);
  const perUse = h("input", { type: "checkbox", name: "perUse", checked: cameo.perUseApproval });
  const preview = h("ul", { class: "preview", ariaLive: "polite" });
  const result = h("div", { class: "stack", role: "status" });
  const { note, attempt } = mishaps(until, ...Object.values(fields));
  const chosen = () => ({ audience: form.elements.audience.value, scopes: scopesUnder(form) });

  let timer;
  const look = async () => {
    const { audience, scopes } = chosen();
    const found = await readPreview(cameo.id, audience, scopes);
    preview.replaceChildren(...found.map((sentence) => h("li", { lang: "en" }, sentence)));
    return found;
  };
  const changed = ({ target }) => {
    if (!["audience", "scope"].includes(target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(attempt(look), PREVIEW_MS);
  };
  const save = attempt(async () => {
    const { audience, scopes } = chosen();
    if (widens(cameo, audience, scopes)) {
      const sentences = (await look()).map((sentence) => h("p", { lang: "en" }, sentence));
      if (!(await sure(t("widen"), sentences, t("widenYes"), false))) return;
    }
    const input = {
      cameoId: cameo.id,
      audience,
      scopes,
      preferences: fields.preferences.input.value,
      restrictions: { ...rules.value(), text: restrictions.value },
      expiresAt: until.moment(),
      onExpiry: form.elements.onExpiry.value,
      perUseApproval: perUse.checked,
    };
    const done = await steppedUp(() => mutate(SET, { input }));
    if (!done) return;
    say(t("accessSaved"));
    await saved();
    // The view was made anew with what is in force: what was not understood stays under it.
    document.querySelector("#access-result")?.replaceChildren(...outcome(done));
  });
  result.id = "access-result";
  const form = h(
    "form",
    { class: "stack", onsubmit: save, onchange: changed },
    audienceChoice(cameo.audience),
    scopeBoxes(cameo.kind, cameo.scopes),
    h("p", { class: "faint" }, t("scopesNone")),
    h("div", { class: "told-before" }, h("h3", {}, t("preview")), preview),
    h("div", { class: "row top" }, until, expiryChoice(cameo.onExpiry)),
    h("label", { class: "choice" }, perUse, h("span", {}, t("perUse"))),
    fields.preferences,
    fields.text,
    rules.element,
    note,
    h("button", { class: "primary big" }, t("accessSave")),
    result,
  );
  attempt(look)();
  return form;
}

async function readPreview(id, audience, scopes) {
  const { node } = await graphql(PREVIEW, { id, audience, scopes });
  return node.usePreview.sentences;
}

/** Does it allow anybody anything new? What else widens the server knows, and asks for the password. */
function widens(cameo, audience, scopes) {
  return (
    AUDIENCES.indexOf(audience) > AUDIENCES.indexOf(cameo.audience) ||
    (audience !== "ONLY_ME" && scopes.some((scope) => !cameo.scopes.includes(scope)))
  );
}

function outcome({ notUnderstood, unsupported }) {
  const list = (words, items) =>
    items.length
      ? [
          h("p", { class: "wrong" }, words),
          h(
            "ul",
            {},
            items.map((item) => h("li", {}, item)),
          ),
        ]
      : [];
  return [
    h("p", { class: "fine" }, t("accessSaved")),
    ...list(t("notHeeded"), notUnderstood),
    ...list(t("notDrawn"), unsupported),
  ];
}

function audienceChoice(current) {
  const one = (value) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "audience", value, checked: value === current, required: true }),
      h("span", {}, h("strong", {}, t(value)), " ", h("span", { class: "faint" }, t(`${value}hint`))),
    );
  return h("fieldset", { class: "stack" }, h("legend", {}, t("audience")), AUDIENCES.map(one));
}

function expiryChoice(current) {
  const one = (value) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "onExpiry", value, checked: value === current }),
      h("span", {}, t(value)),
    );
  return h("fieldset", { class: "stack" }, h("legend", {}, t("onExpiry")), ["KEEP", "WITHDRAW"].map(one));
}

function ruleFields(restrictions) {
  const topics = TOPICS.map((value) =>
    h(
      "label",
      { class: "chip" },
      h("input", { type: "checkbox", name: "topic", value, checked: restrictions.topics.includes(value) }),
      h("span", {}, t(`topic_${value}`)),
    ),
  );
  const listed = (name, hint) =>
    field(name, t(name), { placeholder: hint, value: restrictions[name].join(", "), autocapitalize: "none" });
  const places = listed("places", t("commas"));
  const styles = listed("styles", t("commas"));
  const languages = listed("languages", t("languagesHint"));
  const names = { ANYONE: t("ANYONE"), NO_STRANGERS: t("NO_STRANGERS"), NOBODY: t("NOBODY") };
  const others = h(
    "select",
    { name: "otherPeople" },
    OTHERS.map((value) => h("option", { value, selected: value === restrictions.otherPeople }, names[value])),
  );
  const element = h(
    "details",
    { class: "rules" },
    h("summary", {}, t("rules")),
    h("fieldset", { class: "chips" }, h("legend", {}, t("topics")), topics),
    places,
    styles,
    field("otherPeople", t("otherPeople"), {}, others),
    languages,
  );
  const split = ({ input }) =>
    input.value
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  return {
    element,
    value: () => ({
      topics: [...element.querySelectorAll("[name=topic]:checked")].map(({ value }) => value),
      places: split(places),
      styles: split(styles),
      otherPeople: others.value,
      languages: split(languages),
    }),
  };
}
