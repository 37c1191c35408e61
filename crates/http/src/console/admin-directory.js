// Users and inboxes: who works in the workspace, and where conversations arrive.

import { el } from "../shared/dom.js";
import { announce } from "./announce.js";
import { tablePage } from "./admin-table.js";
import { Attempt, get, patch, post, remove } from "./api.js";
import { choice, field, formDialog, textInput } from "./dialog.js";
import { shortTime } from "./format.js";
import { session } from "./session.js";

const CHANNELS = ["email", "chat", "phone", "whatsapp"].map((each) => [each, each]);
const ROLES = ["agent", "admin", "owner"].map((each) => [each, each]);

export function usersPage() {
  return directoryPage({
    noun: "user",
    title: "Users",
    lead: "Agents of this workspace, to whom conversations are assigned.",
    columns: [["Name", ({ name }) => el("strong", {}, name)], ["E-mail", ({ email }) => email], ["Role", ({ role }) => role], ["Since", since]],
    fields: ({ name, email, role } = {}) => [field("Name", textInput("name", name, { maxlength: "100" })), field("E-mail", textInput("email", email, { type: "email" })), field("Role", choice("role", ROLES, role ?? "agent"))],
    names: ["name", "email", "role"],
    warning: "Their conversations become unassigned; their messages stay.",
  });
}

export function inboxesPage() {
  return directoryPage({
    noun: "inbox",
    plural: "inboxes",
    title: "Inboxes",
    lead: "Where conversations arrive. Each conversation belongs to one.",
    columns: [["Name", ({ name }) => el("strong", {}, name)], ["Channel", ({ channel }) => channel], ["Since", since]],
    fields: ({ name, channel } = {}) => [field("Name", textInput("name", name, { maxlength: "100" })), field("Channel", choice("channel", CHANNELS, channel ?? "email"))],
    names: ["name", "channel"],
    warning: "Only an inbox without conversations can be deleted.",
  });
}

const since = ({ createdAt }) => shortTime(createdAt);

function directoryPage({ noun, plural = `${noun}s`, title, lead, columns, fields, names, warning }) {
  const mayWrite = session.allows(`write:${plural}`);
  const read = (form) => Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
  const add = async () => {
    const attempt = new Attempt();
    const made = await formDialog(`New ${noun}`, fields(), { action: "Create", submit: (form) => post(plural, read(form), { attempt }) });
    if (made) await table.reload();
  };
  const edit = async ({ _id }) => {
    const { data, etag } = await get(`${plural}/${_id}`);
    const saved = await formDialog(`Edit ${noun}`, fields(data), { submit: (form) => patch(`${plural}/${_id}`, read(form), etag) });
    if (saved) await table.reload();
  };
  const drop = async ({ _id, name }) => {
    const { etag } = await get(`${plural}/${_id}`);
    const gone = await formDialog(`Delete ${name}?`, [el("p", {}, warning), field("Reason (optional)", textInput("reason", "", { maxlength: "1000" }))], {
      action: "Delete",
      danger: true,
      submit: (form) => remove(`${plural}/${_id}`, { etag, reason: form.elements.reason.value }),
    });
    if (!gone) return;
    announce(gone.message);
    await table.reload();
  };
  const table = tablePage({
    title, lead, columns, path: plural,
    tools: mayWrite ? [el("button", { type: "button", click: add }, `New ${noun}`)] : [],
    actions: () => (mayWrite ? [{ words: "Edit", act: edit }, { words: "Delete", act: drop, danger: true }] : []),
  });
  return table.node;
}
