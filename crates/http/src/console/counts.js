// The exact counts of the views. The server keeps them; the page asks again after each change, at most
// twice a second, and takes all that one reply says together.

import { get } from "./api.js";
import { feed } from "./feed.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { views } from "./views.js";

/** Milliseconds from a change to the question, and between two questions. */
const [SOON, BETWEEN] = [80, 450];

/** What is known: ids of views to counts. An event `change` tells when they are others. */
export const counts = Object.assign(new EventTarget(), { of: new Map(), current: null });

let timer = null;
let last = 0;
let asked = 0;
// What the list shows, which may be narrower than a view.
let shown = null;

/** Counts as long as the session lasts. */
export function startCounts(signal) {
  for (const name of ["event", "directory", "reset"]) store.hear(name, countSoon, signal);
  feed.addEventListener("state", () => feed.live && countSoon(), { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    timer = null;
    counts.of.clear();
  });
}

/** Also counts what the list shows with this filter. */
export function countShown(filter) {
  shown = filter;
  countSoon();
}

/** Asks soon; several changes are asked for once. */
export function countSoon() {
  if (timer !== null) return;
  const wait = Math.max(SOON, last + BETWEEN - Date.now());
  timer = setTimeout(async () => {
    timer = null;
    last = Date.now();
    try {
      await count();
    } catch {
      // The strip says that the server does not answer; the next event asks again.
    }
  }, wait);
}

async function count() {
  if (!session.allows("read:conversations")) return;
  const own = (asked += 1);
  const all = views();
  const saved = all.filter((view) => view.isSaved);
  const [byAssignee, byInbox, current, ...totals] = await Promise.all([
    get("conversations/counts", { by: "status,assignedTo" }),
    get("conversations/counts", { by: "status,inboxId" }),
    shown ? totalOf(shown) : null,
    ...saved.map(({ filter }) => totalOf(filter)),
  ]);
  // A later question may have been answered first.
  if (own !== asked || !session.me) return;
  const of = new Map(saved.map(({ id }, index) => [id, totals[index]]));
  for (const { id, filter, isSaved } of all) {
    if (!isSaved) of.set(id, sumOf(filter.inboxId ? byInbox.data : byAssignee.data, filter));
  }
  Object.assign(counts, { of, current });
  counts.dispatchEvent(new Event("change"));
}

async function totalOf(filter) {
  const { pagination } = await get("conversations", { ...filter, limit: 1 });
  return pagination.total;
}

function sumOf(cells, { status, inboxId, assignedTo }) {
  const fits = (cell) =>
    status.includes(cell.status) &&
    (!inboxId || cell.inboxId === inboxId) &&
    (!assignedTo || (cell.assignedTo ?? "none") === assignedTo);
  return cells.filter(fits).reduce((sum, cell) => sum + cell.count, 0);
}
