// Ids to choose from: what the workspace of the key has, so that users can pick an id instead of typing it.

import { send } from "./request.js";
import { session } from "./session.js";

// What the ids in fields and parameters of these names belong to.
const COLLECTIONS = {
  inboxId: "/api/v1/inboxes",
  customerId: "/api/v1/customers",
  assignedTo: "/api/v1/users",
  "author._id": "/api/v1/users",
};

/** The path of the list in which the id of a field or a query parameter is found, if there is one. */
export function collectionOf(api, name) {
  const path = COLLECTIONS[name];
  return path && api.listing(path) ? path : undefined;
}

/** The same for a parameter in a path, given the values of those before it. */
export function collectionBefore(api, operation, name, values) {
  const pattern = operation.path.slice(0, operation.path.indexOf(`/{${name}}`));
  if (!api.listing(pattern)) return undefined;
  const path = pattern.replace(/\{(\w+)\}/g, (_, each) => encodeURIComponent(values[each] ?? ""));
  // Nothing was typed there yet, or what no path keeps.
  return path.slice(1).split("/").some((part) => ["", ".", ".."].includes(part)) ? undefined : path;
}

/** What a list has, newest first in most; nothing without a key that may see it. */
export async function choicesOf(api, path) {
  if (!session.key) return [];
  const request = { method: "GET", url: `${api.url(path)}?limit=50`, headers: [] };
  try {
    const { status, text } = await send(request, session.key);
    return status === 200 ? JSON.parse(text).data.map((item) => ({ id: item._id, label: labelOf(item) })) : [];
  } catch {
    // The user sees why it does not work when they send a request.
    return [];
  }
}

/** What people call it. */
function labelOf(item) {
  const { firstName, lastName, email } = item.profile ?? {};
  const person = [firstName, lastName].filter(Boolean).join(" ") || email;
  return item.subject ?? item.name ?? person ?? item.body?.slice(0, 60) ?? item._id;
}
