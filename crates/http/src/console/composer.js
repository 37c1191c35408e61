// Where replies and notes are written. Each has a field, a colour and a button of its own: what is in the field
// of the note can only become a note. Drafts stay; what others wrote meanwhile is shown before one sends.

import { el } from "../shared/dom.js";
import { ApiError, Attempt, get, post } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { sentenceOf } from "./errors.js";
import { nameOf } from "./message.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

const KINDS = [
  { kind: "reply", title: "Reply", action: "Send reply", hint: "The customer will see this." },
  { kind: "note", title: "Internal note", action: "Save note", hint: "Only your team will see this." },
];

/** The composer: its node, `show` for a conversation or none, and `focus` for a kind. */
export function startComposer() {
  let conversation = null;
  let current = "reply";
  const panels = KINDS.map((each) => makePanel(each, () => conversation));
  const tabs = KINDS.map(({ kind, title }) => el("button", { type: "button", role: "tab", id: `tab-${kind}`, class: `tab ${kind}`, "aria-controls": `panel-${kind}`, "aria-keyshortcuts": kind[0], click: () => choose(kind) }, title));
  const tablist = el("div", { class: "tabs", role: "tablist", "aria-label": "What to write" }, tabs);
  tablist.addEventListener("keydown", ({ key }) => {
    if (key !== "ArrowLeft" && key !== "ArrowRight") return;
    choose(current === "reply" ? "note" : "reply");
    tabs.find((tab) => tab.getAttribute("aria-selected") === "true").focus();
  });
  const unable = el("p", { class: "soft unable" });
  const node = el("section", { class: "composer", "aria-label": "Write", hidden: true }, tablist, panels.map((panel) => panel.node), unable);

  function choose(kind) {
    current = kind;
    node.dataset.kind = kind;
    for (const [index, panel] of panels.entries()) {
      const isShown = KINDS[index].kind === kind;
      panel.node.hidden = !isShown;
      tabs[index].setAttribute("aria-selected", String(isShown));
      tabs[index].tabIndex = isShown ? 0 : -1;
    }
  }

  function show(next) {
    const isOther = next?._id !== conversation?._id;
    conversation = next;
    const may = session.allows("write:conversations") && session.user !== null;
    for (const part of [tablist]) part.hidden = !may;
    unable.hidden = may;
    unable.textContent = session.allows("write:conversations") ? "This key speaks for no user, so that it cannot write." : "This key may only read.";
    if (isOther) {
      for (const panel of panels) panel.load();
      // A note that was begun is gone on with as a note.
      choose(next && draftOf(next._id, "note").text && !draftOf(next._id, "reply").text ? "note" : "reply");
    }
    if (!may) for (const panel of panels) panel.node.hidden = true;
    for (const panel of panels) panel.warn();
  }

  choose(current);
  return { node, show, focus: (kind) => {
    if (node.hidden || tablist.hidden) return;
    choose(kind);
    panels[KINDS.findIndex((each) => each.kind === kind)].focus();
  } };
}

function makePanel({ kind, title, action, hint }, conversationOf) {
  const area = el("textarea", { name: kind, rows: "3", maxlength: "65536", "aria-label": title, placeholder: kind === "reply" ? "Write a reply" : "Write a note", "data-kind": kind, input: typed });
  const warning = el("div", { class: "warning", role: "status", hidden: true });
  const problem = el("p", { class: "problem", role: "alert" });
  const button = el("button", { type: "submit" }, action);
  const form = el("form", { class: `panel ${kind}`, id: `panel-${kind}`, role: "tabpanel", "aria-labelledby": `tab-${kind}` },
    warning, area, problem, el("div", { class: "panel-foot" }, el("span", { class: "soft" }, hint), el("kbd", { "aria-hidden": "true" }, "Ctrl ↵"), button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
    }
  });
  let id = "";
  let sending = false;

  function load() {
    id = conversationOf()?._id ?? "";
    area.value = id ? draftOf(id, kind).text : "";
    problem.textContent = "";
    fit();
  }

  function typed() {
    const draft = draftOf(id, kind);
    // Messages that are shown when one begins to write have been seen.
    const seen = draft.text ? draft.seen : thread.newest;
    keepDraft(id, kind, { ...draft, text: area.value, seen });
    problem.textContent = "";
    warn();
    fit();
  }

  function fit() {
    area.style.height = "auto";
    area.style.height = `${Math.min(Math.max(area.scrollHeight + 2, 76), 260)}px`;
  }

  // Messages that came since the draft was begun, except one's own.
  function unseen() {
    const { text, seen } = draftOf(id, kind);
    if (!text) return [];
    return thread.messagesAfter(seen).filter(({ author }) => author._id !== session.user?._id);
  }

  function warn() {
    const found = id && thread.id === id ? unseen() : [];
    warning.hidden = found.length === 0;
    button.textContent = found.length > 0 ? `${action} anyway` : action;
    if (found.length === 0) return warning.replaceChildren();
    const names = [...new Set(found.map(({ author }) => nameOf(author, conversationOf())))].join(", ");
    const words = found.at(-1).internal ? "left a note" : "replied";
    const text = `${names} ${words} while you were writing.`;
    if (warning.textContent !== text) warning.replaceChildren(text);
  }

  // The stream tells of others' messages, but may lag behind or be cut: the server is asked before one sends.
  async function lookAgain(own) {
    const { status } = await get(`conversations/${own}`, {}, { ifNoneMatch: store.tagOf(own) });
    if (status !== 304) await thread.reload();
  }

  async function send() {
    const own = id;
    const draft = draftOf(own, kind);
    if (!draft.text.trim()) {
      problem.textContent = "There is nothing to send yet.";
      return area.focus();
    }
    if (sending) return;
    sending = true;
    button.disabled = true;
    problem.textContent = "";
    try {
      const known = unseen().length;
      await lookAgain(own);
      // What has just come up is shown first; sending again sends it.
      if (unseen().length > known) return warn();
      await write(own, draft);
    } catch (error) {
      if (own === id) problem.textContent = error instanceof ApiError && error.status === 0 ? `${sentenceOf(error)} The draft is kept; sending it again sends it once.` : sentenceOf(error);
    } finally {
      sending = false;
      button.disabled = false;
    }
  }

  async function write(own, draft) {
    const attempt = new Attempt(draft.attempt);
    const body = { body: draft.text, author: { type: "agent", _id: session.user._id }, internal: kind === "note" };
    const path = `conversations/${own}/messages`;
    attempt.keyFor(`${path}\n${JSON.stringify(body)}`);
    // Kept before it is sent, so that also a page that is closed meanwhile sends it once.
    keepDraft(own, kind, { ...draft, attempt: { ...attempt } });
    const { data } = await post(path, body, { attempt });
    keepDraft(own, kind, { text: "", attempt: {}, seen: 0 });
    if (data.body !== undefined) thread.takeMessage(data);
    if (own === id) {
      area.value = "";
      fit();
      warn();
      area.focus();
    }
    // The reply to a message has not the tag of the conversation, which it moved.
    await store.read(own).catch(() => {});
  }

  return { node: form, load, warn, focus: () => area.focus() };
}
