// The life of a conversation, with the types that openapi-typescript makes of docs/openapi.json: that this
// compiles is half of what it shows. CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom. What
// is not as it should be ends it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { components, operations, paths } from "./api.d.ts";

type Schemas = components["schemas"];
type Json<Response> = Response extends { content: { "application/json": infer Body } } ? Body : never;
type Taken<Name extends keyof operations> = operations[Name] extends {
  requestBody?: { content: { "application/json": infer Body } };
}
  ? Body
  : never;
type Given<Name extends keyof operations, Status extends keyof operations[Name]["responses"]> = Json<
  operations[Name]["responses"][Status]
>;
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

const base = process.env.CONVERSATIONS_URL ?? "";
const key = process.env.CONVERSATIONS_KEY ?? "";

async function send<Body>(method: string, path: string, status: number, body?: object, more: object = {}) {
  const headers: Record<string, string> = { Authorization: `Bearer ${key}`, ...more };
  if (body) headers["Content-Type"] = "application/json";
  const reply = await fetch(base + path, { method, headers, body: body ? JSON.stringify(body) : null });
  const text = await reply.text();
  assert.equal(reply.status, status, `${method} ${path}: ${text}`);
  return { body: JSON.parse(text) as Body, tag: reply.headers.get("ETag") ?? "" };
}

function written(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

const done = (step: string) => console.log(`step: ${step}`);

const conversations: keyof paths = "/api/v1/conversations";
const run = randomUUID();

const newInbox: Taken<"createInbox"> = { name: "Refunds", channel: "email" };
const inbox = (await send<Given<"createInbox", 201>>("POST", "/api/v1/inboxes", 201, newInbox)).body.data;

const fresh: Taken<"createConversation"> = {
  subject: "Refund for order 1042",
  inboxId: inbox._id,
  labels: ["refund", run],
  customer: {
    profile: { firstName: "Ada", email: `ada-${run}@example.com` },
    customFields: { plan: "yearly", seats: 3, trial: false, order: "42" },
  },
  message: { body: "The lamp arrived broken." },
};
const once: { "Idempotency-Key": string } = { "Idempotency-Key": run };
const made = (await send<Given<"createConversation", 201>>("POST", conversations, 201, fresh, once)).body.data;
const state: Schemas["Status"] | undefined = made.status;
assert.equal(state, "open");
const person = made.customerId;
assert.ok(person);
assert.equal(person.profile.firstName, "Ada");
const again = await send<Given<"createConversation", 201>>("POST", conversations, 201, fresh, once);
assert.equal(again.body.data._id, made._id);
done("create");

const query: Query<"listConversations"> = {
  status: "open,pending",
  label: `refund,${run}`,
  assignedTo: "none",
  limit: 1,
};
const listed = (await send<Given<"listConversations", 200>>("GET", `${conversations}?${written(query)}`, 200)).body;
assert.equal(listed.pagination.total, 1);
assert.deepEqual(listed.data[0], made);

done("list");

const path = `${conversations}/${made._id}`;
const seen = await send<Given<"getConversation", 200>>("GET", path, 200);
const changes: Taken<"updateConversation"> = { status: "closed", assignedTo: null };
const changed = await send<Given<"updateConversation", 200>>("PATCH", path, 200, changes, { "If-Match": seen.tag });
assert.notEqual(changed.body.data.closedAt, null);
const late = await send<Schemas["ErrorReply"]>("PATCH", path, 412, changes, { "If-Match": seen.tag });
const code: Schemas["ErrorReply"]["error"]["code"] = late.body.error.code;
assert.equal(code, "PRECONDITION_FAILED");

done("change what was seen");

const user = (
  await send<Given<"createUser", 201>>("POST", "/api/v1/users", 201, { name: "Grace", email: `${run}@example.com` })
).body.data;
const assigned: Taken<"updateConversation"> = { assignedTo: user._id, labels: [run, "paid"] };
await send<Given<"updateConversation", 200>>("PATCH", path, 200, assigned);
const unassign: Taken<"updateConversation"> = { assignedTo: null };
const unassigned = await send<Given<"updateConversation", 200>>("PATCH", path, 200, unassign);
assert.equal(unassigned.body.data.assignedTo, null);
done("unassign");

const message: Taken<"createMessage"> = { author: { type: "customer" }, body: "Where is it?" };
const answer = (await send<Given<"createMessage", 201>>("POST", `${path}/messages`, 201, message)).body.data;
assert.equal(answer.number, 2);
const first = (await send<Given<"listMessages", 200>>("GET", `${path}/messages?limit=1`, 200)).body;
const cursor = first.pagination.nextCursor ?? "";
const rest = (await send<Given<"listMessages", 200>>("GET", `${path}/messages?cursor=${cursor}`, 200)).body;
assert.deepEqual([...first.data, ...rest.data].map(({ number }) => number), [1, 2]);
done("messages");

const history = (await send<Given<"listHistory", 200>>("GET", `${path}/history`, 200)).body.data;
const shown = history.filter(({ field }) => field !== "assignedTo").map(({ field, from, to }) => [field, from, to]);
assert.deepEqual(shown, [
  ["status", "open", "closed"],
  ["labels", ["refund", run], [run, "paid"]],
  ["status", "closed", "open"],
]);
done("history of labels");

const customer = `/api/v1/customers/${person._id}`;
const read = (await send<Given<"getCustomer", 200>>("GET", customer, 200)).body.data;
const same: Taken<"updateCustomer"> = { customFields: read.customFields };
const kept = (await send<Given<"updateCustomer", 200>>("PATCH", customer, 200, same)).body.data;
assert.deepEqual(kept.customFields, { plan: "yearly", seats: 3, trial: false, order: "42" });
const none: Taken<"updateCustomer"> = { customFields: null };
assert.deepEqual((await send<Given<"updateCustomer", 200>>("PATCH", customer, 200, none)).body.data.customFields, {});
done("custom fields");

const wrong: Taken<"createConversation"> = { inboxId: randomUUID(), subject: "" };
const details = (await send<Schemas["ErrorReply"]>("POST", conversations, 422, wrong)).body.error.details;
assert.deepEqual(Object.keys(details), ["subject"]);
done("errors");

const reason: Taken<"deleteConversation"> = { reason: "end of the story" };
assert.equal((await send<Given<"deleteConversation", 200>>("DELETE", path, 200, reason)).body.success, true);
await send<Given<"getConversation", 404>>("GET", path, 404);
done("delete");
