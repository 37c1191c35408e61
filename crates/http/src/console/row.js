// A conversation as a row of the list.

import { el } from "../shared/dom.js";
import { avatar } from "./avatar.js";
import { customerName, exactTime, shortTime } from "./format.js";
import { store } from "./store.js";

/** How many labels a row has room for. */
const LABELS = 3;

/** A row for a conversation; `updateRow` fills it. */
export function makeRow(id) {
  return el("li", { id: `row-${id}`, role: "option", class: "row", "data-id": id });
}

/** Shows a conversation in its row. Nothing is touched while it is the same. */
export function updateRow(row, conversation, { isOpen, isCursor, place, size }) {
  const isChanged = store.changed.has(conversation._id);
  row.setAttribute("aria-selected", String(isOpen));
  row.setAttribute("aria-posinset", String(place));
  row.setAttribute("aria-setsize", String(size));
  row.classList.toggle("cursor", isCursor);
  row.classList.toggle("changed", isChanged);
  if (row.shown === conversation && row.shownChanged === isChanged) return;
  Object.assign(row, { shown: conversation, shownChanged: isChanged });
  row.replaceChildren(...content(conversation, isChanged));
}

function content({ subject, customerId, updatedAt, status, priority, labels, assignedTo, messageCount }, isChanged) {
  const name = customerName(customerId);
  return [
    avatar(name, customerId?._id),
    el("span", { class: "row-name" }, isChanged && el("span", { class: "dot", title: "Changed by another key" }, el("span", { class: "hidden" }, "Changed. ")), name),
    el("time", { class: "row-time", datetime: updatedAt, title: exactTime(updatedAt) }, shortTime(updatedAt)),
    el("span", { class: "row-subject" }, subject),
    el("span", { class: "row-marks" },
      el("span", { class: `status ${status}` }, status),
      (priority === "high" || priority === "urgent") && el("span", { class: `priority ${priority}` }, priority),
      labels.slice(0, LABELS).map((label) => el("span", { class: "label" }, label)),
      labels.length > LABELS && el("span", { class: "soft" }, `+${labels.length - LABELS}`)),
    el("span", { class: "row-side" },
      el("span", { class: "soft", title: "Messages" }, String(messageCount)),
      assignedTo && el("span", { class: "hidden" }, `, assigned to ${assignedTo.name}`),
      assignedTo && avatar(assignedTo.name, assignedTo._id, "small")),
  ];
}
