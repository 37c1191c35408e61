// Answers the next open, unassigned conversation: claims it, reads it, writes to the customer and closes it.
//
//   esbuild docs/examples/answer-next.ts --format=esm --outfile=answer-next.mjs
//   CONVERSATIONS_KEY=sk_live_… node answer-next.mjs "The refund is on its way."
//
// Needs Node.js 18 or newer (from 22.18 on it runs this file as it is, without esbuild) and nothing
// else, and a running server: CONVERSATIONS_URL says where, http://127.0.0.1:8080 unless set. It answers
// as the user whose id is the second argument, or as the first one that the workspace has. Any number may
// run at once, each as another user: none answers what another one took.
import { randomUUID } from "node:crypto";
import process from "node:process";

const ATTEMPTS = 8;
const LONGEST_WAIT = 60; // seconds

// What this program uses of what the server answers. For all of it, make types of docs/openapi.json with
// openapi-typescript.
type Status = "open" | "pending" | "closed";
type Conversation = { _id: string; subject: string; status: Status; lastMessageAt: string | null };
type Message = { _id: string; author: { type: "customer" | "agent" | "system" }; body: string; createdAt: string };
type User = { _id: string; name: string };
type One<T> = { data: T };
type Page<T> = { data: T[]; pagination: { total: number; nextCursor: string | null } };
type Problem = { code?: string; message?: string; details?: Record<string, unknown> };
type Query = Record<string, string>;

/** What the server said no to. */
class Refused extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, problem: Problem) {
    super(`${status} ${problem.code}: ${problem.message} ${JSON.stringify(problem.details ?? {})}`);
    this.status = status;
    this.code = problem.code;
  }
}

/** The API, for one key. What may be sent again is, until there is an answer. */
class Client {
  private readonly base: string;
  private readonly key: string;

  constructor(url: string, key: string) {
    this.base = `${url.replace(/\/+$/, "")}/api/v1`;
    this.key = key;
  }

  get<T>(path: string, query: Query = {}): Promise<{ body: T; tag: string | null }> {
    const written = new URLSearchParams(query).toString();
    return this.send<T>("GET", written ? `${path}?${written}` : path);
  }

  async post<T>(path: string, body: object): Promise<T> {
    // One key for all attempts: however many of them arrive, it is done once.
    const headers = { "Idempotency-Key": randomUUID() };
    return (await this.send<One<T>>("POST", path, body, headers)).body.data;
  }

  /** Changes what has this tag, and nothing else. */
  async patch(path: string, body: object, tag: string): Promise<void> {
    await this.send("PATCH", path, body, { "If-Match": tag });
  }

  /** Every item of a list, page by page. What changes meanwhile does not shift the pages. */
  async *walk<T>(path: string, query: Query = {}): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const more: Query = cursor === null ? {} : { cursor };
      const { body }: { body: Page<T> } = await this.get<Page<T>>(path, { ...query, limit: "100", ...more });
      yield* body.data;
      cursor = body.pagination.nextCursor;
    } while (cursor !== null);
  }

  private async send<T>(method: string, path: string, body?: object, more: Record<string, string> = {}) {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.key}`, ...more };
    if (body) headers["Content-Type"] = "application/json";
    const content = body ? JSON.stringify(body) : null;

    for (let attempt = 1; ; attempt++) {
      let after: string | null = null;
      try {
        const signal = AbortSignal.timeout(30_000);
        const reply = await fetch(this.base + path, { method, headers, body: content, signal });
        if (reply.ok) return { body: (await reply.json()) as T, tag: reply.headers.get("ETag") };
        after = reply.headers.get("Retry-After");
        throw await refusal(reply);
      } catch (problem) {
        // Anything but a refusal is no answer, or half of one: it is unknown whether it was done.
        const again = problem instanceof Refused ? mayBeSentAgain(problem) : true;
        if (attempt === ATTEMPTS || !again) throw problem;
      }
      await pause(wait(attempt, after));
    }
  }
}

async function refusal(reply: Response): Promise<Refused> {
  const text = await reply.text();
  try {
    return new Refused(reply.status, (JSON.parse(text) as { error: Problem }).error);
  } catch {
    return new Refused(reply.status, { message: reply.statusText }); // a proxy's page, not the server's
  }
}

/** Too many requests, the first one with this Idempotency-Key still being done, or a server that cannot
 * answer now. */
function mayBeSentAgain({ status, code }: Refused): boolean {
  return [429, 500, 502, 503, 504].includes(status) || code === "IDEMPOTENCY_IN_PROGRESS";
}

/** How many seconds until the next attempt: what the server says, else twice as long each time; a bit more
 * by chance, so that those who were refused together do not come back together. */
function wait(attempt: number, after: string | null): number {
  const seconds = after !== null && /^\d+$/.test(after) ? Number(after) : 0.1 * 2 ** attempt;
  return Math.min(seconds, LONGEST_WAIT) + Math.random() * 0.1;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Claims the first open, unassigned conversation, if there is one: the longest waiting comes first. */
async function claimNext(api: Client, user: string): Promise<Conversation | null> {
  const query = { status: "open", assignedTo: "none", sort: "updatedAt" };
  for await (const { _id } of api.walk<Conversation>("/conversations", query)) {
    try {
      return await api.post<Conversation>(`/conversations/${_id}/claim`, { assignedTo: user });
    } catch (problem) {
      // Another user claimed it (409) or deleted it (404): try the next one.
      if (!(problem instanceof Refused) || ![404, 409].includes(problem.status)) throw problem;
    }
  }
  return null;
}

/** Closes a conversation, unless a message arrived after the answer; returns whether it is closed. */
async function close(api: Client, id: string, answer: Message): Promise<boolean> {
  for (;;) {
    const { body, tag } = await api.get<One<Conversation>>(`/conversations/${id}`);
    const { status, lastMessageAt } = body.data;
    if (status === "closed") return true;
    if (lastMessageAt !== null && lastMessageAt > answer.createdAt) return false;
    if (tag === null) throw new Error("the reply has no ETag");
    try {
      await api.patch(`/conversations/${id}`, { status: "closed" }, tag);
    } catch (problem) {
      // It changed since it was read: so read it again, and decide again.
      if (!(problem instanceof Refused) || problem.status !== 412) throw problem;
    }
  }
}

async function main(): Promise<void> {
  const [text, given] = process.argv.slice(2);
  const { CONVERSATIONS_KEY: key, CONVERSATIONS_URL: url = "http://127.0.0.1:8080" } = process.env;
  if (!text) throw new Error("say what to answer");
  if (!key) throw new Error("set CONVERSATIONS_KEY to the key that the server printed at its first start");
  const api = new Client(url, key);
  const user = given ?? (await api.get<Page<User>>("/users", { limit: "1" })).body.data[0]?._id;
  if (!user) throw new Error("the workspace has no user to answer as");

  const conversation = await claimNext(api, user);
  if (conversation === null) {
    console.log("Nothing is left to answer.");
    return;
  }
  const { _id: id, subject } = conversation;
  console.log(`${id} ${subject}`);
  for await (const message of api.walk<Message>(`/conversations/${id}/messages`)) {
    console.log(`  ${message.author.type}: ${message.body}`);
  }

  const body = { author: { type: "agent", _id: user }, body: text };
  const answer = await api.post<Message>(`/conversations/${id}/messages`, body);
  const closed = await close(api, id, answer);
  console.log(closed ? "Answered and closed." : "Answered; it stays open, because there is a new message.");
}

main().catch((problem) => {
  console.error(problem instanceof Error ? problem.message : problem);
  process.exitCode = 1;
});
