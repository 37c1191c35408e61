// The conversations of a view, as far as they were read: one page after the other by cursor, and kept in
// their order while events come in. It holds ids; `store` has what they look like.

import { get } from "./api.js";
import { sentenceOf } from "./errors.js";
import { store } from "./store.js";
import { matches } from "./views.js";

const RANKS = { low: 0, medium: 1, high: 2, urgent: 3 };
const [FIRST, NEXT] = [50, 100];
/** How long a search waits for further events before it asks the server again, in milliseconds. */
const PROBE = 400;

class List extends EventTarget {
  ids = [];
  total = null;
  loading = false;
  problem = "";
  #filter = {};
  #sort = "-updatedAt";
  #next = null;
  // Where what was read ends: what comes behind it is read later.
  #end = null;
  #known = new Set();
  #question = 0;
  #probe = null;
  #taking = false;

  get isComplete() {
    return this.#next === null && !this.loading;
  }

  /** Shows other conversations. */
  async show(filter, sort) {
    Object.assign(this, { ids: [], total: null, problem: "", loading: true });
    this.#filter = filter;
    this.#sort = sort;
    this.#next = null;
    this.#known = new Set();
    this.#question += 1;
    this.#tell();
    return this.#read({ limit: FIRST });
  }

  /** Reads the next page, if there is one. */
  async more() {
    if (this.loading || this.#next === null) return;
    this.loading = true;
    await this.#read({ limit: NEXT, cursor: this.#next });
  }

  async #read(page) {
    const own = this.#question;
    try {
      const { data, pagination } = await get("conversations", { ...this.#filter, sort: this.#sort, ...page });
      if (own !== this.#question) return null;
      this.#append(data);
      this.#next = pagination.nextCursor;
      this.total = pagination.total;
      this.problem = "";
      this.loading = false;
      this.#tell();
      return pagination.asOf;
    } catch (error) {
      if (own === this.#question) {
        Object.assign(this, { loading: false, problem: sentenceOf(error) });
        this.#tell();
      }
      return null;
    }
  }

  #append(data) {
    this.#take(data);
    for (const { _id: id } of data) {
      // The store may know of a newer state, which belongs elsewhere.
      const now = store.conversations.get(id);
      if (!now || this.#known.has(id) || !matches(now, this.#filter)) continue;
      this.ids.push(id);
      this.#known.add(id);
    }
    if (data.length > 0) this.#end = data.at(-1);
  }

  // What the list itself has read is no change that it has to follow.
  #take(data) {
    this.#taking = true;
    for (const each of data) store.take(each, null);
    this.#taking = false;
  }

  /** Follows a change of a conversation. */
  follow({ id, now }) {
    if (this.#taking) return;
    const known = this.#known.has(id);
    if (!now || !matches(now, this.#filter)) {
      if (known) this.#remove(id);
    } else if (this.#filter.q || this.#sort === "relevance") {
      if (!known) return this.#probeSoon();
    } else {
      if (known) this.#remove(id);
      this.#place(now);
    }
    this.#tell();
  }

  #remove(id) {
    this.ids.splice(this.ids.indexOf(id), 1);
    this.#known.delete(id);
  }

  #place(conversation) {
    if (this.#next !== null && this.#compare(conversation, this.#end) > 0) return;
    let [low, high] = [0, this.ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(store.conversations.get(this.ids[middle]), conversation) < 0) low = middle + 1;
      else high = middle;
    }
    this.ids.splice(low, 0, conversation._id);
    this.#known.add(conversation._id);
  }

  #compare(one, other) {
    const descending = this.#sort.startsWith("-");
    const field = this.#sort.replace("-", "");
    const valueOf = (each) => (field === "priority" ? RANKS[each.priority] : field === "updatedAt" ? each.updatedAt : each._id);
    const [left, right] = [one, other].map((each) => [valueOf(each), each._id]);
    const order = left[0] === right[0] ? compare(left[1], right[1]) : compare(left[0], right[0]);
    return descending ? -order : order;
  }

  // Of words only the server knows what has them: the first page is read again.
  #probeSoon() {
    clearTimeout(this.#probe);
    const own = this.#question;
    this.#probe = setTimeout(async () => {
      try {
        const { data } = await get("conversations", { ...this.#filter, sort: this.#sort, limit: FIRST });
        if (own !== this.#question) return;
        this.#take(data);
        const found = data.map((each) => each._id).filter((id) => store.conversations.has(id));
        for (const id of found) this.#known.add(id);
        this.ids = [...found, ...this.ids.filter((id) => !found.includes(id))];
        this.#tell();
      } catch {
        // The next event asks again.
      }
    }, PROBE);
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

export const list = new List();
