// The form with which an operation is tried.

import { copyButton, disclosure, el } from "../shared/dom.js";
import { bodyEditor } from "./body.js";
import { collectionBefore, collectionOf } from "./choices.js";
import { confirmed } from "./confirm.js";
import { fieldOf } from "./fields.js";
import { showFailure, showReply } from "./reply.js";
import { curlOf, requestOf, send } from "./request.js";
import { session } from "./session.js";

/** The form, and `fill`, which puts values into the parameters of its path. */
export function tryForm(api, operation, go, forgotten) {
  const fields = operation.parameters.map((parameter) => fieldOf(api, parameter, collectionFor(parameter)));
  const fieldsIn = (place) => fields.filter(({ parameter }) => parameter.in === place);
  const valuesIn = (place) => Object.fromEntries(fieldsIn(place).map(({ parameter, read }) => [parameter.name, read()]));
  function collectionFor({ name, in: place }) {
    if (place === "path") return () => collectionBefore(api, operation, name, valuesIn("path"));
    const found = collectionOf(api, name);
    return found && (() => found);
  }

  const curl = el("code", {});
  const button = el("button", { type: "submit", class: operation.method === "DELETE" ? "danger" : "primary" }, "Send");
  const reply = el("div", { class: "reply", "aria-live": "polite" });
  const showCurl = () => (curl.textContent = curlOf(request()));
  const editor = operation.body && bodyEditor(api, operation, () => queueMicrotask(showCurl), forgotten);
  const request = () => {
    const values = { path: valuesIn("path"), query: valuesIn("query"), header: valuesIn("header") };
    return requestOf(api, operation, values, editor?.read());
  };

  const form = el("form", { class: "try-form", input: showCurl, submit: sendIt },
    grid(fieldsIn("path")),
    folded("Query parameters", fieldsIn("query")),
    editor?.node,
    folded("Headers", fieldsIn("header")),
    el("div", { class: "send-row" }, button, keyHint(operation, forgotten)),
  );
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  // A second click must not send it twice: what was sent cannot be taken back.
  let waiting = false;
  async function sendIt(event) {
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    const sent = request();
    if (operation.method === "DELETE" && !(await confirmed(operation.summary, sent.url))) {
      waiting = false;
      return;
    }
    button.textContent = "Sending";
    try {
      showReply(api, operation, reply, sent, await send(sent, session.key), go);
    } catch (error) {
      showFailure(reply, error);
    }
    button.textContent = "Send";
    waiting = false;
  }

  showCurl();
  const node = el("section", { class: "try", "aria-labelledby": `try-${operation.id}` },
    el("h2", { id: `try-${operation.id}` }, "Try it"),
    form,
    reply,
    disclosure("The same with curl", () => el("div", { class: "curl" }, el("pre", { tabindex: "0" }, curl), copyButton(() => curl.textContent, "the command"))),
  );
  const fill = (values) => {
    for (const { parameter, set } of fields) {
      if (parameter.in === "path" && parameter.name in values) set(values[parameter.name]);
    }
    showCurl();
  };
  return { node, fill };
}

function grid(fields) {
  return fields.length > 0 && el("div", { class: "field-grid" }, fields.map(({ node }) => node));
}

// What may be left out is folded away.
function folded(title, fields) {
  return fields.length > 0 && disclosure(`${title} · ${fields.length}`, () => grid(fields), { class: "parameters" });
}

function keyHint(operation, forgotten) {
  const hint = el("span", { class: "soft" });
  const show = () => {
    hint.textContent = hintOf(operation);
  };
  session.addEventListener("change", show, { signal: forgotten });
  show();
  return hint;
}

function hintOf({ open, permission }) {
  if (open) return "Needs no key.";
  if (!session.key) return "Needs a key, at the top of the page.";
  return session.allows(permission) ? "Sent with your key, to real data." : `Your key lacks ${permission}.`;
}
