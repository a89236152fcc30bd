// What a clip will cost, and whether the day has enough left for it, before it is asked for.

import { graphql, Refused } from "./api.js";
import { told } from "./ask.js";
import { h } from "./dom.js";
import { moment, t } from "./words.js";

const COST = `query ($seconds: Float!) { costOf(input: { seconds: $seconds }) { needed left fits resetsAt } }`;
const ASK_MS = 150;

/** The line that tells it; `of(seconds)` asks again. */
export function costLine(seconds) {
  const line = h("p", { class: "costs faint", role: "status" });
  let asked = 0;
  let timer;
  const look = async (length) => {
    asked += 1;
    const mine = asked;
    let words;
    let wrong = true;
    try {
      const { needed, left, fits, resetsAt } = (await graphql(COST, { seconds: length })).costOf;
      words = fits ? t("costFits", needed, left) : t("costShort", needed, left, moment(resetsAt));
      wrong = !fits;
    } catch (error) {
      if (!(error instanceof Refused)) return; // asking for the clip says so too
      words = told(error);
    }
    if (mine !== asked) return;
    line.textContent = words;
    line.classList.toggle("wrong", wrong);
    line.classList.toggle("faint", !wrong);
  };
  look(seconds);
  const of = (length) => {
    clearTimeout(timer);
    timer = setTimeout(() => look(length), ASK_MS);
  };
  return { element: line, of };
}
