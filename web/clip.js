// A clip: what is read of it, and its player.

import { here } from "./api.js";
import { h } from "./dom.js";
import { t } from "./words.js";

export const CLIP = `
fragment Clip on Video {
  id caption prompt state createdAt author { handle displayName }
  media { url posterUrl previewUrl width height seconds hasAudio }
  provenance { recipe }
  likenesses { via consented cameo { id handle kind } }
  approvals { state cameo { handle } }
}`;

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
