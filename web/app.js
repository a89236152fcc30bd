// The page: who is signed in, which view is shown.

import { graphql, keepSession, mutate } from "./api.js";
import { appearancesView } from "./appearances.js";
import { mishaps, told } from "./ask.js";
import { startNews } from "./bell.js";
import { cameoView } from "./cameo.js";
import { chainView } from "./chain.js";
import { discoverView, trendView } from "./discover.js";
import { field, h, say } from "./dom.js";
import { feedView } from "./feed.js";
import { makeView } from "./make.js";
import { memberView } from "./member.js";
import { CHANGED, stopFromAnywhere } from "./stop.js";
import { verifyView } from "./verify.js";
import { language, setLanguage, t } from "./words.js";
import { youView } from "./you.js";

const VIEWER = `{
  viewer { id handle displayName role cameos { state } }
  policy { regions minSeconds maxSeconds defaultSeconds maxPromptCharacters }
}`;
const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignInSuccess { account { handle } } ... on Error { code message field } }
}`;
const SIGN_UP = `mutation ($input: SignUpInput!) {
  signUp(input: $input) { ... on SignUpSuccess { account { handle } } ... on Error { code message field } }
}`;

const main = document.querySelector("#main");
const news = document.querySelector("#news");
const stop = document.querySelector("#stop");
const views = {
  feed: feedView,
  discover: discoverView,
  trend: trendView,
  v: chainView,
  make: makeView,
  appearances: appearancesView,
  cameo: cameoView,
  you: youView,
  member: memberView,
  verify: verifyView,
};
const OPEN_TO_ALL = ["feed", "discover", "trend", "v", "verify"];
let page = { viewer: null, rules: {} };
let leave = () => {};
let quiet = () => {};
let heard = null;

/** Ask again who is signed in, and show the view of the address. */
async function refresh() {
  try {
    const { viewer, policy } = await graphql(VIEWER);
    page = { viewer, rules: policy };
    follow(viewer);
    show();
  } catch (error) {
    const words = told(error);
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

/** The bell and "stop everything" are in the header for as long as somebody is signed in who needs them. */
function follow(viewer) {
  stop.hidden = !viewer?.cameos.some(({ state }) => state !== "EMPTY");
  if (heard === (viewer?.id ?? null)) return;
  heard = viewer?.id ?? null;
  quiet();
  quiet = viewer ? startNews(news) : () => {};
}

async function viewerAgain() {
  const { viewer } = await graphql(VIEWER).catch(() => page);
  page.viewer = viewer;
  follow(viewer);
}

function show() {
  leave();
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  const button = document.querySelector("#language");
  button.textContent = t("language");
  button.lang = t("languageCode");
  const [asked, place] = location.hash.slice(1).split("/");
  const name = Object.hasOwn(views, asked) ? asked : "feed";
  page.place = place ?? "";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = name;
  const gated = !OPEN_TO_ALL.includes(name) && page.viewer === null;
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
    { name: "region" },
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
  const { note, attempt } = mishaps(...fields);
  const send = attempt(async () => {
    fields.forEach((box) => box.clear());
    await mutate(mutation, { input: Object.fromEntries(fields.map(({ input }) => [input.name, input.value])) });
    await refresh();
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

async function start() {
  // A login link carries its token behind the "#", which browsers keep to themselves; it leaves the address at once.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", "/#make");
    if (!(await keepSession(token))) say(t("linkOver"));
  }
  window.addEventListener("hashchange", show);
  stop.addEventListener("click", mishaps().attempt(stopFromAnywhere));
  document.addEventListener(CHANGED, viewerAgain);
  document.querySelector("#language").addEventListener("click", () => {
    setLanguage(language() === "en" ? "fr" : "en");
    heard = undefined; // the bell speaks the language too
    follow(page.viewer);
    show();
  });
  await refresh();
}

start();
