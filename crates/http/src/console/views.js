// The views on the left: which conversations each shows.

import { session } from "./session.js";
import { storedFilters } from "./storage.js";
import { store } from "./store.js";

const UNDONE = ["open", "pending"];

/** All views, in the order in which they are listed. A view is a title and a filter of the API. */
export function views() {
  return [...standing(), ...inboxes(), ...saved()];
}

function standing() {
  const mine = session.user && { id: "mine", title: "Mine", key: "m", filter: { status: UNDONE, assignedTo: session.user._id } };
  return [
    mine,
    { id: "unassigned", title: "Unassigned", key: "u", filter: { status: UNDONE, assignedTo: "none" } },
    { id: "open", title: "Open", key: "o", filter: { status: ["open"] } },
    { id: "pending", title: "Pending", key: "p", filter: { status: ["pending"] } },
    { id: "closed", title: "Closed", key: "c", filter: { status: ["closed"] } },
  ].filter(Boolean).map((view) => ({ ...view, group: "Conversations" }));
}

function inboxes() {
  const sorted = [...store.inboxes.values()].sort((one, other) => one.name.localeCompare(other.name));
  return sorted.map(({ _id, name }) => ({ id: `inbox-${_id}`, title: name, group: "Inboxes", filter: { status: UNDONE, inboxId: _id } }));
}

function saved() {
  return savedFilters().map(({ id, title, filter, sort }) => ({ id, title, filter, sort, group: "Saved filters", isSaved: true }));
}

function savedFilters() {
  return storedFilters.get(session.me.workspace._id);
}

/** Keeps a filter under a name, for this workspace in this browser. */
export function saveFilter(title, filter, sort) {
  const id = `saved-${Date.now().toString(36)}`;
  storedFilters.set(session.me.workspace._id, [...savedFilters(), { id, title, filter, sort }]);
  store.tell("directory");
  return id;
}

export function removeFilter(id) {
  storedFilters.set(session.me.workspace._id, savedFilters().filter((each) => each.id !== id));
  store.tell("directory");
}

/** A view by its id; the first one if there is none. */
export function viewOf(id) {
  const found = views();
  return found.find((view) => view.id === id) ?? unreadInbox(id) ?? found.find((view) => view.id === "open");
}

// After a reload the list is shown before the names of inboxes were read.
function unreadInbox(id = "") {
  const inboxId = id.startsWith("inbox-") && id.slice("inbox-".length);
  return inboxId ? { id, title: "Inbox", group: "Inboxes", filter: { status: UNDONE, inboxId } } : null;
}

/** Whether a conversation belongs to a filter; of a search only the server knows. */
export function matches(conversation, filter) {
  const { status, priority, assignedTo, inboxId, label } = filter;
  if (status?.length && !status.includes(conversation.status)) return false;
  if (priority?.length && !priority.includes(conversation.priority)) return false;
  if (inboxId && conversation.inboxId !== inboxId) return false;
  if (label?.length && !label.every((word) => conversation.labels.includes(word))) return false;
  if (assignedTo) return (conversation.assignedTo?._id ?? "none") === assignedTo;
  return true;
}

/** Whether the key may open conversations here: it takes an inbox to put them into. */
export function mayCompose() {
  return session.allows("write:conversations") && store.inboxes.size > 0;
}
