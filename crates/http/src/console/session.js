// Who works here: the key, what it may do, its workspace, and the user for whom it speaks.

import { forgetSession, storedKey } from "./storage.js";

class Session extends EventTarget {
  key = "";
  /** What `GET /me` says of the key. */
  me = null;
  /** The user who claims and writes, or null for a key that only looks. */
  user = null;

  allows(permission) {
    return this.me?.permissions.includes(permission) ?? false;
  }

  /** Takes a key that was accepted. */
  begin(key, me, user) {
    Object.assign(this, { key, me, user });
    storedKey.set(key);
  }

  /** Forgets everything. The words say why, if the user did not ask for it. */
  end(words = "") {
    if (!this.key && !storedKey.get()) return;
    Object.assign(this, { key: "", me: null, user: null });
    forgetSession();
    this.dispatchEvent(new CustomEvent("end", { detail: words }));
  }
}

export const session = new Session();
