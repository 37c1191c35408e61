// The page of one operation.

import { copyButton, disclosure, el } from "../shared/dom.js";
import { nameOf } from "../shared/statuses.js";
import { jsonBlock } from "./json.js";
import { facts, schemaTree } from "./schema.js";
import { isStream, tailPanel } from "./tail.js";
import { blocks } from "./text.js";
import { tryForm } from "./try.js";
import { typeOf } from "./types.js";

/** The page of an operation, and `fill` of its form, if it has something to fill. `forgotten` is the signal that it has gone. */
export function operationPage(api, operation, go, forgotten) {
  const parametersIn = (place) => operation.parameters.filter((each) => each.in === place);
  const form = isStream(operation) ? tailPanel(api, operation, forgotten) : tryForm(api, operation, go, forgotten);
  const node = el("article", { class: "operation" },
    el("div", { class: "reference" },
      el("p", { class: "eyebrow" }, el("a", { href: `#/groups/${operation.group}` }, operation.group)),
      el("h1", { tabindex: "-1" }, operation.summary),
      endpoint(operation),
      access(operation),
      el("button", { type: "button", class: "quiet to-try", click: () => form.node.scrollIntoView() }, "Try it"),
      blocks(operation.description),
      parameters(api, "Path parameters", parametersIn("path")),
      parameters(api, "Query parameters", parametersIn("query")),
      operation.body && body(api, operation.body),
      parameters(api, "Headers", parametersIn("header")),
      replies(api, operation)),
    form.node);
  return { node, fill: form.fill };
}

/** The method and the path, with the names in it set apart. */
function endpoint({ method, path }) {
  const parts = path.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? el("var", {}, part) : part));
  return el("div", { class: "endpoint" },
    el("span", { class: `method ${method.toLowerCase()}` }, method), el("code", {}, parts), copyButton(() => path, "the path"));
}

function access({ permission, open }) {
  if (open) return el("p", { class: "access" }, "Needs no key.");
  if (!permission) return el("p", { class: "access" }, "Needs a key, with any permissions.");
  return el("p", { class: "access" }, "Needs a key with ", el("code", {}, permission), ".");
}

function parameters(api, title, list) {
  if (list.length === 0) return null;
  const rows = list.map((parameter) => el("li", {},
    el("div", { class: "field-head" },
      el("code", { class: "field-name" }, parameter.name),
      el("span", { class: "type" }, typeOf(api, parameter.schema)),
      parameter.required && el("span", { class: "required" }, "required")),
    blocks(parameter.description),
    facts(api, { ...api.resolve(parameter.schema), description: undefined })));
  return el("section", {}, el("h2", {}, title), el("ul", { class: "fields" }, rows));
}

function body(api, { schema, examples, type, required }) {
  return el("section", {},
    el("h2", {}, "Body ", el("span", { class: "type" }, type), !required && el("span", { class: "type" }, " · may be left out")),
    blocks(api.resolve(schema).description),
    schemaTree(api, schema),
    exampleBlocks(examples));
}

function exampleBlocks(examples, open = false) {
  return examples.map(({ name, value }) => {
    const title = name === "Example" ? name : el("code", {}, name);
    return disclosure(title, () => jsonBlock(JSON.stringify(value)), { class: "example", open });
  });
}

function replies(api, operation) {
  return el("section", {}, el("h2", {}, "Replies"), operation.responses.map((each) => replyOf(api, each)));
}

function replyOf(api, response) {
  const { status, description, schema, examples, headers } = response;
  const good = status < 400;
  const codes = examples.map(({ name }) => name).filter((name) => name !== "Example");
  const summary = [
    el("strong", { class: `status ${good ? "good" : "bad"}` }, String(status)),
    ` ${nameOf(status)}`,
    el("span", { class: "codes" }, codes.map((code) => el("code", {}, code))),
  ];
  const inside = () => el("div", { class: "reply-inside" },
    blocks(description),
    exampleBlocks(examples, good),
    good && schema && schemaTree(api, schema, { marksRequired: false }),
    headers.length > 0 && disclosure("Headers", () => headerList(api, headers), { class: "example" }));
  return disclosure(summary, inside, { class: "reply-kind", open: status < 300 });
}

function headerList(api, headers) {
  const rows = headers.map(({ name, description, schema }) => el("li", {},
    el("div", { class: "field-head" }, el("code", { class: "field-name" }, name), el("span", { class: "type" }, typeOf(api, schema))),
    blocks(description)));
  return el("ul", { class: "fields" }, rows);
}
