#!/usr/bin/env bash
# @hookflo/tern 4.1.0 (npm): a correctly signed webhook whose body has `$&` in it does not verify.
#
# Expected: Standard Webhooks 1.0, "Signature scheme": the signed content is `id.timestamp.body`, with the body as it
# was sent. The same request without a dollar sign verifies here.
# Seen: "valid" for a plain body, and not for one with `$&`: the body is put in its place with String.replace, where
# `$&` has a meaning of its own (ECMA-262, GetSubstitution).
# Why it matters: prices and shell snippets in messages have such signs, so some customers' webhooks fail for ever and
# are retried until the endpoint is disabled. A sender that wants to be safe writes `$` as \u0024 in JSON.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund @hookflo/tern@4.1.0 >/dev/null
cat >run.mjs <<'JS'
import { createHmac, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
const { WebhookVerificationService } = createRequire(import.meta.url)("@hookflo/tern");

const key = randomBytes(24);
const secret = `whsec_${key.toString("base64")}`;
const seen = [];
for (const text of ["costs 5 EUR", "costs $& more"]) {
  const body = JSON.stringify({ text });
  const [id, time] = ["msg_1", String(Math.floor(Date.now() / 1000))];
  const mac = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64");
  const headers = { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": `v1,${mac}` };
  const request = new Request("http://localhost/", { method: "POST", body, headers });
  const result = await WebhookVerificationService.verifyWithPlatformConfig(request, "dodopayments", secret, 300);
  seen.push(result.isValid);
}
console.log(JSON.stringify(seen));
JS
seen=$(node run.mjs | tail -1)
echo "valid without and with the sign: $seen"
[ "$seen" = '[true,false]' ] || { echo "this has changed"; exit 1; }
