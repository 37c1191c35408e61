// All that the page keeps in the browser, in one place. The key, the user and drafts end with the tab
// (sessionStorage); saved filters stay for their workspace (localStorage). Nothing is put in an address.

const KEY = "conversations.key";
const USER = "conversations.user";
const DRAFTS = "conversations.drafts";
const FILTERS = "conversations.filters.";

function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name)) ?? otherwise;
  } catch {
    // What another version stored, or what was changed by hand, is as good as nothing.
    return otherwise;
  }
}

function write(storage, name, value) {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage may be full or switched off: then it lasts as long as the page does.
  }
}

export const storedKey = {
  get: () => read(sessionStorage, KEY, ""),
  set: (key) => write(sessionStorage, KEY, key),
};

/** The user for whom a key speaks that has none of its own; only for that key. */
export const storedUser = {
  get: (keyId) => read(sessionStorage, USER, {})[keyId],
  set: (keyId, userId) => write(sessionStorage, USER, { [keyId]: userId }),
};

export const storedDrafts = {
  get: () => read(sessionStorage, DRAFTS, {}),
  set: (drafts) => write(sessionStorage, DRAFTS, drafts),
};

export const storedFilters = {
  get: (workspaceId) => read(localStorage, FILTERS + workspaceId, []),
  set: (workspaceId, filters) => write(localStorage, FILTERS + workspaceId, filters),
};

/** Leaves nothing of the session behind. */
export function forgetSession() {
  for (const name of [KEY, USER, DRAFTS]) sessionStorage.removeItem(name);
}
