// A message of a thread, and a line of its history.

import { el } from "../shared/dom.js";
import { avatar } from "./avatar.js";
import { describeAll } from "./changes.js";
import { customerName, dayAndTime, exactTime } from "./format.js";
import { later } from "./later.js";
import { linkify } from "./linkify.js";
import { session } from "./session.js";
import { store } from "./store.js";

const deleteMessage = later(() => import("./erase.js"), "deleteMessage");

/** The node of an item; it says who wrote it, and whether the customer can see it. */
export function makeItem(item, conversation) {
  return item.group ? makeLine(item.group) : makeMessage(item.message, conversation);
}

function makeMessage(message, conversation) {
  const { _id, author, internal, body, createdAt, number } = message;
  const name = nameOf(author, conversation);
  const kind = internal ? "note" : author.type;
  return el("article", { class: `message ${kind}`, "data-id": _id, "aria-label": `${internal ? "Internal note" : "Message"} ${number} by ${name}` },
    el("header", {},
      avatar(name, author._id),
      el("strong", {}, name),
      internal && el("span", { class: "note-mark" }, "Internal note"),
      el("time", { datetime: createdAt, title: exactTime(createdAt) }, dayAndTime(createdAt)),
      session.allows("write:conversations") && el("button", { type: "button", class: "quiet delete-message", "aria-label": `Delete message ${number}`, click: () => deleteMessage(message) }, "Delete")),
    el("div", { class: "message-body" }, linkify(body)));
}

/** What the author of a message is called. */
export function nameOf({ type, _id }, conversation) {
  if (type === "system") return "System";
  if (type === "customer") return conversation?.customerId ? customerName(conversation.customerId) : "Customer";
  if (_id === conversation?.assignedTo?._id) return conversation.assignedTo.name;
  return store.users.get(_id)?.name ?? (_id === session.user?._id ? session.user.name : "An agent");
}

function makeLine(group) {
  return el("p", { class: "history-line" },
    el("strong", {}, whoOf(group)), ` ${describeAll(group)} `,
    el("time", { datetime: group.at, title: exactTime(group.at) }, dayAndTime(group.at)));
}

/** Who made a change: the name of the key, and “You” for that of this page. */
export function whoOf({ by, keyId }) {
  return keyId && keyId === session.me?._id ? "You" : by;
}
