// Requests to the API. A change names the version that was seen (`If-Match`), so that nothing is
// overwritten unseen; a POST has an `Idempotency-Key`, so that it can be sent again when its answer is lost.

import { session } from "./session.js";

const ROOT = new URL("api/v1/", document.baseURI);

/** How often, and after which pauses in milliseconds, a POST without an answer is sent again. */
const PAUSES = [400, 1_200, 3_000];

/** A refusal, or no answer at all: then its status is 0. */
export class ApiError extends Error {
  constructor({ status, code = "", message, details = {}, requestId = "", retryAfter = 0 }) {
    super(message);
    Object.assign(this, { status, code, details, requestId, retryAfter });
  }

  /** Whether it is unknown if the request was executed. */
  get isLost() {
    return this.status === 0 || this.status >= 500 || this.code === "IDEMPOTENCY_IN_PROGRESS";
  }
}

/** The address of a path below the root of the API, which may lie below the path of a proxy. */
export function urlOf(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    const text = [value ?? []].flat().join(",");
    if (text) url.searchParams.set(name, text);
  }
  return url;
}

/** Reads something: its `data`, its `etag`, and the `pagination` of a list. */
export function get(path, query, { key, ifNoneMatch } = {}) {
  return send("GET", urlOf(path, query), { key, headers: { "If-None-Match": ifNoneMatch } });
}

/** Changes what has this tag. */
export function patch(path, body, etag) {
  return send("PATCH", urlOf(path), { body: JSON.stringify(body), headers: { "If-Match": etag } });
}

/** Deletes what has this tag, with a reason for the audit. */
export function remove(path, { etag, reason, query } = {}) {
  const body = reason ? JSON.stringify({ reason }) : undefined;
  return send("DELETE", urlOf(path, query), { body, headers: { "If-Match": etag } });
}

/** The key of one intention: the same body has the same key, so that it has one effect. */
export class Attempt {
  constructor(kept = {}) {
    Object.assign(this, { body: "", key: "" }, kept);
  }

  keyFor(body) {
    if (body !== this.body) Object.assign(this, { body, key: crypto.randomUUID?.() ?? randomKey() });
    return this.key;
  }
}

// Over plain HTTP, except on this machine, browsers have no randomUUID.
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Makes something. Without an answer it is sent again, with the same key. */
export async function post(path, body, { attempt = new Attempt(), etag } = {}) {
  const text = JSON.stringify(body);
  const headers = { "Idempotency-Key": attempt.keyFor(`${path}\n${text}`), "If-Match": etag };
  for (const pause of [...PAUSES, null]) {
    try {
      return await send("POST", urlOf(path), { body: text, headers });
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isLost || pause === null) throw error;
      await new Promise((done) => setTimeout(done, Math.max(pause, error.retryAfter * 1000)));
    }
  }
}

async function send(method, url, { body, headers = {}, key = session.key }) {
  const all = new Headers({ Authorization: `Bearer ${key}` });
  for (const [name, value] of Object.entries(headers)) if (value) all.set(name, value);
  if (body !== undefined) all.set("Content-Type", "application/json");
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      headers: all,
      body,
      // The reply must be fresh, and the key must not be sent to another server.
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    text = await response.text();
  } catch {
    throw new ApiError({ status: 0, message: "The server does not answer." });
  }
  const { status } = response;
  if (status === 304) return { status };
  const reply = parsed(text);
  if (!response.ok || !reply) throw refusal(response, reply, key);
  return { status, etag: response.headers.get("ETag"), requestId: response.headers.get("X-Request-Id"), ...reply };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusal({ status, headers }, reply, key) {
  const retryAfter = Number(headers.get("Retry-After")) || 0;
  const error = new ApiError({ status, retryAfter, message: `Something answered ${status} in place of the server.`, ...reply?.error });
  // The key of the session no longer opens anything, so that nothing may stay on the screen.
  if (status === 401 && key === session.key) session.end(error.message);
  return error;
}

/** All items of a list, up to a number of pages of 100. */
export async function all(path, query = {}, pages = 10, key = session.key) {
  const found = [];
  let asOf = null;
  for (let cursor = null, page = 0; page < pages; page += 1) {
    const { data, pagination } = await get(path, { ...query, limit: 100, cursor }, { key });
    found.push(...data);
    asOf ??= pagination.asOf;
    cursor = pagination.nextCursor;
    if (!cursor) break;
  }
  return { data: found, asOf };
}
