// The panel that shows the events of a workspace as they are stored.

import { copyButton, disclosure, el } from "../shared/dom.js";
import { follow } from "../shared/follow.js";
import { collectionOf } from "./choices.js";
import { fieldOf } from "./fields.js";
import { jsonBlock } from "./json.js";
import { curlOf, requestOf } from "./request.js";
import { session } from "./session.js";

/** How many events are shown; older ones make room. */
const SHOWN = 500;

/** Whether an operation answers with a stream of events. */
export function isStream({ responses }) {
  return responses.some(({ type }) => type === "text/event-stream");
}

/** The panel. It goes on while other pages are shown, until `forgotten` or stopped. */
export function tailPanel(api, operation, forgotten) {
  const parameters = operation.parameters.filter(({ name, in: place }) => place === "query" && name !== "lastEventId");
  const fields = parameters.map((parameter) => fieldOf(api, parameter, collectionFor(parameter)));
  function collectionFor({ name }) {
    const found = collectionOf(api, name);
    return found && (() => found);
  }
  const request = () => {
    const query = Object.fromEntries(fields.map(({ parameter, read }) => [parameter.name, read()]));
    return requestOf(api, operation, { path: {}, query, header: {} });
  };

  const state = el("output", { class: "tail-state" });
  const list = el("ol", { class: "tail", "aria-label": "Events, newest first" });
  const start = el("button", { type: "submit", class: "primary" }, "Start");
  const pause = el("button", { type: "button", class: "quiet", disabled: true, click: togglePause }, "Pause");
  const clear = el("button", { type: "button", class: "quiet", click: () => list.replaceChildren() }, "Clear");

  let stop = null;
  // What came while the list stood still; null while it moves.
  let held = null;

  function say(kind, words) {
    state.dataset.kind = kind;
    state.textContent = words;
  }

  function toggle(event) {
    event.preventDefault();
    if (stop) end("Stopped.");
    else begin();
  }

  async function begin() {
    const own = new AbortController();
    stop = own;
    start.textContent = "Stop";
    pause.disabled = false;
    const mine = (act) => (...given) => stop === own && act(...given);
    await follow(request().url, session.key, own.signal, mine(hear), mine(say));
    if (stop === own) end();
  }

  // Without words, those of the server stay.
  function end(words) {
    stop.abort();
    stop = null;
    start.textContent = "Start";
    if (held) togglePause();
    pause.disabled = true;
    if (words) say("", words);
  }

  function togglePause() {
    if (held) show(held);
    held = held ? null : [];
    pause.textContent = held ? "Resume" : "Pause";
  }

  function hear(frame, told) {
    if (frame.event === "feed.open" || frame.event === "feed.bookmark") return;
    const row = told._id === undefined ? gap(told) : rowOf(frame.data, told);
    if (!held) return show([row]);
    held = [...held, row].slice(-SHOWN);
    pause.textContent = `Resume · ${held.length}`;
  }

  function show(rows) {
    list.prepend(...rows.toReversed());
    while (list.children.length > SHOWN) list.lastChild.remove();
  }

  forgotten.addEventListener("abort", () => stop && end("Stopped."));

  const curl = el("code", {});
  const showCurl = () => (curl.textContent = curlOf(request(), { unbuffered: true }));
  showCurl();
  const form = el("form", { class: "try-form", input: showCurl, submit: toggle },
    disclosure(`Query parameters · ${fields.length}`, () => el("div", { class: "field-grid" }, fields.map(({ node }) => node)), { class: "parameters" }),
    el("div", { class: "send-row" }, start, pause, clear, keyHint(forgotten)));
  const node = el("section", { class: "try", "aria-labelledby": `try-${operation.id}` },
    el("h2", { id: `try-${operation.id}` }, "Live events"),
    form,
    state,
    list,
    disclosure("The same with curl", () => el("div", { class: "curl" }, el("pre", { tabindex: "0" }, curl), copyButton(() => curl.textContent, "the command"))));
  return { node };
}

function keyHint(forgotten) {
  const hint = el("span", { class: "soft" });
  const show = () => {
    hint.textContent = session.key ? "" : "Needs a key, at the top of the page.";
  };
  session.addEventListener("change", show, { signal: forgotten });
  show();
  return hint;
}

function rowOf(text, { sequence, type, timestamp, subject }) {
  const summary = [
    el("span", { class: "tail-sequence" }, String(sequence)),
    el("code", { class: "tail-type" }, type),
    el("time", { datetime: timestamp, title: timestamp }, timestamp.slice(11, 23)),
    el("code", { class: "tail-subject" }, subject._id ?? "–"),
  ];
  return el("li", {}, disclosure(summary, () => jsonBlock(readable(text))));
}

// Where the stream could not go on: what was shown before is not all there was.
function gap({ reason }) {
  const words = { expired: "they are no longer stored", unknown: "they belong to another database" }[reason] ?? reason;
  return el("li", { class: "tail-gap" }, el("code", {}, "feed.reset"), ` Events are missing here: ${words}. Read all resources again.`);
}

// The text of a frame is ASCII; people read the letters that are meant. Numbers keep their digits.
function readable(text) {
  return text.replace(/\\(?:u([0-9a-f]{4})|.)/gi, (escape, code) => {
    const unit = parseInt(code, 16);
    return unit >= 0xa0 ? String.fromCharCode(unit) : escape;
  });
}
