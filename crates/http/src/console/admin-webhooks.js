// Webhooks: made, switched, tested and deleted, with their deliveries, each of which can be sent again.

import { el } from "../shared/dom.js";
import { tablePage } from "./admin-table.js";
import { showSecret } from "./admin-keys.js";
import { announce } from "./announce.js";
import { Attempt, get, patch, post, remove } from "./api.js";
import { field, formDialog, openDialog, textInput } from "./dialog.js";
import { count, dayAndTime, words } from "./format.js";
import { session } from "./session.js";

const EVENTS = "conversation.*, message.*";

export function webhooksPage() {
  const mayWrite = session.allows("write:webhooks");
  const reload = () => table.reload();
  const table = tablePage({
    title: "Webhooks",
    lead: "Events of this workspace, sent to addresses of yours.",
    path: "webhooks",
    columns: [
      ["Name", ({ name }) => el("strong", {}, name)],
      ["Address", ({ url }) => el("span", { class: "address" }, url)],
      ["Events", ({ events }) => events.join(", ")],
      ["Status", ({ status, disabledReason }) => el("span", { class: `status ${status}` }, disabledReason ? `${status}: ${disabledReason}` : status)],
      ["Behind", ({ behind }) => count(behind)],
    ],
    tools: mayWrite ? [el("button", { type: "button", click: () => make().then((made) => made && reload()) }, "New webhook")] : [],
    actions: ({ isActive, status }) => [
      { words: "Deliveries", act: showDeliveries },
      mayWrite && { words: "Test", act: test },
      mayWrite && { words: isActive && status !== "disabled" ? "Pause" : "Resume", act: (webhook) => toggle(webhook).then(reload) },
      mayWrite && { words: "Delete", act: (webhook) => drop(webhook).then(reload), danger: true },
    ],
  });
  return table.node;
}

async function make() {
  const attempt = new Attempt();
  const reply = await formDialog("New webhook", [
    field("Name", textInput("name", "", { maxlength: "100", autofocus: true })),
    field("Address", textInput("url", "", { type: "url", maxlength: "2048" })),
    field("Events, with commas", textInput("events", EVENTS)),
  ], {
    action: "Create",
    submit: (form) => post("webhooks", { name: form.elements.name.value, url: form.elements.url.value, events: words(form.elements.events.value) }, { attempt }),
  });
  if (!reply?.data) return false;
  showSecret("The secret of the webhook", reply.data.secret);
  return true;
}

async function toggle({ _id, isActive, status }) {
  const { etag } = await get(`webhooks/${_id}`);
  await patch(`webhooks/${_id}`, { isActive: !(isActive && status !== "disabled") }, etag);
}

async function test({ _id, name }) {
  const { data } = await post(`webhooks/${_id}/test`, {});
  announce(data.error ? `${name}: the test failed (${data.error}${data.statusCode ? `, ${data.statusCode}` : ""}).` : `${name} answered ${data.statusCode} in ${data.duration} ms.`);
}

async function drop({ _id, name }) {
  const { etag } = await get(`webhooks/${_id}`);
  const gone = await formDialog(`Delete “${name}”?`, [el("p", {}, "Its secrets and deliveries go with it."), field("Reason (optional)", textInput("reason", "", { maxlength: "1000" }))], {
    action: "Delete",
    danger: true,
    submit: (form) => remove(`webhooks/${_id}`, { etag, reason: form.elements.reason.value }),
  });
  if (gone) announce(gone.message);
}

function showDeliveries({ _id, name }) {
  const mayWrite = session.allows("write:webhooks");
  const table = tablePage({
    title: "Newest first",
    level: "h3",
    path: `webhooks/${_id}/deliveries`,
    columns: [
      ["Event", ({ sequence, type }) => `${sequence} ${type}`],
      ["Status", ({ status }) => el("span", { class: `status ${status}` }, status)],
      ["Attempts", ({ attempts }) => String(attempts.length)],
      ["Last", ({ attempts }) => lastOf(attempts.at(-1))],
    ],
    tools: [el("button", { type: "button", class: "quiet", click: () => table.reload() }, "Read again")],
    actions: () => (mayWrite ? [{ words: "Send again", act: ({ _id: deliveryId }) => post(`webhooks/${_id}/deliveries/${deliveryId}/redeliver`, {}).then(table.reload) }] : []),
    empty: "No deliveries yet.",
  });
  openDialog(`Deliveries of “${name}”`, () => table.node, { size: "widest" });
}

function lastOf(attempt) {
  if (!attempt) return "–";
  const { at, statusCode, error, duration } = attempt;
  return `${statusCode ?? error} in ${count(duration)} ms, ${dayAndTime(at)}`;
}
