#!/usr/bin/env bash
# @azure/core-sse 2.4.0 (npm): the type of a block without data labels the next event.
#
# Expected: HTML Living Standard 9.2.6, "dispatch the event": when the data buffer is empty, the data buffer and
# the event type buffer are both set to the empty string. So a heartbeat `event: ping` without data leaves nothing.
# Seen: the event that follows, which names no type, is handed out as "ping".
# Why it matters: a consumer that routes by type files a change of a conversation under heartbeats and drops it. A
# server that wants to be safe sends comments as heartbeats and writes a type on every event.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund @azure/core-sse@2.4.0 >/dev/null
cat >run.mjs <<'JS'
import { createSseStream } from "@azure/core-sse";

const text = "event: ping\n\ndata: {\"conversation\":1}\n\n";
const body = new Blob([text]).stream();
const types = [];
for await (const event of createSseStream(body)) types.push(event.event);
console.log(JSON.stringify(types));
JS
seen=$(node run.mjs)
echo "types of the events: $seen"
[ "$seen" = '["ping"]' ] || { echo "this has changed"; exit 1; }
