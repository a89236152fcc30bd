// The page: who is signed in, which view is shown.

import { graphql, keepSession, mutate, Refused } from "./api.js";
import { field, h, say } from "./dom.js";
import { feedView } from "./feed.js";
import { makeView } from "./make.js";
import { language, setLanguage, t } from "./words.js";
import { youView } from "./you.js";

const VIEWER = `{
  viewer { id handle displayName quota { leftSeconds } }
  policy { regions minSeconds maxSeconds defaultSeconds maxPromptCharacters }
}`;
const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignInSuccess { account { handle } } ... on Error { code message field } }
}`;
const SIGN_UP = `mutation ($input: SignUpInput!) {
  signUp(input: $input) { ... on SignUpSuccess { account { handle } } ... on Error { code message field } }
}`;

const main = document.querySelector("#main");
const views = { feed: feedView, make: makeView, you: youView };
let page = { viewer: null, rules: {} };
let leave = () => {};

/** Ask again who is signed in, and show the view of the address. */
async function refresh() {
  try {
    const { viewer, policy } = await graphql(VIEWER);
    page = { viewer, rules: policy };
    show();
  } catch (error) {
    const words = error instanceof Refused ? error.message : t("offline");
    main.replaceChildren(
      h(
        "div",
        { class: "center note", role: "alert" },
        h("p", {}, words),
        h("button", { type: "button", onclick: refresh }, t("retry")),
      ),
    );
  }
}

function show() {
  leave();
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  const button = document.querySelector("#language");
  button.textContent = t("language");
  button.lang = t("languageCode");
  const name = views[location.hash.slice(1)] ? location.hash.slice(1) : "feed";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = name;
  const gated = name !== "feed" && page.viewer === null;
  const [content, done] = gated ? [door(), () => {}] : views[name](page, refresh);
  leave = done;
  main.replaceChildren(content);
}

function door() {
  const forms = h("div", { class: "forms" });
  const choose = (joining) =>
    forms.replaceChildren(
      joining ? signUpForm() : signInForm(),
      h(
        "button",
        { type: "button", class: "quiet", onclick: () => choose(!joining) },
        t(joining ? "signIn" : "signUp"),
      ),
    );
  choose(false);
  return h(
    "section",
    { class: "door" },
    h("div", { class: "hello" }, h("h1", {}, t("welcome")), h("p", {}, t("welcomeMore"))),
    forms,
  );
}

function signInForm() {
  const fields = [
    field("handle", t("handle"), {
      autocomplete: "username",
      required: true,
      autocapitalize: "none",
      spellcheck: false,
    }),
    field("password", t("password"), { type: "password", autocomplete: "current-password", required: true }),
  ];
  return form("signIn", fields, SIGN_IN);
}

function signUpForm() {
  const names = new Intl.DisplayNames([language()], { type: "region" });
  const regions = h(
    "select",
    { name: "region", id: "f-region" },
    (page.rules.regions ?? []).map((code) => h("option", { value: code }, names.of(code))),
  );
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
    field("region", t("region"), {}, regions),
  ];
  return form("signUp", fields, SIGN_UP);
}

function form(name, fields, mutation) {
  const note = h("p", { class: "wrong", role: "alert" });
  const button = h("button", { class: "primary" }, t(name));
  const send = async (event) => {
    event.preventDefault();
    note.textContent = "";
    fields.forEach((box) => box.clear());
    button.disabled = true;
    try {
      await mutate(mutation, { input: Object.fromEntries(fields.map(({ input }) => [input.name, input.value])) });
      await refresh();
    } catch (error) {
      const wrong = fields.find(({ input }) => input.name === error.field);
      if (wrong) wrong.error(error.message);
      else note.textContent = error instanceof Refused ? error.message : t("offline");
    }
    button.disabled = false;
  };
  return h("form", { class: "card", onsubmit: send }, h("h2", {}, t(name)), fields, note, button);
}

async function start() {
  // A login link carries its token behind the "#", which browsers keep to themselves; it leaves the address at once.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", "/#make");
    if (!(await keepSession(token))) say(t("linkOver"));
  }
  window.addEventListener("hashchange", show);
  document.querySelector("#language").addEventListener("click", () => {
    setLanguage(language() === "en" ? "fr" : "en");
    show();
  });
  await refresh();
}

start();
