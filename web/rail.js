// What can be done with a clip: like it, talk about it, remix it, pass it on; and why it is here, or less of its kind.

import { graphql, mutate } from "./api.js";
import { dialog, mishaps, sure } from "./ask.js";
import { CLIP } from "./clip.js";
import { comments } from "./comments.js";
import { h, say } from "./dom.js";
import { actions } from "./publish.js";
import { remixOf } from "./remix.js";
import { reportClip } from "./report.js";
import { toast } from "./stop.js";
import { language, t } from "./words.js";

export const CARD = `${CLIP}
fragment Card on Video {
  ...Clip author { id } likeCount commentCount remixCount viewerHasLiked remixable shareUrl
  parent { __typename ... on Video { id author { handle } } ... on Tombstone { id } }
}`;

const change = (name) => `mutation ($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) {
  ${name}(input: $input) { __typename ... on Error { code message field } }
}`;
const LIKE = `mutation ($input: LikeInput!) {
  like(input: $input) { ... on LikeSuccess { video { likeCount viewerHasLiked } } ... on Error { code message } }
}`;
const UNLIKE = `mutation ($input: UnlikeInput!) {
  unlike(input: $input) { ... on UnlikeSuccess { video { likeCount viewerHasLiked } } ... on Error { code message } }
}`;

const ICONS = {
  like: "M12 20s-7-4.4-9-9c-1.2-3 .6-6 3.7-6 2.2 0 3.9 1.3 5.3 3.2C13.4 6.3 15.1 5 17.3 5c3.1 0 4.9 3 3.7 6-2 4.6-9 9-9 9Z",
  talk: "M4 5h16v11H9l-5 4Z",
  remix: "M4 8h11l-3-3m3 3-3 3M20 16H9l3 3m-3-3 3-3",
  share: "M12 15V4m0 0L8 8m4-4 4 4M5 13v6h14v-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
};

/** Numbers as people say them: 1,234 becomes 1.2K. */
const short = (count) =>
  new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(count);

/** The column of buttons, and `counted(counts)` for news of its numbers. `gone()` takes the clip out of the view. */
export function rail(video, { page, why, gone }) {
  const { note, attempt } = mishaps();
  const signedIn = page.viewer !== null;
  const asMember = (work) => attempt(async (event) => (signedIn ? work(event) : (location.hash = "#you")));

  const like = tool("like", t("like"), video.likeCount, async () => {
    const liked = !video.viewerHasLiked;
    const { video: now } = await mutate(liked ? LIKE : UNLIKE, { input: { videoId: video.id } });
    Object.assign(video, now);
    paint();
  });
  const talk = tool("talk", t("comments"), video.commentCount, () => comments(video, page, paint));
  const remix = tool("remix", t("remix"), video.remixCount, () => remixOf(video));
  const share = tool("share", t("share"), null, () => pass(video));
  const more = tool("more", t("moreTools"), null, () => menu(video, { page, why, gone, attempt }));
  like.addEventListener("click", asMember(like.work));
  talk.addEventListener("click", attempt(talk.work));
  remix.addEventListener("click", asMember(remix.work));
  share.addEventListener("click", attempt(share.work));
  more.addEventListener("click", attempt(more.work));
  remix.hidden = !video.remixable && video.author.id !== page.viewer?.id;
  share.hidden = video.shareUrl === null; // only what everybody with the link may see has one

  const paint = () => {
    like.setAttribute("aria-pressed", String(Boolean(video.viewerHasLiked)));
    like.count(video.likeCount);
    talk.count(video.commentCount);
    remix.count(video.remixCount);
  };
  paint();
  const counted = (counts) => {
    Object.assign(video, counts);
    paint();
  };
  return { element: h("div", { class: "rail" }, like, talk, remix, share, more, note), counted };
}

function tool(name, label, count, work) {
  const number = h("span", { class: "number" });
  const button = h("button", { type: "button", class: `tool ${name}` }, number);
  button.insertAdjacentHTML(
    "afterbegin",
    `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`,
  );
  button.work = work;
  button.count = (value) => {
    number.textContent = value ? short(value) : "";
    button.ariaLabel = value ? `${label} (${value})` : label;
    button.title = label;
  };
  button.count(count);
  return button;
}

async function pass({ shareUrl }) {
  if (navigator.share) {
    try {
      return await navigator.share({ url: shareUrl });
    } catch {
      return undefined; // they thought better of it
    }
  }
  await navigator.clipboard.writeText(shareUrl);
  say(t("copied"));
  toast(t("linkCopied"));
}

function menu(video, { page, why, gone, attempt }) {
  const front = dialog({ ariaLabel: t("moreTools"), class: "side" }, h("h2", {}, t("moreTools")));
  const { author } = video;
  const own = page.viewer?.id === author.id;
  const item = (words, work) =>
    h("button", { type: "button", onclick: attempt(async () => (await work(), front.close())) }, words);
  const less = (of, id) => async () => {
    await mutate(change("seeLess"), { input: { of, id } });
    toast(t("seeLessDone"));
    gone();
  };
  const items = [
    why ? whyThis(why) : null,
    h("a", { class: "button", href: `#v/${video.id}`, onclick: () => front.close() }, t("openClip")),
    own ? item(t("manage"), () => manage(video, gone)) : null,
    page.viewer && !own
      ? [
          item(t("lessVideo"), less("VIDEO", video.id)),
          item(t("lessTopic"), less("TOPIC", video.id)),
          item(t("lessAuthor", author.handle), less("AUTHOR", author.id)),
          item(t("muteWhom", author.handle), async () => {
            await mutate(change("mute"), { input: { accountId: author.id } });
            toast(t("muted", author.handle));
            gone();
          }),
          item(t("block"), async () => {
            if (!(await sure(t("block"), [t("blockSure", author.handle)], t("block")))) return;
            await mutate(change("block"), { input: { accountId: author.id } });
            gone();
          }),
        ]
      : null,
    own ? null : item(t("reportClip"), () => reportClip(video)),
  ];
  front.append(
    h("div", { class: "stack" }, items.flat().filter(Boolean)),
    h("button", { type: "button", onclick: () => front.close() }, t("close")),
  );
}

/** An author's own clip, where it is met: change what was said of it and who sees it, or take it back. */
function manage(video, gone) {
  const front = dialog({ ariaLabel: t("manage") }, h("h2", {}, t("manage")));
  const changed = (what) => {
    front.close();
    if (what !== "updated") gone();
  };
  front.append(actions(video, changed), h("button", { type: "button", onclick: () => front.close() }, t("close")));
}

/** Why it is here, in words and in numbers: a bar for each thing that counted. */
function whyThis({ reason, sentence, contributions = [] }) {
  const bars = contributions
    .filter(({ share }) => share > 0.005)
    .map(({ feature, share }) =>
      h(
        "li",
        {},
        h("span", {}, t(`FEATURE_${feature}`)),
        h("meter", { min: 0, max: 1, value: share, ariaLabel: t(`FEATURE_${feature}`) }),
        h("span", { class: "faint" }, `${Math.round(share * 100)} %`),
      ),
    );
  return h(
    "section",
    { class: "why" },
    h("h3", {}, t("whyThis")),
    h("p", {}, t(`WHY_${reason}`) ?? sentence),
    bars.length ? h("ul", { class: "plain bars" }, bars) : null,
  );
}
