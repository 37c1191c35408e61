// The text of a message: as it was written, with links to pages. It never becomes markup.

import { el } from "../shared/dom.js";

const LINK = /\bhttps?:\/\/[^\s<>"']+/gi;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}]+$/;

/** Text as nodes. */
export function linkify(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(TRAILING, "");
    if (!isPage(address)) continue;
    nodes.push(text.slice(end, found.index), el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    end = found.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

function isPage(address) {
  return URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol);
}
