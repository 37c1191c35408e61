// The key that requests are sent with. It is kept in the memory of this page and nowhere else: it is
// gone when the page is closed or reloaded.

class Session extends EventTarget {
  #key = "";

  get key() {
    return this.#key;
  }

  /** Takes a key, or forgets the present one, and notifies the listeners. */
  use(key) {
    this.#key = key;
    this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
