#!/usr/bin/env bash
# vcf 2.1.2 and vcard-parser 1.0.0 (npm): a colon in a quoted parameter begins the value of the property.
#
# Expected: RFC 6350 3.3: a parameter value in quotes may contain ":", ";" and ",". 6.3.1 gives `ADR` the parameters
# GEO, a URI in quotes, and LABEL. The value begins after the first colon outside of quotes.
# Seen: of an address with both, the rest of the coordinates is the post office box, the label is the second part, and
# the street stands where the city should be. There is no error.
# Why it matters: customers that a help desk takes over from an address book get addresses that are shifted by one part.
# Take parameters out first, or read a card with GEO back before an import.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund vcf@2.1.2 vcard-parser@1.0.0 >/dev/null
cat >run.cjs <<'JS'
const vcf = require("vcf");
const vcardParser = require("vcard-parser");

const lines = ["VERSION:4.0", "FN:Ada", 'ADR;GEO="geo:50.7,7.1";LABEL="Ringstr. 1, Bonn":;;Ringstr. 1;Bonn;;53111;DE'];
const card = ["BEGIN:VCARD", ...lines, "END:VCARD", ""].join("\r\n");
const address = vcf.parse(card)[0].toJSON()[1].find(([name]) => name === "adr");
console.log(JSON.stringify([address[3], vcardParser.parse(card).adr[0].value]));
JS
seen=$(node run.cjs)
echo "the parts of an address, by each: $seen"
parts='["50.7,7.1\"","LABEL=\"Ringstr. 1, Bonn\":","","Ringstr. 1","Bonn","","53111","DE"]'
[ "$seen" = "[$parts,$parts]" ] || { echo "this has changed"; exit 1; }
