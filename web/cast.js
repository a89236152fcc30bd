// Who plays in a clip: finding cameos, choosing what of them to use, asking for one, and who will see the draft.

import { graphql, mutate } from "./api.js";
import { scopeBoxes, scopesUnder } from "./access.js";
import { dialog, mishaps, told } from "./ask.js";
import { field, h, say } from "./dom.js";
import { toast } from "./stop.js";
import { t } from "./words.js";

const MOST = 2;
const KEPT = "yume-cast";
const FIND_MS = 200;
const CASTABLE = `query ($query: String) { castableCameos(query: $query, first: 6) { edges { node {
  id handle kind owner { displayName isViewer } viewerHasAsked viewerMayUse { face voice reason }
} } } }`;
const NOTICE = "query ($cast: [CastInput!]!, $remixOf: ID) { castNotice(cast: $cast, remixOf: $remixOf) }";
const REQUEST = `mutation ($input: RequestCameoInput!) {
  requestCameo(input: $input) { ... on RequestCameoSuccess { request { id } } ... on Error { code message field } }
}`;

/**
 * Fill the composer for making `video` again without the cameo `leftOut`: its prompt without that name, and the faces of
 * the others its author had cast.
 */
export function makeAgainWithout(video, leftOut) {
  sessionStorage.setItem("yume-prompt", unnamed(video.prompt, leftOut));
  const others = video.likenesses.filter(({ via, consented }) => via === "SHOWN" && consented !== false);
  keep(
    others
      .filter(({ cameo }) => cameo.handle && cameo.id !== leftOut.id)
      .map(({ cameo }) => ({ id: cameo.id, handle: cameo.handle, kind: cameo.kind, face: true, voice: false })),
  );
  location.hash = "#make";
}

const unnamed = (prompt, { handle }) => prompt.replace(new RegExp(`@${handle}\\b`, "gi"), t("somebody"));

/**
 * Fill the composer for making `video` again from its words alone, without the name of the cameo `leftOut` where that is
 * known: what it was a remix of is gone.
 */
export function makeAgainAlone(video, leftOut) {
  sessionStorage.setItem("yume-prompt", leftOut ? unnamed(video.prompt, leftOut) : video.prompt);
  keep([]);
  location.hash = "#make";
}

/** Forget the cast that was kept for the next clip. */
export const forgetCast = () => sessionStorage.removeItem(KEPT);

/**
 * The picker. `prompt` is the text that names the cast, `remixOf` the clip that is built on. Returns the element, `value()` for `createGeneration`, and
 * `search(words)`.
 */
export function castPicker(prompt, remixOf = null) {
  let cast = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  const chips = h("ul", { class: "plain chips" });
  const found = h("ul", { class: "plain found" });
  const notice = h("p", { class: "notice", role: "status" });
  const find = h("input", {
    type: "search",
    id: "f-cast",
    placeholder: t("castFind"),
    ariaLabel: t("castFind"),
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
  });

  const value = () =>
    cast.map(({ id, face, voice }) => ({
      cameoId: id,
      scopes: [face && "FACE", voice && "VOICE"].filter(Boolean),
    }));
  const changed = () => {
    keep(cast);
    find.disabled = cast.length === MOST;
    find.placeholder = t(cast.length === MOST ? "castFull" : "castFind");
    chips.replaceChildren(...cast.map(chip));
    tell();
  };
  let asked = 0;
  const tell = async () => {
    asked += 1;
    const mine = asked;
    notice.textContent = "";
    if ((!cast.length && !remixOf) || value().some(({ scopes }) => !scopes.length)) return;
    let words;
    try {
      words = (await graphql(NOTICE, { cast: value(), remixOf })).castNotice ?? t("castOnlyYou");
    } catch (error) {
      words = told(error);
    }
    if (mine === asked) notice.textContent = words;
  };
  const chip = (one) => {
    const box = (name, label) =>
      h(
        "label",
        { class: "choice" },
        h("input", {
          type: "checkbox",
          checked: one[name],
          ariaLabel: label,
          onchange: ({ target }) => {
            one[name] = target.checked;
            changed();
          },
        }),
        h("span", { ariaHidden: "true" }, t(name)),
      );
    const drop = () => {
      cast = cast.filter(({ id }) => id !== one.id);
      rewrite(new RegExp(` ?@${one.handle}\\b`, "gi"), "");
      changed();
      find.focus();
    };
    return h(
      "li",
      { class: "castchip" },
      h("strong", {}, `@${one.handle}`),
      // A thing is only seen: there is nothing to choose.
      one.kind === "PERSON"
        ? [box("face", t("faceOf", one.handle)), box("voice", t("voiceOf", one.handle))]
        : null,
      h("button", { type: "button", class: "quiet", ariaLabel: t("castDrop", one.handle), onclick: drop }, "✕"),
    );
  };
  const rewrite = (pattern, words) => {
    prompt.value = prompt.value.replace(pattern, words);
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const add = (cameo) => {
    const { face, voice } = cameo.viewerMayUse;
    cast.push({ id: cameo.id, handle: cameo.handle, kind: cameo.kind, face, voice });
    if (!new RegExp(`@${cameo.handle}\\b`, "i").test(prompt.value)) rewrite(/\s*$/, ` @${cameo.handle} `);
    prompt.value = prompt.value.trimStart();
    find.value = "";
    found.replaceChildren();
    say(t("castAdd", cameo.handle));
    changed();
    prompt.focus();
  };
  const offer = ({ node: cameo }) => {
    const { face, voice, reason } = cameo.viewerMayUse;
    if (cast.some(({ id }) => id === cameo.id)) return null;
    const may = face || voice;
    const words = may ? t("castAdd", cameo.handle) : t("castAsk", cameo.handle);
    const act = () => (may ? add(cameo) : ask(cameo));
    if (!may && reason !== "ASK") return null;
    return h(
      "li",
      {},
      cameo.viewerHasAsked && !may
        ? h("span", { class: "faint" }, `@${cameo.handle}: ${t("askedAlready")}`)
        : h(
            "button",
            { type: "button", onclick: act },
            words,
            " ",
            h("span", { class: "faint" }, cameo.owner.displayName),
          ),
    );
  };

  let timer;
  const look = async (words) => {
    if (cast.length === MOST) return;
    try {
      const { edges } = (await graphql(CASTABLE, { query: words })).castableCameos;
      const offers = edges.map(offer).filter(Boolean);
      found.replaceChildren(...(offers.length ? offers : [h("li", { class: "faint" }, t("castNone"))]));
    } catch (error) {
      found.replaceChildren(h("li", { class: "wrong" }, told(error)));
    }
  };
  const search = (words) => {
    clearTimeout(timer);
    timer = setTimeout(() => look(words), FIND_MS);
  };
  find.addEventListener("input", () => search(find.value));
  find.addEventListener("focus", () => found.children.length || search(find.value));
  find.addEventListener("keydown", (event) => {
    // Enter takes the first that was found; it must not send the form.
    if (event.key !== "Enter") return;
    event.preventDefault();
    found.querySelector("button")?.click();
  });
  changed();
  return {
    element: h("fieldset", { class: "stack cast" }, h("legend", {}, t("cast")), chips, find, found, notice),
    value,
    search: (words) => cast.some(({ handle }) => handle === words) || search(words),
  };
}

function keep(cast) {
  sessionStorage.setItem(KEPT, JSON.stringify(cast));
}

/** Ask a cameo's owner for permission. `done()` follows. */
export function ask(cameo, done = () => {}) {
  const boxes = scopeBoxes(cameo.kind, []);
  const words = field("note", t("askNote"), { maxLength: 300 });
  const { note, attempt } = mishaps(words);
  const key = crypto.randomUUID();
  const send = attempt(async () => {
    const input = { cameoId: cameo.id, scopes: scopesUnder(boxes), note: words.input.value, idempotencyKey: key };
    await mutate(REQUEST, { input });
    front.close();
    toast(t("asked"));
    say(t("asked"));
    done();
  });
  const front = dialog(
    { ariaLabel: t("askTitle", cameo.handle) },
    h("h2", {}, t("askTitle", cameo.handle)),
    h(
      "form",
      { class: "stack", onsubmit: send },
      boxes,
      words,
      note,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", onclick: () => front.close() }, t("keepAsIs")),
        h("button", { class: "primary" }, t("askSend")),
      ),
    ),
  );
}
