// Running the server: its rules, who waits for an invite, and who invited whom.

import { graphql, mutate } from "./api.js";
import { mishaps, steppedUp, sure, told } from "./ask.js";
import { field, h } from "./dom.js";
import { toast } from "./stop.js";
import { day, t } from "./words.js";

const RULES = `{ policy { rules { key value sentence since upcoming { value since } } } }`;
const SET = `mutation ($input: SetPolicyInput!) {
  setPolicy(input: $input) { __typename ... on Error { code message field } }
}`;
const WAITING = `{ waitingList(first: 30) { edges { node { id contact note region since admittedAt } } } }`;
const ADMIT = `mutation ($input: AdmitFromWaitingListInput!) {
  admitFromWaitingList(input: $input) {
    ... on AdmitFromWaitingListSuccess { inviteCode } ... on Error { code message field }
  }
}`;
const MEMBER = "accountId handle joinedAt suspended invitesClosed inviteeCount unusedInvites branchSize";
const TREE = `query ($id: ID, $after: String) { inviteTree(accountId: $id) {
  member { ${MEMBER} } path { accountId handle }
  invitees(first: 30, after: $after) { edges { node { ${MEMBER} } } pageInfo { hasNextPage endCursor } }
} }`;
const REVOKE = `mutation ($input: RevokeInviteBranchInput!) {
  revokeInviteBranch(input: $input) {
    ... on RevokeInviteBranchSuccess { accounts invites suspended } ... on Error { code message field }
  }
}`;
const REOPEN = `mutation ($input: ReopenInviteBranchInput!) {
  reopenInviteBranch(input: $input) { ... on ReopenInviteBranchSuccess { accounts } ... on Error { code message field } }
}`;

/** What only admins see. */
export function operating() {
  return h(
    "div",
    { class: "stack wide" },
    fill("opRules", rules),
    fill("opWaiting", waiting),
    fill("opTree", tree),
  );
}

/** A folded section, read when it is opened first. */
function fill(title, read) {
  const place = h("div", { class: "stack" }, h("p", { class: "faint" }, t("more")));
  const box = h("details", {}, h("summary", {}, h("h2", {}, t(title))), place);
  const load = async () => {
    try {
      place.replaceChildren(...[await read(load)].flat());
    } catch (error) {
      place.replaceChildren(h("p", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  box.addEventListener("toggle", () => box.open && load(), { once: true });
  return box;
}

async function rules(again) {
  const found = (await graphql(RULES)).policy.rules;
  return h(
    "ul",
    { class: "plain" },
    found.map((one) => rule(one, again)),
  );
}

function rule({ key, value, sentence, since, upcoming }, again) {
  const now = JSON.stringify(value);
  const box = field(key, `${t("opValue")}: ${sentence}`, { value: now, required: true, spellcheck: false });
  const at = field("effectiveAt", t("opFrom"), { type: "datetime-local" });
  const { note, attempt } = mishaps(box, at);
  const save = attempt(async () => {
    box.clear();
    let wished;
    try {
      wished = JSON.parse(box.input.value);
    } catch {
      return box.error(t("opJson"));
    }
    const effectiveAt = at.input.value ? new Date(at.input.value).toISOString() : null;
    await mutate(SET, { input: { key, value: wished, effectiveAt } });
    toast(t("saved"));
    return again();
  });
  const announced = upcoming.map((one) => `${t("opThen", day(one.since))}: ${JSON.stringify(one.value)}`);
  return h(
    "li",
    {},
    h(
      "details",
      { class: "rule" },
      h("summary", {}, h("code", {}, key), h("span", {}, now.length > 40 ? `${now.slice(0, 40)}…` : now)),
      h(
        "form",
        { class: "stack", onsubmit: save },
        box,
        at,
        h("p", { class: "faint" }, [since && t("opSince", day(since)), ...announced].filter(Boolean).join(" · ")),
        note,
        h("button", {}, t("save")),
      ),
    ),
  );
}

async function waiting() {
  const { edges } = (await graphql(WAITING)).waitingList;
  if (!edges.length) return h("p", { class: "faint" }, t("none"));
  return h(
    "ul",
    { class: "plain" },
    edges.map(({ node }) => entry(node)),
  );
}

function entry({ id, contact, note: words, region, since, admittedAt }) {
  const { note, attempt } = mishaps();
  const place = h("div", { role: "status" });
  const key = crypto.randomUUID();
  const admit = attempt(async () => {
    const { inviteCode } = await mutate(ADMIT, { input: { entryId: id, idempotencyKey: key } });
    place.replaceChildren(
      h("p", { class: "code" }, h("code", {}, inviteCode)),
      h("p", { class: "faint" }, t("inviteOnce")),
    );
  });
  return h(
    "li",
    { class: "card stack" },
    h("strong", {}, contact ?? t("modDecided")),
    words ? h("p", {}, words) : null,
    h(
      "p",
      { class: "faint" },
      [region, day(since), admittedAt && t("opAdmitted", day(admittedAt))].filter(Boolean).join(" · "),
    ),
    admittedAt ? null : h("button", { type: "button", onclick: admit }, t("opAdmit")),
    place,
    note,
  );
}

function tree() {
  const place = h("div", { class: "stack" });
  const { note, attempt } = mishaps();
  const go = attempt(async (id) => {
    const { member, path, invitees } = (await graphql(TREE, { id, after: null })).inviteTree;
    const list = h("ul", { class: "plain" });
    const more = ({ edges, pageInfo }) => {
      list.append(...edges.map(({ node }) => branch(node, go)));
      if (!pageInfo.hasNextPage) return;
      const item = h("li", {}, h("button", { type: "button" }, t("showMore")));
      item.firstChild.onclick = attempt(async () => {
        more((await graphql(TREE, { id, after: pageInfo.endCursor })).inviteTree.invitees);
        item.remove();
      });
      list.append(item);
    };
    more(invitees);
    if (!list.children.length) list.append(h("li", { class: "faint" }, t("none")));
    const steps = path.filter(({ accountId }) => accountId !== member?.accountId);
    place.replaceChildren(
      h(
        "nav",
        { class: "row start", ariaLabel: t("opTree") },
        h("button", { type: "button", class: "quiet", onclick: () => go(null) }, t("opAll")),
        steps.map((one) =>
          h("button", { type: "button", class: "quiet", onclick: () => go(one.accountId) }, `› ${nameOf(one)}`),
        ),
      ),
      member ? cutting(member, go) : "",
      list,
    );
  });
  go(null);
  return [place, note];
}

const nameOf = ({ handle }) => (handle ? `@${handle}` : t("somebodyUnknown"));

function branch(member, go) {
  const facts = [
    t("opBranch", member.branchSize),
    member.suspended && t("opSuspended"),
    member.invitesClosed && t("opClosed"),
  ];
  return h(
    "li",
    { class: "row" },
    h(
      "span",
      {},
      h("strong", {}, nameOf(member)),
      h("span", { class: "faint" }, ` ${facts.filter(Boolean).join(" · ")}`),
    ),
    h("button", { type: "button", onclick: () => go(member.accountId) }, t("opOpen")),
  );
}

/** The top of a branch, and closing all of it. */
function cutting(member, go) {
  const { note, attempt } = mishaps();
  const suspend = h("input", { type: "checkbox", name: "suspend" });
  const { accountId, branchSize } = member;
  const cut = attempt(async () => {
    const sentences = [t("opCutSure", branchSize), suspend.checked ? t("opCutSuspend") : ""].filter(Boolean);
    if (!(await sure(t("opCut"), sentences, t("opCut")))) return;
    const input = { accountId, branchSize, suspend: suspend.checked };
    const done = await steppedUp(() => mutate(REVOKE, { input }));
    if (!done) return;
    toast(t("opCutDone", done.invites, done.suspended));
    await go(accountId);
  });
  const reopen = attempt(async () => {
    await mutate(REOPEN, { input: { accountId } });
    await go(accountId);
  });
  return h(
    "section",
    { class: "card stack" },
    h("h3", {}, nameOf(member)),
    h(
      "p",
      { class: "faint" },
      `${t("opBranch", branchSize)} · ${t("opUnused", member.unusedInvites)} · ${day(member.joinedAt)}`,
    ),
    h("label", { class: "choice" }, suspend, h("span", {}, t("opAlsoSuspend"))),
    h(
      "div",
      { class: "row start" },
      h("button", { type: "button", class: "danger", onclick: cut }, t("opCut")),
      member.invitesClosed ? h("button", { type: "button", onclick: reopen }, t("opReopen")) : null,
    ),
    note,
  );
}
