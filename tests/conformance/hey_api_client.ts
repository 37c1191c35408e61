// The life of a conversation, told by the client that @hey-api/openapi-ts makes of docs/openapi.json.
// CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom. What is not as it should be ends it; each
// step that went well is printed.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { client } from "./hey/client.gen.js";
import * as api from "./hey/sdk.gen.js";
import type { ConversationChanges, ConversationInput, CustomerChanges } from "./hey/types.gen.js";

client.setConfig({ baseUrl: process.env.CONVERSATIONS_URL ?? "", auth: process.env.CONVERSATIONS_KEY ?? "" });

const done = (step: string) => console.log(`step: ${step}`);
const run = randomUUID();

/** The body of a reply that has to be good. */
async function good<Body>(reply: Promise<{ data: Body; error: unknown }>): Promise<NonNullable<Body>> {
  const { data, error } = await reply;
  assert.equal(error, undefined, JSON.stringify(error));
  return data as NonNullable<Body>;
}

async function main() {
  const inbox = (await good(api.createInbox({ body: { name: "Refunds" } }))).data;
  const user = (await good(api.createUser({ body: { name: "Grace", email: `${run}@example.com` } }))).data;

  const body: ConversationInput = {
    inboxId: inbox._id,
    subject: "Refund for order 1042",
    labels: ["refund", run],
    customer: {
      profile: { firstName: "Ada", email: `ada-${run}@example.com` },
      customFields: { plan: "yearly", seats: 3, trial: false, order: "42" },
    },
    message: { body: "The lamp arrived broken." },
  };
  const once = { "Idempotency-Key": run };
  const made = (await good(api.createConversation({ body, headers: once }))).data;
  const again = await api.createConversation({ body, headers: once });
  assert.equal(again.data?.data._id, made._id);
  assert.equal(again.response?.headers.get("Idempotent-Replayed"), "true");
  const person = made.customerId;
  assert.ok(person);
  done("create");

  const query = { status: "open,pending", label: `refund,${run}`, assignedTo: "none", limit: 1 };
  const found = await good(api.listConversations({ query }));
  assert.equal(found.pagination.total, 1);
  assert.deepEqual(found.data, [made]);
  done("list");

  const path = { id: made._id };
  const seen = await api.getConversation({ path });
  const condition = { "If-Match": seen.response?.headers.get("ETag") ?? "" };
  const changes: ConversationChanges = { status: "pending", assignedTo: user._id };
  const changed = (await good(api.updateConversation({ path, body: changes, headers: condition }))).data;
  assert.equal(changed.assignedTo?._id, user._id);
  const late = await api.updateConversation({ path, body: changes, headers: condition });
  assert.equal(late.error?.error.code, "PRECONDITION_FAILED");
  done("change what was seen");

  const unassigned = (await good(api.updateConversation({ path, body: { assignedTo: null } }))).data;
  assert.equal(unassigned.assignedTo, null);
  done("unassign");

  await good(api.updateConversation({ path, body: { labels: [run, "paid"] } }));
  const history = (await good(api.listHistory({ path }))).data;
  const labels = history.filter(({ field }) => field === "labels").map(({ from, to }) => [from, to]);
  assert.deepEqual(labels, [[["refund", run], [run, "paid"]]]);
  done("history of labels");

  const customer = (await good(api.getCustomer({ path: { id: person._id } }))).data;
  const same: CustomerChanges = { customFields: customer.customFields };
  const kept = (await good(api.updateCustomer({ path: { id: person._id }, body: same }))).data;
  assert.deepEqual(kept.customFields, { plan: "yearly", seats: 3, trial: false, order: "42" });
  const none = (await good(api.updateCustomer({ path: { id: person._id }, body: { customFields: null } }))).data;
  assert.deepEqual(none.customFields, {});
  done("custom fields");

  await good(api.createMessage({ path, body: { author: { type: "agent", _id: user._id }, body: "On its way." } }));
  const first = await good(api.listMessages({ path, query: { limit: 1 } }));
  const cursor = first.pagination.nextCursor;
  assert.ok(cursor);
  const rest = await good(api.listMessages({ path, query: { cursor } }));
  assert.deepEqual([...first.data, ...rest.data].map(({ number }) => number), [1, 2]);
  done("messages");

  const wrong = await api.createConversation({ body: { inboxId: randomUUID(), subject: "" } });
  assert.deepEqual(Object.keys(wrong.error?.error.details ?? {}), ["subject"]);
  done("errors");

  assert.equal((await good(api.deleteConversation({ path, body: { reason: "end of the story" } }))).success, true);
  assert.equal((await api.getConversation({ path })).error?.error.code, "NOT_FOUND");
  done("delete");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
