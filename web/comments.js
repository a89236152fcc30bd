// What people say under a clip: threads one level deep, beside the clip they are about.

import { graphql, mutate } from "./api.js";
import { dialog, mishaps, sure, told } from "./ask.js";
import { h } from "./dom.js";
import { day, t } from "./words.js";

const LONGEST = 1000;
const SAID = `fragment Said on Comment {
  id body createdAt isHidden isDeleted replyCount author { id handle displayName }
}`;
const THREADS = `query ($id: ID!, $after: String) { video(id: $id) { commentCount comments(first: 20, after: $after) {
  edges { node { ...Said replies(first: 3) { edges { node { ...Said } } pageInfo { hasNextPage endCursor } } } }
  pageInfo { hasNextPage endCursor }
} } }${SAID}`;
const REPLIES = `query ($id: ID!, $after: String) { node(id: $id) { ... on Comment { replies(first: 20, after: $after) {
  edges { node { ...Said } } pageInfo { hasNextPage endCursor }
} } } }${SAID}`;
const SAY = `mutation ($input: CommentInput!) {
  comment(input: $input) {
    ... on CommentSuccess { edge { node { ...Said } } video { commentCount } } ... on Error { code message field }
  }
}${SAID}`;
const change = (name) => `mutation ($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) {
  ${name}(input: $input) { __typename ... on Error { code message } }
}`;

/** Open the comments of `video`; `counted()` is called when their number changed. */
export function comments(video, page, counted) {
  const list = h("ul", { class: "plain threads" }, h("li", { class: "faint" }, t("more")));
  const title = h("h2", {}, t("comments"));
  const number = (count) => {
    video.commentCount = count;
    title.textContent = count ? `${t("comments")} · ${count}` : t("comments");
    counted();
  };
  const close = h(
    "button",
    { type: "button", class: "quiet", ariaLabel: t("close"), onclick: () => front.close() },
    "✕",
  );
  const front = dialog(
    { ariaLabel: t("comments"), class: "side talkbox" },
    h("header", { class: "row" }, title, close),
    list,
  );
  const scene = { video, page, number, front };

  const load = async (after = null) => {
    try {
      const found = (await graphql(THREADS, { id: video.id, after })).video;
      if (!found) return list.replaceChildren(h("li", { class: "faint" }, t("clipGone")));
      if (!after) list.replaceChildren();
      const { edges, pageInfo } = found.comments;
      list.append(...edges.map(({ node }) => thread(node, scene)));
      number(found.commentCount);
      if (!list.children.length) list.append(h("li", { class: "faint none" }, t("commentsNone")));
      if (pageInfo.hasNextPage) list.append(further(t("commentsMore"), () => load(pageInfo.endCursor)));
    } catch (error) {
      list.append(h("li", { class: "wrong", role: "alert" }, told(error)));
    }
  };
  load();
  front.append(
    page.viewer
      ? box(
          scene,
          null,
          (item) => list.prepend(item),
          () => list.querySelector(".none")?.remove(),
        )
      : door(front),
  );
}

const door = (front) => h("p", {}, h("a", { href: "#you", onclick: () => front.close() }, t("signInToSay")));

function further(words, load) {
  const line = h("li", {}, h("button", { type: "button", class: "quiet" }, words));
  line.firstChild.onclick = () => {
    line.remove();
    load();
  };
  return line;
}

/** Where one writes: `replyTo` is the comment it answers; `put(item)` shows it, `done()` follows. */
function box(scene, replyTo, put, done) {
  const { video, number } = scene;
  const text = h("textarea", {
    name: "body",
    rows: 2,
    maxLength: LONGEST,
    required: true,
    ariaLabel: t(replyTo ? "replyHint" : "commentHint"),
    placeholder: t(replyTo ? "replyHint" : "commentHint"),
  });
  const { note, attempt } = mishaps();
  // One key for this text: sent again after a lost answer it is still one comment.
  let key = crypto.randomUUID();
  text.oninput = () => {
    key = crypto.randomUUID();
  };
  const send = attempt(async () => {
    const input = { videoId: video.id, body: text.value, replyTo: replyTo?.id ?? null, idempotencyKey: key };
    const { edge, video: now } = await mutate(SAY, { input });
    put(replyTo ? said(edge.node, scene) : thread({ ...edge.node, replies: { edges: [], pageInfo: {} } }, scene));
    text.value = "";
    number(now.commentCount);
    done();
  });
  text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.target.form.requestSubmit();
  };
  return h("form", { class: "say", onsubmit: send }, text, h("button", { class: "primary" }, t("post")), note);
}

function thread(comment, scene) {
  const replies = h("ul", { class: "plain replies" });
  const answer = h("div", {});
  const fill = ({ edges, pageInfo }) => {
    replies.append(...edges.map(({ node }) => said(node, scene)));
    if (pageInfo.hasNextPage) {
      replies.append(
        further(t("repliesMore"), async () => {
          const { node } = await graphql(REPLIES, { id: comment.id, after: pageInfo.endCursor });
          if (node) fill(node.replies);
        }),
      );
    }
  };
  fill(comment.replies);
  const reply = () =>
    answer.replaceChildren(
      box(
        scene,
        comment,
        (item) => replies.append(item),
        () => answer.replaceChildren(),
      ),
    );
  const item = said(comment, scene, scene.page.viewer && !comment.isDeleted ? reply : null);
  item.append(replies, answer);
  return item;
}

/** One comment and what the viewer may do with it. */
function said(comment, scene, reply = null) {
  const { note, attempt } = mishaps();
  const { author } = comment;
  const { viewer } = scene.page;
  const own = viewer !== null && author?.id === viewer.id;
  const inCharge = viewer !== null && (scene.video.author.id === viewer.id || viewer.role !== "MEMBER");
  const item = h("li", { class: comment.isHidden ? "comment hidden" : "comment" });
  const remove = attempt(async () => {
    if (!(await sure(t("commentRemove"), [comment.body], t("remove")))) return;
    await mutate(change("deleteComment"), { input: { commentId: comment.id } });
    item.replaceChildren(h("p", { class: "faint" }, t("commentGone")), ...item.querySelectorAll(".replies"));
    scene.number(Math.max(0, scene.video.commentCount - 1));
  });
  const hide = attempt(async () => {
    const name = comment.isHidden ? "unhideComment" : "hideComment";
    await mutate(change(name), { input: { commentId: comment.id } });
    comment.isHidden = !comment.isHidden;
    item.classList.toggle("hidden", comment.isHidden);
    hider.textContent = t(comment.isHidden ? "commentShow" : "commentHide");
  });
  const hider = h(
    "button",
    { type: "button", class: "quiet", onclick: hide },
    t(comment.isHidden ? "commentShow" : "commentHide"),
  );
  if (comment.isDeleted || !author) {
    item.append(h("p", { class: "faint" }, t("commentGone")));
    return item;
  }
  item.append(
    h(
      "p",
      { class: "who" },
      h(
        "a",
        { href: `#member/${author.handle}`, onclick: () => scene.front.close() },
        h("strong", {}, author.displayName || author.handle),
      ),
      h("span", { class: "faint" }, ` @${author.handle} · ${day(comment.createdAt)}`),
    ),
    h("p", { class: "body" }, comment.body),
    h(
      "p",
      { class: "row start" },
      reply ? h("button", { type: "button", class: "quiet", onclick: reply }, t("reply")) : null,
      inCharge && !own ? hider : null,
      own ? h("button", { type: "button", class: "quiet", onclick: remove }, t("remove")) : null,
    ),
    note,
  );
  return item;
}
