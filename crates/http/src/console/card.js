// The customer of the open conversation: who they are, and their other conversations.

import { el } from "../shared/dom.js";
import { get } from "./api.js";
import { avatar } from "./avatar.js";
import { sentenceOf } from "./errors.js";
import { customerName, exactTime, shortTime } from "./format.js";
import { later } from "./later.js";
import { hrefOf, route } from "./route.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { thread } from "./thread.js";

const editCustomer = later(() => import("./customer.js"), "editCustomer");
const erasePerson = later(() => import("./erase.js"), "erasePerson");

/** Other conversations that are listed. */
const OTHERS = 8;
const SOON = 300;

let shown = null;
let others = { customerId: "", data: [], total: 0, problem: "" };
let timer = null;

export function startCard(signal) {
  thread.addEventListener("change", show, { signal });
  store.hear("conversation", followOthers, signal);
  signal.addEventListener("abort", () => {
    shown = null;
    others = { customerId: "", data: [], total: 0, problem: "" };
  });
  show();
}

const pane = () => document.getElementById("card");

function show() {
  const customer = thread.state === "shown" ? thread.conversation?.customerId ?? null : null;
  if (customer?._id !== others.customerId) {
    others = { customerId: customer?._id ?? "", data: [], total: 0, problem: "" };
    if (customer) readOthers();
  }
  if (customer === shown && customer) return;
  shown = customer;
  render();
}

// Only this part changes by itself: what has the focus above it keeps it.
const otherPlace = el("section", { class: "others" });

function followOthers({ now }) {
  if (!others.customerId || now?.customerId?._id !== others.customerId) return;
  clearTimeout(timer);
  timer = setTimeout(readOthers, SOON);
}

async function readOthers() {
  const { customerId } = others;
  if (!customerId) return;
  try {
    const { data, pagination } = await get("conversations", { customerId, sort: "-updatedAt", limit: OTHERS + 1 });
    if (customerId !== others.customerId) return;
    Object.assign(others, { data, total: pagination.total, problem: "" });
  } catch (error) {
    if (customerId !== others.customerId) return;
    others.problem = sentenceOf(error);
  }
  showOthers();
}

function render() {
  otherPlace.replaceChildren();
  if (!shown) return pane().replaceChildren(thread.state === "shown" ? el("p", { class: "soft" }, "No customer.") : "");
  const { profile, tier, status, tags, customFields, externalId, createdAt } = shown;
  const facts = [
    ["E-mail", profile.email], ["Phone", profile.phone], ["Company", profile.company], ["Job", profile.jobTitle],
    ["Tier", tier], ["Status", status === "active" ? null : status],
    ["External id", externalId && `${externalId.source} ${externalId.id}`],
    ...Object.entries(customFields).map(([name, value]) => [name, String(value)]),
    ["Since", shortTime(createdAt)],
  ].filter(([, value]) => value);
  const name = customerName(shown);
  pane().replaceChildren(
    el("header", { class: "card-head" }, avatar(name, shown._id, "large"), el("h2", {}, name)),
    el("dl", {}, facts.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)])),
    el("p", { class: "thread-labels", hidden: tags.length === 0 }, tags.map((tag) => el("span", { class: "label" }, tag))),
    el("div", { class: "card-actions" },
      session.allows("write:customers") && session.allows("read:customers") && el("button", { type: "button", class: "quiet", id: "edit-customer", click: () => editCustomer(shown._id) }, "Edit"),
      session.allows("write:customers") && session.allows("write:conversations") && session.allows("read:customers") && el("button", { type: "button", class: "quiet erase", click: () => erasePerson(shown) }, "Erase person")),
    otherPlace);
  showOthers();
}

function showOthers() {
  const own = others.data.filter(({ _id }) => _id !== thread.id).slice(0, OTHERS);
  const more = others.total - 1 - own.length;
  otherPlace.replaceChildren(
    el("h3", {}, "Other conversations"),
    el("p", { class: "soft", hidden: own.length > 0 }, others.problem || "None."),
    el("ul", {}, own.map(({ _id, subject, status, updatedAt }) => el("li", {},
      el("a", { href: hrefOf.conversation(route().view || "open", _id) }, subject),
      el("span", { class: "soft" }, el("span", { class: `status ${status}` }, status), " ", el("time", { datetime: updatedAt, title: exactTime(updatedAt) }, shortTime(updatedAt)))))),
    el("p", { class: "soft", hidden: more <= 0 }, `and ${more} more`));
}
