// Making a clip: the prompt, the picture forming, the finished film.

import { graphql, here, mutate, Refused, watch } from "./api.js";
import { told } from "./ask.js";
import { castPicker, forgetCast } from "./cast.js";
import { CLIP, player } from "./clip.js";
import { costLine } from "./cost.js";
import { h, say } from "./dom.js";
import { handOver, livePlayer } from "./live.js";
import { actions } from "./publish.js";
import { forgetRemix, remixCard } from "./remix.js";
import { forgetTrend, trendCard } from "./trend.js";
import { t } from "./words.js";

const CREATE = `mutation ($input: CreateGenerationInput!) {
  createGeneration(input: $input) {
    ... on CreateGenerationSuccess { generation { id } }
    ... on ConsentError { reason }
    ... on Error { code message field }
  }
}`;
const CANCEL = `mutation ($input: CancelGenerationInput!) {
  cancelGeneration(input: $input) { ... on CancelGenerationSuccess { generation { state } } ... on Error { code message field } }
}`;
const FINISHED = `query ($id: ID!) { generation(id: $id) { video { ...Clip } failure { message } } }`;
const UNDERWAY = "yume-underway";

/** The view, and what to do when it is left. A clip that was underway is found again after a reload. */
export function makeView(page) {
  const root = h("section", { class: "make" });
  let stop = () => {};
  const compose = (wrong) => {
    stop();
    sessionStorage.removeItem(UNDERWAY);
    root.replaceChildren(composer(page, begin, () => compose(), wrong));
  };
  const begin = (id, shape, seconds) => {
    sessionStorage.setItem(UNDERWAY, JSON.stringify([id, shape, seconds]));
    const stage = forming(id, shape, seconds);
    root.replaceChildren(stage.element);
    stop = watch(id, CLIP, (event) => hear(event, stage, id), stage.broken);
  };
  const hear = async (event, stage, id) => {
    switch (event.__typename) {
      case "GenerationQueued":
        return stage.tell(t("QUEUED", event.position));
      case "GenerationStep":
        return stage.step(event);
      case "GenerationSegment":
        return stage.live.hear(event);
      case "GenerationFinished":
        return finish(stage, event.video ?? (await graphql(FINISHED + CLIP, { id })).generation.video);
      case "GenerationCancelled":
        return compose(t("cancelled"));
      case "GenerationFailed":
        return compose(`${t("failed")} ${event.failure.message}`);
      case "GenerationSnapshot": {
        const { state, progress, failure, video } = event.generation;
        if (video) return finish(stage, video);
        if (failure) return compose(`${t("failed")} ${failure.message}`);
        if (state === "CANCELLED") return compose(t("cancelled"));
        return stage.fraction(progress);
      }
    }
  };
  const finish = (stage, video) => {
    sessionStorage.removeItem(UNDERWAY);
    if (!video) return compose();
    say(t("ready"));
    root.replaceChildren(finished(video, stage.playing(), () => compose()));
  };
  const underway = JSON.parse(sessionStorage.getItem(UNDERWAY) ?? "null");
  if (underway) begin(...underway);
  else compose();
  return [root, () => stop()];
}

function composer(page, begin, anew, notice = "") {
  const rules = page.rules;
  const note = h("p", { class: "wrong", role: "alert" }, notice);
  const prompt = h("textarea", {
    name: "prompt",
    rows: 4,
    maxLength: rules.maxPromptCharacters,
    required: true,
    placeholder: t("promptHint"),
    value: sessionStorage.getItem("yume-prompt") ?? "",
  });
  const seconds = h("input", {
    type: "range",
    name: "seconds",
    min: rules.minSeconds,
    max: rules.maxSeconds,
    step: 1,
    value: rules.defaultSeconds,
    ariaLabel: t("seconds"), // the label around it names its output
  });
  const output = h("output", {}, t("secondsValue", seconds.value));
  const cost = costLine(Number(seconds.value));
  seconds.addEventListener("input", () => {
    output.textContent = t("secondsValue", seconds.value);
    cost.of(Number(seconds.value));
  });
  const shape = (name, value, checked) =>
    h(
      "label",
      { class: `shape ${value.toLowerCase()}` },
      h("input", { type: "radio", name: "orientation", value, checked }),
      h("span", {}, t(name)),
    );
  const button = h("button", { class: "primary big" }, t("dream"));
  // One key for this text: pressing twice, or again after a lost answer, makes one clip.
  let key = crypto.randomUUID();
  const send = async (event) => {
    event.preventDefault();
    note.textContent = "";
    button.disabled = true;
    sessionStorage.setItem("yume-prompt", prompt.value);
    const orientation = event.target.elements.orientation.value;
    try {
      const input = {
        prompt: prompt.value,
        seconds: Number(seconds.value),
        orientation,
        cast: picker.value(),
        ...remix.value(),
        ...trend.value(),
        idempotencyKey: key,
      };
      const { generation } = await mutate(CREATE, { input });
      begin(generation.id, orientation.toLowerCase(), input.seconds);
    } catch (error) {
      note.textContent = told(error);
      if (error instanceof Refused) key = crypto.randomUUID();
      button.disabled = false;
    }
  };
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.target.form.requestSubmit();
  });
  const remix = remixCard(anew);
  const trend = trendCard(anew);
  const picker = castPicker(prompt, remix.id);
  prompt.addEventListener("input", () => {
    const [, name] = prompt.value.slice(0, prompt.selectionEnd).match(/@(\w{2,})$/) ?? [];
    if (name) picker.search(name.toLowerCase());
  });
  const changed = () => {
    key = crypto.randomUUID();
  };
  return h(
    "form",
    { class: "card composer", onsubmit: send, oninput: changed, onchange: changed },
    remix.element,
    trend.element,
    h("label", { class: "field" }, h("span", { class: "title" }, t("promptLabel")), prompt),
    picker.element,
    h(
      "div",
      { class: "row" },
      h(
        "fieldset",
        {},
        h("legend", {}, t("shape")),
        shape("portrait", "PORTRAIT", true),
        shape("landscape", "LANDSCAPE", false),
      ),
      h("label", { class: "field length" }, h("span", {}, t("seconds"), " ", output), seconds),
    ),
    note,
    h("div", { class: "row" }, button, cost.element),
  );
}

function forming(id, shape, seconds) {
  const frame = h("div", { class: `frame ${shape}` }, h("div", { class: "dreaming", ariaHidden: "true" }));
  const bar = h("progress", { max: 1, value: 0, ariaLabel: t("progress") });
  const words = h("p", { class: "phase" }, t("waiting"));
  const eta = h("p", { class: "faint" });
  let phase;
  const cancel = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        cancel.disabled = true;
        try {
          await mutate(CANCEL, { input: { generationId: id } });
        } catch (error) {
          words.textContent = error instanceof Refused ? error.message : t("offline");
          cancel.disabled = false;
        }
      },
    },
    t("cancel"),
  );
  let playing = null;
  const live = livePlayer(seconds, (video) => {
    frame.querySelectorAll("img, video").forEach((element) => element.remove());
    frame.append(video);
    playing = video;
  });
  const picture = async (url) => {
    if (playing) return;
    const image = h("img", { src: here(url), alt: "" });
    try {
      await image.decode();
    } catch {
      return; // gone already: the next one is on its way
    }
    if (playing) return;
    frame.append(image);
    // The new picture fades in over the old one, which then goes.
    const old = [...frame.querySelectorAll("img")].slice(0, -2);
    old.forEach((element) => element.remove());
  };
  const tell = (text) => {
    words.textContent = text;
  };
  return {
    element: h("div", { class: "forming" }, frame, h("div", { class: "told" }, words, bar, eta, cancel)),
    tell,
    live,
    playing: () => playing,
    broken: () => tell(t("reconnecting")),
    fraction: (value) => {
      bar.value = value;
    },
    step(event) {
      if (phase !== event.phase) say(t(event.phase));
      phase = event.phase;
      tell(t(event.phase));
      bar.value = event.fraction;
      eta.textContent = event.etaSeconds === null ? "" : t("eta", Math.max(1, Math.round(event.etaSeconds)));
      live.pace(event.etaSeconds);
      if (event.preview) picture(event.preview.url);
    },
  };
}

/** The finished clip. `live` is the video that has been playing it while it was made, or null. */
function finished(video, live, again) {
  const unknown = video.provenance?.recipe?.unknown ?? [];
  const badge = h("span", { class: "badge" }, t("draft"));
  const others = video.likenesses.filter(({ cameo }) => cameo.handle).map(({ cameo }) => `@${cameo.handle}`);
  const tools = h("div", {});
  const changed = (what) => {
    if (what === "deleted") return again();
    const state = what === "unpublished" ? "DRAFT" : "PUBLISHED";
    badge.textContent = t(state);
    badge.classList.toggle("done", state === "PUBLISHED");
    tools.replaceChildren(actions({ ...video, state }, changed));
  };
  tools.replaceChildren(actions(video, changed));
  const element = player(video, live ? { preload: "auto" } : { autoplay: true });
  if (live) handOver(live, element);
  return h(
    "div",
    { class: "forming" },
    h(
      "div",
      { class: `frame ${video.media.width > video.media.height ? "landscape" : "portrait"}` },
      element,
      live,
    ),
    h(
      "div",
      { class: "told" },
      badge,
      h("p", { class: "prompt" }, video.prompt),
      others.length ? h("p", { class: "faint" }, `${t("cast")}: ${others.join(", ")}`) : null,
      unknown.length ? h("p", { class: "faint" }, `${t("notUnderstood")} ${unknown.join(", ")}`) : null,
      tools,
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: () => {
            sessionStorage.removeItem("yume-prompt");
            forgetCast();
            forgetRemix();
            forgetTrend();
            again();
          },
        },
        t("again"),
      ),
    ),
  );
}
