// Single keys, wherever one does not type; `?` shows them all.

import { el } from "../shared/dom.js";
import { assign, claim, label, prioritise, setStatus } from "./actions.js";
import { openDialog } from "./dialog.js";
import { currentId, focusList, moveCursor, openCursor } from "./listpane.js";
import { later } from "./later.js";
import { go, hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { buttonOf, focusComposer } from "./threadpane.js";
import { views } from "./views.js";

const compose = later(() => import("./compose.js"), "compose");

/** Milliseconds in which the second key has to follow `g`. */
const PATIENCE = 1_500;

const write = (act) => () => {
  const id = currentId();
  if (id && session.allows("write:conversations")) act(id);
};

const KEYS = {
  j: { words: "Next conversation", act: () => moveCursor(1) },
  k: { words: "Previous conversation", act: () => moveCursor(-1) },
  Enter: { words: "Open it", act: openCursor },
  Escape: { words: "Back to the list", act: leave },
  r: { words: "Reply", act: () => focusComposer("reply") },
  n: { words: "Internal note", act: () => focusComposer("note") },
  c: { words: "Claim", act: write(claim) },
  a: { words: "Assign", act: write((id) => assign(id, buttonOf("assign"))) },
  l: { words: "Label", act: write((id) => label(id, buttonOf("label"))) },
  p: { words: "Priority", act: write((id) => prioritise(id, buttonOf("priority"))) },
  e: { words: "Close", act: write((id) => setStatus(id, "closed")) },
  o: { words: "Reopen", act: write((id) => setStatus(id, "open")) },
  "+": { words: "New conversation", act: compose },
  "/": { words: "Search", act: () => document.getElementById("search").focus() },
  "?": { words: "This help", act: showHelp },
};

let afterG = 0;

export function startKeyboard(signal) {
  document.addEventListener("keydown", onKey, { signal });
  document.getElementById("help").addEventListener("click", showHelp, { signal });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  // A dialog has its own keys.
  if (document.querySelector("dialog[open]")) return;
  const { target, key } = event;
  if (target.closest("input, textarea, select")) {
    // Escape leaves the field; what was typed stays.
    if (key === "Escape") focusList();
    return;
  }
  if (key === "Enter" && target.closest("a, button, summary")) return;
  if (key === "g") {
    afterG = Date.now();
    return;
  }
  if (Date.now() - afterG < PATIENCE) {
    afterG = 0;
    const view = views().find((each) => each.key === key);
    if (view) {
      event.preventDefault();
      return go(hrefOf.view(view.id));
    }
  }
  const found = KEYS[key];
  if (!found || (route().admin && key !== "?")) return;
  event.preventDefault();
  found.act();
}

function leave() {
  const { id, view } = route();
  if (id) go(hrefOf.view(view));
  focusList();
}

function showHelp() {
  const rows = Object.entries(KEYS).map(([key, { words }]) => [key === "Escape" ? "Esc" : key, words]);
  for (const { key, title } of views()) if (key) rows.push([`g ${key}`, `Go to ${title}`]);
  rows.push(["Ctrl ↵", "Send what was written"]);
  openDialog("Keys", () => el("div", { class: "keys" }, rows.map(([key, words]) => el("p", {}, key.split(" ").map((each) => el("kbd", {}, each)), el("span", {}, words)))), { size: "wide" });
}
