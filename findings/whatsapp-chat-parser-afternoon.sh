#!/usr/bin/env bash
# whatsapp-chat-parser 4.0.2 (npm): afternoon hours of Chinese and Korean exports become hours of the night.
#
# Expected: in CLDR, 下午 (zh) and 오후 (ko) are the names of "pm", as in the exports that phones with these languages
# make: `下午1:05` is 13:05. For English exports with "PM" the package does so.
# Seen: the marker is skipped, 13:05 becomes 01:05, and the message is still handed out, so nothing tells of it.
# Why it matters: half of an imported history lies twelve hours too early, and a question comes after its answer.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund whatsapp-chat-parser@4.0.2 >/dev/null
cat >run.mjs <<'JS'
import { parseString } from "whatsapp-chat-parser";

const hours = ["[3/31/26, 1:05:00 PM] Ada: hello", "[2026/3/31 下午1:05:00] Ada: hello", "[2026. 3. 31. 오후 1:05:00] Ada: hello"]
  .map((line) => parseString(line).map((message) => message.date.getHours()).join());
console.log(JSON.stringify(hours));
JS
seen=$(node run.mjs)
echo "hours of three messages of 13:05: $seen"
[ "$seen" = '["13","1","1"]' ] || { echo "this has changed"; exit 1; }
