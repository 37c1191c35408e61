// What the page knows of the workspace: conversations with their tags, users, inboxes, and which
// conversations others changed. It tells the panes of each change with an event:
//
// - `conversation`: `{ id, now }`, where `now` is null when it was deleted
// - `directory`: users or inboxes changed
// - `message`: a message came or went, as the feed has it
// - `customer`: `{ id, now }`
// - `history`: fields of a conversation changed
// - `reset`: everything has to be read again

import { get } from "./api.js";

class Store extends EventTarget {
  conversations = new Map();
  #tags = new Map();
  users = new Map();
  inboxes = new Map();
  /** Conversations that others changed since they were last looked at. */
  changed = new Set();
  /** By whom things were changed last, as far as the stream says: ids to names of keys. */
  changers = new Map();
  // What was deleted here: events that were on their way must not bring it back.
  #gone = new Set();

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  hear(name, act, signal) {
    this.addEventListener(name, ({ detail }) => act(detail), { signal });
  }

  /** Takes a conversation as the API shows it, unless a newer state is known. Rows of lists have no tag. */
  take(conversation, etag = null) {
    const id = conversation._id;
    const known = this.conversations.get(id);
    if (this.#gone.has(id) || (known && known.updatedAt > conversation.updatedAt)) return;
    if (etag || known?.updatedAt !== conversation.updatedAt) this.#tags.set(id, etag);
    this.conversations.set(id, conversation);
    this.tell("conversation", { id, now: conversation });
  }

  /** Forgets a conversation that was deleted. */
  drop(id) {
    this.#gone.add(id);
    this.changed.delete(id);
    this.#tags.delete(id);
    this.conversations.delete(id);
    this.tell("conversation", { id, now: null });
  }

  /** Forgets a customer and the conversations with them. */
  dropCustomer(customerId) {
    for (const each of [...this.conversations.values()]) {
      if (each.customerId?._id === customerId) this.drop(each._id);
    }
    this.tell("customer", { id: customerId, now: null });
  }

  /** A customer changed: conversations show them, and have other tags now. */
  takeCustomer(customer) {
    for (const each of [...this.conversations.values()]) {
      if (each.customerId?._id === customer._id) this.#show({ ...each, customerId: customer });
    }
    this.tell("customer", { id: customer._id, now: customer });
  }

  takeUser(user) {
    this.users.set(user._id, user);
    for (const each of [...this.conversations.values()]) {
      if (each.assignedTo?._id === user._id) this.#show({ ...each, assignedTo: user });
    }
    this.tell("directory");
  }

  #show(conversation) {
    this.#tags.set(conversation._id, null);
    this.conversations.set(conversation._id, conversation);
    this.tell("conversation", { id: conversation._id, now: conversation });
  }

  /** A conversation with its tag, as it is shown, else as it is stored now. */
  async seen(id) {
    const etag = this.#tags.get(id);
    if (etag) return { data: this.conversations.get(id), etag };
    return this.read(id);
  }

  /** A conversation with its tag, as it is stored now. */
  async read(id) {
    const { data, etag } = await get(`conversations/${id}`);
    this.take(data, etag);
    return { data, etag };
  }

  /** The tag of the state that is shown, or null. */
  tagOf(id) {
    return this.#tags.get(id) ?? null;
  }

  nameOfUser(id) {
    return this.users.get(id)?.name ?? "Another user";
  }

  nameOfInbox(id) {
    return this.inboxes.get(id)?.name ?? "an inbox";
  }

  clear() {
    for (const each of [this.conversations, this.#tags, this.users, this.inboxes, this.changed, this.changers, this.#gone]) each.clear();
  }
}

export const store = new Store();
