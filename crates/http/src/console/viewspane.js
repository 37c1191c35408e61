// The pane on the left: the views with their counts, and the pages of the administration.

import { el } from "../shared/dom.js";
import { counts } from "./counts.js";
import { count } from "./format.js";
import { reconcile } from "./reconcile.js";
import { hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { views } from "./views.js";

/** Pages of the administration, with the permission without which they are not offered. */
export const ADMIN_PAGES = [
  ["users", "Users", "read:users"],
  ["inboxes", "Inboxes", "read:inboxes"],
  ["keys", "API keys", "read:keys"],
  ["webhooks", "Webhooks", "read:webhooks"],
  ["audit", "Audit", "read:audit"],
];

const GROUPS = ["Conversations", "Inboxes", "Saved filters"];

export function startViews(signal) {
  const pane = document.getElementById("views");
  const groups = GROUPS.map((title) => ({ title, node: el("section", { hidden: true }, el("h2", {}, title), el("ul")) }));
  const pages = ADMIN_PAGES.filter(([, , permission]) => session.allows(permission));
  const administration = el("section", { hidden: pages.length === 0 },
    el("h2", {}, "Administration"),
    el("ul", {}, pages.map(([id, title]) => el("li", {}, el("a", { href: hrefOf.admin(id) }, el("span", { class: "title" }, title))))));
  pane.replaceChildren(...groups.map(({ node }) => node), administration);

  const show = () => {
    const all = session.allows("read:conversations") ? views() : [];
    for (const { title, node } of groups) {
      const own = all.filter((view) => view.group === title);
      node.hidden = own.length === 0;
      reconcile(node.querySelector("ul"), own, ({ id }) => id, make, update);
    }
    const here = route();
    for (const link of administration.querySelectorAll("a")) mark(link, link.hash === hrefOf.admin(here.admin));
  };
  const options = { signal };
  counts.addEventListener("change", show, options);
  addEventListener("hashchange", show, options);
  store.hear("directory", show, signal);
  show();
}

function make({ id, title, key }) {
  return el("li", {}, el("a", { href: hrefOf.view(id), "data-view": id, "aria-keyshortcuts": key && `g ${key}` },
    el("span", { class: "title" }, title),
    el("span", { class: "count" })));
}

function update(node, { id, title }) {
  const link = node.firstChild;
  const known = counts.of.get(id);
  link.querySelector(".title").textContent = title;
  link.querySelector(".count").textContent = known === undefined ? "" : count(known);
  mark(link, route().view === id && !route().admin);
}

function mark(link, current) {
  if (current) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}
