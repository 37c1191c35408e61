// Keeps a copy of a workspace in a local file, and follows the feed of events to keep it current.
//
//   esbuild docs/examples/mirror.ts --format=esm --outfile=mirror.mjs
//   CONVERSATIONS_KEY=sk_live_… node mirror.mjs workspace.json
//
// Needs Node.js 18 or newer (from 22.18 on it runs this file as it is, without esbuild) and nothing
// else, and a running server: CONVERSATIONS_URL says where, http://127.0.0.1:8080 unless set. The key
// needs read:conversations, read:customers, read:users and read:inboxes. It runs until it is stopped;
// with --once it stops as soon as the copy is current. It may be killed at any moment: the copy and its
// place in the feed are in one file, which is replaced as a whole. For a large workspace use a database,
// as mirror.py does.
import { open, readFile, rename } from "node:fs/promises";
import process from "node:process";

const LONGEST_WAIT = 60; // seconds
const WAIT_FOR_EVENTS = 20; // seconds
const LISTS = { conversation: "/conversations", customer: "/customers", user: "/users", inbox: "/inboxes" };

// What this program uses of what the server answers. For all of it, make types of docs/openapi.json with
// openapi-typescript.
type Kind = "conversation" | "message" | "customer" | "user" | "inbox";
type Resource = { _id: string; [field: string]: unknown };
type FeedEvent = {
  type: string;
  subject: { type: Kind; _id: string; conversationId?: string };
  data: Resource | null;
  conversation: { data: Resource } | null;
};
type Page<T> = { data: T[]; pagination: { nextCursor: string | null; asOf: string } };
type Feed = { data: FeedEvent[]; pagination: { cursor: string; remaining: number } };
type Problem = { code?: string; message?: string; details?: Record<string, unknown> };
type Query = Record<string, string>;

/** A resource, and the conversation of a message. */
type Stored = { kind: Kind; parent?: string; resource: Resource };

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

/** The API, for one key. Reads are repeated until there is an answer. */
class Client {
  private readonly base: string;
  private readonly key: string;

  constructor(url: string, key: string) {
    this.base = `${url.replace(/\/+$/, "")}/api/v1`;
    this.key = key;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    const written = new URLSearchParams(query).toString();
    const url = this.base + path + (written ? `?${written}` : "");
    for (let attempt = 1; ; attempt++) {
      let after: string | null = null;
      try {
        const signal = AbortSignal.timeout((WAIT_FOR_EVENTS + 30) * 1000);
        const reply = await fetch(url, { headers: { Authorization: `Bearer ${this.key}` }, signal });
        if (reply.ok) return (await reply.json()) as T;
        after = reply.headers.get("Retry-After");
        throw await refusal(reply);
      } catch (problem) {
        // Anything but a refusal: the server restarts, or the network fails. It will come back.
        if (problem instanceof Refused && ![429, 500, 502, 503, 504].includes(problem.status)) throw problem;
      }
      const seconds = after !== null && /^\d+$/.test(after) ? Number(after) : 0.1 * 2 ** Math.min(attempt, 10);
      await pause(Math.min(seconds, LONGEST_WAIT) + Math.random() * 0.1);
    }
  }

  /** Every item of a list, page by page. What changes meanwhile does not shift the pages. */
  async *walk(path: string): AsyncGenerator<Resource> {
    let cursor: string | null = null;
    do {
      const more: Query = cursor === null ? {} : { cursor };
      const page: Page<Resource> = await this.get<Page<Resource>>(path, { limit: "100", ...more });
      yield* page.data;
      cursor = page.pagination.nextCursor;
    } while (cursor !== null);
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

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** The copy, and the place in the feed up to which it is current. */
class Mirror {
  private cursor: string | null = null;
  private resources = new Map<string, Stored>();
  private readonly file: string;
  private readonly api: Client;

  constructor(file: string, api: Client) {
    this.file = file;
    this.api = api;
  }

  /** Applies events as they come; with `once`, only up to now. */
  async follow(once: boolean): Promise<void> {
    await this.load();
    if (this.cursor === null) await this.readEverything();
    for (;;) {
      const query = { after: this.cursor ?? "", limit: "200", wait: once ? "0" : `${WAIT_FOR_EVENTS}` };
      let feed: Feed;
      try {
        feed = await this.api.get<Feed>("/events", query);
      } catch (problem) {
        // The copy is older than the feed, or the server was restored from a backup.
        if (!(problem instanceof Refused) || problem.code !== "CURSOR_GONE") throw problem;
        await this.readEverything();
        continue;
      }
      if (feed.data.some((event) => event.type === "feed.reset")) {
        await this.readEverything();
        continue;
      }
      for (const event of feed.data) this.apply(event);
      if (feed.pagination.cursor !== this.cursor) {
        this.cursor = feed.pagination.cursor;
        await this.save();
      }
      if (once && feed.pagination.remaining === 0) return;
    }
  }

  /** Makes the copy anew. What changes meanwhile comes again as events after its cursor. */
  private async readEverything(): Promise<void> {
    const first = await this.api.get<Page<Resource>>("/inboxes", { limit: "1" });
    this.resources = new Map();
    for (const [kind, path] of Object.entries(LISTS)) {
      for await (const resource of this.api.walk(path)) this.store(kind as Kind, resource);
    }
    const conversations = [...this.resources.values()].filter(({ kind }) => kind === "conversation");
    for (const { resource } of conversations) {
      try {
        for await (const message of this.api.walk(`/conversations/${resource._id}/messages`)) {
          this.store("message", message, resource._id);
        }
      } catch (problem) {
        // It was deleted meanwhile; its event comes.
        if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
      }
    }
    this.cursor = first.pagination.asOf;
    await this.save();
  }

  private apply({ subject, data, conversation }: FeedEvent): void {
    if (data === null) this.delete(subject._id);
    else this.store(subject.type, data, subject.conversationId);
    // A message changes its conversation, too.
    if (conversation) this.store("conversation", conversation.data);
  }

  private store(kind: Kind, resource: Resource, parent?: string): void {
    if (kind === "conversation") {
      // The people that it shows have events of their own.
      const { customerId, assignedTo } = resource;
      resource = { ...resource, customerId: idIn(customerId), assignedTo: idIn(assignedTo) };
    }
    this.resources.set(resource._id, { kind, parent, resource });
  }

  private delete(id: string): void {
    this.resources.delete(id);
    for (const [key, { parent }] of this.resources) if (parent === id) this.resources.delete(key);
  }

  private async load(): Promise<void> {
    try {
      const { cursor, resources } = JSON.parse(await readFile(this.file, "utf8"));
      this.cursor = cursor;
      this.resources = new Map(resources.map((stored: Stored) => [stored.resource._id, stored]));
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem; // the first start
    }
  }

  /** Replaces the file by one that is complete and on the disk. */
  private async save(): Promise<void> {
    const file = await open(`${this.file}.new`, "w");
    try {
      await file.writeFile(JSON.stringify({ cursor: this.cursor, resources: [...this.resources.values()] }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.file}.new`, this.file);
  }
}

function idIn(person: unknown): string | null {
  return (person as Resource | null)?._id ?? null;
}

const [path, option] = process.argv.slice(2);
const { CONVERSATIONS_KEY: key, CONVERSATIONS_URL: server = "http://127.0.0.1:8080" } = process.env;
if (path === undefined || (option !== undefined && option !== "--once")) {
  console.error("usage: mirror FILE [--once]");
  process.exitCode = 2;
} else if (key === undefined) {
  console.error("set CONVERSATIONS_KEY to the key that the server printed at its first start");
  process.exitCode = 1;
} else {
  try {
    await new Mirror(path, new Client(server, key)).follow(option === "--once");
  } catch (problem) {
    console.error(`${server}: ${problem instanceof Error ? problem.message : problem}`);
    process.exitCode = 1;
  }
}
