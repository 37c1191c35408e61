// The audit: what was deleted, and what happened to keys and webhooks. Ids and reasons, never content.

import { el } from "../shared/dom.js";
import { tablePage } from "./admin-table.js";
import { dayAndTime, exactTime } from "./format.js";

export function auditPage() {
  return tablePage({
    title: "Audit",
    lead: "What was deleted, and what happened to keys and webhooks. No entry can be changed.",
    path: "audit",
    columns: [
      ["Time", ({ createdAt }) => el("time", { datetime: createdAt, title: exactTime(createdAt) }, dayAndTime(createdAt))],
      ["Action", ({ action }) => el("code", {}, action)],
      ["By", ({ by }) => by.name],
      ["Reason", ({ reason }) => reason ?? "–"],
      ["Messages", ({ messageCount }) => (messageCount === null ? "–" : String(messageCount))],
      ["Target", ({ targetId }) => el("code", { class: "address" }, targetId)],
    ],
  }).node;
}
