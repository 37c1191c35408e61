// The pane with the open conversation: what can be done with it, its messages and history, the composer.

import { el } from "../shared/dom.js";
import { assign, claim, label, move, prioritise, rename, setStatus } from "./actions.js";
import { capital } from "./format.js";
import { startComposer } from "./composer.js";
import { later } from "./later.js";
import { makeItem } from "./message.js";
import { reconcile } from "./reconcile.js";
import { hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

const deleteConversation = later(() => import("./erase.js"), "deleteConversation");

/** Pixels from the end within which a reader is taken to follow the newest messages. */
const NEAR = 80;

let parts = null;

export function startThread(signal) {
  const pane = document.getElementById("thread");
  parts = build();
  pane.replaceChildren(parts.state, parts.head, parts.log, parts.newer, parts.conflict, parts.composer.node);
  const options = { signal };
  thread.addEventListener("change", render, options);
  addEventListener("hashchange", openRoute, options);
  store.hear("conversation", (change) => thread.hearConversation(change), signal);
  store.hear("message", (event) => thread.hearMessage(event), signal);
  store.hear("history", (id) => thread.hearHistory(id), signal);
  store.hear("directory", render, signal);
  store.hear("reset", () => thread.reload(), signal);
  openRoute();
}

function openRoute() {
  const { id = "", admin } = route();
  if (!admin) thread.open(id);
}

function build() {
  const title = el("h1", { id: "thread-title", tabindex: "-1" });
  const facts = el("p", { class: "thread-facts soft" });
  const labels = el("span", { class: "thread-labels" });
  const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Conversation" });
  const said = el("p", { id: "thread-said", class: "said", role: "status" });
  const back = el("a", { class: "to-list quiet-link", href: "#/" }, "‹ List");
  const card = el("button", { type: "button", class: "quiet", id: "card-toggle", "aria-expanded": "false", "aria-controls": "card", click: toggleCard }, "Customer");
  const head = el("header", { class: "thread-head" }, el("div", { class: "thread-top" }, back, title, card), facts, labels, tools, said);
  const earlier = el("button", { type: "button", class: "quiet earlier", click: showEarlier }, "Earlier messages");
  const items = el("div", { class: "items" });
  const log = el("div", { class: "log", role: "log", "aria-label": "Messages and changes", tabindex: "0" }, earlier, items);
  const newer = el("button", { type: "button", class: "newer", hidden: true, click: toEnd }, "New messages ↓");
  log.addEventListener("scroll", () => isAtEnd(log) && (newer.hidden = true));
  const conflict = el("div", { id: "conflict" });
  const state = el("p", { class: "thread-state soft" });
  return { title, facts, labels, tools, said, back, head, earlier, items, log, newer, conflict, state, composer: startComposer() };
}

function toggleCard({ currentTarget }) {
  const app = document.getElementById("app");
  const shown = app.classList.toggle("with-card");
  currentTarget.setAttribute("aria-expanded", String(shown));
}

async function showEarlier() {
  const { log } = parts;
  const below = log.scrollHeight - log.scrollTop;
  await thread.earlier();
  log.scrollTop = log.scrollHeight - below;
}

function toEnd() {
  parts.log.scrollTop = parts.log.scrollHeight;
  parts.newer.hidden = true;
}

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < NEAR;

let shownId = "";
let shownNewest = 0;

function render() {
  const { state, conversation } = thread;
  const { head, log, composer, conflict, newer } = parts;
  const isShown = state === "shown" && conversation !== null;
  for (const node of [head, log, composer.node]) node.hidden = !isShown;
  parts.state.hidden = isShown;
  parts.state.textContent = wordsOf(state);
  parts.state.classList.toggle("problem", state === "failed");
  if (!isShown || thread.id !== shownId) {
    conflict.replaceChildren();
    parts.said.textContent = "";
    newer.hidden = true;
  }
  if (!isShown) {
    shownId = "";
    parts.items.replaceChildren();
    reconcile(parts.items, [], String);
    for (const node of [parts.title, parts.facts, parts.labels]) node.replaceChildren();
    composer.show(null);
    return;
  }
  const isNew = thread.id !== shownId;
  const follows = isNew || isAtEnd(log);
  showHead(conversation);
  parts.earlier.hidden = !thread.hasEarlier;
  reconcile(parts.items, thread.items(), keyOf, (item) => makeItem(item, conversation));
  composer.show(conversation);
  if (follows) toEnd();
  else if (thread.newest > shownNewest) newer.hidden = false;
  shownId = thread.id;
  shownNewest = thread.newest;
}

// A line of the history grows while its changes come in, and names change: then its node is made again.
function keyOf({ id, message, group }) {
  return group ? `${id} ${group.entries.length} ${store.users.size}` : `${id} ${message.author.type === "agent" ? store.users.size : ""}`;
}

function wordsOf(state) {
  return { empty: "Choose a conversation from the list.", reading: "Reading …", gone: "This conversation was deleted.", failed: thread.problem }[state] ?? "";
}

function showHead(conversation) {
  const { _id, subject, status, priority, inboxId, assignedTo, channel, labels } = conversation;
  parts.back.href = hrefOf.view(route().view || "open");
  parts.title.textContent = subject;
  const inbox = store.inboxes.has(inboxId) && store.nameOfInbox(inboxId);
  const who = assignedTo ? `assigned to ${assignedTo.name}${assignedTo._id === session.user?._id ? " (you)" : ""}` : "unassigned";
  parts.facts.replaceChildren(
    el("span", { class: `status ${status}` }, status), " ",
    el("span", { class: `priority ${priority}` }, `${priority} priority`), " ",
    el("span", { id: "thread-assignee" }, who), inbox ? ` · ${inbox}` : "", ` · ${channel}`);
  reconcile(parts.labels, labels, String, (word) => el("span", { class: "label" }, word));
  showTools(_id, conversation);
}

function showTools(id, { status, assignedTo }) {
  const tools = session.allows("write:conversations") ? toolsFor(status, assignedTo) : [];
  reconcile(parts.tools, tools, ({ name }) => name, (tool) => {
    const button = el("button", { type: "button", class: tool.primary ? "" : "quiet", "data-tool": tool.name, "aria-keyshortcuts": tool.key, title: tool.key && `Key: ${tool.key}` }, tool.name);
    button.addEventListener("click", () => tool.act(thread.id, button));
    return button;
  });
}

function toolsFor(status, assignedTo) {
  return [
    !assignedTo && session.user && { name: "Claim", key: "c", act: claim, primary: true },
    { name: "Assign", key: "a", act: assign },
    { name: "Label", key: "l", act: label },
    { name: "Priority", key: "p", act: prioritise },
    status === "open" && { name: "Pending", act: (id) => setStatus(id, "pending") },
    status !== "closed" && { name: "Close", key: "e", act: (id) => setStatus(id, "closed") },
    status !== "open" && { name: "Reopen", key: "o", act: (id) => setStatus(id, "open") },
    { name: "Subject", act: rename },
    store.inboxes.size > 1 && { name: "Move", act: move },
    { name: "Delete", act: deleteConversation },
  ].filter(Boolean);
}

/** Puts the cursor into the reply or the note. */
export function focusComposer(kind) {
  parts?.composer.focus(kind);
}

/** The button of a tool, beside which its menu opens. */
export function buttonOf(name) {
  return document.querySelector(`[data-tool="${capital(name)}"]`);
}
