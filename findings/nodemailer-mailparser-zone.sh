#!/usr/bin/env bash
# mailparser 3.14.2 (npm, of nodemailer): a Date with a zone name other than those of North America becomes the present.
#
# Expected: RFC 5322 4.3: alphabetic zones that it does not define SHOULD be considered equivalent to "-0000", so that
# `Mon, 2 Mar 2026 10:00:00 CEST` is 2026-03-02T10:00:00Z, and never another day.
# Seen: the date of the parsed mail is the time at which it is parsed. `EST`, which RFC 5322 defines, is right.
# Why it matters: old mail that is imported moves to the day of the import, with no sign that its date was not understood.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailparser@3.14.2 >/dev/null
cat >run.mjs <<'JS'
import { createRequire } from "node:module";
const { simpleParser } = createRequire(import.meta.url)("mailparser");

const seen = [];
for (const zone of ["EST", "CEST"]) {
  const mail = await simpleParser(`From: ada@example.org\r\nDate: Mon, 2 Mar 2026 10:00:00 ${zone}\r\n\r\nhello\r\n`);
  const now = Math.abs(Date.now() - mail.date.getTime()) < 60_000;
  seen.push(now ? "now" : mail.date.toISOString());
}
console.log(JSON.stringify(seen));
JS
seen=$(node run.mjs)
echo "dates with EST and with CEST: $seen"
[ "$seen" = '["2026-03-02T15:00:00.000Z","now"]' ] || { echo "this has changed"; exit 1; }
