// What was typed and not sent, by conversation: a reply and a note each, which never mix. It survives a
// reload of the tab, with the key of an attempt whose answer was lost, so that sending again sends it once.

import { storedDrafts } from "./storage.js";

const EMPTY = { text: "", attempt: {}, seen: 0 };

let drafts = null;

function all() {
  drafts ??= storedDrafts.get();
  return drafts;
}

/** The draft of a kind, `reply` or `note`. `seen` is the newest message when it was begun. */
export function draftOf(id, kind) {
  return { ...EMPTY, ...all()[id]?.[kind] };
}

export function keepDraft(id, kind, draft) {
  const own = { ...all()[id], [kind]: draft };
  if (Object.values(own).some(({ text }) => text)) all()[id] = own;
  else delete all()[id];
  storedDrafts.set(all());
}

/** Forgets the drafts of a conversation that is gone. */
export function dropDrafts(id) {
  if (!all()[id]) return;
  delete all()[id];
  storedDrafts.set(all());
}

/** Forgets all of them, without storing anything. */
export function forgetDrafts() {
  drafts = null;
}
