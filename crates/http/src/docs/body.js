// The editor of a request's body, and the ids in it that the workspace has to have.

import { el } from "../shared/dom.js";
import { choicesOf, collectionOf } from "./choices.js";
import { layOut } from "./json.js";
import { session } from "./session.js";

/** An editor that starts with the example: its node, and how its text is read. */
export function bodyEditor(api, operation, changed, forgotten) {
  const example = operation.body.examples[0]?.value ?? {};
  const editor = el("textarea", { class: "editor", name: "body", "aria-label": "Body", spellcheck: "false", autocomplete: "off" });
  const problem = el("p", { class: "problem", role: "status" });

  const update = () => {
    editor.rows = editor.value.split("\n").length;
    problem.textContent = problemOf(editor.value);
    changed();
  };
  const write = (text) => {
    editor.value = text;
    update();
  };
  const ids = idChoices(api, example, editor, write);
  const fillIn = async () => {
    write(layOut(example));
    await ids.offer();
  };
  editor.addEventListener("input", update);
  session.addEventListener("change", ids.offer, { signal: forgotten });
  fillIn();

  const again = el("button", { type: "button", class: "quiet", click: fillIn }, "Reset");
  const head = el("div", { class: "label-row" }, el("span", { class: "label" }, "Body"), again);
  return { node: el("div", { class: "body" }, ids.node, head, editor, problem), read: () => editor.value };
}

// What is no JSON can be sent all the same: one may want to see what the API says.
function problemOf(text) {
  try {
    if (text.trim()) JSON.parse(text);
    return "";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}

/** A choice for every id of the example, which names things that no workspace has. */
function idChoices(api, example, editor, write) {
  const fields = namesIn(example).filter((name) => collectionOf(api, name) && typeof at(example, name) === "string");
  const rows = fields.map((name) => {
    const select = el("select", { id: `choice-${(made += 1)}`, name });
    const hint = el("p", { class: "soft", role: "status" });
    select.addEventListener("change", () => write(withValue(editor.value, name, select.value)));
    const label = el("label", { for: select.id }, el("code", {}, name));
    return { name, select, hint, node: el("div", { class: "field" }, label, select, hint) };
  });

  const offerOne = async ({ name, select, hint }) => {
    const path = collectionOf(api, name);
    const found = await choicesOf(api, path);
    const options = found.map(({ id, label }) => el("option", { value: id }, label));
    const nothing = session.key ? "nothing to choose from" : "authorize to choose one";
    const before = select.value;
    select.replaceChildren(...(options.length > 0 ? options : [el("option", { value: "" }, nothing)]));
    if (found.some(({ id }) => id === before)) select.value = before;
    select.disabled = options.length === 0;
    hint.textContent = session.key && options.length === 0 ? `The workspace has none, or the key may not list ${path.split("/").pop()}.` : "";
    if (options.length > 0) write(withValue(editor.value, name, select.value));
  };
  return {
    node: el("div", { class: "choices" }, rows.map(({ node }) => node)),
    offer: () => Promise.all(rows.map(offerOne)),
  };
}

let made = 0;

/** The names of the fields of a value, with dots between those of fields in fields. */
function namesIn(value, before = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inside]) => [before + name, ...namesIn(inside, `${before}${name}.`)]);
}

function at(value, name) {
  return name.split(".").reduce((inside, part) => inside?.[part], value);
}

/** A JSON text with another value in a field; as it is where it has no such field. */
function withValue(text, name, value) {
  try {
    const whole = JSON.parse(text);
    const parts = name.split(".");
    const last = parts.pop();
    const inside = parts.reduce((each, part) => each?.[part], whole);
    if (!inside || !(last in inside)) return text;
    inside[last] = value;
    return layOut(whole);
  } catch {
    return text;
  }
}
