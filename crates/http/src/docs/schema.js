// A schema as a tree: a row for every field, and what lies deeper folded away.

import { disclosure, el } from "../shared/dom.js";
import { blocks } from "./text.js";
import { boundsOf, patternOf, typeOf, valuesOf } from "./types.js";

// What lies deeper is closed at first.
const OPEN_DEPTH = 1;

/** The fields of an object, or of the items of an array. "Required" means nothing in replies. */
export function schemaTree(api, schema, { depth = 0, marksRequired = true } = {}) {
  const object = objectIn(api, schema);
  if (!object) return el("div", { class: "fields" }, facts(api, schema));
  const names = object["x-order"] ?? Object.keys(object.properties);
  const rows = names.map((name) => {
    const required = marksRequired && (object.required?.includes(name) ?? false);
    return row(api, { name, schema: object.properties[name], required, depth, marksRequired });
  });
  return el("ul", { class: "fields" }, rows);
}

/** The object that a value is, or is made of; none for plain values. */
function objectIn(api, schema) {
  const resolved = api.resolve(schema);
  if (resolved.properties) return resolved;
  const inside = [...(resolved.anyOf ?? resolved.oneOf ?? []), resolved.items].filter(Boolean);
  return inside.map((each) => objectIn(api, each)).find(Boolean);
}

function row(api, { name, schema, required, depth, marksRequired }) {
  const object = objectIn(api, schema);
  const count = Object.keys(object?.properties ?? {}).length;
  const inside = () => schemaTree(api, schema, { depth: depth + 1, marksRequired });
  return el("li", {},
    el("div", { class: "field-head" },
      el("code", { class: "field-name" }, name),
      el("span", { class: "type" }, typeOf(api, schema)),
      required && el("span", { class: "required" }, "required")),
    facts(api, schema),
    object && disclosure(count === 1 ? "1 field" : `${count} fields`, inside, { open: depth < OPEN_DEPTH, class: "deeper" }));
}

/** What is said of a value: its description, its bounds, the values it may have, its pattern. */
export function facts(api, schema) {
  const values = valuesOf(api, schema);
  const bounds = boundsOf(api, schema);
  const pattern = patternOf(api, schema);
  return [
    blocks(api.resolve(schema).description),
    values.length > 0 && el("p", { class: "values" }, values.map((value) => el("code", {}, String(value)))),
    (bounds.length > 0 || pattern) && el("div", { class: "bounds" },
      bounds.length > 0 && el("span", {}, bounds.join(" · ")),
      pattern && disclosure("pattern", () => el("code", { class: "pattern" }, pattern))),
  ];
}
