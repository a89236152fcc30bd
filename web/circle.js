// Whom the viewer mutes or blocks, and taking that back.

import { mutate } from "./api.js";
import { dialog, mishaps } from "./ask.js";
import { h } from "./dom.js";
import { PEOPLE, people } from "./people.js";
import { t } from "./words.js";

const MUTED = `query ($after: String) { viewer { people: mutes(first: 30, after: $after) { ${PEOPLE} } } }`;
const BLOCKED = `query ($after: String) { viewer { people: blocks(first: 30, after: $after) { ${PEOPLE} } } }`;
const UNMUTE = `mutation ($input: UnmuteInput!) {
  unmute(input: $input) { __typename ... on Error { code message } }
}`;
const UNBLOCK = `mutation ($input: UnblockInput!) {
  unblock(input: $input) { __typename ... on Error { code message } }
}`;

/** Show them all, in front of the page. */
export function showCircle() {
  const front = dialog(
    { ariaLabel: t("circle"), class: "side" },
    h("h2", {}, t("circle")),
    those("circleMutes", MUTED, UNMUTE, () => front.close()),
    those("circleBlocks", BLOCKED, UNBLOCK, () => front.close()),
    h("button", { type: "button", onclick: () => front.close() }, t("close")),
  );
}

function those(title, query, undoing, leave) {
  const { note, attempt } = mishaps();
  const tool = (member, gone) => {
    const undo = attempt(async () => {
      await mutate(undoing, { input: { accountId: member.id } });
      gone();
    });
    return h("button", { type: "button", ariaLabel: `${t("undo")}: @${member.handle}`, onclick: undo }, t("undo"));
  };
  const list = people(query, {}, (data) => data.viewer.people, { leave, tool });
  return h("section", {}, h("h3", {}, t(title)), h("p", { class: "faint" }, t(`${title}What`)), list, note);
}
