#!/usr/bin/env bash
# email_reply_parser 0.5.12 (PyPI): a mail that quotes nothing is taken for a quotation, and nothing of it is left.
#
# Expected: its README: "parse_reply" gives back the last reply of a thread, that is, without quotations and signatures. A
# mail without either is its own reply. (RFC 3676 4.5: a quotation begins with ">".)
# Seen: "" for "From: my point of view, it is fine." and its next line, and for one that begins "On Monday I wrote:".
# Why it matters: a mail bridge that stores only what this leaves loses what the customer wrote, and it goes
# unnoticed, because an empty text is not an error. Store the whole text, and offer the shortened one as a view.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check email_reply_parser==0.5.12
seen=$("$dir/venv/bin/python" - <<'PY'
from email_reply_parser import EmailReplyParser

mails = ["From: my point of view, it is fine.\nPlease close it.\n", "It is fine.\nPlease close it.\n"]
print([EmailReplyParser.parse_reply(mail) for mail in mails])
PY
)
echo "what is left of two mails without quotations: $seen"
[ "$seen" = "['', 'It is fine.\\nPlease close it.']" ] || { echo "this has changed"; exit 1; }
