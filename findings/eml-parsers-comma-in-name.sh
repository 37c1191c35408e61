#!/usr/bin/env bash
# eml-format 0.6.1 and its fork eml-parse-js 1.1.15 (npm): a comma in a name makes two people of one.
#
# Expected: RFC 5322 3.2.4: a comma inside a quoted string separates nothing. RFC 2047 6.2: encoded words are decoded
# after the header was parsed into its parts, so that a comma in one separates nothing either.
# Seen: eml-format makes an extra person with the address `"Lovelace` of `"Lovelace, Ada" <…>`, if it is not the first
# of the list. eml-parse-js has this right, and makes one without an address of the same name as an encoded word.
# Why it matters: address books of companies write the last name first. An importer creates a customer who does not
# exist, just before the one who does. Keep only people whose address has an "@".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund eml-format@0.6.1 eml-parse-js@1.1.15 >/dev/null
cat >run.cjs <<'JS'
const readers = [require("eml-format").read, require("eml-parse-js").readEml];
const names = ['"Lovelace, Ada"', "=?utf-8?Q?Lovelace=2C_Ada?="];

const seen = readers.map((read) => names.map((name) => {
  let people;
  const to = `Grace <grace@example.org>, ${name} <ada@example.org>`;
  read(`From: eve@example.org\r\nTo: ${to}\r\nContent-Type: text/plain\r\n\r\nhello\r\n`, (error, mail) => {
    people = mail.to.map((person) => person.email);
  });
  return people;
}));
console.log(JSON.stringify(seen));
JS
seen=$(node run.cjs)
echo "recipients by a quoted and an encoded name, by each: $seen"
right='["grace@example.org","ada@example.org"]'
quoted='["grace@example.org","\"Lovelace","ada@example.org"]'
encoded='["grace@example.org","","ada@example.org"]'
[ "$seen" = "[[$quoted,$right],[$right,$encoded]]" ] || { echo "this has changed"; exit 1; }
