// Verify: is this use still consented? For anybody, with a file; only its fingerprint leaves the device.

import { graphql, mutate, upload } from "./api.js";
import { mishaps } from "./ask.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const BY_HASH = "query ($sha256: String!) { verify(sha256: $sha256) { answer receipt } }";
const BY_UPLOAD = "query ($id: ID!) { verify(uploadId: $id) { answer receipt } }";
const TICKET = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) {
    ... on CreateUploadSuccess { upload { id url headers { name value } } } ... on Error { code message field }
  }
}`;

/** The view, and what to do when it is left. */
export function verifyView() {
  const result = h("div", { class: "stack", role: "status" });
  const { note, attempt } = mishaps();
  let url;
  const judge = attempt(async (_, file) => {
    result.replaceChildren(h("p", {}, t("verifyWorking")));
    try {
      const { answer, receipt } = await ask(file, result);
      URL.revokeObjectURL(url);
      url =
        receipt && URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }));
      result.replaceChildren(...answerOf(answer, file, url));
    } catch (error) {
      result.replaceChildren();
      throw error;
    }
  });
  const input = h("input", {
    type: "file",
    accept: "video/mp4",
    class: "visually-hidden",
    name: "clip",
    onchange: ({ target }) => {
      const [file] = target.files;
      target.value = ""; // so that the same file can be asked about again
      if (file) judge(null, file);
    },
  });
  const drop = h("label", { class: "drop" }, h("span", {}, t("verifyDrop")), input);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) judge(null, file);
  });
  const root = h(
    "section",
    { class: "you verify" },
    h("h1", {}, t("verify")),
    h("p", { class: "faint" }, t("verifyWhy")),
    drop,
    note,
    result,
  );
  return [root, () => URL.revokeObjectURL(url)];
}

async function ask(file, result) {
  // Without https a browser computes no fingerprints, except for the machine it runs on.
  if (crypto.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return (await graphql(BY_HASH, { sha256 })).verify;
  }
  result.replaceChildren(h("p", {}, t("verifySending")));
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("");
  const ticket = (await mutate(TICKET, { input: { purpose: "VERIFY", idempotencyKey: key } })).upload;
  await upload(ticket, file, () => {});
  return (await graphql(BY_UPLOAD, { id: ticket.id })).verify;
}

function answerOf(answer, file, receipt) {
  const tone = { CONSENTED: "fine", NOT_CONSENTED: "wrong" }[answer] ?? "";
  return [
    h("p", { class: `verdict ${tone}` }, t(answer)),
    h("p", {}, t(`${answer}more`)),
    h("p", { class: "faint" }, file.name),
    receipt
      ? h("div", {}, h("a", { class: "button", href: receipt, download: "yume-consent.json" }, t("verifyReceipt")))
      : "",
  ];
}
