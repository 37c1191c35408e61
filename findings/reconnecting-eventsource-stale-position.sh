#!/usr/bin/env bash
# reconnecting-eventsource 1.6.5 over eventsource 4.1.1 (npm): after one 503, each later request carries a stale position
# in its query beside the right one in its header.
#
# Expected: HTML Living Standard 9.2.3: the position of a client is told by the header Last-Event-ID, set anew for each
# connection. The package documents its query parameter as the way to hand the position to a new inner client.
# Seen: the inner client is made with `?lastEventId=1` after the 503 and keeps that address; when its stream ends after
# event 2, it asks with the header "2" and the query "1".
# Why it matters: a server that reads the query first, as it has to for clients that only send the query, repeats all
# that came since, once for each reconnection. A server that wants to be safe lets the header win.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund reconnecting-eventsource@1.6.5 eventsource@4.1.1 >/dev/null
cat >run.mjs <<'JS'
import http from "node:http";
import { createRequire } from "node:module";
import { EventSource } from "eventsource";
const required = createRequire(import.meta.url)("reconnecting-eventsource");
const Reconnecting = required.default ?? required;

let requests = 0;
const server = http.createServer((request, response) => {
  requests += 1;
  const position = `header ${request.headers["last-event-id"]}, query ${new URL(request.url, "http://a").searchParams.get("lastEventId")}`;
  if (requests === 2) { response.writeHead(503).end(); return; }
  if (requests === 4) { console.log(position); process.exit(0); }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(`retry: 100\nid: ${requests === 1 ? 1 : 2}\ndata: x\n\n`);
});
server.listen(0, "127.0.0.1", () => {
  new Reconnecting(`http://127.0.0.1:${server.address().port}/`, { eventSourceClass: EventSource, max_retry_time: 300 }).addEventListener("message", () => {});
});
setTimeout(() => process.exit(2), 30000);
JS
seen=$(node run.mjs 2>/dev/null)
echo "asked for after event 2: $seen"
[ "$seen" = "header 2, query 1" ] || { echo "this has changed"; exit 1; }
