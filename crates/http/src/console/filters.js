// What is above the list: its title with the exact count, search, filters and order.

import { el } from "../shared/dom.js";
import { countShown, counts } from "./counts.js";
import { count, words } from "./format.js";
import { ask } from "./dialog.js";
import { list } from "./list.js";
import { go, hrefOf, route } from "./route.js";
import { store } from "./store.js";
import { removeFilter, saveFilter, viewOf } from "./views.js";

const SORTS = { "-updatedAt": "Changed last", updatedAt: "Waiting longest", "-priority": "Most urgent", "-createdAt": "Newest", createdAt: "Oldest" };
/** Milliseconds after the last letter of a search. */
const TYPING = 250;

let shownView = "";
let timer = null;

/** Fills the head of the list, and shows the view of the address whenever that changes. */
export function startFilters(signal) {
  const head = document.getElementById("list-head");
  const search = el("input", { id: "search", type: "search", placeholder: "Search subjects and messages", autocomplete: "off", spellcheck: "false", "aria-label": "Search in this view", maxlength: "255", input: typed });
  const sort = el("select", { id: "sort", "aria-label": "Order", change: apply }, Object.entries(SORTS).map(([value, title]) => el("option", { value }, title)));
  const priority = el("select", { id: "priority-filter", "aria-label": "Priority", change: apply },
    [["", "Any priority"], ["urgent", "Urgent"], ["high,urgent", "High or urgent"], ["medium", "Medium"], ["low", "Low"]].map(([value, title]) => el("option", { value }, title)));
  const label = el("input", { id: "label-filter", placeholder: "Labels", autocomplete: "off", "aria-label": "Labels, with commas", input: typed });
  const save = el("button", { type: "button", class: "quiet", click: keep }, "Save filter");
  const drop = el("button", { type: "button", class: "quiet", hidden: true, click: forget }, "Remove filter");
  const title = el("h1", { id: "list-title" });
  const number = el("span", { class: "count", "aria-live": "off" });
  head.replaceChildren(
    el("div", { class: "list-title" },
      el("a", { class: "to-views quiet-link", href: "#/views/open" }, "‹ Views"), title, number, save, drop),
    el("search", {}, search, el("kbd", { "aria-hidden": "true" }, "/")),
    el("div", { class: "list-filters" }, sort, priority, label));

  /** The filter of the view, narrowed by what was typed. */
  function filter() {
    const view = viewOf(shownView);
    const own = { q: search.value.trim(), priority: priority.value ? priority.value.split(",") : [], label: words(label.value) };
    const narrowed = { ...view.filter };
    for (const [name, value] of Object.entries(own)) if (value.length > 0) narrowed[name] = value;
    return narrowed;
  }
  const isNarrowed = () => [search, priority, label].some(({ value }) => value.trim() !== "");

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(apply, TYPING);
  }

  async function apply() {
    clearTimeout(timer);
    save.hidden = !isNarrowed();
    document.getElementById("list-body").scrollTop = 0;
    countShown(isNarrowed() ? filter() : null);
    return list.show(filter(), sort.value);
  }

  async function show() {
    const here = route();
    if (here.admin) return;
    const view = viewOf(here.view || shownView);
    const { hash } = document.querySelector(".to-views");
    if (hash !== hrefOf.menu(view.id)) document.querySelector(".to-views").href = hrefOf.menu(view.id);
    if (view.id === shownView) return;
    shownView = view.id;
    for (const field of [search, priority, label]) field.value = "";
    if (view.sort) sort.value = view.sort;
    drop.hidden = !view.isSaved;
    say();
    return apply();
  }

  function say() {
    const view = viewOf(shownView);
    title.textContent = view.title;
    const known = isNarrowed() ? counts.current ?? list.total : counts.of.get(view.id) ?? list.total;
    number.textContent = known === null || known === undefined ? "" : count(known);
  }

  async function keep() {
    const name = await ask("Save this filter", "Name", { value: search.value || label.value || priority.value, action: "Save" });
    if (name) go(hrefOf.view(saveFilter(name, filter(), sort.value)));
  }

  function forget() {
    const gone = shownView;
    go(hrefOf.view("open"));
    removeFilter(gone);
  }

  shownView = "";
  const options = { signal };
  addEventListener("hashchange", show, options);
  counts.addEventListener("change", say, options);
  list.addEventListener("change", say, options);
  store.hear("directory", say, signal);
  store.hear("reset", apply, signal);
  return show();
}
