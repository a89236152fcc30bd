// Looking after the server: reports, recordings and notices for moderators; rules and invites for admins, beside it.

import { graphql, here, mutate } from "./api.js";
import { mishaps, told } from "./ask.js";
import { h } from "./dom.js";
import { operating } from "./operate.js";
import { day, t } from "./words.js";

const REPORTS = `query ($after: String) { reports(waiting: true, first: 20, after: $after) {
  edges { node { id kind videoId reason text createdAt reporter { handle } } } pageInfo { hasNextPage endCursor }
} }`;
const CLIPS = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Video {
  id caption state author { handle } media { posterUrl }
} } }`;
const RESOLVE = `mutation ($input: ResolveReportInput!) {
  resolveReport(input: $input) { __typename ... on Error { code message field } }
}`;
const EVIDENCE = `mutation ($input: OpenEvidenceInput!) {
  openEvidence(input: $input) { ... on OpenEvidenceSuccess { url } ... on Error { code message } }
}`;
const CAPTURES = `{ capturesToReview { captureId cause createdAt account { handle } } }`;
const OPEN = `mutation ($input: OpenCaptureInput!) {
  openCapture(input: $input) {
    ... on OpenCaptureSuccess { clipUrl thumbnailUrl matches { id handle owner { handle } } } ... on Error { code message }
  }
}`;
const DECIDE = `mutation ($input: ResolveCaptureInput!) {
  resolveCapture(input: $input) { __typename ... on Error { code message field } }
}`;
const NOTICES = `query ($after: String) { notices(first: 20, after: $after) {
  edges { node { id createdAt state name contact words photo } } pageInfo { hasNextPage endCursor }
} }`;
const ANSWER = `mutation ($input: ResolveNoticeInput!) {
  resolveNotice(input: $input) { __typename ... on Error { code message } }
}`;
const VERDICTS = ["CLEAR", "HIDE", "REMOVE"];

/** The view, and what to do when it is left. */
export function moderateView(page) {
  if (page.viewer.role === "MEMBER") return [h("p", { class: "center note" }, t("modNot")), () => {}];
  const root = h(
    "section",
    { class: "you moderate" },
    h("h1", {}, t("moderate")),
    listed(t("modReports"), reports),
    listed(t("modCaptures"), captures),
    listed(t("modNotices"), notices),
    page.viewer.role === "ADMIN" ? operating() : null,
  );
  return [root, () => {}];
}

/** A section whose `read(after)` answers lines and where to read on. */
export function listed(title, read) {
  const list = h("ul", { class: "plain" }, h("li", { class: "faint" }, t("more")));
  const load = async (after) => {
    try {
      const { lines, next } = await read(after);
      if (after === null) list.replaceChildren();
      list.append(...lines);
      if (!list.children.length) list.append(h("li", { class: "faint" }, t("none")));
      if (!next) return;
      const item = h("li", {}, h("button", { type: "button" }, t("showMore")));
      item.firstChild.onclick = () => {
        item.remove();
        load(next);
      };
      list.append(item);
    } catch (error) {
      list.replaceChildren(h("li", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  load(null);
  return h("section", {}, h("h2", {}, title), list);
}

const nextOf = ({ hasNextPage, endCursor }) => (hasNextPage ? endCursor : null);

/** A card that stays, saying what was decided. */
const decided = (item, words) => item.replaceChildren(h("p", { class: "fine", role: "status" }, words));

async function reports(after) {
  const { edges, pageInfo } = (await graphql(REPORTS, { after })).reports;
  const found = edges.map(({ node }) => node);
  const ids = [...new Set(found.map(({ videoId }) => videoId))];
  const clips = ids.length ? (await graphql(CLIPS, { ids })).nodes : [];
  const byId = new Map(clips.filter(Boolean).map((clip) => [clip.id, clip]));
  return { lines: found.map((one) => report(one, byId.get(one.videoId))), next: nextOf(pageInfo) };
}

function report({ id, kind, videoId, reason, text, createdAt, reporter }, clip) {
  const { note, attempt } = mishaps();
  const words = h("input", {
    type: "text",
    name: "note",
    maxLength: 1000,
    placeholder: t("modWhy"),
    ariaLabel: t("modWhy"),
  });
  const give = (verdict) =>
    attempt(async () => {
      await mutate(RESOLVE, { input: { reportId: id, verdict, note: words.value } });
      decided(item, `${t(`VERDICT_${verdict}`)} ✓`);
    });
  const sealed = attempt(async () => {
    const { url } = await mutate(EVIDENCE, { input: { reportId: id } });
    place.replaceChildren(h("video", { src: here(url), controls: true }));
  });
  const place = h("div", { class: "look" });
  if (clip?.media) {
    const link = h("a", { href: `#v/${videoId}`, ariaLabel: t("openClip") });
    link.append(h("img", { src: here(clip.media.posterUrl), alt: "", loading: "lazy" }));
    place.append(link);
  } else place.append(h("button", { type: "button", onclick: sealed }, t("modSealed")));
  const said = [
    clip ? `${t("byWhom", clip.author.handle)} · ${t(clip.state)}` : t("clipGone"),
    day(createdAt),
    reporter ? t("modFrom", reporter.handle) : "",
  ];
  const item = h(
    "li",
    { class: "card case" },
    place,
    h(
      "div",
      { class: "stack" },
      h("strong", {}, kind === "APPEAL" ? t("modAppeal") : t(`REPORT_${reason}`)),
      text ? h("p", {}, text) : null,
      h("p", { class: "faint" }, said.filter(Boolean).join(" · ")),
      words,
      h(
        "div",
        { class: "row start" },
        VERDICTS.map((name) => verdict(name, give(name))),
      ),
      note,
    ),
  );
  return item;
}

const verdict = (name, onclick) =>
  h("button", { type: "button", class: name === "REMOVE" ? "danger" : "", onclick }, t(`VERDICT_${name}`));

async function captures() {
  const found = (await graphql(CAPTURES)).capturesToReview;
  return { lines: found.map(capture), next: null };
}

function capture({ captureId, cause, createdAt, account }) {
  const { note, attempt } = mishaps();
  const reason = h("input", {
    type: "text",
    name: "reason",
    maxLength: 300,
    placeholder: t("modTheyRead"),
    ariaLabel: t("modTheyRead"),
  });
  const place = h("div", { class: "look" });
  const look = attempt(async () => {
    const { clipUrl, thumbnailUrl, matches } = await mutate(OPEN, { input: { captureId } });
    place.replaceChildren(
      h("video", { src: here(clipUrl), poster: here(thumbnailUrl), controls: true }),
      matches.length
        ? h(
            "p",
            { class: "faint" },
            t("modAlike", matches.map(({ handle, owner }) => `@${handle ?? owner.handle}`).join(", ")),
          )
        : "",
    );
  });
  place.append(h("button", { type: "button", onclick: look }, t("modLook")));
  const decide = (accept) =>
    attempt(async () => {
      await mutate(DECIDE, { input: { captureId, accept, reason: reason.value } });
      decided(item, `${t(accept ? "modSame" : "modOther")} ✓`);
    });
  const item = h(
    "li",
    { class: "card case" },
    place,
    h(
      "div",
      { class: "stack" },
      h("strong", {}, `@${account.handle} · ${t(`CAUSE_${cause}`)}`),
      h("p", { class: "faint" }, `${day(createdAt)} · ${t("modLookLogged")}`),
      reason,
      h(
        "div",
        { class: "row start" },
        h("button", { type: "button", onclick: decide(true) }, t("modSame")),
        h("button", { type: "button", class: "danger", onclick: decide(false) }, t("modOther")),
      ),
      note,
    ),
  );
  return item;
}

async function notices(after) {
  const { edges, pageInfo } = (await graphql(NOTICES, { after })).notices;
  return { lines: edges.map(({ node }) => notice(node)), next: nextOf(pageInfo) };
}

function notice({ id, createdAt, state, name, contact, words, photo }) {
  const { note, attempt } = mishaps();
  const answer = (file) =>
    attempt(async () => {
      await mutate(ANSWER, { input: { noticeId: id, file } });
      decided(item, `${t(file ? "modFile" : "modRefuse")} ✓`);
    });
  const item = h(
    "li",
    { class: "card stack" },
    h("strong", {}, name ?? t("modDecided")),
    words ? h("p", {}, words) : null,
    h(
      "p",
      { class: "faint" },
      [day(createdAt), t(`NOTICE_${state}`), contact, photo && t("modPhoto")].filter(Boolean).join(" · "),
    ),
    state === "OPEN"
      ? h(
          "div",
          { class: "row start" },
          h("button", { type: "button", onclick: answer(true) }, t("modFile")),
          h("button", { type: "button", onclick: answer(false) }, t("modRefuse")),
        )
      : null,
    note,
  );
  return item;
}
