#!/usr/bin/env bash
# jsonlines 0.1.1 (npm): a character that lies in two chunks is replaced without an error.
#
# Expected: the borders of chunks mean nothing in a byte stream (Node.js, string_decoder: an incomplete character is
# kept until its other bytes arrive). JSON Lines is UTF-8 (jsonlines.org), and the package is a stream of Node.js.
# Seen: `ü` in one chunk is `ü`. With its two bytes in two chunks it is U+FFFD twice, and the record is handed out.
# Why it matters: an export is read in chunks of 64 KiB, so some names and texts of a large one are damaged, at places
# that change with the way it is read. An export in ASCII, with \u escapes in its JSON, is safe from such readers.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund jsonlines@0.1.1 >/dev/null
cat >run.cjs <<'JS'
const jsonlines = require("jsonlines");

const line = Buffer.from('{"name":"Günter"}\n');
const cut = line.indexOf("ü") + 1;
for (const chunks of [[line], [line.subarray(0, cut), line.subarray(cut)]]) {
  const parser = jsonlines.parse();
  parser.on("data", (record) => console.log(record.name.replaceAll("\uFFFD", "?")));
  chunks.forEach((chunk) => parser.write(chunk));
  parser.end();
}
JS
seen=$(node run.cjs | tr '\n' ' ')
echo "a name in one chunk and in two (? is U+FFFD): $seen"
[ "$seen" = "Günter G??nter " ] || { echo "this has changed"; exit 1; }
