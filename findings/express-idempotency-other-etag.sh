#!/usr/bin/env bash
# express-idempotency 1.0.6 (npm) on express 4.21.2: a repeated reply has no Location, and its ETag is another one.
#
# Expected: draft-ietf-httpapi-idempotency-key-header-07, "Idempotency Enforcement Scenarios": after the first request
# is completed, its repetition gets the result of that operation, of which the headers are a part.
# Seen: of the headers only Content-Type is kept. Location is missing, and Express, which makes an ETag where none is
# set, makes one from the body: "4-1-0" became W/"…".
# Why it matters: a client repeats a POST after a time-out, then changes what it created with If-Match and gets a 412,
# since a weak tag never matches there (RFC 9110 13.1.1), but only after a fault of the network. A server has to store
# the headers with the body; a client does better to read the resource before it changes it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund express@4.21.2 express-idempotency@1.0.6 >/dev/null
cat >run.cjs <<'JS'
const express = require("express");
const { idempotency, getSharedIdempotencyService } = require("express-idempotency");

const app = express();
app.use(idempotency());
app.post("/messages", (request, response) => {
  if (getSharedIdempotencyService().isHit(request)) return;
  response.status(201).location("/messages/1").set("ETag", '"4-1-0"').json({ number: 1 });
});
const server = app.listen(0, "127.0.0.1", async () => {
  const seen = [];
  for (const _ of ["first", "again"]) {
    const url = `http://127.0.0.1:${server.address().port}/messages`;
    const reply = await fetch(url, { method: "POST", headers: { "Idempotency-Key": "reply-17" } });
    const tag = reply.headers.get("etag").replace(/^W\/".+"$/, 'W/"…"');
    seen.push([reply.status, reply.headers.get("location"), tag, await reply.text()].join(" "));
  }
  console.log(seen.join(" | "));
  server.close();
  server.closeAllConnections();
});
JS
seen=$(node run.cjs)
echo "status, Location, ETag and body, first and again: $seen"
[ "$seen" = '201 /messages/1 "4-1-0" {"number":1} | 201  W/"…" {"number":1}' ] || { echo "this has changed"; exit 1; }
