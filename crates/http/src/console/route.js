// Where one is, as the address says: a view, and in it a conversation; or a page of the administration.
// Ids are in the address, and never what people wrote.

/** `{ view, id }`, `{ admin }` or `{ menu: true }`, which shows the views on narrow screens. */
export function route() {
  const [first = "", second = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (first === "admin") return { admin: second || "keys" };
  if (first === "views") return { menu: true, view: second };
  return { view: first, id: second };
}

export const hrefOf = {
  view: (view) => `#/${view}`,
  conversation: (view, id) => `#/${view}/${id}`,
  admin: (page) => `#/admin/${page}`,
  menu: (view) => `#/views/${view}`,
};

/** Goes somewhere. `replace` leaves no step in the history of the browser. */
export function go(href, { replace = false } = {}) {
  if (href === location.hash) return;
  if (!replace) return void (location.hash = href);
  history.replaceState(null, "", href);
  dispatchEvent(new Event("hashchange"));
}
