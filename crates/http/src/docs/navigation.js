// The list of all operations, and the search in it.

import { el } from "../shared/dom.js";
import { isStream } from "./tail.js";

/** Fills the list and makes the search work. */
export function startNavigation(api) {
  const entries = api.operations.map((each) => entry(api, each));
  const live = api.operations.filter(isStream).map(({ id }) => el("li", {}, el("a", { href: `#/${id}` }, "Live events")));
  document.getElementById("guide").append(...api.sections.map(({ title }) => el("li", {}, el("a", { href: `#/groups/${title}` }, title))), ...live);
  const groups = api.groups.map(({ name }) => {
    const own = entries.filter(({ operation }) => operation.group === name);
    const items = own.map(({ node }) => node);
    const heading = el("h2", {}, el("a", { href: `#/groups/${name}` }, name));
    return { own, node: el("section", {}, heading, el("ul", {}, items)) };
  });
  document.getElementById("groups").append(...groups.map(({ node }) => node));
  startSearch(entries, groups);
  startMenu();
}

/** Marks the operation whose page is shown. */
export function markCurrent(id) {
  for (const link of document.querySelectorAll("#groups li a")) {
    const current = link.hash === `#/${id}`;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (current) reveal(link);
  }
  closeMenu();
}

// `scrollIntoView` would make the next Tab go on from there.
function reveal(link) {
  const list = document.getElementById("navigation");
  const [inside, frame] = [link, list].map((node) => node.getBoundingClientRect());
  if (inside.top < frame.top || inside.bottom > frame.bottom) list.scrollTop += inside.top - frame.top - frame.height / 2;
}

function entry(api, operation) {
  const { id, method, path, summary } = operation;
  const words = wordsOf(api, operation).join(" ").toLowerCase();
  const link = el("a", { href: `#/${id}`, title: `${method} ${path}` },
    el("span", { class: "title" }, summary),
    el("span", { class: `method ${method.toLowerCase()}` }, method));
  return { operation, words, node: el("li", {}, link) };
}

/** What an operation is found by: its own words, and the names of its parameters and fields. */
function wordsOf(api, operation) {
  const { id, method, path, summary, permission, parameters, body, responses } = operation;
  const good = responses.filter(({ status }) => status < 400);
  const schemas = [body?.schema, ...good.map(({ schema }) => schema)];
  const names = parameters.map(({ name }) => name);
  return [method, path, id, summary, permission ?? "", ...names, ...schemas.flatMap((each) => fieldsOf(api, each))];
}

/** The names of the fields of a value, and of those inside of it. */
function fieldsOf(api, schema) {
  const { properties = {}, anyOf = [], oneOf = [], items } = api.resolve(schema);
  const inside = [...Object.values(properties), ...anyOf, ...oneOf, items].filter(Boolean);
  return [...Object.keys(properties), ...inside.flatMap((each) => fieldsOf(api, each))];
}

function startSearch(entries, groups) {
  const field = document.getElementById("search");
  const nothing = document.getElementById("nothing-found");
  const filter = () => {
    const asked = field.value.toLowerCase().split(/\s+/);
    for (const { words, node } of entries) node.hidden = !asked.every((each) => words.includes(each));
    for (const { own, node } of groups) node.hidden = own.every((each) => each.node.hidden);
    nothing.hidden = groups.some(({ node }) => !node.hidden);
  };
  field.addEventListener("input", filter);
  field.addEventListener("keydown", ({ key }) => {
    const first = entries.find(({ node }) => !node.hidden);
    if (key === "Enter" && field.value && first) first.node.firstChild.click();
    if (key === "Escape") {
      field.value = "";
      filter();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    openMenu();
    field.focus();
  });
}

// On narrow screens the list is behind a button.
function startMenu() {
  menu().addEventListener("click", () => (isOpen() ? closeMenu() : openMenu()));
}

const menu = () => document.getElementById("menu");
const isOpen = () => menu().getAttribute("aria-expanded") === "true";

function openMenu() {
  menu().setAttribute("aria-expanded", "true");
}

function closeMenu() {
  menu().setAttribute("aria-expanded", "false");
}
