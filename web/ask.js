// Asking the person: plain confirmations, the password once more, and the words of a refusal.

import { mutate, Refused } from "./api.js";
import { field, h } from "./dom.js";
import { language, t } from "./words.js";

const STEP_UP = `mutation ($input: StepUpInput!) {
  stepUp(input: $input) { ... on StepUpSuccess { until } ... on Error { code message field } }
}`;

/** What to tell people of an error: the server's words, or in another language the page's own where it has some. */
export function told(error) {
  if (!(error instanceof Refused)) return t("offline");
  if (language() === "en") return error.message;
  const keys = [`CONSENT_${error.reason}`, `REFUSED_${error.code}_${error.field}`, `REFUSED_${error.code}`];
  return keys.map((key) => t(key)).find(Boolean) ?? error.message;
}

/** A paragraph for what went wrong; `attempt(work)` is a listener that runs `work` and shows its refusal there. */
export function mishaps(...prepared) {
  const note = h("p", { class: "wrong", role: "alert" });
  const attempt =
    (work) =>
    async (event, ...more) => {
      event?.preventDefault?.();
      note.textContent = "";
      const button = event?.submitter ?? event?.currentTarget;
      if (button instanceof HTMLButtonElement) button.disabled = true;
      try {
        await work(event, ...more);
      } catch (error) {
        const wrong = prepared.find((box) => box.input.name === error.field);
        if (wrong) wrong.error(told(error));
        else note.textContent = told(error);
      } finally {
        if (button instanceof HTMLButtonElement) {
          button.disabled = false;
          // A button that was disabled has lost the focus; who works by keyboard goes on from there.
          if (button.isConnected && document.activeElement === document.body) button.focus();
        }
      }
    };
  return { note, attempt };
}

/** A dialog in front of the page, until it is closed; the focus goes back to where it was. */
export function dialog(properties, ...content) {
  const box = h("dialog", { onclick: (event) => event.target === box && box.close(), ...properties }, content);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Whether the person says yes to `title`, having read the `sentences`. */
export function sure(title, sentences, yes, danger = true) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      resolve(value);
      box.close();
    };
    const box = dialog(
      { ariaLabel: title, role: "alertdialog", onclose: () => resolve(false) },
      h("h2", {}, title),
      sentences.map((sentence) => (typeof sentence === "string" ? h("p", {}, sentence) : sentence)),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", onclick: answer(false), autofocus: true }, t("keepAsIs")),
        h("button", { type: "button", class: danger ? "stop" : "primary", onclick: answer(true) }, yes),
      ),
    );
  });
}

/**
 * Do `work`; when the server wants the password first, ask for it and do it again. Answers undefined when the person
 * would rather not.
 */
export async function steppedUp(work) {
  try {
    return await work();
  } catch (error) {
    if (error.code !== "STEP_UP_REQUIRED") throw error;
  }
  return (await password()) ? work() : undefined;
}

function password() {
  return new Promise((resolve) => {
    const box = field("password", t("password"), {
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    const { note, attempt } = mishaps(box);
    const send = attempt(async () => {
      box.clear();
      try {
        await mutate(STEP_UP, { input: { password: box.input.value } });
      } catch (error) {
        throw error.code === "CONFLICT" ? new Refused({ message: t("stepUpSign"), code: error.code }) : error;
      }
      resolve(true);
      front.close();
    });
    const front = dialog(
      { ariaLabel: t("stepUp"), onclose: () => resolve(false) },
      h("h2", {}, t("stepUp")),
      h("p", { class: "faint" }, t("stepUpWhy")),
      h(
        "form",
        { class: "stack", onsubmit: send },
        box,
        note,
        h(
          "div",
          { class: "row" },
          h("button", { type: "button", onclick: () => front.close() }, t("keepAsIs")),
          h("button", { class: "primary" }, t("confirm")),
        ),
      ),
    );
  });
}
