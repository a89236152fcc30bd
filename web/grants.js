// Permissions for single members: requests to answer, what was given by name, giving and ending it.

import { graphql, mutate } from "./api.js";
import { scopeBoxes, scopesUnder, scopeWords, untilField } from "./access.js";
import { mishaps, steppedUp, sure } from "./ask.js";
import { field, h } from "./dom.js";
import { toast } from "./stop.js";
import { day, t } from "./words.js";

const ANSWER = `mutation ($input: AnswerCameoRequestInput!) {
  answerCameoRequest(input: $input) {
    ... on AnswerCameoRequestSuccess { grant { id } } ... on Error { code message field }
  }
}`;
const GRANT = `mutation ($input: GrantCameoInput!) {
  grantCameo(input: $input) { ... on GrantCameoSuccess { grant { id } } ... on Error { code message field } }
}`;
const REVOKE = `mutation ($input: RevokeGrantInput!) {
  revokeGrant(input: $input) {
    ... on RevokeGrantSuccess { withdrawnVideos } ... on Error { code message field }
  }
}`;
const WHO = "query ($handle: String!) { account(handle: $handle) { id } }";

/** What a list of permissions is read with. */
export const GRANTS = `grants(first: 50) { edges { node {
  id scopes note expiresAt state createdAt subject { handle displayName }
} } }`;

/** Requests that wait for an answer. `changed()` follows one. */
export function requests(cameo, changed) {
  const waiting = named(cameo).filter(({ state }) => state === "PENDING");
  if (!waiting.length) return null;
  return h(
    "section",
    { class: "card stack" },
    h("h2", {}, t("requests")),
    waiting.map((request) => requestForm(cameo, request, changed)),
  );
}

function requestForm(cameo, request, changed) {
  const { note, attempt } = mishaps();
  const boxes = scopeBoxes(cameo.kind, request.scopes, request.scopes);
  const until = untilField(null);
  boxes.firstChild.textContent = t("asks", request.subject.handle);
  const answer = (accept) =>
    attempt(async () => {
      const input = { requestId: request.id, accept };
      if (accept) Object.assign(input, { scopes: scopesUnder(boxes), expiresAt: until.moment() });
      const send = () => mutate(ANSWER, { input });
      if (!(accept ? await steppedUp(send) : await send())) return;
      toast(t("answered"));
      changed();
    });
  return h(
    "form",
    { class: "stack request", onsubmit: answer(true) },
    boxes,
    request.note ? h("blockquote", {}, request.note) : null,
    until,
    note,
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: answer(false) }, t("refuse")),
      h("button", { class: "primary" }, t("accept")),
    ),
  );
}

/** What was given by name, and a form to give more. */
export function permissions(cameo, changed) {
  const live = named(cameo).filter(({ state }) => state === "ACTIVE");
  return h(
    "section",
    { class: "stack" },
    h("h2", {}, t("grants")),
    live.length
      ? h(
          "ul",
          { class: "plain" },
          live.map((grant) => permission(cameo, grant, changed)),
        )
      : h("p", { class: "faint" }, t("grantsNone")),
    cameo.audience === "ONLY_ME" ? null : giving(cameo, changed),
  );
}

function permission(cameo, grant, changed) {
  const { note, attempt } = mishaps();
  const end = (mode) =>
    attempt(async () => {
      if (mode === "WITHDRAW" && !(await sure(t("grantWithdraw"), [t("grantWithdrawSure")], t("grantWithdraw"))))
        return;
      const { withdrawnVideos } = await mutate(REVOKE, { input: { grantId: grant.id, mode } });
      toast(t("grantEnded", withdrawnVideos));
      changed();
    });
  const allowed = grant.scopes.map((scope) => scopeWords(cameo.kind, scope)).join(" · ");
  const who = grant.subject.handle;
  return h(
    "li",
    { class: "row" },
    h(
      "span",
      {},
      h("a", { href: `#member/${who}` }, `@${who}`),
      " ",
      h("span", { class: "faint" }, allowed, grant.expiresAt ? ` · ${t("grantUntil", day(grant.expiresAt))}` : ""),
    ),
    h(
      "span",
      { class: "row" },
      h(
        "button",
        {
          type: "button",
          title: t("grantStopHint"),
          ariaLabel: `${t("grantStop")} (@${who})`,
          onclick: end("STOP_FUTURE"),
        },
        t("grantStop"),
      ),
      h(
        "button",
        {
          type: "button",
          class: "danger",
          ariaLabel: `${t("grantWithdraw")} (@${who})`,
          onclick: end("WITHDRAW"),
        },
        t("grantWithdraw"),
      ),
    ),
    note,
  );
}

function giving(cameo, changed) {
  const who = field("subject", t("handle"), { required: true, autocapitalize: "none", spellcheck: false });
  const boxes = scopeBoxes(cameo.kind, []);
  const until = untilField(null);
  const { note, attempt } = mishaps(who, until);
  let key = crypto.randomUUID();
  const give = attempt(async () => {
    who.clear();
    const handle = who.input.value.trim().replace(/^@/, "");
    const { account } = await graphql(WHO, { handle });
    if (!account) return who.error(t("nobodyCalled", handle));
    const input = {
      cameoId: cameo.id,
      subject: account.id,
      scopes: scopesUnder(boxes),
      expiresAt: until.moment(),
      idempotencyKey: key,
    };
    if (await steppedUp(() => mutate(GRANT, { input }))) changed();
  });
  const anew = () => {
    key = crypto.randomUUID();
  };
  return h(
    "details",
    {},
    h("summary", {}, t("grantTo")),
    h(
      "form",
      { class: "stack", onsubmit: give, oninput: anew },
      who,
      boxes,
      until,
      note,
      h("button", { class: "primary" }, t("grantGive")),
    ),
  );
}

const named = (cameo) => cameo.grants.edges.map(({ node }) => node).filter(({ subject }) => subject);
