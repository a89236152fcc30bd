// Being recorded: consent, the challenge, sending, and each check's result, until a cameo has a new version.

import { graphql, mutate, subscribe } from "./api.js";
import { mishaps, told } from "./ask.js";
import { recording } from "./capture_stage.js";
import { field, h, say } from "./dom.js";
import { language, t } from "./words.js";

const CHALLENGE = "challenge { nonce expiresAt language steps digits phrase turns gestures text }";
const UPLOAD = "upload { url headers { name value } maxBytes }";
const CHECK = "{ name passed message recording }";
const CONSENT = `query ($language: CaptureLanguage!) {
  biometricConsent(language: $language) { version text }
}`;
const START = `mutation ($input: StartCaptureInput!) {
  startCapture(input: $input) {
    ... on StartCaptureSuccess { capture { id kind triesLeft } ${CHALLENGE} ${UPLOAD} }
    ... on Error { code message field }
  }
}`;
const FINISH = `mutation ($input: FinishCaptureInput!) {
  finishCapture(input: $input) { ... on FinishCaptureSuccess { capture { id } } ... on Error { code message field } }
}`;
const WATCH = `subscription ($id: ID!, $after: String) {
  capture(id: $id, after: $after) {
    __typename cursor captureId
    ... on CaptureChecked { check ${CHECK} }
    ... on CaptureRetry { triesLeft ${CHALLENGE} ${UPLOAD} }
    ... on CaptureAccepted { cameo { id } }
    ... on CaptureRejected { reason { message } }
  }
}`;
const AWAITS = "query ($id: ID!) { node(id: $id) { ... on Capture { state awaitsModerator } } }";
const REVIEW_LOOK_MS = 4000;

/** What a capture under way is read with, to go on with it after a reload. */
export const CAPTURE = `id kind state triesLeft awaitsModerator checks ${CHECK} ${CHALLENGE} ${UPLOAD}`;

/**
 * The whole way of one capture. `options`: `cameo` (to record again; null for a new one), `underway` (a capture to go on
 * with), `done(cameoId)` once it is accepted. Returns the element, and what stops it.
 */
export function capture({ cameo, underway, done }) {
  const root = h("section", { class: "card capture" });
  let stop = () => {};
  const show = ([content, leave]) => {
    stop();
    stop = leave;
    root.replaceChildren(content);
    root.querySelector("h2")?.focus();
  };
  const begin = (words) => show(consent({ cameo, words, started: record }));
  const record = (ask) => show(recording(ask, { sent: check, over: () => begin(t("timeOver")), finish }));
  const finish = (ask) => mutate(FINISH, { input: { captureId: ask.capture.id, nonce: ask.challenge.nonce } });
  const check = (ask) => show(checks(ask, { again: record, begin, done }));
  if (underway?.state === "CHALLENGED") record({ ...underway, capture: underway });
  else if (underway?.state === "CHECKING") check({ capture: underway });
  else begin();
  return [root, () => stop()];
}

function consent({ cameo, words, started }) {
  const text = h("div", { class: "legal", tabIndex: 0, role: "region", ariaLabel: t("consentTitle") });
  const agree = h("input", { type: "checkbox", name: "agree", required: true });
  const name = field("handle", t("cameoHandle"), {
    placeholder: t("cameoHandleHint"),
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
  });
  const kinds = ["PERSON", "OBJECT", "PET", "DRAWN"].map((value) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "kind", value, required: true, checked: false }),
      h("span", {}, t(value)),
    ),
  );
  const needs = ["SPEAK", "TURN", "HEAR"].map((value) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "checkbox", name: "need", value }),
      h("span", {}, t(`need${value}`)),
    ),
  );
  const retire = h("input", { type: "checkbox", name: "retireOld" });
  const { note, attempt } = mishaps(name);
  note.textContent = words ?? "";
  let version = null;
  graphql(CONSENT, { language: language().toUpperCase() }).then(
    ({ biometricConsent }) => {
      version = biometricConsent.version;
      text.replaceChildren(...biometricConsent.text.split("\n\n").map((part) => h("p", {}, part)));
    },
    (error) => {
      note.textContent = told(error);
    },
  );
  // Another wish is another capture; the same one, sent twice, is one.
  let key = crypto.randomUUID();
  const send = attempt(async ({ target }) => {
    name.clear();
    const { elements } = target;
    const kind = cameo?.kind ?? elements.kind.value;
    const chosen = [...target.querySelectorAll("[name=need]:checked")].map(({ value }) => value);
    const accessibleFor = chosen.filter((need) => need !== "HEAR");
    const input = {
      kind,
      cameoId: cameo?.id ?? null,
      handle: cameo || name.hidden ? null : name.input.value,
      language: language().toUpperCase(),
      consentVersion: version,
      accessible: accessibleFor.length > 0,
      accessibleFor,
      retireOld: retire.checked,
      idempotencyKey: key,
    };
    try {
      started(await mutate(START, { input }));
    } catch (error) {
      // A person's cameo has their own handle, unless it is taken or cannot be one.
      if (error.field === "handle") name.hidden = false;
      throw error;
    }
  });
  const personal = h("fieldset", { class: "needs stack" }, h("legend", {}, t("needs")), needs);
  const shape = ({ target }) => {
    key = crypto.randomUUID();
    if (target.name !== "kind") return;
    name.hidden = target.value === "PERSON";
    personal.hidden = target.value !== "PERSON";
  };
  name.hidden = true;
  personal.hidden = cameo?.kind !== "PERSON";
  const form = h(
    "form",
    { class: "stack", onsubmit: send, oninput: shape },
    cameo ? null : h("fieldset", { class: "choices" }, h("legend", {}, t("cameoKind")), kinds),
    name,
    personal,
    h("h3", {}, t("consentTitle")),
    text,
    h("p", { class: "faint" }, t("consentWarn")),
    h("label", { class: "choice" }, agree, h("span", {}, t("consentAgree"))),
    cameo?.version ? h("label", { class: "choice" }, retire, h("span", {}, t("retireOld"))) : null,
    note,
    h("button", { class: "primary big" }, t("begin")),
  );
  return [
    h(
      "div",
      { class: "stack" },
      h("h2", { tabIndex: -1 }, cameo?.version ? t("recordAgain") : t("myCameo")),
      h("p", { class: "faint" }, t("cameoWhy")),
      form,
    ),
    () => {},
  ];
}

function checks({ capture: found }, { again, begin, done }) {
  const list = h("ul", { class: "checks", ariaLabel: t("checked") });
  const words = h("p", { role: "status" }, t("checking"));
  const bar = h("progress", { ariaLabel: t("checking") });
  const tools = h("div", { class: "row" });
  const seen = (check) => {
    const mark = check.passed ? "✓" : "✕";
    const label = t(check.passed ? "checkYes" : "checkNo");
    const line = h(
      "li",
      { class: check.passed ? "passed" : "failed" },
      h("span", { class: "mark", ariaHidden: "true" }, mark),
      h("strong", {}, t(`check_${check.name}`)),
      h("span", { class: "visually-hidden" }, `: ${label}. `),
      check.passed ? null : h("span", { lang: "en" }, check.message),
    );
    list.append(line);
    say(`${t(`check_${check.name}`)}: ${label}`);
  };
  const over = (text, ...next) => {
    words.textContent = text;
    bar.remove();
    tools.replaceChildren(...next);
    clearInterval(waiting);
  };
  const restart = () => h("button", { type: "button", class: "primary", onclick: () => begin() }, t("startOver"));
  const hear = (event) => {
    if (event.__typename === "CaptureChecked") return seen(event.check);
    if (event.__typename === "CaptureRetry") {
      const ask = {
        capture: { ...found, triesLeft: event.triesLeft },
        challenge: event.challenge,
        upload: event.upload,
      };
      const next = h("button", { type: "button", class: "primary", onclick: () => again(ask) }, t("recordAgain"));
      return over(t("retry1", event.triesLeft), next);
    }
    if (event.__typename === "CaptureAccepted") {
      say(t("accepted"));
      over(t("accepted"));
      return done(event.cameo.id);
    }
    return over(`${t("rejected")} ${event.reason.message}`, restart());
  };
  const waiting = setInterval(async () => {
    const { node } = await graphql(AWAITS, { id: found.id }).catch(() => ({}));
    if (node?.awaitsModerator) words.textContent = t("moderator");
  }, REVIEW_LOOK_MS);
  const unsubscribe = subscribe(WATCH, { id: found.id }, hear, {
    onEnd: (error) => error && over(error.message, restart()),
  });
  return [
    h("div", { class: "stack" }, h("h2", { tabIndex: -1 }, t("recordTitle")), words, bar, list, tools),
    () => {
      unsubscribe();
      clearInterval(waiting);
    },
  ];
}
