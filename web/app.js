// The page: who is signed in, which view is shown.

import { graphql, keepSession } from "./api.js";
import { appearancesView } from "./appearances.js";
import { mishaps, told } from "./ask.js";
import { startNews } from "./bell.js";
import { cameoView } from "./cameo.js";
import { chainView } from "./chain.js";
import { discoverView, trendView } from "./discover.js";
import { door } from "./door.js";
import { h, say } from "./dom.js";
import { feedView } from "./feed.js";
import { makeView } from "./make.js";
import { memberView } from "./member.js";
import { moderateView } from "./moderate.js";
import { CHANGED, stopFromAnywhere } from "./stop.js";
import { verifyView } from "./verify.js";
import { language, setLanguage, t } from "./words.js";
import { youView } from "./you.js";

const VIEWER = `{
  viewer { id handle displayName role cameos { state } }
  policy { regions minSeconds maxSeconds defaultSeconds maxPromptCharacters }
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
  moderate: moderateView,
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
  const [content, done] = gated ? [door(page.rules, refresh), () => {}] : views[name](page, refresh);
  leave = done;
  main.replaceChildren(content);
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
