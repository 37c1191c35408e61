// The administrator's corner: users, inboxes, keys, webhooks and the audit, each a table with what can be done.

import { el } from "../shared/dom.js";
import { auditPage } from "./admin-audit.js";
import { inboxesPage, usersPage } from "./admin-directory.js";
import { keysPage } from "./admin-keys.js";
import { webhooksPage } from "./admin-webhooks.js";
import { hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { ADMIN_PAGES } from "./viewspane.js";

const PAGES = { users: usersPage, inboxes: inboxesPage, keys: keysPage, webhooks: webhooksPage, audit: auditPage };

let shown = "";

/** Shows a page of the administration. */
export function showAdmin(page) {
  const place = document.getElementById("admin");
  // It may have come late; and a page stays as it is while its address does.
  if (route().admin !== page) return;
  if (page === shown && place.children.length > 0) return;
  shown = page;
  const [, , permission] = ADMIN_PAGES.find(([id]) => id === page) ?? [];
  const back = el("a", { class: "to-views quiet-link", href: hrefOf.menu("open") }, "‹ Views");
  if (!permission) return place.replaceChildren(back, el("p", {}, "There is no such page."));
  if (!session.allows(permission)) return place.replaceChildren(back, el("p", { class: "problem" }, `This key lacks ${permission}.`));
  place.replaceChildren(back, PAGES[page]());
}
