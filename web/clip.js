// A clip: its player, its publishing, its deletion.

import { here, mutate } from "./api.js";
import { mishaps } from "./ask.js";
import { h, say } from "./dom.js";
import { t } from "./words.js";

export const CLIP = `
fragment Clip on Video {
  id caption prompt state createdAt author { handle displayName }
  media { url posterUrl previewUrl width height seconds hasAudio }
  provenance { recipe }
  likenesses { via consented cameo { id handle kind } }
  approvals { state cameo { handle } }
}`;

const PUBLISH = `mutation ($input: PublishVideoInput!) {
  publishVideo(input: $input) {
    ... on PublishVideoSuccess { video { id state } } ... on ConsentError { reason } ... on Error { code message field }
  }
}`;
export const DELETE = `mutation ($input: DeleteVideoInput!) {
  deleteVideo(input: $input) { ... on DeleteVideoSuccess { deletedId } ... on Error { code message field } }
}`;

const AUDIENCES = ["PUBLIC", "FOLLOWERS", "MUTUALS", "LINK"];

/** A player with the browser's own controls, in the clip's shape. */
export function player(video, properties = {}) {
  const { media } = video;
  const shape = media.width > media.height ? "landscape" : "portrait";
  const element = h("video", {
    class: shape,
    src: here(media.url),
    poster: here(media.posterUrl),
    controls: true,
    loop: true,
    playsInline: true,
    preload: "metadata",
    ...properties,
  });
  element.setAttribute("aria-label", video.caption || video.prompt || t("clipBy", video.author.handle));
  return element;
}

/** Publish (a draft), download and delete. `changed(what)` is called with "published" or "deleted". */
export function actions(video, changed) {
  const { note, attempt } = mishaps();
  const publish = attempt(async () => {
    const input = {
      videoId: video.id,
      caption: caption.value,
      visibility: audience.value,
      remixable: remixable.checked,
      promptPublic: promptPublic.checked,
    };
    await mutate(PUBLISH, { input });
    say(t("published"));
    changed("published");
  });
  const remove = attempt(async () => {
    if (!confirm(t("removeSure"))) return;
    await mutate(DELETE, { input: { videoId: video.id } });
    changed("deleted");
  });
  const caption = h("input", {
    type: "text",
    maxLength: 500,
    placeholder: t("captionHint"),
    "aria-label": t("caption"),
  });
  const audience = h(
    "select",
    { name: "visibility", ariaLabel: t("visibility") },
    AUDIENCES.map((name) => h("option", { value: name }, t(`VISIBLE_${name}`))),
  );
  const remixable = h("input", { type: "checkbox", name: "remixable", checked: true });
  const promptPublic = h("input", { type: "checkbox", name: "promptPublic" });
  const choice = (box, words) => h("label", { class: "choice" }, box, h("span", {}, words));
  const draft = video.state === "DRAFT";
  const pending = (video.approvals ?? [])
    .filter(({ state }) => state === "PENDING")
    .map(({ cameo }) => cameo.handle);
  return h(
    "form",
    { class: "actions", onsubmit: publish },
    pending.length ? h("p", { class: "faint whole" }, t("awaiting", pending.join(", @"))) : null,
    draft
      ? [
          caption,
          h(
            "div",
            { class: "row start whole" },
            audience,
            choice(remixable, t("mayRemix")),
            choice(promptPublic, t("promptPublic")),
          ),
        ]
      : null,
    draft ? h("button", { class: "primary" }, t("publish")) : null,
    h("a", { class: "button", href: `${here(video.media.url)}?download`, download: "" }, t("download")),
    h("button", { type: "button", class: "danger", onclick: remove }, t("remove")),
    note,
  );
}
