// The form of a customer: to change one, and the part of it that a new conversation needs.

import { el } from "../shared/dom.js";
import { announce } from "./announce.js";
import { get, patch } from "./api.js";
import { choice, field, formDialog, textInput } from "./dialog.js";
import { words } from "./format.js";
import { store } from "./store.js";

const PROFILE = { firstName: "First name", lastName: "Last name", email: "E-mail", phone: "Phone", company: "Company", jobTitle: "Job title" };
const TIERS = ["bronze", "silver", "gold", "platinum"];
const STATUSES = ["active", "inactive", "archived"];

/** The fields of a profile, with the names that errors of the API have. */
export function profileFields(profile = {}, prefix = "profile", names = Object.keys(PROFILE)) {
  return names.map((name) => field(PROFILE[name], textInput(`${prefix}.${name}`, profile[name], name === "email" ? { type: "email" } : {})));
}

/** What was typed into the fields of a profile; what is empty is null. */
export function readProfile(form, prefix = "profile") {
  const inputs = [...form.elements].filter(({ name }) => name.startsWith(`${prefix}.`));
  return Object.fromEntries(inputs.map(({ name, value }) => [name.slice(prefix.length + 1), value.trim() || null]));
}

/** Lets the user change a customer. What others changed meanwhile is shown, and what was typed stays. */
export async function editCustomer(id) {
  let { data: base, etag } = await get(`customers/${id}`);
  const fields = [
    el("div", { class: "form-grid" }, profileFields(base.profile),
      field("Tier", choice("tier", TIERS.map((each) => [each, each]), base.tier)),
      field("Status", choice("status", STATUSES.map((each) => [each, each]), base.status))),
    field("Tags, with commas", textInput("tags", base.tags.join(", "))),
  ];
  await formDialog("Edit customer", fields, {
    submit: async (form, place) => {
      const body = changed(base, read(form));
      place.replaceChildren();
      if (Object.keys(body).length === 0) return;
      try {
        const reply = await patch(`customers/${id}`, body, etag);
        if (reply.data.profile) store.takeCustomer(reply.data);
        announce("Customer saved.");
      } catch (error) {
        if (error.status !== 412) throw error;
        const now = await get(`customers/${id}`);
        const lines = differences(base, now.data);
        // Fields that were not touched show what they are now; those that were stay as typed.
        takeOver(form, base, now.data);
        ({ data: base, etag } = now);
        place.replaceChildren(el("div", { class: "conflict", role: "alert" },
          el("p", {}, el("strong", {}, `Not saved: ${store.changers.get(id) ?? "another key"} changed it in the meantime.`)),
          el("ul", {}, lines.map((line) => el("li", {}, line))),
          el("p", { class: "soft" }, "What you typed is still here. Save again to apply it.")));
        throw new Error("");
      }
    },
  });
}

function read(form) {
  return { profile: readProfile(form), tier: form.elements.tier.value, status: form.elements.status.value, tags: words(form.elements.tags.value) };
}

// Only what is different is sent.
function changed(base, typed) {
  const profile = Object.fromEntries(Object.entries(typed.profile).filter(([name, value]) => value !== base.profile[name]));
  const body = {};
  if (Object.keys(profile).length > 0) body.profile = profile;
  for (const name of ["tier", "status"]) if (typed[name] !== base[name]) body[name] = typed[name];
  if (typed.tags.join() !== base.tags.join()) body.tags = typed.tags;
  return body;
}

function flat({ profile, tier, status, tags }) {
  const own = Object.fromEntries(Object.entries(profile).map(([name, value]) => [`profile.${name}`, value ?? ""]));
  return { ...own, tier, status, tags: tags.join(", ") };
}

function differences(before, after) {
  const [old, now] = [flat(before), flat(after)];
  const names = Object.keys(now).filter((name) => old[name] !== now[name]);
  const lines = names.map((name) => `${PROFILE[name.replace("profile.", "")] ?? name}: “${old[name]}” is now “${now[name]}”`);
  return lines.length > 0 ? lines : ["a field that is not shown here"];
}

function takeOver(form, before, after) {
  const [old, now] = [flat(before), flat(after)];
  for (const [name, value] of Object.entries(now)) {
    const input = form.elements[name];
    if (input && input.value === old[name]) input.value = value;
  }
}
