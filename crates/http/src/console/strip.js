// The strip that says when the page is not live, and the mark that says that it is.

import { feed } from "./feed.js";

/** Milliseconds after which an interruption is worth a strip: most are over before. */
const PATIENCE = 700;

let timer = null;

export function startStrip(signal) {
  feed.addEventListener("state", show, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    document.getElementById("strip").hidden = true;
  });
  show();
}

function show() {
  const strip = document.getElementById("strip");
  const mark = document.getElementById("live");
  clearTimeout(timer);
  mark.dataset.live = String(feed.live);
  mark.textContent = feed.live ? "Live" : "Not live";
  if (feed.live) return void (strip.hidden = true);
  timer = setTimeout(() => {
    const place = feed.place ? ` Reading on from ${feed.place.split("-")[0]} when it answers.` : "";
    strip.textContent = feed.refused ? `Changes are not shown: ${feed.words}` : `Not live. ${feed.words}${place}`;
    strip.hidden = false;
  }, PATIENCE);
}
