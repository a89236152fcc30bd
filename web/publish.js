// What an author does with a clip: publish it, change what was said of it, take it back, keep a copy, delete it.

import { graphql, here, mutate } from "./api.js";
import { mishaps, sure } from "./ask.js";
import { audience } from "./audience.js";
import { h, say } from "./dom.js";
import { toast } from "./stop.js";
import { t } from "./words.js";

const PUBLISH = `mutation ($input: PublishVideoInput!) {
  publishVideo(input: $input) {
    ... on PublishVideoSuccess { video { id state } } ... on ConsentError { reason } ... on Error { code message field }
  }
}`;
const UPDATE = `mutation ($input: UpdateVideoInput!) {
  updateVideo(input: $input) {
    ... on UpdateVideoSuccess { video { id state } } ... on ConsentError { reason } ... on Error { code message field }
  }
}`;
export const DELETE = `mutation ($input: DeleteVideoInput!) {
  deleteVideo(input: $input) { ... on DeleteVideoSuccess { deletedId } ... on Error { code message field } }
}`;
const SAID = `query ($id: ID!) {
  viewer { remixableDefault }
  video(id: $id) { caption visibility remixable promptPublic viewers { id handle displayName } }
}`;

/**
 * Everything an author may do with `video`. `changed(what)` is called with "published", "updated", "unpublished" or
 * "deleted".
 */
export function actions(video, changed) {
  const { note, attempt } = mishaps();
  const draft = video.state === "DRAFT";
  const settings = draft || video.state === "PUBLISHED" ? choices(video, draft) : null;
  const save = attempt(async () => {
    const input = { videoId: video.id, ...settings.value() };
    await mutate(draft ? PUBLISH : UPDATE, { input });
    const words = t(draft ? "published" : "saved");
    say(words);
    toast(words);
    changed(draft ? "published" : "updated");
  });
  const unpublish = attempt(async () => {
    if (!(await sure(t("unpublish"), [t("unpublishSure")], t("unpublish"), false))) return;
    await mutate(UPDATE, { input: { videoId: video.id, unpublish: true } });
    toast(t("unpublished"));
    changed("unpublished");
  });
  const remove = attempt(async () => {
    if (!(await sure(t("removeSure"), [t("removeWhat")], t("remove")))) return;
    await mutate(DELETE, { input: { videoId: video.id } });
    changed("deleted");
  });
  const pending = (video.approvals ?? [])
    .filter(({ state }) => state === "PENDING")
    .map(({ cameo }) => cameo.handle);
  return h(
    "form",
    { class: "actions", onsubmit: save },
    pending.length ? h("p", { class: "faint whole" }, t("awaiting", pending.join(", @"))) : null,
    settings?.element,
    settings ? h("button", { class: "primary" }, t(draft ? "publish" : "save")) : null,
    video.state === "PUBLISHED" ? h("button", { type: "button", onclick: unpublish }, t("unpublish")) : null,
    video.media
      ? h("a", { class: "button", href: `${here(video.media.url)}?download`, download: "" }, t("download"))
      : null,
    h("button", { type: "button", class: "danger", onclick: remove }, t("remove")),
    note,
  );
}

/** What is said of a clip and who sees it; filled in with what holds as soon as that is known. */
function choices(video, draft) {
  const caption = h("input", {
    type: "text",
    name: "caption",
    maxLength: 500,
    placeholder: t("captionHint"),
    "aria-label": t("caption"),
    value: video.caption ?? "",
  });
  const box = (name, checked) => h("input", { type: "checkbox", name, checked });
  const remixable = box("remixable", true);
  const promptPublic = box("promptPublic", false);
  const choice = (input, words) => h("label", { class: "choice" }, input, h("span", {}, words));
  let whom = audience();
  const place = h("div", { class: "whole" }, whom.element);
  const element = h(
    "div",
    { class: "stack whole" },
    caption,
    place,
    h("div", { class: "row start" }, choice(remixable, t("mayRemix")), choice(promptPublic, t("promptPublic"))),
  );
  const touched = new Set();
  element.addEventListener("input", ({ target }) => touched.add(target));
  const fill = ({ viewer, video: now }) => {
    if (!now) return;
    const put = (input, name, value) => touched.has(input) || (input[name] = value);
    put(remixable, "checked", draft ? viewer.remixableDefault : now.remixable);
    put(promptPublic, "checked", now.promptPublic);
    put(caption, "value", now.caption);
    if ([...touched].some((input) => place.contains(input))) return;
    whom = audience(now);
    place.replaceChildren(whom.element);
  };
  // What cannot be read leaves the form as it is for a first publishing; saving tells what is wrong.
  graphql(SAID, { id: video.id }).then(fill, () => {});
  const value = () => ({
    caption: caption.value,
    ...whom.value(),
    remixable: remixable.checked,
    promptPublic: promptPublic.checked,
  });
  return { element, value };
}
