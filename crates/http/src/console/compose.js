// A new conversation, with a known or a new customer.

import { el } from "../shared/dom.js";
import { announce } from "./announce.js";
import { Attempt, get, post } from "./api.js";
import { profileFields, readProfile } from "./customer.js";
import { choice, field, formDialog, textInput } from "./dialog.js";
import { sentenceOf } from "./errors.js";
import { capital, customerName, words } from "./format.js";
import { go, hrefOf } from "./route.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { mayCompose } from "./views.js";

const TYPING = 250;
const FOUND = 8;

export async function compose() {
  if (!mayCompose()) return;
  const attempt = new Attempt();
  const who = customerChoice();
  const from = choice("author", [["customer", "The customer wrote"], session.user && ["agent", "I write"]].filter(Boolean), "customer");
  const reply = await formDialog("New conversation", [
    field("Subject", textInput("subject", "", { autofocus: true, maxlength: "255" })),
    el("div", { class: "form-grid" },
      field("Inbox", choice("inboxId", [...store.inboxes.values()].map(({ _id, name }) => [_id, name]))),
      field("Priority", choice("priority", ["low", "medium", "high", "urgent"].map((each) => [each, capital(each)]), "medium"))),
    who.node,
    el("div", { class: "form-grid" },
      field("First message", from),
      field("Labels, with commas", textInput("labels"))),
    field("Text", el("textarea", { name: "message.body", rows: "4", maxlength: "65536" })),
  ], {
    action: "Open conversation",
    size: "wide",
    submit: (form) => {
      const { subject, inboxId, priority, labels, author } = form.elements;
      const text = form.elements["message.body"].value;
      const body = { subject: subject.value, inboxId: inboxId.value, priority: priority.value, labels: words(labels.value), ...who.read(form) };
      if (text.trim()) body.message = { body: text, ...(author.value === "agent" && { author: { type: "agent", _id: session.user._id } }) };
      return post("conversations", body, { attempt });
    },
  });
  if (!reply?.data) return;
  if (reply.data.subject !== undefined) store.take(reply.data, reply.etag);
  announce("The conversation is open.");
  if (session.allows("read:conversations")) go(hrefOf.conversation("open", reply.data._id));
}

// A known customer is looked for by name or address; a new one is typed in.
function customerChoice() {
  const kinds = [
    session.allows("read:customers") && ["known", "A known customer"],
    session.allows("write:customers") && ["new", "A new customer"],
    ["none", "No customer yet"],
  ].filter(Boolean);
  let chosen = null;
  const results = el("ul", { class: "results", "aria-label": "Customers found" });
  const search = textInput("customerId", "", { placeholder: "Name, e-mail, phone or company", spellcheck: "false" });
  const known = el("div", {}, field("Customer", search), results);
  const fresh = el("div", { class: "form-grid" }, profileFields({}, "customer.profile", ["firstName", "lastName", "email", "phone"]));
  const kind = choice("customerKind", kinds, kinds[0][0]);
  const show = () => {
    known.hidden = kind.value !== "known";
    fresh.hidden = kind.value !== "new";
  };
  kind.addEventListener("change", show);
  show();

  let timer = null;
  let asked = 0;
  search.addEventListener("input", () => {
    chosen = null;
    clearTimeout(timer);
    timer = setTimeout(find, TYPING);
  });
  async function find() {
    const own = (asked += 1);
    const text = search.value.trim();
    if (!text) return results.replaceChildren();
    try {
      const { data } = await get("customers", { search: text, limit: FOUND });
      if (own !== asked) return;
      results.replaceChildren(...data.map((customer) => el("li", {}, el("button", { type: "button", class: "quiet", click: () => take(customer) }, customerName(customer), el("span", { class: "soft" }, ` ${customer.profile.email ?? ""}`)))));
      if (data.length === 0) results.replaceChildren(el("li", { class: "soft" }, "No customer has this."));
    } catch (error) {
      results.replaceChildren(el("li", { class: "problem" }, sentenceOf(error)));
    }
  }
  function take(customer) {
    chosen = customer;
    search.value = customerName(customer);
    results.replaceChildren();
    search.focus();
  }

  function read(form) {
    if (kind.value === "none") return {};
    if (kind.value === "new") {
      const profile = Object.fromEntries(Object.entries(readProfile(form, "customer.profile")).filter(([, value]) => value));
      return { customer: { profile } };
    }
    if (!chosen) throw Object.assign(new Error(), { code: "VALIDATION_ERROR", details: { customerId: ["choose one of those that were found"] } });
    return { customerId: chosen._id };
  }
  return { node: el("fieldset", {}, el("legend", {}, "Customer"), kind, known, fresh), read };
}
