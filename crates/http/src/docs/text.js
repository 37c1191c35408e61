// The little CommonMark that descriptions hold: paragraphs, lists, code, emphasis and links. Anything
// else, markup of HTML included, is shown as it stands.

import { el } from "../shared/dom.js";

/** A description as blocks. */
export function blocks(text) {
  const parts = (text ?? "").split(/^```.*$/m);
  return parts.flatMap((part, index) => (index % 2 ? [fenced(part)] : paragraphs(part)));
}

function fenced(text) {
  return el("pre", {}, el("code", {}, text.replace(/^\n|\n$/g, "")));
}

function paragraphs(text) {
  return text
    .split(/\n[ \t]*\n/)
    .filter((part) => part.trim())
    .map((part) => list(part) ?? el("p", {}, inline(part)));
}

const BULLET = /^[ \t]*[-*][ \t]+/;
const NUMBER = /^[ \t]*\d+[.)][ \t]+/;

function list(part) {
  const marker = [BULLET, NUMBER].find((each) => each.test(part));
  if (!marker) return null;
  const items = [];
  for (const line of part.trim().split("\n")) {
    if (marker.test(line)) items.push(line.replace(marker, ""));
    else items[items.length - 1] += `\n${line.trim()}`;
  }
  return el(marker === BULLET ? "ul" : "ol", {}, items.map((item) => el("li", {}, inline(item))));
}

const SPAN = /(`+)(.+?)\1(?!`)|\*\*(\S.*?)\*\*|\*(\S.*?)\*|\[([^\]]+)\]\(([^()\s]+)\)/gs;

/** A description as the inside of a line. */
export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(SPAN)) {
    nodes.push(text.slice(end, found.index), span(found));
    end = found.index + found[0].length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

function span([whole, ticks, code, strong, emphasis, label, target]) {
  if (ticks) return el("code", {}, code.replace(/^ (.+) $/s, "$1"));
  if (strong) return el("strong", {}, inline(strong));
  if (emphasis) return el("em", {}, inline(emphasis));
  return isHarmless(target) ? el("a", { href: target, rel: "noreferrer" }, inline(label)) : whole;
}

// A link must not be able to run anything.
function isHarmless(target) {
  if (!URL.canParse(target, location.href)) return false;
  return ["http:", "https:", "mailto:"].includes(new URL(target, location.href).protocol);
}
