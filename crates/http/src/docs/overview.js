// The first page: what holds for every request, all operations, all errors.

import { copyButton, el } from "../shared/dom.js";
import { nameOf } from "../shared/statuses.js";
import { curlOf } from "./request.js";
import { blocks, inline } from "./text.js";

/** The first page. */
export function overviewPage(api) {
  const { title, summary } = api.info;
  return el("article", { class: "overview" },
    el("h1", { tabindex: "-1" }, `${title} API`),
    el("p", { class: "lead" }, summary),
    blocks(api.introduction),
    firstRequest(api),
    el("p", {}, "This page is made from ", el("a", { href: api.url("/openapi.json") }, "the description in OpenAPI 3.1"), ", from which clients in any language can be made too."),
    api.sections.map(section),
    api.groups.map(group),
    errors(api));
}

function section({ title, text }) {
  return el("section", { id: `group-${title}` }, el("h2", { tabindex: "-1" }, title), blocks(text));
}

function firstRequest(api) {
  const { method, path } = api.groups[0].operations.find((each) => each.method === "GET" && !each.open && !each.path.includes("{")) ?? {};
  if (!path) return null;
  const command = curlOf({ method, url: api.url(path), headers: [] });
  return el("div", { class: "curl" }, el("pre", { tabindex: "0" }, el("code", {}, command)), copyButton(() => command, "the command"));
}

function group({ name, description, operations }) {
  const rows = operations.map(({ id, method, path, summary, permission, open }) => el("tr", {},
    el("td", {}, el("span", { class: `method ${method.toLowerCase()}` }, method)),
    el("td", {}, el("a", { href: `#/${id}` }, summary), el("br"), el("code", { class: "path" }, path)),
    el("td", {}, permission ? el("code", {}, permission) : el("span", { class: "soft" }, open ? "no key" : "any key"))));
  return el("section", { id: `group-${name}` },
    el("h2", { tabindex: "-1" }, name),
    blocks(description),
    el("table", { class: "operations" },
      el("thead", { class: "hidden" }, el("tr", {}, ["Method", "Operation", "Permission"].map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, rows)));
}

function errors(api) {
  const statuses = new Map();
  for (const { responses } of api.operations) {
    for (const response of responses) if (response.status >= 400) statuses.set(response.status, response);
  }
  const rows = [...statuses.values()].sort((one, other) => one.status - other.status).map(({ status, description }) => el("tr", {},
    el("th", { scope: "row" }, `${status} ${nameOf(status)}`),
    el("td", {}, description.split("\n\n").map((each) => el("p", {}, inline(each))))));
  return el("section", { id: "group-Statuses" },
    el("h2", { tabindex: "-1" }, "Statuses of errors"),
    el("table", { class: "errors" }, el("tbody", {}, rows)));
}
