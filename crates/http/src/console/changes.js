// What changed in a conversation, in words: for the history in a thread, and for what others changed.

import { store } from "./store.js";

/** A change of a field, as the history has it. */
export function describe({ field, from, to }) {
  switch (field) {
    case "status":
      if (to === "closed") return "closed it";
      return from === "closed" ? `reopened it as ${to}` : `set it to ${to}`;
    case "assignedTo":
      return to ? `assigned it to ${store.nameOfUser(to)}` : `took it from ${store.nameOfUser(from)}`;
    case "priority":
      return `changed the priority from ${from} to ${to}`;
    case "labels":
      return describeWords("label", from, to);
    case "inboxId":
      return `moved it to ${store.nameOfInbox(to)}`;
    case "subject":
      return `changed the subject from “${from}”`;
    case "customerId":
      return "set the customer";
    default:
      return `changed ${field}`;
  }
}

function describeWords(noun, from, to) {
  const added = to.filter((word) => !from.includes(word));
  const removed = from.filter((word) => !to.includes(word));
  const parts = [
    added.length > 0 && `added the ${noun}${added.length > 1 ? "s" : ""} ${added.join(", ")}`,
    removed.length > 0 && `removed the ${noun}${removed.length > 1 ? "s" : ""} ${removed.join(", ")}`,
  ].filter(Boolean);
  return parts.join(" and ") || `put the ${noun}s in another order`;
}

/** Entries of a history that belong to one request: one line each. */
export function grouped(entries) {
  const groups = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && last.at === entry.createdAt && last.by === entry.by.name) last.entries.push(entry);
    else groups.push({ id: entry._id, at: entry.createdAt, by: entry.by.name, keyId: entry.by.keyId, entries: [entry] });
  }
  return groups;
}

/** A group as the end of a sentence that begins with who did it. */
export function describeAll({ entries }) {
  return entries.map(describe).join(", ");
}
