// JSON for people: laid out and coloured. It is read as text and not as values, so that every number
// shows the digits that were sent.

import { el } from "../shared/dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;
// What is no longer than this stays on one line.
const MAX_LINE = 52;
// Beyond this, colours cost more than they help.
const MAX_COLOURED = 300_000;

/** A block with a JSON text; what is none is shown as it is. */
export function jsonBlock(text) {
  const plain = text.length > MAX_COLOURED || !isJson(text);
  const nodes = plain ? [text] : piecesOf(text).map(([piece, kind]) => (kind ? el("span", { class: `json-${kind}` }, piece) : piece));
  return el("pre", { class: "json", tabindex: "0" }, el("code", {}, nodes));
}

/** A value as JSON text, laid out alike. */
export function layOut(value) {
  return piecesOf(JSON.stringify(value)).map(([piece]) => piece).join("");
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A JSON text in pieces, each with its kind. */
function piecesOf(text) {
  const pieces = [];
  const put = (piece, kind) => pieces.push([piece, kind]);
  write(parse(text.match(TOKEN)), put, "", 0);
  return pieces;
}

function write({ text, kind, open, items, size }, put, indent, used) {
  if (!items) return put(text, kind);
  // A whole document is always spread out.
  const flat = items.length === 0 || (indent !== "" && indent.length + used + size <= MAX_LINE);
  const deeper = `${indent}  `;
  const pad = open === "{" && items.length > 0 ? " " : "";
  put(open);
  items.forEach(({ name, value }, index) => {
    const gap = flat ? (index === 0 ? pad : " ") : `\n${deeper}`;
    put(index === 0 ? gap : `,${gap}`);
    if (name) {
      put(name, "name");
      put(": ");
    }
    write(value, put, deeper, name ? name.length + 2 : 0);
  });
  put((flat ? pad : `\n${indent}`) + (open === "{" ? "}" : "]"));
}

/** The values in a list of tokens, with how long each is on one line. */
function parse(tokens) {
  let at = 0;
  const next = () => tokens[at++];
  const value = () => {
    const open = next();
    if (open !== "{" && open !== "[") return { text: open, kind: kindOf(open), size: open.length };
    const items = [];
    while (tokens[at] !== "}" && tokens[at] !== "]") {
      const name = open === "{" ? next() : undefined;
      if (name) next();
      items.push({ name, value: value() });
      if (tokens[at] === ",") next();
    }
    next();
    const sizes = items.map((item) => item.value.size + (item.name ? item.name.length + 2 : 0) + 2);
    return { open, items, size: sizes.reduce((sum, size) => sum + size, 2) };
  };
  return value();
}

function kindOf(token) {
  if (token[0] === '"') return "string";
  return /[-\d]/.test(token[0]) ? "number" : "word";
}
