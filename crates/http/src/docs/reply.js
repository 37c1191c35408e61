// What the server answered, and where one can go from there.

import { copyButton, disclosure, el } from "../shared/dom.js";
import { nameOf } from "../shared/statuses.js";
import { jsonBlock } from "./json.js";

/** Shows a reply in a place of the page. */
export function showReply(api, operation, place, request, reply, go) {
  const { status, headers, text, milliseconds } = reply;
  const kind = status < 400 ? "good" : "bad";
  const described = operation.responses.find((each) => each.status === status);
  place.replaceChildren(
    el("div", { class: "reply-head" },
      el("strong", { class: `status ${kind}` }, `${status} ${nameOf(status)}`),
      el("span", { class: "soft" }, `${milliseconds} ms · ${sizeOf(text)}`),
      text && copyButton(() => text, "the reply")),
    text ? jsonBlock(text) : el("p", { class: "soft" }, "The reply has no body."),
    ...nextSteps(api, operation, described, request, text, go),
    disclosure(`Headers · ${headers.length}`, () => headerTable(headers)),
  );
  place.scrollIntoView({ block: "nearest" });
}

/** Says why there is no reply. */
export function showFailure(place, error) {
  place.replaceChildren(
    el("div", { class: "reply-head" }, el("strong", { class: "status bad" }, "No reply")),
    el("p", {}, `The request could not be sent: ${error.message}`),
  );
}

function headerTable(headers) {
  const rows = headers.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)));
  return el("div", { class: "scroll" }, el("table", { class: "headers" }, el("tbody", {}, rows)));
}

// The description links a reply with the operations on what it made.
function nextSteps(api, operation, described, request, text, go) {
  const links = (described?.links ?? []).filter(({ operationId }) => !isDouble(api, operationId));
  links.sort((one, other) => placeOf(api, one) - placeOf(api, other));
  const steps = links.map(({ operationId, parameters }) => {
    const next = api.find(operationId);
    const values = Object.entries(parameters).map(([name, source]) => [name, valueOf(source, operation, request, text)]);
    const click = () => go(operationId, Object.fromEntries(values));
    return el("button", { type: "button", class: "step", click, title: `${next.method} ${next.path}` }, next.summary);
  });
  return steps.length > 0 ? [el("div", { class: "steps" }, el("span", { class: "soft" }, "Next"), steps)] : [];
}

function placeOf(api, { operationId }) {
  return api.operations.findIndex(({ id }) => id === operationId);
}

// Where PUT and PATCH do the same, one of them is enough.
function isDouble(api, id) {
  const { method, path, summary } = api.find(id);
  return method === "PUT" && api.operations.some((each) => each.method === "PATCH" && each.path === path && each.summary === summary);
}

/** The value of a runtime expression of OpenAPI, as far as links need them. */
function valueOf(source, operation, request, text) {
  const pointer = source.split("$response.body#/")[1];
  if (pointer) return pointer.split("/").reduce((inside, name) => inside?.[name], JSON.parse(text)) ?? "";
  const name = source.split("$request.path.")[1];
  const pattern = operation.path.split("/").indexOf(`{${name}}`);
  const { pathname } = new URL(request.url);
  const segments = pathname.split("/").slice(-operation.path.split("/").length);
  return decodeURIComponent(segments[pattern] ?? "");
}

function sizeOf(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
}
