#!/usr/bin/env bash
# extended-eventsource 2.1.0 (npm): the id of an event that was cut off is taken over, so the event is never seen.
#
# Expected: HTML Living Standard 9.2.6: the last event id changes when an event is dispatched, and a block that the
# end of the stream cuts off is discarded. The client comes back with the id of the last whole event.
# Seen: the stream ends after `id: 2` and `data: two`, without the empty line. Event 2 is not handed out, but the client
# comes back with `Last-Event-ID: 2`, so that a server which goes on after it never sends it again.
# Why it matters: a change feed permanently loses one change. A server that wants to be safe writes `id:` as the
# last line of each event.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund extended-eventsource@2.1.0 >/dev/null
cat >run.mjs <<'JS'
import http from "node:http";
import { EventSource } from "extended-eventsource";

console.log = () => {};
const handed = [];
let connections = 0;
const server = http.createServer((request, response) => {
  connections += 1;
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (connections === 1) {
    response.end("retry: 100\nid: 1\ndata: one\n\nid: 2\ndata: two\n");
    return;
  }
  const asked = request.headers["last-event-id"];
  process.stdout.write(JSON.stringify({ handed, asked }) + "\n");
  process.exit(0);
});
server.listen(0, "127.0.0.1", () => {
  const source = new EventSource(`http://127.0.0.1:${server.address().port}/`, { retry: 100 });
  source.onmessage = (event) => handed.push(event.data);
});
setTimeout(() => process.exit(2), 20000);
JS
seen=$(node run.mjs 2>/dev/null)
echo "handed out, and asked for on coming back: $seen"
[ "$seen" = '{"handed":["one"],"asked":"2"}' ] || { echo "this has changed"; exit 1; }
