// What can be done with a conversation: by buttons, and by single keys.

import { announce } from "./announce.js";
import { patch, post } from "./api.js";
import { ask } from "./dialog.js";
import { capital } from "./format.js";
import { sentenceOf } from "./errors.js";
import { withConflicts } from "./conflict.js";
import { pick } from "./menu.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

/** How often a claim is tried again while others change the conversation. */
const CLAIMS = 5;
const PRIORITIES = ["urgent", "high", "medium", "low"];

/** Says what became of an action: beside the conversation if it is open, else for a moment. */
export function say(id, text, isProblem = false) {
  const place = document.getElementById("thread-said");
  if (place && thread.id === id) {
    place.textContent = text;
    place.classList.toggle("problem", isProblem);
  }
  if (!place || thread.id !== id || !isProblem) announce(text);
}

async function attempt(id, work) {
  say(id, "");
  try {
    const done = await work();
    if (done) say(id, done);
  } catch (error) {
    say(id, sentenceOf(error), true);
  }
}

/** Changes fields of a conversation, as it was seen. */
function change(id, what, body, done) {
  return attempt(id, async () => {
    const reply = await withConflicts(id, what, (etag) => patch(`conversations/${id}`, body, etag));
    if (!reply) return "Left as it is.";
    if (reply.data.subject !== undefined) store.take(reply.data, reply.etag);
    return done;
  });
}

/** Takes a conversation that no other user has. Of several who try, one gets it; the others are told who. */
export function claim(id) {
  return attempt(id, async () => {
    if (!session.user) throw new Error("This key speaks for no user, so that it cannot claim.");
    let { data, etag } = await store.seen(id);
    for (let tries = 0; tries < CLAIMS; tries += 1) {
      if (data.assignedTo && data.assignedTo._id !== session.user._id) throw taken(data);
      try {
        const reply = await post(`conversations/${id}/claim`, { assignedTo: session.user._id }, { etag });
        if (reply.data.subject !== undefined) store.take(reply.data, reply.etag);
        return "It is yours.";
      } catch (error) {
        const lost = error.status === 409 && error.details.assignedTo;
        if (error.status !== 412 && !lost) throw error;
        // Another assignee is in the way of a claim, and nothing else that others changed.
        ({ data, etag } = await store.read(id));
      }
    }
    throw new Error("It keeps changing: try again.");
  });
}

function taken({ assignedTo }) {
  return new Error(`${assignedTo?.name ?? "Another user"} has it.`);
}

export function setStatus(id, status) {
  const done = { closed: "Closed.", open: "Open again.", pending: "Set to pending." }[status];
  const what = { closed: "Close", open: "Reopen", pending: "Set to pending" }[status];
  return change(id, what, { status }, done);
}

export async function assign(id, anchor) {
  const seen = store.conversations.get(id);
  const mine = session.user ? [session.user] : [];
  const users = [...mine, ...[...store.users.values()].filter(({ _id }) => _id !== session.user?._id).sort((one, other) => one.name.localeCompare(other.name))];
  const options = [
    ...users.map((user) => ({ value: user._id, title: user._id === session.user?._id ? `${user.name} (you)` : user.name, checked: user._id === seen?.assignedTo?._id })),
    { value: "", title: "Unassigned", checked: !seen?.assignedTo },
  ];
  const chosen = await pick({ anchor, title: "Assign to", options });
  if (chosen === undefined) return;
  await change(id, "Assign", { assignedTo: chosen || null }, chosen ? `Assigned to ${users.find(({ _id }) => _id === chosen).name}.` : "Unassigned.");
}

export async function label(id, anchor) {
  const own = store.conversations.get(id)?.labels ?? [];
  // Words of other conversations that were read: there is no list of all labels.
  const known = new Set(own);
  for (const each of store.conversations.values()) for (const word of each.labels) known.add(word);
  const options = [...known].sort((one, other) => own.includes(other) - own.includes(one) || one.localeCompare(other)).map((word) => ({ value: word, title: word, checked: own.includes(word) }));
  const chosen = await pick({ anchor, title: "Labels", options, several: true, create: true });
  if (chosen === undefined) return;
  const add = chosen.filter((word) => !own.includes(word));
  const drop = own.filter((word) => !chosen.includes(word));
  if (add.length + drop.length === 0) return;
  // An edit leaves the words alone that others add at the same time.
  await change(id, "Label", { labels: { add, remove: drop } }, "Labels saved.");
}

export async function prioritise(id, anchor) {
  const { priority } = store.conversations.get(id) ?? {};
  const chosen = await pick({ anchor, title: "Priority", options: PRIORITIES.map((each) => ({ value: each, title: capital(each), checked: each === priority })) });
  if (chosen) await change(id, "Change the priority", { priority: chosen }, `Priority ${chosen}.`);
}

export async function move(id, anchor) {
  const { inboxId } = store.conversations.get(id) ?? {};
  const options = [...store.inboxes.values()].map(({ _id, name }) => ({ value: _id, title: name, checked: _id === inboxId }));
  const chosen = await pick({ anchor, title: "Move to inbox", options });
  if (chosen) await change(id, "Move", { inboxId: chosen }, `Moved to ${store.nameOfInbox(chosen)}.`);
}

export async function rename(id) {
  const subject = await ask("Change the subject", "Subject", { value: store.conversations.get(id)?.subject });
  if (subject) await change(id, "Change the subject", { subject }, "Subject saved.");
}
