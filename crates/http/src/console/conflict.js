// What to do when a change was refused because others were first (412): what they changed is shown, nothing
// is overwritten unseen, and what was typed stays.

import { el } from "../shared/dom.js";
import { describeAll } from "./changes.js";
import { count, dayAndTime } from "./format.js";
import { whoOf } from "./message.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

/** What changed in a conversation since a state that was seen. */
async function meanwhile(id, before) {
  const { data, etag } = await store.read(id);
  const groups = thread.id === id ? await thread.changesSince(before.updatedAt) : [];
  const foreign = groups.filter(({ keyId }) => keyId !== session.me._id);
  const messages = data.messageCount - before.messageCount;
  return { etag, foreign, messages };
}

/**
 * Does something with the tag of the state that was seen. If that is refused, it is done again when no
 * other key changed anything, or when the user, who is shown what changed in `place`, says so.
 */
export async function withConflicts(id, what, act, place = document.getElementById("conflict")) {
  const { data: before, etag } = await store.seen(id);
  try {
    return await act(etag);
  } catch (error) {
    if (error.status !== 412) throw error;
    const changed = await meanwhile(id, before);
    const isOwn = changed.foreign.length === 0 && changed.messages === 0;
    if (isOwn) return act(changed.etag);
    return askAgain(id, what, act, changed, place);
  }
}

function askAgain(id, what, act, { etag, foreign, messages }, place) {
  return new Promise((done, fail) => {
    const close = () => place.replaceChildren();
    const again = el("button", { type: "button", click: () => {
      close();
      act(etag).then(done, (error) => (error.status === 412 ? withConflicts(id, what, act, place).then(done, fail) : fail(error)));
    } }, `${what} anyway`);
    const leave = el("button", { type: "button", class: "quiet", click: () => {
      close();
      done(null);
    } }, "Leave it as it is");
    const lines = foreign.map((group) => el("li", {}, el("strong", {}, whoOf(group)), ` ${describeAll(group)}, ${dayAndTime(group.at)}`));
    if (messages > 0) lines.push(el("li", {}, `${count(messages)} new message${messages > 1 ? "s" : ""}`));
    if (messages < 0) lines.push(el("li", {}, "A message was deleted"));
    place.replaceChildren(el("div", { class: "conflict", role: "alert" },
      el("p", {}, el("strong", {}, "Not done: it changed in the meantime.")),
      el("ul", {}, lines),
      el("div", { class: "dialog-actions" }, again, leave)));
    again.focus();
  });
}
