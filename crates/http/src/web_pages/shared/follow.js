// A stream of events, followed through ends and interruptions until it is stopped or refused.

import { framesIn } from "./sse.js";
import { nameOf } from "./statuses.js";

/** How long to wait before connecting again, until the server says it. */
const RETRY = 3_000;
/** How many heartbeats may be missing. */
const PATIENCE = 3;

const REASONS = {
  lifetime: "The stream lasted as long as streams may.",
  shutdown: "The server stops.",
  overloaded: "The server has too many streams.",
  key: "The key was revoked, has expired, or may no longer read events.",
};

/**
 * Follows a stream with a key until the signal is given or the server refuses it. `hear` gets every frame, and
 * `say` what became of the connection: a kind and a sentence.
 */
export async function follow(url, key, signal, hear, say) {
  const place = { id: "", retry: RETRY, heartbeat: 15 };
  while (!signal.aborted) {
    say("busy", "Connecting …");
    const { words, final } = await followOnce(url, key, place, signal, hear, say);
    if (signal.aborted) return;
    if (final) return say("bad", words);
    say("busy", `${words} Connecting again in ${Math.ceil(place.retry / 1000)} s.`);
    await pause(place.retry, signal);
  }
}

// Follows one connection to its end: why it ended, and whether that is final.
async function followOnce(url, key, place, signal, hear, say) {
  const silence = new AbortController();
  let timer;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), place.heartbeat * PATIENCE * 1000);
  };
  try {
    listen();
    const response = await connect(url, key, place.id, AbortSignal.any([signal, silence.signal]));
    if (!response.ok) return await refusal(response, place);
    for await (const frame of framesIn(response.body)) {
      listen();
      if (frame.retry !== undefined) place.retry = frame.retry;
      place.id = frame.id;
      const told = JSON.parse(frame.data);
      if (frame.event === "feed.close") return { words: REASONS[told.reason] ?? `The server ended it (${told.reason}).`, final: told.reason === "key" };
      if (frame.event === "feed.open") {
        place.heartbeat = told.heartbeat;
        say("good", "Live");
      }
      hear(frame, told);
    }
    return { words: "The connection ended." };
  } catch (error) {
    return { words: silence.signal.aborted ? "The server fell silent." : `The connection broke: ${error.message}.` };
  } finally {
    clearTimeout(timer);
  }
}

function connect(url, key, lastId, signal) {
  const headers = new Headers();
  if (key) headers.set("Authorization", `Bearer ${key}`);
  if (lastId) headers.set("Last-Event-ID", lastId);
  return fetch(url, { headers, signal, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
}

// What a refusal says. Those of a server that is overloaded or has a fault may be different later.
async function refusal(response, place) {
  const { status, headers } = response;
  let message = "";
  try {
    message = (await response.json()).error.message;
  } catch {
    // Something in between answered.
  }
  const later = status === 429 || status >= 500;
  if (later) place.retry = 1000 * (Number(headers.get("Retry-After")) || RETRY / 1000);
  return { words: `${status} ${nameOf(status)}${message ? `: ${message}` : "."}`, final: !later };
}

function pause(milliseconds, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      done();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
