// The viewer's own profile: name, words, portrait, and what holds when nothing else is said.

import { mutate, upload } from "./api.js";
import { dialog, mishaps } from "./ask.js";
import { field, h } from "./dom.js";
import { avatar } from "./discover.js";
import { t } from "./words.js";

const UPDATE = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { ... on UpdateProfileSuccess { account { id } } ... on Error { code message field } }
}`;
const TICKET = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) {
    ... on CreateUploadSuccess { upload { id url headers { name value } } } ... on Error { code message field }
  }
}`;

/** Change the profile of `viewer`; `changed()` follows. */
export function editProfile(viewer, changed) {
  const name = field("displayName", t("displayName"), {
    value: viewer.displayName,
    maxLength: 60,
    required: true,
  });
  const bio = field(
    "bio",
    t("bio"),
    {},
    h("textarea", { name: "bio", rows: 3, maxLength: 300, value: viewer.bio }),
  );
  const picture = field("avatarUploadId", t("portraitPicture"), { type: "file", accept: "image/*" });
  const choice = (box, words) => h("label", { class: "choice" }, box, h("span", {}, words));
  const remixable = h("input", { type: "checkbox", checked: viewer.remixableDefault });
  const ranked = h("input", { type: "checkbox", checked: viewer.onLeaderboards });
  const bar = h("progress", { max: 1, value: 0, hidden: true, ariaLabel: t("portraitPicture") });
  const { note, attempt } = mishaps(name, bio, picture);
  const save = attempt(async () => {
    for (const box of [name, bio, picture]) box.clear();
    const [file] = picture.input.files;
    const input = {
      displayName: name.input.value,
      bio: bio.input.value,
      remixableDefault: remixable.checked,
      onLeaderboards: ranked.checked,
    };
    if (file) input.avatarUploadId = await sent(file, bar);
    await mutate(UPDATE, { input });
    front.close();
    await changed();
  });
  const front = dialog(
    { ariaLabel: t("editProfile") },
    h("h2", {}, t("editProfile")),
    h(
      "form",
      { class: "stack", onsubmit: save },
      avatar(viewer),
      picture,
      bar,
      name,
      bio,
      choice(remixable, t("remixableDefault")),
      choice(ranked, t("onLeaderboards")),
      note,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", onclick: () => front.close() }, t("keepAsIs")),
        h("button", { class: "primary" }, t("save")),
      ),
    ),
  );
}

async function sent(file, bar) {
  const { upload: ticket } = await mutate(TICKET, {
    input: { purpose: "AVATAR", idempotencyKey: crypto.randomUUID() },
  });
  bar.hidden = false;
  await upload(ticket, file, (fraction) => {
    bar.value = fraction;
  });
  return ticket.id;
}
