// Deleting a message or a conversation, and erasing a person: with a reason, and a receipt of what the audit
// keeps. Afterwards nothing of it is left in the page.

import { el } from "../shared/dom.js";
import { get, remove } from "./api.js";
import { withConflicts } from "./conflict.js";
import { field, formDialog, openDialog, textInput } from "./dialog.js";
import { exactTime } from "./format.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

const REASON = "It is kept in the audit, so it must not name the person.";
/** Pages of the audit that are looked through for a receipt, of 100 entries each. */
const PAGES = 10;

function reasonField() {
  return field("Reason (optional)", textInput("reason", "", { maxlength: "1000", autofocus: true }), REASON);
}

export async function deleteMessage({ _id, conversationId, number }) {
  await formDialog(`Delete message ${number}?`, [el("p", {}, "It is removed permanently, for everybody."), reasonField()], {
    action: "Delete",
    danger: true,
    submit: async (form) => {
      const path = `conversations/${conversationId}/messages/${_id}`;
      const { etag } = await get(path);
      await remove(path, { etag, reason: form.elements.reason.value });
      thread.removeMessage(_id);
      await store.read(conversationId).catch(() => {});
    },
  });
}

export async function deleteConversation(id) {
  const reply = await formDialog("Delete this conversation?", [el("p", {}, "Its messages, labels and history are removed permanently. The customer stays."), reasonField()], {
    action: "Delete",
    danger: true,
    submit: (form, place) => withConflicts(id, "Delete", (etag) => remove(`conversations/${id}`, { etag, reason: form.elements.reason.value }), place),
  });
  if (!reply?.message) return;
  store.drop(id);
  await showReceipt("conversation", id, reply);
}

/** Erases a person with all their conversations. */
export async function erasePerson(customer) {
  const id = customer._id;
  const sure = el("label", { class: "check" }, el("input", { type: "checkbox", name: "sure" }), el("span", {}, "Erase this person and all their conversations"));
  const reply = await formDialog("Erase a person?", [
    el("p", {}, "The customer and every conversation with them are removed permanently: messages of all authors, labels, history. It cannot be undone."),
    reasonField(), sure,
  ], {
    action: "Erase",
    danger: true,
    submit: async (form) => {
      if (!form.elements.sure.checked) throw new Error("Confirm it first.");
      const { etag } = await get(`customers/${id}`);
      return remove(`customers/${id}`, { etag, reason: form.elements.reason.value, query: { erase: "true" } });
    },
  });
  if (!reply?.message) return;
  store.dropCustomer(id);
  await showReceipt("person", id, reply);
}

/** What was erased, without any content: to be shown, and to be saved. */
async function showReceipt(kind, id, reply) {
  const entries = session.allows("read:audit") ? await entriesOf(reply.requestId) : null;
  const receipt = {
    erased: kind,
    id,
    workspace: session.me.workspace,
    by: { keyId: session.me._id, name: session.me.name },
    requestId: reply.requestId,
    message: reply.message,
    conversations: entries?.filter(({ action }) => action === "conversation.deleted").length ?? null,
    messages: entries?.reduce((sum, { messageCount }) => sum + (messageCount ?? 0), 0) ?? null,
    audit: entries,
  };
  const { conversations, messages } = receipt;
  const rows = [["Id", id], ["Request", reply.requestId]];
  if (entries) rows.push(["Conversations", String(conversations)], ["Messages", String(messages)], ["Audit entries", String(entries.length)]);
  if (entries?.[0]) rows.push(["Time", exactTime(entries[0].createdAt)], ["Reason", entries[0].reason ?? "none"]);
  openDialog("Receipt", (close) => el("div", { class: "receipt" },
    el("p", {}, reply.message),
    el("dl", {}, rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    !entries && el("p", { class: "soft" }, "This key may not read the audit, which has the details."),
    el("div", { class: "dialog-actions" },
      el("button", { type: "button", click: () => save(`receipt-${id}.json`, receipt) }, "Save as JSON"),
      el("button", { type: "button", class: "quiet", click: () => close() }, "Close"))));
}

// All entries of one request carry its id, and stand together near the start of the audit.
async function entriesOf(requestId) {
  const found = [];
  for (let cursor = null, page = 0; page < PAGES; page += 1) {
    const { data, pagination } = await get("audit", { limit: 100, cursor });
    const own = data.filter((entry) => entry.requestId === requestId);
    found.push(...own);
    cursor = pagination.nextCursor;
    if (!cursor || (found.length > 0 && own.length === 0)) break;
  }
  return found;
}

function save(name, value) {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
