// The stream of events, applied to what the page knows. After an interruption it goes on from its cursor,
// so that nothing is missed; after a `feed.reset` everything is read again.

import { follow } from "../shared/follow.js";
import { urlOf } from "./api.js";
import { session } from "./session.js";
import { store } from "./store.js";

/** Whether the page is live, and where it goes on: an event `state` tells of a change. */
export const feed = Object.assign(new EventTarget(), { live: false, words: "", place: "" });

let stop = null;

/** Follows the feed from a cursor on. */
export async function startFeed(after) {
  stopFeed();
  const own = new AbortController();
  stop = own;
  const mine = (act) => (...given) => stop === own && act(...given);
  await follow(urlOf("events/stream", { after }), session.key, own.signal, mine(hear), mine(say));
}

export function stopFeed() {
  stop?.abort();
  stop = null;
  Object.assign(feed, { live: false, words: "", place: "" });
}

// The connection: `good` is live, `busy` tries again, `bad` was refused.
function say(kind, words) {
  Object.assign(feed, { live: kind === "good", refused: kind === "bad", words });
  feed.dispatchEvent(new Event("state"));
}

function hear(frame, told) {
  feed.place = frame.id;
  if (frame.event === "feed.open" || frame.event === "feed.bookmark") return;
  // Without `_id` the stream lost its place; with it many things were rewritten at once.
  if (frame.event === "feed.reset") return store.tell("reset");
  apply(told);
  store.tell("event", told);
}

function apply(event) {
  const [kind, what] = event.type.split(".");
  const { subject, data, etag } = event;
  const gone = what === "deleted";
  if (event.by) store.changers.set(subject._id, event.by.name);
  if (kind === "conversation") {
    mark(event, subject._id);
    if (gone) store.drop(subject._id);
    else if (data) store.take(data, etag);
    if (event.changes.length > 0) store.tell("history", subject._id);
  }
  if (kind === "message") {
    mark(event, subject.conversationId);
    const { conversation } = event;
    if (conversation?.data) store.take(conversation.data, conversation.etag);
    store.tell("message", event);
  }
  if (kind === "customer") {
    if (gone) store.dropCustomer(subject._id);
    else if (data) store.takeCustomer(data);
  }
  if (kind === "user") changeDirectory(store.users, subject._id, data);
  if (kind === "inbox") changeDirectory(store.inboxes, subject._id, data);
}

function changeDirectory(directory, id, data) {
  if (directory === store.users && data) return store.takeUser(data);
  if (data) directory.set(id, data);
  else directory.delete(id);
  store.tell("directory");
}

// What the key of this page did is no news.
function mark({ by, type }, id) {
  if (by?.keyId === session.me._id || type.endsWith(".deleted")) return;
  store.changed.add(id);
}
