#!/usr/bin/env bash
# event-source-plus 0.1.15 (npm): of several `data` lines of one event only the last is left, and it is trimmed.
#
# Expected: HTML Living Standard 9.2.6: the values of all `data` lines are joined with line feeds, and one leading
# space of each value is removed, no more.
# Seen: "one\ntwo" arrives as "two", and the three spaces before a value are gone.
# Why it matters: JSON that a server prints over several lines arrives as its last line, usually "}". A server that
# wants to be safe writes one `data` line for each event.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund event-source-plus@0.1.15 >/dev/null
cat >run.mjs <<'JS'
import http from "node:http";
import { EventSourcePlus } from "event-source-plus";

const server = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write("data: one\ndata: two\n\ndata:    three\n\n");
});
server.listen(0, "127.0.0.1", () => {
  const source = new EventSourcePlus(`http://127.0.0.1:${server.address().port}/`);
  const seen = [];
  source.listen({
    onMessage(message) {
      seen.push(message.data);
      if (seen.length === 2) {
        console.log(JSON.stringify(seen));
        process.exit(0);
      }
    },
  });
});
setTimeout(() => process.exit(2), 10000);
JS
seen=$(node run.mjs)
echo "data of the events: $seen"
[ "$seen" = '["two","three"]' ] || { echo "this has changed"; exit 1; }
