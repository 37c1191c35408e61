#!/usr/bin/env bash
# standardwebhooks 1.1.1 (npm) with the Fetch API: a `Headers` object has none of its headers.
#
# Expected: what a handler of Deno, Bun, Cloudflare Workers or Next.js is given is a Request whose `headers` is a `Headers`
# (Fetch Standard 5.2). The argument is documented as the headers of the request.
# Seen: "Missing required headers" for a `Headers`, and success for the same as a plain object.
# Why it matters: a correct webhook is refused, and a sender retries it for days. Write
# `Object.fromEntries(request.headers)` in every example for users.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund standardwebhooks@1.1.1 >/dev/null
cat >run.mjs <<'JS'
import { createRequire } from "node:module";
const { Webhook } = createRequire(import.meta.url)("standardwebhooks");

const webhook = new Webhook(`whsec_${Buffer.alloc(24, 7).toString("base64")}`);
const [body, now] = ["{}", new Date()];
const plain = {
  "webhook-id": "msg_1",
  "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
  "webhook-signature": webhook.sign("msg_1", now, body),
};
const outcome = (headers) => {
  try { webhook.verify(body, headers); return "verified"; } catch (error) { return error.message; }
};
console.log(`${outcome(plain)}, ${outcome(new Headers(plain))}`);
JS
seen=$(node run.mjs)
echo "a plain object, and a Headers: $seen"
[ "$seen" = "verified, Missing required headers" ] || { echo "this has changed"; exit 1; }
