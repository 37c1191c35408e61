// One conversation as it is shown: its newest messages and changes, read from the end, older ones on demand,
// and kept up to date by the feed. An event `change` tells when it is another.

import { get } from "./api.js";
import { grouped } from "./changes.js";
import { sentenceOf } from "./errors.js";
import { store } from "./store.js";

const PAGE = 50;
/** Pages of changes that are read at most, of 100 each. */
const HISTORY_PAGES = 3;
/** Milliseconds for which changes are collected before the history is read again. */
const SOON = 60;

class Thread extends EventTarget {
  id = "";
  /** `empty`, `reading`, `shown`, `gone` or `failed`. */
  state = "empty";
  problem = "";
  #messages = new Map();
  #history = [];
  #earlier = null;
  #timer = null;

  get conversation() {
    return store.conversations.get(this.id) ?? null;
  }

  get hasEarlier() {
    return this.#earlier !== null;
  }

  /** The number of the newest message. */
  get newest() {
    return Math.max(0, ...[...this.#messages.values()].map(({ number }) => number));
  }

  /** Messages after a number, oldest first. */
  messagesAfter(number) {
    return this.messages().filter((each) => each.number > number);
  }

  messages() {
    return [...this.#messages.values()].sort((one, other) => one.number - other.number);
  }

  /** Shows a conversation, or none. */
  async open(id) {
    if (id === this.id && this.state !== "failed") return;
    this.#become(id);
    if (id) await this.reload();
  }

  #become(id) {
    Object.assign(this, { id, state: id ? "reading" : "empty", problem: "" });
    this.#messages = new Map();
    this.#history = [];
    this.#earlier = null;
    this.#tell();
  }

  /** Reads everything again. */
  async reload() {
    const { id } = this;
    if (!id) return;
    try {
      const { data } = await store.read(id);
      const page = Math.max(1, Math.ceil(data.messageCount / PAGE));
      const [messages] = await Promise.all([get(`conversations/${id}/messages`, { limit: PAGE, page }), this.#readHistory()]);
      if (id !== this.id) return;
      this.#messages = new Map(messages.data.map((each) => [each._id, each]));
      this.#earlier = messages.pagination.prevCursor;
      this.state = "shown";
      // A last page with two messages says little.
      if (messages.data.length < 10) await this.earlier();
    } catch (error) {
      if (id !== this.id) return;
      if (error.status === 404) store.drop(id);
      else Object.assign(this, { state: "failed", problem: sentenceOf(error) });
    }
    this.#tell();
  }

  /** Reads the messages before those that are shown. */
  async earlier() {
    const { id } = this;
    if (this.#earlier === null) return;
    const { data, pagination } = await get(`conversations/${id}/messages`, { limit: PAGE, cursor: this.#earlier });
    if (id !== this.id) return;
    for (const each of data) this.#messages.set(each._id, each);
    this.#earlier = pagination.prevCursor;
    this.#tell();
  }

  async #readHistory() {
    const { id } = this;
    const first = await get(`conversations/${id}/history`, { limit: 100 });
    let found = first.data;
    const last = first.pagination.totalPages;
    for (let page = Math.max(2, last - HISTORY_PAGES + 2); page <= last; page += 1) {
      found = [...found, ...(await get(`conversations/${id}/history`, { limit: 100, page })).data];
    }
    if (id === this.id) this.#history = found;
  }

  /** Follows a message that came or went. */
  hearMessage({ subject, data, type }) {
    if (subject.conversationId !== this.id || this.state !== "shown") return;
    if (type === "message.deleted") this.removeMessage(subject._id);
    else if (data) this.takeMessage(data);
  }

  takeMessage(message) {
    if (message.conversationId !== this.id) return;
    this.#messages.set(message._id, message);
    this.#tell();
  }

  removeMessage(id) {
    if (this.#messages.delete(id)) this.#tell();
  }

  /** Follows a change of the conversation itself. */
  hearConversation({ id, now }) {
    if (id !== this.id) return;
    if (!now) this.#vanish();
    this.#tell();
  }

  /** Fields changed: the history has who did it. */
  hearHistory(id) {
    if (id !== this.id || this.#timer !== null) return;
    this.#timer = setTimeout(async () => {
      this.#timer = null;
      try {
        await this.#readHistory();
        this.#tell();
      } catch {
        // The next change reads it.
      }
    }, SOON);
  }

  // Nothing of what was shown stays.
  #vanish() {
    this.#messages = new Map();
    this.#history = [];
    this.#earlier = null;
    this.state = "gone";
  }

  /** Messages and changes by time, each `{ id, message }` or `{ id, group }`. */
  items() {
    const messages = this.messages().map((message) => ({ id: message._id, at: message.createdAt, message }));
    const from = this.#earlier !== null && messages[0] ? messages[0].at : "";
    const groups = grouped(this.#history).filter(({ at }) => at >= from).map((group) => ({ id: group.id, at: group.at, group }));
    // A message that reopens a conversation has the time of the change: it stands before it.
    return [...messages, ...groups].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : Boolean(one.group) - Boolean(other.group)));
  }

  /** Changes after a time, by anybody. */
  async changesSince(at) {
    await this.#readHistory();
    return grouped(this.#history.filter(({ createdAt }) => createdAt > at));
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const thread = new Thread();
