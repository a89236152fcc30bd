// The stage of a recording: the mirror, the digits and arrows over it, a look at what was recorded, and sending it.

import { upload } from "./api.js";
import { mishaps, told } from "./ask.js";
import { closeCamera, momentsOf, openCamera, recordMoments } from "./camera.js";
import { h, say } from "./dom.js";
import { t } from "./words.js";

const ARROWS = { LEFT: "←", RIGHT: "→", UP: "↑", DOWN: "↓" };
const COUNTDOWN = 3;

/**
 * Record what `ask` = {capture, challenge, upload} wants, or take a file, look at it, send it. `sent(ask)` follows once
 * the server has it; `over()` when the challenge's time has run out.
 */
export function recording(ask, { sent, over, finish }) {
  const { challenge } = ask;
  const thing = ask.capture.kind !== "PERSON";
  const stage = h("div", { class: "stage" });
  const clock = h("p", { class: "faint" });
  const tools = h("div", { class: "row" });
  const { note, attempt } = mishaps();
  const state = { stream: null, live: null, timers: [], left: false };

  const deadline = Date.parse(challenge.expiresAt);
  const tick = setInterval(() => {
    const seconds = Math.max(0, Math.round((deadline - Date.now()) / 1000));
    clock.textContent = t("timeLeft", seconds);
    if (seconds === 0) over();
  }, 1000);

  const file = h("input", {
    type: "file",
    class: "visually-hidden",
    name: "recording",
    accept: thing ? "image/*,video/mp4,video/webm" : "video/mp4,video/webm,video/quicktime",
    onchange: ({ target }) => {
      const [chosen] = target.files;
      target.value = ""; // so that the same file can be chosen again
      if (chosen) review(chosen);
    },
  });
  const choose = () => h("label", { class: "button" }, t(thing ? "recordFileThing" : "recordFile"), file);

  const ready = async () => {
    tools.replaceChildren(choose());
    try {
      state.stream = await openCamera(challenge, thing);
    } catch (error) {
      note.textContent = t(error.name === "NotAllowedError" ? "cameraRefused" : "cameraNone");
      return;
    }
    if (state.left) return closeCamera(state.stream);
    const mirror = h("video", {
      class: thing ? "" : "mirror",
      muted: true,
      autoplay: true,
      playsInline: true,
      ariaLabel: t("cameraLabel"),
    });
    mirror.srcObject = state.stream;
    stage.replaceChildren(mirror);
    const go = h(
      "button",
      { type: "button", class: "primary big", onclick: () => countDown(COUNTDOWN) },
      t("record"),
    );
    tools.replaceChildren(go, choose());
  };

  // While it lasts the mirror fills the window: nobody scrolls with their head turned away.
  const bottom = h("div", { class: "below" });
  const countDown = (left) => {
    if (left === 0) return roll();
    if (left === COUNTDOWN) {
      stage.classList.add("rolling");
      stage.append(bottom);
      bottom.replaceChildren(h("button", { type: "button", onclick: giveUp }, t("cancel")));
      bottom.firstChild.focus();
    }
    overlay(h("span", { class: "huge" }, String(left)));
    state.timers.push(setTimeout(() => countDown(left - 1), 1000));
  };
  const giveUp = () => {
    state.timers.forEach(clearTimeout);
    state.live?.abandon();
    closeCamera(state.stream);
    stage.classList.remove("rolling");
    ready();
  };

  const overlay = (...content) => {
    stage.querySelector(".cue")?.remove();
    bottom.before(h("div", { class: "cue" }, content));
  };

  const roll = async () => {
    const live = recordMoments(state.stream, momentsOf(challenge), (moment) => {
      overlay(...cue(moment, thing));
      // Only the last part can be over sooner than its time: who has read everything need not wait.
      if (moment.kind === "SAY") {
        bottom.append(
          h("button", { type: "button", class: "primary", onclick: () => state.live.finish() }, t("recordStop")),
        );
      }
    });
    state.live = live;
    const blob = await live.done;
    if (blob && !state.left) review(blob);
  };

  const review = (blob) => {
    closeCamera(state.stream);
    stage.classList.remove("rolling");
    note.textContent = "";
    const url = URL.createObjectURL(blob);
    const seen = blob.type.startsWith("image/")
      ? h("img", { src: url, alt: t("recordedLabel") })
      : h("video", { src: url, controls: true, playsInline: true, ariaLabel: t("recordedLabel") });
    stage.replaceChildren(seen);
    const send = h(
      "button",
      { type: "button", class: "primary big", onclick: attempt(() => deliver(blob)) },
      t("send"),
    );
    tools.replaceChildren(send, h("button", { type: "button", onclick: ready }, t("sendAgain")));
    send.focus();
  };

  const deliver = async (blob) => {
    const bar = h("progress", { max: 1, value: 0, ariaLabel: t("sending") });
    stage.append(bar);
    try {
      await upload(ask.upload, blob, (fraction) => {
        bar.value = fraction;
      });
      await finish(ask);
    } finally {
      bar.remove();
    }
    say(t("checking"));
    sent(ask);
  };

  ready().catch((error) => {
    note.textContent = told(error);
  });
  const element = h(
    "div",
    { class: "stack" },
    h("h2", { tabIndex: -1 }, t("recordTitle")),
    h(
      "ol",
      { class: "tasks", lang: challenge.language.toLowerCase() },
      challenge.text.split("\n").map((line) => h("li", {}, line)),
    ),
    stage,
    note,
    tools,
    h("p", { class: "faint" }, t("recordHint")),
    clock,
  );
  return [
    element,
    () => {
      state.left = true;
      clearInterval(tick);
      state.timers.forEach(clearTimeout);
      state.live?.abandon();
      closeCamera(state.stream);
    },
  ];
}

/** What lies over the mirror at a moment: the task in words, and large what it is about. */
function cue({ kind, what }, thing) {
  if (kind === "LOOK" && thing) return [h("span", {}, t("stepSHOW"))];
  if (kind === "LOOK") return [h("span", {}, t("stepLOOK")), h("span", { class: "oval", ariaHidden: "true" })];
  if (kind === "GESTURE") return [h("span", { class: "huge words-only" }, t(`gesture${what}`))];
  if (kind === "TURN" && what === null) return [h("span", {}, t("back"))];
  if (kind === "TURN") {
    say(t(`turn${what}`));
    const arrow = h("span", { class: `huge arrow ${what.toLowerCase()}`, ariaHidden: "true" }, ARROWS[what]);
    return [h("span", {}, t(`turn${what}`)), arrow];
  }
  const long = !/^\d+$/.test(what);
  return [
    h("span", {}, t("stepSAY")),
    h("span", { class: `huge ${long ? "words-only" : "digits"}` }, long ? what : [...what].join(" ")),
  ];
}
