// The door: signing in, joining with an invite, and waiting for one.

import { mutate } from "./api.js";
import { mishaps } from "./ask.js";
import { field, h } from "./dom.js";
import { regionsOf, waitForm } from "./waiting.js";
import { t } from "./words.js";

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignInSuccess { account { handle } } ... on Error { code message field } }
}`;
const SIGN_UP = `mutation ($input: SignUpInput!) {
  signUp(input: $input) { ... on SignUpSuccess { account { handle } } ... on Error { code message field } }
}`;

/** Signing in, joining with an invite, or waiting for one. `rules` are the server's; `entered()` follows. */
export function door(rules, entered) {
  const forms = h("div", { class: "forms" });
  const ways = {
    signIn: () => signInForm(entered),
    signUp: () => signUpForm(rules, entered),
    haveNoInvite: () => waitForm(rules),
  };
  const choose = (chosen) => {
    const others = Object.keys(ways).filter((way) => way !== chosen);
    const button = (way) => h("button", { type: "button", class: "quiet", onclick: () => choose(way) }, t(way));
    forms.replaceChildren(ways[chosen](), ...others.map(button));
  };
  choose("signIn");
  return h(
    "section",
    { class: "door" },
    h(
      "div",
      { class: "hello" },
      h("h1", {}, t("welcome")),
      h("p", {}, t("welcomeMore")),
      h("p", {}, h("a", { href: "#verify" }, t("verify"))),
    ),
    forms,
  );
}

function signInForm(entered) {
  const fields = [
    field("handle", t("handle"), {
      autocomplete: "username",
      required: true,
      autocapitalize: "none",
      spellcheck: false,
    }),
    field("password", t("password"), { type: "password", autocomplete: "current-password", required: true }),
  ];
  return form("signIn", fields, SIGN_IN, entered);
}

function signUpForm(rules, entered) {
  const fields = [
    field("inviteCode", t("invite"), { required: true, autocomplete: "off", spellcheck: false }),
    field("handle", t("handle"), {
      autocomplete: "username",
      required: true,
      autocapitalize: "none",
      spellcheck: false,
    }),
    field("password", t("password"), {
      type: "password",
      autocomplete: "new-password",
      required: true,
      placeholder: t("passwordHint"),
    }),
    field("birthDate", t("birth"), { type: "date", autocomplete: "bday", required: true }),
    field("region", t("region"), {}, regionsOf(rules)),
  ];
  return form("signUp", fields, SIGN_UP, entered);
}

function form(name, fields, mutation, entered) {
  const { note, attempt } = mishaps(...fields);
  const send = attempt(async () => {
    fields.forEach((box) => box.clear());
    await mutate(mutation, { input: Object.fromEntries(fields.map(({ input }) => [input.name, input.value])) });
    await entered();
  });
  return h(
    "form",
    { class: "card", onsubmit: send },
    h("h2", {}, t(name)),
    fields,
    note,
    h("button", { class: "primary" }, t(name)),
  );
}
