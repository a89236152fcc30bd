// Telling moderators what is wrong with a clip.

import { mutate } from "./api.js";
import { dialog, mishaps } from "./ask.js";
import { field, h } from "./dom.js";
import { toast } from "./stop.js";
import { t } from "./words.js";

const REASONS = ["LIKENESS", "MINOR", "SEXUAL", "VIOLENCE", "HATE", "DECEPTION", "OTHER"];
const REPORT = `mutation ($input: ReportInput!) {
  report(input: $input) { ... on ReportSuccess { reportId } ... on Error { code message field } }
}`;

/** Ask what is wrong with `video`, and send it. */
export function reportClip(video) {
  const reason = h(
    "select",
    { name: "reason" },
    REASONS.map((name) => h("option", { value: name }, t(`REPORT_${name}`))),
  );
  const text = field("text", t("reportMore"), {}, h("textarea", { name: "text", rows: 3, maxLength: 1000 }));
  const { note, attempt } = mishaps(text);
  const key = crypto.randomUUID();
  const send = attempt(async () => {
    const input = { videoId: video.id, reason: reason.value, text: text.input.value, idempotencyKey: key };
    await mutate(REPORT, { input });
    front.close();
    toast(t("reported"));
  });
  const front = dialog(
    { ariaLabel: t("reportClip") },
    h("h2", {}, t("reportClip")),
    h(
      "form",
      { class: "stack", onsubmit: send },
      field("reason", t("reportWhy"), {}, reason),
      text,
      note,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", onclick: () => front.close() }, t("keepAsIs")),
        h("button", { class: "primary" }, t("post")),
      ),
    ),
  );
}
