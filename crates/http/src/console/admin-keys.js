// API keys: made, replaced and revoked. A secret is shown once, when it is made, and kept nowhere.

import { copyButton, el } from "../shared/dom.js";
import { tablePage } from "./admin-table.js";
import { announce } from "./announce.js";
import { Attempt, post, remove } from "./api.js";
import { choice, field, formDialog, openDialog, textInput } from "./dialog.js";
import { dayAndTime, shortTime } from "./format.js";
import { session } from "./session.js";
import { store } from "./store.js";

const NOUNS = ["conversations", "customers", "users", "inboxes", "keys", "webhooks", "audit"];

export function keysPage() {
  const mayWrite = session.allows("write:keys");
  const table = tablePage({
    title: "API keys",
    lead: "Each key opens this workspace with its permissions. A key can grant only what it has.",
    path: "keys",
    columns: [
      ["Name", ({ _id, name }) => [el("strong", {}, name), _id === session.me._id && el("span", { class: "soft" }, " this one")]],
      ["User", ({ user, userId }) => user?.name ?? (userId ? store.nameOfUser(userId) : "–")],
      ["Permissions", ({ permissions }) => el("span", { title: permissions.join(", ") }, `${permissions.length}`)],
      ["Last used", ({ lastUsedAt }) => (lastUsedAt ? dayAndTime(lastUsedAt) : "never")],
      ["Expires", ({ expiresAt }) => (expiresAt ? shortTime(expiresAt) : "never")],
      ["Ends with", ({ hint }) => el("code", {}, `…${hint}`)],
    ],
    tools: mayWrite ? [el("button", { type: "button", click: () => make().then((made) => made && table.reload()) }, "New key")] : [],
    actions: () => (mayWrite ? [{ words: "Replace", act: (key) => replace(key).then(table.reload) }, { words: "Revoke", act: (key) => revoke(key).then(table.reload), danger: true }] : []),
  });
  return table.node;
}

async function make() {
  const attempt = new Attempt();
  const own = session.me.permissions;
  const boxes = NOUNS.flatMap((noun) => ["read", "write"].map((verb) => `${verb}:${noun}`)).filter((each) => own.includes(each)).map((each) => {
    const box = el("input", { type: "checkbox", name: "permission", value: each });
    box.checked = each === "read:conversations";
    return el("label", { class: "check" }, box, el("span", {}, each));
  });
  const users = [["", "No user"], ...[...store.users.values()].map(({ _id, name }) => [_id, name])];
  const reply = await formDialog("New API key", [
    field("Name", textInput("name", "", { maxlength: "100", autofocus: true })),
    "userId" in session.me || "user" in session.me ? field("Speaks for", choice("userId", users, "")) : null,
    el("fieldset", {}, el("legend", {}, "Permissions"), el("div", { class: "checks" }, boxes)),
    field("Expires (optional)", textInput("expiresAt", "", { type: "datetime-local" })),
    field("Rate limit (optional)", textInput("rateLimit", "", { placeholder: "600/min" })),
  ].filter(Boolean), {
    action: "Create",
    submit: (form) => {
      const { name, expiresAt, rateLimit, userId } = form.elements;
      const permissions = [...form.querySelectorAll("[name=permission]:checked")].map(({ value }) => value);
      const body = { name: name.value, permissions };
      if (userId?.value) body.userId = userId.value;
      if (expiresAt.value) body.expiresAt = new Date(expiresAt.value).toISOString();
      if (rateLimit.value.trim()) body.rateLimit = rateLimit.value.trim();
      return post("keys", body, { attempt });
    },
  });
  if (!reply?.data) return false;
  showSecret("The new key", reply.data.key);
  return true;
}

// The API gives no key a new secret: a new key with the same permissions takes its place.
async function replace(key) {
  const attempt = new Attempt();
  const later = el("label", { class: "check" }, el("input", { type: "checkbox", name: "revoke" }), el("span", {}, "Revoke the present key at once"));
  const reply = await formDialog(`Replace “${key.name}”?`, [
    el("p", {}, "A key with the same name and permissions is made. The present one goes on working until it is revoked."), later,
  ], {
    action: "Replace",
    submit: async (form) => {
      const { name, permissions, source, expiresAt, rateLimit } = key;
      const userId = key.user?._id ?? key.userId;
      const made = await post("keys", { name, permissions, source, expiresAt, rateLimit, ...(userId && { userId }) }, { attempt });
      if (form.elements.revoke.checked) await remove(`keys/${key._id}`, { reason: "replaced" });
      return made;
    },
  });
  if (reply?.data) showSecret(`The new key “${key.name}”`, reply.data.key);
}

async function revoke(key) {
  const gone = await formDialog(`Revoke “${key.name}”?`, [
    el("p", {}, key._id === session.me._id ? "This is the key that you work with: you will be signed out." : "It stops working with its next request."),
    field("Reason (optional)", textInput("reason", "", { maxlength: "1000" })),
  ], {
    action: "Revoke",
    danger: true,
    submit: (form) => remove(`keys/${key._id}`, { reason: form.elements.reason.value }),
  });
  if (gone) announce("The key was revoked.");
}

/** Shows a secret, once. A reply that was sent again has none. */
export function showSecret(title, secret) {
  openDialog(title, (close) => el("div", {},
    el("p", {}, secret ? "Copy it now: it is not shown again." : "Its answer was lost, and with it the secret. Revoke it and make another one."),
    secret && el("div", { class: "secret" }, el("code", {}, secret), copyButton(() => secret, "the secret")),
    el("div", { class: "dialog-actions" }, el("button", { type: "button", click: () => close() }, "Done"))));
}
