#!/usr/bin/env bash
# launchdarkly-eventsource 2.2.0 (npm) on Node.js 19 and newer: a stream that is quiet for five seconds is ended.
#
# Expected: its README: `readTimeoutMillis` is not set unless the caller sets it, so that a quiet stream lives.
# Seen: a second connection after five seconds of silence, with no option set. Node's global agent has a socket timeout
# of 5 s since version 19 (Node.js documentation, `http.globalAgent`), and the client takes the event "timeout" of the
# socket for its own.
# Why it matters: a feed on which little happens is asked for anew twelve times a minute by each follower. A server that
# wants to be safe sends a comment every four seconds, or tells its users to set readTimeoutMillis.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund launchdarkly-eventsource@2.2.0 >/dev/null
cat >run.mjs <<'JS'
import http from "node:http";
import launchdarkly from "launchdarkly-eventsource";

const connections = [];
const server = http.createServer((request, response) => {
  connections.push(Date.now());
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write("id: 1\ndata: one\n\n");
  if (connections.length === 2) {
    const quiet = (connections[1] - connections[0]) / 1000;
    console.log(quiet >= 4.5 && quiet < 8 ? "comes back after about five seconds" : `comes back after ${quiet} s`);
    process.exit(0);
  }
});
server.listen(0, "127.0.0.1", () => {
  const source = new launchdarkly.EventSource(`http://127.0.0.1:${server.address().port}/`);
  source.onerror = () => {};
});
setTimeout(() => { console.log("stays"); process.exit(0); }, 15000);
JS
seen=$(node run.mjs)
echo "Node.js $(node --version), a quiet stream: the client $seen"
[ "$seen" = "comes back after about five seconds" ] || { echo "this has changed"; exit 1; }
