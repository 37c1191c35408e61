// The key that requests are sent with. It is kept in the memory of this page and nowhere else: it is
// gone when the page is closed or reloaded.

class Session extends EventTarget {
  #key = "";
  #permissions = [];

  get key() {
    return this.#key;
  }

  /** Whether the key may do what takes this permission; undefined takes none. */
  allows(permission) {
    return permission === undefined || this.#permissions.includes(permission);
  }

  /** Takes a key with what it may do, or forgets the present one, and notifies the listeners. */
  use(key, permissions = []) {
    this.#key = key;
    this.#permissions = permissions;
    this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
