// The inputs of a form: one for every parameter, in the way that suits what it may be.

import { el } from "../shared/dom.js";
import { choicesOf } from "./choices.js";
import { valuesOf } from "./types.js";

let inputs = 0;

/** An input for a parameter: its node, and how its value is read, and set unless it is several. */
export function fieldOf(api, parameter, collection) {
  const id = `input-${(inputs += 1)}`;
  const schema = api.resolve(parameter.schema);
  if (schema["x-several-of"]) return severalOf(parameter, schema["x-several-of"]);
  const values = schema.type === "boolean" ? [true, false] : valuesOf(api, parameter.schema);
  const control = values.length > 0 ? choice(id, parameter, values, schema) : line(id, parameter, schema);
  const list = collection && values.length === 0 && suggestions(api, control, collection);
  const label = el("label", { for: id }, el("code", {}, parameter.name), parameter.required && mark());
  return {
    parameter,
    node: el("div", { class: "field" }, label, control, list),
    read: () => control.value.trim(),
    set: (value) => (control.value = value),
  };
}

function mark() {
  return el("span", { class: "required" }, "required");
}

function choice(id, { name, required }, values, schema) {
  const none = schema["x-default"] === undefined ? "–" : `${schema["x-default"]} (default)`;
  const options = values.map((value) => el("option", { value: String(value) }, String(value)));
  return el("select", { id, name, required }, el("option", { value: "" }, none), options);
}

// What a browser takes out of a path, encoded or not, so that something else would be asked for.
const NO_DOTS = { pattern: "(?!\\s*\\.{1,2}\\s*$).*", title: "Neither . nor .., which no path keeps." };

function line(id, { name, required, in: place }, schema) {
  const hint = schema["x-default"] !== undefined ? String(schema["x-default"]) : placeholderOf(schema);
  const inputmode = schema.type === "integer" ? "numeric" : undefined;
  const limits = place === "path" ? NO_DOTS : {};
  return el("input", { id, name, required, inputmode, placeholder: hint, ...limits, autocomplete: "off", spellcheck: "false" });
}

function placeholderOf({ format }) {
  return format === "date-time" ? "2026-01-31T12:00:00Z" : format;
}

/** Several values of a few. */
function severalOf(parameter, values) {
  const boxes = values.map((value) => el("input", { type: "checkbox", name: parameter.name, value: String(value) }));
  const labels = boxes.map((box) => el("label", { class: "pill" }, box, el("span", {}, box.value)));
  const legend = el("legend", {}, el("code", {}, parameter.name), parameter.required && mark());
  return {
    parameter,
    node: el("fieldset", { class: "field" }, legend, el("div", { class: "pills" }, labels)),
    read: () => boxes.filter((box) => box.checked).map((box) => box.value),
  };
}

/** What can be chosen instead of typed. It is fetched when the user focuses the field. */
function suggestions(api, control, collection) {
  const list = el("datalist", { id: `${control.id}-list` });
  control.setAttribute("list", list.id);
  control.addEventListener("focus", async () => {
    const path = collection();
    const found = path ? await choicesOf(api, path) : [];
    list.replaceChildren(...found.map(({ id, label }) => el("option", { value: id, label })));
  });
  return list;
}
