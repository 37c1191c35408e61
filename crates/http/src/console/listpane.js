// The pane in the middle: the rows of the list. However long the list is, only the rows around the visible
// ones are in the document; rows have a fixed height, so that their places can be computed.

import { el } from "../shared/dom.js";
import { list } from "./list.js";
import { reconcile } from "./reconcile.js";
import { go, hrefOf, route } from "./route.js";
import { makeRow, updateRow } from "./row.js";
import { store } from "./store.js";

/** The height of a row in pixels, as in list.css. */
const HEIGHT = 84;
/** Rows that are kept above and below the visible ones. */
const SPARE = 12;
/** The next page is read when this many rows or fewer are left. */
const AHEAD = 40;

let rows = null;
let cursor = null;
let queued = false;

export function startList(signal) {
  rows = el("ul", { id: "rows", role: "listbox", tabindex: "0", "aria-label": "Conversations" });
  document.getElementById("list-body").replaceChildren(rows, el("p", { id: "list-state", class: "soft", role: "status" }));
  const options = { signal };
  body().addEventListener("scroll", renderSoon, options);
  rows.addEventListener("click", ({ target }) => {
    const id = target.closest(".row")?.dataset.id;
    if (id) open(id);
  }, options);
  rows.addEventListener("keydown", onKey, options);
  rows.addEventListener("focus", () => cursor ?? moveCursor(0), options);
  list.addEventListener("change", onChange, options);
  store.hear("conversation", (change) => list.follow(change), signal);
  addEventListener("hashchange", renderSoon, options);
  addEventListener("resize", renderSoon, options);
  // While the tab is hidden nothing is drawn; times of today become times of yesterday.
  const timer = setInterval(renderSoon, 60_000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    cursor = null;
  });
}

const body = () => document.getElementById("list-body");

/** The conversation under the cursor of the list, else the open one. */
export function currentId() {
  return route().id || (list.ids.includes(cursor) ? cursor : null);
}

/** Moves the cursor by some rows, and shows where it is. */
export function moveCursor(by) {
  if (list.ids.length === 0) return;
  const from = list.ids.indexOf(cursor ?? route().id);
  const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), list.ids.length - 1);
  cursor = list.ids[to];
  reveal(to);
  render();
}

/** Opens the conversation under the cursor. */
export function openCursor() {
  if (list.ids.includes(cursor)) open(cursor);
}

export function focusList() {
  rows?.focus();
}

function open(id) {
  cursor = id;
  go(hrefOf.conversation(route().view || "open", id));
}

function onKey(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
  if (event.key in steps) moveCursor(steps[event.key]);
  else if (event.key === "Enter" || event.key === " ") openCursor();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function reveal(index) {
  const { scrollTop, clientHeight } = body();
  const top = index * HEIGHT;
  if (top < scrollTop) body().scrollTop = top;
  else if (top + HEIGHT > scrollTop + clientHeight) body().scrollTop = top + HEIGHT - clientHeight;
}

// What a reader looks at stays where it is when rows come above it; at the top new rows are let in.
let anchor = null;

function onChange() {
  if (anchor && body().scrollTop >= HEIGHT) {
    const index = list.ids.indexOf(anchor.id);
    if (index >= 0) {
      size(list.ids.length);
      body().scrollTop = index * HEIGHT + anchor.offset;
    }
  }
  renderSoon();
}

function size(length) {
  rows.style.height = `${length * HEIGHT}px`;
}

function renderSoon() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    if (rows?.isConnected) render();
  });
}

function render() {
  const { ids } = list;
  const { scrollTop, clientHeight } = body();
  const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - SPARE);
  const last = Math.min(ids.length, Math.ceil((scrollTop + clientHeight) / HEIGHT) + SPARE);
  size(ids.length);
  const openId = route().id;
  if (openId) store.changed.delete(openId);
  const shown = ids.slice(first, last).map((id, index) => ({ id, place: first + index }));
  reconcile(rows, shown, ({ id }) => id, ({ id }) => makeRow(id), (row, { id, place }) => {
    row.style.top = `${place * HEIGHT}px`;
    updateRow(row, store.conversations.get(id), { isOpen: id === openId, isCursor: id === cursor, place: place + 1, size: list.isComplete ? ids.length : -1 });
  });
  const active = ids.includes(cursor) && document.getElementById(`row-${cursor}`);
  if (active) rows.setAttribute("aria-activedescendant", active.id);
  else rows.removeAttribute("aria-activedescendant");
  const top = Math.floor(scrollTop / HEIGHT);
  anchor = ids[top] ? { id: ids[top], offset: scrollTop - top * HEIGHT } : null;
  sayState();
  if (ids.length - last < AHEAD) list.more();
}

function sayState() {
  const state = document.getElementById("list-state");
  const words = list.problem || (list.loading && list.ids.length === 0 ? "Reading …" : list.ids.length === 0 ? "No conversations here." : "");
  if (state.textContent !== words) state.textContent = words;
  state.classList.toggle("problem", list.problem !== "");
}
